// Enhanced credit based channels against scripts of a peer (Vol 3, Part A, 4.25 to 4.28).
#include "pdu/coc_app.h"

static int setup(void **state)
{
    app_begin(100, &ops);
    return 0;
}

static void five_channels_at_once(void **state)
{
    SIG(conn, "> 17 05 12 00 80 00 64 00 40 00 02 00 50 00 51 00 52 00 53 00 54 00"
              "< 18 05 12 00 64 00 66 00 01 00 00 00 40 00 41 00 42 00 43 00 44 00");
    HEARD("c0 c1 c2 c3 c4 ");
    assert_int_equal(asked_err, 0);
    assert_int_equal(asked.cid, 0x44); // Of the last one.
    assert_int_equal(asked.mtu, 0x64);
    assert_int_equal(asked.mps, 0x40);
    assert_int_equal(chans[4].tx.cid, 0x54);
    assert_int_equal(bt_l2cap_chan_send(&chans[4].chan, an_sdu(1)), 0);
    FRAMES(conn, 0x54, "< 01 00 78");
}

static void some_are_refused(void **state)
{
    // An SCID out of range, one twice.
    SIG(conn, "> 17 05 0e 00 80 00 64 00 40 00 02 00 50 00 3f 00 50 00"
              "< 18 05 0e 00 64 00 66 00 01 00 0a 00 40 00 00 00 00 00");
    HEARD("c0 ");
    accept_err = -ENOMEM;
    SIG(conn, "> 17 06 0a 00 80 00 64 00 40 00 02 00 51 00"
              "< 18 06 0a 00 00 00 00 00 00 00 04 00 00 00");
    HEARD("");
}

static void hostile_27_requests(void **state)
{
    SIG(conn,
        "> 17 01 08 00 80 00 64 00 40 00 02 00 < 01 01 02 00 00 00"    // No SCID,
        "> 17 02 09 00 80 00 64 00 40 00 02 00 50 < 01 02 02 00 00 00" // an odd length,
        // six,
        "> 17 03 14 00 80 00 64 00 40 00 02 00 50 00 51 00 52 00 53 00 54 00 55 00"
        "< 01 03 02 00 00 00"
        "> 17 04 0a 00 80 00 3f 00 40 00 02 00 50 00 < 18 04 0a 00 00 00 00 00 00 00 0b 00 00 00"
        "> 17 05 0a 00 80 00 64 00 3f 00 02 00 50 00 < 18 05 0a 00 00 00 00 00 00 00 0b 00 00 00"
        "> 17 06 0a 00 80 00 64 00 40 00 00 00 50 00 < 18 06 0a 00 00 00 00 00 00 00 0b 00 00 00"
        "> 17 07 02 00 80 00 < 01 07 02 00 00 00");
    assert_int_equal(accepted, 0);
}

static void hostile_27_reconfigure(void **state)
{
    SIG(conn, "> 17 05 0c 00 80 00 64 00 50 00 02 00 50 00 51 00"
              "< 18 05 0c 00 64 00 66 00 01 00 00 00 40 00 41 00");
    HEARD("c0 c1 ");
    SIG(conn, "> 19 06 06 00 63 00 50 00 50 00 < 1a 06 02 00 01 00"       // A smaller MTU,
              "> 19 07 08 00 64 00 4f 00 50 00 51 00 < 1a 07 02 00 02 00" // MPS of several,
              "> 19 08 06 00 64 00 50 00 52 00 < 1a 08 02 00 03 00"       // no such channel,
              "> 19 09 06 00 64 00 3f 00 50 00 < 1a 09 02 00 04 00"       // MPS below 64,
              "> 19 0a 04 00 64 00 50 00 < 01 0a 02 00 00 00"             // none named,
              "> 19 0b 05 00 64 00 50 00 50 < 01 0b 02 00 00 00");
    HEARD("");
    SIG(conn, "> 19 0c 06 00 00 02 40 00 50 00 < 1a 0c 02 00 00 00"); // one alone may.
    HEARD("m0 ");
    assert_int_equal(chans[0].tx.mtu, 0x200);
    assert_int_equal(chans[0].tx.mps, 0x40);
}

static struct bt_l2cap_chan *list[] = {&chans[0].chan, &chans[1].chan, &chans[2].chan, NULL};

static void connect_three(void **state)
{
    assert_int_equal(bt_l2cap_ecred_chan_connect(conn, list, 0x27), 0);
    SIG(conn, "< 17 01 0e 00 27 00 64 00 66 00 01 00 40 00 41 00 42 00"
              // The second is refused.
              "> 18 01 0e 00 70 00 48 00 05 00 04 00 60 00 00 00 62 00");
    HEARD("c0 d1 r1 c2 ");
    assert_int_equal(chans[2].tx.cid, 0x62);
    assert_int_equal(chans[2].tx.mtu, 0x70);
    // The same response again: nobody waits.
    SIG(conn, "> 18 01 0e 00 70 00 48 00 05 00 04 00 60 00 00 00 62 00");
    assert_int_equal(fake.stats.l2cap_dropped, 1);
}

static void short_and_wrong_responses(void **state)
{
    assert_int_equal(bt_l2cap_ecred_chan_connect(conn, list, 0x27), 0);
    SIG(conn, "< 17 01 0e 00 27 00 64 00 66 00 01 00 40 00 41 00 42 00"
              "> 18 01 0b 00 70 00 48 00 05 00 00 00 60 00 61");
    HEARD("c0 d1 r1 d2 r2 "); // Those that it does not name were not opened.
    fake_disconnect(conn);
    (void)fake_connect(0, BT_CONN_ROLE_PERIPHERAL);
    heard[0] = 0;
    assert_int_equal(bt_l2cap_ecred_chan_connect(conn, list, 0x27), 0);
    SIG(conn, "< 17 01 0e 00 27 00 64 00 66 00 01 00 40 00 41 00 42 00"
              "> 18 01 0e 00 70 00 48 00 05 00 02 00 60 00 61 00 62 00"); // A refusal of all.
    HEARD("d0 r0 d1 r1 d2 r2 ");
    assert_int_equal(bt_l2cap_ecred_chan_connect(conn, list, 0x27), 0);
    SIG(conn, "< 17 02 0e 00 27 00 64 00 66 00 01 00 40 00 41 00 42 00 > 01 02 02 00 00 00");
    HEARD("d0 r0 d1 r1 d2 r2 ");
    assert_int_equal(bt_l2cap_ecred_chan_connect(conn, list, 0x27), 0);
    SIG(conn, "< 17 03 0e 00 27 00 64 00 66 00 01 00 40 00 41 00 42 00 > 18 03 02 00 70 00");
    HEARD("d0 r0 d1 r1 d2 r2 ");
}

// The channel that owes the request ends before it left: the others still ask.
static void first_of_them_ends_before(void **state)
{
    fake.tx_dry = true;
    assert_int_equal(bt_l2cap_ecred_chan_connect(conn, list, 0x27), 0);
    assert_int_equal(bt_l2cap_chan_disconnect(&chans[0].chan), 0);
    fake.tx_dry = false;
    fake_tx_free();
    SIG(conn, "< 17 01 0c 00 27 00 64 00 66 00 01 00 41 00 42 00"
              "> 18 01 0c 00 70 00 48 00 05 00 00 00 60 00 61 00");
    HEARD("d0 r0 c1 c2 ");
}

static void reconfigure(void **state)
{
    assert_int_equal(bt_l2cap_ecred_chan_connect(conn, list, 0x27), 0);
    SIG(conn, "< 17 01 0e 00 27 00 64 00 66 00 01 00 40 00 41 00 42 00"
              "> 18 01 0e 00 70 00 48 00 05 00 00 00 60 00 61 00 62 00");
    HEARD("c0 c1 c2 ");
    assert_int_equal(bt_l2cap_ecred_chan_reconfigure(list, 99), -EINVAL);
    assert_int_equal(bt_l2cap_ecred_chan_reconfigure(list, 300), 0);
    assert_int_equal(bt_l2cap_ecred_chan_reconfigure(list, 301), -EBUSY);
    assert_int_equal(chans[1].pending_rx_mtu, 300);
    SIG(conn, "< 19 02 0a 00 2c 01 f7 00 40 00 41 00 42 00 > 1a 02 02 00 00 00");
    HEARD("m0 m1 m2 ");
    assert_int_equal(chans[1].rx.mtu, 300);
    assert_int_equal(chans[1].pending_rx_mtu, 0);
    assert_int_equal(bt_l2cap_ecred_chan_reconfigure(list, 400), 0);
    SIG(conn,
        "< 19 03 0a 00 90 01 f7 00 40 00 41 00 42 00 > 1a 03 02 00 04 00 > 1a 03 02 00 00 00");
    assert_int_equal(chans[1].rx.mtu, 300);
    HEARD("m0 m1 m2 ");
    assert_int_equal(bt_l2cap_ecred_chan_reconfigure(list, 400), 0);
    SIG(conn, "< 19 04 0a 00 90 01 f7 00 40 00 41 00 42 00");
    fake_time(31000000);
    HEARD("m0 m1 m2 ");
    assert_int_equal(chans[2].rx.mtu, 300);
}

static void reconfigure_explicit(void **state)
{
    assert_int_equal(bt_l2cap_ecred_chan_connect(conn, list, 0x27), 0);
    SIG(conn, "< 17 01 0e 00 27 00 64 00 66 00 01 00 40 00 41 00 42 00"
              "> 18 01 0e 00 70 00 48 00 05 00 00 00 60 00 61 00 62 00");
    HEARD("c0 c1 c2 ");
    struct bt_l2cap_chan *twice[] = {list[0], list[0]};
    const uint16_t least = BT_L2CAP_ECRED_MIN_MPS;
    const uint16_t most = BT_L2CAP_RX_MTU;
    assert_int_equal(bt_l2cap_ecred_chan_reconfigure_explicit(NULL, 1, 200, least), -EINVAL);
    assert_int_equal(bt_l2cap_ecred_chan_reconfigure_explicit(list, 0, 200, least), -EINVAL);
    assert_int_equal(bt_l2cap_ecred_chan_reconfigure_explicit(list, 6, 200, least), -EINVAL);
    assert_int_equal(bt_l2cap_ecred_chan_reconfigure_explicit(twice, 2, 200, 200), -EINVAL);
    assert_int_equal(bt_l2cap_ecred_chan_reconfigure_explicit(list, 1, 99, least), -EINVAL);
    assert_int_equal(bt_l2cap_ecred_chan_reconfigure_explicit(list, 1, 200, least - 1), -EINVAL);
    assert_int_equal(bt_l2cap_ecred_chan_reconfigure_explicit(list, 1, 200, most + 1), -EINVAL);
    assert_int_equal(bt_l2cap_ecred_chan_reconfigure_explicit(list, 1, 65534, most), -EINVAL);
    // A smaller MPS: of one, not of several.
    assert_int_equal(bt_l2cap_ecred_chan_reconfigure_explicit(list, 2, 100, least), -EINVAL);
    assert_int_equal(bt_l2cap_ecred_chan_reconfigure_explicit(list, 1, 100, least), 0);
    assert_int_equal(chans[0].rx.mps, 102); // Not yet.
    SIG(conn, "< 19 02 06 00 64 00 40 00 40 00 > 1a 02 02 00 00 00");
    HEARD("m0 ");
    assert_int_equal(chans[0].rx.mps, 64);
    assert_int_equal(bt_l2cap_ecred_chan_reconfigure_explicit(list, 2, 150, 152), 0);
    SIG(conn, "< 19 03 08 00 96 00 98 00 40 00 41 00 > 1a 03 02 00 02 00"); // Refused.
    HEARD("m0 m1 ");
    assert_int_equal(chans[0].rx.mps, 64);
    assert_int_equal(chans[0].rx.mtu, 100);
    assert_int_equal(bt_l2cap_ecred_chan_reconfigure_explicit(list, 2, 150, 152), 0);
    SIG(conn, "< 19 04 08 00 96 00 98 00 40 00 41 00 > 1a 04 02 00 00 00");
    HEARD("m0 m1 ");
    assert_int_equal(chans[1].rx.mps, 152);
    assert_int_equal(chans[1].rx.mtu, 150);
}

// Without alloc_buf an SDU must fit one frame, whatever its length becomes.
static void reconfigure_without_buffers(void **state)
{
    static const struct bt_l2cap_chan_ops plain = {
        .connected = app_connected, .recv = app_recv, .reconfigured = app_reconfigured};
    chans[0].chan.ops = &plain;
    struct bt_l2cap_chan *one[] = {&chans[0].chan, NULL};
    assert_int_equal(bt_l2cap_ecred_chan_connect(conn, one, 0x27), 0);
    SIG(conn, "< 17 01 0a 00 27 00 64 00 66 00 01 00 40 00"
              "> 18 01 0a 00 70 00 48 00 05 00 00 00 60 00");
    HEARD("c0 ");
    assert_int_equal(bt_l2cap_ecred_chan_reconfigure_explicit(one, 1, 200, 201), -EINVAL);
    assert_int_equal(bt_l2cap_ecred_chan_reconfigure(one, BT_L2CAP_SDU_RX_MTU + 1), -EINVAL);
    assert_int_equal(bt_l2cap_ecred_chan_reconfigure(one, BT_L2CAP_SDU_RX_MTU), 0);
    SIG(conn, "< 19 02 06 00 03 02 05 02 40 00 > 1a 02 02 00 00 00");
    HEARD("m0 ");
    chans[0].chan.ops = &ops;
}

static void arguments(void **state)
{
    struct bt_l2cap_chan *none[] = {NULL};
    assert_int_equal(bt_l2cap_ecred_chan_connect(conn, none, 0x27), -EINVAL);
    assert_int_equal(bt_l2cap_ecred_chan_connect(conn, list, 0x100), -EINVAL);
    chans[2].rx.mtu = 101;
    assert_int_equal(bt_l2cap_ecred_chan_connect(conn, list, 0x27), -EINVAL); // Not all the same.
    chans[2].rx.mtu = 63;
    assert_int_equal(bt_l2cap_ecred_chan_connect(conn, &list[2], 0x27), -EINVAL);
    assert_int_equal(bt_l2cap_ecred_chan_reconfigure(list, 200), -ENOTCONN);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, app_end)
    const struct CMUnitTest tests[] = {
        T(five_channels_at_once),       T(some_are_refused), T(hostile_27_requests),
        T(hostile_27_reconfigure),      T(connect_three),    T(short_and_wrong_responses),
        T(first_of_them_ends_before),   T(reconfigure),      T(reconfigure_explicit),
        T(reconfigure_without_buffers), T(arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
