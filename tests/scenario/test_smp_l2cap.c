// Channels that need security, between two whole hosts on the virtual air: a request waits for pairing
// and encryption, wherever the need comes from, and ends once whatever happens meanwhile.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <zephyr/bluetooth/l2cap.h>

#include "smp_users.h"

#define PSM   0x80
#define CHANS 3

static struct end {
    struct bt_l2cap_le_chan le;
    unsigned int connected;
    unsigned int disconnected;
    unsigned int released;
} ends[2][CHANS];
static bt_security_t server_level;
static int accepted;
static bool refuse; // The server's user allows no pairing.

NET_BUF_POOL_FIXED_DEFINE(rx_pool, 2, 200, 0, NULL);

static struct end *end_of(struct bt_l2cap_chan *chan)
{
    return CONTAINER_OF(BT_L2CAP_LE_CHAN(chan), struct end, le);
}

static void on_connected(struct bt_l2cap_chan *chan)
{
    end_of(chan)->connected++;
}

static void on_disconnected(struct bt_l2cap_chan *chan)
{
    end_of(chan)->disconnected++;
}

static void on_released(struct bt_l2cap_chan *chan)
{
    end_of(chan)->released++;
}

static struct net_buf *on_alloc(struct bt_l2cap_chan *chan)
{
    return net_buf_alloc(&rx_pool, K_NO_WAIT);
}

static int on_recv(struct bt_l2cap_chan *chan, struct net_buf *buf)
{
    return 0;
}

static const struct bt_l2cap_chan_ops ops = {
    .connected = on_connected,
    .disconnected = on_disconnected,
    .released = on_released,
    .alloc_buf = on_alloc,
    .recv = on_recv,
};

static int on_open(struct bt_conn *conn, struct bt_l2cap_server *server,
                   struct bt_l2cap_chan **chan)
{
    struct end *end = &ends[here()][accepted++ % CHANS];
    end->le = (struct bt_l2cap_le_chan){.chan.ops = &ops, .rx.mtu = 200};
    *chan = &end->le.chan;
    return 0;
}

static struct bt_l2cap_server server;

static void do_listen(void *arg)
{
    server = (struct bt_l2cap_server){.psm = PSM, .sec_level = server_level, .accept = on_open};
    assert_int_equal(bt_l2cap_server_register(&server), 0);
}

// Who opens channels, how, and with what need of their own.
static struct {
    unsigned int who;
    bool enhanced;
    bt_security_t required;
    int err;
} opening;

static void do_open(void *arg)
{
    struct bt_l2cap_chan *list[CHANS + 1] = {NULL};
    struct end *mine = ends[here()];
    for (int i = 0; i < CHANS; i++) {
        mine[i] = (struct end){0};
        mine[i].le.chan.ops = &ops;
        mine[i].le.rx.mtu = 200;
        mine[i].le.required_sec_level = opening.required;
        list[i] = &mine[i].le.chan;
    }
    opening.err = opening.enhanced ? bt_l2cap_ecred_chan_connect(pair_here()->conn, list, PSM)
                                   : bt_l2cap_chan_connect(pair_here()->conn, list[0], PSM);
}

static int count(void)
{
    return opening.enhanced ? CHANS : 1;
}

static bool all_connected(void *arg)
{
    for (int i = 0; i < count(); i++) {
        if (!ends[0][i].connected || !ends[1][i].connected) {
            return false;
        }
    }
    return true;
}

static bool all_over(void *arg)
{
    for (int i = 0; i < count(); i++) {
        if (!ends[opening.who][i].released) {
            return false;
        }
    }
    return true;
}

static void begin(uint8_t io, bt_security_t of_server, bt_security_t required)
{
    memset(ends, 0, sizeof(ends));
    accepted = 0;
    server_level = of_server;
    opening.required = required;
    start(io, io, NULL);
    user[!opening.who].refuse = refuse;
    on(!opening.who, do_listen, NULL);
    on(opening.who, do_open, NULL);
}

static void once(void)
{
    for (int i = 0; i < count(); i++) {
        assert_int_equal(ends[opening.who][i].disconnected, 1);
        assert_int_equal(ends[opening.who][i].released, 1);
    }
}

// Each way and kind.
static void for_all(void (*test)(void))
{
    for (int i = 0; i < 4; i++) {
        opening.who = i & 1;
        opening.enhanced = i & 2;
        test();
    }
}

// ---- It comes up --------------------------------------------------------------------------------

static void opens(uint8_t io, bt_security_t of_server, bt_security_t required, bt_security_t gets)
{
    begin(io, of_server, required);
    assert_int_equal(opening.err, 0);
    assert_true(pair_until(all_connected, NULL, LIMIT_US));
    assert_true(heard[opening.who].level >= gets);
    assert_int_equal(ends[opening.who][0].disconnected, 0);
    pair_stop(&pair);
    once();
}

static void own_need(void)
{
    opens(SMP_IO_NONE, BT_SECURITY_L1, BT_SECURITY_L2, BT_SECURITY_L2);
    opens(SMP_IO_DISPLAY_YESNO, BT_SECURITY_L1, BT_SECURITY_L4, BT_SECURITY_L4);
}

static void the_channel_needs_it(void **state)
{
    for_all(own_need);
}

static void need_of_peer(void)
{
    opens(SMP_IO_NONE, BT_SECURITY_L2, BT_SECURITY_L0, BT_SECURITY_L2);
    opens(SMP_IO_DISPLAY_YESNO, BT_SECURITY_L4, BT_SECURITY_L0, BT_SECURITY_L4);
}

static void the_peer_needs_it(void **state)
{
    for_all(need_of_peer);
}

// The peers are bonded: encrypting is enough, nobody is asked for anything.
static void bonded(void)
{
    begin(SMP_IO_DISPLAY_YESNO, BT_SECURITY_L3, BT_SECURITY_L0);
    assert_true(pair_until(all_connected, NULL, LIMIT_US));
    run_pairing();
    assert_true(pair_disconnect(&pair, opening.who));
    once();
    memset(ends, 0, sizeof(ends));
    accepted = 0;
    unsigned int paired = heard[opening.who].complete;
    assert_int_equal(paired, 1);
    assert_true(pair_connect(&pair, 6));
    on(opening.who, do_open, NULL);
    assert_true(pair_until(all_connected, NULL, LIMIT_US));
    assert_int_equal(heard[opening.who].complete, paired);
    pair_stop(&pair);
}

static void bonded_peers_only_encrypt(void **state)
{
    for_all(bonded);
}

// ---- It does not --------------------------------------------------------------------------------

// Nobody can compare numbers, so the level above 2 is not to be had.
static void more_than_can_be(void)
{
    begin(SMP_IO_NONE, BT_SECURITY_L3, BT_SECURITY_L0);
    assert_int_equal(opening.err, 0);
    assert_true(pair_until(all_over, NULL, LIMIT_US));
    once();
    pair_stop(&pair);
}

static void no_such_security(void **state)
{
    for_all(more_than_can_be);
}

static void refused_pairing(void)
{
    refuse = true;
    begin(SMP_IO_NONE, BT_SECURITY_L2, BT_SECURITY_L0);
    assert_true(pair_until(all_over, NULL, 2LL * LIMIT_US));
    once();
    pair_stop(&pair);
    refuse = false;
}

static void the_pairing_fails(void **state)
{
    for_all(refused_pairing);
}

static void do_disconnect(void *arg)
{
    for (int i = 0; i < count(); i++) {
        (void)bt_l2cap_chan_disconnect(&ends[here()][i].le.chan);
    }
}

static void do_disable(void *arg)
{
    assert_int_equal(bt_disable(), 0);
}

static void do_enable(void *arg)
{
    assert_int_equal(bt_enable(NULL), 0);
}

// At every moment of it: the channel is closed, the link, the host.
static void ends_meanwhile(void)
{
    for (int64_t us = 0; us < 120000; us += 9000) {
        for (int how = 0; how < 3; how++) {
            begin(SMP_IO_NONE, BT_SECURITY_L2, how ? BT_SECURITY_L2 : BT_SECURITY_L0);
            sim_run(pair.sim, us);
            if (how == 0) {
                on(opening.who, do_disconnect, NULL);
            } else if (how == 1) {
                assert_true(pair_disconnect(&pair, opening.who));
            } else {
                on(opening.who, do_disable, NULL);
                on(opening.who, do_enable, NULL);
            }
            assert_true(pair_until(all_over, NULL, LIMIT_US));
            sim_run(pair.sim, 1000000);
            pair_stop(&pair);
            once();
        }
    }
}

static void it_ends_once_at_any_moment(void **state)
{
    for_all(ends_meanwhile);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(the_channel_needs_it, after),
        cmocka_unit_test_teardown(the_peer_needs_it, after),
        cmocka_unit_test_teardown(bonded_peers_only_encrypt, after),
        cmocka_unit_test_teardown(no_such_security, after),
        cmocka_unit_test_teardown(the_pairing_fails, after),
        cmocka_unit_test_teardown(it_ends_once_at_any_moment, after),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
