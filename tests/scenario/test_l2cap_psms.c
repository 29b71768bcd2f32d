// Many servers on one host at once: each PSM has channels of its own, servers come and go while channels
// are open, and what is open stays.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <zephyr/bluetooth/l2cap.h>

#include "support/pair.h"

#define LIMIT_US 60000000LL
#define PSMS     4
#define SDUS     200
#define SDU_LEN  300

static struct pair pair;

// The channel of one PSM: what it sends is marked with it.
static struct end {
    struct bt_l2cap_le_chan le;
    bool open;
    bool over;
    unsigned int sent;
    unsigned int received;
} ends[2][PSMS];
static struct bt_l2cap_server servers[PSMS];

NET_BUF_POOL_FIXED_DEFINE(tx_pool_0, PSMS, BT_L2CAP_SDU_BUF_SIZE(SDU_LEN), 0, NULL);
NET_BUF_POOL_FIXED_DEFINE(tx_pool_1, PSMS, BT_L2CAP_SDU_BUF_SIZE(SDU_LEN), 0, NULL);
NET_BUF_POOL_FIXED_DEFINE(rx_pool, 2 * PSMS, SDU_LEN, 0, NULL);

static struct end *mine(void)
{
    return ends[pair_here() == &pair.hosts[PAIR_CENTRAL]];
}

static void send_more(void)
{
    struct net_buf_pool *pool = mine() == ends[0] ? &tx_pool_0 : &tx_pool_1;
    for (unsigned int i = 0; i < PSMS; i++) {
        struct end *end = &mine()[i];
        struct net_buf *buf = end->open && end->sent < SDUS ? net_buf_alloc(pool, K_NO_WAIT) : NULL;
        if (!buf) {
            continue;
        }
        net_buf_reserve(buf, BT_L2CAP_SDU_CHAN_SEND_RESERVE);
        memset(net_buf_add(buf, SDU_LEN), (int)(i * 50 + end->sent % 50), SDU_LEN);
        assert_int_equal(bt_l2cap_chan_send(&end->le.chan, buf), 0);
        end->sent++;
    }
}

static struct end *end_of(struct bt_l2cap_chan *chan)
{
    return CONTAINER_OF(BT_L2CAP_LE_CHAN(chan), struct end, le);
}

static void on_connected(struct bt_l2cap_chan *chan)
{
    end_of(chan)->open = true;
}

static void on_disconnected(struct bt_l2cap_chan *chan)
{
    end_of(chan)->open = false;
    end_of(chan)->over = true;
}

static void on_sent(struct bt_l2cap_chan *chan)
{
    send_more();
}

static struct net_buf *on_alloc(struct bt_l2cap_chan *chan)
{
    return net_buf_alloc(&rx_pool, K_NO_WAIT);
}

static int on_recv(struct bt_l2cap_chan *chan, struct net_buf *buf)
{
    struct end *end = end_of(chan);
    uint8_t mark = (uint8_t)((end - mine()) * 50 + end->received % 50);
    assert_int_equal(buf->len, SDU_LEN);
    for (unsigned int i = 0; i < SDU_LEN; i++) {
        assert_int_equal(buf->data[i], mark);
    }
    end->received++;
    return 0;
}

static const struct bt_l2cap_chan_ops ops = {
    .connected = on_connected,
    .disconnected = on_disconnected,
    .sent = on_sent,
    .alloc_buf = on_alloc,
    .recv = on_recv,
};

static void ready(struct end *end)
{
    *end = (struct end){.le = {.chan.ops = &ops, .rx.mtu = SDU_LEN}};
}

static int on_accept(struct bt_conn *conn, struct bt_l2cap_server *server,
                     struct bt_l2cap_chan **chan)
{
    struct end *end = &mine()[server - servers];
    ready(end);
    *chan = &end->le.chan;
    return 0;
}

// One in the range of the SIG, the others where there is room.
static void do_listen(void *arg)
{
    for (unsigned int i = 0; i < PSMS; i++) {
        servers[i] = (struct bt_l2cap_server){.psm = i ? 0 : 0x25, .accept = on_accept};
        assert_int_equal(bt_l2cap_server_register(&servers[i]), 0);
        for (unsigned int k = 0; k < i; k++) {
            assert_int_not_equal(servers[i].psm, servers[k].psm);
        }
    }
}

static void do_open(void *arg)
{
    for (unsigned int i = 0; i < PSMS; i++) {
        ready(&mine()[i]);
        assert_int_equal(
            bt_l2cap_chan_connect(pair_here()->conn, &mine()[i].le.chan, servers[i].psm), 0);
    }
}

static void do_send(void *arg)
{
    send_more();
}

static void do_unlisten(void *arg)
{
    for (unsigned int i = 0; i < PSMS; i++) {
        assert_int_equal(bt_l2cap_server_unregister(&servers[i]), 0);
    }
}

static bool all_open(void *arg)
{
    for (unsigned int i = 0; i < PSMS; i++) {
        if (!ends[0][i].open || !ends[1][i].open) {
            return false;
        }
    }
    return true;
}

static bool all_received(void *arg)
{
    for (unsigned int i = 0; i < PSMS; i++) {
        if (ends[0][i].received < SDUS || ends[1][i].received < SDUS) {
            return false;
        }
    }
    return true;
}

static struct end late;

static void do_open_late(void *arg)
{
    ready(&late);
    assert_int_equal(bt_l2cap_chan_connect(pair_here()->conn, &late.le.chan, servers[1].psm), 0);
}

static bool late_over(void *arg)
{
    return late.over;
}

static void servers_go_while_channels_are_open(void **state)
{
    struct pair_options options = {.seed = 4, .interval = 12};
    assert_true(pair_start(&pair, &options));
    sim_on(pair.hosts[PAIR_PERIPHERAL].host, do_listen, NULL);
    sim_on(pair.hosts[PAIR_CENTRAL].host, do_open, NULL);
    assert_true(pair_until(all_open, NULL, LIMIT_US));
    for (unsigned int i = 0; i < 2; i++) {
        sim_on(pair.hosts[i].host, do_send, NULL);
    }
    sim_run(pair.sim, 200000);
    assert_false(all_received(NULL));
    sim_on(pair.hosts[PAIR_PERIPHERAL].host, do_unlisten, NULL);
    sim_on(pair.hosts[PAIR_CENTRAL].host, do_open_late, NULL);
    assert_true(pair_until(late_over, NULL, LIMIT_US));
    assert_true(pair_until(all_received, NULL, LIMIT_US));
    assert_true(all_open(NULL));
    pair_stop(&pair);
    assert_int_equal(tx_pool_0.avail_count, tx_pool_0.buf_count);
    assert_int_equal(tx_pool_1.avail_count, tx_pool_1.buf_count);
    assert_int_equal(rx_pool.avail_count, rx_pool.buf_count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(servers_go_while_channels_are_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
