// Requests that find attributes by type: Find Information, Find By Type Value, Read By Group Type
// (Vol 3, Part F, 3.4.3.1, 3.4.3.3 and 3.4.4.9).
//
// Values are read through the attributes' callbacks, so each step looks up the next attribute by
// its handle again.
#include <string.h>

#include "att/db.h"
#include "att/pdu.h"
#include "att/perm.h"
#include "att/server.h"
#include "att/uuid.h"

uint8_t att_range(struct att_rx *rx, uint16_t start, uint16_t end)
{
    rx->handle = start;
    return start && start <= end ? 0 : BT_ATT_ERR_INVALID_HANDLE;
}

uint8_t att_type_range(struct att_rx *rx, struct att_type_range *request)
{
    request->start = rd_le16(&rx->in);
    request->end = rd_le16(&rx->in);
    if (!uuid_get(&rx->in, rd_left(&rx->in), &request->type)) {
        return BT_ATT_ERR_INVALID_PDU;
    }
    return att_range(rx, request->start, request->end);
}

// The step behind `handle`; false at the end of all handles or of the range.
static bool step(uint16_t *handle, uint16_t end)
{
    if (*handle >= end) {
        return false;
    }
    (*handle)++;
    return true;
}

// All types in the range, as many of one length as fit.
uint8_t att_on_find_info(struct att_rx *rx)
{
    uint16_t start = rd_le16(&rx->in);
    uint16_t end = rd_le16(&rx->in);
    if (!rd_done(&rx->in)) {
        return BT_ATT_ERR_INVALID_PDU;
    }
    uint8_t err = att_range(rx, start, end);
    if (err) {
        return err;
    }
    uint8_t len = 0;
    uint16_t at = start;
    const struct bt_gatt_attr *attr;
    while ((attr = db_next(&at, end)) != NULL) {
        if (!len) {
            len = uuid_len(attr->uuid);
            wr_u8(&rx->out, len == BT_UUID_SIZE_16 ? 1 : 2); // Format.
        }
        if (uuid_len(attr->uuid) != len || wr_room(&rx->out) < 2u + len) {
            break;
        }
        wr_le16(&rx->out, at);
        uuid_put(&rx->out, attr->uuid);
        if (!step(&at, end)) {
            break;
        }
    }
    return len ? 0 : BT_ATT_ERR_ATTRIBUTE_NOT_FOUND;
}

// Does the attribute's value equal the `len` octets? It is read to where the response has not been
// written yet, with one octet more than expected to tell a longer value.
static bool value_is(struct att_rx *rx, const struct bt_gatt_attr *attr, uint16_t handle,
                     const void *value, size_t len)
{
    if (att_may_read(rx->bearer->conn, attr, handle) || !attr->read) {
        return false;
    }
    ssize_t got = attr->read(rx->bearer->conn, attr, rx->out.p, (uint16_t)(len + 1), 0);
    return got >= 0 && (size_t)got == len && memcmp(rx->out.p, value, len) == 0;
}

// Groups (in practice primary services) with a given value. The response is handles only.
uint8_t att_on_find_type(struct att_rx *rx)
{
    uint16_t start = rd_le16(&rx->in);
    uint16_t end = rd_le16(&rx->in);
    uint16_t type = rd_le16(&rx->in);
    size_t len = rd_left(&rx->in);
    const uint8_t *value = rd_take(&rx->in, len);
    uint8_t err = att_range(rx, start, end);
    if (err) {
        return err;
    }
    size_t before = wr_len(&rx->out);
    uint16_t at = start;
    const struct bt_gatt_attr *attr;
    while (wr_room(&rx->out) >= 4 && (attr = db_next(&at, end)) != NULL) {
        uint16_t last = at;
        bool candidate = uuid_is(attr->uuid, type);
        if (candidate && wr_room(&rx->out) + rx->spare <= len) {
            break; // No room to compare: for the next request.
        }
        if (candidate && value_is(rx, attr, at, value, len)) {
            last = db_group_end(at);
            wr_le16(&rx->out, at);
            wr_le16(&rx->out, last);
        }
        at = last;
        if (!step(&at, end)) {
            break;
        }
    }
    return wr_len(&rx->out) > before ? 0 : BT_ATT_ERR_ATTRIBUTE_NOT_FOUND;
}

// One group: handle, end of group, value. The first fixes the length of all; false ends the list.
static bool group_put(struct att_rx *rx, const struct bt_gatt_attr *attr, uint16_t at,
                      uint16_t *last, size_t *len, uint8_t *err)
{
    size_t room = wr_room(&rx->out);
    if (room < 4 || (*len && room < 4 + *len)) {
        return false;
    }
    *err = att_may_read(rx->bearer->conn, attr, at);
    if (*err) {
        rx->handle = at;
        return false;
    }
    uint8_t value[BT_UUID_SIZE_128];
    ssize_t got = attr->read ? attr->read(rx->bearer->conn, attr, value, sizeof(value), 0)
                             : -BT_ATT_ERR_READ_NOT_PERMITTED;
    if (got < 0) {
        rx->handle = at;
        *err = att_err_of(got);
        return false;
    }
    if (!*len) {
        *len = (size_t)got;
        wr_u8(&rx->out, (uint8_t)(4 + *len));
    } else if ((size_t)got != *len) {
        return false;
    }
    *last = db_group_end(at);
    wr_le16(&rx->out, at);
    wr_le16(&rx->out, *last);
    wr_bytes(&rx->out, value, *len);
    return true;
}

// Services and their values. Only service declarations are groups.
uint8_t att_on_read_group(struct att_rx *rx)
{
    struct att_type_range request;
    uint8_t err = att_type_range(rx, &request);
    if (err) {
        return err;
    }
    bool primary = bt_uuid_cmp(&request.type.uuid, BT_UUID_GATT_PRIMARY) == 0;
    if (!primary && bt_uuid_cmp(&request.type.uuid, BT_UUID_GATT_SECONDARY) != 0) {
        return BT_ATT_ERR_UNSUPPORTED_GROUP_TYPE;
    }
    uint16_t wanted = primary ? BT_UUID_GATT_PRIMARY_VAL : BT_UUID_GATT_SECONDARY_VAL;
    size_t len = 0;
    uint16_t at = request.start;
    const struct bt_gatt_attr *attr;
    while ((attr = db_next(&at, request.end)) != NULL) {
        uint16_t last = at;
        if (uuid_is(attr->uuid, wanted) && !group_put(rx, attr, at, &last, &len, &err)) {
            break;
        }
        at = last;
        if (!step(&at, request.end)) {
            break;
        }
    }
    if (len) {
        return 0; // What was found before an error is the answer; the error comes when asked again.
    }
    if (!err) {
        rx->handle = request.start;
        err = BT_ATT_ERR_ATTRIBUTE_NOT_FOUND;
    }
    return err;
}
