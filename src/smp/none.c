// The twin of this folder in a build without the Security Manager: requests of peers for encryption
// are refused (conn/evt.c), those of the application answered.
#include <errno.h>

#include "smp/smp.h"

static bool source_next(struct hci_cmd *cmd, struct wr *params)
{
    return false;
}

const struct hci_source smp_source = {.name = "smp", .next = source_next};
const struct hci_evt_row smp_evt_rows[1] = {{0}}; // SMP_EVT_ROWS is 0.
const struct conn_up smp_conn_up = {0};
const struct settings_handler_static smp_settings = {.name = "bt/keys"}; // Left where they are.

// Whoever sends Security Manager PDUs is not answered, as on any channel that does not exist.
void smp_recv(struct bt_conn *conn, struct net_buf *pdu)
{
    net_buf_unref(pdu);
}

void smp_tx_free(void)
{
}

int bt_conn_set_security(struct bt_conn *conn, bt_security_t sec)
{
    return -ENOTSUP;
}

uint8_t bt_conn_enc_key_size(const struct bt_conn *conn)
{
    return 0;
}
