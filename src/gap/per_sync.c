// Following periodic advertising: what the controller is asked for, and what it tells (Vol 6, Part B,
// 4.4.3.4; Vol 4, Part E, 7.8.67 to 7.8.69, 7.7.65.14 to 7.7.65.16 and 7.7.65.24). The calls are in
// per_api.c.
//
// One sync at a time is WANTED or OUT. A sync that its owner gives up is `gone` until the controller
// has agreed; `term` is told once, and then the slot is free. Reports are checked in dispatch and held
// until the drain, as scan.c does; long data is put together in its sync, and only whole data is handed
// out: what is too long, cut short or has lost a part counts as adv_dropped.
#include <string.h>

#include "gap/per_sync.h"

#define LOG_LAYER LOG_GAP
#include "base/log.h"

#define HANDLE_MAX   0x0eff
#define SID_MAX      0x0f
#define INTERVAL_MIN 6

#define POST_REPORT BIT(0)

enum {
    DATA_COMPLETE,
    DATA_MORE,
    DATA_TRUNCATED,
    DATA_RESERVED,
};

static struct bt_le_per_adv_sync *find(uint8_t state)
{
    FOR_EACH_SYNC(sync)
    {
        if (sync->state == state) {
            return sync;
        }
    }
    return NULL;
}

static struct bt_le_per_adv_sync *by_handle(uint16_t handle)
{
    FOR_EACH_SYNC(sync)
    {
        if (sync->state == SYNC_SYNCED && sync->handle == handle) {
            return sync;
        }
    }
    return NULL;
}

// ---- Callbacks ----------------------------------------------------------------------------------

static void tell_synced(struct bt_le_per_adv_sync *sync)
{
    struct bt_conn *conn = sync->conn;
    struct bt_le_per_adv_sync_synced_info info = {
        .addr = &sync->param.addr,
        .sid = sync->param.sid,
        .interval = sync->interval,
        .phy = (uint8_t)BIT(sync->phy - 1),
        .recv_enabled = !sync->silent,
        .service_data = sync->service_data,
        .conn = conn,
    };
    sync->conn = NULL;
    FOR_EACH_SYNC_CB(cb)
    {
        if (cb->synced) {
            cb->synced(sync, &info);
        }
    }
    if (conn) {
        bt_conn_unref(conn);
    }
}

static void tell_state(struct bt_le_per_adv_sync *sync)
{
    struct bt_le_per_adv_sync_state_info info = {!sync->silent};
    FOR_EACH_SYNC_CB(cb)
    {
        if (cb->state_changed) {
            cb->state_changed(sync, &info);
        }
    }
}

static void tell_term(struct bt_le_per_adv_sync *sync)
{
    struct bt_le_per_adv_sync_term_info info = {&sync->param.addr, sync->param.sid, sync->reason};
    FOR_EACH_SYNC_CB(cb)
    {
        if (cb->term) {
            cb->term(sync, &info);
        }
    }
}

static void deliver(struct post *post, uint16_t bits)
{
    struct bt_le_per_adv_sync *sync = (struct bt_le_per_adv_sync *)post;
    if (bits & SYNC_POST_SYNCED) {
        tell_synced(sync);
    }
    if (bits & SYNC_POST_STATE) {
        tell_state(sync);
    }
    if (bits & SYNC_POST_TERM) {
        tell_term(sync);
        sync->state = SYNC_FREE;
    }
}

struct bt_le_per_adv_sync *per_sync_take(void)
{
    FOR_EACH_SYNC(sync)
    {
        if (sync->state == SYNC_FREE && !sync->busy) {
            *sync = (struct bt_le_per_adv_sync){.state = SYNC_WANTED};
            post_init(&sync->post, deliver);
            return sync;
        }
    }
    return NULL;
}

void per_sync_ended(struct bt_le_per_adv_sync *sync, uint8_t reason)
{
    sync->state = sync->owned ? SYNC_ENDED : SYNC_FREE;
    sync->reason = reason;
    if (sync->owned) {
        post_set(&sync->post, SYNC_POST_TERM);
    }
}

// ---- Commands -----------------------------------------------------------------------------------

static void create_done(void *arg, uint8_t status, struct rd *ret)
{
    struct bt_le_per_adv_sync *sync = arg;
    sync->busy = false;
    if (sync->state != SYNC_WANTED) {
        return; // The controller was lost meanwhile.
    }
    sync->status = status;
    if (status) {
        log_wrn("synchronising: status %02x", status);
        per_sync_ended(sync, status);
    } else {
        sync->state = SYNC_OUT;
    }
}

// Refused: the train was found before, and the event that says so is on its way.
static void cancel_done(void *arg, uint8_t status, struct rd *ret)
{
    struct bt_le_per_adv_sync *sync = arg;
    sync->busy = false;
}

// Refused: it was lost before.
static void terminate_done(void *arg, uint8_t status, struct rd *ret)
{
    struct bt_le_per_adv_sync *sync = arg;
    sync->busy = false;
    if (sync->state == SYNC_SYNCED) {
        per_sync_ended(sync, BT_HCI_ERR_LOCALHOST_TERM_CONN);
    }
}

static uint16_t put_create(const struct bt_le_per_adv_sync_param *param, struct wr *params)
{
    wr_u8(params, (uint8_t)param->options);
    wr_u8(params, param->sid);
    wr_u8(params, param->addr.type);
    wr_bytes(params, param->addr.a.val, BT_ADDR_SIZE);
    wr_le16(params, param->skip);
    wr_le16(params, param->timeout);
    wr_u8(params, 0); // Any CTE
    return BT_HCI_OP_LE_PER_ADV_CREATE_SYNC;
}

static bool sync_next(struct bt_le_per_adv_sync *sync, struct hci_cmd *cmd, struct wr *params)
{
    if (sync->busy || sync->asked) {
        return false;
    }
    if (sync->state == SYNC_WANTED && sync->gone) {
        per_sync_ended(sync, BT_HCI_ERR_OP_CANCELLED_BY_HOST);
        return false;
    }
    if (sync->state == SYNC_WANTED) {
        *cmd = (struct hci_cmd){put_create(&sync->param, params), create_done, sync};
    } else if (sync->state == SYNC_OUT && sync->gone) {
        *cmd = (struct hci_cmd){BT_HCI_OP_LE_PER_ADV_CREATE_SYNC_CANCEL, cancel_done, sync};
        sync->asked = true;
    } else if (sync->state == SYNC_SYNCED && sync->gone) {
        wr_le16(params, sync->handle);
        *cmd = (struct hci_cmd){BT_HCI_OP_LE_PER_ADV_TERMINATE_SYNC, terminate_done, sync};
        sync->asked = true;
    } else {
        return false;
    }
    sync->busy = true;
    return true;
}

bool per_sync_is_out(void)
{
    return find(SYNC_OUT) != NULL;
}

bool per_sync_next(struct hci_cmd *cmd, struct wr *params)
{
    struct per_sync_run *run = &per_sync_run;
    if (run->orphaned) {
        run->orphaned = false;
        wr_le16(params, run->orphan);
        *cmd = (struct hci_cmd){BT_HCI_OP_LE_PER_ADV_TERMINATE_SYNC, NULL, NULL};
        return true;
    }
    FOR_EACH_SYNC(sync)
    {
        if (sync_next(sync, cmd, params)) {
            return true;
        }
    }
    return false;
}

static struct bt_le_per_adv_sync *find_created(void)
{
    struct bt_le_per_adv_sync *sync = find(SYNC_OUT);
    return sync ? sync : find(SYNC_WANTED);
}

bool per_sync_scans(void)
{
    const struct bt_le_per_adv_sync *sync = find_created();
    return sync && !sync->gone;
}

void per_sync_give_up(void)
{
    struct bt_le_per_adv_sync *sync = find_created();
    if (sync) {
        sync->gone = true;
    }
}

void per_sync_lost(void)
{
    per_sync_run.orphaned = false;
    FOR_EACH_SYNC(sync)
    {
        if (sync->state != SYNC_FREE && sync->state != SYNC_ENDED) {
            sync->status = HCI_STATUS_GONE;
            per_sync_ended(sync, BT_HCI_ERR_LOCALHOST_TERM_CONN);
        }
        sync->busy = false;
    }
}

// ---- Beginning and end --------------------------------------------------------------------------

struct found {
    uint16_t handle;
    uint8_t sid;
    bt_addr_le_t addr;
    uint8_t phy;
    uint16_t interval;
};

static struct found read_found(struct rd *params)
{
    struct found found;
    found.handle = rd_le16(params);
    found.sid = rd_u8(params);
    found.addr.type = rd_u8(params);
    rd_copy(params, found.addr.a.val, BT_ADDR_SIZE);
    found.phy = rd_u8(params);
    found.interval = rd_le16(params);
    (void)rd_u8(params); // Advertiser_Clock_Accuracy
    return found;
}

static bool found_valid(const struct found *found)
{
    return found->handle <= HANDLE_MAX && !by_handle(found->handle) && found->sid <= SID_MAX &&
           found->addr.type <= BT_ADDR_LE_RANDOM_ID && found->phy &&
           found->phy <= BT_HCI_LE_PHY_CODED && found->interval >= INTERVAL_MIN;
}

static void orphan(uint16_t handle)
{
    log_inf("%04x: nobody wants this sync", handle);
    per_sync_run.orphaned = true;
    per_sync_run.orphan = handle;
}

static void synced(struct bt_le_per_adv_sync *sync, const struct found *found)
{
    sync->state = SYNC_SYNCED;
    sync->asked = false; // A cancel that came too late: it is to be ended.
    sync->handle = found->handle;
    sync->interval = found->interval;
    sync->phy = found->phy;
    sync->param.sid = found->sid;
    sync->param.addr = found->addr;
    if (!sync->gone) {
        post_set(&sync->post, SYNC_POST_SYNCED);
    }
}

bool per_sync_on_established(struct rd *params)
{
    uint8_t status = rd_u8(params);
    struct found found = read_found(params);
    struct bt_le_per_adv_sync *sync = find(SYNC_OUT);
    if (!rd_done(params) || (!status && !found_valid(&found))) {
        return false;
    }
    if (!sync) {
        hci_stats()->evt_stale++;
    }
    if (!sync && !status) {
        orphan(found.handle);
    } else if (sync && status) {
        per_sync_ended(sync, status);
    } else if (sync) {
        synced(sync, &found);
    }
    hci_cmd_kick(); // The scanner may rest now.
    return true;
}

bool per_sync_on_lost(struct rd *params)
{
    uint16_t handle = rd_le16(params);
    if (!rd_done(params)) {
        return false;
    }
    struct bt_le_per_adv_sync *sync = by_handle(handle);
    if (!sync) {
        hci_stats()->evt_stale++;
        return true;
    }
    per_sync_ended(sync, BT_HCI_ERR_CONN_TIMEOUT);
    return true;
}

bool per_sync_on_transfer(struct rd *params)
{
    uint8_t status = rd_u8(params);
    struct bt_conn *conn = conn_by_handle(rd_le16(params));
    uint16_t service_data = rd_le16(params);
    struct found found = read_found(params);
    if (!rd_done(params) || (!status && !found_valid(&found))) {
        return false;
    }
    if (status) {
        log_inf("a transferred train was not found: status %02x", status);
        return true;
    }
    struct bt_le_per_adv_sync *sync = conn ? per_sync_take() : NULL;
    if (!sync) {
        orphan(found.handle);
        hci_cmd_kick();
        return true;
    }
    sync->owned = true;
    sync->conn = bt_conn_ref(conn);
    sync->service_data = service_data;
    synced(sync, &found);
    return true;
}

// ---- Reports ------------------------------------------------------------------------------------

struct report {
    uint16_t handle;
    int8_t tx_power;
    int8_t rssi;
    uint8_t status;
    uint8_t len;
    const uint8_t *data;
};

static bool read_report(struct rd *from, struct report *report)
{
    report->handle = rd_le16(from);
    report->tx_power = rd_i8(from);
    report->rssi = rd_i8(from);
    (void)rd_u8(from); // CTE_Type
    report->status = rd_u8(from);
    report->len = rd_u8(from);
    report->data = rd_take(from, report->len);
    return rd_done(from) && report->status < DATA_RESERVED;
}

static void tell_report(struct bt_le_per_adv_sync *sync, const struct report *report,
                        const uint8_t *data, uint16_t len)
{
    struct bt_le_per_adv_sync_recv_info info = {
        .addr = &sync->param.addr,
        .sid = sync->param.sid,
        .tx_power = report->tx_power,
        .rssi = report->rssi,
        .cte_type = BT_DF_CTE_TYPE_NONE,
    };
    FOR_EACH_SYNC_CB(cb)
    {
        struct net_buf_simple buf = {(uint8_t *)data, len, len, (uint8_t *)data};
        if (cb->recv && sync->state == SYNC_SYNCED && !sync->gone) {
            cb->recv(sync, &info, &buf);
        }
    }
}

// Reports that were lost on their way to us may have been parts.
static void doubt(void)
{
    struct per_sync_run *run = &per_sync_run;
    if (run->dropped != hci_stats()->adv_dropped) {
        FOR_EACH_SYNC(sync)
        {
            sync->overflow = sync->overflow || sync->len;
        }
    }
    run->dropped = hci_stats()->adv_dropped;
}

static void append(struct bt_le_per_adv_sync *sync, const struct report *report)
{
    sync->overflow = sync->overflow || report->len > sizeof(sync->data) - sync->len;
    if (!sync->overflow && report->len) {
        memcpy(sync->data + sync->len, report->data, report->len);
        sync->len = (uint16_t)(sync->len + report->len);
    }
}

static void take(struct bt_le_per_adv_sync *sync, const struct report *report)
{
    if (report->status == DATA_COMPLETE && !sync->len && !sync->overflow) {
        tell_report(sync, report, report->data, report->len);
        return;
    }
    append(sync, report);
    if (report->status == DATA_MORE) {
        return;
    }
    uint16_t len = sync->len;
    bool whole = report->status == DATA_COMPLETE && !sync->overflow;
    sync->len = 0;
    sync->overflow = false;
    if (whole) {
        tell_report(sync, report, sync->data, len);
    } else {
        hci_stats()->adv_dropped++;
        per_sync_run.dropped++; // That was not on its way to us.
    }
}

static void deliver_report(struct post *post, uint16_t bits)
{
    struct per_sync_run *run = &per_sync_run;
    struct rd from = run->report;
    struct net_buf *evt = run->evt;
    struct report report;
    bool valid = read_report(&from, &report);
    struct bt_le_per_adv_sync *sync = valid ? by_handle(report.handle) : NULL;
    doubt();
    if (sync && !sync->gone) {
        take(sync, &report);
    }
    run->evt = NULL;
    net_buf_unref(evt);
}

bool per_sync_on_report(struct rd *params)
{
    struct per_sync_run *run = &per_sync_run;
    struct rd from = *params;
    struct report report;
    if (!read_report(params, &report)) {
        return false;
    }
    if (!by_handle(report.handle)) {
        hci_stats()->evt_stale++;
        return true;
    }
    struct net_buf *evt = run->evt ? NULL : hci_evt_hold();
    if (!evt) {
        hci_stats()->adv_dropped++;
        return true;
    }
    run->post.fn = deliver_report;
    run->evt = evt;
    run->report = from;
    post_set(&run->post, POST_REPORT);
    return true;
}
