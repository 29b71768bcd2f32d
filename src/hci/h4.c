// The H4 framer (h4.h). Called from turn.c only.
//
// Invariants: nothing behind the end of the current packet is ever read from the transport, so no
// octet needs to be kept for later; a buffer is taken only when its packet is known to fit.
#include "hci/h4.h"

#include <zephyr/sys/util.h>

#include "hci/state.h"

#define LOG_LAYER LOG_HCI
#include "base/log.h"

enum { TYPE, HEAD, BUFFER, BODY, SKIP, RESYNC };

// Packet types that a controller sends, by type; no header, no such type. Lengths count the type octet;
// `max` is the largest body that our buffers hold (0: we have none for such packets).
static const struct {
    uint8_t head_len;
    uint8_t len_at;
    uint8_t len_size;
    uint16_t max;
} types[] = {
    [BT_HCI_H4_ACL] = {5, 3, 2, CONFIG_BT_CONN ? 4 + CONFIG_BT_L2CAP_RX_MTU : 0},
    [BT_HCI_H4_SCO] = {4, 3, 1, 0},
    [BT_HCI_H4_EVT] = {3, 2, 1, 255},
    [BT_HCI_H4_ISO] = {5, 3, 2, 0},
};

// Events that are not like the others.
enum { NORMAL, ANSWER, REPORT };
static const struct {
    uint8_t code;
    uint8_t sub;
    uint8_t kind;
} events[] = {
    {BT_HCI_EVT_NUM_COMPLETED_PACKETS, 0, ANSWER},
    {BT_HCI_EVT_CMD_COMPLETE, 0, ANSWER},
    {BT_HCI_EVT_CMD_STATUS, 0, ANSWER},
    {BT_HCI_EVT_LE_META_EVENT, BT_HCI_EVT_LE_ADVERTISING_REPORT, REPORT},
    {BT_HCI_EVT_LE_META_EVENT, BT_HCI_EVT_LE_DIRECT_ADV_REPORT, REPORT},
    {BT_HCI_EVT_LE_META_EVENT, BT_HCI_EVT_LE_EXT_ADVERTISING_REPORT, REPORT},
    {BT_HCI_EVT_LE_META_EVENT, BT_HCI_EVT_LE_PER_ADVERTISING_REPORT, REPORT},
};

// Command Complete of HCI Reset with status 0; the octet at RESET_CREDIT may be anything.
static const uint8_t reset_done[7] = {BT_HCI_H4_EVT, BT_HCI_EVT_CMD_COMPLETE, 4, 0, 0x03, 0x0c, 0};
#define RESET_CREDIT 3

static int pull(uint8_t *to, size_t len)
{
    return hci_run.transport->recv(hci_run.transport_ctx, to, len);
}

static enum h4_result nothing(int got)
{
    return got < 0 ? H4_DEAD : H4_IDLE;
}

static enum h4_result packet_end(struct h4 *h4)
{
    h4->state = TYPE;
    h4->have = 0;
    return h4->buf ? H4_PACKET : H4_ANSWER;
}

static enum h4_result read_body(struct h4 *h4)
{
    if (h4->left) {
        int got = pull(h4->to, h4->left);
        if (got <= 0) {
            return nothing(got);
        }
        h4->to += got;
        h4->left -= got;
    }
    return h4->left ? H4_MORE : packet_end(h4);
}

static enum h4_result read_skip(struct h4 *h4)
{
    uint8_t scratch[32];
    if (h4->left) {
        int got = pull(scratch, MIN(h4->left, sizeof(scratch)));
        if (got <= 0) {
            return nothing(got);
        }
        h4->left -= got;
    }
    if (!h4->left) {
        h4->state = TYPE;
        h4->have = 0;
    }
    return H4_MORE;
}

static enum h4_result take_buffer(struct h4 *h4)
{
    h4->buf = h4->head[0] == BT_HCI_H4_EVT ? hci_pool_evt_rx() : hci_pool_acl_rx();
    if (!h4->buf) {
        return H4_STALLED;
    }
    (void)net_buf_add_mem(h4->buf, h4->head, h4->need);
    h4->to = net_buf_add(h4->buf, h4->left);
    h4->state = BODY;
    return read_body(h4);
}

static int event_kind(const struct h4 *h4)
{
    for (size_t i = 0; i < ARRAY_SIZE(events); i++) {
        if (events[i].code == h4->head[1] &&
            (events[i].kind == ANSWER || (h4->need > 3 && events[i].sub == h4->head[3]))) {
            return events[i].kind;
        }
    }
    return NORMAL;
}

static void skip_too_long(struct h4 *h4)
{
    struct rd r = rd_init(h4->head + 1, 2);
    hci_kept.stats.h4_skipped++;
    log_wrn("packet of type %u skipped: %u octets", h4->head[0], h4->left);
    if (h4->head[0] == BT_HCI_H4_ACL) {
        acl_rx_skipped(rd_le16(&r));
    }
    h4->state = SKIP;
}

// The header is whole: where does the body go?
static enum h4_result place_body(struct h4 *h4)
{
    struct rd r = rd_init(h4->head + types[h4->head[0]].len_at, types[h4->head[0]].len_size);
    uint16_t len = types[h4->head[0]].len_size == 1 ? rd_u8(&r) : rd_le16(&r);
    if (h4->head[0] == BT_HCI_H4_ISO) {
        len &= 0x3fff; // Two bits are reserved (Vol 4, Part E, 5.4.5).
    }
    h4->buf = NULL;
    h4->left = len - (h4->need - types[h4->head[0]].head_len);
    h4->state = BUFFER;
    int kind = h4->head[0] == BT_HCI_H4_EVT ? event_kind(h4) : NORMAL;
    if (!types[h4->head[0]].max || len > types[h4->head[0]].max) {
        skip_too_long(h4);
    } else if (kind == ANSWER) {
        memcpy(h4->answer, h4->head, h4->need);
        h4->to = h4->answer + h4->need;
        h4->answer_len = h4->need + h4->left;
        h4->state = BODY;
        return read_body(h4);
    } else if (kind == REPORT && hci_pool_evt_scarce()) {
        hci_kept.stats.adv_dropped++;
        h4->state = SKIP;
    } else {
        return take_buffer(h4);
    }
    return H4_MORE;
}

static enum h4_result read_head(struct h4 *h4)
{
    if (h4->have < h4->need) {
        int got = pull(h4->head + h4->have, h4->need - h4->have);
        if (got <= 0) {
            return nothing(got);
        }
        h4->have += got;
    }
    return h4->have < h4->need ? H4_MORE : place_body(h4);
}

static enum h4_result read_type(struct h4 *h4)
{
    int got = pull(h4->head + h4->have, 3 - h4->have);
    if (got <= 0) {
        return nothing(got);
    }
    h4->have += got;
    if (h4->head[0] >= ARRAY_SIZE(types) || !types[h4->head[0]].head_len) {
        log_err("unknown packet type 0x%02x", h4->head[0]);
        h4_resync();
        return H4_LOST;
    }
    if (h4->have == 3) {
        h4->need = types[h4->head[0]].head_len;
        if (h4->head[0] == BT_HCI_H4_EVT && h4->head[1] == BT_HCI_EVT_LE_META_EVENT &&
            h4->head[2]) {
            h4->need++;
        }
        h4->state = HEAD;
        return read_head(h4);
    }
    return H4_MORE;
}

static bool starts_reset_done(const uint8_t *octets, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (i != RESET_CREDIT && octets[i] != reset_done[i]) {
            return false;
        }
    }
    return true;
}

// head[] holds the longest end of the stream that is a beginning of the pattern. No more is read
// than the pattern lacks, so nothing behind it is lost.
static enum h4_result read_resync(struct h4 *h4)
{
    int got = pull(h4->head + h4->have, sizeof(reset_done) - h4->have);
    if (got <= 0) {
        return nothing(got);
    }
    h4->have += got;
    while (!starts_reset_done(h4->head, h4->have)) {
        h4->have--;
        memmove(h4->head, h4->head + 1, h4->have);
    }
    if (h4->have < sizeof(reset_done)) {
        return H4_MORE;
    }
    memcpy(h4->answer, h4->head, sizeof(reset_done));
    h4->answer_len = sizeof(reset_done);
    return packet_end(h4);
}

static enum h4_result (*const steps[])(struct h4 *h4) = {
    [TYPE] = read_type, [HEAD] = read_head, [BUFFER] = take_buffer,
    [BODY] = read_body, [SKIP] = read_skip, [RESYNC] = read_resync,
};

enum h4_result h4_read(struct net_buf **buf)
{
    struct h4 *h4 = &hci_run.h4;
    enum h4_result result;
    do {
        result = steps[h4->state](h4);
    } while (result == H4_MORE);
    *buf = NULL;
    if (result == H4_PACKET) {
        *buf = h4->buf;
        h4->buf = NULL;
    }
    return result;
}

bool h4_can_go_on(void)
{
    const struct h4 *h4 = &hci_run.h4;
    if (h4->state != BUFFER) {
        return false;
    }
    return h4->head[0] == BT_HCI_H4_EVT ? hci_run.evt_rx.pool.avail_count > 0
                                        : !hci_pool_acl_rx_empty();
}

void h4_reset(void)
{
    struct h4 *h4 = &hci_run.h4;
    if (h4->buf) {
        net_buf_unref(h4->buf);
        h4->buf = NULL;
    }
    h4->have = 0;
    h4->state = TYPE;
}

void h4_resync(void)
{
    h4_reset();
    hci_run.h4.state = RESYNC;
}
