// Long and reliable writes as client (Vol 3, Part G, 4.9.4 and 4.9.5): each value goes in pieces by
// Prepare Write, whose response must repeat it; then Execute Write makes the server write them all.
//
// op->at is how much of the value of part op->stage the server has, op->len what it was sent last.
// A procedure that ends before it has executed leaves pieces in the server's queue: the engine
// sends the Execute Write that cancels them (`queues` in the row).
#include <errno.h>
#include <string.h>

#include <breeze/gatt.h>

#include "att/pdu.h"
#include "gatt/clt.h"

#define PREPARE_HDR_LEN 5

// Part op->stage of the values; false behind the last. A plain long write has one.
typedef bool (*part_of_t)(const struct bt_gatt_op *op, struct breeze_gatt_part *part);

static bool long_part(const struct bt_gatt_op *op, struct breeze_gatt_part *part)
{
    const struct bt_gatt_write_params *params = op->params;
    *part = (struct breeze_gatt_part){params->handle, params->offset, params->length, params->data};
    return op->stage == 0;
}

static bool reliable_part(const struct bt_gatt_op *op, struct breeze_gatt_part *part)
{
    const struct breeze_gatt_reliable_params *params = op->params;
    if (op->stage >= params->count) {
        return false;
    }
    *part = params->parts[op->stage];
    return true;
}

static bool build(struct bt_conn *conn, struct bt_gatt_op *op, struct wr *w, part_of_t part_of)
{
    struct breeze_gatt_part part;
    if (!part_of(op, &part)) {
        wr_u8(w, ATT_EXECUTE_REQ);
        wr_u8(w, ATT_EXECUTE_WRITE);
        return true;
    }
    uint16_t room = (uint16_t)(clt_mtu(conn, op) - PREPARE_HDR_LEN);
    uint16_t left = (uint16_t)(part.length - op->at);
    op->len = left < room ? left : room;
    wr_u8(w, ATT_PREPARE_REQ);
    wr_le16(w, part.handle);
    wr_le16(w, (uint16_t)(part.offset + op->at));
    wr_bytes(w, (const uint8_t *)part.data + op->at, op->len);
    return true;
}

static int on_rsp(struct bt_gatt_op *op, struct rd *rsp, part_of_t part_of)
{
    struct breeze_gatt_part part;
    if (!part_of(op, &part)) {
        return rd_done(rsp) ? CLT_DONE : BT_ATT_ERR_INVALID_PDU;
    }
    uint16_t handle = rd_le16(rsp);
    uint16_t offset = rd_le16(rsp);
    const uint8_t *echo = rd_take(rsp, op->len);
    if (!rd_done(rsp) || handle != part.handle || offset != part.offset + op->at ||
        (op->len && memcmp(echo, (const uint8_t *)part.data + op->at, op->len) != 0)) {
        return BT_ATT_ERR_INVALID_PDU;
    }
    op->at = (uint16_t)(op->at + op->len);
    if (op->at == part.length) {
        op->stage++;
        op->at = 0;
    }
    return CLT_MORE;
}

// ---- Long --------------------------------------------------------------------------------------

static bool long_build(struct bt_conn *conn, struct bt_gatt_op *op, struct wr *w)
{
    return build(conn, op, w, long_part);
}

static int long_on_rsp(struct bt_conn *conn, struct bt_gatt_op *op, struct rd *rsp)
{
    return on_rsp(op, rsp, long_part);
}

const struct clt_proc clt_write_long = {
    "write long", long_build, long_on_rsp, NULL, clt_write_end, true,
};

// ---- Reliable ----------------------------------------------------------------------------------

static bool reliable_build(struct bt_conn *conn, struct bt_gatt_op *op, struct wr *w)
{
    return build(conn, op, w, reliable_part);
}

static int reliable_on_rsp(struct bt_conn *conn, struct bt_gatt_op *op, struct rd *rsp)
{
    return on_rsp(op, rsp, reliable_part);
}

static void reliable_end(struct bt_conn *conn, struct bt_gatt_op *op, uint8_t err)
{
    struct breeze_gatt_reliable_params *params = op->params;
    params->func(conn, err, params);
}

static const struct clt_proc reliable = {
    "write reliably", reliable_build, reliable_on_rsp, NULL, reliable_end, true,
};

int breeze_gatt_write_reliable(struct bt_conn *conn, struct breeze_gatt_reliable_params *params)
{
    if (!params || !params->func || !params->parts || !params->count) {
        return -EINVAL;
    }
    for (size_t i = 0; i < params->count; i++) {
        const struct breeze_gatt_part *part = &params->parts[i];
        if (!part->handle || part->offset + part->length > BT_ATT_MAX_ATTRIBUTE_LEN ||
            (part->length && !part->data)) {
            return -EINVAL;
        }
    }
    return clt_start(conn, &params->_op, &reliable, params, 0, BT_ATT_CHAN_OPT_NONE);
}
