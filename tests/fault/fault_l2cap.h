// Credit based channels in the fault sweeps, LE and enhanced. Included once, by fault.c, behind its helpers.
//
// A channel is a procedure: it starts where it is asked for, or accepted, and ends with `released`.
#ifndef BREEZE_TESTS_FAULT_FAULT_L2CAP_H_
#define BREEZE_TESTS_FAULT_FAULT_L2CAP_H_

#include <zephyr/bluetooth/l2cap.h>

#define CHANS    2
#define CHAN_PSM 0x80
#define CHAN_MTU 300
#define CHAN_SDU 280 // Two K-frames

static struct chan_end {
    struct bt_l2cap_le_chan le;
    bool used;
} chan_ends[2][CHANS];

static struct {
    unsigned int connected, disconnected, received, sent, reconfigured;
} chan_sides[2];

static struct bt_l2cap_server chan_server;

NET_BUF_POOL_FIXED_DEFINE(chan_tx_0, 2 * CHANS, BT_L2CAP_SDU_BUF_SIZE(CHAN_SDU), 0, NULL);
NET_BUF_POOL_FIXED_DEFINE(chan_tx_1, 2 * CHANS, BT_L2CAP_SDU_BUF_SIZE(CHAN_SDU), 0, NULL);
NET_BUF_POOL_FIXED_DEFINE(chan_rx_0, CHANS, CHAN_MTU, 0, NULL);
NET_BUF_POOL_FIXED_DEFINE(chan_rx_1, CHANS, CHAN_MTU, 0, NULL);
static struct net_buf_pool *const chan_tx[] = {&chan_tx_0, &chan_tx_1};
static struct net_buf_pool *const chan_rx[] = {&chan_rx_0, &chan_rx_1};

static int chan_me(void)
{
    return here() == &sides[CENTRAL];
}

static unsigned int chan_pools_left(int who)
{
    unsigned int left = 0;
    for (int i = 0; i < CHANS; i++) {
        left += chan_ends[who][i].used;
    }
    return left + (chan_tx[who]->avail_count != chan_tx[who]->buf_count) +
           (chan_rx[who]->avail_count != chan_rx[who]->buf_count);
}

static void chan_begin(void)
{
    memset(chan_ends, 0, sizeof(chan_ends));
    chan_server = (struct bt_l2cap_server){.psm = 0};
}

// ---- The application ---------------------------------------------------------------------------

static void on_chan_connected(struct bt_l2cap_chan *chan)
{
    (void)callback();
    chan_sides[chan_me()].connected++;
}

static void on_chan_disconnected(struct bt_l2cap_chan *chan)
{
    (void)callback();
    chan_sides[chan_me()].disconnected++;
}

static void on_chan_released(struct bt_l2cap_chan *chan)
{
    CONTAINER_OF(BT_L2CAP_LE_CHAN(chan), struct chan_end, le)->used = false;
    callback()->ended++;
}

static void on_chan_sent(struct bt_l2cap_chan *chan)
{
    (void)callback();
    chan_sides[chan_me()].sent++;
}

static void on_chan_reconfigured(struct bt_l2cap_chan *chan)
{
    (void)callback();
    chan_sides[chan_me()].reconfigured++;
}

static struct net_buf *on_chan_alloc(struct bt_l2cap_chan *chan)
{
    (void)callback();
    return net_buf_alloc(chan_rx[chan_me()], K_NO_WAIT);
}

static int on_chan_recv(struct bt_l2cap_chan *chan, struct net_buf *buf)
{
    (void)callback();
    chan_sides[chan_me()].received += buf->len == CHAN_SDU;
    return 0;
}

static const struct bt_l2cap_chan_ops chan_ops = {
    .connected = on_chan_connected,
    .disconnected = on_chan_disconnected,
    .released = on_chan_released,
    .sent = on_chan_sent,
    .reconfigured = on_chan_reconfigured,
    .alloc_buf = on_chan_alloc,
    .recv = on_chan_recv,
};

// NULL: all are in use.
static struct bt_l2cap_chan *chan_take(uint16_t mtu)
{
    for (int i = 0; i < CHANS; i++) {
        struct chan_end *end = &chan_ends[chan_me()][i];
        if (!end->used) {
            *end = (struct chan_end){.used = true};
            end->le.chan.ops = &chan_ops;
            end->le.rx.mtu = mtu;
            here()->started++;
            return &end->le.chan;
        }
    }
    return NULL;
}

// The host never saw it.
static int chan_untake(struct bt_l2cap_chan *chan, int err)
{
    if (err) {
        CONTAINER_OF(BT_L2CAP_LE_CHAN(chan), struct chan_end, le)->used = false;
        here()->started--;
    }
    return err;
}

static int on_accept(struct bt_conn *conn, struct bt_l2cap_server *server,
                     struct bt_l2cap_chan **chan)
{
    (void)callback();
    *chan = chan_take(CHAN_MTU);
    return *chan ? 0 : -ENOMEM;
}

// The peripheral's only; it stays over bt_disable().
static int call_serve(void)
{
    if (chan_server.accept) {
        return 0;
    }
    chan_server = (struct bt_l2cap_server){.psm = CHAN_PSM, .accept = on_accept};
    return bt_l2cap_server_register(&chan_server);
}

static int call_open(void)
{
    struct bt_l2cap_chan *chan = here()->conn ? chan_take(CHAN_MTU) : NULL;
    return chan ? chan_untake(chan, bt_l2cap_chan_connect(here()->conn, chan, CHAN_PSM))
                : -ENOTCONN;
}

static int call_open_ecred(void)
{
    struct bt_l2cap_chan *chans[CHANS + 1] = {NULL};
    if (!here()->conn) {
        return -ENOTCONN;
    }
    for (int i = 0; i < CHANS; i++) {
        chans[i] = chan_take(BT_L2CAP_ECRED_MIN_MTU);
    }
    int err =
        chans[CHANS - 1] ? bt_l2cap_ecred_chan_connect(here()->conn, chans, CHAN_PSM) : -ENOMEM;
    for (int i = 0; i < CHANS && chans[i]; i++) {
        (void)chan_untake(chans[i], err);
    }
    return err;
}

static int call_reconfigure(void)
{
    struct bt_l2cap_chan *chans[CHANS + 1] = {NULL};
    for (int i = 0; i < CHANS; i++) {
        chans[i] = &chan_ends[chan_me()][i].le.chan;
    }
    return bt_l2cap_ecred_chan_reconfigure(chans, CHAN_MTU);
}

static int call_send(void)
{
    struct bt_l2cap_chan *chan = &chan_ends[chan_me()][0].le.chan;
    struct net_buf *buf = net_buf_alloc(chan_tx[chan_me()], K_NO_WAIT);
    if (!buf) {
        return -ENOBUFS;
    }
    net_buf_reserve(buf, BT_L2CAP_SDU_CHAN_SEND_RESERVE);
    net_buf_add_mem(buf, big, CHAN_SDU);
    int err = chan_ends[chan_me()][0].used ? bt_l2cap_chan_send(chan, buf) : -ENOTCONN;
    if (err) {
        net_buf_unref(buf);
    }
    return err;
}

static int call_close(void)
{
    struct chan_end *end = &chan_ends[chan_me()][0];
    return end->used ? bt_l2cap_chan_disconnect(&end->le.chan) : -ENOTCONN;
}

// ---- Scenarios ---------------------------------------------------------------------------------

static bool chans_open(int (*open)(void), unsigned int count)
{
    unsigned int p = chan_sides[PERIPHERAL].connected;
    unsigned int c = chan_sides[CENTRAL].connected;
    return does(PERIPHERAL, call_serve) && does(CENTRAL, open) &&
           until(&chan_sides[PERIPHERAL].connected, p + count) &&
           until(&chan_sides[CENTRAL].connected, c + count);
}

static bool chan_send(int who, unsigned int count)
{
    unsigned int sent = chan_sides[who].sent;
    unsigned int received = chan_sides[!who].received;
    for (unsigned int i = 0; i < count; i++) {
        if (!does(who, call_send)) {
            return false;
        }
    }
    return until(&chan_sides[!who].received, received + count) &&
           until(&chan_sides[who].sent, sent + count);
}

static bool chan_close(int who)
{
    unsigned int p = chan_sides[PERIPHERAL].disconnected;
    unsigned int c = chan_sides[CENTRAL].disconnected;
    return does(who, call_close) && until(&chan_sides[PERIPHERAL].disconnected, p + 1) &&
           until(&chan_sides[CENTRAL].disconnected, c + 1);
}

static bool scenario_channel(void)
{
    return link_up(call_advertise, call_create) && chans_open(call_open, 1) &&
           chan_send(CENTRAL, 3) && chan_send(PERIPHERAL, 3) && chan_close(PERIPHERAL) &&
           chans_open(call_open, 1) && does(CENTRAL, call_send) && link_down(CENTRAL);
}

// The reconfiguration lets the peripheral send more; one channel is closed, the other by the link.
static bool scenario_ecred(void)
{
    unsigned int changed = chan_sides[CENTRAL].reconfigured;
    return link_up(call_advertise, call_create) && chans_open(call_open_ecred, CHANS) &&
           does(CENTRAL, call_reconfigure) &&
           until(&chan_sides[CENTRAL].reconfigured, changed + CHANS) && chan_send(PERIPHERAL, 2) &&
           chan_send(CENTRAL, 2) && chan_close(CENTRAL) && link_down(PERIPHERAL);
}

#endif // BREEZE_TESTS_FAULT_FAULT_L2CAP_H_
