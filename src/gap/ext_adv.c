// Advertising sets of the application (Vol 6, Part B, 4.4.2; Vol 4, Part E, 7.8.52 to 7.8.61).
//
// A set has steps to be done; ext_adv_next() turns the lowest one into a command, and a step that
// fails takes the others with it. Calls put steps down and wait until there are none. Long data is
// read from the application's structures fragment by fragment while the call lasts, so nothing
// holds a copy of it; a call that ends early takes its data with it.
//
// Invariants: a connectable set that is on, or about to be, holds a slot in state ADVERTISING. `on`
// changes with the answer to LE Set Extended Advertising Enable and with LE Advertising Set
// Terminated. A link as peripheral is opened when it is known which set it belongs to: at once
// without connectable sets, else with LE Advertising Set Terminated, which follows.
#include <errno.h>
#include <string.h>

#include <breeze/adv.h>
#include <breeze/port.h>

#include "gap/ext_adv.h"
#include "gap/ext_data.h"
#include "gap/id.h"
#include "gap/state.h"
#include "hci/wait.h"

#define LOG_LAYER LOG_GAP
#include "base/log.h"

#define POST_SENT      BIT(0)
#define POST_CONNECTED BIT(1)
#define POST_SCANNED   BIT(2)

#define HIGH_DUTY_TIME 128
#define TERMINATED_US  1000000 // How long the event may take that tells whose a link is.
#define OPT_UNSUPPORTED                                                                            \
    (BT_LE_ADV_OPT_USE_NAME | BT_LE_ADV_OPT_REQUIRE_S2_CODING | BT_LE_ADV_OPT_REQUIRE_S8_CODING |  \
     (CONFIG_BT_FILTER_ACCEPT_LIST ? 0 : ADV_OPT_FILTERS))
#define OPT_EXTENDED_ONLY                                                                          \
    (BT_LE_ADV_OPT_NO_2M | BT_LE_ADV_OPT_CODED | BT_LE_ADV_OPT_ANONYMOUS |                         \
     BT_LE_ADV_OPT_USE_TX_POWER)

#define PROP_HIGH_DUTY BT_HCI_LE_ADV_PROP_HI_DC_CONN

// What is left of its time, in 10 ms: a set that rested does not begin anew.
static uint16_t time_left(const struct bt_le_ext_adv *set)
{
    if (!set->ends_us || !set->timeout) {
        return set->timeout;
    }
    int64_t left = (set->ends_us - breeze_port_now() + 9999) / 10000;
    return (uint16_t)CLAMP(left, 1, set->timeout);
}

// Set 0 of the controller is that of bt_le_adv_start() (ext.c).
uint8_t ext_adv_handle(const struct bt_le_ext_adv *set)
{
    return (uint8_t)(set - ext_adv_run.sets + 1);
}

static bool is_connectable(const struct bt_le_ext_adv *set)
{
    return set->props & BT_HCI_LE_ADV_PROP_CONN;
}

static bool is_legacy(const struct bt_le_ext_adv *set)
{
    return set->props & BT_HCI_LE_ADV_PROP_LEGACY;
}

#define FOR_EACH_SET(set)                                                                          \
    for (struct bt_le_ext_adv *set = ext_adv_run.sets;                                             \
         set < &ext_adv_run.sets[CONFIG_BT_EXT_ADV_MAX_ADV_SET]; set++)

static struct bt_le_ext_adv *set_of(uint8_t handle)
{
    FOR_EACH_SET(set)
    {
        if (set->used && ext_adv_handle(set) == handle) {
            return set;
        }
    }
    return NULL;
}

// A handle that the application gave.
static bool is_set(const struct bt_le_ext_adv *adv)
{
    FOR_EACH_SET(set)
    {
        if (set == adv) {
            return set->used;
        }
    }
    return false;
}

// ---- Commands -----------------------------------------------------------------------------------

static void put_disable(struct bt_le_ext_adv *set, struct wr *params)
{
    wr_u8(params, BT_HCI_LE_ADV_DISABLE);
    wr_u8(params, 1);
    wr_u8(params, ext_adv_handle(set));
    wr_le16(params, 0);
    wr_u8(params, 0);
}

static void put_enable(struct bt_le_ext_adv *set, struct wr *params)
{
    wr_u8(params, BT_HCI_LE_ADV_ENABLE);
    wr_u8(params, 1);
    wr_u8(params, ext_adv_handle(set));
    wr_le16(params, time_left(set));
    wr_u8(params, set->num_events);
}

static void put_remove(struct bt_le_ext_adv *set, struct wr *params)
{
    wr_u8(params, ext_adv_handle(set));
}

static uint8_t channels_of(uint32_t options)
{
    return (uint8_t)(~(options >> 15) &
                     0x07); // The three options lie in the order of the channels.
}

static void put_param(struct bt_le_ext_adv *set, struct wr *params)
{
    const struct bt_le_adv_param *param = &set->param;
    bool coded = param->options & BT_LE_ADV_OPT_CODED;
    bool fast = !(param->options & BT_LE_ADV_OPT_NO_2M) && !is_legacy(set) &&
                hci_has_feature(BT_LE_FEAT_BIT_PHY_2M);
    wr_u8(params, ext_adv_handle(set));
    wr_le16(params, set->props);
    wr_le24(params, set->props & PROP_HIGH_DUTY ? 0x20 : param->interval_min);
    wr_le24(params, set->props & PROP_HIGH_DUTY ? 0x20 : param->interval_max);
    wr_u8(params, channels_of(param->options));
    wr_u8(params, own_addr(set->own, param->id)->type);
    wr_u8(params, set->to.type);
    wr_bytes(params, set->to.a.val, BT_ADDR_SIZE);
    wr_u8(params, adv_filter_of(param->options));
    wr_u8(params, (uint8_t)gap_tx_power());
    wr_u8(params, coded ? BT_HCI_LE_PHY_CODED : BT_HCI_LE_PHY_1M);
    wr_u8(params, param->secondary_max_skip);
    wr_u8(params, coded ? BT_HCI_LE_PHY_CODED : fast ? BT_HCI_LE_PHY_2M : BT_HCI_LE_PHY_1M);
    wr_u8(params, param->sid);
    wr_u8(params, param->options & BT_LE_ADV_OPT_NOTIFY_SCAN_REQ ? 1 : 0);
}

static void put_addr(struct bt_le_ext_adv *set, struct wr *params)
{
    set->local = *own_addr(set->own, set->param.id);
    wr_u8(params, ext_adv_handle(set));
    wr_bytes(params, set->local.a.val, BT_ADDR_SIZE);
}

static void put_fragment(struct bt_le_ext_adv *set, struct wr *params, bool rsp)
{
    struct ext_adv_data *data = &ext_adv_run.data;
    const struct ext_payload *payload = &data->payloads[rsp];
    wr_u8(params, ext_adv_handle(set));
    wr_u8(params,
          ext_payload_next(payload, data->offset, BT_HCI_LE_EXT_ADV_FRAG_MAX_LEN, &data->sent));
    wr_u8(params, BT_HCI_LE_EXT_ADV_FRAG_DISABLED);
    wr_u8(params, (uint8_t)data->sent);
    ext_payload_put(payload, params, data->offset, data->sent);
}

static void put_data(struct bt_le_ext_adv *set, struct wr *params)
{
    put_fragment(set, params, false);
}

static void put_rsp(struct bt_le_ext_adv *set, struct wr *params)
{
    put_fragment(set, params, true);
}

// ---- Their answers ------------------------------------------------------------------------------

static void slot_drop(struct bt_le_ext_adv *set)
{
    if (set->conn) {
        conn_drop(set->conn);
        set->conn = NULL;
    }
}

static void disabled(struct bt_le_ext_adv *set, struct rd *ret)
{
    set->on = false;
}

static void enabled(struct bt_le_ext_adv *set, struct rd *ret)
{
    set->on = true;
    set->ends_us = set->ends_us ? set->ends_us : breeze_port_now() + set->timeout * 10000LL;
}

static void param_set(struct bt_le_ext_adv *set, struct rd *ret)
{
    set->tx_power = rd_i8(ret);
    set->bare = false;
}

void ext_adv_fragment_taken(struct bt_le_ext_adv *set, struct rd *ret)
{
    struct ext_adv_data *data = &ext_adv_run.data;
    if (data->set != set) {
        return; // The call has ended before.
    }
    unsigned int which = set->busy == STEP_DATA ? 0 : set->busy == STEP_RSP ? 1 : 2;
    data->offset += data->sent;
    if (data->offset < data->payloads[which].len) {
        set->todo |= set->busy;
    } else {
        data->offset = 0;
    }
}

static const struct ext_adv_row rows[] = {
    {STEP_DISABLE, BT_HCI_OP_LE_SET_EXT_ADV_ENABLE, put_disable, disabled},
    {STEP_REMOVE, BT_HCI_OP_LE_REMOVE_ADV_SET, put_remove, NULL},
    {STEP_PARAM, BT_HCI_OP_LE_SET_EXT_ADV_PARAM, put_param, param_set},
    {STEP_ADDR, BT_HCI_OP_LE_SET_ADV_SET_RANDOM_ADDR, put_addr, NULL},
    {STEP_DATA, BT_HCI_OP_LE_SET_EXT_ADV_DATA, put_data, ext_adv_fragment_taken},
    {STEP_RSP, BT_HCI_OP_LE_SET_EXT_SCAN_RSP_DATA, put_rsp, ext_adv_fragment_taken},
    {STEP_ENABLE, BT_HCI_OP_LE_SET_EXT_ADV_ENABLE, put_enable, enabled},
    {0, 0, NULL, NULL},
};

// The row of the lowest of these steps; NULL: none.
static const struct ext_adv_row *row_of(uint16_t steps)
{
    const struct ext_adv_row *const tables[] = {rows, per_adv_rows};
    for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
        for (const struct ext_adv_row *row = tables[i]; row->step; row++) {
            if (steps & row->step) {
                return row;
            }
        }
    }
    return NULL;
}

static void step_done(void *arg, uint8_t status, struct rd *ret)
{
    struct bt_le_ext_adv *set = arg;
    const struct ext_adv_row *row = row_of(set->busy);
    if (!row) {
        return; // The controller was lost meanwhile.
    }
    if (status) {
        log_wrn("advertising set %u: step %03x, status %02x", ext_adv_handle(set), row->step,
                status);
        set->status = status;
        set->todo = 0;
        if (!set->on) {
            slot_drop(set);
        }
    } else if (row->done) {
        row->done(set, ret);
    }
    set->busy = 0;
}

// A private address whose time is over: a connectable set rests until it has the next one (7.8.52).
static void renew(struct bt_le_ext_adv *set)
{
    bool idle = !set->todo && !set->busy;
    if (!set->used || !idle) {
        return;
    }
    if (rlist_needs_quiet() ? set->on : set->rests) {
        set->todo = set->on ? STEP_DISABLE : STEP_ENABLE;
        set->rests = set->on;
        return;
    }
    if (!set->on || set->own == OWN_IDENTITY) {
        return;
    }
    const bt_addr_le_t *own = own_addr(set->own, set->param.id);
    if (own && !bt_addr_le_eq(own, &set->local)) {
        bool aims = own_aim(set->param.options, set->param.id, &set->peer, &set->to);
        bool rests = is_connectable(set);
        set->todo = STEP_ADDR;
        set->todo |= rests ? STEP_DISABLE | STEP_ENABLE : 0;
        set->todo |= rests && aims && (set->props & BT_HCI_LE_ADV_PROP_DIRECT) ? STEP_PARAM : 0;
    }
}

bool ext_adv_next(struct hci_cmd *cmd, struct wr *params)
{
    FOR_EACH_SET(set)
    {
        renew(set);
        uint16_t held = rlist_needs_quiet() ? STEP_ENABLE : 0;
        const struct ext_adv_row *row = row_of(set->todo & (uint16_t)~held);
        if (row) {
            set->todo &= (uint16_t)~row->step;
            set->busy = row->step;
            row->put(set, params);
            *cmd = (struct hci_cmd){row->opcode, step_done, set};
            return true;
        }
    }
    return false;
}

// ---- What happens -------------------------------------------------------------------------------

static void deliver(struct post *post, uint16_t bits)
{
    struct bt_le_ext_adv *set = (struct bt_le_ext_adv *)post;
    const struct bt_le_ext_adv_cb *cb = set->cb;
    struct bt_conn *conn = set->told;
    set->told = NULL;
    if ((bits & POST_SCANNED) && cb && cb->scanned) {
        struct bt_le_ext_adv_scanned_info info = {&set->scanned};
        cb->scanned(set, &info);
    }
    if ((bits & POST_CONNECTED) && cb && cb->connected) {
        struct bt_le_ext_adv_connected_info info = {conn};
        cb->connected(set, &info);
    }
    if ((bits & POST_SENT) && cb && cb->sent) {
        struct bt_le_ext_adv_sent_info info = {set->num_sent};
        cb->sent(set, &info);
    }
    if (conn) {
        bt_conn_unref(conn);
    }
}

bool ext_adv_uses(uint8_t id)
{
    FOR_EACH_SET(set)
    {
        if (set->used && set->param.id == id) {
            return true;
        }
    }
    return false;
}

static void link_unknown(struct loop_timer *timer)
{
    struct ext_adv_run *run = &ext_adv_run;
    log_wrn("%04x: no LE Advertising Set Terminated", run->link.handle);
    run->deferred = false;
    conn_orphan_add(run->link.handle, BT_HCI_ERR_REMOTE_LOW_RESOURCES);
    hci_cmd_kick();
}

bool ext_adv_defers(const struct conn_link *link)
{
    struct ext_adv_run *run = &ext_adv_run;
    bool any = false;
    FOR_EACH_SET(set)
    {
        any = any || (set->used && is_connectable(set));
    }
    if (!any) {
        return false;
    }
    if (run->deferred) { // Impossible: two sets end one after the other.
        conn_orphan_add(run->link.handle, BT_HCI_ERR_REMOTE_LOW_RESOURCES);
    }
    run->deferred = true;
    run->link = *link;
    loop_timer_start(&run->timer, TERMINATED_US, link_unknown);
    return true;
}

// The set ended with a link: its slot, or a free one if it was stopped meanwhile.
static struct bt_conn *set_connected(struct bt_le_ext_adv *set)
{
    struct bt_conn *conn = set->conn ? set->conn : conn_take(CONN_ADVERTISING);
    set->conn = NULL;
    set->on = false;
    set->todo &= (uint16_t)~STEP_ENABLE; // It may have been at rest.
    set->rests = false;
    if (conn) {
        conn->id = set->param.id;
        conn->local = set->local;
    }
    return conn;
}

static void set_owns_link(struct bt_le_ext_adv *set, const struct conn_link *link)
{
    struct bt_conn *conn = set_connected(set);
    link_open(link, conn);
    if (!conn || !conn_is_up(conn)) {
        return;
    }
    if (set->param.options & BT_LE_ADV_OPT_CODED) {
        conn->phy = (struct bt_conn_le_phy_info){BT_GAP_LE_PHY_CODED, BT_GAP_LE_PHY_CODED};
    }
    if (!set->told) {
        set->told = bt_conn_ref(conn);
        post_set(&set->post, POST_CONNECTED);
    }
}

// Nobody came in the time, or the number of events, that was set.
static void set_ended(struct bt_le_ext_adv *set, uint8_t num_events)
{
    struct bt_conn *conn = set->conn;
    if (!set->on) {
        return;
    }
    set->on = false;
    set->num_sent = num_events;
    post_set(&set->post, POST_SENT);
    if (set->props & PROP_HIGH_DUTY && conn) {
        set->conn = NULL;
        conn->id = set->param.id;
        conn->dst = set->peer;
        conn_fail(conn, BT_HCI_ERR_ADV_TIMEOUT);
    }
    slot_drop(set);
}

bool ext_adv_on_terminated(struct rd *params)
{
    struct ext_adv_run *run = &ext_adv_run;
    uint8_t status = rd_u8(params);
    uint8_t handle = rd_u8(params);
    uint16_t link = rd_le16(params);
    uint8_t num_events = rd_u8(params);
    if (!rd_done(params)) {
        return false;
    }
    struct bt_le_ext_adv *set = set_of(handle);
    bool mine = !status && run->deferred && run->link.handle == link;
    if (mine) {
        run->deferred = false;
        loop_timer_stop(&run->timer);
    }
    if (status && set) {
        set_ended(set, num_events);
    } else if (status && !handle) {
        (void)adv_timed_out();
    } else if (mine && set) {
        set_owns_link(set, &run->link);
    } else if (mine) {
        link_open(&run->link, adv_connected());
    }
    hci_cmd_kick();
    return true;
}

bool ext_adv_on_scan_request(struct rd *params)
{
    struct bt_le_ext_adv *set = set_of(rd_u8(params));
    bt_addr_le_t addr;
    addr.type = rd_u8(params);
    rd_copy(params, addr.a.val, BT_ADDR_SIZE);
    if (!rd_done(params) || addr.type > BT_ADDR_LE_RANDOM_ID) {
        return false;
    }
    if (!set || !set->on) {
        hci_stats()->evt_stale++;
        return true;
    }
    set->scanned = addr;
    post_set(&set->post, POST_SCANNED);
    return true;
}

void ext_adv_lost(void)
{
    struct ext_adv_run *run = &ext_adv_run;
    loop_timer_stop(&run->timer);
    run->deferred = false;
    FOR_EACH_SET(set)
    {
        set->on = false;
        set->per_on = false;
        set->bare = true;
        set->local = *BT_ADDR_LE_ANY;
        set->rests = false;
        set->todo = 0;
        set->busy = 0;
        set->status = HCI_STATUS_GONE;
        slot_drop(set);
    }
}

// ---- The API ------------------------------------------------------------------------------------

static uint16_t props_of(const struct bt_le_adv_param *param)
{
    bool extended = param->options & BT_LE_ADV_OPT_EXT_ADV;
    bool high_duty = param->peer && !(param->options & BT_LE_ADV_OPT_DIR_MODE_LOW_DUTY);
    bool connectable = param->options & BT_LE_ADV_OPT_CONNECTABLE;
    bool scannable = param->options & BT_LE_ADV_OPT_SCANNABLE;
    scannable = scannable || (connectable && !extended && !param->peer);
    return (
        uint16_t)((connectable ? BT_HCI_LE_ADV_PROP_CONN : 0) |
                  (scannable ? BT_HCI_LE_ADV_PROP_SCAN : 0) |
                  (param->peer ? BT_HCI_LE_ADV_PROP_DIRECT : 0) |
                  (!extended && high_duty ? PROP_HIGH_DUTY : 0) |
                  (extended ? 0 : BT_HCI_LE_ADV_PROP_LEGACY) |
                  (param->options & BT_LE_ADV_OPT_ANONYMOUS ? BT_HCI_LE_ADV_PROP_ANON : 0) |
                  (param->options & BT_LE_ADV_OPT_USE_TX_POWER ? BT_HCI_LE_ADV_PROP_TX_POWER : 0));
}

static int param_check(const struct bt_le_adv_param *param)
{
    if (!param || !gap_id_addr(param->id) || !channels_of(param->options) || param->sid > 0x0f) {
        return -EINVAL;
    }
    uint16_t props = props_of(param);
    bool extended = param->options & BT_LE_ADV_OPT_EXT_ADV;
    bool answers = props & (BT_HCI_LE_ADV_PROP_CONN | BT_HCI_LE_ADV_PROP_SCAN);
    bool both = (props & BT_HCI_LE_ADV_PROP_CONN) && (props & BT_HCI_LE_ADV_PROP_SCAN);
    int own = own_kind_of(param->options);
    if (own < 0 || (param->options & OPT_UNSUPPORTED)) {
        return own < 0 ? own : -ENOTSUP;
    }
    if ((extended && both) || (!extended && (param->options & OPT_EXTENDED_ONLY)) ||
        ((props & BT_HCI_LE_ADV_PROP_ANON) && answers) ||
        (param->peer && (param->options & ADV_OPT_FILTERS)) ||
        (!extended && param->peer && (props & 0x03) != BT_HCI_LE_ADV_PROP_CONN)) {
        return -EINVAL;
    }
    if ((param->options & BT_LE_ADV_OPT_CODED) && !hci_has_feature(BT_LE_FEAT_BIT_PHY_CODED)) {
        return -ENOTSUP;
    }
    uint32_t longest = extended ? 0xffffff : 0x4000;
    bool free = props & PROP_HIGH_DUTY;
    return free || (param->interval_min >= 0x20 && param->interval_max <= longest &&
                    param->interval_min <= param->interval_max)
               ? 0
               : -EINVAL;
}

// The set needs its address anew: the controller has none, or the private one's time is over.
static int address(struct bt_le_ext_adv *set)
{
    const bt_addr_le_t *own = own_addr(set->own, set->param.id);
    if (!own) {
        return -EAGAIN;
    }
    if (own->type == BT_ADDR_LE_PUBLIC) {
        set->local = *own;
    } else if (!bt_addr_le_eq(own, &set->local)) {
        set->todo |= STEP_ADDR;
    }
    return 0;
}

static int param_take(struct bt_le_ext_adv *set, const struct bt_le_adv_param *param)
{
    const bt_addr_le_t *peer = param->peer ? param->peer : BT_ADDR_LE_ANY;
    if (!own_aim(param->options, param->id, peer, &set->to)) {
        return -EINVAL;
    }
    set->own = (enum own_kind)own_kind_of(param->options);
    set->param = *param;
    set->props = props_of(param);
    set->peer = *peer;
    set->param.peer = NULL;
    set->todo |= STEP_PARAM;
    return address(set);
}

static bool is_busy(void *arg)
{
    const struct bt_le_ext_adv *set = arg;
    return set->todo || set->busy;
}

int ext_adv_settle(struct bt_le_ext_adv *set)
{
    set->status = 0;
    hci_cmd_kick();
    int err = hci_wait(is_busy, set);
    ext_adv_run.data.set = NULL; // The application's memory is not ours any more.
    set->todo &= (uint16_t)~STEPS_DATA;
    return err ? err : hci_errno(set->status);
}

int ext_adv_restore(struct bt_le_ext_adv *set)
{
    uint16_t per = set->per_set ? STEP_PER_PARAM : 0;
    set->todo |= set->bare ? STEP_PARAM | per : 0;
    return set->on ? 0 : address(set); // Else it is renewed as it goes.
}

int ext_adv_check(const struct bt_le_ext_adv *adv)
{
    if (!gap_is_ready()) {
        return -EAGAIN;
    }
    return is_set(adv) && gap_id_addr(adv->param.id) ? 0 : -EINVAL;
}

static struct bt_le_ext_adv *set_free(void)
{
    FOR_EACH_SET(set)
    {
        if (!set->used && !set->busy) {
            return set;
        }
    }
    return NULL;
}

int bt_le_ext_adv_create(const struct bt_le_adv_param *param, const struct bt_le_ext_adv_cb *cb,
                         struct bt_le_ext_adv **adv)
{
    if (!gap_is_ready()) {
        return -EAGAIN;
    }
    if (!ext_used()) {
        return -ENOTSUP;
    }
    int err = adv ? param_check(param) : -EINVAL;
    if (err) {
        return err;
    }
    struct bt_le_ext_adv *set = set_free();
    if (!set) {
        return -ENOMEM;
    }
    *set = (struct bt_le_ext_adv){.used = true, .bare = true, .cb = cb};
    post_init(&set->post, deliver);
    err = param_take(set, param);
    err = err ? err : ext_adv_settle(set);
    if (err) {
        set->used = false;
        set->todo = 0;
        return err;
    }
    *adv = set;
    return 0;
}

int bt_le_ext_adv_update_param(struct bt_le_ext_adv *adv, const struct bt_le_adv_param *param)
{
    int err = ext_adv_check(adv);
    err = err ? err : param_check(param);
    if (err || adv->on) {
        return err ? err : -EINVAL;
    }
    err = param_take(adv, param);
    return err ? err : ext_adv_settle(adv);
}

static int start_check(const struct bt_le_ext_adv *adv,
                       const struct bt_le_ext_adv_start_param *param)
{
    int err = ext_adv_check(adv);
    if (err) {
        return err;
    }
    bool high_duty = adv->props & PROP_HIGH_DUTY;
    if (!param || (high_duty && param->timeout > HIGH_DUTY_TIME)) {
        return -EINVAL;
    }
    return adv->on ? -EALREADY : 0;
}

int bt_le_ext_adv_start(struct bt_le_ext_adv *adv, const struct bt_le_ext_adv_start_param *param)
{
    int err = start_check(adv, param);
    if (err) {
        return err;
    }
    if (is_connectable(adv) && !adv->conn) {
        adv->conn = conn_take(CONN_ADVERTISING);
        if (!adv->conn) {
            return -ENOMEM;
        }
    }
    bool high_duty = adv->props & PROP_HIGH_DUTY;
    adv->timeout = high_duty && !param->timeout ? HIGH_DUTY_TIME : param->timeout;
    adv->num_events = param->num_events;
    adv->ends_us = 0;
    err = ext_adv_restore(adv);
    if (err) {
        slot_drop(adv);
        return err;
    }
    adv->todo |= STEP_ENABLE;
    err = ext_adv_settle(adv);
    if (err == -EINTR) {
        adv->todo = STEP_DISABLE;
        slot_drop(adv);
        hci_cmd_kick();
    }
    return err;
}

int bt_le_ext_adv_stop(struct bt_le_ext_adv *adv)
{
    int err = ext_adv_check(adv);
    if (err) {
        return err;
    }
    if (!adv->on && !adv->rests && !is_busy(adv)) {
        return 0;
    }
    adv->todo = STEP_DISABLE;
    adv->rests = false;
    slot_drop(adv);
    return ext_adv_settle(adv);
}

static int data_check(const struct bt_le_ext_adv *adv, uint16_t ad_len, uint16_t sd_len)
{
    bool scannable = adv->props & BT_HCI_LE_ADV_PROP_SCAN;
    bool directed = adv->props & BT_HCI_LE_ADV_PROP_DIRECT;
    bool takes_ad = is_legacy(adv) ? !directed : !scannable;
    if ((ad_len && !takes_ad) || (sd_len && !scannable)) {
        return -EINVAL;
    }
    int longest = MAX(ad_len, sd_len);
    if (is_legacy(adv) && longest > BT_GAP_ADV_MAX_ADV_DATA_LEN) {
        return -EINVAL;
    }
    return adv->on && longest > BT_HCI_LE_EXT_ADV_FRAG_MAX_LEN ? -EAGAIN : 0;
}

static int set_data(struct bt_le_ext_adv *adv, const struct ext_payload *ad,
                    const struct ext_payload *sd)
{
    bool scannable = adv->props & BT_HCI_LE_ADV_PROP_SCAN;
    bool directed = adv->props & BT_HCI_LE_ADV_PROP_DIRECT;
    int err = data_check(adv, ad->len, sd->len);
    err = err ? err : ext_adv_restore(adv);
    if (err) {
        return err;
    }
    adv->todo |= (is_legacy(adv) ? directed : scannable) ? 0 : STEP_DATA;
    adv->todo |= scannable ? STEP_RSP : 0;
    ext_adv_run.data = (struct ext_adv_data){.set = adv, .payloads = {*ad, *sd}};
    return ext_adv_settle(adv);
}

int bt_le_ext_adv_set_data(struct bt_le_ext_adv *adv, const struct bt_data *ad, size_t ad_len,
                           const struct bt_data *sd, size_t sd_len)
{
    struct ext_payload payloads[2];
    int err = ext_adv_check(adv);
    err = err ? err : ext_payload_list(&payloads[0], ad, ad_len);
    err = err ? err : ext_payload_list(&payloads[1], sd, sd_len);
    return err ? err : set_data(adv, &payloads[0], &payloads[1]);
}

int breeze_ext_adv_set_data_raw(struct bt_le_ext_adv *adv, const uint8_t *ad, size_t ad_len,
                                const uint8_t *sd, size_t sd_len)
{
    struct ext_payload payloads[2];
    int err = ext_adv_check(adv);
    err = err ? err : ext_payload_raw(&payloads[0], ad, ad_len);
    err = err ? err : ext_payload_raw(&payloads[1], sd, sd_len);
    return err ? err : set_data(adv, &payloads[0], &payloads[1]);
}

int bt_le_ext_adv_delete(struct bt_le_ext_adv *adv)
{
    int err = ext_adv_check(adv);
    if (err || adv->on || adv->per_on || is_busy(adv)) {
        return err ? err : -EINVAL;
    }
    adv->todo = adv->bare ? 0 : STEP_REMOVE;
    err = ext_adv_settle(adv);
    if (!err) {
        post_clear(&adv->post);
        struct bt_conn *conn = adv->told;
        adv->told = NULL;
        adv->used = false;
        if (conn) {
            bt_conn_unref(conn);
        }
    }
    return err;
}

uint8_t bt_le_ext_adv_get_index(struct bt_le_ext_adv *adv)
{
    return (uint8_t)(adv - ext_adv_run.sets);
}

int bt_le_ext_adv_get_info(const struct bt_le_ext_adv *adv, struct bt_le_ext_adv_info *info)
{
    if (!is_set(adv) || !info) {
        return -EINVAL;
    }
    *info = (struct bt_le_ext_adv_info){
        .id = adv->param.id,
        .tx_power = adv->tx_power,
        .addr = adv->own == OWN_IDENTITY ? gap_id_addr(adv->param.id) : &adv->local,
        .ext_adv_state = adv->on ? BT_LE_EXT_ADV_STATE_ENABLED : BT_LE_EXT_ADV_STATE_DISABLED,
    };
    return 0;
}
