// Subrating: links that use one event of many (Vol 6, Part B, 4.5.1 and 5.1.20; Vol 4, Part E, 7.7.65.35,
// 7.8.123, 7.8.124). A build without it has the empty functions of conn.h.
//
// Invariant: subrate.now is what the last good event said, or a factor of 1, which a new link and other
// connection parameters have. A failure is told only where the application has asked.
#include <errno.h>

#include <zephyr/bluetooth/hci.h>

#include "conn/state.h"

#define FACTOR_MAX       500
#define LATENCY_MAX      499
#define CONTINUATION_MAX 499
#define TIMEOUT_MIN      10
#define TIMEOUT_MAX      3200

static bool values_valid(const struct bt_conn_le_subrate_param *param)
{
    return param->subrate_min >= 1 && param->subrate_min <= param->subrate_max &&
           param->subrate_max <= FACTOR_MAX && param->max_latency <= LATENCY_MAX &&
           param->subrate_max * (param->max_latency + 1U) <= FACTOR_MAX &&
           param->continuation_number <= CONTINUATION_MAX &&
           param->continuation_number < param->subrate_max &&
           IN_RANGE(param->supervision_timeout, TIMEOUT_MIN, TIMEOUT_MAX);
}

// The time-out (10 ms) must be longer than two intervals (1.25 ms) between events in use.
static bool timeout_valid(const struct bt_conn *conn, const struct bt_conn_le_subrate_param *param)
{
    return param->supervision_timeout * 4U >
           (uint32_t)conn->interval * param->subrate_max * (param->max_latency + 1U);
}

void conn_subrate_reset(struct bt_conn *conn)
{
    conn->subrate.now = (struct bt_conn_le_subrating_info){.factor = 1};
}

void conn_subrate_info(const struct bt_conn *conn, struct bt_conn_le_info *info)
{
    info->subrate = &conn->subrate.now;
}

// ---- The event ----------------------------------------------------------------------------------

static bool on_change(struct rd *params)
{
    uint8_t status = rd_u8(params);
    uint16_t handle = rd_le16(params);
    struct bt_conn_le_subrate_param now;
    now.subrate_min = now.subrate_max = rd_le16(params);
    now.max_latency = rd_le16(params);
    now.continuation_number = rd_le16(params);
    now.supervision_timeout = rd_le16(params);
    if (!rd_done(params) || (!status && !values_valid(&now))) {
        return false;
    }
    struct bt_conn *conn = conn_by_handle(handle);
    if (!conn || (status && !conn->subrate.asked)) {
        hci_stats()->evt_stale++;
        return true;
    }
    conn->subrate.asked = false;
    conn->subrate.status = status;
    if (!status) {
        conn->subrate.now.factor = now.subrate_max;
        conn->subrate.now.continuation_number = now.continuation_number;
        conn->latency = now.max_latency;
        conn->timeout = now.supervision_timeout;
    }
    conn_post(conn, CONN_POST_SUBRATE);
    return true;
}

const struct hci_evt_row subrate_evt_rows[] = {
    {BT_HCI_EVT_LE_META_EVENT, BT_HCI_EVT_LE_SUBRATE_CHANGE, on_change},
};

static void tell_changed(const struct bt_conn_cb *cb, struct bt_conn *conn)
{
    const struct bt_conn_le_subrate_changed changed = {
        .status = conn->subrate.status,
        .factor = conn->subrate.now.factor,
        .continuation_number = conn->subrate.now.continuation_number,
        .peripheral_latency = conn->latency,
        .supervision_timeout = conn->timeout,
    };
    if (cb->subrate_changed) {
        cb->subrate_changed(conn, &changed);
    }
}

void conn_cb_subrate(struct bt_conn *conn)
{
    conn_cb_tell(tell_changed, conn);
}

// ---- The application ----------------------------------------------------------------------------

static int send(uint16_t opcode, const struct bt_conn *conn,
                const struct bt_conn_le_subrate_param *param)
{
    struct net_buf *cmd = bt_hci_cmd_alloc(K_NO_WAIT);
    if (!cmd) {
        return -ENOBUFS;
    }
    if (conn) {
        net_buf_add_le16(cmd, conn->acl.handle);
    }
    net_buf_add_le16(cmd, param->subrate_min);
    net_buf_add_le16(cmd, param->subrate_max);
    net_buf_add_le16(cmd, param->max_latency);
    net_buf_add_le16(cmd, param->continuation_number);
    net_buf_add_le16(cmd, param->supervision_timeout);
    return bt_hci_cmd_send_sync(opcode, cmd, NULL);
}

int bt_conn_le_subrate_set_defaults(const struct bt_conn_le_subrate_param *params)
{
    if (!params || !values_valid(params)) {
        return -EINVAL;
    }
    if (hci_state() != HCI_READY) {
        return -EAGAIN;
    }
    if (!hci_has_feature(BT_LE_FEAT_BIT_CONN_SUBRATING)) {
        return -ENOTSUP;
    }
    return send(BT_HCI_OP_LE_SET_DEFAULT_SUBRATE, NULL, params);
}

// As long as the peer's features are not known it is tried.
static bool peer_may(const struct bt_conn *conn)
{
    const unsigned int bit = BT_LE_FEAT_BIT_CONN_SUBRATING_HOST_SUPP;
    return !conn->has_features || (conn->features[bit / 8] & BIT(bit % 8));
}

int bt_conn_le_subrate_request(struct bt_conn *conn, const struct bt_conn_le_subrate_param *params)
{
    if (!conn || !params || !values_valid(params)) {
        return -EINVAL;
    }
    if (conn->state != CONN_CONNECTED) {
        return -ENOTCONN;
    }
    if (!timeout_valid(conn, params)) {
        return -EINVAL;
    }
    if (!hci_has_feature(BT_LE_FEAT_BIT_CONN_SUBRATING) || !peer_may(conn)) {
        return -ENOTSUP;
    }
    if (!bt_conn_ref(conn)) {
        return -ENOTCONN;
    }
    conn->subrate.asked = true; // Before: with a fast controller the event may be here first.
    int err = send(BT_HCI_OP_LE_SUBRATE_REQUEST, conn, params);
    if (err) {
        conn->subrate.asked = false;
    }
    bt_conn_unref(conn);
    return err;
}
