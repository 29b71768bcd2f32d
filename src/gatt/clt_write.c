// Write Request and Write Command as client (Vol 3, Part G, 4.9.3 and 4.9.1).
#include <errno.h>

#include "att/pdu.h"
#include "gatt/clt.h"

// It fits: the length was checked, and an ATT_MTU never shrinks.
static bool build(struct bt_conn *conn, struct bt_gatt_op *op, struct wr *w)
{
    const struct bt_gatt_write_params *params = op->params;
    wr_u8(w, ATT_WRITE_REQ);
    wr_le16(w, params->handle);
    wr_bytes(w, params->data, params->length);
    return true;
}

static int on_rsp(struct bt_conn *conn, struct bt_gatt_op *op, struct rd *params)
{
    return rd_done(params) ? CLT_DONE : BT_ATT_ERR_INVALID_PDU;
}

void clt_write_end(struct bt_conn *conn, struct bt_gatt_op *op, uint8_t err)
{
    struct bt_gatt_write_params *params = op->params;
    params->func(conn, err, params);
}

static const struct clt_proc proc = {"write", build, on_rsp, NULL, clt_write_end, false};

int bt_gatt_write(struct bt_conn *conn, struct bt_gatt_write_params *params)
{
    if (!params || !params->func || !params->handle) {
        return -EINVAL;
    }
    uint16_t mtu = att_mtu_of(conn, params->chan_opt);
    if (!mtu) {
        int err = att_opt_check(params->chan_opt);
        return err ? err : -ENOTCONN;
    }
    if (params->offset + params->length > BT_ATT_MAX_ATTRIBUTE_LEN) {
        return -EINVAL;
    }
    bool is_long = params->offset || params->length > mtu - ATT_HDR_LEN;
    return clt_start(conn, &params->_op, is_long ? &clt_write_long : &proc, params, 0,
                     params->chan_opt);
}

int bt_gatt_write_without_response_cb(struct bt_conn *conn, uint16_t handle, const void *data,
                                      uint16_t length, bool sign, bt_gatt_complete_func_t func,
                                      void *user_data)
{
    if (!handle) {
        return -EINVAL;
    }
    if (sign && !CONFIG_BT_SIGNING) {
        return -ENOTSUP;
    }
    if (!conn || !conn_is_up(conn)) {
        return -ENOTCONN;
    }
    const struct gatt_tx who = {.func = func, .user = user_data};
    if (CONFIG_BT_SIGNING && sign && bt_conn_get_security(conn) < BT_SECURITY_L2) {
        return clt_write_signed(conn, handle, data, length, &who);
    }
    return gatt_send(conn, ATT_WRITE_CMD, handle, data, length, &who);
}
