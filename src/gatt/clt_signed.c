// Signed Write Command as client (Vol 3, Part G, 4.9.2): on the unenhanced bearer, as enhanced ones are
// always encrypted.
#include <errno.h>

#include "att/pdu.h"
#include "att/signed.h"
#include "gatt/clt.h"

// The buffer is taken first: each signature costs a counter.
int clt_write_signed(struct bt_conn *conn, uint16_t handle, const void *data, uint16_t len,
                     const struct gatt_tx *who)
{
    uint8_t signature[ATT_SIGN_LEN];
    struct wr w;
    struct att_bearer *bearer = att_bearer_live(conn);
    if (!bearer) {
        return -ENOTCONN;
    }
    if (len > bearer->mtu - ATT_HDR_LEN - ATT_SIGN_LEN) {
        return -EMSGSIZE;
    }
    struct net_buf *pdu = att_pdu_alloc(bearer, &w);
    if (!pdu) {
        return gatt_starved(conn);
    }
    wr_u8(&w, ATT_SIGNED_WRITE_CMD);
    wr_le16(&w, handle);
    wr_bytes(&w, data, len);
    int err = att_signing.sign(conn, w.start, wr_len(&w), signature);
    if (err) {
        net_buf_unref(pdu);
        return err;
    }
    wr_bytes(&w, signature, sizeof(signature));
    return gatt_pdu_send(bearer, pdu, &w, who);
}
