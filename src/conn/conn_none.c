// The twin of this folder in a build without links: there is no connection, and nobody asks for one.
#include "conn/conn.h"

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

struct bt_conn *conn_at(unsigned int index)
{
    return NULL;
}

void conn_want_disconnect(struct bt_conn *conn, uint8_t reason)
{
}

void conn_off(void)
{
}

void conn_wipe(void)
{
}
