// Read and Read Blob (Vol 3, Part G, 4.8.1 and 4.8.3): one piece per response, on as long as pieces
// fill the PDU and the application wants more.
#include <errno.h>

#include "att/pdu.h"
#include "gatt/clt.h"

static bool build(struct bt_conn *conn, struct bt_gatt_op *op, struct wr *w)
{
    const struct bt_gatt_read_params *params = op->params;
    wr_u8(w, op->at ? ATT_READ_BLOB_REQ : ATT_READ_REQ);
    wr_le16(w, params->single.handle);
    if (op->at) {
        wr_le16(w, op->at);
    }
    return true;
}

// An empty value is a result too (pitfall 72): data is then not NULL, and its length 0.
static int on_rsp(struct bt_conn *conn, struct bt_gatt_op *op, struct rd *rsp)
{
    struct bt_gatt_read_params *params = op->params;
    uint16_t full = (uint16_t)(clt_mtu(conn, op) - 1);
    uint16_t len = (uint16_t)rd_left(rsp);
    if (len > full) {
        return BT_ATT_ERR_INVALID_PDU;
    }
    uint8_t wish = params->func(conn, 0, params, rd_take(rsp, len), len);
    if (clt_link_of(conn)->op != op) {
        return CLT_GONE;
    }
    if (wish == BT_GATT_ITER_STOP) {
        return CLT_STOP;
    }
    // No value is longer than 512 octets (Vol 3, Part F, 3.2.9), whatever the server goes on to
    // send.
    if (len < full || (uint32_t)op->at + len >= BT_ATT_MAX_ATTRIBUTE_LEN) {
        return CLT_DONE;
    }
    op->at = (uint16_t)(op->at + len);
    return CLT_MORE;
}

// The value filled exactly one PDU, and the server does not call that long (3.4.4.5).
static uint8_t on_err(const struct bt_gatt_op *op, uint8_t err)
{
    const struct bt_gatt_read_params *params = op->params;
    bool later = op->at > params->single.offset;
    return later && err == BT_ATT_ERR_ATTRIBUTE_NOT_LONG ? 0 : err;
}

void clt_read_end(struct bt_conn *conn, struct bt_gatt_op *op, uint8_t err)
{
    struct bt_gatt_read_params *params = op->params;
    (void)params->func(conn, err, params, NULL, 0);
}

static const struct clt_proc proc = {"read", build, on_rsp, on_err, clt_read_end, false};

static int start_by_uuid(struct bt_conn *conn, struct bt_gatt_read_params *params)
{
    uint16_t start = params->by_uuid.start_handle;
    if (!params->by_uuid.uuid || !start || start > params->by_uuid.end_handle) {
        return -EINVAL;
    }
    return clt_start(conn, &params->_op, &clt_read_by_uuid, params, start, params->chan_opt);
}

// The ATT_MTU never shrinks, so handles that fit now fit when the request leaves.
static int start_multi(struct bt_conn *conn, struct bt_gatt_read_params *params)
{
    uint16_t mtu = att_mtu_of(conn, params->chan_opt);
    if (!mtu) {
        return -ENOTCONN;
    }
    if (!params->multiple.handles || params->handle_count > (mtu - 1u) / 2) {
        return -EINVAL;
    }
    const struct clt_proc *multi =
        params->multiple.variable ? &clt_read_multi_var : &clt_read_multi;
    return clt_start(conn, &params->_op, multi, params, 0, params->chan_opt);
}

int bt_gatt_read(struct bt_conn *conn, struct bt_gatt_read_params *params)
{
    if (!params || !params->func) {
        return -EINVAL;
    }
    int err = att_opt_check(params->chan_opt);
    if (err) {
        return err;
    }
    if (params->handle_count == 0) {
        return start_by_uuid(conn, params);
    }
    if (params->handle_count > 1) {
        return start_multi(conn, params);
    }
    if (!params->single.handle) {
        return -EINVAL;
    }
    return clt_start(conn, &params->_op, &proc, params, params->single.offset, params->chan_opt);
}
