// Security of links as the layers around see it: who is told, and what a link lacks (conn.h).
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

static bool has_key(const struct bt_conn *conn)
{
    for (const struct conn_up *const *up = conn_ups; *up; up++) {
        if ((*up)->has_key && (*up)->has_key(conn)) {
            return true;
        }
    }
    return false;
}

enum conn_lack conn_lacks(const struct bt_conn *conn, bt_security_t level)
{
    bt_security_t is = bt_conn_get_security(conn);
    if (is >= level) {
        return CONN_LACKS_NOTHING;
    }
    if (is < BT_SECURITY_L2) {
        return has_key(conn) ? CONN_LACKS_ENCRYPTION : CONN_LACKS_AUTHENTICATION;
    }
    // Level 4 is level 3 with a key of 16 octets, made by Secure Connections.
    return is == BT_SECURITY_L3 && conn->enc_size < 16 ? CONN_LACKS_KEY_SIZE
                                                       : CONN_LACKS_AUTHENTICATION;
}

void conn_off(void)
{
    for (const struct conn_up *const *up = conn_ups; *up; up++) {
        if ((*up)->off) {
            (*up)->off();
        }
    }
}
