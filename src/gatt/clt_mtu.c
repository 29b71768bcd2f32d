// Exchange MTU as client (Vol 3, Part F, 3.4.2; Vol 3, Part G, 4.3.1).
#include <errno.h>

#include "att/pdu.h"
#include "gatt/clt.h"

static bool build(struct bt_conn *conn, struct bt_gatt_op *op, struct wr *w)
{
    struct att_bearer *bearer = att_bearer_of(conn);
    wr_u8(w, ATT_MTU_REQ);
    wr_le16(w, att_mtu_offer(bearer));
    bearer->mtu_asked = true;
    return true;
}

static int on_rsp(struct bt_conn *conn, struct bt_gatt_op *op, struct rd *params)
{
    struct att_bearer *bearer = att_bearer_of(conn);
    uint16_t server = rd_le16(params);
    if (!rd_done(params) || server < ATT_MTU_MIN) {
        return BT_ATT_ERR_INVALID_PDU;
    }
    att_mtu_settle(bearer, server < bearer->rx_mtu ? server : bearer->rx_mtu);
    return CLT_DONE;
}

static void end(struct bt_conn *conn, struct bt_gatt_op *op, uint8_t err)
{
    struct bt_gatt_exchange_params *params = op->params;
    if (params->func) {
        params->func(conn, err, params);
    }
}

static const struct clt_proc proc = {"exchange mtu", build, on_rsp, NULL, end, false};

int bt_gatt_exchange_mtu(struct bt_conn *conn, struct bt_gatt_exchange_params *params)
{
    struct att_bearer *bearer = att_bearer_live(conn);
    if (!bearer) {
        return -ENOTCONN;
    }
    if (bearer->mtu_asked) {
        return -EALREADY;
    }
    return clt_start(conn, &params->_op, &proc, params, 0, BT_ATT_CHAN_OPT_UNENHANCED_ONLY);
}
