// The twin of this folder in a build without the Security Manager: requests of peers for encryption
// are refused (conn/evt.c), those of the application answered.
#include <errno.h>

#include "smp/smp.h"

const struct settings_handler_static smp_settings = {.name = "bt/keys"}; // Left where they are.

// Whoever sends Security Manager PDUs is not answered, as on any channel that does not exist.
void smp_recv(struct bt_conn *conn, struct net_buf *pdu)
{
    net_buf_unref(pdu);
}

int bt_conn_set_security(struct bt_conn *conn, bt_security_t sec)
{
    return -ENOTSUP;
}

uint8_t bt_conn_enc_key_size(const struct bt_conn *conn)
{
    return 0;
}
