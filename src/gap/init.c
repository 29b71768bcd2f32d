// The initiator: creating a connection, its time-out, its cancellation (Vol 6, Part B, 4.4.4; Vol 4,
// Part E, 7.8.12 and 7.8.13).
//
// Invariants: `conn` is set, in state INITIATING, exactly while the state is not IDLE.
// bt_conn_le_create() waits for the Command Status only; the end comes as LE Connection Complete
// (link.c), and if that stays away after a cancellation, from a timer (hostile 4). A cancelled
// creation always ends with BT_HCI_ERR_UNKNOWN_CONN_ID: a link that came up just before is
// disconnected by link.c.
//
// While our private address changes it rests: it is cancelled and created anew. A bonded peer that
// may hide behind private addresses, which this controller cannot resolve, is looked for by the
// scanner first (SEEKING), for the host can.
#include <errno.h>

#include "gap/id.h"
#include "gap/state.h"
#include "hci/wait.h"

#define LOG_LAYER LOG_GAP
#include "base/log.h"

// How long LE Connection Complete may take after the cancellation was answered.
#define CANCEL_GRACE_US 1000000
// How long a peer that was found may take to answer until it is looked for again.
#define FOUND_US 1000000

// ---- Ends ---------------------------------------------------------------------------------------

// Let go of the slot: it is somebody else's now. Also called within init_next(), so it must not kick;
// the loop does, each turn.
static struct bt_conn *init_release(void)
{
    struct init_run *run = &init_run;
    struct bt_conn *conn = run->conn;
    loop_timer_stop(&run->timer);
    loop_timer_stop(&run->grace);
    run->conn = NULL;
    run->state = INIT_IDLE;
    run->quiet = false; // The scanner may go on.
    return conn;
}

static void init_end(uint8_t status)
{
    struct init_run *run = &init_run;
    run->status = status;
    struct bt_conn *conn = init_release();
    if (!run->waiting) {
        conn_fail(conn, status);
    }
}

// It did not become a link: the end, or it goes on.
static void init_over(uint8_t status)
{
    struct init_run *run = &init_run;
    bool end = run->conn->cancel || !run->rests || status != BT_HCI_ERR_UNKNOWN_CONN_ID;
    if (end) {
        init_end(run->conn->cancel ? BT_HCI_ERR_UNKNOWN_CONN_ID : status);
        return;
    }
    loop_timer_stop(&run->grace);
    run->rests = false;
    run->conn->cancelled = false;
    run->state = run->seeks ? INIT_SEEKING : INIT_WANTED;
}

static void cancel_overdue(struct loop_timer *timer)
{
    log_wrn("no LE Connection Complete after the cancellation");
    init_over(BT_HCI_ERR_UNKNOWN_CONN_ID);
    hci_cmd_kick();
}

static void found_in_vain(struct loop_timer *timer)
{
    init_run.rests = true;
    hci_cmd_kick();
}

static void timed_out(struct loop_timer *timer)
{
    init_run.conn->cancel = true;
    hci_cmd_kick();
}

void init_lost(void)
{
    if (init_run.state != INIT_IDLE) {
        init_end(init_run.waiting ? HCI_STATUS_GONE : BT_HCI_ERR_UNKNOWN_CONN_ID);
    }
}

bool init_failed(uint8_t status)
{
    if (!init_is_out()) {
        return false;
    }
    init_over(status);
    return true;
}

struct bt_conn *init_connected(const bt_addr_le_t *peer)
{
    struct init_run *run = &init_run;
    if (!init_is_out()) {
        return NULL;
    }
    bt_addr_le_t identity = *peer;
    identity.type &= 1; // Types 2 and 3 are identities that the controller resolved.
    bool wanted =
        run->any || bt_addr_le_eq(&identity, &run->conn->dst) ||
        (gap_resolve(BT_ID_DEFAULT, &identity) && bt_addr_le_eq(&identity, &run->conn->dst));
    if (run->conn->cancel || !wanted) {
        init_end(run->conn->cancel ? BT_HCI_ERR_UNKNOWN_CONN_ID : BT_HCI_ERR_UNSPECIFIED);
        return NULL;
    }
    return init_release();
}

// ---- Runner -------------------------------------------------------------------------------------

static void create_done(void *arg, uint8_t status, struct rd *ret)
{
    struct init_run *run = &init_run;
    if (run->state != INIT_WANTED) {
        return;
    }
    if (!status) {
        run->state = INIT_OUT;
        if (!run->any && !loop_timer_running(&run->timer)) {
            loop_timer_start(&run->timer, run->param.timeout * 10000LL, timed_out);
        }
        if (run->seeks) {
            loop_timer_start(&run->grace, FOUND_US, found_in_vain);
        }
    } else if (status == BT_HCI_ERR_CMD_DISALLOWED && scan_is_on()) {
        run->quiet = true; // Once more, when the scanner rests.
    } else {
        log_wrn("LE Create Connection: status %02x", status);
        init_end(status);
    }
}

static void cancel_done(void *arg, uint8_t status, struct rd *ret)
{
    struct init_run *run = &init_run;
    if (run->state != INIT_CANCELLING) {
        return;
    }
    // Whatever the status, LE Connection Complete comes; with Command Disallowed it is on its way.
    run->conn->cancelled = true;
    loop_timer_start(&run->grace, CANCEL_GRACE_US, cancel_overdue);
}

static void build_create(const struct init_run *run, struct wr *params)
{
    wr_le16(params, run->param.interval);
    wr_le16(params, run->param.window);
    wr_u8(params, init_by_list(run));
    wr_u8(params, run->target.type);
    wr_bytes(params, run->target.a.val, BT_ADDR_SIZE);
    wr_u8(params, rlist_own_type(gap_radio_addr()));
    wr_le16(params, run->conn_param.interval_min);
    wr_le16(params, run->conn_param.interval_max);
    wr_le16(params, run->conn_param.latency);
    wr_le16(params, run->conn_param.timeout);
    wr_le32(params, 0); // Length of the connection events: no wish.
}

static bool next_create(struct init_run *run, struct hci_cmd *cmd, struct wr *params)
{
    if ((run->quiet && scan_is_on()) || gap_id_waiting() || rlist_needs_quiet()) {
        return false;
    }
    run->conn->local = *gap_radio_addr();
    uint16_t opcode = ext_init_put_create(run, params);
    if (!opcode) {
        build_create(run, params);
        opcode = BT_HCI_OP_LE_CREATE_CONN;
    }
    *cmd = (struct hci_cmd){opcode, create_done, NULL};
    return true;
}

bool init_next(struct hci_cmd *cmd, struct wr *params)
{
    struct init_run *run = &init_run;
    if ((run->state == INIT_WANTED || run->state == INIT_SEEKING) && run->conn->cancel) {
        init_end(BT_HCI_ERR_UNKNOWN_CONN_ID);
        return false;
    }
    if (run->state == INIT_WANTED) {
        return next_create(run, cmd, params);
    }
    if (run->state == INIT_OUT) {
        run->rests = run->rests || gap_id_rotates() || rlist_needs_quiet();
    }
    if (run->state == INIT_OUT && (run->conn->cancel || run->rests)) {
        run->state = INIT_CANCELLING;
        if (run->conn->cancel) {
            loop_timer_stop(&run->timer);
        }
        loop_timer_stop(&run->grace);
        *cmd = (struct hci_cmd){BT_HCI_OP_LE_CREATE_CONN_CANCEL, cancel_done, NULL};
        return true;
    }
    return false;
}

// ---- Looking for a peer that hides --------------------------------------------------------------

bool init_seeks(void)
{
    return init_run.state == INIT_SEEKING;
}

struct bt_le_scan_param init_scan_param(void)
{
    const struct bt_conn_le_create_param *param = &init_run.param;
    return (struct bt_le_scan_param){
        .type = BT_LE_SCAN_TYPE_PASSIVE, .interval = param->interval, .window = param->window};
}

void init_seek_failed(uint8_t status)
{
    if (init_seeks()) {
        init_end(status);
    }
}

void init_seen(const bt_addr_le_t *addr, const bt_addr_le_t *identity)
{
    struct init_run *run = &init_run;
    bool wanted =
        run->any ? accept_has(identity) : run->conn && bt_addr_le_eq(identity, &run->conn->dst);
    if (init_seeks() && wanted) {
        run->target = *addr;
        run->state = INIT_WANTED;
        hci_cmd_kick();
    }
}

bool init_filters(void)
{
    return init_is_active() && init_run.any;
}

bool init_is_active(void)
{
    return init_run.state != INIT_IDLE;
}

bool init_is_out(void)
{
    return init_run.state >= INIT_OUT;
}

bool init_needs_quiet(void)
{
    return init_run.quiet;
}

// ---- The API ------------------------------------------------------------------------------------

static bool param_valid(const struct bt_conn_le_create_param *param)
{
    return param && param->interval >= 4 && param->interval <= 0x4000 && param->window >= 4 &&
           param->window <= param->interval;
}

static int create_check(const struct bt_conn_le_create_param *create_param,
                        const struct bt_le_conn_param *conn_param)
{
    if (!gap_is_ready()) {
        return -EAGAIN;
    }
    if (!conn_param || !param_valid(create_param) || !conn_param_valid(conn_param)) {
        return -EINVAL;
    }
    if (create_param->options == BT_CONN_LE_OPT_NO_1M ||
        create_param->options & ~(BT_CONN_LE_OPT_CODED | BT_CONN_LE_OPT_NO_1M)) {
        return -EINVAL;
    }
    if (create_param->options && !(ext_used() && hci_has_feature(BT_LE_FEAT_BIT_PHY_CODED))) {
        return -ENOTSUP;
    }
    if (init_is_active()) {
        return -EALREADY;
    }
    if (!own_prepare(own_kind(), BT_ID_DEFAULT)) {
        return -EAGAIN;
    }
    // A controller has one random address, and advertising has set it to another one.
    return adv_hides(own_kind(), BT_ID_DEFAULT) ? -EBUSY : 0;
}

static bool is_linked(const bt_addr_le_t *peer)
{
    struct bt_conn *old = bt_conn_lookup_addr_le(BT_ID_DEFAULT, peer);
    if (old) {
        bt_conn_unref(old);
    }
    return old != NULL;
}

static bool create_busy(void *arg)
{
    return init_run.state == INIT_WANTED;
}

// Wait for the Command Status. What the wait leaves open is told by `connected`.
static int create_settle(struct bt_conn *conn)
{
    struct init_run *run = &init_run;
    run->waiting = true;
    hci_cmd_kick();
    int err = hci_wait(create_busy, NULL);
    run->waiting = false;
    if (run->state == INIT_IDLE) {
        conn_drop(conn);
        return err ? err : hci_errno(run->status);
    }
    if (err == -EINTR) {
        conn->cancel = true;
        hci_cmd_kick();
        return err;
    }
    return 0;
}

// Begin. *slot, when it comes back with 0, is the initiator's.
static int create(const bt_addr_le_t *peer, const struct bt_conn_le_create_param *create_param,
                  const struct bt_le_conn_param *conn_param, struct bt_conn **slot)
{
    *slot = conn_take(CONN_INITIATING);
    if (!*slot) {
        return -ENOMEM;
    }
    struct bt_conn *conn = *slot;
    conn->role = BT_CONN_ROLE_CENTRAL;
    conn->id = BT_ID_DEFAULT;
    conn->dst = *peer;
    conn->remote = *peer;
    conn->src = *gap_id_addr(BT_ID_DEFAULT);
    conn->local = conn->src;
    bool any = bt_addr_le_eq(peer, BT_ADDR_LE_ANY);
    bool seeks = any ? accept_hides() : gap_is_hidden(peer);
    init_run = (struct init_run){
        .state = seeks ? INIT_SEEKING : INIT_WANTED,
        .any = any,
        .seeks = seeks,
        .target = *peer,
        .conn = conn,
        .param = *create_param,
        .conn_param = *conn_param,
    };
    if (!create_param->timeout) {
        init_run.param.timeout = CONFIG_BT_CREATE_CONN_TIMEOUT * 100;
    }
    if (seeks && !any) {
        loop_timer_start(&init_run.timer, init_run.param.timeout * 10000LL, timed_out);
    }
    gap_id_retry();
    return create_settle(conn);
}

int bt_conn_le_create(const bt_addr_le_t *peer, const struct bt_conn_le_create_param *create_param,
                      const struct bt_le_conn_param *conn_param, struct bt_conn **conn)
{
    struct bt_conn *slot;
    int err = create_check(create_param, conn_param);
    if (!err && (!peer || peer->type > BT_ADDR_LE_RANDOM || bt_addr_le_eq(peer, BT_ADDR_LE_ANY) ||
                 !conn || is_linked(peer))) {
        err = -EINVAL;
    }
    if (!err) {
        err = create(peer, create_param, conn_param, &slot);
    }
    if (!err) {
        *conn = bt_conn_ref(slot);
    }
    return err;
}

int bt_conn_le_create_auto(const struct bt_conn_le_create_param *create_param,
                           const struct bt_le_conn_param *conn_param)
{
    struct bt_conn *slot;
    int err = create_check(create_param, conn_param);
    if (!err && accept_is_empty()) {
        err = -EINVAL;
    }
    return err ? err : create(BT_ADDR_LE_ANY, create_param, conn_param, &slot);
}

static bool stop_busy(void *arg)
{
    const struct init_run *run = &init_run;
    return run->state != INIT_IDLE && !run->conn->cancelled;
}

int bt_conn_create_auto_stop(void)
{
    struct init_run *run = &init_run;
    if (!gap_is_ready()) {
        return -EAGAIN;
    }
    if (!init_is_active() || !run->any) {
        return -EINVAL;
    }
    run->conn->cancel = true;
    hci_cmd_kick();
    return hci_wait(stop_busy, NULL);
}
