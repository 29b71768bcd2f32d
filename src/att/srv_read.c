// Requests that read values: Read, Read Blob, Read By Type (Vol 3, Part F, 3.4.4.1, 3.4.4.3,
// 3.4.4.5).
//
// A value is written by the attribute's callback straight into the response, cut to the ATT_MTU.
#include "att/db.h"
#include "att/pdu.h"
#include "att/perm.h"
#include "att/server.h"
#include "att/uuid.h"

// Value length in a Read By Type response: one octet of length includes the handle.
#define READ_TYPE_VALUE_MAX 253

static uint8_t read_at(struct att_rx *rx, uint16_t offset)
{
    const struct bt_gatt_attr *attr = db_find(rx->handle);
    if (!attr) {
        return BT_ATT_ERR_INVALID_HANDLE;
    }
    uint8_t err = att_may_read(rx->bearer->conn, attr, rx->handle);
    if (err) {
        return err;
    }
    if (!attr->read) {
        return BT_ATT_ERR_READ_NOT_PERMITTED;
    }
    size_t room = wr_room(&rx->out);
    ssize_t got = attr->read(rx->bearer->conn, attr, rx->out.p, (uint16_t)room, offset);
    if (got < 0 || (size_t)got > room) {
        return att_err_of(got);
    }
    (void)wr_reserve(&rx->out, (size_t)got);
    return 0;
}

uint8_t att_on_read(struct att_rx *rx)
{
    rx->handle = rd_le16(&rx->in);
    return rd_done(&rx->in) ? read_at(rx, 0) : BT_ATT_ERR_INVALID_PDU;
}

uint8_t att_on_read_blob(struct att_rx *rx)
{
    rx->handle = rd_le16(&rx->in);
    uint16_t offset = rd_le16(&rx->in);
    return rd_done(&rx->in) ? read_at(rx, offset) : BT_ATT_ERR_INVALID_PDU;
}

// The value for a pair, behind the header that is written already: its length, or what refuses it.
static ssize_t pair_value(struct att_rx *rx, const struct bt_gatt_attr *attr, uint16_t at,
                          size_t take)
{
    uint8_t err = att_may_read(rx->bearer->conn, attr, at);
    if (err) {
        return -err;
    }
    if (!attr->read) {
        return -BT_ATT_ERR_READ_NOT_PERMITTED;
    }
    return attr->read(rx->bearer->conn, attr, rx->out.p, (uint16_t)take, 0);
}

// The list of handle-value pairs: all of the length of the first.
struct pairs {
    uint8_t *item_len; // In the response; NULL before the first pair.
    size_t len;        // Of a value.
    uint8_t err;       // What ended the list.
};

// One pair; false ends the list. A later value is read with room for one octet more, so that a
// longer one is not taken for a fitting one.
static bool pair_put(struct att_rx *rx, const struct bt_gatt_attr *attr, uint16_t at,
                     struct pairs *list)
{
    struct wr mark = rx->out;
    uint8_t *item_len = list->item_len ? list->item_len : wr_reserve(&rx->out, 1);
    wr_le16(&rx->out, at);
    size_t room = wr_room(&rx->out);
    size_t take = list->item_len ? list->len + 1 : room;
    if (!wr_ok(&rx->out) || (list->item_len && room + rx->spare < take)) {
        rx->out = mark;
        return false;
    }
    take = take < READ_TYPE_VALUE_MAX ? take : READ_TYPE_VALUE_MAX;
    ssize_t got = pair_value(rx, attr, at, take);
    if (got < 0) {
        rx->handle = at;
        list->err = att_err_of(got);
    }
    if (got < 0 || (list->item_len && (size_t)got != list->len) || (size_t)got > room) {
        rx->out = mark;
        return false;
    }
    (void)wr_reserve(&rx->out, (size_t)got);
    list->item_len = item_len;
    list->len = (size_t)got;
    *item_len = (uint8_t)(2 + got);
    return true;
}

uint8_t att_on_read_type(struct att_rx *rx)
{
    struct att_type_range request;
    uint8_t err = att_type_range(rx, &request);
    if (err) {
        return err;
    }
    struct pairs list = {0};
    uint16_t at = request.start;
    const struct bt_gatt_attr *attr;
    while ((attr = db_next(&at, request.end)) != NULL) {
        if (bt_uuid_cmp(attr->uuid, &request.type.uuid) == 0 && !pair_put(rx, attr, at, &list)) {
            break;
        }
        if (at >= request.end) {
            break;
        }
        at++;
    }
    if (list.item_len) {
        return 0; // What was found before an error is the answer (3.4.4.2).
    }
    if (!list.err) {
        rx->handle = request.start;
    }
    return list.err ? list.err : BT_ATT_ERR_ATTRIBUTE_NOT_FOUND;
}
