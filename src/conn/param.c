// Connection parameters: what is valid, asking for others, and which way the request goes
// (Vol 6, Part B, 5.1.1 and 5.1.7; Vol 3, Part A, 4.20; Vol 4, Part E, 7.8.18).
#include <errno.h>

#include "conn/state.h"
#include "hci/wait.h"

bool conn_param_valid(const struct bt_le_conn_param *param)
{
    if (param->interval_min < 6 || param->interval_min > param->interval_max ||
        param->interval_max > 3200 || param->latency > 499 || param->timeout < 10 ||
        param->timeout > 3200) {
        return false;
    }
    // The time-out (10 ms) must be longer than (1 + latency) * interval (1.25 ms) * 2.
    return param->timeout * 4U > (1U + param->latency) * param->interval_max;
}

int conn_param_fallback(struct bt_conn *conn)
{
    if (conn->state != CONN_CONNECTED) {
        return -ENOTCONN;
    }
    for (const struct conn_up *const *up = conn_ups; *up; up++) {
        if ((*up)->param_fallback) {
            return (*up)->param_fallback(conn, &conn->wanted);
        }
    }
    return -ENOTSUP;
}

bool conn_param_unsupported(const struct bt_conn *conn, uint8_t status)
{
    // Controllers of 4.0 answer a peripheral with Command Disallowed, or do not know the command.
    return conn->role == BT_CONN_ROLE_PERIPHERAL &&
           (status == BT_HCI_ERR_UNSUPP_REMOTE_FEATURE || status == BT_HCI_ERR_CMD_DISALLOWED ||
            status == BT_HCI_ERR_UNKNOWN_CMD || status == BT_HCI_ERR_UNKNOWN_LMP_PDU);
}

// A peripheral may start the link layer's procedure only if both sides have it; as long as the peer's
// features are not known it is tried.
static bool has_procedure(const struct bt_conn *conn)
{
    if (conn->role == BT_CONN_ROLE_CENTRAL) {
        return true;
    }
    return hci_has_feature(BT_LE_FEAT_BIT_CONN_PARAM_REQ) &&
           (!conn->has_features || (conn->features[0] & BIT(BT_LE_FEAT_BIT_CONN_PARAM_REQ)));
}

static bool update_busy(void *arg)
{
    const struct bt_conn *conn = arg;
    return (conn->want & BIT(CONN_WANT_UPDATE)) || conn->busy == CONN_WANT_UPDATE + 1;
}

static int link_update(struct bt_conn *conn)
{
    conn->status = 0;
    conn_first(conn, CONN_WANT_UPDATE);
    conn_want(conn, CONN_WANT_UPDATE);
    int err = hci_wait(update_busy, conn);
    if (err) {
        return err;
    }
    if (conn_param_unsupported(conn, conn->status)) {
        return conn_param_fallback(conn);
    }
    return hci_errno(conn->status);
}

int bt_conn_le_param_update(struct bt_conn *conn, const struct bt_le_conn_param *param)
{
    if (!conn || !param || !conn_param_valid(param)) {
        return -EINVAL;
    }
    if (conn->state != CONN_CONNECTED || !bt_conn_ref(conn)) {
        return -ENOTCONN;
    }
    int err = -EALREADY;
    if (conn->interval < param->interval_min || conn->interval > param->interval_max ||
        conn->latency != param->latency || conn->timeout != param->timeout) {
        conn->wanted = *param;
        err = has_procedure(conn) ? link_update(conn) : conn_param_fallback(conn);
    }
    bt_conn_unref(conn);
    return err;
}
