// MicroPython's Bluetooth backend: advertising, scanning, connecting.
//
// Invariants: `advertising`, `scanning` and `initiating` follow what programs were told: a scan ends
// with exactly one SCAN_DONE and a connection attempt with exactly one event, PERIPHERAL_CONNECT or
// PERIPHERAL_DISCONNECT with connection 0xffff. Advertising ends without an event when a central
// connects. Core Specification, Vol 3, Part C, 9 and 11; Vol 4, Part E, 7.8.
#include <errno.h>
#include <string.h>

#include <breeze/adv.h>
#include <zephyr/bluetooth/hci.h>

#include "py/mperrno.h"

#include "backend.h"
#include "extend.h"

#define AD_MAX 31 // Octets of legacy advertising data (Vol 6, Part B, 2.3.1).
// Octets of data in a connectable extended advertisement: one PDU (2.3.4).
#define AD_CONN_MAX 245

// Connection parameters when the program names none.
#define CONN_INTERVAL_MIN 24  // 30 ms in 1.25 ms
#define CONN_INTERVAL_MAX 40  // 50 ms
#define CONN_TIMEOUT      256 // 2.56 s in 10 ms
#define CONN_TIMEOUT_MAX  3200

struct ad {
    uint8_t data[AD_MAX];
    uint8_t len;
};

static struct {
    bool advertising;
    struct ad adv;
    struct ad rsp;
    bool scanning;
    bool scan_extended; // Reports that MicroPython's contract has no type for are wanted.
    bool filtered;      // Only who is on the accept list counts.
    int32_t phys;       // Of the last scan: where who is connected to may be.
    bool scan_work_ready;
    struct k_work_delayable scan_end;
    bool connecting;
    struct bt_conn *initiating; // The reference bt_conn_le_create() gave.
    uint8_t peer_type;
    uint8_t peer[6]; // As the program gave it.
} gap;

// A flood of events may end the host's wait for its commands early; the operation goes on all the same.
static int begun(int err)
{
    return err == -EINPROGRESS ? 0 : err;
}

bool mpy_gap_busy(void)
{
    return gap.advertising || gap.scanning || gap.connecting;
}

// ---- Advertising -------------------------------------------------------------------------------

static void ad_set(struct ad *ad, const uint8_t *data, size_t len)
{
    if (len) {
        memcpy(ad->data, data, len);
    }
    ad->len = (uint8_t)len;
}

// MicroPython does not look into payloads: they go out as they are.
static int adv_start(const struct bt_le_adv_param *param)
{
    int err =
        begun(breeze_adv_start_raw(param, gap.adv.data, gap.adv.len, gap.rsp.data, gap.rsp.len));
    if (!err) {
        gap.advertising = true;
    }
    return err;
}

static uint32_t filter(void)
{
    return gap.filtered ? BT_LE_ADV_OPT_FILTER_SCAN_REQ | BT_LE_ADV_OPT_FILTER_CONN : 0;
}

int mp_bluetooth_gap_advertise_start(bool connectable, int32_t interval_us, const uint8_t *adv_data,
                                     size_t adv_data_len, const uint8_t *sr_data,
                                     size_t sr_data_len)
{
    if (!mpy_on()) {
        return MP_ENODEV;
    }
    if (adv_data_len > AD_MAX || sr_data_len > AD_MAX || interval_us < 0) {
        return MP_EINVAL;
    }
    mp_bluetooth_gap_advertise_stop();
    if (adv_data) {
        ad_set(&gap.adv, adv_data, adv_data_len);
    }
    if (sr_data) {
        ad_set(&gap.rsp, sr_data, sr_data_len);
    }
    uint32_t interval = (uint32_t)interval_us / 625;
    struct bt_le_adv_param param = {
        .id = BT_ID_DEFAULT,
        .options = filter() | (connectable ? BT_LE_ADV_OPT_CONN : BT_LE_ADV_OPT_SCANNABLE),
        .interval_min = interval_us ? interval : BT_GAP_ADV_FAST_INT_MIN_2,
        .interval_max = interval_us ? interval : BT_GAP_ADV_FAST_INT_MAX_2,
    };
    int err = adv_start(&param);
    if (err) {
        mp_bluetooth_gap_advertise_stop();
    }
    return mpy_errno(err);
}

void mp_bluetooth_gap_advertise_stop(void)
{
    if (mpy_on() && gap.advertising) {
        (void)bt_le_adv_stop();
        mpy_adv_ext_stop();
    }
    gap.advertising = false;
}

int mpy_ext_advertise_to(int32_t interval_us, uint8_t addr_type, const uint8_t *addr)
{
    if (!mpy_on()) {
        return MP_ENODEV;
    }
    if (interval_us < 0 || addr_type > BT_ADDR_LE_RANDOM_ID) {
        return MP_EINVAL;
    }
    mp_bluetooth_gap_advertise_stop();
    bt_addr_le_t peer;
    mpy_identity(&peer, addr_type, addr);
    uint32_t interval = (uint32_t)interval_us / 625;
    const struct bt_le_adv_param param = {
        .id = BT_ID_DEFAULT,
        .options = BT_LE_ADV_OPT_CONN | (interval_us ? BT_LE_ADV_OPT_DIR_MODE_LOW_DUTY : 0),
        .interval_min = interval,
        .interval_max = interval,
        .peer = &peer,
    };
    int err = begun(bt_le_adv_start(&param, NULL, 0, NULL, 0));
    gap.advertising = !err;
    return mpy_errno(err);
}

static uint32_t ext_options(const struct mpy_ext_adv *ext)
{
    static const uint32_t phys[] = {
        [BT_GAP_LE_PHY_1M] = BT_LE_ADV_OPT_NO_2M,
        [BT_GAP_LE_PHY_CODED] = BT_LE_ADV_OPT_CODED,
    };
    uint32_t kind = ext->rsp_len ? BT_LE_ADV_OPT_SCANNABLE : 0;
    return BT_LE_ADV_OPT_EXT_ADV | phys[ext->phy] | (ext->connectable ? BT_LE_ADV_OPT_CONN : kind) |
           (ext->addr ? BT_LE_ADV_OPT_DIR_MODE_LOW_DUTY : filter());
}

int mpy_ext_advertise(const struct mpy_ext_adv *ext)
{
    if (!mpy_on()) {
        return MP_ENODEV;
    }
    if (ext->interval_us < 0 || ext->phy > BT_GAP_LE_PHY_CODED ||
        ext->addr_type > BT_ADDR_LE_RANDOM_ID || (ext->connectable && ext->adv_len > AD_CONN_MAX)) {
        return MP_EINVAL;
    }
    mp_bluetooth_gap_advertise_stop();
    bt_addr_le_t peer;
    uint32_t interval = (uint32_t)ext->interval_us / 625;
    struct bt_le_adv_param param = {
        .id = BT_ID_DEFAULT,
        .options = ext_options(ext),
        .interval_min = interval ? interval : BT_GAP_ADV_FAST_INT_MIN_2,
        .interval_max = interval ? interval : BT_GAP_ADV_FAST_INT_MAX_2,
    };
    if (ext->addr) {
        mpy_identity(&peer, ext->addr_type, ext->addr);
        param.peer = &peer;
    }
    int err = begun(mpy_adv_ext_start(&param, ext->adv, ext->adv_len, ext->rsp, ext->rsp_len));
    gap.advertising = !err;
    return mpy_errno(err);
}

// ---- The accept list ---------------------------------------------------------------------------

int mpy_ext_accept_list(const uint8_t *list, size_t count)
{
    if (!mpy_on()) {
        return MP_ENODEV;
    }
    for (size_t i = 0; i < count; i++) {
        if (list[i * MPY_EXT_ACCEPT_LEN] > BT_ADDR_LE_RANDOM_ID) {
            return MP_EINVAL;
        }
    }
    int err = bt_le_filter_accept_list_clear();
    for (size_t i = 0; !err && i < count; i++) {
        bt_addr_le_t peer;
        mpy_identity(&peer, list[i * MPY_EXT_ACCEPT_LEN], list + i * MPY_EXT_ACCEPT_LEN + 1);
        err = bt_le_filter_accept_list_add(&peer);
    }
    if (err != -EBUSY) { // What is half in the list accepts nobody else.
        gap.filtered = count != 0;
    }
    return mpy_errno(err);
}

// ---- Scanning ----------------------------------------------------------------------------------

static void scan_result(const bt_addr_le_t *addr, int8_t rssi, uint8_t adv_type,
                        struct net_buf_simple *ad)
{
    bool extended = adv_type > BT_GAP_ADV_TYPE_SCAN_RSP;
    if (!mpy_on() || !gap.scanning || (extended && !gap.scan_extended)) {
        return;
    }
    uint8_t be_addr[6];
    mpy_reverse(be_addr, addr->a.val, sizeof(be_addr));
    mpy_enter();
    mp_bluetooth_gap_on_scan_result(addr->type, be_addr, adv_type, rssi, ad->data, ad->len);
    mpy_leave();
}

static void scan_done(void)
{
    gap.scanning = false;
    (void)k_work_cancel_delayable(&gap.scan_end);
    mpy_enter();
    mp_bluetooth_gap_on_scan_complete();
    mpy_leave();
}

static int scan_stop(void)
{
    if (!gap.scanning) {
        return 0;
    }
    int err = begun(bt_le_scan_stop());
    if (err && err != -EALREADY) {
        return mpy_errno(err);
    }
    scan_done();
    return 0;
}

static void scan_timeout(struct k_work *work)
{
    if (mpy_on()) {
        (void)scan_stop();
    }
}

// A time in microseconds in the controller's unit, within what it takes (Vol 4, Part E, 7.8.10).
static uint16_t scan_units(int32_t us)
{
    return (uint16_t)CLAMP(us / 625, 0x0004, 0x4000);
}

// Options for the PHYs to listen on; negative when there is no such choice.
static int scan_phys(int32_t phys)
{
    static const int options[] = {
        [0] = BT_LE_SCAN_OPT_NONE,
        [BT_GAP_LE_PHY_1M] = BT_LE_SCAN_OPT_NONE,
        [BT_GAP_LE_PHY_2M] = -EINVAL, // Nobody advertises there (Vol 6, Part B, 4.4.2).
        [3] = -EINVAL,
        [BT_GAP_LE_PHY_CODED] = BT_LE_SCAN_OPT_CODED | BT_LE_SCAN_OPT_NO_1M,
        [BT_GAP_LE_PHY_1M | BT_GAP_LE_PHY_CODED] = BT_LE_SCAN_OPT_CODED,
    };
    return phys < 0 || phys >= (int32_t)ARRAY_SIZE(options) ? -EINVAL : options[phys];
}

int mp_bluetooth_gap_scan_start(int32_t duration_ms, int32_t interval_us, int32_t window_us,
                                bool active_scan)
{
    const struct mpy_ext_scan scan = {
        .duration_ms = duration_ms,
        .interval_us = interval_us,
        .window_us = window_us,
        .active = active_scan,
    };
    return mpy_ext_scan(&scan);
}

int mpy_ext_scan(const struct mpy_ext_scan *scan)
{
    int phys = scan_phys(scan->phys);
    if (!mpy_on()) {
        return MP_ENODEV;
    }
    if (gap.scanning) {
        return MP_EALREADY;
    }
    if (gap.connecting) {
        return MP_EBUSY;
    }
    struct bt_le_scan_param param = {
        .type = scan->active ? BT_LE_SCAN_TYPE_ACTIVE : BT_LE_SCAN_TYPE_PASSIVE,
        .options =
            (uint8_t)((phys < 0 ? 0 : phys) | (scan->once ? BT_LE_SCAN_OPT_FILTER_DUPLICATE : 0) |
                      (gap.filtered ? BT_LE_SCAN_OPT_FILTER_ACCEPT_LIST : 0)),
        .interval = scan_units(scan->interval_us),
        .window = scan_units(scan->window_us),
    };
    if (scan->duration_ms < 0 || phys < 0 || param.window > param.interval) {
        return MP_EINVAL;
    }
    if (!gap.scan_work_ready) {
        k_work_init_delayable(&gap.scan_end, scan_timeout);
        gap.scan_work_ready = true;
    }
    gap.scanning = true;
    gap.scan_extended = scan->phys != 0;
    int err = begun(bt_le_scan_start(&param, scan_result));
    if (err) {
        gap.scanning = false;
        return mpy_errno(err);
    }
    gap.phys = scan->phys;
    if (scan->duration_ms) {
        (void)k_work_reschedule(&gap.scan_end, K_MSEC(scan->duration_ms));
    }
    return 0;
}

int mp_bluetooth_gap_scan_stop(void)
{
    return mpy_on() ? scan_stop() : MP_ENODEV;
}

// ---- Connecting --------------------------------------------------------------------------------

// Intervals in 1.25 ms; one that is not given follows the other one.
static int conn_param(struct bt_le_conn_param *param, int32_t min_us, int32_t max_us)
{
    if (min_us < 0 || max_us < 0) {
        return -EINVAL;
    }
    int32_t low = min_us / 1250;
    int32_t high = max_us / 1250;
    low = min_us ? low : MIN(CONN_INTERVAL_MIN, max_us ? high : CONN_INTERVAL_MIN);
    high = max_us ? high : MAX(CONN_INTERVAL_MAX, low);
    if (low < 6 || high > 3200 || low > high) { // Vol 4, Part E, 7.8.12
        return -EINVAL;
    }
    // The time-out must exceed twice the interval; leave room for several lost events.
    int32_t timeout = MAX(CONN_TIMEOUT, high * 5 / 4 / 10 * 6);
    *param = (struct bt_le_conn_param){
        .interval_min = (uint16_t)low,
        .interval_max = (uint16_t)high,
        .latency = 0,
        .timeout = (uint16_t)MIN(timeout, CONN_TIMEOUT_MAX),
    };
    return 0;
}

static bool connected_to(const bt_addr_le_t *peer)
{
    struct bt_conn *conn = bt_conn_lookup_addr_le(BT_ID_DEFAULT, peer);
    if (!conn) {
        return false;
    }
    bt_conn_unref(conn);
    return true;
}

// Who advertises on LE Coded only is not heard on LE 1M.
static uint32_t initiator_phys(void)
{
    if (!(gap.phys & BT_GAP_LE_PHY_CODED)) {
        return BT_CONN_LE_OPT_NONE;
    }
    bool only = gap.phys == BT_GAP_LE_PHY_CODED;
    return BT_CONN_LE_OPT_CODED | (only ? BT_CONN_LE_OPT_NO_1M : 0);
}

static int initiate(const bt_addr_le_t *peer, int32_t duration_ms,
                    const struct bt_le_conn_param *param)
{
    struct bt_conn_le_create_param create = {
        .options = initiator_phys(),
        .interval = BT_GAP_SCAN_FAST_INTERVAL_MIN,
        .window = BT_GAP_SCAN_FAST_INTERVAL_MIN,
        .timeout = (uint16_t)CLAMP((duration_ms + 9) / 10, 0, UINT16_MAX),
    };
    gap.connecting = true;
    int err = begun(bt_conn_le_create(peer, &create, param, &gap.initiating));
    if (err) {
        gap.connecting = false;
        gap.initiating = NULL;
    }
    return err;
}

int mp_bluetooth_gap_peripheral_connect(uint8_t addr_type, const uint8_t *addr, int32_t duration_ms,
                                        int32_t min_conn_interval_us, int32_t max_conn_interval_us)
{
    if (!mpy_on()) {
        return MP_ENODEV;
    }
    if (gap.connecting) {
        return MP_EALREADY;
    }
    struct bt_le_conn_param param;
    if (addr_type > BT_ADDR_LE_RANDOM_ID || duration_ms < 0 || duration_ms > INT32_MAX - 9 ||
        conn_param(&param, min_conn_interval_us, max_conn_interval_us)) {
        return MP_EINVAL;
    }
    bt_addr_le_t peer = {.type = addr_type};
    mpy_reverse(peer.a.val, addr, sizeof(peer.a.val));
    if (connected_to(&peer)) {
        return MP_EIO;
    }
    int err = scan_stop();
    if (err) {
        return err;
    }
    gap.peer_type = addr_type;
    memcpy(gap.peer, addr, sizeof(gap.peer));
    return mpy_errno(initiate(&peer, duration_ms, &param));
}

int mp_bluetooth_gap_peripheral_connect_cancel(void)
{
    if (!mpy_on()) {
        return MP_ENODEV;
    }
    if (!gap.initiating) {
        return 0;
    }
    return mpy_errno(begun(bt_conn_disconnect(gap.initiating, BT_HCI_ERR_REMOTE_USER_TERM_CONN)));
}

static void initiation_over(void)
{
    struct bt_conn *conn = gap.initiating;
    gap.connecting = false;
    gap.initiating = NULL;
    if (conn) {
        bt_conn_unref(conn);
    }
}

static void raise_connect_failed(uint8_t reason)
{
    static const uint8_t no_addr[6];
    mpy_raise_ext(MPY_EXT_IRQ_DISCONNECT_REASON, MPY_NO_CONN, reason, 0, 0);
    mpy_enter();
    mp_bluetooth_gap_on_connected_disconnected(MP_BLUETOOTH_IRQ_PERIPHERAL_DISCONNECT, MPY_NO_CONN,
                                               MPY_NO_ADDR_TYPE, no_addr);
    mpy_leave();
}

void mpy_gap_connected(struct bt_conn *conn, uint8_t err)
{
    if (!mpy_on()) {
        return;
    }
    struct bt_conn_info info;
    if (bt_conn_get_info(conn, &info)) {
        return;
    }
    if (!err) {
        mpy_secrets_load();
    }
    if (info.role == BT_CONN_ROLE_CENTRAL) {
        initiation_over();
        if (err) {
            raise_connect_failed(err);
        } else {
            mpy_conn_add(conn, true, gap.peer_type, gap.peer);
        }
        return;
    }
    gap.advertising = false;
    if (!err) {
        uint8_t addr[6];
        mpy_reverse(addr, info.le.dst->a.val, sizeof(addr));
        mpy_conn_add(conn, false, info.le.dst->type, addr);
    }
}

void mpy_gap_lost(void)
{
    gap.advertising = false;
    if (gap.scanning) {
        scan_done();
    }
    if (gap.connecting) {
        initiation_over();
        raise_connect_failed(BT_HCI_ERR_UNSPECIFIED);
    }
}

void mpy_gap_reset(void)
{
    gap.advertising = false;
    gap.scanning = false;
    gap.filtered = false; // The list is gone with the radio.
    gap.phys = 0;
    mpy_adv_ext_reset();
    if (gap.scan_work_ready) {
        (void)k_work_cancel_delayable(&gap.scan_end);
    }
    initiation_over();
    ad_set(&gap.adv, NULL, 0);
    ad_set(&gap.rsp, NULL, 0);
}
