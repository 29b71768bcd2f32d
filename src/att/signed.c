// Signed Write Command as server (Vol 3, Part F, 3.4.5.4; Vol 3, Part C, 10.4.2).
//
// It counts on a link without encryption only, for a characteristic that says it takes signed writes, and
// with a signature that nobody sent before. All else is ignored and counted (hostile 39).
#include "att/signed.h"

#include <zephyr/bluetooth/gatt.h>

#include "att/db.h"
#include "att/pdu.h"
#include "att/server.h"
#include "hci/hci.h"

#define LOG_LAYER LOG_ATT
#include "base/log.h"

// The declaration stands before the value (Vol 3, Part G, 3.3).
static bool takes_signed(uint16_t handle)
{
    const struct bt_gatt_attr *attr = handle > 1 ? db_find((uint16_t)(handle - 1)) : NULL;
    if (!attr || bt_uuid_cmp(attr->uuid, BT_UUID_GATT_CHRC)) {
        return false;
    }
    const struct bt_gatt_chrc *chrc = attr->user_data;
    return chrc->properties & BT_GATT_CHRC_AUTH;
}

uint8_t att_on_signed_write(struct att_rx *rx)
{
    struct bt_conn *conn = rx->bearer->conn;
    const uint8_t *pdu = rx->in.p - 1; // The opcode is signed too.
    size_t len = 1 + rd_left(&rx->in) - ATT_SIGN_LEN;
    struct rd params = rd_init(pdu + 1, len - 1);
    rx->in = params;
    if (bt_conn_get_security(conn) >= BT_SECURITY_L2 || !takes_signed(rd_le16(&params)) ||
        !att_signing.check(conn, pdu, len, pdu + len)) {
        log_dbg("%u: signed write ignored", conn->acl.handle);
        hci_stats()->att_dropped++;
        return 0;
    }
    return att_on_write_cmd(rx);
}
