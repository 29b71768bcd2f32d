// What connections owe the controller: bits of `want` become commands, one at a time (cmd.h).
//
// Invariant: between a command's sending and its answer `busy` names its row and the slot is
// referenced, so the answer always finds the connection that asked. Vol 4, Part E, 7.1.6, 7.1.23,
// 7.8.18, 7.8.21, 7.8.25, 7.8.31 to 7.8.33, 7.8.49.
#include <errno.h>

#include "conn/state.h"
#include "hci/wait.h"

#define LOG_LAYER LOG_CONN
#include "base/log.h"

// What a link may take to go down beyond its supervision time-out before we stop waiting for the
// event (hostile 4).
#define DISCONNECT_GRACE_US 1000000

static void build_handle(struct bt_conn *conn, struct wr *params)
{
    wr_le16(params, conn->acl.handle);
}

static void build_disconnect(struct bt_conn *conn, struct wr *params)
{
    build_handle(conn, params);
    wr_u8(params, conn->disconnect_reason);
}

static void build_param(struct bt_conn *conn, struct wr *params,
                        const struct bt_le_conn_param *param)
{
    build_handle(conn, params);
    wr_le16(params, param->interval_min);
    wr_le16(params, param->interval_max);
    wr_le16(params, param->latency);
    wr_le16(params, param->timeout);
    wr_le32(params, 0); // Length of the connection events: no wish.
}

static void build_update(struct bt_conn *conn, struct wr *params)
{
    build_param(conn, params, &conn->wanted);
}

static void build_param_reply(struct bt_conn *conn, struct wr *params)
{
    build_param(conn, params, &conn->asked);
}

static void build_param_neg_reply(struct bt_conn *conn, struct wr *params)
{
    build_handle(conn, params);
    wr_u8(params, BT_HCI_ERR_UNACCEPT_CONN_PARAM);
}

static void disconnect_overdue(struct loop_timer *timer)
{
    struct bt_conn *conn = CONTAINER_OF(timer, struct bt_conn, timer);
    log_wrn("%04x: no Disconnection Complete came", conn->acl.handle);
    conn_end(conn, BT_HCI_ERR_LOCALHOST_TERM_CONN);
}

static void done_disconnect(struct bt_conn *conn, uint8_t status)
{
    if (conn->state != CONN_DISCONNECTING || status == HCI_STATUS_GONE) {
        return;
    }
    // Unknown Connection Identifier: the link went down by itself, its event is on the way.
    if (status && status != BT_HCI_ERR_UNKNOWN_CONN_ID) {
        conn_set_state(conn, CONN_CONNECTED);
        return;
    }
    conn->status = 0;
    loop_timer_start(&conn->timer, conn->timeout * 10000LL + DISCONNECT_GRACE_US,
                     disconnect_overdue);
}

// A request that is made again has nobody who waits for its Command Status.
static void done_update(struct bt_conn *conn, uint8_t status)
{
    conn->updating = status == 0;
    if (status && conn->update_tries) {
        conn_param_failed(conn, status);
    }
}

static void done_phy(struct bt_conn *conn, uint8_t status)
{
    if (status && conn->phy_tries && conn->phy_asked) {
        conn->phy_asked = false;
        conn_phy_failed(conn, status);
    }
}

static void done_features(struct bt_conn *conn, uint8_t status)
{
    if (status) {
        conn->no_features = true;
        conn_remote_info(conn);
    }
}

static void done_version(struct bt_conn *conn, uint8_t status)
{
    conn->version_asked = conn->version_asked && !status;
}

// One row per bit, in the order of enum conn_want.
static const struct {
    uint16_t opcode;
    void (*build)(struct bt_conn *conn, struct wr *params);
    void (*done)(struct bt_conn *conn, uint8_t status);
} rows[] = {
    [CONN_WANT_DISCONNECT] = {BT_HCI_OP_DISCONNECT, build_disconnect, done_disconnect},
    [CONN_WANT_PARAM_REPLY] = {BT_HCI_OP_LE_CONN_PARAM_REQ_REPLY, build_param_reply, NULL},
    [CONN_WANT_PARAM_NEG_REPLY] = {BT_HCI_OP_LE_CONN_PARAM_REQ_NEG_REPLY, build_param_neg_reply,
                                   NULL},
    [CONN_WANT_LTK_NEG_REPLY] = {BT_HCI_OP_LE_LTK_REQ_NEG_REPLY, build_handle, NULL},
    [CONN_WANT_UPDATE] = {BT_HCI_OP_LE_CONN_UPDATE, build_update, done_update},
    [CONN_WANT_FEATURES] = {BT_HCI_OP_LE_READ_REMOTE_FEATURES, build_handle, done_features},
    [CONN_WANT_VERSION] = {BT_HCI_OP_READ_REMOTE_VERSION_INFO, build_handle, done_version},
    [CONN_WANT_DATA_LEN] = {BT_HCI_OP_LE_SET_DATA_LEN, conn_build_data_len, NULL},
    [CONN_WANT_PHY] = {BT_HCI_OP_LE_SET_PHY, conn_build_phy, done_phy},
};

static void source_done(void *arg, uint8_t status, struct rd *ret)
{
    struct bt_conn *conn = arg;
    size_t row = conn->busy - 1U;
    conn->busy = 0;
    conn->status = status;
    if (status) {
        log_inf("%04x: command %04x: status %02x", conn->acl.handle, rows[row].opcode, status);
    }
    if (rows[row].done) {
        rows[row].done(conn, status);
    }
    bt_conn_unref(conn);
}

static bool next_of(struct bt_conn *conn, struct hci_cmd *cmd, struct wr *params)
{
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        if (conn->want & BIT(i)) {
            conn->want &= (uint16_t)~BIT(i);
            conn->busy = (uint8_t)(i + 1);
            *cmd = (struct hci_cmd){rows[i].opcode, source_done, bt_conn_ref(conn)};
            rows[i].build(conn, params);
            return true;
        }
    }
    return false;
}

static bool next_orphan(struct hci_cmd *cmd, struct wr *params)
{
    for (size_t i = 0; i < CONN_ORPHANS; i++) {
        struct conn_orphan *orphan = &conn_run.orphans[i];
        if (orphan->reason) {
            *cmd = (struct hci_cmd){.opcode = BT_HCI_OP_DISCONNECT};
            wr_le16(params, orphan->handle);
            wr_u8(params, orphan->reason);
            orphan->reason = 0;
            return true;
        }
    }
    return false;
}

static bool source_next(struct hci_cmd *cmd, struct wr *params)
{
    for (size_t i = 0; i < CONFIG_BT_MAX_CONN; i++) {
        struct bt_conn *conn = &conn_run.slots[i];
        if (conn->want && next_of(conn, cmd, params)) {
            return true;
        }
    }
    return next_orphan(cmd, params);
}

const struct hci_source conn_source = {.name = "conn", .next = source_next};

void conn_want(struct bt_conn *conn, enum conn_want want)
{
    conn->want |= (uint16_t)BIT(want);
    hci_cmd_kick();
}

void conn_want_disconnect(struct bt_conn *conn, uint8_t reason)
{
    conn->disconnect_reason = reason;
    conn_set_state(conn, CONN_DISCONNECTING);
    conn_want(conn, CONN_WANT_DISCONNECT);
}

// ---- bt_conn_disconnect() -----------------------------------------------------------------------

static bool disconnect_busy(void *arg)
{
    const struct bt_conn *conn = arg;
    return (conn->want & BIT(CONN_WANT_DISCONNECT)) || conn->busy == CONN_WANT_DISCONNECT + 1;
}

static bool cancel_busy(void *arg)
{
    const struct bt_conn *conn = arg;
    return conn->state == CONN_INITIATING && !conn->cancelled;
}

// Vol 4, Part E, 7.1.6.
static bool reason_valid(uint8_t reason)
{
    static const uint8_t reasons[] = {
        BT_HCI_ERR_AUTH_FAIL,
        BT_HCI_ERR_REMOTE_USER_TERM_CONN,
        BT_HCI_ERR_REMOTE_LOW_RESOURCES,
        BT_HCI_ERR_REMOTE_POWER_OFF,
        BT_HCI_ERR_UNSUPP_REMOTE_FEATURE,
        BT_HCI_ERR_PAIRING_NOT_SUPPORTED,
        BT_HCI_ERR_UNACCEPT_CONN_PARAM,
    };
    return memchr(reasons, reason, sizeof(reasons)) != NULL;
}

static int link_disconnect(struct bt_conn *conn, uint8_t reason)
{
    conn->status = 0;
    conn_want_disconnect(conn, reason);
    int err = hci_wait(disconnect_busy, conn);
    return err ? err : hci_errno(conn->status);
}

static int creation_cancel(struct bt_conn *conn)
{
    conn->cancel = true; // The initiator (gap/init.c) compares and cancels.
    hci_cmd_kick();
    return hci_wait(cancel_busy, conn);
}

int bt_conn_disconnect(struct bt_conn *conn, uint8_t reason)
{
    if (!conn || !reason_valid(reason)) {
        return -EINVAL;
    }
    if (!bt_conn_ref(conn)) {
        return -ENOTCONN;
    }
    int err = -ENOTCONN;
    if (conn->state == CONN_CONNECTED) {
        err = link_disconnect(conn, reason);
    } else if (conn->state == CONN_INITIATING) {
        err = creation_cancel(conn);
    } else if (conn->state == CONN_DISCONNECTING) {
        err = 0;
    }
    bt_conn_unref(conn);
    return err;
}
