// Sending on channels: the next frame of a link, made when there is room for it (coc.h; Vol 3, Part A,
// 3.4.1 and 10.2).
//
// A K-frame is a part of the SDU's own buffer: its header, and the ACL header before it, are
// written over octets that have left already, for the first one over the headroom. The buffer is
// held until the frame has left in full, so the channel may end meanwhile.
#include "base/wr.h"
#include "hci/hci.h"
#include "l2cap/coc.h"
#include "l2cap/l2cap.h"
#include "l2cap/sig.h"
#include "l2cap/state.h"

// ---- Signalling ---------------------------------------------------------------------------------

static bool pull_owed(struct coc *coc, struct acl_frame *frame)
{
    uint8_t *ctrl = coc_run.ctrl[bt_conn_index(coc->conn)];
    struct wr w = wr_init(ctrl + ACL_HEADROOM, L2CAP_CTRL_MAX + L2CAP_HDR_LEN + SIG_HDR_LEN);
    struct wr data = w;
    uint8_t ident = 0;
    (void)wr_reserve(&data, L2CAP_HDR_LEN + SIG_HDR_LEN);
    uint8_t code = coc_put_owed(coc, &data, &ident);
    uint16_t len = (uint16_t)(wr_len(&data) - L2CAP_HDR_LEN - SIG_HDR_LEN);
    wr_le16(&w, (uint16_t)(SIG_HDR_LEN + len));
    wr_le16(&w, L2CAP_CID_SIG);
    wr_u8(&w, code);
    wr_u8(&w, ident);
    wr_le16(&w, len);
    frame->at = ctrl;
    frame->left = (uint16_t)wr_len(&data);
    return true;
}

// ---- Data ---------------------------------------------------------------------------------------

// Payload of the next K-frame of what is left of an SDU: no more than the peer takes, in whole ACL
// packets where it takes more than one, and equal parts rather than full ones and a small rest: as
// many frames and as much time in the air, but they pack better into connection events, and keep a
// controller with few buffers busy for longer.
static uint16_t frame_len(const struct coc *coc, uint16_t left)
{
    uint16_t room = hci_info()->acl_len;
    uint16_t max = coc->tx_mps;
    if (max + L2CAP_HDR_LEN > room) {
        max = (uint16_t)(((unsigned int)max + L2CAP_HDR_LEN) / room * room - L2CAP_HDR_LEN);
    }
    if (left <= max) {
        return left;
    }
    unsigned int frames = ((unsigned int)left + max - 1) / max;
    return (uint16_t)((left + frames - 1) / frames);
}

static void *ticket(const struct coc *coc)
{
    return (void *)(uintptr_t)((uintptr_t)(coc - coc_run.chans) << 8 | coc->life);
}

// An SDU has left the controller, or never will.
static void sdu_sent(struct acl_link *acl, void *user, int err)
{
    struct coc *coc = &coc_run.chans[(uintptr_t)user >> 8];
    struct bt_l2cap_chan *chan = coc->conn ? &coc->le->chan : NULL;
    if (!err && chan && coc->life == ((uintptr_t)user & 0xff) && coc->state == COC_OPEN &&
        chan->ops->sent) {
        chan->ops->sent(chan);
    }
}

static bool pull_data(struct coc *coc, struct acl_frame *frame)
{
    struct net_buf *sdu = CONTAINER_OF(sys_slist_peek_head(&coc->tx_queue), struct net_buf, node);
    uint16_t len = sdu->len;
    if (!coc->begun) {
        uint8_t *at = net_buf_push(sdu, BT_L2CAP_SDU_HDR_SIZE);
        wr_put_le16(at, len);
        len += BT_L2CAP_SDU_HDR_SIZE;
    }
    uint16_t part = frame_len(coc, len);
    bool last = part == len;
    if (last && coc->le->chan.ops->sent && !acl_frame_done(frame, sdu_sent, ticket(coc))) {
        if (!coc->begun) {
            (void)net_buf_pull(sdu, BT_L2CAP_SDU_HDR_SIZE);
        }
        return false; // coc_tx_free() comes when there is room to remember it.
    }
    if (CONFIG_BT_EATT && last && coc->own) {
        acl_promise_keep(frame, sdu);
    }
    frame->at = net_buf_push(sdu, ACL_HEADROOM + L2CAP_HDR_LEN);
    frame->left = L2CAP_HDR_LEN + part;
    wr_put_le16(frame->at + ACL_HEADROOM, part);
    wr_put_le16(frame->at + ACL_HEADROOM + 2, coc->tx_cid);
    (void)net_buf_pull(sdu, (size_t)ACL_HEADROOM + L2CAP_HDR_LEN + part);
    coc->begun = !last;
    frame->hold = last ? net_buf_slist_get(&coc->tx_queue) : net_buf_ref(sdu);
    coc->tx_credits--;
    atomic_set(&coc->le->tx.credits, coc->tx_credits);
    if (!coc->tx_credits) {
        post_set(&coc->post, COC_POST_STATUS);
    }
    return true;
}

static inline bool has_data(const struct coc *coc)
{
    return coc->state == COC_OPEN && coc->tx_credits && !sys_slist_is_empty(&coc->tx_queue);
}

bool coc_pull(struct acl_link *acl, struct acl_frame *frame)
{
    struct bt_conn *conn = conn_of(acl);
    struct l2cap_link *link = &l2cap_run.links[bt_conn_index(conn)];
    if ((int16_t)(acl->got - link->hold) < 0) {
        return false; // The response that opens a channel is still in the queue, and calls us again.
    }
    struct coc *ready = NULL; // The first with data behind the one that had the last turn.
    uint8_t unseen = link->chans;
    for (struct coc *coc = coc_run.chans; unseen; coc++) {
        if (coc->conn != conn) {
            continue;
        }
        unseen--;
        if (coc->owe) {
            return pull_owed(coc, frame);
        }
        bool behind = ready && ready - coc_run.chans < link->turn;
        if (has_data(coc) && (!ready || (behind && coc - coc_run.chans >= link->turn))) {
            ready = coc;
        }
    }
    if (!ready || !pull_data(ready, frame)) {
        return false;
    }
    link->turn = (uint8_t)(ready - coc_run.chans + 1);
    return true;
}
