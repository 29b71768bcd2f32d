// Identities (id.h; Vol 3, Part C, 15.1.1; Vol 6, Part B, 1.3).
//
// Identity 0 is, in this order: what the application created before bt_enable(); the controller's
// public address; what the settings hold; what a Zephyr or Nordic controller keeps as its static
// address (Read Static Addresses, a vendor command of theirs that nobody else is asked); a fresh
// static random address. breeze_id_set() puts another one in its place. What was chosen lasts until the program ends (gap_reg), so bt_disable()
// and bt_enable() do not change it, and settings_load() makes it last longer.
//
// Invariant: LE Set Random Address is sent only while nothing uses the old one (7.8.4); those who
// want to start ask gap_id_usable(), those who run and can rest ask gap_id_waiting(). For a private
// address whose time is over all rest (gap_id_rotates()).
#include <errno.h>
#include <string.h>

#include <breeze/id.h>
#include <zephyr/bluetooth/hci_vs.h>

#include "gap/id.h"
#include "gap/state.h"

#define LOG_LAYER LOG_GAP
#include "base/log.h"

#define OP_VS_READ_STATIC_ADDRS BT_HCI_OP_VS(0x009)

static bool is_static(const bt_addr_le_t *addr)
{
    return addr->type == BT_ADDR_LE_RANDOM && BT_ADDR_IS_STATIC(&addr->a) &&
           !bt_addr_eq(&addr->a, BT_ADDR_NONE);
}

bool gap_id_busy(void)
{
    return gap_run.id.busy;
}

const bt_addr_le_t *gap_id_addr(uint8_t id)
{
    if (id >= gap_reg.id_count || bt_addr_le_eq(&gap_reg.ids[id], BT_ADDR_LE_ANY)) {
        return NULL;
    }
    return &gap_reg.ids[id];
}

static void id_set(uint8_t id, const bt_addr_le_t *addr)
{
    gap_reg.ids[id] = *addr;
    if (gap_reg.id_count <= id) {
        gap_reg.id_count = (uint8_t)(id + 1);
    }
    gap_bonds_changed(); // They count with the identity that they were made with only.
}

// ---- The controller's random address ------------------------------------------------------------

// The random address that is needed now, or NULL. There is one: advertising with the legacy
// commands says which, else the scanner and the initiator do. A private one is needed only while
// somebody uses it.
static const bt_addr_le_t *random_wanted(void)
{
    const struct adv_run *adv = &gap_run.adv;
    enum own_kind kind = own_kind();
    const bt_addr_le_t *addr = NULL;
    if (adv_random_id() >= 0) {
        addr = own_addr(adv->own, adv->param.id);
    } else if (kind == OWN_IDENTITY || scan_is_wanted() || init_is_active()) {
        addr = own_addr(kind, BT_ID_DEFAULT);
    }
    return addr && addr->type == BT_ADDR_LE_RANDOM ? addr : NULL;
}

static bool random_is(const bt_addr_t *addr)
{
    return gap_run.id.random_set && bt_addr_eq(&gap_run.id.random, addr);
}

bool gap_id_waiting(void)
{
    const bt_addr_le_t *wanted = random_wanted();
    return wanted && !gap_run.id.refused && !random_is(&wanted->a);
}

bool gap_id_rotates(void)
{
    const bt_addr_le_t *wanted = random_wanted();
    return gap_id_waiting() && !bt_addr_le_is_identity(wanted);
}

bool gap_id_usable(const bt_addr_le_t *addr)
{
    return addr->type == BT_ADDR_LE_PUBLIC || random_is(&addr->a);
}

const bt_addr_le_t *gap_radio_addr(void)
{
    const bt_addr_le_t *addr = own_addr(own_kind(), BT_ID_DEFAULT);
    const bt_addr_le_t *random = addr && addr->type == BT_ADDR_LE_PUBLIC ? NULL : random_wanted();
    return random ? random : gap_id_addr(BT_ID_DEFAULT);
}

void gap_id_retry(void)
{
    gap_run.id.refused = false;
}

static void random_done(void *arg, uint8_t status, struct rd *ret)
{
    gap_run.id.random_set = status == 0;
    gap_run.id.refused = status != 0;
    if (status) {
        log_err("LE Set Random Address: status %02x", status);
    }
}

// ---- Identity 0 ---------------------------------------------------------------------------------

// An identity 0 that is to last.
static void id_adopt(const bt_addr_le_t *addr)
{
    id_set(BT_ID_DEFAULT, addr);
    if (gap_reg.id_stores) {
        gap_settings_save_id();
    }
}

static void id_generate(void)
{
    bt_addr_le_t addr;
    int err = bt_addr_le_create_static(&addr);
    if (err) {
        log_err("no identity: %d", err);
        return;
    }
    id_adopt(&addr);
}

// Return: number of addresses, then for each the address and 16 octets of root key.
static void static_addrs_done(void *arg, uint8_t status, struct rd *ret)
{
    bt_addr_le_t addr = {.type = BT_ADDR_LE_RANDOM};
    uint8_t count = status ? 0 : rd_u8(ret);
    if (count) {
        rd_copy(ret, &addr.a, BT_ADDR_SIZE);
    }
    gap_run.id.busy = false;
    if (count && rd_ok(ret) && is_static(&addr)) {
        id_adopt(&addr);
    } else if (status != HCI_STATUS_GONE) {
        id_generate();
    }
}

bool id_maker_is_zephyr(void)
{
    // The Linux Foundation, Nordic, and the number for tests, which the virtual air uses.
    static const uint16_t makers[] = {0x05f1, 0x0059, 0xffff};
    for (size_t i = 0; i < ARRAY_SIZE(makers); i++) {
        if (hci_info()->manufacturer == makers[i]) {
            return true;
        }
    }
    return false;
}

void id_ready(void)
{
    const struct hci_info *info = hci_info();
    struct id_run *run = &gap_run.id;
    bool have_random = gap_reg.id_count && gap_reg.ids[0].type == BT_ADDR_LE_RANDOM;
    *run = (struct id_run){0};
    if (!bt_addr_eq(&info->public_addr, BT_ADDR_ANY)) {
        if (!(gap_reg.id_fixed && have_random)) {
            bt_addr_le_t addr = {BT_ADDR_LE_PUBLIC, info->public_addr};
            id_set(BT_ID_DEFAULT, &addr);
        }
    } else if (!have_random) {
        run->busy = id_maker_is_zephyr();
        if (!run->busy) {
            id_generate();
        }
    }
    hci_cmd_kick();
}

bool id_next(struct hci_cmd *cmd, struct wr *params)
{
    struct id_run *run = &gap_run.id;
    if (hci_state() != HCI_READY) {
        return false;
    }
    if (run->busy) {
        *cmd = (struct hci_cmd){OP_VS_READ_STATIC_ADDRS, static_addrs_done, NULL};
        bool first = !run->asked;
        run->asked = true;
        return first;
    }
    if (!gap_id_waiting() || (adv_is_on() && !ext_used()) || scan_is_on() || init_is_out()) {
        return false;
    }
    run->random = random_wanted()->a;
    wr_bytes(params, run->random.val, BT_ADDR_SIZE);
    *cmd = (struct hci_cmd){BT_HCI_OP_LE_SET_RANDOM_ADDRESS, random_done, NULL};
    return true;
}

// ---- Settings -----------------------------------------------------------------------------------

bool id_load(const bt_addr_le_t *addrs, size_t count)
{
    if (!count || count > CONFIG_BT_ID_MAX) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        bool empty = i && bt_addr_le_eq(&addrs[i], BT_ADDR_LE_ANY);
        bool public = i == 0 && addrs[i].type == BT_ADDR_LE_PUBLIC;
        if (!empty && !public && !is_static(&addrs[i])) {
            return false;
        }
    }
    if (gap_reg.id_fixed && !gap_reg.id_loaded) {
        return true; // The application's own choice stands.
    }
    gap_reg.id_loaded = true;
    // A public address belongs to a controller, perhaps to another one than today's.
    for (size_t i = addrs[0].type == BT_ADDR_LE_PUBLIC; i < count; i++) {
        gap_reg.id_fixed = true;
        id_set((uint8_t)i, &addrs[i]);
    }
    return true;
}

void id_load_done(void)
{
    gap_reg.id_stores = true;
    if (gap_reg.id_count && !gap_reg.id_loaded) {
        gap_reg.id_loaded = true;
        gap_settings_save_id();
    }
    own_irk_load_done();
    hci_cmd_kick();
}

// ---- The API ------------------------------------------------------------------------------------

void bt_id_get(bt_addr_le_t *addrs, size_t *count)
{
    size_t room = addrs ? *count : gap_reg.id_count;
    *count = MIN(room, gap_reg.id_count);
    if (addrs) {
        memcpy(addrs, gap_reg.ids, *count * sizeof(addrs[0]));
    }
}

// Give `id` the address that the caller wants, or a fresh one.
static int id_assign(uint8_t id, bt_addr_le_t *addr, uint8_t *irk)
{
    bt_addr_le_t fresh;
    bool given = addr && !bt_addr_le_eq(addr, BT_ADDR_LE_ANY);
    if (given && !is_static(addr)) {
        return -EINVAL;
    }
    for (uint8_t i = 0; given && i < gap_reg.id_count; i++) {
        if (bt_addr_le_eq(&gap_reg.ids[i], addr)) {
            return -EALREADY;
        }
    }
    if (!given) {
        int err = bt_addr_le_create_static(&fresh);
        if (err) {
            return err;
        }
    }
    int err = own_irk_assign(id, irk);
    if (err) {
        return err;
    }
    if (!given && addr) {
        *addr = fresh;
    }
    id_set(id, given ? addr : &fresh);
    gap_reg.id_fixed = gap_reg.id_fixed || id == BT_ID_DEFAULT;
    gap_settings_save_id();
    return id;
}

int bt_id_create(bt_addr_le_t *addr, uint8_t *irk)
{
    if (gap_reg.id_count >= CONFIG_BT_ID_MAX) {
        return -ENOMEM;
    }
    return id_assign(gap_reg.id_count, addr, irk);
}

static bool id_is_used(uint8_t id)
{
    const struct bt_conn *conn;
    for (unsigned int i = 0; (conn = conn_at(i)); i++) {
        if (conn_is_up(conn) && conn->id == id) {
            return true;
        }
    }
    return adv_uses(id) || (id == BT_ID_DEFAULT && (scan_is_wanted() || init_is_active()));
}

int breeze_id_set(const bt_addr_le_t *addr)
{
    if (!addr || !is_static(addr)) {
        return -EINVAL;
    }
    if (!gap_id_addr(BT_ID_DEFAULT)) {
        return -EAGAIN;
    }
    for (uint8_t i = 0; i < gap_reg.id_count; i++) {
        if (bt_addr_le_eq(&gap_reg.ids[i], addr)) {
            return i == BT_ID_DEFAULT ? 0 : -EALREADY;
        }
    }
    if (id_is_used(BT_ID_DEFAULT)) {
        return -EBUSY;
    }
    own_irk_forget(BT_ID_DEFAULT);
    id_set(BT_ID_DEFAULT, addr);
    gap_reg.id_fixed = true;
    gap_settings_save_id();
    hci_cmd_kick();
    return 0;
}

static void id_disconnect(uint8_t id)
{
    struct bt_conn *conn;
    for (unsigned int i = 0; (conn = conn_at(i)); i++) {
        if (conn_is_up(conn) && conn->id == id) {
            conn_want_disconnect(conn, BT_HCI_ERR_REMOTE_USER_TERM_CONN);
        }
    }
}

// An identity beside the first.
static bool is_other(uint8_t id)
{
    return id != BT_ID_DEFAULT && id < gap_reg.id_count && id < CONFIG_BT_ID_MAX;
}

int bt_id_reset(uint8_t id, bt_addr_le_t *addr, uint8_t *irk)
{
    if (!is_other(id)) {
        return -EINVAL;
    }
    if (adv_uses(id)) {
        return -EBUSY;
    }
    int err = id_assign(id, addr, irk);
    if (err >= 0) {
        id_disconnect(id);
        gap_bonds_forget(id);
    }
    return err;
}

int bt_id_delete(uint8_t id)
{
    if (!is_other(id)) {
        return -EINVAL;
    }
    if (!gap_id_addr(id)) {
        return -EALREADY;
    }
    if (adv_uses(id)) {
        return -EBUSY;
    }
    id_disconnect(id);
    gap_bonds_forget(id);
    gap_reg.ids[id] = *BT_ADDR_LE_ANY;
    own_irk_forget(id);
    if (id == gap_reg.id_count - 1) {
        gap_reg.id_count--;
    }
    gap_settings_save_id();
    return 0;
}
