// The slots of the channels: who has one, their life, and what the application is told (coc.h).
//
// Invariants: a slot is free exactly while conn is NULL. Whatever ends a channel goes through
// coc_close(), which only posts; deliver() then tells the application and frees the slot before
// `released`, so that the object may be used again inside it. A running timer means a request is out.
#include "l2cap/coc.h"

#include <errno.h>

#include "l2cap/l2cap.h"
#include "l2cap/sig.h"
#include "l2cap/state.h"

#define LOG_LAYER LOG_L2CAP
#include "base/log.h"

// How long the answer to a Disconnection Request may take; the link may still need its time.
#define DISC_RTX_US 2000000LL

#define MTU_MAX 65533

#define FOR_EACH_SLOT(coc)                                                                         \
    for (struct coc *coc = coc_run.chans; coc < coc_run.chans + CONFIG_BREEZE_L2CAP_CHAN_MAX; coc++)

// ---- Looking up ---------------------------------------------------------------------------------

uint16_t coc_cid(const struct coc *coc)
{
    return (uint16_t)(L2CAP_CID_DYNAMIC + (coc - coc_run.chans));
}

struct coc *coc_by_cid(const struct bt_conn *conn, uint16_t cid)
{
    unsigned int i = cid - L2CAP_CID_DYNAMIC;
    if (i >= CONFIG_BREEZE_L2CAP_CHAN_MAX || coc_run.chans[i].conn != conn) {
        return NULL;
    }
    return &coc_run.chans[i];
}

struct coc *coc_by_peer_cid(const struct bt_conn *conn, uint16_t cid)
{
    FOR_EACH_SLOT(coc)
    {
        if (coc->conn == conn && coc->tx_cid == cid && coc->state != COC_CLOSED) {
            return coc;
        }
    }
    return NULL;
}

struct coc *coc_by_ident(const struct bt_conn *conn, uint8_t ident, struct coc *from)
{
    for (struct coc *coc = from; coc < coc_run.chans + CONFIG_BREEZE_L2CAP_CHAN_MAX; coc++) {
        if (coc->conn == conn && coc->ident == ident && coc->state != COC_CLOSED) {
            return coc;
        }
    }
    return NULL;
}

bool coc_ident_used(const struct bt_conn *conn, uint8_t ident)
{
    return coc_by_ident(conn, ident, coc_run.chans) != NULL;
}

struct coc *coc_of(const struct bt_l2cap_chan *chan)
{
    FOR_EACH_SLOT(coc)
    {
        if (coc->conn && &coc->le->chan == chan) {
            return coc;
        }
    }
    return NULL;
}

// ---- What the object shows ----------------------------------------------------------------------

void coc_show_credits(const struct coc *coc)
{
    atomic_set(&coc->le->tx.credits, coc->tx_credits);
    atomic_set(&coc->le->rx.credits, coc->rx_credits);
}

void coc_show(const struct coc *coc)
{
    static const uint8_t states[] = {
        [COC_FREE] = BT_L2CAP_DISCONNECTED,   [COC_CONNECTING] = BT_L2CAP_CONNECTING,
        [COC_OPEN] = BT_L2CAP_CONNECTED,      [COC_CLOSING] = BT_L2CAP_DISCONNECTING,
        [COC_CLOSED] = BT_L2CAP_DISCONNECTED,
    };
    struct bt_l2cap_le_chan *le = coc->le;
    le->state = states[coc->state];
    le->chan.conn = coc->conn;
    le->psm = coc->psm;
    le->ident = coc->ident;
    le->rx.cid = coc_cid(coc);
    le->rx.mtu = coc->rx_mtu;
    le->rx.mps = coc->rx_mps;
    le->tx.cid = coc->tx_cid;
    le->tx.mtu = coc->tx_mtu;
    le->tx.mps = coc->tx_mps;
    le->pending_rx_mtu = coc->next_mtu;
    coc_show_credits(coc);
}

// ---- Deliveries ---------------------------------------------------------------------------------

static void free_buffers(struct coc *coc)
{
    struct net_buf *buf;
    if (CONFIG_BT_EATT && coc->own) {
        coc_flush(coc);
    }
    while ((buf = net_buf_slist_get(&coc->tx_queue))) {
        net_buf_unref(buf);
    }
    if (coc->sdu) {
        buf = coc->sdu;
        coc->sdu = NULL;
        net_buf_unref(buf);
    }
}

static void forget(struct coc *coc)
{
    l2cap_run.links[bt_conn_index(coc->conn)].chans--;
    *coc = (struct coc){.life = coc->life};
}

// The last words, and the slot is free. The buffers are gone before, so that a pool's `destroy` sees
// the channel as it was.
static void end(struct coc *coc)
{
    struct bt_l2cap_le_chan *le = coc->le;
    const struct bt_l2cap_chan_ops *ops = le->chan.ops;
    free_buffers(coc);
    if (ops->disconnected) {
        ops->disconnected(&le->chan);
    }
    forget(coc);
    le->chan.conn = NULL;
    le->state = BT_L2CAP_DISCONNECTED;
    le->psm = 0;
    le->ident = 0;
    atomic_set(&le->rx.credits, 0);
    atomic_set(&le->tx.credits, 0);
    atomic_set(le->chan.status, 0);
    if (le->chan.destroy) {
        le->chan.destroy(&le->chan);
    }
    if (ops->released) {
        ops->released(&le->chan);
    }
}

static void tell(struct coc *coc, uint16_t bit)
{
    struct bt_l2cap_chan *chan = &coc->le->chan;
    const struct bt_l2cap_chan_ops *ops = chan->ops;
    if (bit == COC_POST_CONNECTED) {
        if (coc->give && coc->state == COC_OPEN) {
            coc_owe(coc, COC_OWE_CREDITS); // Given before it was open.
        }
        if (ops->connected) {
            ops->connected(chan);
        }
    } else if (bit == COC_POST_RECONFIGURED && ops->reconfigured) {
        ops->reconfigured(chan);
    } else if (bit == COC_POST_STATUS) {
        atomic_set_bit_to(chan->status, BT_L2CAP_STATUS_OUT, coc->tx_credits > 0);
        if (ops->status) {
            ops->status(chan, chan->status);
        }
    }
}

static void deliver(struct post *post, uint16_t bits)
{
    struct coc *coc = CONTAINER_OF(post, struct coc, post);
    for (uint16_t bit = COC_POST_CONNECTED; bit < COC_POST_CLOSE; bit <<= 1) {
        if (bits & bit) {
            tell(coc, bit);
        }
    }
    // A callback may have closed the channel meanwhile: its own post follows.
    if (bits & COC_POST_CLOSE) {
        end(coc);
    }
}

// Nothing is owed any more, but for a request that is also that of other channels: the next of them
// owes it now.
static void owe_nothing(struct coc *coc)
{
    uint8_t shared = coc->owe & (COC_OWE_ECRED | COC_OWE_RECONF);
    coc->owe = 0;
    struct coc *next = shared ? coc_by_ident(coc->conn, coc->ident, coc + 1) : NULL;
    if (next) {
        coc_owe(next, shared);
    }
}

void coc_close(struct coc *coc)
{
    if (coc->state == COC_CLOSED) {
        return;
    }
    coc->state = COC_CLOSED;
    coc->need = 0;
    owe_nothing(coc);
    coc_rtx_stop(coc);
    coc_show(coc);
    atomic_set_bit(coc->le->chan.status, BT_L2CAP_STATUS_SHUTDOWN);
    post_set(&coc->post, COC_POST_CLOSE);
}

// ---- Life ---------------------------------------------------------------------------------------

// MTU and MPS that we offer, as Zephyr derives them.
static bool limits(struct coc *coc)
{
    const struct bt_l2cap_chan_ops *ops = coc->le->chan.ops;
    uint16_t mtu = coc->le->rx.mtu ? coc->le->rx.mtu : BT_L2CAP_SDU_RX_MTU;
    uint16_t mps = ops->seg_recv && coc->le->rx.mps ? coc->le->rx.mps : CONFIG_BREEZE_L2CAP_MPS;
    if (!ops->seg_recv && !ops->alloc_buf) {
        mtu = MIN(mtu, BT_L2CAP_SDU_RX_MTU);
        mps = MAX(mps, (uint16_t)(mtu + BT_L2CAP_SDU_HDR_SIZE));
    }
    mps = MIN(mps, MIN(mtu + BT_L2CAP_SDU_HDR_SIZE, BT_L2CAP_RX_MTU));
    coc->rx_mtu = mtu;
    coc->rx_mps = coc->ecred ? MAX(mps, BT_L2CAP_ECRED_MIN_MPS) : MAX(mps, COC_MIN_MTU);
    return mtu <= MTU_MAX && mtu >= (coc->ecred ? BT_L2CAP_ECRED_MIN_MTU : COC_MIN_MTU);
}

bool coc_can_take(const struct coc *coc, uint16_t mtu, uint16_t mps)
{
    const struct bt_l2cap_chan_ops *ops = coc->le->chan.ops;
    bool in_pieces = ops->seg_recv || ops->alloc_buf;
    return mtu >= BT_L2CAP_ECRED_MIN_MTU && mtu <= MTU_MAX && mps >= BT_L2CAP_ECRED_MIN_MPS &&
           mps <= BT_L2CAP_RX_MTU && (in_pieces || mtu + BT_L2CAP_SDU_HDR_SIZE <= mps);
}

struct coc *coc_unused(void)
{
    FOR_EACH_SLOT(coc)
    {
        if (!coc->conn && coc_cid(coc) != coc_run.asked.cid) {
            return coc;
        }
    }
    return NULL;
}

int coc_take(struct coc **to, struct bt_conn *conn, struct bt_l2cap_chan *chan, bool ecred,
             enum coc_state state)
{
    if (!chan || !chan->ops || (!chan->ops->recv && !chan->ops->seg_recv)) {
        return -EINVAL;
    }
    if (coc_of(chan)) {
        return -EBUSY;
    }
    struct coc *coc = coc_unused();
    if (!coc) {
        return -ENOMEM;
    }
    *coc = (struct coc){
        .le = BT_L2CAP_LE_CHAN(chan),
        .life = (uint8_t)(coc->life + 1),
        .ecred = ecred,
        .state = (uint8_t)state,
    };
    if (!limits(coc)) {
        return -EINVAL;
    }
    coc->conn = conn;
    l2cap_run.links[bt_conn_index(conn)].chans++;
    post_init(&coc->post, deliver);
    coc->rx_credits = coc_rx_start(coc);
    *to = coc;
    return 0;
}

void coc_drop(struct coc *coc)
{
    coc->le->chan.conn = NULL;
    coc->le->state = BT_L2CAP_DISCONNECTED;
    forget(coc);
}

void coc_open(struct coc *coc, uint16_t cid, uint16_t mtu, uint16_t mps, uint16_t credits)
{
    coc->state = COC_OPEN;
    coc->tx_cid = cid;
    coc->tx_mtu = mtu;
    coc->tx_mps = mps;
    coc->tx_credits = credits;
    atomic_set(coc->le->chan.status, 0);
    coc_show(coc);
    atomic_set_bit_to(coc->le->chan.status, BT_L2CAP_STATUS_OUT, credits > 0);
    post_set(&coc->post, COC_POST_CONNECTED | (credits ? COC_POST_STATUS : 0));
}

void coc_owe(struct coc *coc, uint8_t bits)
{
    coc->owe |= bits;
    acl_pull(&coc->conn->acl);
}

void coc_disconnect(struct coc *coc)
{
    if (coc->state == COC_CLOSED || coc->state == COC_CLOSING) {
        return;
    }
    if (coc->state == COC_CONNECTING && (coc->need || coc->owe & (COC_OWE_CONN | COC_OWE_ECRED))) {
        coc_close(coc); // The peer knows nothing of it yet.
        return;
    }
    bool asked = coc->state == COC_CONNECTING;
    coc->state = COC_CLOSING;
    atomic_set_bit(coc->le->chan.status, BT_L2CAP_STATUS_SHUTDOWN);
    coc_show(coc);
    if (asked) {
        return; // Which CID to disconnect only the response will say.
    }
    owe_nothing(coc);
    coc_rtx_stop(coc);
    coc->ident = sig_ident(coc->conn);
    // The peer may never ask for it: the time runs from now.
    coc_rtx_start(coc, DISC_RTX_US + coc->conn->timeout * 10000LL);
    coc_owe(coc, COC_OWE_DISC);
}

// No answer: the channel is taken for closed (6.2.1).
static void rtx_expired(struct loop_timer *timer)
{
    struct coc *coc = CONTAINER_OF(timer, struct coc, timer);
    log_wrn("%u: channel 0x%04x: no answer to a request", coc->conn->acl.handle, coc_cid(coc));
    if (coc->state != COC_OPEN) {
        coc_close(coc);
        return;
    }
    coc->ident = 0; // A reconfiguration: all stays as it was.
    coc->next_mtu = 0;
    coc->owe &= (uint8_t)~COC_OWE_RECONF;
    coc_show(coc);
    post_set(&coc->post, COC_POST_RECONFIGURED);
}

void coc_rtx_start(struct coc *coc, int64_t us)
{
    loop_timer_start(&coc->timer, us, rtx_expired);
}

void coc_rtx_stop(struct coc *coc)
{
    loop_timer_stop(&coc->timer);
    coc->ident = 0;
}

void coc_link_down(struct bt_conn *conn)
{
    FOR_EACH_SLOT(coc)
    {
        if (coc->conn == conn) {
            coc_close(coc);
            uint16_t bits = coc->post.bits;
            post_clear(&coc->post);
            deliver(&coc->post, bits & ~COC_POST_STATUS);
        }
    }
}

void coc_tx_free(void)
{
    FOR_EACH_SLOT(coc)
    {
        if (coc->conn && coc->conn->acl.open) {
            acl_pull(&coc->conn->acl);
        }
    }
}
