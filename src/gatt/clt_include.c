// Discovery of included services by Read By Type (Vol 3, Part G, 4.5.1). A declaration without a
// UUID includes a service with a 128-bit one, which a Read of that service's declaration brings.
#include "att/pdu.h"
#include "att/uuid.h"
#include "gatt/clt.h"

#define STAGE_READ 1 // Asking for the UUID of _included.

#define ITEM_LONG  6 // Handle, start, end
#define ITEM_SHORT 8 // ... and a 16-bit UUID

static bool build(struct bt_conn *conn, struct bt_gatt_op *op, struct wr *w)
{
    const struct bt_gatt_discover_params *params = op->params;
    if (op->stage == STAGE_READ) {
        wr_u8(w, ATT_READ_REQ);
        wr_le16(w, params->_included.start_handle);
        return true;
    }
    wr_u8(w, ATT_READ_TYPE_REQ);
    wr_le16(w, op->at);
    wr_le16(w, params->end_handle);
    wr_le16(w, BT_UUID_GATT_INCLUDE_VAL);
    return true;
}

static int found(struct bt_conn *conn, struct bt_gatt_op *op, uint16_t handle,
                 struct bt_gatt_include *value)
{
    const struct bt_gatt_discover_params *params = op->params;
    if (params->uuid && bt_uuid_cmp(params->uuid, value->uuid)) {
        return 0;
    }
    return clt_discovered(conn, op, BT_UUID_GATT_INCLUDE, handle, value);
}

// op->at - 1 is the declaration whose UUID this is.
static int on_uuid(struct bt_conn *conn, struct bt_gatt_op *op, struct rd *rsp)
{
    struct bt_gatt_discover_params *params = op->params;
    struct bt_uuid_any uuid;
    uint16_t handle = op->at;
    if (!uuid_get(rsp, rd_left(rsp), &uuid)) {
        return BT_ATT_ERR_INVALID_PDU;
    }
    struct bt_gatt_include value = {&uuid.uuid, params->_included.start_handle,
                                    params->_included.end_handle};
    op->stage = 0;
    int wish = found(conn, op, handle, &value);
    return wish ? wish : clt_discover_next(op, handle);
}

static int on_list(struct bt_conn *conn, struct bt_gatt_op *op, struct rd *rsp)
{
    struct bt_gatt_discover_params *params = op->params;
    size_t item = rd_u8(rsp);
    uint16_t last = 0;
    if ((item != ITEM_LONG && item != ITEM_SHORT) || !rd_left(rsp) || rd_left(rsp) % item) {
        return BT_ATT_ERR_INVALID_PDU;
    }
    while (rd_left(rsp)) {
        struct bt_uuid_any uuid;
        uint16_t handle = rd_le16(rsp);
        uint16_t start = rd_le16(rsp);
        uint16_t end = rd_le16(rsp);
        if (handle < op->at || handle <= last || handle > params->end_handle || !start ||
            end < start) {
            return BT_ATT_ERR_INVALID_PDU;
        }
        if (item == ITEM_LONG) { // The others of the list are asked for again.
            params->_included.start_handle = start;
            params->_included.end_handle = end;
            op->at = handle;
            op->stage = STAGE_READ;
            return CLT_MORE;
        }
        last = handle;
        (void)uuid_get(rsp, BT_UUID_SIZE_16, &uuid);
        struct bt_gatt_include value = {&uuid.uuid, start, end};
        int wish = found(conn, op, handle, &value);
        if (wish) {
            return wish;
        }
    }
    return clt_discover_next(op, last);
}

static int on_rsp(struct bt_conn *conn, struct bt_gatt_op *op, struct rd *rsp)
{
    return op->stage == STAGE_READ ? on_uuid(conn, op, rsp) : on_list(conn, op, rsp);
}

static uint8_t on_err(const struct bt_gatt_op *op, uint8_t err)
{
    return op->stage == STAGE_READ ? err : clt_discover_on_err(op, err);
}

const struct clt_proc clt_includes = {
    "discover includes", build, on_rsp, on_err, clt_discover_end, false,
};
