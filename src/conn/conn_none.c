// The twin of this folder in a build without links: there is no connection, and nobody asks for one.
#include "conn/state.h"

struct bt_conn *conn_take(enum conn_state state)
{
    return NULL;
}

void conn_drop(struct bt_conn *conn)
{
}

void conn_fail(struct bt_conn *conn, uint8_t err)
{
}

// One slot that is free for ever, for loops over slots.
struct bt_conn *conn_at(unsigned int index)
{
    return index < CONFIG_BT_MAX_CONN ? &conn_run.slots[0] : NULL;
}

struct bt_conn *conn_by_handle(uint16_t handle)
{
    return NULL;
}

struct acl_link *conn_acl_find(uint16_t handle)
{
    return NULL;
}

struct acl_link *conn_acl_at(unsigned int i)
{
    return NULL;
}

void conn_want_disconnect(struct bt_conn *conn, uint8_t reason)
{
}

void conn_wipe(void)
{
}

static bool source_next(struct hci_cmd *cmd, struct wr *params)
{
    return false;
}

const struct hci_source conn_source = {.name = "conn", .next = source_next};
const struct hci_up conn_hci_up = {0};
const struct hci_evt_row conn_evt_rows[1] = {{0}}; // CONN_EVT_ROWS is 0.
