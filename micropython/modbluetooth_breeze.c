// MicroPython's Bluetooth backend on Breeze: life cycle, identity, name, MTU and connections.
//
// Invariants: `be.state` alone says what programs may do; a slot of be.conns has a connection from
// just before its connect event until just after its disconnect event (pitfall 68). No event is
// raised while the radio is going down. Advertising, scanning and connecting are in gap.c, services
// in gatts.c, the client in gattc.c, L2CAP channels in l2cap.c.
#include <errno.h>
#include <string.h>

#include <breeze/privacy.h>
#include <zephyr/bluetooth/att.h>
#include <zephyr/bluetooth/hci.h>
#include <zephyr/settings/settings.h>

#include "py/mperrno.h"
#include "py/runtime.h"

#include "backend.h"
#include "extend.h"

// The preferred MTU after each activation, octets.
#define DEFAULT_MTU 256

static const char default_name[] = "MPY BREEZE";

enum state {
    OFF,
    ON,
    STOPPING, // mp_bluetooth_deinit() was called from an event; `stop_work` ends it.
    LOST,     // The controller is gone for good; the next activation tries again.
};

static struct {
    enum state state;
    bool registered; // The host's callbacks, once per program: they survive bt_disable().
    bool named;
    char name[CONFIG_BT_DEVICE_NAME_MAX + 1];
    unsigned int events; // Depth of our events: how deep programs are in callbacks.
    struct k_work stop_work;
    struct mpy_conn conns[CONFIG_BT_MAX_CONN];
} be;

// ---- Helpers for all files ---------------------------------------------------------------------

void mpy_enter(void)
{
    be.events++;
}

void mpy_leave(void)
{
    be.events--;
}

bool mpy_on(void)
{
    return be.state == ON;
}

bool mpy_tells(void)
{
    return be.state == ON || be.state == LOST;
}

// Where the machine's numbers are not Linux's; what is not listed crosses as it is.
static const struct {
    int host;
    int mp;
} errnos[] = {
    {EPERM, MP_EPERM},
    {ENOENT, MP_ENOENT},
    {EIO, MP_EIO},
    {E2BIG, MP_E2BIG},
    {EAGAIN, MP_EAGAIN},
    {ENOMEM, MP_ENOMEM},
    {ENOBUFS, MP_ENOMEM},
    {EACCES, MP_EACCES},
    {EBUSY, MP_EBUSY},
    {ENODEV, MP_ENODEV},
    {EINVAL, MP_EINVAL},
    {ENOTSUP, MP_EOPNOTSUPP},
    {ENOTCONN, MP_ENOTCONN},
    {ETIMEDOUT, MP_ETIMEDOUT},
    {ECONNREFUSED, MP_ECONNREFUSED},
    {EHOSTUNREACH, MP_EHOSTUNREACH},
    {EALREADY, MP_EALREADY},
    {EINPROGRESS, MP_EINPROGRESS},
};

int mpy_errno(int err)
{
    if (err >= 0) {
        return 0;
    }
    for (size_t i = 0; i < ARRAY_SIZE(errnos); i++) {
        if (errnos[i].host == -err) {
            return errnos[i].mp;
        }
    }
    return -err;
}

uint16_t mpy_status(struct bt_conn *conn, uint8_t att_err)
{
    if (!att_err) {
        return 0;
    }
    struct bt_conn_info info;
    if (bt_conn_get_info(conn, &info) || info.state != BT_CONN_STATE_CONNECTED) {
        return MPY_STATUS_NOT_CONN;
    }
    return MPY_STATUS_ATT + att_err;
}

void mpy_reverse(uint8_t *to, const uint8_t *from, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        to[i] = from[n - 1 - i];
    }
}

bool mpy_uuid_to_bt(union mpy_uuid *to, const mp_obj_bluetooth_uuid_t *from)
{
    return bt_uuid_create(&to->uuid, from->data, from->type);
}

void mpy_uuid_from_bt(mp_obj_bluetooth_uuid_t *to, const struct bt_uuid *from)
{
    memset(to->data, 0, sizeof(to->data));
    if (from->type == BT_UUID_TYPE_16) {
        to->type = MP_BLUETOOTH_UUID_TYPE_16;
        sys_put_le16(BT_UUID_16(from)->val, to->data);
    } else if (from->type == BT_UUID_TYPE_32) {
        to->type = MP_BLUETOOTH_UUID_TYPE_32;
        sys_put_le32(BT_UUID_32(from)->val, to->data);
    } else {
        to->type = MP_BLUETOOTH_UUID_TYPE_128;
        memcpy(to->data, BT_UUID_128(from)->val, sizeof(to->data));
    }
}

// ---- Connections -------------------------------------------------------------------------------

struct mpy_conn *mpy_conn_get(uint16_t conn_handle)
{
    if (!mpy_on() || conn_handle >= ARRAY_SIZE(be.conns) || !be.conns[conn_handle].conn) {
        return NULL;
    }
    return &be.conns[conn_handle];
}

struct mpy_conn *mpy_conn_of(struct bt_conn *conn)
{
    struct mpy_conn *mc = mpy_conn_get(bt_conn_index(conn));
    return mc && mc->conn == conn ? mc : NULL;
}

uint16_t mpy_conn_handle(const struct mpy_conn *mc)
{
    return (uint16_t)(mc - be.conns);
}

void mpy_identity(bt_addr_le_t *peer, uint8_t addr_type, const uint8_t *addr)
{
    for (size_t i = 0; i < ARRAY_SIZE(be.conns); i++) {
        const struct mpy_conn *mc = &be.conns[i];
        if (mc->conn && mc->addr_type == addr_type && !memcmp(mc->addr, addr, sizeof(mc->addr))) {
            *peer = *bt_conn_get_dst(mc->conn);
            return;
        }
    }
    // A controller that resolved an address says so in the type (Vol 4, Part E, 7.7.65.2).
    peer->type = addr_type & BT_ADDR_LE_RANDOM;
    mpy_reverse(peer->a.val, addr, sizeof(peer->a.val));
}

bool mpy_connected(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(be.conns); i++) {
        if (be.conns[i].conn) {
            return true;
        }
    }
    return false;
}

size_t mpy_value_max(const struct mpy_conn *mc)
{
    return MIN(bt_gatt_get_mtu(mc->conn) - 3, BT_ATT_MAX_ATTRIBUTE_LEN);
}

static void raise_link(const struct mpy_conn *mc, uint8_t as_central, uint8_t as_peripheral)
{
    mp_bluetooth_gap_on_connected_disconnected(mc->central ? as_central : as_peripheral,
                                               mpy_conn_handle(mc), mc->addr_type, mc->addr);
}

void mpy_conn_add(struct bt_conn *conn, bool central, uint8_t addr_type, const uint8_t *addr)
{
    struct mpy_conn *mc = &be.conns[bt_conn_index(conn)];
    *mc = (struct mpy_conn){
        .conn = bt_conn_ref(conn),
        .central = central,
        .addr_type = addr_type,
    };
    memcpy(mc->addr, addr, sizeof(mc->addr));
    mpy_enter();
    raise_link(mc, MP_BLUETOOTH_IRQ_PERIPHERAL_CONNECT, MP_BLUETOOTH_IRQ_CENTRAL_CONNECT);
    mpy_leave();
}

static void on_disconnected(struct bt_conn *conn, uint8_t reason)
{
    struct mpy_conn *mc = mpy_conn_of(conn);
    if (!mc) {
        return;
    }
    mpy_gatts_conn_gone(mc);
    mpy_raise_ext(MPY_EXT_IRQ_DISCONNECT_REASON, mpy_conn_handle(mc), reason, 0, 0);
    mpy_enter();
    raise_link(mc, MP_BLUETOOTH_IRQ_PERIPHERAL_DISCONNECT, MP_BLUETOOTH_IRQ_CENTRAL_DISCONNECT);
    mpy_leave();
    if (mc->conn == conn) { // Not if the program restarted the radio in its handler.
        mc->conn = NULL;
        bt_conn_unref(conn);
    }
}

static void on_param_updated(struct bt_conn *conn, uint16_t interval, uint16_t latency,
                             uint16_t timeout)
{
    struct mpy_conn *mc = mpy_conn_of(conn);
    if (mc) {
        mpy_enter();
        mp_bluetooth_gap_on_connection_update(mpy_conn_handle(mc), interval, latency, timeout, 0);
        mpy_leave();
    }
}

static void on_mtu_updated(struct bt_conn *conn, uint16_t tx, uint16_t rx)
{
    struct mpy_conn *mc = mpy_conn_of(conn);
    if (mc) {
        mpy_gattc_mtu_updated(mc, MIN(tx, rx));
    }
}

static void conns_reset(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(be.conns); i++) {
        struct bt_conn *conn = be.conns[i].conn;
        be.conns[i] = (struct mpy_conn){.conn = NULL};
        if (conn) {
            bt_conn_unref(conn);
        }
    }
}

// ---- Life cycle --------------------------------------------------------------------------------

static void on_reset(enum breeze_reset_reason reason, bool recovered)
{
    if (!mpy_on()) {
        return;
    }
    if (!recovered) {
        be.state = LOST; // Before the events: a handler that asks is told the truth.
    }
    mpy_enter();
    mpy_gap_lost();
    mpy_leave();
}

static struct bt_conn_cb conn_callbacks = {
    .connected = mpy_gap_connected,
    .disconnected = on_disconnected,
    .le_param_updated = on_param_updated,
    .security_changed = mpy_security_changed,
    .le_phy_updated = mpy_ext_phy_updated,
};
static struct bt_gatt_cb gatt_callbacks = {
    .att_mtu_updated = on_mtu_updated,
};

// Bring everything down; never called from a callback of the host.
static void stop(void)
{
    be.state = STOPPING;
    (void)bt_disable();
    mpy_gattc_reset();
    mpy_l2cap_reset();
    conns_reset();
    mpy_gap_reset();
    mpy_gatts_reset();
    be.state = OFF;
}

static void stop_later(struct k_work *work)
{
    if (be.state == STOPPING) {
        stop();
    }
}

static void register_once(void)
{
    if (be.registered) {
        return;
    }
    be.registered = true;
    k_work_init(&be.stop_work, stop_later);
    (void)bt_conn_cb_register(&conn_callbacks);
    bt_gatt_cb_register(&gatt_callbacks);
    breeze_reset_cb(on_reset);
    mpy_gattc_register();
    mpy_ext_register();
}

int mp_bluetooth_init(void)
{
    if (be.events) {
        return MP_EBUSY; // From a handler: what it interrupted still needs the radio.
    }
    if (be.state != OFF) {
        stop();
    }
    register_once();
    mpy_security_start();
    const uint8_t *name;
    (void)mp_bluetooth_gap_get_device_name(&name);
    (void)breeze_mtu_set(DEFAULT_MTU);
    (void)breeze_privacy_set(BREEZE_PRIVACY_NONE);
    int err = bt_set_name(be.name);
    if (!err) {
        err = bt_enable(NULL);
    }
    if (err) {
        return mpy_errno(err);
    }
    err = settings_load();
    err = err ? err : bt_set_name(be.name); // The program's name counts, not the one remembered.
    if (err) {
        (void)bt_disable();
        return mpy_errno(err);
    }
    be.state = ON;
    mpy_ext_start();
    mpy_secrets_load();
    return 0;
}

int mp_bluetooth_deinit(void)
{
    if (be.state == OFF || be.state == STOPPING) {
        return 0;
    }
    if (be.events) {
        be.state = STOPPING;
        (void)k_work_submit(&be.stop_work);
        return 0;
    }
    stop();
    return 0;
}

bool mp_bluetooth_is_active(void)
{
    return be.state == ON;
}

void mp_bluetooth_get_current_address(uint8_t *addr_type, uint8_t *addr)
{
    bt_addr_le_t ids[CONFIG_BT_ID_MAX];
    size_t count = ARRAY_SIZE(ids);
    int err = MP_ENODEV;
    if (mpy_on()) {
        bt_id_get(ids, &count);
        err = count ? 0 : MP_EIO;
        // What others see is another one, and not for long.
        err = breeze_privacy_get() == BREEZE_PRIVACY_RPA ? MP_EINVAL : err;
        err = err ? err : mpy_errno(breeze_privacy_addr(&ids[0]));
    }
    if (err) {
        mp_raise_OSError(err);
        return;
    }
    *addr_type = ids[0].type;
    mpy_reverse(addr, ids[0].a.val, sizeof(ids[0].a.val));
}

int mpy_ext_addr(const uint8_t *addr)
{
    bt_addr_le_t own = {.type = BT_ADDR_LE_RANDOM};
    mpy_reverse(own.a.val, addr, sizeof(own.a.val));
    bt_addr_le_t id;
    size_t count = 1;
    bt_id_get(&id, &count);
    if (count) {
        return bt_addr_le_eq(&id, &own) ? 0 : MP_EBUSY;
    }
    int err = bt_id_create(&own, NULL);
    if (err >= 0) {
        mpy_secrets_addr_chosen();
    }
    return mpy_errno(err);
}

// The identity itself is public where the controller has a public address, else random static: what
// a program may ask for is what there is. Private addresses hide either. Numbers without a meaning
// are ignored.
void mp_bluetooth_set_address_mode(uint8_t addr_mode)
{
    int err = 0;
    if (!mpy_on()) {
        err = MP_ENODEV;
    } else if (addr_mode <= MP_BLUETOOTH_ADDRESS_MODE_NRPA) {
        static const enum breeze_privacy privacy[] = {
            [MP_BLUETOOTH_ADDRESS_MODE_PUBLIC] = BREEZE_PRIVACY_NONE,
            [MP_BLUETOOTH_ADDRESS_MODE_RANDOM] = BREEZE_PRIVACY_NONE,
            [MP_BLUETOOTH_ADDRESS_MODE_RPA] = BREEZE_PRIVACY_RPA,
            [MP_BLUETOOTH_ADDRESS_MODE_NRPA] = BREEZE_PRIVACY_NRPA,
        };
        bt_addr_le_t id = {.type = 0};
        size_t count = 1;
        bt_id_get(&id, &count);
        uint8_t other = id.type == BT_ADDR_LE_PUBLIC ? MP_BLUETOOTH_ADDRESS_MODE_RANDOM
                                                     : MP_BLUETOOTH_ADDRESS_MODE_PUBLIC;
        err = addr_mode == other || breeze_privacy_set(privacy[addr_mode]) ? MP_EINVAL : 0;
    }
    if (err) {
        mp_raise_OSError(err);
    }
}

int mp_bluetooth_get_preferred_mtu(void)
{
    if (!mpy_on()) {
        mp_raise_OSError(MP_ENODEV);
        return 0;
    }
    return breeze_mtu_get();
}

int mp_bluetooth_set_preferred_mtu(uint16_t mtu)
{
    return mpy_on() ? mpy_errno(breeze_mtu_set(mtu)) : MP_ENODEV;
}

size_t mp_bluetooth_gap_get_device_name(const uint8_t **buf)
{
    if (!be.named) {
        be.named = true;
        memcpy(be.name, default_name, sizeof(default_name));
    }
    *buf = (const uint8_t *)be.name;
    return strlen(be.name);
}

int mp_bluetooth_gap_set_device_name(const uint8_t *buf, size_t len)
{
    if (len >= sizeof(be.name)) {
        return MP_EINVAL;
    }
    char name[sizeof(be.name)] = {0};
    if (len) {
        memcpy(name, buf, len);
    }
    int err = mpy_on() ? bt_set_name(name) : 0;
    if (!err) {
        memcpy(be.name, name, sizeof(name));
        be.named = true;
    }
    return mpy_errno(err);
}

int mp_bluetooth_gap_disconnect(uint16_t conn_handle)
{
    if (!mpy_on()) {
        return MP_ENODEV;
    }
    struct mpy_conn *mc = mpy_conn_get(conn_handle);
    if (!mc) {
        return MP_ENOTCONN;
    }
    int err = bt_conn_disconnect(mc->conn, BT_HCI_ERR_REMOTE_USER_TERM_CONN);
    return err == -EINPROGRESS ? 0 : mpy_errno(err); // It goes on; only the wait was cut short.
}
