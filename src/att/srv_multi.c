// Read Multiple and Read Multiple Variable (Vol 3, Part F, 3.4.4.7 and 3.4.4.11): all values or the
// error of the first that cannot be read; cut where the response is full.
#include "att/db.h"
#include "att/perm.h"
#include "att/server.h"

// Pieces in which the rest of a value is counted that does not fit.
#define COUNT_PIECE 32

static uint8_t attr_of(struct att_rx *rx, const struct bt_gatt_attr **attr)
{
    *attr = db_find(rx->handle);
    if (!*attr) {
        return BT_ATT_ERR_INVALID_HANDLE;
    }
    uint8_t err = att_may_read(rx->bearer->conn, *attr, rx->handle);
    return err || (*attr)->read ? err : BT_ATT_ERR_READ_NOT_PERMITTED;
}

// The value behind what is written, as much as there is room for.
static uint8_t value_put(struct att_rx *rx, size_t *len)
{
    const struct bt_gatt_attr *attr;
    size_t room = wr_room(&rx->out);
    uint8_t err = attr_of(rx, &attr);
    *len = 0;
    if (err || !room) {
        return err;
    }
    ssize_t got = attr->read(rx->bearer->conn, attr, rx->out.p, (uint16_t)room, 0);
    if (got < 0 || (size_t)got > room) {
        return att_err_of(got);
    }
    (void)wr_reserve(&rx->out, (size_t)got);
    *len = (size_t)got;
    return 0;
}

// How long the value is of which the first *len octets filled the response: its length field tells
// the whole (3.4.4.12). Counted in pieces, as a client of Read Blob would.
static void count_rest(struct att_rx *rx, size_t *len)
{
    uint8_t piece[COUNT_PIECE];
    ssize_t got = sizeof(piece);
    while (got == sizeof(piece) && *len < BT_ATT_MAX_ATTRIBUTE_LEN) {
        const struct bt_gatt_attr *attr = db_find(rx->handle);
        got = attr && attr->read
                  ? attr->read(rx->bearer->conn, attr, piece, sizeof(piece), (uint16_t)*len)
                  : 0;
        *len += got > 0 ? (size_t)got : 0;
    }
}

static uint8_t plain_put(struct att_rx *rx)
{
    size_t len;
    return value_put(rx, &len);
}

// Where not even the length fits the list ends; what is behind must still be readable.
static uint8_t variable_put(struct att_rx *rx)
{
    size_t len = 0;
    uint8_t *at =
        wr_room(&rx->out) < sizeof(uint16_t) ? NULL : wr_reserve(&rx->out, sizeof(uint16_t));
    if (!at) {
        rx->out.end = rx->out.p;
    }
    uint8_t err = value_put(rx, &len);
    if (err || !at) {
        return err;
    }
    if (!wr_room(&rx->out)) {
        count_rest(rx, &len);
    }
    wr_put_le16(at, (uint16_t)len);
    return 0;
}

// Two handles at least.
static uint8_t each(struct att_rx *rx, uint8_t (*put)(struct att_rx *rx))
{
    if (rd_left(&rx->in) % 2 || rd_left(&rx->in) < 2 * sizeof(uint16_t)) {
        return BT_ATT_ERR_INVALID_PDU;
    }
    uint8_t err = 0;
    while (!err && rd_left(&rx->in)) {
        rx->handle = rd_le16(&rx->in);
        err = put(rx);
    }
    return err;
}

uint8_t att_on_read_multi(struct att_rx *rx)
{
    return each(rx, plain_put);
}

uint8_t att_on_read_multi_var(struct att_rx *rx)
{
    return each(rx, variable_put);
}
