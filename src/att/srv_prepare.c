// Queued writes: Prepare Write and Execute Write (Vol 3, Part F, 3.4.6).
//
// A queue is a run of octets: for each entry handle, offset and length, then the value. A piece that
// continues the entry before it grows that entry, so a long value reaches its write callback whole,
// and costs one header however small the ATT_MTU is. A connection takes a queue with its first
// piece and gives it back when it executes, cancels or goes away: that is its quota.
//
// Only the handle and the permissions are judged when a piece arrives; offset and length are judged
// when the queue is executed, all entries before the first is written (3.4.6.3).
#include "att/db.h"
#include "att/pdu.h"
#include "att/perm.h"
#include "att/server.h"
#include "att/state.h"

#if CONFIG_BREEZE_ATT_PREPARE_QUEUES

#define ENTRY_HDR_LEN 6
#define LEN_AT        4 // Of the length, in the header.

struct entry {
    uint16_t handle;
    uint16_t offset;
    uint16_t len;
    const uint8_t *value;
};

static struct att_queue *queue_of(const struct bt_conn *conn)
{
    for (unsigned int i = 0; i < CONFIG_BREEZE_ATT_PREPARE_QUEUES; i++) {
        if (att_run.queues[i].conn == conn) {
            return &att_run.queues[i];
        }
    }
    return NULL;
}

static struct att_queue *queue_take(struct bt_conn *conn)
{
    struct att_queue *queue = queue_of(conn);
    if (!queue && (queue = queue_of(NULL)) != NULL) {
        queue->conn = conn;
        queue->len = 0;
        queue->last = 0;
    }
    return queue;
}

void att_queue_drop(const struct bt_conn *conn)
{
    struct att_queue *queue = queue_of(conn);
    if (queue) {
        queue->conn = NULL;
    }
}

static struct entry entry_next(struct rd *from)
{
    struct entry entry = {.handle = rd_le16(from)};
    entry.offset = rd_le16(from);
    entry.len = rd_le16(from);
    entry.value = rd_take(from, entry.len);
    return entry;
}

// Does this piece begin where the last entry ends.
static bool continues(const struct att_queue *queue, uint16_t handle, uint16_t offset)
{
    struct rd last = rd_init(&queue->octets[queue->last], queue->len - queue->last);
    struct entry entry = {0};
    if (queue->len) {
        entry = entry_next(&last);
    }
    return entry.handle == handle && (uint32_t)entry.offset + entry.len == offset;
}

static bool queue_add(struct att_queue *queue, uint16_t handle, uint16_t offset,
                      const uint8_t *value, size_t len)
{
    bool grows = continues(queue, handle, offset);
    struct wr w = wr_init(&queue->octets[queue->len], sizeof(queue->octets) - queue->len);
    if (!grows) {
        wr_le16(&w, handle);
        wr_le16(&w, offset);
        wr_le16(&w, (uint16_t)len);
    }
    wr_bytes(&w, value, len);
    if (!wr_ok(&w)) {
        return false;
    }
    if (!grows) {
        queue->last = queue->len;
    }
    queue->len = (uint16_t)(queue->len + wr_len(&w));
    struct wr total = wr_init(&queue->octets[queue->last + LEN_AT], sizeof(uint16_t));
    wr_le16(&total, (uint16_t)(queue->len - queue->last - ENTRY_HDR_LEN));
    return true;
}

// An attribute with BT_GATT_PERM_PREPARE_WRITE is asked about each piece when it arrives.
static uint8_t early(struct att_rx *rx, const struct bt_gatt_attr *attr, const uint8_t *value,
                     uint16_t len, uint16_t offset)
{
    if (!(attr->perm & BT_GATT_PERM_PREPARE_WRITE)) {
        return 0;
    }
    ssize_t taken =
        attr->write(rx->bearer->conn, attr, value, len, offset, BT_GATT_WRITE_FLAG_PREPARE);
    return taken < 0 ? att_err_of(taken) : 0;
}

// The response repeats the request: the client compares (3.4.6.2).
uint8_t att_on_prepare(struct att_rx *rx)
{
    rx->handle = rd_le16(&rx->in);
    uint16_t offset = rd_le16(&rx->in);
    size_t len = rd_left(&rx->in);
    const uint8_t *value = rd_take(&rx->in, len);
    wr_le16(&rx->out, rx->handle);
    wr_le16(&rx->out, offset);
    wr_bytes(&rx->out, value, len);
    if (!wr_ok(&rx->out)) {
        return BT_ATT_ERR_INVALID_PDU;
    }
    const struct bt_gatt_attr *attr = db_find(rx->handle);
    if (!attr) {
        return BT_ATT_ERR_INVALID_HANDLE;
    }
    uint8_t err = att_may_write(rx->bearer->conn, attr, rx->handle);
    if (!err && !attr->write) {
        err = BT_ATT_ERR_WRITE_NOT_PERMITTED;
    }
    if (!err) {
        err = early(rx, attr, value, (uint16_t)len, offset);
    }
    if (err) {
        return err;
    }
    struct att_queue *queue = queue_take(rx->bearer->conn);
    return queue && queue_add(queue, rx->handle, offset, value, len)
               ? 0
               : BT_ATT_ERR_PREPARE_QUEUE_FULL;
}

static uint8_t entry_check(const struct entry *entry)
{
    if (entry->offset > BT_ATT_MAX_ATTRIBUTE_LEN) {
        return BT_ATT_ERR_INVALID_OFFSET;
    }
    return entry->offset + entry->len > BT_ATT_MAX_ATTRIBUTE_LEN ? BT_ATT_ERR_INVALID_ATTRIBUTE_LEN
                                                                 : 0;
}

static uint8_t entry_write(struct att_rx *rx, const struct entry *entry)
{
    struct bt_conn *conn = rx->bearer->conn;
    const struct bt_gatt_attr *attr = db_find(entry->handle);
    if (!attr) {
        return BT_ATT_ERR_INVALID_HANDLE; // Its service went away meanwhile.
    }
    uint8_t err = att_may_write(conn, attr, entry->handle);
    if (err || !attr->write) {
        return err ? err : BT_ATT_ERR_WRITE_NOT_PERMITTED;
    }
    ssize_t taken = attr->write(conn, attr, entry->value, entry->len, entry->offset,
                                BT_GATT_WRITE_FLAG_EXECUTE);
    return taken >= 0 && (size_t)taken == entry->len ? 0 : att_err_of(taken);
}

static uint8_t execute(struct att_rx *rx, const struct att_queue *queue)
{
    struct rd all = rd_init(queue->octets, queue->len);
    uint8_t err = 0;
    while (!err && rd_left(&all)) {
        struct entry entry = entry_next(&all);
        rx->handle = entry.handle;
        err = entry_check(&entry);
    }
    all = rd_init(queue->octets, queue->len);
    while (!err && rd_left(&all)) {
        struct entry entry = entry_next(&all);
        rx->handle = entry.handle;
        err = entry_write(rx, &entry);
    }
    return err;
}

uint8_t att_on_execute(struct att_rx *rx)
{
    uint8_t flags = rd_u8(&rx->in);
    if (!rd_done(&rx->in) || flags > ATT_EXECUTE_WRITE) {
        return BT_ATT_ERR_INVALID_PDU;
    }
    const struct att_queue *queue = queue_of(rx->bearer->conn);
    uint8_t err = queue && flags == ATT_EXECUTE_WRITE ? execute(rx, queue) : 0;
    att_queue_drop(rx->bearer->conn); // Executed, cancelled or refused: it is empty (3.4.6.3).
    return err;
}

#endif
