// The test host's credit based channel: one at a time. What is sent counts up, octet n of the stream is
// n modulo 251; what comes is held against that.
#include <errno.h>

#include <zephyr/bluetooth/l2cap.h>

#include "host_parts.h"

#define CHAN_MTU 2000

static struct bt_l2cap_le_chan chan;
static uint32_t to_send;
static uint32_t sent_octets;
static uint32_t expected; // Tell when so many octets have come.
static uint32_t received;
static uint32_t wrong;

NET_BUF_POOL_FIXED_DEFINE(chan_tx, 4, BT_L2CAP_SDU_BUF_SIZE(CHAN_MTU), 0, NULL);
NET_BUF_POOL_FIXED_DEFINE(chan_rx, 2, CHAN_MTU, 0, NULL);

static void pump(void)
{
    while (to_send > 0) {
        struct net_buf *buf = net_buf_alloc(&chan_tx, K_NO_WAIT);
        if (buf == NULL) {
            return;
        }
        // Every length from 1 octet to the peer's MTU is used.
        uint32_t len = 1 + sent_octets * 7 % MIN(CHAN_MTU, chan.tx.mtu);
        len = MIN(len, to_send);
        net_buf_reserve(buf, BT_L2CAP_SDU_CHAN_SEND_RESERVE);
        for (uint32_t i = 0; i < len; i++) {
            (void)net_buf_add_u8(buf, (uint8_t)((sent_octets + i) % 251));
        }
        int err = bt_l2cap_chan_send(&chan.chan, buf);
        if (err != 0) {
            net_buf_unref(buf);
            say("chan_send_failed err=%d", err);
            return;
        }
        to_send -= len;
        sent_octets += len;
    }
}

static void on_connected(struct bt_l2cap_chan *c)
{
    say("chan_open %u", chan.tx.mtu);
}

static void on_disconnected(struct bt_l2cap_chan *c)
{
    to_send = 0;
    say("chan_closed");
}

static void on_sent(struct bt_l2cap_chan *c)
{
    pump();
}

static struct net_buf *on_alloc(struct bt_l2cap_chan *c)
{
    return net_buf_alloc(&chan_rx, K_NO_WAIT);
}

static int on_recv(struct bt_l2cap_chan *c, struct net_buf *buf)
{
    for (uint16_t i = 0; i < buf->len; i++) {
        wrong += buf->data[i] != (received + i) % 251;
    }
    received += buf->len;
    if (received >= expected) {
        say("chan_received %u %u", (unsigned)received, (unsigned)wrong);
    }
    return 0;
}

static const struct bt_l2cap_chan_ops chan_ops = {
    .connected = on_connected,
    .disconnected = on_disconnected,
    .sent = on_sent,
    .alloc_buf = on_alloc,
    .recv = on_recv,
};

static void chan_prepare(void)
{
    chan = (struct bt_l2cap_le_chan){.chan.ops = &chan_ops, .rx.mtu = CHAN_MTU};
    to_send = 0;
    sent_octets = 0;
    received = 0;
    wrong = 0;
}

static int on_accept(struct bt_conn *conn, struct bt_l2cap_server *server, struct bt_l2cap_chan **c)
{
    if (chan.chan.conn != NULL) {
        return -ENOMEM;
    }
    chan_prepare();
    *c = &chan.chan;
    return 0;
}

int chan_listen(uint16_t psm)
{
    static struct bt_l2cap_server server;
    server = (struct bt_l2cap_server){.psm = psm, .accept = on_accept};
    return bt_l2cap_server_register(&server);
}

int chan_connect(uint32_t link, uint16_t psm, bool enhanced, uint32_t level)
{
    struct bt_l2cap_chan *chans[] = {&chan.chan, NULL};
    if (chan.chan.conn != NULL) {
        return -EBUSY;
    }
    chan_prepare();
    chan.required_sec_level = (bt_security_t)level;
    return enhanced ? bt_l2cap_ecred_chan_connect(link_at(link), chans, psm)
                    : bt_l2cap_chan_connect(link_at(link), &chan.chan, psm);
}

int chan_expect(uint32_t octets)
{
    expected = octets;
    return 0;
}

int chan_send(uint32_t octets)
{
    to_send = octets;
    pump();
    return 0;
}

int chan_close(void)
{
    return bt_l2cap_chan_disconnect(&chan.chan);
}
