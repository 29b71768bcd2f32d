// LE credit based channels against scripts of a peer (Vol 3, Part A, 3.4, 4.22 to 4.24, 10.1).
#include "pdu/coc_app.h"

static int setup(void **state)
{
    app_begin(100, &ops);
    return 0;
}

static int setup_all(void **state)
{
    app_begin(100, &all_ops);
    return 0;
}

static int setup_seg(void **state)
{
    app_begin(100, &seg_ops);
    return 0;
}

// MTU 100, so MPS 102 and one K-frame per SDU: one credit at first.
#define OPENED                                                                                     \
    "> 14 05 0a 00 80 00 50 00 64 00 20 00 02 00"                                                  \
    "< 15 05 0a 00 40 00 64 00 66 00 01 00 00 00"

static void accepted_channel_carries_data(void **state)
{
    SIG(conn, OPENED);
    HEARD("c0 go0 ");
    assert_int_equal(chans[0].tx.mtu, 0x64);
    assert_int_equal(chans[0].tx.mps, 0x20);
    assert_int_equal(chans[0].tx.cid, 0x50);
    assert_int_equal(chans[0].rx.cid, 0x40);
    assert_int_equal(atomic_get(&chans[0].tx.credits), 2);
    assert_ptr_equal(chans[0].chan.conn, conn);
    // 40 octets in frames of 32: two, and the credits are used up.
    assert_int_equal(bt_l2cap_chan_send(&chans[0].chan, an_sdu(40)), 0);
    struct fake_frame frame;
    assert_true(fake_sent(&frame));
    assert_int_equal(frame.len, 4 + 21); // In equal parts.
    assert_memory_equal(frame.data, "\x15\x00\x50\x00\x28\x00xx", 8);
    assert_true(fake_sent(&frame));
    assert_int_equal(frame.len, 4 + 21);
    fake_complete(0);
    SIG(conn, "< -");
    HEARD("s0 stop0 ");
    // The next one waits for credits, and goes when they come (pitfall 83).
    assert_int_equal(bt_l2cap_chan_send(&chans[0].chan, an_sdu(1)), 0);
    SIG(conn, "< -");
    uint8_t credits[] = {8, 0, 5, 0, 0x16, 1, 4, 0, 0x50, 0, 1, 0};
    fake_raw(conn, credits, sizeof(credits));
    FRAMES(conn, 0x50, "< 01 00 78");
    HEARD("stop0 s0 ");
}

// accept() may know what is asked for, and the channel gets the CID that it was told even if
// another one is opened meanwhile.
static void accept_hears_what_is_asked(void **state)
{
    assert_int_equal(breeze_l2cap_asked(&asked), -EINVAL);
    connect_in_accept = &chans[3].chan;
    SIG(conn, "> 14 05 0a 00 80 00 50 00 64 00 20 00 02 00"
              "< 14 01 0a 00 25 00 41 00 64 00 66 00 01 00"
              "< 15 05 0a 00 40 00 64 00 66 00 01 00 00 00");
    assert_int_equal(asked_err, 0);
    assert_int_equal(asked.cid, 0x40);
    assert_int_equal(asked.mtu, 0x64);
    assert_int_equal(asked.mps, 0x20);
    assert_int_equal(chans[0].rx.cid, 0x40);
    assert_int_equal(chans[3].rx.cid, 0x41);
    assert_int_equal(breeze_l2cap_asked(&asked), -EINVAL);
    HEARD("c0 ");
}

static void refusals(void **state)
{
    SIG(conn,
        "> 14 01 0a 00 81 00 50 00 64 00 20 00 02 00 < 15 01 0a 00 00 00 00 00 00 00 00 00 02 00");
    static const struct {
        int err;
        const char *script;
    } rows[] = {
        {-ENOMEM, "> 14 02 0a 00 80 00 50 00 64 00 20 00 02 00"
                  "< 15 02 0a 00 00 00 00 00 00 00 00 00 04 00"},
        {-EACCES, "> 14 03 0a 00 80 00 50 00 64 00 20 00 02 00"
                  "< 15 03 0a 00 00 00 00 00 00 00 00 00 06 00"},
        {-EPERM, "> 14 04 0a 00 80 00 50 00 64 00 20 00 02 00"
                 "< 15 04 0a 00 00 00 00 00 00 00 00 00 07 00"},
        {-EIO, "> 14 06 0a 00 80 00 50 00 64 00 20 00 02 00"
               "< 15 06 0a 00 00 00 00 00 00 00 00 00 0b 00"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        accept_err = rows[i].err;
        SIG(conn, rows[i].script);
    }
    accept_err = 0;
    server.sec_level = BT_SECURITY_L2;
    SIG(conn,
        "> 14 07 0a 00 80 00 50 00 64 00 20 00 02 00 < 15 07 0a 00 00 00 00 00 00 00 00 00 05 00");
    // There is a key for it: encryption; a key that is too short for level 4.
    fake.has_key = true;
    SIG(conn,
        "> 14 08 0a 00 80 00 50 00 64 00 20 00 02 00 < 15 08 0a 00 00 00 00 00 00 00 00 00 08 00");
    server.sec_level = BT_SECURITY_L4;
    fake.security = BT_SECURITY_L3;
    conn->enc_size = 15;
    SIG(conn,
        "> 14 09 0a 00 80 00 50 00 64 00 20 00 02 00 < 15 09 0a 00 00 00 00 00 00 00 00 00 07 00");
    conn->enc_size = 16;
    SIG(conn,
        "> 14 0a 0a 00 80 00 50 00 64 00 20 00 02 00 < 15 0a 0a 00 00 00 00 00 00 00 00 00 05 00");
    assert_int_equal(accepted, 0);
    HEARD("");
}

static void hostile_22_connection_requests(void **state)
{
    SIG(conn,
        "> 14 01 0a 00 80 00 3f 00 64 00 20 00 02 00 < 15 01 0a 00 00 00 00 00 00 00 00 00 09 00"
        "> 14 02 0a 00 80 00 80 00 64 00 20 00 02 00 < 15 02 0a 00 00 00 00 00 00 00 00 00 09 00"
        "> 14 03 0a 00 80 00 50 00 16 00 20 00 02 00 < 15 03 0a 00 00 00 00 00 00 00 00 00 0b 00"
        "> 14 04 0a 00 80 00 50 00 64 00 16 00 02 00 < 15 04 0a 00 00 00 00 00 00 00 00 00 0b 00");
    assert_int_equal(accepted, 0);
    // No credits is legal; the same ident and SCID again are not a second channel.
    SIG(conn,
        "> 14 05 0a 00 80 00 50 00 64 00 20 00 00 00 < 15 05 0a 00 40 00 64 00 66 00 01 00 00 00"
        "> 14 05 0a 00 80 00 50 00 64 00 20 00 00 00 < 15 05 0a 00 00 00 00 00 00 00 00 00 0a 00");
    HEARD("c0 ");
}

static void hostile_22_flood_of_requests(void **state)
{
    for (unsigned int i = 1; i < CONFIG_BREEZE_L2CAP_CHAN_MAX + 3; i++) {
        uint8_t frame[] = {14, 0,  5, 0,  0x14, 9, 10, 0, 0x80, 0, (uint8_t)(0x40 + i),
                           0,  64, 0, 64, 0,    1, 0};
        fake_raw(conn, frame, sizeof(frame));
        struct fake_frame rsp;
        assert_true(fake_sent(&rsp));
        assert_int_equal(rsp.data[4], 0x15);
        assert_int_equal(rsp.data[16], i <= CONFIG_BREEZE_L2CAP_CHAN_MAX ? 0 : COC_NO_RESOURCES);
        assert_false(fake_sent(&rsp));
    }
    assert_int_equal(fake.stats.l2cap_dropped, 0);
}

static void connect_asks_and_opens(void **state)
{
    assert_int_equal(bt_l2cap_chan_connect(conn, &chans[3].chan, 0x25), 0);
    assert_int_equal(bt_l2cap_chan_connect(conn, &chans[3].chan, 0x25), -EBUSY);
    SIG(conn, "< 14 01 0a 00 25 00 40 00 64 00 66 00 01 00"
              "> 15 01 0a 00 60 00 00 02 40 00 05 00 00 00");
    HEARD("c3 go3 ");
    assert_int_equal(chans[3].tx.mtu, 0x200);
    assert_int_equal(chans[3].state, BT_L2CAP_CONNECTED);
    assert_int_equal(bt_l2cap_chan_disconnect(&chans[3].chan), 0);
    assert_int_equal(bt_l2cap_chan_disconnect(&chans[3].chan), -EALREADY);
    struct net_buf *late = an_sdu(3);
    assert_int_equal(bt_l2cap_chan_send(&chans[3].chan, late), -ESHUTDOWN);
    net_buf_unref(late);
    SIG(conn, "< 06 02 04 00 60 00 40 00 > 07 02 04 00 60 00 40 00 > 07 02 04 00 60 00 40 00");
    HEARD("d3 r3 ");
    assert_int_equal(fake.stats.l2cap_dropped, 1); // The second response.
    assert_int_equal(bt_l2cap_chan_disconnect(&chans[3].chan), -ENOTCONN);
}

static void hostile_23_responses(void **state)
{
    static const char *const bad[] = {
        "> 15 %s 0a 00 3f 00 00 02 40 00 05 00 00 00", // DCID out of range,
        "> 15 %s 0a 00 80 00 00 02 40 00 05 00 00 00", //
        "> 15 %s 0a 00 60 00 16 00 40 00 05 00 00 00", // MTU and MPS below 23.
        "> 15 %s 0a 00 60 00 00 02 16 00 05 00 00 00", //
        "> 15 %s 0a 00 00 00 00 00 00 00 00 00 02 00", // A refusal,
    };
    char text[200];
    char ident[3];
    for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
        assert_int_equal(bt_l2cap_chan_connect(conn, &chans[1].chan, 0x25), 0);
        snprintf(ident, sizeof(ident), "%02x", i + 1);
        snprintf(text, sizeof(text), "< 14 %s 0a 00 25 00 40 00 64 00 66 00 01 00", ident);
        SIG(conn, text);
        snprintf(text, sizeof(text), bad[i], ident);
        SIG(conn, text);
        HEARD("d1 r1 ");
    }
    // ... and success after it: nobody waits any more.
    SIG(conn, "> 15 05 0a 00 60 00 00 02 40 00 05 00 00 00");
    HEARD("");
    // The CID of another channel.
    SIG(conn, OPENED);
    assert_int_equal(bt_l2cap_chan_connect(conn, &chans[1].chan, 0x25), 0);
    SIG(conn,
        "< 14 06 0a 00 25 00 41 00 64 00 66 00 01 00 > 15 06 0a 00 50 00 00 02 40 00 05 00 00 00");
    HEARD("c0 go0 d1 r1 ");
}

static void no_answer_ends_the_request(void **state)
{
    assert_int_equal(bt_l2cap_chan_connect(conn, &chans[0].chan, 0x25), 0);
    SIG(conn, "< 14 01 0a 00 25 00 40 00 64 00 66 00 01 00");
    fake_time(41000000);
    HEARD("d0 r0 ");
    // A reject does too.
    assert_int_equal(bt_l2cap_chan_connect(conn, &chans[0].chan, 0x25), 0);
    SIG(conn, "< 14 02 0a 00 25 00 40 00 64 00 66 00 01 00 > 01 02 02 00 00 00");
    HEARD("d0 r0 ");
    // And nobody hears of a request that never left.
    fake.tx_dry = true;
    assert_int_equal(bt_l2cap_chan_connect(conn, &chans[0].chan, 0x25), 0);
    assert_int_equal(bt_l2cap_chan_disconnect(&chans[0].chan), 0);
    fake.tx_dry = false;
    fake_tx_free();
    SIG(conn, "< -");
    HEARD("d0 r0 ");
}

static void disconnect_while_connecting(void **state)
{
    assert_int_equal(bt_l2cap_chan_connect(conn, &chans[0].chan, 0x25), 0);
    SIG(conn, "< 14 01 0a 00 25 00 40 00 64 00 66 00 01 00");
    assert_int_equal(bt_l2cap_chan_disconnect(&chans[0].chan), 0);
    SIG(conn, "> 15 01 0a 00 60 00 00 02 40 00 05 00 00 00 < 06 02 04 00 60 00 40 00"
              "> 07 02 04 00 60 00 40 00");
    HEARD("d0 r0 ");
}

static void hostile_24_credits(void **state)
{
    SIG(conn, OPENED "> 16 06 04 00 51 00 01 00"   // Of no channel,
                     "> 16 07 04 00 50 00 00 00"); // none at all,
    assert_int_equal(fake.stats.l2cap_dropped, 2);
    assert_int_equal(atomic_get(&chans[0].tx.credits), 2);
    SIG(conn, "> 16 08 04 00 50 00 fd ff"); // 65535 in all is legal,
    assert_int_equal(atomic_get(&chans[0].tx.credits), 65535);
    SIG(conn, "> 16 09 04 00 50 00 01 00 < 06 01 04 00 50 00 40 00"); // more is not.
    HEARD("c0 go0 ");
    SIG(conn, "> 16 0a 04 00 50 00 01 00 > 07 01 04 00 50 00 40 00 > 16 0b 04 00 50 00 01 00");
    HEARD("d0 r0 ");
}

static void expect_disconnect(void)
{
    struct fake_frame frame;
    assert_true(fake_sent(&frame));
    assert_int_equal(frame.data[4], 0x06);
    assert_false(fake_sent(&frame));
    uint8_t rsp[] = {8, 0, 5, 0, 0x07, frame.data[5], 4, 0, 0x50, 0, 0x40, 0};
    fake_raw(conn, rsp, sizeof(rsp));
    HEARD("d0 r0 ");
}

static void frame_to_channel(const void *payload, uint16_t len)
{
    uint8_t frame[300] = {(uint8_t)len, (uint8_t)(len >> 8), 0x40, 0};
    memcpy(frame + 4, payload, len);
    fake_raw(conn, frame, len + 4u);
}

static void open_again(void)
{
    SIG(conn, OPENED);
    heard[0] = 0;
}

static void hostile_25_k_frames(void **state)
{
    static const uint8_t zeros[200];
    frame_to_channel("\x01\x00x", 3); // Before there is a channel.
    assert_int_equal(fake.stats.l2cap_dropped, 1);
    open_again();
    frame_to_channel("\x01", 1); // Shorter than the SDU's length,
    expect_disconnect();
    open_again();
    frame_to_channel("", 0);
    expect_disconnect();
    open_again();
    frame_to_channel("\x65\x00x", 3); // an SDU longer than our MTU,
    expect_disconnect();
    open_again();
    frame_to_channel("\x01\x00xx", 4); // more than the SDU's length, in the first frame,
    expect_disconnect();
    open_again();
    frame_to_channel(zeros, 103); // a frame longer than our MPS.
    expect_disconnect();
    open_again();
    frame_to_channel("\x03\x00x", 3);
    struct fake_frame credits;
    assert_true(fake_sent(&credits)); // What is left of the SDU may come.
    frame_to_channel("xxx", 3);       // More than its length in a later frame.
    expect_disconnect();
    frame_to_channel("\x01\x00x", 3); // After the end.
    SIG(conn, "< -");
}

static void hostile_25_more_frames_than_credits(void **state)
{
    open_again();
    recv_says = -EINPROGRESS;
    frame_to_channel("\x01\x00x", 3);
    HEARD("sdu0:1 ");
    frame_to_channel("\x01\x00x", 3);
    expect_disconnect();
    // The application's buffer is still its own.
    assert_int_equal(bt_l2cap_chan_recv_complete(&chans[0].chan, kept[0]), -ENOTCONN);
}

static void hostile_26_disconnect_requests(void **state)
{
    SIG(conn, OPENED "> 06 06 04 00 40 00 51 00 < -"                               // Wrong SCID,
                     "> 06 07 04 00 41 00 50 00 < 01 07 06 00 02 00 41 00 50 00"   // wrong DCID,
                     "> 06 08 04 00 40 00 50 00 < 07 08 04 00 40 00 50 00"         // right,
                     "> 06 09 04 00 40 00 50 00 < 01 09 06 00 02 00 40 00 50 00"); // and twice.
    HEARD("c0 go0 d0 r0 ");
}

// A frame and the end of its channel, with an SDU not yet whole.
static void hostile_26_disconnect_with_data_under_way(void **state)
{
    open_again();
    frame_to_channel("\x40\x00xxxx", 6);
    struct fake_frame credits;
    assert_true(fake_sent(&credits));
    SIG(conn, "> 06 06 04 00 40 00 50 00 < 07 06 04 00 40 00 50 00");
    HEARD("d0 r0 ");
}

static void both_disconnect_at_once(void **state)
{
    open_again();
    assert_int_equal(bt_l2cap_chan_disconnect(&chans[0].chan), 0);
    SIG(conn, "< 06 01 04 00 50 00 40 00 > 06 06 04 00 40 00 50 00 < 07 06 04 00 40 00 50 00"
              "> 01 01 06 00 02 00 50 00 40 00");
    HEARD("d0 r0 ");
}

// The application takes SDUs as they come: the window opens. It keeps one: the peer sends one at a
// time.
static void pitfall_80_credits_beyond_one_sdu(void **state)
{
    open_again();
    frame_to_channel("\x01\x00x", 3);
    SIG(conn, "< 16 01 04 00 40 00 40 00");
    for (int i = 0; i < 47; i++) {
        frame_to_channel("\x01\x00x", 3);
    }
    SIG(conn, "< -");
    heard[0] = 0;
    frame_to_channel("\x01\x00x", 3);
    SIG(conn, "< 16 02 04 00 40 00 30 00"); // Three quarters of a window at a time.
    heard[0] = 0;
    recv_says = -EINPROGRESS;
    for (int i = 0; i < 3; i++) {
        frame_to_channel("\x01\x00x", 3);
    }
    HEARD("sdu0:1 sdu0:1 sdu0:1 ");
    SIG(conn, "< -");
    for (int i = 0; i < 3; i++) {
        assert_int_equal(bt_l2cap_chan_recv_complete(&chans[0].chan, kept[i]), 0);
    }
    kept_count = 0;
    assert_int_equal(bt_l2cap_chan_recv_complete(&chans[0].chan, kept[0]), -EINVAL);
    SIG(conn, "< -"); // It has 61 credits left, which is more than one SDU needs.
}

static void no_buffer_for_an_sdu_ends_the_channel(void **state)
{
    struct net_buf *bufs[4];
    open_again();
    for (int i = 0; i < 4; i++) {
        bufs[i] = net_buf_alloc(&sdu_pool, K_NO_WAIT);
    }
    frame_to_channel("\x01\x00x", 3);
    for (int i = 0; i < 4; i++) {
        net_buf_unref(bufs[i]);
    }
    expect_disconnect();
}

static void pitfall_81_seg_recv_without_an_mps(void **state)
{
    // The application set no rx.mps; it gives three credits in accept.
    assert_int_equal(bt_l2cap_chan_give_credits(&chans[0].chan, 3), 0);
    SIG(conn, "> 14 05 0a 00 80 00 50 00 64 00 20 00 02 00"
              "< 15 05 0a 00 40 00 64 00 66 00 03 00 00 00");
    HEARD("c0 ");
    frame_to_channel("\x05\x00xx", 4);
    frame_to_channel("xxx", 3);
    HEARD("seg0:2@0/5 seg0:3@2/5 ");
    // Credits are the application's alone (pitfall 82).
    SIG(conn, "< -");
    assert_int_equal(bt_l2cap_chan_give_credits(&chans[0].chan, 0), -EINVAL);
    assert_int_equal(bt_l2cap_chan_give_credits(&chans[0].chan, 7), 0);
    SIG(conn, "< 16 01 04 00 40 00 07 00");
    assert_int_equal(atomic_get(&chans[0].rx.credits), 8);
    assert_int_equal(bt_l2cap_chan_give_credits(&chans[0].chan, 65528), -EOVERFLOW);
    assert_int_equal(bt_l2cap_chan_give_credits(&chans[1].chan, 65535), 0);
    assert_int_equal(bt_l2cap_chan_give_credits(&chans[1].chan, 1), -EOVERFLOW);
}

// Credits that are given between the request and its answer are sent when the channel is open.
static void pitfall_82_credits_while_connecting(void **state)
{
    assert_int_equal(bt_l2cap_chan_give_credits(&chans[0].chan, 1), 0);
    assert_int_equal(bt_l2cap_chan_connect(conn, &chans[0].chan, 0x25), 0);
    SIG(conn, "< 14 01 0a 00 25 00 40 00 64 00 66 00 01 00");
    assert_int_equal(bt_l2cap_chan_give_credits(&chans[0].chan, 4), 0);
    SIG(conn, "> 15 01 0a 00 60 00 00 02 40 00 05 00 00 00 < 16 02 04 00 40 00 04 00");
    HEARD("c0 ");
}

static void pitfall_83_credits_move_what_waits(void **state)
{
    SIG(conn,
        "> 14 05 0a 00 80 00 50 00 64 00 20 00 00 00 < 15 05 0a 00 40 00 64 00 66 00 01 00 00 00");
    assert_int_equal(bt_l2cap_chan_send(&chans[0].chan, an_sdu(2)), 0);
    SIG(conn, "< -");
    uint8_t credits[] = {8, 0, 5, 0, 0x16, 1, 4, 0, 0x50, 0, 1, 0};
    fake_raw(conn, credits, sizeof(credits));
    FRAMES(conn, 0x50, "< 02 00 78 78");
}

static void pitfall_84_send_says_what_is_wrong(void **state)
{
    open_again();
    struct net_buf *buf = net_buf_alloc(&sdu_pool, K_NO_WAIT);
    net_buf_add_u8(buf, 1);
    assert_int_equal(bt_l2cap_chan_send(&chans[0].chan, buf), -EINVAL); // No headroom.
    net_buf_unref(buf);
    buf = an_sdu(0x65);
    assert_int_equal(bt_l2cap_chan_send(&chans[0].chan, buf), -EMSGSIZE);
    assert_int_equal(bt_l2cap_chan_send(&chans[1].chan, buf), -ENOTCONN);
    assert_int_equal(bt_l2cap_chan_send(NULL, buf), -EINVAL);
    net_buf_unref(buf);
    // BT_L2CAP_SDU_BUF_SIZE() has room for every header.
    assert_int_equal(BT_L2CAP_SDU_BUF_SIZE(600), 600 + 11);
}

// What waits comes back when the channel ends, and the sender is told.
static void pitfall_85_end_with_sdus_queued(void **state)
{
    SIG(conn,
        "> 14 05 0a 00 80 00 50 00 64 00 20 00 00 00 < 15 05 0a 00 40 00 64 00 66 00 01 00 00 00");
    for (int i = 0; i < 3; i++) {
        assert_int_equal(bt_l2cap_chan_send(&chans[0].chan, an_sdu(2)), 0);
    }
    fake_disconnect(conn);
    HEARD("c0 d0 r0 ");
}

// Who listens later is found later: until then a request is refused, and nothing of it stays.
static void pitfall_86_listening_after_the_request(void **state)
{
    static struct bt_l2cap_server late = {.psm = 0x81, .accept = app_accept};
    SIG(conn, "> 14 05 0a 00 81 00 50 00 64 00 20 00 02 00"
              "< 15 05 0a 00 00 00 00 00 00 00 00 00 02 00");
    assert_int_equal(bt_l2cap_server_register(&late), 0);
    SIG(conn, "> 14 06 0a 00 81 00 50 00 64 00 20 00 02 00"
              "< 15 06 0a 00 40 00 64 00 66 00 01 00 00 00");
    HEARD("c0 ");
    assert_int_equal(bt_l2cap_server_unregister(&late), 0); // The channel stays.
    SIG(conn, "> 14 07 0a 00 81 00 51 00 64 00 20 00 02 00"
              "< 15 07 0a 00 00 00 00 00 00 00 00 00 02 00");
    assert_int_equal(bt_l2cap_chan_send(&chans[0].chan, an_sdu(1)), 0);
    FRAMES(conn, 0x50, "< 01 00 78");
}

// A stream without end into a buffer of three frames, with a credit given back for each that is
// read: what comes never exceeds it, and a peer that sends more is cut off, not its data silently.
static void pitfall_88_a_stream_never_exceeds_its_credits(void **state)
{
    unsigned int held = 0;
    unsigned int seen = 0;
    assert_int_equal(bt_l2cap_chan_give_credits(&chans[0].chan, 3), 0);
    SIG(conn, "> 14 05 0a 00 80 00 50 00 64 00 20 00 02 00"
              "< 15 05 0a 00 40 00 64 00 66 00 03 00 00 00");
    for (unsigned int round = 0; round < 1000; round++) {
        unsigned int credits = (unsigned int)atomic_get(&chans[0].rx.credits);
        assert_int_equal(credits + held, 3);
        heard[0] = 0;
        frame_to_channel("\x01\x00x", 3); // One at least, ...
        held++;
        seen++;
        HEARD("seg0:1@0/1 ");
        unsigned int read = 1 + round % held; // ... and as many read as there are, or fewer.
        if (held == 3 || round % 2) {
            held -= read;
            assert_int_equal(bt_l2cap_chan_give_credits(&chans[0].chan, (uint16_t)read), 0);
            struct fake_frame frame;
            assert_true(fake_sent(&frame));
            assert_int_equal(frame.data[4], 0x16);
        }
    }
    assert_int_equal(seen, 1000);
    while (atomic_get(&chans[0].rx.credits)) {
        frame_to_channel("\x01\x00x", 3);
    }
    heard[0] = 0;
    frame_to_channel("\x01\x00x", 3);
    expect_disconnect();
    HEARD("");
}

// An object that the application overwrites while it is in use, and one that it gives twice.
static void overwritten_object(void **state)
{
    open_again();
    chans[0].tx = (struct bt_l2cap_le_endpoint){0};
    chans[0].state = BT_L2CAP_DISCONNECTED;
    chans[0].chan.conn = NULL;
    assert_int_equal(bt_l2cap_chan_connect(conn, &chans[0].chan, 0x25), -EBUSY);
    assert_int_equal(bt_l2cap_chan_send(&chans[0].chan, an_sdu(2)), 0);
    FRAMES(conn, 0x50, "< 02 00 78 78");
}

static void servers(void **state)
{
    struct bt_l2cap_server bad = {.psm = 0x100, .accept = app_accept};
    struct bt_l2cap_server dynamic = {.accept = app_accept};
    assert_int_equal(bt_l2cap_server_register(NULL), -EINVAL);
    assert_int_equal(bt_l2cap_server_register(&bad), -EINVAL);
    bad = (struct bt_l2cap_server){.psm = 0x25};
    assert_int_equal(bt_l2cap_server_register(&bad), -EINVAL);
    assert_int_equal(bt_l2cap_server_register(&server), -EADDRINUSE);
    assert_int_equal(bt_l2cap_server_register(&dynamic), 0);
    assert_int_equal(dynamic.psm, 0x81);
    assert_int_equal(bt_l2cap_server_unregister(&dynamic), 0);
    assert_int_equal(bt_l2cap_server_unregister(&dynamic), -ENOENT);
    SIG(conn, OPENED);
    assert_int_equal(bt_l2cap_server_unregister(&server), 0);
    SIG(conn,
        "> 14 06 0a 00 80 00 51 00 64 00 20 00 02 00 < 15 06 0a 00 00 00 00 00 00 00 00 00 02 00");
    assert_int_equal(bt_l2cap_chan_send(&chans[0].chan, an_sdu(2)), 0); // What is open stays.
    FRAMES(conn, 0x50, "< 02 00 78 78");
}

static void connect_arguments(void **state)
{
    assert_int_equal(bt_l2cap_chan_connect(NULL, &chans[0].chan, 0x25), -EINVAL);
    assert_int_equal(bt_l2cap_chan_connect(conn, NULL, 0x25), -EINVAL);
    assert_int_equal(bt_l2cap_chan_connect(conn, &chans[0].chan, 0), -EINVAL);
    assert_int_equal(bt_l2cap_chan_connect(conn, &chans[0].chan, 0x100), -EINVAL);
    assert_int_equal(bt_l2cap_chan_connect(conn_at(1), &chans[0].chan, 0x25), -ENOTCONN);
    chans[0].required_sec_level = BT_SECURITY_L2;
    assert_int_equal(bt_l2cap_chan_connect(conn, &chans[0].chan, 0x25), -EACCES);
    chans[0].required_sec_level = BT_SECURITY_L0;
    chans[0].rx.mtu = 22;
    assert_int_equal(bt_l2cap_chan_connect(conn, &chans[0].chan, 0x25), -EINVAL);
    chans[0].rx.mtu = 65534;
    assert_int_equal(bt_l2cap_chan_connect(conn, &chans[0].chan, 0x25), -EINVAL);
    chans[0].chan.ops = NULL;
    assert_int_equal(bt_l2cap_chan_connect(conn, &chans[0].chan, 0x25), -EINVAL);
}

int main(void)
{
#define T(fn, begin) cmocka_unit_test_setup_teardown(fn, begin, app_end)
    const struct CMUnitTest tests[] = {
        T(accepted_channel_carries_data, setup_all),
        T(accept_hears_what_is_asked, setup),
        T(refusals, setup),
        T(hostile_22_connection_requests, setup_all),
        T(hostile_22_flood_of_requests, setup),
        T(connect_asks_and_opens, setup_all),
        T(hostile_23_responses, setup_all),
        T(no_answer_ends_the_request, setup),
        T(disconnect_while_connecting, setup),
        T(hostile_24_credits, setup_all),
        T(hostile_25_k_frames, setup),
        T(hostile_25_more_frames_than_credits, setup),
        T(hostile_26_disconnect_requests, setup_all),
        T(hostile_26_disconnect_with_data_under_way, setup),
        T(both_disconnect_at_once, setup),
        T(pitfall_80_credits_beyond_one_sdu, setup),
        T(no_buffer_for_an_sdu_ends_the_channel, setup),
        T(pitfall_81_seg_recv_without_an_mps, setup_seg),
        T(pitfall_82_credits_while_connecting, setup_seg),
        T(pitfall_83_credits_move_what_waits, setup),
        T(pitfall_84_send_says_what_is_wrong, setup),
        T(pitfall_85_end_with_sdus_queued, setup),
        T(pitfall_86_listening_after_the_request, setup),
        T(pitfall_88_a_stream_never_exceeds_its_credits, setup_seg),
        T(overwritten_object, setup),
        T(servers, setup),
        T(connect_arguments, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
