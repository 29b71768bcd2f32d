// Credit based channels between two whole hosts on the virtual air: every octet arrives, in order;
// 100 MB in all.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <breeze/breeze.h>
#include <zephyr/bluetooth/l2cap.h>

#include "support/pair.h"

#define LIMIT_US 600000000LL
#define PSM      0x80
#define SDU_MAX  65520 // With its headroom it still fits a net_buf.
#define CHANS    4
// One per channel, and for those that are kept: as many SDUs of 1 octet as there are credits.
#define RX_BUFS 24

static struct pair pair;

// ---- An application that sends numbered SDUs and checks what comes ------------------------------

enum how { BY_SDU, BY_SEGMENT, KEEPING };

// One direction of one channel: SDUs of a pseudo random sequence, so many octets in all.
struct flow {
    uint32_t seed;
    uint64_t goal;
    uint64_t sent;     // Octets given to the host,
    uint64_t received; // ... and those that came.
    uint32_t tx_rnd;
    uint32_t rx_rnd;
    uint32_t tx_octet;
    uint32_t rx_octet;
    uint16_t max;
    uint16_t sdu_left; // BY_SEGMENT: of the SDU that comes.
};

struct end {
    struct bt_l2cap_le_chan le;
    struct flow *out;
    struct flow *in;
    enum how how;
    bool open;
    unsigned int disconnected;
    unsigned int released;
    unsigned int sdus;
    sys_slist_t kept;
    struct k_work_delayable later;
};

static struct flow flows[2][CHANS]; // By sender.
static struct end ends[2][CHANS];

NET_BUF_POOL_FIXED_DEFINE(tx_pool_0, 2 * CHANS, BT_L2CAP_SDU_BUF_SIZE(SDU_MAX), 0, NULL);
NET_BUF_POOL_FIXED_DEFINE(tx_pool_1, 2 * CHANS, BT_L2CAP_SDU_BUF_SIZE(SDU_MAX), 0, NULL);
NET_BUF_POOL_FIXED_DEFINE(rx_pool_0, RX_BUFS, SDU_MAX, 0, NULL);
NET_BUF_POOL_FIXED_DEFINE(rx_pool_1, RX_BUFS, SDU_MAX, 0, NULL);
static struct net_buf_pool *const tx_pools[] = {&tx_pool_0, &tx_pool_1};
static struct net_buf_pool *const rx_pools[] = {&rx_pool_0, &rx_pool_1};

static unsigned int me(void)
{
    return pair_here() == &pair.hosts[1];
}

static uint32_t next(uint32_t *rnd)
{
    *rnd = *rnd * 1664525u + 1013904223u;
    return *rnd >> 8;
}

// The next SDU's length: from 1 octet on, small ones and the largest among them.
static uint16_t next_len(uint32_t *rnd, const struct flow *flow, uint64_t done)
{
    uint32_t pick = next(rnd);
    uint16_t max = flow->max;
    uint64_t len = pick % 8 == 0 ? 1 : pick % 8 == 1 ? max : 1 + next(rnd) % max;
    return (uint16_t)MIN(len, flow->goal - done);
}

static void fill(uint8_t *to, size_t len, uint32_t *at)
{
    for (size_t i = 0; i < len; i++, (*at)++) {
        to[i] = (uint8_t)(*at ^ *at >> 8 ^ *at >> 16);
    }
}

static void check(const uint8_t *data, size_t len, uint32_t *at)
{
    for (size_t i = 0; i < len; i++, (*at)++) {
        if (data[i] != (uint8_t)(*at ^ *at >> 8 ^ *at >> 16)) {
            fail_msg("octet %u is wrong", *at);
        }
    }
}

static void send_more(struct end *end)
{
    struct flow *flow = end->out;
    while (end->open && flow && flow->sent < flow->goal) {
        struct net_buf *buf = net_buf_alloc(tx_pools[me()], K_NO_WAIT);
        if (!buf) {
            return;
        }
        uint32_t rnd = flow->tx_rnd;
        uint16_t len = next_len(&rnd, flow, flow->sent);
        net_buf_reserve(buf, BT_L2CAP_SDU_CHAN_SEND_RESERVE);
        uint32_t at = flow->tx_octet;
        fill(net_buf_add(buf, len), len, &at);
        if (bt_l2cap_chan_send(&end->le.chan, buf)) {
            net_buf_unref(buf);
            return;
        }
        flow->tx_rnd = rnd;
        flow->tx_octet = at;
        flow->sent += len;
    }
}

static struct end *end_of(struct bt_l2cap_chan *chan)
{
    return CONTAINER_OF(BT_L2CAP_LE_CHAN(chan), struct end, le);
}

static void on_connected(struct bt_l2cap_chan *chan)
{
    end_of(chan)->open = true;
    send_more(end_of(chan));
}

static void on_disconnected(struct bt_l2cap_chan *chan)
{
    end_of(chan)->open = false;
    end_of(chan)->disconnected++;
}

static void on_released(struct bt_l2cap_chan *chan)
{
    end_of(chan)->released++;
}

static void on_sent(struct bt_l2cap_chan *chan)
{
    for (int i = 0; i < CHANS; i++) {
        send_more(&ends[me()][i]);
    }
}

static struct net_buf *on_alloc(struct bt_l2cap_chan *chan)
{
    return net_buf_alloc(rx_pools[me()], K_NO_WAIT);
}

static void complete(struct k_work *work)
{
    struct end *end = CONTAINER_OF(k_work_delayable_from_work(work), struct end, later);
    struct net_buf *buf = net_buf_slist_get(&end->kept);
    if (bt_l2cap_chan_recv_complete(&end->le.chan, buf)) {
        net_buf_unref(buf);
    }
    if (!sys_slist_is_empty(&end->kept)) {
        (void)k_work_schedule(&end->later, K_MSEC(3));
    }
}

static int on_recv(struct bt_l2cap_chan *chan, struct net_buf *buf)
{
    struct end *end = end_of(chan);
    struct flow *flow = end->in;
    assert_int_equal(buf->len, next_len(&flow->rx_rnd, flow, flow->received));
    check(buf->data, buf->len, &flow->rx_octet);
    flow->received += buf->len;
    end->sdus++;
    if (end->how != KEEPING) {
        return 0;
    }
    net_buf_slist_put(&end->kept, buf);
    (void)k_work_schedule(&end->later, K_MSEC(3));
    return -EINPROGRESS;
}

static void on_segment(struct bt_l2cap_chan *chan, size_t sdu_len, off_t offset,
                       struct net_buf_simple *seg)
{
    struct flow *flow = end_of(chan)->in;
    if (!offset) {
        assert_int_equal(sdu_len, next_len(&flow->rx_rnd, flow, flow->received));
        flow->sdu_left = (uint16_t)sdu_len;
    }
    assert_int_equal(offset, sdu_len - flow->sdu_left);
    check(seg->data, seg->len, &flow->rx_octet);
    flow->received += seg->len;
    flow->sdu_left -= seg->len;
    assert_int_equal(bt_l2cap_chan_give_credits(chan, 1), 0);
}

static const struct bt_l2cap_chan_ops ops = {
    .connected = on_connected,
    .disconnected = on_disconnected,
    .released = on_released,
    .sent = on_sent,
    .alloc_buf = on_alloc,
    .recv = on_recv,
};
static const struct bt_l2cap_chan_ops seg_ops = {
    .connected = on_connected,
    .disconnected = on_disconnected,
    .released = on_released,
    .sent = on_sent,
    .seg_recv = on_segment,
};

static void ready(struct end *end, uint16_t mtu)
{
    end->le.chan.ops = end->how == BY_SEGMENT ? &seg_ops : &ops;
    end->le.rx.mtu = mtu;
    k_work_init_delayable(&end->later, complete);
    if (end->how == BY_SEGMENT) {
        assert_int_equal(bt_l2cap_chan_give_credits(&end->le.chan, 20), 0);
    }
}

static struct {
    uint16_t mtu;
    int accepted;
    int asked;
} setup_now;

static int on_accept(struct bt_conn *conn, struct bt_l2cap_server *server,
                     struct bt_l2cap_chan **chan)
{
    if (setup_now.accepted == CHANS) {
        return -ENOMEM;
    }
    struct end *end = &ends[me()][setup_now.accepted++];
    ready(end, setup_now.mtu);
    *chan = &end->le.chan;
    return 0;
}

static struct bt_l2cap_server server = {.psm = PSM, .accept = on_accept};

static void do_listen(void *arg)
{
    *(int *)arg = bt_l2cap_server_register(&server);
}

static void do_open(void *arg)
{
    struct end *end = &ends[me()][setup_now.asked++];
    ready(end, setup_now.mtu);
    *(int *)arg = bt_l2cap_chan_connect(pair_here()->conn, &end->le.chan, PSM);
}

static bool all_open(void *arg)
{
    for (int i = 0; i < *(int *)arg; i++) {
        if (!ends[0][i].open || !ends[1][i].open) {
            return false;
        }
    }
    return true;
}

static bool all_arrived(void *arg)
{
    for (int side = 0; side < 2; side++) {
        for (int i = 0; i < *(int *)arg; i++) {
            if (flows[side][i].received < flows[side][i].goal) {
                return false;
            }
        }
    }
    return true;
}

static void prepare(int chans, uint16_t mtu, uint64_t goal, enum how how)
{
    memset(ends, 0, sizeof(ends));
    memset(flows, 0, sizeof(flows));
    setup_now.mtu = mtu;
    setup_now.accepted = 0;
    setup_now.asked = 0;
    server = (struct bt_l2cap_server){.psm = PSM, .accept = on_accept};
    for (int side = 0; side < 2; side++) {
        for (int i = 0; i < chans; i++) {
            uint32_t seed = 77u + 13u * (uint32_t)i + (uint32_t)side;
            flows[side][i] =
                (struct flow){.goal = goal, .tx_rnd = seed, .rx_rnd = seed, .max = mtu};
            ends[side][i].how = how;
            ends[side][i].out = &flows[side][i];
            ends[!side][i].in = &flows[side][i];
        }
    }
}

static void open_channels(int chans)
{
    int err = -1;
    sim_on(pair.hosts[PAIR_PERIPHERAL].host, do_listen, &err);
    assert_int_equal(err, 0);
    for (int i = 0; i < chans; i++) {
        sim_on(pair.hosts[PAIR_CENTRAL].host, do_open, &err);
        assert_int_equal(err, 0);
    }
    assert_true(pair_until(all_open, &chans, LIMIT_US));
}

static void pools_whole(void)
{
    for (int i = 0; i < 2; i++) {
        assert_int_equal(tx_pools[i]->avail_count, tx_pools[i]->buf_count);
        assert_int_equal(rx_pools[i]->avail_count, rx_pools[i]->buf_count);
    }
}

static void transfer(int chans, uint16_t mtu, uint64_t goal, enum how how, uint32_t loss_ppm)
{
    struct pair_options options = {
        .seed = 5, .interval = 24, .loss_ppm = loss_ppm, .controller = {.latency_us = 500}};
    prepare(chans, mtu, goal, how);
    assert_true(pair_start(&pair, &options));
    open_channels(chans);
    if (!pair_until(all_arrived, &chans, LIMIT_US * 100)) {
        for (int side = 0; side < 2; side++) {
            fprintf(stderr, "from %d: %llu of %llu\n", side,
                    (unsigned long long)flows[side][0].received,
                    (unsigned long long)flows[side][0].goal);
        }
        fail_msg("octets are missing");
    }
    sim_run(pair.sim, 200000);
    pair_stop(&pair);
    for (int side = 0; side < 2; side++) {
        for (int i = 0; i < chans; i++) {
            assert_int_equal(ends[side][i].disconnected, 1);
            assert_int_equal(ends[side][i].released, 1);
            assert_int_equal(flows[side][i].received, goal);
        }
    }
    pools_whole();
}

static void from_one_octet_to_64_kilobytes(void **state)
{
    transfer(1, SDU_MAX, 44000000, BY_SDU, 0);
}

static void segments_with_credits_of_the_application(void **state)
{
    transfer(1, SDU_MAX, 4000000, BY_SEGMENT, 0);
}

static void an_application_that_keeps_its_sdus(void **state)
{
    transfer(2, 2000, 500000, KEEPING, 0);
}

static void four_channels_with_loss(void **state)
{
    transfer(CHANS, 1000, 500000, BY_SDU, 100000);
}

// ---- Ends at any moment -------------------------------------------------------------------------

static uint32_t dice;

static void do_chan_disconnect(void *arg)
{
    (void)bt_l2cap_chan_disconnect(&ends[me()][next(&dice) % CHANS].le.chan);
}

static void do_disable(void *arg)
{
    assert_int_equal(bt_disable(), 0);
}

static void do_enable(void *arg)
{
    assert_int_equal(bt_enable(NULL), 0);
}

static void do_unregister(void *arg)
{
    assert_int_equal(bt_l2cap_server_unregister(&server), 0);
}

static bool all_ended(void *arg)
{
    for (int side = 0; side < 2; side++) {
        for (int i = 0; i < CHANS; i++) {
            if (ends[side][i].released != 1 || ends[side][i].disconnected != 1) {
                return false;
            }
        }
    }
    return true;
}

static bool links_down(void *arg)
{
    return !pair.hosts[0].conn && !pair.hosts[1].conn;
}

// Channels, links and whole hosts end while data is under way everywhere: every channel is handed back
// once, every buffer comes home, what had arrived was right.
static void hostile_26_random_ends(void **state)
{
    struct pair_options options = {.seed = 9, .interval = 12};
    assert_true(pair_enable(&pair, &options));
    dice = 4711;
    for (int round = 0; round < 60; round++) {
        prepare(CHANS, round % 2 ? 300 : 5000, 100000000, round % 3 ? BY_SDU : BY_SEGMENT);
        assert_true(pair_connect(&pair, 12));
        open_channels(CHANS);
        unsigned int who = next(&dice) % 2;
        for (int i = 0; i < 4; i++) {
            sim_run(pair.sim, next(&dice) % 200000);
            sim_on(pair.hosts[who].host, do_chan_disconnect, NULL);
        }
        sim_run(pair.sim, next(&dice) % 20000);
        if (round % 3 == 2) {
            sim_on(pair.hosts[who].host, do_disable, NULL);
            sim_on(pair.hosts[who].host, do_enable, NULL);
            assert_true(pair_until(links_down, NULL, LIMIT_US));
        } else {
            assert_true(pair_disconnect(&pair, who));
        }
        assert_true(pair_until(all_ended, NULL, LIMIT_US));
        pools_whole();
        sim_on(pair.hosts[PAIR_PERIPHERAL].host, do_unregister, NULL);
    }
    pair_stop(&pair);
}

// ---- With ATT -----------------------------------------------------------------------------------

static unsigned int notified_at_start;

static void notify(void *arg)
{
    static const uint8_t value[20];
    *(int *)arg = bt_gatt_notify(pair_here()->conn, pair_notify_attr(), value, sizeof(value));
}

static bool ten_more(void *arg)
{
    return pair.hosts[PAIR_CENTRAL].notified >= notified_at_start + 10;
}

// Notifications pass a channel that is full: none waits behind more than what is in the controller.
static void notifications_beside_a_full_channel(void **state)
{
    int chans = 1;
    struct pair_options options = {.seed = 3, .interval = 12, .subscribe = true};
    prepare(1, 60000, 10000000, BY_SDU);
    assert_true(pair_start(&pair, &options));
    open_channels(chans);
    sim_run(pair.sim, 1000000);
    notified_at_start = pair.hosts[PAIR_CENTRAL].notified;
    for (int i = 0; i < 10; i++) {
        int err = -1;
        sim_on(pair.hosts[PAIR_PERIPHERAL].host, notify, &err);
        assert_int_equal(err, 0);
        sim_run(pair.sim, 16000);
    }
    assert_true(pair_until(ten_more, NULL, 30000));
    assert_true(flows[PAIR_PERIPHERAL][0].received > 100000);
    pair_stop(&pair);
    pools_whole();
}

// ---- Data length and PHY without being asked ----------------------------------------------------

static void pitfall_87_long_packets_and_2m_without_being_asked(void **state)
{
    struct pair_options options = {.seed = 3, .interval = 12};
    struct air_link_stats stats;
    assert_true(pair_start(&pair, &options));
    sim_run(pair.sim, 1000000);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(
            air_link_stats(sim_controller(pair.hosts[i].host), pair.hosts[i].handle, &stats), 0);
        assert_int_equal(stats.max_tx_octets, 251);
        assert_int_equal(stats.max_rx_octets, 251);
        assert_int_equal(stats.tx_phy, 2);
        assert_int_equal(stats.rx_phy, 2);
    }
    pair_stop(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(from_one_octet_to_64_kilobytes),
        cmocka_unit_test(segments_with_credits_of_the_application),
        cmocka_unit_test(an_application_that_keeps_its_sdus),
        cmocka_unit_test(four_channels_with_loss),
        cmocka_unit_test(hostile_26_random_ends),
        cmocka_unit_test(notifications_beside_a_full_channel),
        cmocka_unit_test(pitfall_87_long_packets_and_2m_without_being_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
