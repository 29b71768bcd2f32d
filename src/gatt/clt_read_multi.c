// Read By Type, Read Multiple and Read Multiple Variable as client (Vol 3, Part G, 4.8.2, 4.8.4 and
// 4.8.5).
#include "att/pdu.h"
#include "att/uuid.h"
#include "gatt/clt.h"

// Hand out a value. 0: go on; CLT_STOP; CLT_GONE.
static int hand(struct bt_conn *conn, struct bt_gatt_op *op, struct rd *rsp, uint16_t len)
{
    struct bt_gatt_read_params *params = op->params;
    uint8_t wish = params->func(conn, 0, params, rd_take(rsp, len), len);
    if (clt_link_of(conn)->op != op) {
        return CLT_GONE;
    }
    return wish == BT_GATT_ITER_STOP ? CLT_STOP : 0;
}

// ---- By UUID -----------------------------------------------------------------------------------

#define STAGE_FOUND 1 // A value was found already.

static bool build_by_uuid(struct bt_conn *conn, struct bt_gatt_op *op, struct wr *w)
{
    const struct bt_gatt_read_params *params = op->params;
    wr_u8(w, ATT_READ_TYPE_REQ);
    wr_le16(w, op->at);
    wr_le16(w, params->by_uuid.end_handle);
    uuid_put(w, params->by_uuid.uuid);
    return true;
}

static int on_by_uuid(struct bt_conn *conn, struct bt_gatt_op *op, struct rd *rsp)
{
    struct bt_gatt_read_params *params = op->params;
    uint16_t end = params->by_uuid.end_handle;
    size_t item = rd_u8(rsp);
    uint16_t last = 0;
    if (item < 2 || !rd_left(rsp) || rd_left(rsp) % item) {
        return BT_ATT_ERR_INVALID_PDU;
    }
    while (rd_left(rsp)) {
        uint16_t handle = rd_le16(rsp);
        if (handle < op->at || handle <= last || handle > end) {
            return BT_ATT_ERR_INVALID_PDU;
        }
        last = handle;
        op->stage = STAGE_FOUND;
        params->by_uuid.start_handle = handle; // Tells the application which one it is.
        int wish = hand(conn, op, rsp, (uint16_t)(item - 2));
        if (wish) {
            return wish;
        }
    }
    if (last >= end) {
        return CLT_DONE;
    }
    op->at = (uint16_t)(last + 1);
    return CLT_MORE;
}

static uint8_t on_by_uuid_err(const struct bt_gatt_op *op, uint8_t err)
{
    return op->stage == STAGE_FOUND && err == BT_ATT_ERR_ATTRIBUTE_NOT_FOUND ? 0 : err;
}

// ---- Several handles ---------------------------------------------------------------------------

static bool build_multi(struct bt_conn *conn, struct bt_gatt_op *op, struct wr *w)
{
    const struct bt_gatt_read_params *params = op->params;
    wr_u8(w, params->multiple.variable ? ATT_READ_MULTI_VAR_REQ : ATT_READ_MULTI_REQ);
    for (size_t i = 0; i < params->handle_count; i++) {
        wr_le16(w, params->multiple.handles[i]);
    }
    return true;
}

// All values in one; who asks knows their lengths.
static int on_multi(struct bt_conn *conn, struct bt_gatt_op *op, struct rd *rsp)
{
    return hand(conn, op, rsp, (uint16_t)rd_left(rsp));
}

// One value after the other, in the order of the handles. The last may be cut, and some may be
// missing, where the response was full (Vol 3, Part F, 3.4.4.12).
static int on_multi_var(struct bt_conn *conn, struct bt_gatt_op *op, struct rd *rsp)
{
    const struct bt_gatt_read_params *params = op->params;
    bool full = rd_left(rsp) == (size_t)(clt_mtu(conn, op) - 1);
    size_t count = 0;
    for (struct rd check = *rsp; rd_left(&check); count++) {
        uint16_t len = rd_le16(&check);
        bool cut = len > rd_left(&check);
        (void)rd_take(&check, cut ? rd_left(&check) : len);
        if (!rd_ok(&check) || (cut && !full)) {
            return BT_ATT_ERR_INVALID_PDU;
        }
    }
    if (!count || count > params->handle_count || (count < params->handle_count && !full)) {
        return BT_ATT_ERR_INVALID_PDU;
    }
    while (rd_left(rsp)) {
        uint16_t len = rd_le16(rsp);
        int wish = hand(conn, op, rsp, len > rd_left(rsp) ? (uint16_t)rd_left(rsp) : len);
        if (wish) {
            return wish;
        }
    }
    return CLT_DONE;
}

const struct clt_proc clt_read_by_uuid = {
    "read by uuid", build_by_uuid, on_by_uuid, on_by_uuid_err, clt_read_end, false,
};
const struct clt_proc clt_read_multi = {
    "read multiple", build_multi, on_multi, NULL, clt_read_end, false,
};
const struct clt_proc clt_read_multi_var = {
    "read multiple variable", build_multi, on_multi_var, NULL, clt_read_end, false,
};
