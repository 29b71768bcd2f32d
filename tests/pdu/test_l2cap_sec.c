// Channels whose requests wait for security, against scripts of a peer (Vol 3, Part A, 4.22 to 4.26;
// Vol 3, Part C, 10.3.2).
#include "pdu/coc_app.h"

static int setup(void **state)
{
    app_begin(100, &ops);
    fake.raise_err = 0;
    return 0;
}

// PSM 0x25, our first CID, MTU 100, MPS 102, one credit; and what a peer says to it.
#define REQUEST(ident)       "< 14 " ident " 0a 00 25 00 40 00 64 00 66 00 01 00"
#define GRANTED(ident)       "> 15 " ident " 0a 00 50 00 64 00 40 00 02 00 00 00"
#define NO_AUTHEN(ident)     "> 15 " ident " 0a 00 00 00 00 00 00 00 00 00 05 00"
#define NO_ENCRYPTION(ident) "> 15 " ident " 0a 00 00 00 00 00 00 00 00 00 08 00"
#define KEY_TOO_SHORT(ident) "> 15 " ident " 0a 00 00 00 00 00 00 00 00 00 07 00"

static void begin(bt_security_t level)
{
    chans[0].required_sec_level = level;
    assert_int_equal(bt_l2cap_chan_connect(conn, &chans[0].chan, 0x25), 0);
}

static bool pending(int chan)
{
    return atomic_test_bit(chans[chan].chan.status, BT_L2CAP_STATUS_ENCRYPT_PENDING);
}

static void a_request_waits_for_the_level(void **state)
{
    begin(BT_SECURITY_L3);
    SIG(conn, "< -");
    assert_int_equal(fake.raised, BT_SECURITY_L3);
    assert_int_equal(chans[0].state, BT_L2CAP_CONNECTING);
    assert_true(pending(0));
    assert_int_equal(bt_l2cap_chan_connect(conn, &chans[0].chan, 0x25), -EBUSY);
    // What the link got is not enough: once more. A peer's answer to what was not asked is none.
    fake_security(conn, BT_SECURITY_L2, BT_SECURITY_ERR_SUCCESS);
    assert_int_equal(fake.raises, 2);
    SIG(conn, GRANTED("01") NO_AUTHEN("01") "> 01 01 02 00 00 00 < -");
    HEARD("");
    fake_security(conn, BT_SECURITY_L3, BT_SECURITY_ERR_SUCCESS);
    assert_false(pending(0));
    SIG(conn, REQUEST("01") GRANTED("01") "< -");
    HEARD("c0 ");
    assert_int_equal(fake.raises, 2);
}

static void a_link_that_has_it_waits_for_nothing(void **state)
{
    fake.security = BT_SECURITY_L2;
    begin(BT_SECURITY_L2);
    SIG(conn, REQUEST("01") GRANTED("01") "< -");
    HEARD("c0 ");
    assert_int_equal(fake.raises, 0);
}

static void what_cannot_be_raised_is_said(void **state)
{
    static const int errs[][2] = {{-ENOTSUP, -EACCES}, {-EINVAL, -EINVAL}, {-EAGAIN, -EAGAIN}};
    struct bt_l2cap_chan *list[] = {&chans[0].chan, &chans[1].chan, NULL};
    chans[1].required_sec_level = BT_SECURITY_L2;
    for (size_t i = 0; i < ARRAY_SIZE(errs); i++) {
        fake.raise_err = errs[i][0];
        assert_int_equal(bt_l2cap_chan_connect(conn, &chans[1].chan, 0x25), errs[i][1]);
        assert_int_equal(bt_l2cap_ecred_chan_connect(conn, list, 0x25), errs[i][1]);
        assert_null(chans[0].chan.conn);
        assert_null(chans[1].chan.conn);
    }
    SIG(conn, "< -");
    HEARD("");
}

// Without a Security Manager, and for other reasons, a refusal is one.
static void refusals_end_the_channel(void **state)
{
    fake.raise_err = -ENOTSUP;
    begin(BT_SECURITY_L0);
    SIG(conn, REQUEST("01") NO_AUTHEN("01") "< -");
    HEARD("d0 r0 ");
    fake.raise_err = 0;
    begin(BT_SECURITY_L0);
    SIG(conn, REQUEST("02") KEY_TOO_SHORT("02") "< -");
    HEARD("d0 r0 ");
    fake.security = BT_SECURITY_L2;
    begin(BT_SECURITY_L0);
    SIG(conn, REQUEST("03") NO_ENCRYPTION("03") "< -"); // It is encrypted: the peer is wrong.
    HEARD("d0 r0 ");
    fake.security = BT_SECURITY_L4;
    begin(BT_SECURITY_L0);
    SIG(conn, REQUEST("04") NO_AUTHEN("04") "< -"); // There is no more.
    HEARD("d0 r0 ");
}

// Each refusal raises it by a level; the request that follows is another one (its identifier too).
static void a_refusal_raises_security(void **state)
{
    begin(BT_SECURITY_L0);
    SIG(conn, REQUEST("01") NO_ENCRYPTION("01") "< -");
    assert_int_equal(fake.raised, BT_SECURITY_L2);
    HEARD("");
    fake_security(conn, BT_SECURITY_L2, BT_SECURITY_ERR_SUCCESS);
    SIG(conn, REQUEST("02") GRANTED("01") NO_AUTHEN("02") "< -");
    assert_int_equal(fake.raised, BT_SECURITY_L3);
    fake_security(conn, BT_SECURITY_L3, BT_SECURITY_ERR_SUCCESS);
    SIG(conn, REQUEST("03") NO_AUTHEN("03") "< -");
    assert_int_equal(fake.raised, BT_SECURITY_L4);
    HEARD("");
    fake_security(conn, BT_SECURITY_L4, BT_SECURITY_ERR_SUCCESS);
    SIG(conn, REQUEST("04") GRANTED("04") "< -");
    HEARD("c0 ");
}

static void it_ends_once_however_it_ends(void **state)
{
    begin(BT_SECURITY_L2);
    fake_security(conn, BT_SECURITY_L1, BT_SECURITY_ERR_AUTH_FAIL);
    HEARD("d0 r0 ");
    begin(BT_SECURITY_L2);
    assert_int_equal(bt_l2cap_chan_disconnect(&chans[0].chan), 0);
    SIG(conn, "< -");
    HEARD("d0 r0 ");
    fake_security(conn, BT_SECURITY_L2, BT_SECURITY_ERR_SUCCESS);
    HEARD("");
    fake.security = BT_SECURITY_L1;
    begin(BT_SECURITY_L2); // The peer never begins to encrypt.
    fake_time(59000000);
    HEARD("");
    fake_time(1000000);
    HEARD("d0 r0 ");
    begin(BT_SECURITY_L3); // It encrypts again and again, but with less.
    fake_security(conn, BT_SECURITY_L2, BT_SECURITY_ERR_SUCCESS);
    fake_security(conn, BT_SECURITY_L2, BT_SECURITY_ERR_SUCCESS);
    HEARD("");
    fake_security(conn, BT_SECURITY_L2, BT_SECURITY_ERR_SUCCESS);
    HEARD("d0 r0 ");
    begin(BT_SECURITY_L3);
    fake_disconnect(conn);
    HEARD("d0 r0 ");
    conn = fake_connect(0, BT_CONN_ROLE_PERIPHERAL);
}

// Another pairing is under way: it comes first, and what it brings may be enough.
static void it_waits_for_another_pairing(void **state)
{
    fake.raise_err = -EBUSY;
    begin(BT_SECURITY_L2);
    fake_time(100000000);
    SIG(conn, "< -");
    HEARD("");
    // It fails, or ends without a word: our own turn.
    fake.raise_err = 0;
    fake.raises = 0;
    fake_security(conn, BT_SECURITY_L1, BT_SECURITY_ERR_AUTH_FAIL);
    assert_int_equal(fake.raises, 1);
    fake_security(conn, BT_SECURITY_L2, BT_SECURITY_ERR_SUCCESS);
    SIG(conn, REQUEST("01") GRANTED("01") "< -");
    HEARD("c0 ");
    fake.security = BT_SECURITY_L1;
    fake.raise_err = -EBUSY;
    chans[1].required_sec_level = BT_SECURITY_L2;
    assert_int_equal(bt_l2cap_chan_connect(conn, &chans[1].chan, 0x25), 0);
    fake.security = BT_SECURITY_L2;
    fake_time(1000000);
    SIG(conn, "< 14 02 0a 00 25 00 41 00 64 00 66 00 01 00");
}

// Five with one request wait together; credits given meanwhile are in it; who leaves is not.
static void enhanced_channels_wait_together(void **state)
{
    struct bt_l2cap_chan *list[] = {&chans[0].chan, &chans[1].chan, &chans[2].chan, NULL};
    chans[1].required_sec_level = BT_SECURITY_L2;
    assert_int_equal(bt_l2cap_ecred_chan_connect(conn, list, 0x25), 0);
    assert_int_equal(fake.raises, 1);
    assert_true(pending(0) && pending(1) && pending(2));
    assert_int_equal(bt_l2cap_chan_disconnect(&chans[0].chan), 0);
    SIG(conn, "< -");
    HEARD("d0 r0 ");
    fake_security(conn, BT_SECURITY_L2, BT_SECURITY_ERR_SUCCESS);
    SIG(conn, "< 17 01 0c 00 25 00 64 00 66 00 01 00 41 00 42 00"
              "> 18 01 0c 00 00 00 00 00 00 00 05 00 00 00 00 00 < -");
    // Refused: raised, and one of them leaves between.
    assert_int_equal(fake.raised, BT_SECURITY_L3);
    HEARD("");
    assert_int_equal(bt_l2cap_chan_disconnect(&chans[1].chan), 0);
    SIG(conn, "< -");
    HEARD("d1 r1 ");
    fake_security(conn, BT_SECURITY_L3, BT_SECURITY_ERR_SUCCESS);
    SIG(conn, "< 17 02 0a 00 25 00 64 00 66 00 01 00 42 00"
              "> 18 02 0a 00 64 00 40 00 02 00 00 00 52 00 < -");
    HEARD("c2 ");
}

static void enhanced_channels_end_together(void **state)
{
    struct bt_l2cap_chan *list[] = {&chans[0].chan, &chans[1].chan, NULL};
    assert_int_equal(bt_l2cap_ecred_chan_connect(conn, list, 0x25), 0);
    SIG(conn, "< 17 01 0c 00 25 00 64 00 66 00 01 00 40 00 41 00");
    // One is to be closed while the request is out: it is not asked for again.
    assert_int_equal(bt_l2cap_chan_disconnect(&chans[0].chan), 0);
    SIG(conn, "> 18 01 0c 00 00 00 00 00 00 00 08 00 00 00 00 00 < -");
    HEARD("d0 r0 ");
    fake_security(conn, BT_SECURITY_L2, BT_SECURITY_ERR_SUCCESS);
    SIG(conn, "< 17 02 0a 00 25 00 64 00 66 00 01 00 41 00"
              "> 18 02 0a 00 00 00 00 00 00 00 05 00 00 00 < -");
    fake_security(conn, BT_SECURITY_L2, BT_SECURITY_ERR_AUTH_FAIL);
    HEARD("d1 r1 ");
    assert_int_equal(bt_l2cap_ecred_chan_connect(conn, list, 0x25), 0);
    SIG(conn, "< 17 04 0c 00 25 00 64 00 66 00 01 00 40 00 41 00");
    fake.raise_err = -EINVAL; // Refused, and no more can be had.
    SIG(conn, "> 18 04 0c 00 00 00 00 00 00 00 05 00 00 00 00 00 < -");
    HEARD("d0 r0 d1 r1 ");
}

static int setup_seg(void **state)
{
    app_begin(100, &seg_ops);
    fake.raise_err = 0;
    return 0;
}

static void credits_given_while_it_waits_are_in_the_request(void **state)
{
    assert_int_equal(bt_l2cap_chan_give_credits(&chans[0].chan, 2), 0);
    begin(BT_SECURITY_L2);
    assert_int_equal(bt_l2cap_chan_give_credits(&chans[0].chan, 3), 0);
    SIG(conn, "< -");
    fake_security(conn, BT_SECURITY_L2, BT_SECURITY_ERR_SUCCESS);
    SIG(conn, "< 14 01 0a 00 25 00 40 00 64 00 66 00 05 00" GRANTED("01") "< -");
    HEARD("c0 ");
}

int main(void)
{
#define T(fn, begin) cmocka_unit_test_setup_teardown(fn, begin, app_end)
    const struct CMUnitTest tests[] = {
        T(a_request_waits_for_the_level, setup),
        T(a_link_that_has_it_waits_for_nothing, setup),
        T(what_cannot_be_raised_is_said, setup),
        T(refusals_end_the_channel, setup),
        T(a_refusal_raises_security, setup),
        T(it_ends_once_however_it_ends, setup),
        T(it_waits_for_another_pairing, setup),
        T(enhanced_channels_wait_together, setup),
        T(enhanced_channels_end_together, setup),
        T(credits_given_while_it_waits_are_in_the_request, setup_seg),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
