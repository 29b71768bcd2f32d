// The scanner and its reports (Vol 6, Part B, 4.4.3; Vol 4, Part E, 7.8.10, 7.8.11, 7.7.65.2).
//
// A report event is checked whole in dispatch and then held, not copied: the drain that follows
// reads it again and hands each report's data out where it lies in the event's buffer. So a slow
// application slows the loop and nothing grows (hostile 54).
#include <errno.h>
#include <string.h>

#include "gap/id.h"
#include "gap/state.h"
#include "hci/wait.h"

#define LOG_LAYER LOG_GAP
#include "base/log.h"

#define POST_REPORTS BIT(0)
#define POST_TIMEOUT BIT(1)

// What HCI allows in one event (7.7.65.2).
#define REPORTS_MAX 25

// ---- Runner -------------------------------------------------------------------------------------

static void scan_off(void)
{
    scan_run.want = false;
    loop_timer_stop(&scan_run.timer);
}

static void fail(uint8_t status)
{
    log_wrn("scanning: status %02x", status);
    scan_run.status = status;
    if (!scan_run.want) {
        per_sync_give_up();
    }
    scan_off();
    init_seek_failed(status);
}

static void param_done(void *arg, uint8_t status, struct rd *ret)
{
    if (status) {
        scan_run.dirty = true;
        fail(status);
    }
}

static void enable_done(void *arg, uint8_t status, struct rd *ret)
{
    struct scan_run *run = &scan_run;
    bool enable = arg != NULL;
    if (!status || !enable) {
        run->on = enable;
    } else if (status == BT_HCI_ERR_CMD_DISALLOWED && init_is_active()) {
        fail(BT_HCI_ERR_CONTROLLER_BUSY); // The controller cannot do both.
    } else {
        fail(status);
    }
}

static bool by_list(const struct bt_le_scan_param *param)
{
    return param->options & BT_LE_SCAN_OPT_FILTER_ACCEPT_LIST;
}

static bool next_param(struct scan_run *run, struct hci_cmd *cmd, struct wr *params)
{
    const struct bt_le_scan_param seeking = init_scan_param();
    struct bt_le_scan_param param = run->want ? run->param : seeking;
    if (!scan_is_wanted()) {
        param = *BT_LE_SCAN_PASSIVE_CONTINUOUS;
    }
    run->others = !scan_is_wanted();
    run->dirty = false;
    run->own_type = rlist_own_type(gap_radio_addr());
    // Whom the controller cannot know again passes its filter never, and the host's (is_for_us()).
    run->filters = run->want && by_list(&param) && accept_hides();
    if (run->filters || init_seeks()) {
        param.options &= (uint8_t)~BT_LE_SCAN_OPT_FILTER_ACCEPT_LIST;
    }
    run->listed = by_list(&param);
    uint16_t opcode = ext_scan_put_param(&param, params);
    if (!opcode) {
        wr_u8(params, param.type);
        wr_le16(params, param.interval);
        wr_le16(params, param.window);
        wr_u8(params, run->own_type);
        wr_u8(params,
              by_list(&param) ? BT_HCI_LE_SCAN_FP_BASIC_FILTER : BT_HCI_LE_SCAN_FP_BASIC_NO_FILTER);
        opcode = BT_HCI_OP_LE_SET_SCAN_PARAM;
    }
    *cmd = (struct hci_cmd){opcode, param_done, NULL};
    return true;
}

// By whomever: reports are wanted, or a sync with periodic advertising.
static bool is_needed(void)
{
    return scan_is_wanted() || per_sync_scans();
}

bool scan_next(struct hci_cmd *cmd, struct wr *params)
{
    struct scan_run *run = &scan_run;
    bool active = is_needed() && !init_needs_quiet() && !gap_id_waiting() && !rlist_needs_quiet();
    bool seeking = init_seeks();
    if (run->seeking != seeking || (active && run->own_type != rlist_own_type(gap_radio_addr()))) {
        run->seeking = seeking;
        run->dirty = true;
    }
    if (active && !run->on && !scan_is_wanted() && !run->others) {
        run->dirty = true;
    }
    // What goes on for others hears everybody.
    if (run->on && run->listed && !run->want) {
        run->dirty = true;
    }
    if (run->on && run->dirty) {
        active = false; // New parameters take a rest.
    }
    if (active == run->on) {
        return false;
    }
    if (active && run->dirty) {
        return next_param(run, cmd, params);
    }
    bool filter = run->want && !seeking && (run->param.options & BT_LE_SCAN_OPT_FILTER_DUPLICATE);
    uint16_t opcode = ext_scan_put_enable(active, active && filter, params);
    if (!opcode) {
        wr_u8(params, active ? BT_HCI_LE_SCAN_ENABLE : BT_HCI_LE_SCAN_DISABLE);
        wr_u8(params, active && filter);
        opcode = BT_HCI_OP_LE_SET_SCAN_ENABLE;
    }
    *cmd = (struct hci_cmd){opcode, enable_done, active ? run : NULL};
    return true;
}

bool scan_filters(void)
{
    const struct scan_run *run = &scan_run;
    return (run->want && by_list(&run->param)) || (run->on && run->listed);
}

bool scan_is_on(void)
{
    return scan_run.on;
}

void scan_lost(void)
{
    scan_run.on = false;
    scan_run.others = false;
    scan_off();
}

// ---- Reports ------------------------------------------------------------------------------------

struct report {
    uint8_t type;
    uint8_t len;
    int8_t rssi;
    bt_addr_le_t addr;
    const uint8_t *data;
};

// One report. In the specification's notation the fields are arrays; controllers send one report
// after the other.
static bool read_report(struct rd *from, struct report *report)
{
    report->type = rd_u8(from);
    report->addr.type = rd_u8(from);
    rd_copy(from, report->addr.a.val, BT_ADDR_SIZE);
    report->len = rd_u8(from);
    report->data = rd_take(from, report->len);
    report->rssi = rd_i8(from);
    return rd_ok(from) && report->type <= BT_GAP_ADV_TYPE_SCAN_RSP &&
           report->len <= BT_GAP_ADV_MAX_ADV_DATA_LEN && report->addr.type <= BT_ADDR_LE_RANDOM_ID;
}

// By event type (7.7.65.2).
static const uint8_t props[] = {
    [BT_GAP_ADV_TYPE_ADV_IND] = BT_GAP_ADV_PROP_CONNECTABLE | BT_GAP_ADV_PROP_SCANNABLE,
    [BT_GAP_ADV_TYPE_ADV_DIRECT_IND] = BT_GAP_ADV_PROP_CONNECTABLE | BT_GAP_ADV_PROP_DIRECTED,
    [BT_GAP_ADV_TYPE_ADV_SCAN_IND] = BT_GAP_ADV_PROP_SCANNABLE,
    [BT_GAP_ADV_TYPE_ADV_NONCONN_IND] = 0,
    [BT_GAP_ADV_TYPE_SCAN_RSP] = BT_GAP_ADV_PROP_SCANNABLE | BT_GAP_ADV_PROP_SCAN_RESPONSE,
};

static struct bt_le_scan_cb *cb_of(sys_snode_t *node)
{
    return node ? CONTAINER_OF(node, struct bt_le_scan_cb, node) : NULL;
}

static struct bt_le_scan_cb *walk_from(struct bt_le_scan_cb *cb)
{
    scan_reg.next = cb ? cb_of(sys_slist_peek_next(&cb->node)) : NULL;
    return cb;
}

static struct bt_le_scan_cb *walk_first(void)
{
    return walk_from(cb_of(sys_slist_peek_head(&scan_reg.cbs)));
}

static struct bt_le_scan_cb *walk_next(void)
{
    return walk_from(scan_reg.next);
}

// The data as the listeners like it: each gets it whole.
static struct net_buf_simple view(const struct report *report)
{
    uint8_t *data = (uint8_t *)report->data;
    return (struct net_buf_simple){data, report->len, report->len, data};
}

bool scan_is_wanted(void)
{
    return scan_run.want || init_seeks();
}

// Who it is: a bonded peer under its identity address. False: the application is not to hear of it.
static bool is_for_us(bt_addr_le_t *addr, uint16_t adv_props)
{
    const struct scan_run *run = &scan_run;
    bt_addr_le_t shown = *addr;
    if (addr->type == BT_ADDR_LE_PUBLIC_ID || addr->type == BT_ADDR_LE_RANDOM_ID) {
        addr->type &= 1; // Resolved by the controller.
    } else if (mode_any() && mode_is_network(BT_ID_DEFAULT, addr)) {
        return false; // Whose identity this is would hide.
    } else {
        (void)gap_resolve(BT_ID_DEFAULT, addr);
    }
    if (adv_props & BT_GAP_ADV_PROP_CONNECTABLE) {
        shown.type &= 1;
        init_seen(&shown, addr);
    }
    return run->want && (!run->filters || accept_has(addr));
}

static bool is_duplicate(const bt_addr_le_t *addr, uint8_t type, uint8_t set)
{
    return (scan_run.param.options & BT_LE_SCAN_OPT_FILTER_DUPLICATE) &&
           scan_dup_seen(addr, type, set);
}

void scan_tell(struct bt_le_scan_recv_info *info, const uint8_t *data, uint16_t len)
{
    // An extended scan response has the type of what it answers.
    uint8_t rsp = info->adv_props & BT_GAP_ADV_PROP_SCAN_RESPONSE;
    bt_addr_le_t addr = *info->addr;
    info->addr = &addr;
    if (!is_for_us(&addr, info->adv_props) ||
        is_duplicate(&addr, info->adv_type | rsp, info->sid)) {
        return;
    }
    const struct net_buf_simple whole = {(uint8_t *)data, len, len, (uint8_t *)data};
    struct net_buf_simple buf = whole;
    if (scan_run.cb) {
        scan_run.cb(info->addr, info->rssi, info->adv_type, &buf);
    }
    for (struct bt_le_scan_cb *cb = walk_first(); cb && scan_run.want; cb = walk_next()) {
        if (cb->recv) {
            buf = whole;
            cb->recv(info, &buf);
        }
    }
}

static void tell(const struct report *report)
{
    struct net_buf_simple buf = view(report);
    if (scan_run.cb) {
        scan_run.cb(&report->addr, report->rssi, report->type, &buf);
    }
    struct bt_le_scan_cb *cb = walk_first();
    if (!cb) {
        return;
    }
    struct bt_le_scan_recv_info info = {
        .addr = &report->addr,
        .sid = BT_GAP_SID_INVALID,
        .rssi = report->rssi,
        .tx_power = BT_GAP_TX_POWER_INVALID,
        .adv_type = report->type,
        .adv_props = props[report->type],
        .primary_phy = BT_GAP_LE_PHY_1M,
    };
    for (; cb && scan_run.want; cb = walk_next()) {
        if (cb->recv) {
            buf = view(report);
            cb->recv(&info, &buf);
        }
    }
}

static void deliver_reports(void)
{
    struct scan_run *run = &scan_run;
    struct rd from = run->reports;
    struct net_buf *evt = run->evt;
    uint8_t count = run->report_count;
    struct report report;
    // A callback may stop the scan: then the rest is for nobody.
    for (; count && scan_is_wanted() && read_report(&from, &report); count--) {
        if (is_for_us(&report.addr, props[report.type]) &&
            !is_duplicate(&report.addr, report.type, BT_GAP_SID_INVALID)) {
            tell(&report);
        }
    }
    run->report_count = 0;
    run->evt = NULL;
    net_buf_unref(evt);
}

static void deliver(struct post *post, uint16_t bits)
{
    if (bits & POST_REPORTS) {
        deliver_reports();
    }
    if (bits & POST_TIMEOUT) {
        for (struct bt_le_scan_cb *cb = walk_first(); cb; cb = walk_next()) {
            if (cb->timeout) {
                cb->timeout();
            }
        }
    }
}

bool scan_on_report(struct rd *params)
{
    struct scan_run *run = &scan_run;
    uint8_t count = rd_u8(params);
    struct rd from = *params;
    struct report report;
    if (!count || count > REPORTS_MAX) {
        return false;
    }
    for (uint8_t i = 0; i < count; i++) {
        if (!read_report(params, &report)) {
            return false;
        }
    }
    if (!rd_done(params)) {
        return false;
    }
    if (!scan_is_wanted()) {
        hci_stats()->evt_stale += !run->on; // On its way while we stopped, or never asked for.
        return true;
    }
    struct net_buf *evt = run->evt ? NULL : hci_evt_hold();
    if (!evt) {
        hci_stats()->adv_dropped += count;
        return true;
    }
    run->post.fn = deliver;
    run->evt = evt;
    run->reports = from;
    run->report_count = count;
    post_set(&run->post, POST_REPORTS);
    return true;
}

// ---- The API ------------------------------------------------------------------------------------

static void timed_out(struct loop_timer *timer)
{
    scan_off();
    scan_run.post.fn = deliver;
    post_set(&scan_run.post, POST_TIMEOUT);
    hci_cmd_kick();
}

static int param_check(const struct bt_le_scan_param *param)
{
    if (!param || param->type > BT_LE_SCAN_TYPE_ACTIVE || param->interval < 4 ||
        param->interval > 0x4000 || param->window < 4 || param->window > param->interval) {
        return -EINVAL;
    }
    uint8_t phys = param->options & (BT_LE_SCAN_OPT_CODED | BT_LE_SCAN_OPT_NO_1M);
    if (phys && !(ext_used() && hci_has_feature(BT_LE_FEAT_BIT_PHY_CODED))) {
        return -ENOTSUP;
    }
    const uint8_t known = BT_LE_SCAN_OPT_FILTER_DUPLICATE | BT_LE_SCAN_OPT_FILTER_ACCEPT_LIST;
    uint8_t rest = param->options & ~(known | phys);
    return rest || phys == BT_LE_SCAN_OPT_NO_1M ? -EINVAL : 0;
}

static bool scan_busy(void *arg)
{
    const struct scan_run *run = &scan_run;
    if (!run->want && per_sync_scans()) {
        return scan_filters(); // It goes on for a sync, but without the accept list.
    }
    return scan_is_wanted() != run->on || (run->on && run->dirty);
}

static int scan_settle(void)
{
    struct scan_run *run = &scan_run;
    run->status = 0;
    hci_cmd_kick();
    int err = hci_wait(scan_busy, NULL);
    if (err == -EINTR) {
        scan_off();
        hci_cmd_kick();
    }
    return err ? err : hci_errno(run->status);
}

int bt_le_scan_start(const struct bt_le_scan_param *param, bt_le_scan_cb_t cb)
{
    struct scan_run *run = &scan_run;
    if (!gap_is_ready()) {
        return -EAGAIN;
    }
    int err = param_check(param);
    if (err) {
        return err;
    }
    if (run->want) {
        return -EALREADY;
    }
    if (!own_prepare(own_kind(), BT_ID_DEFAULT)) {
        return -EAGAIN;
    }
    if (init_needs_quiet()) {
        return -EBUSY;
    }
    run->param = *param;
    run->cb = cb;
    run->dirty = true;
    run->want = true;
    scan_dup_reset();
    if (param->timeout) {
        loop_timer_start(&run->timer, param->timeout * 10000LL, timed_out);
    }
    gap_id_retry();
    return scan_settle();
}

int bt_le_scan_stop(void)
{
    if (!scan_run.want) {
        return -EALREADY;
    }
    scan_off();
    return scan_settle();
}

int bt_le_scan_cb_register(struct bt_le_scan_cb *cb)
{
    if (!cb) {
        return -EINVAL;
    }
    if (sys_slist_find(&scan_reg.cbs, &cb->node, NULL)) {
        return -EEXIST;
    }
    sys_slist_append(&scan_reg.cbs, &cb->node);
    return 0;
}

void bt_le_scan_cb_unregister(struct bt_le_scan_cb *cb)
{
    if (cb && scan_reg.next == cb) {
        (void)walk_next();
    }
    if (cb) {
        (void)sys_slist_find_and_remove(&scan_reg.cbs, &cb->node);
    }
}
