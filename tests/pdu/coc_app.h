// An application with channels, for PDU scripts: it notes what it is told.
#ifndef BREEZE_TESTS_PDU_COC_APP_H_
#define BREEZE_TESTS_PDU_COC_APP_H_

#include <stdio.h>

#include <breeze/l2cap.h>
#include <zephyr/bluetooth/l2cap.h>

#include "kernel/loop.h"
#include "l2cap/state.h"
#include "pdu/fake.h"

#define APP_CHANS 12

static struct bt_conn *conn;
static struct bt_l2cap_le_chan chans[APP_CHANS];
static char heard[2048];
static int accept_err;
static struct breeze_l2cap_asked asked; // What breeze_l2cap_asked() said to app_accept(), ...
static int asked_err;                   // ... and returned.
static struct bt_l2cap_chan *connect_in_accept; // A channel that app_accept() opens itself.
static unsigned int accepted;
static int recv_says;
static struct net_buf *kept[8];
static unsigned int kept_count;
static const struct bt_l2cap_chan_ops *accept_ops;

NET_BUF_POOL_FIXED_DEFINE(sdu_pool, 4, BT_L2CAP_SDU_BUF_SIZE(600), 0, NULL);

__attribute__((format(printf, 1, 2))) static void hear(const char *format, ...)
{
    va_list args;
    size_t len = strlen(heard);
    va_start(args, format);
    vsnprintf(heard + len, sizeof(heard) - len, format, args);
    va_end(args);
}

#define HEARD(text)                                                                                \
    do {                                                                                           \
        assert_string_equal(heard, text);                                                          \
        heard[0] = 0;                                                                              \
    } while (0)

static int number(struct bt_l2cap_chan *chan)
{
    return (int)(BT_L2CAP_LE_CHAN(chan) - chans);
}

static void app_connected(struct bt_l2cap_chan *chan)
{
    hear("c%d ", number(chan));
}

static void app_disconnected(struct bt_l2cap_chan *chan)
{
    hear("d%d ", number(chan));
}

static void app_released(struct bt_l2cap_chan *chan)
{
    assert_null(chan->conn);
    hear("r%d ", number(chan));
}

static void app_sent(struct bt_l2cap_chan *chan)
{
    hear("s%d ", number(chan));
}

static void app_status(struct bt_l2cap_chan *chan, atomic_t *status)
{
    hear("%s%d ", atomic_test_bit(status, BT_L2CAP_STATUS_OUT) ? "go" : "stop", number(chan));
}

static void app_reconfigured(struct bt_l2cap_chan *chan)
{
    hear("m%d ", number(chan));
}

static struct net_buf *app_alloc(struct bt_l2cap_chan *chan)
{
    return net_buf_alloc(&sdu_pool, K_NO_WAIT);
}

static int app_recv(struct bt_l2cap_chan *chan, struct net_buf *buf)
{
    hear("sdu%d:%zu ", number(chan), net_buf_frags_len(buf));
    if (recv_says == -EINPROGRESS) {
        kept[kept_count++] = buf;
    }
    return recv_says;
}

static void app_seg(struct bt_l2cap_chan *chan, size_t sdu_len, off_t offset,
                    struct net_buf_simple *seg)
{
    hear("seg%d:%zu@%ld/%zu ", number(chan), (size_t)seg->len, (long)offset, sdu_len);
}

static const struct bt_l2cap_chan_ops ops = {
    .connected = app_connected,
    .disconnected = app_disconnected,
    .released = app_released,
    .alloc_buf = app_alloc,
    .recv = app_recv,
    .reconfigured = app_reconfigured,
};

// The same with everything else there is.
static const struct bt_l2cap_chan_ops all_ops = {
    .connected = app_connected,
    .disconnected = app_disconnected,
    .released = app_released,
    .sent = app_sent,
    .status = app_status,
    .alloc_buf = app_alloc,
    .recv = app_recv,
    .reconfigured = app_reconfigured,
};

static const struct bt_l2cap_chan_ops seg_ops = {
    .connected = app_connected,
    .disconnected = app_disconnected,
    .released = app_released,
    .seg_recv = app_seg,
};

static int app_accept(struct bt_conn *peer, struct bt_l2cap_server *server,
                      struct bt_l2cap_chan **chan)
{
    asked_err = breeze_l2cap_asked(&asked);
    if (connect_in_accept) {
        assert_int_equal(bt_l2cap_chan_connect(peer, connect_in_accept, 0x25), 0);
    }
    if (accept_err) {
        return accept_err;
    }
    for (int i = 0; i < APP_CHANS; i++) {
        if (!chans[i].chan.conn) {
            chans[i].chan.ops = accept_ops;
            *chan = &chans[i].chan;
            accepted++;
            return 0;
        }
    }
    return -ENOMEM;
}

static struct bt_l2cap_server server;

// A server on PSM 0x80 whose channels take SDUs of `mtu`.
static void app_begin(uint16_t mtu, const struct bt_l2cap_chan_ops *of)
{
    fake_begin(BT_CONN_ROLE_PERIPHERAL);
    conn = conn_at(0);
    memset(chans, 0, sizeof(chans));
    for (int i = 0; i < APP_CHANS; i++) {
        chans[i].rx.mtu = mtu;
        chans[i].chan.ops = of;
    }
    heard[0] = 0;
    accept_err = 0;
    connect_in_accept = NULL;
    accepted = 0;
    recv_says = 0;
    kept_count = 0;
    accept_ops = of;
    server = (struct bt_l2cap_server){.psm = 0x80, .accept = app_accept};
    assert_int_equal(bt_l2cap_server_register(&server), 0);
}

static int app_end(void **state)
{
    fake_end();
    for (int i = 0; i < APP_CHANS; i++) {
        assert_null(chans[i].chan.conn);
    }
    while (kept_count) {
        net_buf_unref(kept[--kept_count]);
    }
    struct net_buf *bufs[4];
    for (int i = 0; i < 4; i++) {
        bufs[i] = net_buf_alloc(&sdu_pool, K_NO_WAIT);
        assert_non_null(bufs[i]);
    }
    for (int i = 0; i < 4; i++) {
        net_buf_unref(bufs[i]);
    }
    return 0;
}

static __maybe_unused struct net_buf *an_sdu(size_t len)
{
    struct net_buf *buf = net_buf_alloc(&sdu_pool, K_NO_WAIT);
    assert_non_null(buf);
    net_buf_reserve(buf, BT_L2CAP_SDU_CHAN_SEND_RESERVE);
    memset(net_buf_add(buf, len), 'x', len);
    return buf;
}

#define FRAMES(conn, cid, text) fake_script(conn, cid, text, __FILE__, __LINE__)

#endif // BREEZE_TESTS_PDU_COC_APP_H_
