// Service discovery: all by Read By Group Type, by UUID by Find By Type Value (Vol 3, Part G, 4.4).
#include "att/pdu.h"
#include "att/uuid.h"
#include "gatt/clt.h"

static bool is_secondary(const struct bt_gatt_op *op)
{
    const struct bt_gatt_discover_params *params = op->params;
    return params->type == BT_GATT_DISCOVER_SECONDARY;
}

static void put_range(struct bt_gatt_op *op, struct wr *w, uint8_t opcode)
{
    const struct bt_gatt_discover_params *params = op->params;
    wr_u8(w, opcode);
    wr_le16(w, op->at);
    wr_le16(w, params->end_handle);
    wr_le16(w, is_secondary(op) ? BT_UUID_GATT_SECONDARY_VAL : BT_UUID_GATT_PRIMARY_VAL);
}

// Handles must move forward, or a hostile server keeps us here for ever.
static bool range_ok(const struct bt_gatt_op *op, uint32_t after, uint16_t start, uint16_t end)
{
    const struct bt_gatt_discover_params *params = op->params;
    return start >= op->at && start > after && start <= params->end_handle && end >= start;
}

static int found(struct bt_conn *conn, struct bt_gatt_op *op, uint16_t start, uint16_t end,
                 const struct bt_uuid *uuid)
{
    struct bt_gatt_service_val value = {.uuid = uuid, .end_handle = end};
    return clt_discovered(
        conn, op, is_secondary(op) ? BT_UUID_GATT_SECONDARY : BT_UUID_GATT_PRIMARY, start, &value);
}

static bool build_all(struct bt_conn *conn, struct bt_gatt_op *op, struct wr *w)
{
    put_range(op, w, ATT_READ_GROUP_REQ);
    return true;
}

static int on_all(struct bt_conn *conn, struct bt_gatt_op *op, struct rd *params)
{
    const struct bt_gatt_discover_params *wanted = op->params;
    size_t uuid_size = clt_list_uuid_size(params, 4);
    if (!uuid_size) {
        return BT_ATT_ERR_INVALID_PDU;
    }
    uint16_t last = 0;
    while (rd_left(params)) {
        struct bt_uuid_any uuid;
        uint16_t start = rd_le16(params);
        uint16_t end = rd_le16(params);
        if (!uuid_get(params, uuid_size, &uuid) || !range_ok(op, last, start, end)) {
            return BT_ATT_ERR_INVALID_PDU;
        }
        last = end;
        if (wanted->uuid && bt_uuid_cmp(wanted->uuid, &uuid.uuid)) {
            continue;
        }
        int wish = found(conn, op, start, end, &uuid.uuid);
        if (wish) {
            return wish;
        }
    }
    return clt_discover_next(op, last);
}

static bool build_by_uuid(struct bt_conn *conn, struct bt_gatt_op *op, struct wr *w)
{
    const struct bt_gatt_discover_params *params = op->params;
    put_range(op, w, ATT_FIND_TYPE_REQ);
    uuid_put(w, params->uuid);
    return true;
}

static int on_by_uuid(struct bt_conn *conn, struct bt_gatt_op *op, struct rd *params)
{
    const struct bt_gatt_discover_params *wanted = op->params;
    const struct bt_uuid *uuid = wanted->uuid;
    if (!rd_left(params) || rd_left(params) % 4) {
        return BT_ATT_ERR_INVALID_PDU;
    }
    uint16_t last = 0;
    while (rd_left(params)) {
        uint16_t start = rd_le16(params);
        uint16_t end = rd_le16(params);
        if (!range_ok(op, last, start, end)) {
            return BT_ATT_ERR_INVALID_PDU;
        }
        last = end;
        int wish = found(conn, op, start, end, uuid);
        if (wish) {
            return wish;
        }
    }
    return clt_discover_next(op, last);
}

const struct clt_proc clt_services = {
    "discover services", build_all, on_all, clt_discover_on_err, clt_discover_end, false,
};
const struct clt_proc clt_services_by_uuid = {
    "discover services by uuid", build_by_uuid,    on_by_uuid,
    clt_discover_on_err,         clt_discover_end, false,
};
