// MicroPython's Bluetooth backend: L2CAP channels.
//
// Channels and listeners are objects of ours on lists, as many as the host and the memory have room
// for. A channel is known by its connection's handle and our CID, from its accept or the call that
// opened it until its disconnect event; what it received and the program has not read stays
// readable after that, until a read gives nothing, another channel has its name, or ENDED_MAX more
// have ended so.
//
// Receiving: the ring holds SDUs, each behind its length, exactly as K-frames carry them. A credit is
// given only for a K-frame that the ring has room for, whatever its size, so nothing is ever dropped:
// a program that does not read stops the peer. The program sees whole SDUs, one at a time.
//
// Sending: a copy of each SDU, at most TX_SDUS of them and, from the second on, TX_BYTES in all;
// then the channel is stalled until half of that has left. Disconnecting waits for what was sent
// before, unless the peer does not take it.
#include <string.h>

#include <breeze/l2cap.h>
#include <zephyr/bluetooth/l2cap.h>

#include "py/mperrno.h"
#include "py/runtime.h"

#include "backend.h"

#define TX_SDUS  16
#define TX_BYTES 8192
#define MTU_MAX  65533
// K-frames that the ring holds: 8 KB of the program's heap where frames are long.
#define RX_FRAMES 32
#define TX_MAX    (UINT16_MAX - BT_L2CAP_SDU_CHAN_SEND_RESERVE) // What a buffer holds.

// Channels that have ended with unread data, at most.
#define ENDED_MAX 8

// A channel that is to end with SDUs unsent is looked at so often; so many times without a credit are
// enough.
#define CLOSE_MS    250
#define CLOSE_TICKS 8

struct listener {
    struct bt_l2cap_server server; // `node` is the host's.
    sys_snode_t node;
    uint16_t mtu;
};

struct chan {
    struct bt_l2cap_le_chan le; // le.chan.node is for our list.
    uint16_t conn_handle;
    uint16_t cid;
    uint16_t psm;
    uint16_t our_mtu;
    uint16_t peer_mtu;
    bool offered; // Given to the host, which has not shown that it took it.
    bool open;    // Its connect event was raised.
    bool ended;   // The host has forgotten it: only unread data are left.
    bool closing; // The program disconnected it; SDUs may still be on their way.
    bool stalled;
    uint8_t stuck; // Ticks without a credit while closing.
    // SDUs on their way: their lengths, the oldest at tx_first.
    uint8_t tx_first;
    uint8_t tx_count;
    uint32_t tx_bytes;
    uint16_t tx_len[TX_SDUS];
    // The ring.
    uint16_t credits; // K-frames that the peer may send.
    uint16_t mps;
    bool rx_open;     // In the middle of an SDU, ...
    uint16_t rx_left; // ... of which so much is to come.
    uint16_t rd_left; // Unread octets of the SDU at rd, whose length has been taken.
    uint32_t rd;
    uint32_t used;
    uint32_t whole; // Of `used`: what belongs to complete SDUs.
    uint32_t size;
    uint8_t ring[];
};

static struct {
    sys_slist_t listeners;
    sys_slist_t chans; // The newest first.
    struct k_work_delayable close_work;
    bool work_ready;
} l2cap;

// Headers only: the data is allocated for each, and the user data says where.
static void tx_freed(struct net_buf *buf)
{
    mpy_free(*(void **)net_buf_user_data(buf));
    net_buf_destroy(buf);
}

NET_BUF_POOL_FIXED_DEFINE(mpy_l2cap_tx, TX_SDUS *CONFIG_BREEZE_L2CAP_CHAN_MAX, 1, sizeof(void *),
                          tx_freed);

#define CHAN_OF(bt_chan) CONTAINER_OF(bt_chan, struct chan, le.chan)

// ---- The list ----------------------------------------------------------------------------------

static void chan_free(struct chan *c)
{
    (void)sys_slist_find_and_remove(&l2cap.chans, &c->le.chan.node);
    mpy_free(c);
}

// Free what nobody can need any more: an accepted channel that the host could not use after all, and
// what is left of channels with this name (of all, if `all`).
static void sweep(uint16_t conn_handle, uint16_t cid, bool all)
{
    struct chan *c;
    struct chan *next;
    SYS_SLIST_FOR_EACH_CONTAINER_SAFE (&l2cap.chans, c, next, le.chan.node) {
        bool same = all || (c->conn_handle == conn_handle && c->cid == cid);
        if ((c->offered && !c->le.chan.conn) || (c->ended && same)) {
            chan_free(c);
        }
    }
}

static struct chan *find(uint16_t conn_handle, uint16_t cid)
{
    struct chan *c;
    SYS_SLIST_FOR_EACH_CONTAINER (&l2cap.chans, c, le.chan.node) {
        if (c->conn_handle == conn_handle && c->cid == cid) {
            return c;
        }
    }
    return NULL;
}

// The channel of a call, or why there is none.
static int find_open(struct chan **to, uint16_t conn_handle, uint16_t cid)
{
    if (!mpy_on()) {
        return MP_ENODEV;
    }
    if (!mpy_conn_get(conn_handle)) {
        return MP_ENOTCONN;
    }
    struct chan *c = find(conn_handle, cid);
    *to = c;
    return c && !c->ended ? 0 : MP_EINVAL;
}

static const struct bt_l2cap_chan_ops ops;

static struct chan *chan_new(uint16_t conn_handle, uint16_t psm, uint16_t mtu)
{
    mtu = MIN(mtu, MTU_MAX);
    uint16_t mps = MIN(CONFIG_BREEZE_L2CAP_MPS, mtu + BT_L2CAP_SDU_HDR_SIZE);
    // An SDU begun always has room to end, whatever its frames.
    uint32_t frames = ((uint32_t)mtu + BT_L2CAP_SDU_HDR_SIZE + mps - 1) / mps + 1;
    uint32_t size = MAX(frames, RX_FRAMES) * mps;
    sweep(0, 0, false);
    struct chan *c = mpy_alloc(sizeof(*c) + size);
    if (!c) {
        sweep(0, 0, true);
        c = mpy_alloc(sizeof(*c) + size);
    }
    if (c) {
        c->le.chan.ops = &ops;
        c->le.rx.mtu = mtu;
        c->le.rx.mps = mps;
        c->conn_handle = conn_handle;
        c->psm = psm;
        c->our_mtu = mtu;
        c->mps = mps;
        c->size = size;
        c->credits = (uint16_t)(size / mps);
        (void)bt_l2cap_chan_give_credits(&c->le.chan, c->credits);
    }
    return c;
}

static void chan_add(struct chan *c, uint16_t cid)
{
    c->cid = cid;
    sweep(c->conn_handle, cid, false);
    sys_slist_prepend(&l2cap.chans, &c->le.chan.node);
}

// ---- Receiving ---------------------------------------------------------------------------------

static void ring_put(struct chan *c, const void *data, uint32_t len)
{
    uint32_t at = (c->rd + c->used) % c->size;
    uint32_t first = MIN(len, c->size - at);
    memcpy(c->ring + at, data, first);
    memcpy(c->ring, (const uint8_t *)data + first, len - first);
    c->used += len;
}

static void ring_get(struct chan *c, uint8_t *data, uint32_t len)
{
    uint32_t first = MIN(len, c->size - c->rd);
    memcpy(data, c->ring + c->rd, first);
    memcpy(data + first, c->ring, len - first);
    c->rd = (c->rd + len) % c->size;
    c->used -= len;
    c->whole -= len;
}

// Give the peer credits for what the ring has room for; many at a time, as they cost a frame.
static void refill(struct chan *c)
{
    uint32_t room = (c->size - c->used) / c->mps;
    bool worth = !c->whole || 4 * room * c->mps >= c->size;
    if (!c->ended && room > c->credits && 2u * c->credits <= room && worth) {
        uint16_t more = (uint16_t)(room - c->credits);
        if (!bt_l2cap_chan_give_credits(&c->le.chan, more)) {
            c->credits = (uint16_t)room;
        }
    }
}

// Octets that the program may read now: the rest of the oldest complete SDU.
static uint16_t readable(struct chan *c)
{
    if (!c->rd_left && c->whole) {
        uint8_t len[BT_L2CAP_SDU_HDR_SIZE];
        ring_get(c, len, sizeof(len));
        c->rd_left = sys_get_le16(len);
    }
    return c->rd_left;
}

static void on_segment(struct bt_l2cap_chan *chan, size_t sdu_len, off_t seg_offset,
                       struct net_buf_simple *seg)
{
    struct chan *c = CHAN_OF(chan);
    c->credits--;
    if (!c->rx_open && sdu_len) {
        uint8_t len[BT_L2CAP_SDU_HDR_SIZE];
        sys_put_le16((uint16_t)sdu_len, len);
        ring_put(c, len, sizeof(len));
        c->rx_open = true;
        c->rx_left = (uint16_t)sdu_len;
    }
    ring_put(c, seg->data, seg->len);
    c->rx_left = (uint16_t)(c->rx_left - seg->len);
    bool complete = c->rx_open && !c->rx_left;
    if (complete) {
        c->rx_open = false;
        c->whole = c->used;
    }
    refill(c);
    if (complete) {
        mpy_enter();
        mp_bluetooth_on_l2cap_recv(c->conn_handle, c->cid);
        mpy_leave();
    }
}

int mp_bluetooth_l2cap_recvinto(uint16_t conn_handle, uint16_t cid, uint8_t *buf, size_t *len)
{
    if (!mpy_on()) {
        return MP_ENODEV;
    }
    struct chan *c = find(conn_handle, cid);
    if (!c) {
        return mpy_conn_get(conn_handle) ? MP_EINVAL : MP_ENOTCONN;
    }
    size_t n = readable(c);
    if (buf) {
        n = MIN(n, *len);
        ring_get(c, buf, (uint32_t)n);
        c->rd_left = (uint16_t)(c->rd_left - n);
        refill(c);
    }
    *len = n;
    if (c->ended && buf && !n && !readable(c)) {
        chan_free(c);
    }
    return 0;
}

// ---- Sending -----------------------------------------------------------------------------------

static bool tx_full(const struct chan *c)
{
    return c->tx_count >= TX_SDUS || (c->tx_count >= 2 && c->tx_bytes >= TX_BYTES);
}

static bool tx_ready(const struct chan *c)
{
    return c->tx_count <= TX_SDUS / 2 && (c->tx_count < 2 || c->tx_bytes <= TX_BYTES / 2);
}

static void on_sent(struct bt_l2cap_chan *chan)
{
    struct chan *c = CHAN_OF(chan);
    c->tx_bytes -= c->tx_len[c->tx_first];
    c->tx_first = (c->tx_first + 1) % TX_SDUS;
    c->tx_count--;
    c->stuck = 0;
    if (c->closing && !c->tx_count) {
        (void)bt_l2cap_chan_disconnect(chan);
    }
    if (c->stalled && !c->closing && tx_ready(c) && mpy_on()) {
        c->stalled = false;
        mpy_enter();
        mp_bluetooth_on_l2cap_send_ready(c->conn_handle, c->cid, 0);
        mpy_leave();
    }
}

static int send_copy(struct chan *c, const uint8_t *data, size_t len)
{
    uint8_t *copy = mpy_alloc(BT_L2CAP_SDU_BUF_SIZE(len));
    if (!copy) {
        return MP_ENOMEM;
    }
    struct net_buf *buf =
        net_buf_alloc_with_data(&mpy_l2cap_tx, copy, BT_L2CAP_SDU_BUF_SIZE(len), K_NO_WAIT);
    if (!buf) {
        mpy_free(copy);
        return MP_ENOMEM;
    }
    *(void **)net_buf_user_data(buf) = copy;
    (void)net_buf_pull(buf, BT_L2CAP_SDU_CHAN_SEND_RESERVE);
    memcpy(buf->data, data, len);
    int err = bt_l2cap_chan_send(&c->le.chan, buf);
    if (err) {
        net_buf_unref(buf);
        return err == -ESHUTDOWN ? MP_ENOTCONN : mpy_errno(err);
    }
    c->tx_len[(c->tx_first + c->tx_count) % TX_SDUS] = (uint16_t)len;
    c->tx_count++;
    c->tx_bytes += (uint32_t)len;
    return 0;
}

int mp_bluetooth_l2cap_send(uint16_t conn_handle, uint16_t cid, const uint8_t *buf, size_t len,
                            bool *stalled)
{
    struct chan *c = NULL;
    int err = find_open(&c, conn_handle, cid);
    if (err) {
        return err;
    }
    if (!c->open || c->closing) {
        return MP_ENOTCONN;
    }
    if (c->stalled) {
        return MP_EBUSY;
    }
    if (!len || len > c->peer_mtu || len > 2u * c->our_mtu) {
        return MP_EINVAL;
    }
    err = send_copy(c, buf, len);
    if (!err) {
        c->stalled = tx_full(c);
        *stalled = c->stalled;
    }
    return err;
}

// ---- Life --------------------------------------------------------------------------------------

static void on_connected(struct bt_l2cap_chan *chan)
{
    struct chan *c = CHAN_OF(chan);
    c->offered = false;
    c->open = true;
    c->peer_mtu = MIN(c->le.tx.mtu, TX_MAX);
    if (mpy_on()) {
        mpy_enter();
        mp_bluetooth_on_l2cap_connect(c->conn_handle, c->cid, c->psm, c->our_mtu, c->peer_mtu);
        mpy_leave();
    }
}

static void on_disconnected(struct bt_l2cap_chan *chan)
{
    struct chan *c = CHAN_OF(chan);
    c->offered = false;
    c->closing = true;
    if (!mpy_conn_of(chan->conn)) {
        return; // The radio goes down.
    }
    mpy_enter();
    if (c->stalled) {
        mp_bluetooth_on_l2cap_send_ready(c->conn_handle, c->cid, MPY_STATUS_NOT_CONN);
    }
    mp_bluetooth_on_l2cap_disconnect(c->conn_handle, c->cid, c->psm,
                                     c->open ? 0 : MPY_STATUS_REJECT);
    mpy_leave();
}

static void on_released(struct bt_l2cap_chan *chan)
{
    struct chan *c = CHAN_OF(chan);
    c->ended = true;
    if (!readable(c) || !mpy_on()) {
        chan_free(c);
        return;
    }
    // Of channels that nobody reads any more the oldest is the last on the list.
    int ended = 0;
    struct chan *oldest = NULL;
    SYS_SLIST_FOR_EACH_CONTAINER (&l2cap.chans, c, le.chan.node) {
        ended += c->ended;
        oldest = c->ended ? c : oldest;
    }
    if (ended > ENDED_MAX) {
        chan_free(oldest);
    }
}

static const struct bt_l2cap_chan_ops ops = {
    .connected = on_connected,
    .disconnected = on_disconnected,
    .seg_recv = on_segment,
    .sent = on_sent,
    .released = on_released,
};

static int on_accept(struct bt_conn *conn, struct bt_l2cap_server *server,
                     struct bt_l2cap_chan **chan)
{
    struct breeze_l2cap_asked asked;
    struct mpy_conn *mc = mpy_conn_of(conn);
    struct chan *c = NULL;
    if (mc && !breeze_l2cap_asked(&asked)) {
        c = chan_new(mpy_conn_handle(mc), server->psm,
                     CONTAINER_OF(server, struct listener, server)->mtu);
    }
    if (!c) {
        return -ENOMEM;
    }
    mpy_enter();
    bool refused = mp_bluetooth_on_l2cap_accept(c->conn_handle, asked.cid, c->psm, c->our_mtu,
                                                MIN(asked.mtu, TX_MAX)) != 0;
    mpy_leave();
    if (refused || !mpy_on()) {
        mpy_free(c);
        return -ENOMEM; // To the peer: no resources.
    }
    c->offered = true;
    chan_add(c, asked.cid);
    *chan = &c->le.chan;
    return 0;
}

int mp_bluetooth_l2cap_listen(uint16_t psm, uint16_t mtu)
{
    if (!mpy_on()) {
        return MP_ENODEV;
    }
    if (!psm) {
        return MP_EINVAL;
    }
    struct listener *listener = mpy_alloc(sizeof(*listener));
    if (!listener) {
        return MP_ENOMEM;
    }
    listener->mtu = mtu;
    listener->server = (struct bt_l2cap_server){.psm = psm, .accept = on_accept};
    int err = bt_l2cap_server_register(&listener->server);
    if (err) {
        mpy_free(listener);
        return err == -EADDRINUSE ? MP_EALREADY : mpy_errno(err);
    }
    sys_slist_append(&l2cap.listeners, &listener->node);
    return 0;
}

int mp_bluetooth_l2cap_connect(uint16_t conn_handle, uint16_t psm, uint16_t mtu)
{
    if (!mpy_on()) {
        return MP_ENODEV;
    }
    struct mpy_conn *mc = mpy_conn_get(conn_handle);
    if (!mc) {
        return MP_ENOTCONN;
    }
    struct chan *c = chan_new(conn_handle, psm, mtu);
    if (!c) {
        return MP_ENOMEM;
    }
    int err = bt_l2cap_chan_connect(mc->conn, &c->le.chan, psm);
    if (err) {
        mpy_free(c);
        return mpy_errno(err);
    }
    chan_add(c, c->le.rx.cid);
    return 0;
}

// Channels that wait for their SDUs to leave before they end: is there still hope?
static void look_at_closing(struct k_work *work)
{
    bool any = false;
    struct chan *c;
    SYS_SLIST_FOR_EACH_CONTAINER (&l2cap.chans, c, le.chan.node) {
        if (!c->closing || c->ended || !c->tx_count) {
            continue;
        }
        c->stuck = atomic_get(&c->le.tx.credits) ? 0 : c->stuck + 1;
        if (c->stuck < CLOSE_TICKS) {
            any = true;
        } else {
            (void)bt_l2cap_chan_disconnect(&c->le.chan);
        }
    }
    if (any) {
        (void)k_work_schedule(&l2cap.close_work, K_MSEC(CLOSE_MS));
    }
}

int mp_bluetooth_l2cap_disconnect(uint16_t conn_handle, uint16_t cid)
{
    struct chan *c = NULL;
    int err = find_open(&c, conn_handle, cid);
    if (err) {
        return err;
    }
    if (c->closing) {
        return MP_EALREADY;
    }
    c->closing = true;
    if (!c->tx_count) {
        return mpy_errno(bt_l2cap_chan_disconnect(&c->le.chan));
    }
    if (!l2cap.work_ready) {
        l2cap.work_ready = true;
        k_work_init_delayable(&l2cap.close_work, look_at_closing);
    }
    (void)k_work_schedule(&l2cap.close_work, K_MSEC(CLOSE_MS));
    return 0;
}

void mpy_l2cap_reset(void)
{
    if (l2cap.work_ready) {
        (void)k_work_cancel_delayable(&l2cap.close_work);
    }
    sys_snode_t *node;
    while ((node = sys_slist_get(&l2cap.listeners))) {
        struct listener *listener = CONTAINER_OF(node, struct listener, node);
        (void)bt_l2cap_server_unregister(&listener->server);
        mpy_free(listener);
    }
    sweep(0, 0, true);
}
