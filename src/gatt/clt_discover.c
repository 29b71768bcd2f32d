// What all discoveries share (Vol 3, Part G, 4.4 to 4.7): the range, the end, the call.
#include <errno.h>

#include "gatt/clt.h"

int clt_discovered(struct bt_conn *conn, struct bt_gatt_op *op, const struct bt_uuid *type,
                   uint16_t handle, void *value)
{
    struct bt_gatt_discover_params *params = op->params;
    const struct bt_gatt_attr attr = {
        .uuid = type,
        .user_data = value,
        .handle = handle,
        .perm = BT_GATT_PERM_READ,
    };
    uint8_t wish = params->func(conn, &attr, params);
    if (clt_link_of(conn)->op != op) {
        return CLT_GONE;
    }
    return wish == BT_GATT_ITER_STOP ? CLT_STOP : 0;
}

uint8_t clt_discover_on_err(const struct bt_gatt_op *op, uint8_t err)
{
    return err == BT_ATT_ERR_ATTRIBUTE_NOT_FOUND ? 0 : err;
}

void clt_discover_end(struct bt_conn *conn, struct bt_gatt_op *op, uint8_t err)
{
    struct bt_gatt_discover_params *params = op->params;
    op->err = err;
    params->func(conn, NULL, params);
}

size_t clt_list_uuid_size(struct rd *list, size_t fixed)
{
    size_t size = rd_u8(list) - fixed;
    bool known = size == BT_UUID_SIZE_16 || size == BT_UUID_SIZE_128;
    return known && rd_left(list) && rd_left(list) % (fixed + size) == 0 ? size : 0;
}

int clt_discover_next(struct bt_gatt_op *op, uint16_t last)
{
    const struct bt_gatt_discover_params *params = op->params;
    if (last >= params->end_handle) {
        return CLT_DONE;
    }
    op->at = (uint16_t)(last + 1);
    return CLT_MORE;
}

static const struct clt_proc *proc_for(const struct bt_gatt_discover_params *params)
{
    switch (params->type) {
    case BT_GATT_DISCOVER_PRIMARY:
        return params->uuid ? &clt_services_by_uuid : &clt_services;
    case BT_GATT_DISCOVER_SECONDARY: // Find By Type Value is for primary services: filtered.
        return &clt_services;
    case BT_GATT_DISCOVER_INCLUDE:
        return &clt_includes;
    case BT_GATT_DISCOVER_CHARACTERISTIC:
        return &clt_characteristics;
    case BT_GATT_DISCOVER_DESCRIPTOR:
    case BT_GATT_DISCOVER_ATTRIBUTE:
        return &clt_descriptors;
    case BT_GATT_DISCOVER_STD_CHAR_DESC:
        return clt_std_desc_known(params->uuid) ? &clt_std_descs : NULL;
    default:
        return NULL;
    }
}

int bt_gatt_discover(struct bt_conn *conn, struct bt_gatt_discover_params *params)
{
    if (!params || !params->func || !params->start_handle || !params->end_handle ||
        params->start_handle > params->end_handle) {
        return -EINVAL;
    }
    const struct clt_proc *proc = proc_for(params);
    if (!proc) {
        return -EINVAL;
    }
    return clt_start(conn, &params->_op, proc, params, params->start_handle, params->chan_opt);
}
