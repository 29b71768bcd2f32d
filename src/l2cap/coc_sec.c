// Security of channels: what a link lacks for a server, and channels that hear of encryption (Vol 3,
// Part A, 4.23 and 4.26).
#include "l2cap/coc.h"
#include "l2cap/l2cap.h"
#include "l2cap/state.h"

uint16_t coc_lacks(const struct bt_conn *conn, bt_security_t level)
{
    static const uint16_t results[] = {
        [CONN_LACKS_NOTHING] = COC_OK,
        [CONN_LACKS_AUTHENTICATION] = COC_NO_AUTHEN,
        [CONN_LACKS_ENCRYPTION] = COC_NO_ENCRYPTION,
        [CONN_LACKS_KEY_SIZE] = COC_KEY_SIZE,
    };
    return results[conn_lacks(conn, level)];
}

static uint8_t status_of(enum bt_security_err err)
{
    if (!err) {
        return 0;
    }
    return err == BT_SECURITY_ERR_PIN_OR_KEY_MISSING ? BT_HCI_ERR_PIN_OR_KEY_MISSING
                                                     : BT_HCI_ERR_AUTH_FAIL;
}

// A callback may close any channel.
void coc_security(struct bt_conn *conn, enum bt_security_err err)
{
    for (size_t i = 0; i < ARRAY_SIZE(coc_run.chans); i++) {
        const struct coc *coc = &coc_run.chans[i];
        if (coc->conn == conn && coc->state == COC_OPEN && coc->le->chan.ops->encrypt_change) {
            coc->le->chan.ops->encrypt_change(&coc->le->chan, status_of(err));
        }
    }
}
