// L2CAP: basic frames and the LE signalling channel (Vol 3, Part A, 3.1, 4 and 6.2.1).
#include "pdu/fake.h"

#include "kernel/loop.h"
#include "l2cap/l2cap.h"
#include "l2cap/state.h"

static struct bt_conn *conn;

static int central(void **state)
{
    fake_begin(BT_CONN_ROLE_CENTRAL);
    conn = conn_at(0);
    return 0;
}

static int peripheral(void **state)
{
    fake_begin(BT_CONN_ROLE_PERIPHERAL);
    conn = conn_at(0);
    return 0;
}

static int end(void **state)
{
    fake_end();
    return 0;
}

static void hostile_18_basic_header_lies(void **state)
{
    static const uint8_t frames[][6] = {
        {0x00, 0x00, 0x04, 0x00},             // Length 0: an empty ATT PDU, dropped above.
        {0xff, 0xff, 0x04, 0x00, 0x0a, 0x03}, // Longer than sent.
        {0x01, 0x00, 0x04, 0x00, 0x0a, 0x03}, // Shorter than sent.
        {0x01, 0x00},                         // Half a header.
        {0x00},
    };
    static const size_t lens[] = {4, 6, 6, 2, 1};
    for (size_t i = 0; i < 5; i++) {
        fake_raw(conn, frames[i], lens[i]);
    }
    fake_raw(conn, "", 0);
    ATT(conn, "< -");
    assert_int_equal(fake.stats.l2cap_dropped, 5);
    assert_int_equal(fake.stats.att_dropped, 1);
}

static void hostile_19_unknown_channels(void **state)
{
    static const uint8_t cids[][2] = {{0, 0}, {1, 0}, {2, 0}, {6, 0}, {0x40, 0}, {0xff, 0xff}};
    for (size_t i = 0; i < 6; i++) {
        uint8_t frame[] = {2, 0, cids[i][0], cids[i][1], 0x0a, 0x03};
        fake_raw(conn, frame, sizeof(frame));
    }
    ATT(conn, "< -");
    assert_int_equal(fake.stats.l2cap_dropped, 6);
}

static void hostile_20_command_reject_rules(void **state)
{
    SIG(conn, "> 99 07 00 00       < 01 07 02 00 00 00"       // Unknown code.
              "> 02 08 04 00 01 00 40 00 < 01 08 02 00 00 00" // BR/EDR connection request.
              "> 12 09 04 00 06 00 < 01 09 02 00 00 00"       // Length beyond the frame.
              "> 12 0a 02 00 06 00 < 01 0a 02 00 00 00"       // Wrong length for the code.
              // Two commands in one frame: one reject.
              "> 99 0b 00 00 99 0c 00 00 < 01 0b 02 00 00 00"
              "> 99 00 00 00       < -" // Identifier 0.
              "> 01 07 02 00 00 00 < -" // Never reject a reject,
              "> 01 07 09 00 00    < -" // however malformed.
              "> 13 01 00 00       < -" // A malformed response is no request.
              "> 99                < -"
              "> 99 01 00          < -"
              ">                   < -");
}

static void hostile_21_responses_nobody_waits_for(void **state)
{
    SIG(conn, "> 13 05 02 00 00 00 < -"
              "> 15 05 0a 00 40 00 17 00 17 00 01 00 00 00 < -"
              "> 18 05 0a 00 40 00 40 00 01 00 00 00 41 00 < -"
              "> 1a 05 02 00 00 00 < -"
              "> 07 05 04 00 40 00 41 00 < -");
    assert_int_equal(fake.stats.l2cap_dropped, 5);
}

static void hostile_22_le_connection_requests(void **state)
{
    // PSM 0, unknown, SCID out of range, MTU below 23: all refused, same ident repeated too.
    SIG(conn,
        "> 14 05 0a 00 00 00 40 00 17 00 17 00 01 00"
        "< 15 05 0a 00 00 00 00 00 00 00 00 00 02 00"
        "> 14 05 0a 00 80 00 3f 00 01 00 01 00 00 00"
        "< 15 05 0a 00 00 00 00 00 00 00 00 00 02 00"
        "> 14 06 08 00 80 00 40 00 17 00 17 00 < 01 06 02 00 00 00"
        "> 17 07 0a 00 80 00 40 00 40 00 01 00 40 00 < 18 07 0a 00 00 00 00 00 00 00 02 00 00 00"
        "> 19 08 06 00 40 00 40 00 40 00 < 1a 08 02 00 03 00");
}

static void hostile_24_credits_for_no_channel(void **state)
{
    SIG(conn, "> 16 05 04 00 40 00 ff ff < - > 16 06 04 00 04 00 00 00 < -");
}

static void hostile_26_disconnect_of_fixed_channels(void **state)
{
    SIG(conn, "> 06 05 04 00 04 00 04 00 < 01 05 06 00 02 00 04 00 04 00"
              "> 06 05 04 00 04 00 04 00 < 01 05 06 00 02 00 04 00 04 00"
              "> 06 06 04 00 05 00 06 00 < 01 06 06 00 02 00 05 00 06 00"
              "> 06 07 02 00 04 00 < 01 07 02 00 00 00");
    ATT(conn, "> 0a 03 00 < 0b 42 72 65 65 7a 65"); // ATT is as alive as before.
}

static void hostile_28_connection_parameters(void **state)
{
    SIG(conn, "> 12 01 08 00 10 00 08 00 00 00 64 00 < 13 01 02 00 01 00"   // min > max
              "> 12 02 08 00 08 00 64 00 f3 01 0a 00 < 13 02 02 00 01 00"   // latency x interval
              "> 12 03 08 00 05 00 08 00 00 00 64 00 < 13 03 02 00 01 00"   // interval too short
              "> 12 04 08 00 08 00 81 0c 00 00 80 0c < 13 04 02 00 01 00"   // too long
              "> 12 05 08 00 08 00 10 00 f4 01 80 0c < 13 05 02 00 01 00"   // latency 500
              "> 12 06 08 00 08 00 08 00 00 00 09 00 < 13 06 02 00 01 00"); // time-out 90 ms
    assert_int_equal(fake.updates, 0);
    SIG(conn, "> 12 07 08 00 08 00 10 00 04 00 64 00 < 13 07 02 00 00 00");
    assert_int_equal(fake.updates, 1);
    assert_int_equal(fake.update.interval_max, 16);
    assert_int_equal(fake.update.timeout, 100);
    fake.accept_params = false;
    SIG(conn, "> 12 08 08 00 08 00 10 00 04 00 64 00 < 13 08 02 00 01 00");
    assert_int_equal(fake.updates, 1);
}

static void hostile_28_parameters_from_the_central(void **state)
{
    SIG(conn, "> 12 07 08 00 08 00 10 00 04 00 64 00 < 01 07 02 00 00 00");
    assert_int_equal(fake.updates, 0);
}

static const struct bt_le_conn_param param = {6, 12, 0, 42};

static void our_update_request_is_answered(void **state)
{
    assert_int_equal(l2cap_param_update_req(conn, &param), 0);
    assert_int_equal(l2cap_param_update_req(conn, &param), -EBUSY);
    SIG(conn, "< 12 01 08 00 06 00 0c 00 00 00 2a 00"
              "> 13 02 02 00 00 00" // Another identifier: not ours.
              "> 13 01 02 00 00 00");
    assert_int_equal(loop_timer_count(), 0);
    assert_int_equal(fake.param_failed, 0);
    assert_int_equal(l2cap_param_update_req(conn, &param), 0);
    SIG(conn, "< 12 02 08 00 06 00 0c 00 00 00 2a 00 > 13 02 02 00 01 00"); // Refused.
    assert_int_equal(fake.param_failed, BT_HCI_ERR_UNACCEPT_CONN_PARAM);
    assert_int_equal(l2cap_param_update_req(conn, &param), 0);
    SIG(conn, "< 12 03 08 00 06 00 0c 00 00 00 2a 00 > 01 03 02 00 00 00"); // Rejected.
    assert_int_equal(fake.param_failed, BT_HCI_ERR_UNSUPP_REMOTE_FEATURE);
    assert_int_equal(loop_timer_count(), 0);
}

static void our_update_request_times_out(void **state)
{
    assert_int_equal(l2cap_param_update_req(conn, &param), 0);
    fake_time(29999999);
    assert_int_equal(l2cap_param_update_req(conn, &param), -EBUSY);
    fake_time(1);
    assert_int_equal(fake.param_failed, BT_HCI_ERR_LL_RESP_TIMEOUT);
    assert_int_equal(l2cap_param_update_req(conn, &param), 0);
    SIG(conn, "< 12 01 08 00 06 00 0c 00 00 00 2a 00 < 12 02 08 00 06 00 0c 00 00 00 2a 00");
}

static void update_request_without_buffer_or_link(void **state)
{
    fake.tx_dry = true;
    assert_int_equal(l2cap_param_update_req(conn, &param), -ENOBUFS);
    fake.tx_dry = false;
    conn->acl.open = false;
    assert_int_equal(l2cap_param_update_req(conn, &param), -ENOTCONN);
    conn->acl.open = true;
    SIG(conn, "< -");
}

static void identifiers_skip_zero(void **state)
{
    l2cap_run.links[0].ident = 0xff;
    assert_int_equal(l2cap_param_update_req(conn, &param), 0);
    SIG(conn, "< 12 01 08 00 06 00 0c 00 00 00 2a 00 > 13 01 02 00 00 00");
}

static void answers_wait_for_a_buffer(void **state)
{
    fake.tx_dry = true;
    SIG(conn, "> 14 05 0a 00 80 00 40 00 17 00 17 00 01 00 > 99 07 00 00 < -");
    fake_tx_free();
    SIG(conn, "< -");
    fake.tx_dry = false;
    fake_tx_free();
    SIG(conn, "< 15 05 0a 00 00 00 00 00 00 00 00 00 02 00 > 99 08 00 00 < 01 08 02 00 00 00");
    fake.tx_dry = true;
    SIG(conn, "> 99 09 00 00"); // Parked when the link goes: the buffer comes back (fake_end).
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(hostile_18_basic_header_lies, central, end),
        cmocka_unit_test_setup_teardown(hostile_19_unknown_channels, central, end),
        cmocka_unit_test_setup_teardown(hostile_20_command_reject_rules, central, end),
        cmocka_unit_test_setup_teardown(hostile_21_responses_nobody_waits_for, central, end),
        cmocka_unit_test_setup_teardown(hostile_22_le_connection_requests, central, end),
        cmocka_unit_test_setup_teardown(hostile_24_credits_for_no_channel, central, end),
        cmocka_unit_test_setup_teardown(hostile_26_disconnect_of_fixed_channels, central, end),
        cmocka_unit_test_setup_teardown(hostile_28_connection_parameters, central, end),
        cmocka_unit_test_setup_teardown(hostile_28_parameters_from_the_central, peripheral, end),
        cmocka_unit_test_setup_teardown(our_update_request_is_answered, peripheral, end),
        cmocka_unit_test_setup_teardown(our_update_request_times_out, peripheral, end),
        cmocka_unit_test_setup_teardown(update_request_without_buffer_or_link, peripheral, end),
        cmocka_unit_test_setup_teardown(identifiers_skip_zero, peripheral, end),
        cmocka_unit_test_setup_teardown(answers_wait_for_a_buffer, central, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
