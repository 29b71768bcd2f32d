// The test host's enhanced channels: up to five at once, each of which sends back what comes.
#include <errno.h>

#include <zephyr/bluetooth/l2cap.h>

#include "host_parts.h"

#define CHANS   5
#define SDU_MAX 1500

struct echo {
    struct bt_l2cap_le_chan le;
    sys_slist_t kept; // SDUs that wait for a buffer to go back in.
};

static struct echo echoes[CHANS];

NET_BUF_POOL_FIXED_DEFINE(echo_tx, 2 * CHANS, BT_L2CAP_SDU_BUF_SIZE(SDU_MAX), 0, NULL);
// Channels that keep SDUs now and then: what peers may send already has a place.
NET_BUF_POOL_FIXED_DEFINE(echo_rx, (CONFIG_BREEZE_L2CAP_WINDOW + 2) * CHANS, SDU_MAX, 0, NULL);

static struct echo *echo_of(struct bt_l2cap_chan *chan)
{
    return CONTAINER_OF(BT_L2CAP_LE_CHAN(chan), struct echo, le);
}

static int number_of(struct bt_l2cap_chan *chan)
{
    return (int)(echo_of(chan) - echoes);
}

static bool send_back(struct echo *echo, const struct net_buf *sdu)
{
    struct net_buf *buf = net_buf_alloc(&echo_tx, K_NO_WAIT);
    if (buf == NULL) {
        return false;
    }
    net_buf_reserve(buf, BT_L2CAP_SDU_CHAN_SEND_RESERVE);
    (void)net_buf_add_mem(buf, sdu->data, sdu->len);
    int err = bt_l2cap_chan_send(&echo->le.chan, buf);
    if (err != 0) {
        net_buf_unref(buf);
        say("ecred_send_failed %d err=%d", number_of(&echo->le.chan), err);
    }
    return true;
}

static void on_connected(struct bt_l2cap_chan *chan)
{
    say("ecred_open %d %u", number_of(chan), echo_of(chan)->le.tx.mtu);
}

static void on_disconnected(struct bt_l2cap_chan *chan)
{
    struct net_buf *buf;
    while ((buf = net_buf_slist_get(&echo_of(chan)->kept)) != NULL) {
        net_buf_unref(buf);
    }
    say("ecred_closed %d", number_of(chan));
}

static void pump(void)
{
    for (size_t i = 0; i < CHANS; i++) {
        struct echo *echo = &echoes[i];
        sys_snode_t *node = sys_slist_peek_head(&echo->kept);
        while (node != NULL && send_back(echo, CONTAINER_OF(node, struct net_buf, node))) {
            (void)bt_l2cap_chan_recv_complete(&echo->le.chan, net_buf_slist_get(&echo->kept));
            node = sys_slist_peek_head(&echo->kept);
        }
    }
}

static void on_sent(struct bt_l2cap_chan *chan)
{
    pump();
}

static struct net_buf *on_alloc(struct bt_l2cap_chan *chan)
{
    return net_buf_alloc(&echo_rx, K_NO_WAIT);
}

static int on_recv(struct bt_l2cap_chan *chan, struct net_buf *buf)
{
    struct echo *echo = echo_of(chan);
    if (sys_slist_is_empty(&echo->kept) && send_back(echo, buf)) {
        return 0;
    }
    net_buf_slist_put(&echo->kept, buf);
    return -EINPROGRESS;
}

static void on_reconfigured(struct bt_l2cap_chan *chan)
{
    say("ecred_reconfigured %d %u %u", number_of(chan), echo_of(chan)->le.rx.mtu,
        echo_of(chan)->le.tx.mtu);
}

static const struct bt_l2cap_chan_ops ops = {
    .connected = on_connected,
    .disconnected = on_disconnected,
    .sent = on_sent,
    .alloc_buf = on_alloc,
    .recv = on_recv,
    .reconfigured = on_reconfigured,
};

// A free one, made ready; NULL.
static struct bt_l2cap_chan *take(void)
{
    for (size_t i = 0; i < CHANS; i++) {
        if (echoes[i].le.chan.conn == NULL && echoes[i].le.chan.ops == NULL) {
            echoes[i].le.chan.ops = &ops;
            echoes[i].le.rx.mtu = 1000;
            return &echoes[i].le.chan;
        }
    }
    return NULL;
}

static int on_accept(struct bt_conn *conn, struct bt_l2cap_server *server, struct bt_l2cap_chan **c)
{
    *c = take();
    return *c == NULL ? -ENOMEM : 0;
}

int ecred_listen(uint16_t psm)
{
    static struct bt_l2cap_server server;
    server = (struct bt_l2cap_server){.psm = psm, .accept = on_accept};
    return bt_l2cap_server_register(&server);
}

void ecred_free(void)
{
    for (size_t i = 0; i < CHANS; i++) {
        if (echoes[i].le.chan.conn == NULL) {
            echoes[i] = (struct echo){0};
        }
    }
}

int ecred_connect(uint32_t link, uint16_t psm, uint32_t count)
{
    struct bt_l2cap_chan *chans[CHANS + 1] = {NULL};
    for (uint32_t i = 0; i < count && i < CHANS; i++) {
        chans[i] = take();
    }
    return bt_l2cap_ecred_chan_connect(link_at(link), chans, psm);
}

int ecred_reconfigure(uint16_t mtu)
{
    struct bt_l2cap_chan *chans[CHANS + 1] = {NULL};
    size_t n = 0;
    for (size_t i = 0; i < CHANS; i++) {
        if (echoes[i].le.chan.conn != NULL) {
            chans[n++] = &echoes[i].le.chan;
        }
    }
    return bt_l2cap_ecred_chan_reconfigure(chans, mtu);
}
