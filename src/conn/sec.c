// Security of links as the layers around see it: who is told (conn.h).
#include "conn/state.h"

void conn_secured(struct bt_conn *conn)
{
    for (const struct conn_up *const *up = conn_ups; *up; up++) {
        if ((*up)->secured) {
            (*up)->secured(conn);
        }
    }
}

void conn_unbonded(uint8_t id, const bt_addr_le_t *peer)
{
    for (const struct conn_up *const *up = conn_ups; *up; up++) {
        if ((*up)->unbonded) {
            (*up)->unbonded(id, peer);
        }
    }
}
