// Requests of ours that came to nothing (breeze/conn.h): of the parameters (Vol 6, Part B, 5.1.1 and
// 5.1.7; Vol 3, Part A, 4.20 and 4.21) and of the PHYs (Vol 6, Part B, 5.1.10).
#include <breeze/conn.h>

#include "conn/state.h"

void breeze_conn_failed_cb_set(const struct breeze_conn_failed_cb *cb)
{
    conn_reg.failed = cb;
}

void conn_param_failed(struct bt_conn *conn, uint8_t status)
{
    conn->param_status = status;
    conn_post(conn, CONN_POST_PARAM_FAILED);
}

void conn_phy_failed(struct bt_conn *conn, uint8_t status)
{
    conn->phy_status = status;
    conn_post(conn, CONN_POST_PHY_FAILED);
}

void conn_tell_param_failed(struct bt_conn *conn)
{
    if (conn_reg.failed && conn_reg.failed->param_update) {
        conn_reg.failed->param_update(conn, conn->param_status);
    }
}

void conn_tell_phy_failed(struct bt_conn *conn)
{
    if (conn_reg.failed && conn_reg.failed->phy_update) {
        conn_reg.failed->phy_update(conn, conn->phy_status);
    }
}
