// The twin of subrate.c in a build without subrating.
#include "conn/conn.h"

void conn_subrate_reset(struct bt_conn *conn)
{
}

void conn_subrate_info(const struct bt_conn *conn, struct bt_conn_le_info *info)
{
}

void conn_cb_subrate(struct bt_conn *conn)
{
}

const struct hci_evt_row subrate_evt_rows[1] = {{0}}; // SUBRATE_EVT_ROWS is 0.
