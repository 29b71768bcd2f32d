// Characteristic discovery by Read By Type (Vol 3, Part G, 4.6). A UUID filters here: the value's
// type is inside the declaration.
#include "att/pdu.h"
#include "att/uuid.h"
#include "gatt/clt.h"

static bool build(struct bt_conn *conn, struct bt_gatt_op *op, struct wr *w)
{
    const struct bt_gatt_discover_params *params = op->params;
    wr_u8(w, ATT_READ_TYPE_REQ);
    wr_le16(w, op->at);
    wr_le16(w, params->end_handle);
    wr_le16(w, BT_UUID_GATT_CHRC_VAL);
    return true;
}

static int on_rsp(struct bt_conn *conn, struct bt_gatt_op *op, struct rd *params)
{
    const struct bt_gatt_discover_params *wanted = op->params;
    size_t uuid_size = clt_list_uuid_size(params, 5);
    if (!uuid_size) {
        return BT_ATT_ERR_INVALID_PDU;
    }
    uint16_t last = 0;
    while (rd_left(params)) {
        struct bt_uuid_any uuid;
        uint16_t handle = rd_le16(params);
        struct bt_gatt_chrc chrc = {.uuid = &uuid.uuid, .properties = rd_u8(params)};
        chrc.value_handle = rd_le16(params);
        if (!uuid_get(params, uuid_size, &uuid) || handle < op->at || handle <= last ||
            handle > wanted->end_handle || chrc.value_handle <= handle) {
            return BT_ATT_ERR_INVALID_PDU;
        }
        last = handle;
        if (wanted->uuid && bt_uuid_cmp(wanted->uuid, &uuid.uuid)) {
            continue;
        }
        int wish = clt_discovered(conn, op, BT_UUID_GATT_CHRC, handle, &chrc);
        if (wish) {
            return wish;
        }
    }
    return clt_discover_next(op, last);
}

const struct clt_proc clt_characteristics = {
    "discover characteristics", build, on_rsp, clt_discover_on_err, clt_discover_end, false,
};
