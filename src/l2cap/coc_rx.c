// Receiving on channels: K-frames to SDUs, and the credits for them (coc.h; Vol 3, Part A, 3.4.2, 3.4.3
// and 10.1).
//
// Credits: the application must never be given an SDU that it has no buffer for, yet the link must not
// wait at the end of each. Within an SDU its buffer is there, so what is left of it may come. Beyond it
// the peer may send (`streaming`) as soon as the application has shown that it takes SDUs as they
// come; if ever it keeps one (-EINPROGRESS) the channel is `modest` from then on: one SDU at a
// time. What comes unasked meanwhile gets a buffer of its own from alloc_buf. With seg_recv the
// credits are the application's.
//
// A peer that breaks the rules is disconnected (10.1); after each call of the application the slot is
// looked at anew.
#include <errno.h>

#include "base/rd.h"
#include "hci/hci.h"
#include "l2cap/coc.h"
#include "l2cap/l2cap.h"

#define LOG_LAYER LOG_L2CAP
#include "base/log.h"

// K-frames that a sender has under way at once, unless its controller is a large one.
#define PIPELINE 16

static void drop(struct coc *coc, const char *why)
{
    log_wrn("%u: channel 0x%04x: %s", coc->conn->acl.handle, coc_cid(coc), why);
    hci_stats()->l2cap_dropped++;
    coc_disconnect(coc);
}

// ---- Credits ------------------------------------------------------------------------------------

static bool by_application(const struct coc *coc)
{
    return coc->le->chan.ops->seg_recv != NULL;
}

static uint16_t frames(const struct coc *coc, unsigned int octets)
{
    return (uint16_t)MIN((octets + coc->rx_mps - 1) / coc->rx_mps, CONFIG_BREEZE_L2CAP_WINDOW);
}

// What the peer should have under way at most.
static uint16_t target(const struct coc *coc)
{
    if (coc->streaming && !coc->modest) {
        return coc->held ? 0 : CONFIG_BREEZE_L2CAP_WINDOW;
    }
    if (coc->sdu_open) {
        return frames(coc, coc->sdu_len - coc->sdu_done);
    }
    return coc->held ? 0 : frames(coc, coc->rx_mtu + BT_L2CAP_SDU_HDR_SIZE);
}

// How few the peer may have left when it gets more. A credit frame costs a data PDU its place in the
// air, so as rarely as may be: but what is left must last until the new ones are there, and that is
// the sender's whole pipeline, its controller's buffers above all.
static uint16_t low(uint16_t want)
{
    return MAX(want / 4, MIN(want / 2, PIPELINE));
}

uint16_t coc_rx_start(struct coc *coc)
{
    return by_application(coc) ? (uint16_t)atomic_get(&coc->le->rx.credits) : target(coc);
}

void coc_rx_refill(struct coc *coc)
{
    uint16_t want = target(coc);
    uint16_t have = (uint16_t)(coc->rx_credits + coc->give);
    if (!by_application(coc) && coc->state == COC_OPEN && have < want && have <= low(want)) {
        coc->give = (uint16_t)(coc->give + want - have);
        coc_owe(coc, COC_OWE_CREDITS);
    }
}

// ---- SDUs ---------------------------------------------------------------------------------------

// What the application said about an SDU; takes the buffer.
static void judged(struct coc *coc, uint8_t life, struct net_buf *buf, int err)
{
    bool same = coc->conn && coc->life == life;
    if (err != -EINPROGRESS) {
        net_buf_unref(buf);
    } else if (same) {
        coc->modest = true;
        coc->held++;
    }
    if (same && !err) {
        coc->streaming = true;
    } else if (same && err != -EINPROGRESS) {
        coc_disconnect(coc);
    }
}

static void sdu_up(struct coc *coc, struct net_buf *buf)
{
    struct bt_l2cap_chan *chan = &coc->le->chan;
    uint8_t life = coc->life;
    judged(coc, life, buf, chan->ops->recv(chan, buf));
}

static struct net_buf *more_room(k_timeout_t timeout, void *user)
{
    struct bt_l2cap_chan *chan = user;
    return chan->ops->alloc_buf(chan);
}

// Behind the length of a new SDU: a buffer for it, unless the frame's own will do.
static bool sdu_begin(struct coc *coc, uint16_t len)
{
    struct bt_l2cap_chan *chan = &coc->le->chan;
    coc->sdu_len = len;
    coc->sdu_done = 0;
    coc->sdu_open = true;
    if (!chan->ops->alloc_buf || by_application(coc)) {
        return true;
    }
    uint8_t life = coc->life;
    struct net_buf *buf = chan->ops->alloc_buf(chan);
    if (!coc->conn || coc->life != life || coc->state != COC_OPEN) {
        if (buf) {
            net_buf_unref(buf);
        }
        return false;
    }
    coc->sdu = buf;
    if (!buf) {
        drop(coc, "no buffer for an SDU");
    }
    return buf != NULL;
}

static bool append(struct coc *coc, const struct net_buf *pdu)
{
    if (!coc->sdu->frags && net_buf_tailroom(coc->sdu) >= pdu->len) {
        (void)net_buf_add_mem(coc->sdu, pdu->data, pdu->len);
        return true;
    }
    return net_buf_append_bytes(coc->sdu, pdu->len, pdu->data, K_NO_WAIT, more_room,
                                &coc->le->chan) == pdu->len;
}

// The payload, all checked, in an SDU's buffer or, where there is none, as it is.
static void payload_up(struct coc *coc, struct net_buf *pdu)
{
    struct bt_l2cap_chan *chan = &coc->le->chan;
    uint16_t at = coc->sdu_done;
    coc->sdu_done = (uint16_t)(at + pdu->len);
    coc->sdu_open = coc->sdu_done < coc->sdu_len;
    if (by_application(coc)) {
        chan->ops->seg_recv(chan, coc->sdu_len, at, &pdu->b);
        return;
    }
    if (!coc->sdu) {
        if (coc->sdu_open) {
            drop(coc, "an SDU in pieces that fits one frame");
            return;
        }
        sdu_up(coc, net_buf_ref(pdu));
        return;
    }
    if (!append(coc, pdu)) {
        drop(coc, "no buffer for the rest of an SDU");
    } else if (!coc->sdu_open) {
        struct net_buf *sdu = coc->sdu;
        coc->sdu = NULL;
        sdu_up(coc, sdu);
    }
}

// One K-frame on an open channel.
static void frame_in(struct coc *coc, struct net_buf *pdu)
{
    if (!coc->rx_credits) {
        drop(coc, "more frames than credits");
        return;
    }
    coc->rx_credits--;
    if (pdu->len > coc->rx_mps) {
        drop(coc, "a frame larger than our MPS");
        return;
    }
    if (!coc->sdu_open) {
        struct rd r = rd_init(pdu->data, pdu->len);
        uint16_t len = rd_le16(&r);
        if (!rd_ok(&r) || len > coc->rx_mtu || rd_left(&r) > len) {
            drop(coc, "an SDU that is too long, or its length missing");
            return;
        }
        (void)net_buf_pull(pdu, BT_L2CAP_SDU_HDR_SIZE);
        if (!sdu_begin(coc, len)) {
            return;
        }
    } else if (pdu->len > coc->sdu_len - coc->sdu_done) {
        drop(coc, "more than the SDU's length");
        return;
    }
    payload_up(coc, pdu);
}

bool coc_recv(struct bt_conn *conn, uint16_t cid, struct net_buf *pdu)
{
    struct coc *coc = coc_by_cid(conn, cid);
    if (!coc) {
        return false;
    }
    net_buf_pull(pdu, L2CAP_HDR_LEN);
    if (coc->state == COC_OPEN) {
        uint8_t life = coc->life;
        frame_in(coc, pdu);
        if (coc->conn && coc->life == life && coc->state == COC_OPEN) {
            atomic_set(&coc->le->rx.credits, coc->rx_credits);
            coc_rx_refill(coc);
        }
    } else {
        hci_stats()->l2cap_dropped++; // Before it opens, or while it closes.
    }
    net_buf_unref(pdu);
    return true;
}
