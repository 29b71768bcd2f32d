// In place of the client where the level has none: nothing is asked, what a peer notifies is not
// heard.
#include "gatt/gatt.h"

void clt_response(struct att_bearer *bearer, uint8_t req_op, uint8_t err, struct rd *params)
{
}

void clt_closed(struct att_bearer *bearer)
{
}

void clt_notified(struct bt_conn *conn, uint16_t handle, const uint8_t *value, uint16_t len)
{
}

void clt_kick(struct bt_conn *conn)
{
}

void clt_ended(struct bt_conn *conn)
{
}

void clt_sweep(struct bt_conn *conn)
{
}

void clt_security(struct bt_conn *conn, enum bt_security_err err)
{
}

void clt_secured(struct bt_conn *conn)
{
}

void clt_unbonded(uint8_t id, const bt_addr_le_t *peer)
{
}

void clt_off(void)
{
}
