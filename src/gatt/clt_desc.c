// Descriptor and attribute discovery by Find Information (Vol 3, Part G, 4.7.1).
#include "att/db.h"
#include "att/pdu.h"
#include "att/uuid.h"
#include "gatt/clt.h"

// Formats of the response (Vol 3, Part F, 3.4.3.2).
#define FORMAT_16  1
#define FORMAT_128 2

static bool build(struct bt_conn *conn, struct bt_gatt_op *op, struct wr *w)
{
    const struct bt_gatt_discover_params *params = op->params;
    wr_u8(w, ATT_FIND_INFO_REQ);
    wr_le16(w, op->at);
    wr_le16(w, params->end_handle);
    return true;
}

static bool wants(const struct bt_gatt_discover_params *params, const struct bt_uuid *uuid)
{
    if (params->uuid && bt_uuid_cmp(params->uuid, uuid)) {
        return false;
    }
    bool declaration = uuid_is_service(uuid) || uuid_is(uuid, BT_UUID_GATT_INCLUDE_VAL) ||
                       uuid_is(uuid, BT_UUID_GATT_CHRC_VAL);
    return params->type == BT_GATT_DISCOVER_ATTRIBUTE || !declaration;
}

static int on_rsp(struct bt_conn *conn, struct bt_gatt_op *op, struct rd *params)
{
    const struct bt_gatt_discover_params *wanted = op->params;
    uint8_t format = rd_u8(params);
    size_t uuid_size = format == FORMAT_16 ? BT_UUID_SIZE_16 : BT_UUID_SIZE_128;
    if ((format != FORMAT_16 && format != FORMAT_128) || !rd_left(params) ||
        rd_left(params) % (2 + uuid_size)) {
        return BT_ATT_ERR_INVALID_PDU;
    }
    uint16_t last = 0;
    while (rd_left(params)) {
        struct bt_uuid_any uuid;
        uint16_t handle = rd_le16(params);
        if (!uuid_get(params, uuid_size, &uuid) || handle < op->at || handle <= last ||
            handle > wanted->end_handle) {
            return BT_ATT_ERR_INVALID_PDU;
        }
        last = handle;
        int wish =
            wants(wanted, &uuid.uuid) ? clt_discovered(conn, op, &uuid.uuid, handle, NULL) : 0;
        if (wish) {
            return wish;
        }
    }
    return clt_discover_next(op, last);
}

const struct clt_proc clt_descriptors = {
    "discover descriptors", build, on_rsp, clt_discover_on_err, clt_discover_end, false,
};
