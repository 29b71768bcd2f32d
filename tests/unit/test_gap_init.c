// The initiator: creating connections, time-out, cancellation, and its neighbours.
#include "link_fake.h"

static struct bt_conn *conn;
static bool in_call;

static void on_connected(struct bt_conn *what, uint8_t err)
{
    assert_false(in_call);
    fake_note("connected:%02x", err);
}

static void on_recycled(void)
{
    fake_note("recycled");
}

static struct bt_conn_cb cb = {.connected = on_connected, .recycled = on_recycled};

static int setup(void **state)
{
    fake_setup(state);
    conn = NULL;
    return bt_conn_cb_register(&cb);
}

static int create(const bt_addr_le_t *peer)
{
    in_call = true;
    int err = bt_conn_le_create(peer, BT_CONN_LE_CREATE_CONN, BT_LE_CONN_PARAM_DEFAULT, &conn);
    in_call = false;
    return err;
}

static void let_go(void)
{
    bt_conn_unref(conn);
    conn = NULL;
    fake_run();
}

static void test_created(void **state)
{
    assert_int_equal(create(&peer_a), 0);
    const struct fake_cmd *cmd = fake_cmd_last(BT_HCI_OP_LE_CREATE_CONN);
    assert_non_null(cmd);
    assert_int_equal(cmd->len, 25);
    assert_memory_equal(
        cmd->params, "\x60\0\x60\0\0\x01\xa1\xa2\xa3\xa4\xa5\xc6\0\x18\0\x28\0\0\0\x90\x01\0\0\0\0",
        25);
    struct bt_conn_info info;
    assert_int_equal(bt_conn_get_info(conn, &info), 0);
    assert_int_equal(info.state, BT_CONN_STATE_CONNECTING);
    assert_int_equal(info.role, BT_CONN_ROLE_CENTRAL);
    assert_true(bt_addr_le_eq(bt_conn_get_dst(conn), &peer_a));
    fake_connected(0, 0x40, BT_HCI_ROLE_CENTRAL, &peer_a);
    assert_log("up:connected connected:00");
    assert_ptr_equal(conn_by_handle(0x40), conn);
    // A central asks for the features of its peer.
    assert_int_equal(fake_cmd_count(BT_HCI_OP_LE_READ_REMOTE_FEATURES), 1);
    assert_int_equal(create(&peer_a), -EINVAL);
    let_go();
    fake_disconnected(0x40, 0x13);
    assert_log("up:disconnected recycled");
}

static void test_errors(void **state)
{
    struct bt_conn *none = NULL;
    const struct bt_conn_le_create_param *how = BT_CONN_LE_CREATE_CONN;
    const struct bt_le_conn_param *param = BT_LE_CONN_PARAM_DEFAULT;
    bt_addr_le_t odd = {BT_ADDR_LE_RANDOM_ID, peer_a.a};
    assert_int_equal(bt_conn_le_create(NULL, how, param, &none), -EINVAL);
    assert_int_equal(bt_conn_le_create(&peer_a, NULL, param, &none), -EINVAL);
    assert_int_equal(bt_conn_le_create(&peer_a, how, NULL, &none), -EINVAL);
    assert_int_equal(bt_conn_le_create(&peer_a, how, param, NULL), -EINVAL);
    assert_int_equal(bt_conn_le_create(&odd, how, param, &none), -EINVAL);
    assert_int_equal(bt_conn_le_create(&peer_a, BT_CONN_LE_CREATE_PARAM(0, 3, 3), param, &none),
                     -EINVAL);
    assert_int_equal(
        bt_conn_le_create(&peer_a, BT_CONN_LE_CREATE_PARAM(0, 0x10, 0x11), param, &none), -EINVAL);
    assert_int_equal(bt_conn_le_create(&peer_a,
                                       BT_CONN_LE_CREATE_PARAM(BT_CONN_LE_OPT_CODED, 96, 96), param,
                                       &none),
                     -ENOTSUP);
    assert_int_equal(bt_conn_le_create(&peer_a, how, BT_LE_CONN_PARAM(6, 5, 0, 100), &none),
                     -EINVAL);
    assert_null(none);
    assert_int_equal(create(&peer_a), 0);
    assert_int_equal(bt_conn_le_create(&peer_b, how, param, &none), -EALREADY);
    assert_null(none);
    fake_connected(0x02, 0, 0, &peer_a);
    let_go();
    hci_run.state = HCI_OFF;
    assert_int_equal(create(&peer_a), -EAGAIN);
    hci_run.state = HCI_READY;
    assert_null(conn);
}

// `connected` never runs inside the call that creates, even if the link is up at once.
static void test_pitfall_67_connected_not_inside_create(void **state)
{
    assert_int_equal(create(&peer_a), 0); // on_connected checks in_call.
    uint8_t up[18] = {0, 0x40, 0, 0, 1, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xc6, 24, 0, 0, 0, 42, 0, 0};
    assert_true(fake_event(BT_HCI_EVT_LE_META_EVENT, BT_HCI_EVT_LE_CONN_COMPLETE, up, sizeof(up)));
    assert_log("");
    assert_int_equal(conn->refs, 2); // The host's and ours.
    fake_run();
    assert_log("up:connected connected:00");
    let_go();
    fake_disconnected(0x40, 0x13);
}

// A refused command: no reference, no callback, no slot.
static void test_pitfall_58_failed_create(void **state)
{
    for (int i = 0; i < 100; i++) {
        fake.answer_count = 0;
        fake_answer(BT_HCI_OP_LE_CREATE_CONN, BT_HCI_ERR_CONN_LIMIT_EXCEEDED, 1);
        assert_int_equal(create(&peer_a), -ECONNREFUSED);
        assert_null(conn);
        fake_run();
        fake_forget();
    }
    assert_log("");
    assert_int_equal(create(&peer_a), 0);
    fake_connected(0x3e, 0, 0, &peer_a);
    assert_log("connected:3e");
    let_go();
    assert_log("recycled");
}

static void test_cancel(void **state)
{
    assert_int_equal(create(&peer_a), 0);
    assert_int_equal(bt_conn_disconnect(conn, 0x13), 0);
    assert_int_equal(fake_cmd_count(BT_HCI_OP_LE_CREATE_CONN_CANCEL), 1);
    // Waited for the command only.
    assert_log("");
    assert_int_equal(bt_conn_disconnect(conn, 0x13), 0);
    assert_int_equal(fake_cmd_count(BT_HCI_OP_LE_CREATE_CONN_CANCEL), 1);
    assert_int_equal(bt_conn_le_create(&peer_b, BT_CONN_LE_CREATE_CONN, BT_LE_CONN_PARAM_DEFAULT,
                                       &(struct bt_conn *){NULL}),
                     -EALREADY);
    fake_connected(BT_HCI_ERR_UNKNOWN_CONN_ID, 0, 0, &peer_a);
    assert_log("connected:02");
    assert_int_equal(bt_conn_disconnect(conn, 0x13), -ENOTCONN);
    let_go();
    assert_log("recycled");
    // Nothing is left of it.
    assert_int_equal(create(&peer_a), 0);
    fake_connected(0, 0x40, BT_HCI_ROLE_CENTRAL, &peer_a);
    let_go();
    fake_disconnected(0x40, 0x13);
}

static void test_time_out(void **state)
{
    assert_int_equal(create(&peer_a), 0);
    fake_sleep(CONFIG_BT_CREATE_CONN_TIMEOUT * 1000000LL - 1);
    assert_int_equal(fake_cmd_count(BT_HCI_OP_LE_CREATE_CONN_CANCEL), 0);
    fake_sleep(1);
    assert_int_equal(fake_cmd_count(BT_HCI_OP_LE_CREATE_CONN_CANCEL), 1);
    fake_connected(BT_HCI_ERR_UNKNOWN_CONN_ID, 0, 0, &peer_a);
    assert_log("connected:02");
    let_go();
    struct bt_conn_le_create_param how = *BT_CONN_LE_CREATE_CONN;
    how.timeout = 50;
    assert_int_equal(bt_conn_le_create(&peer_a, &how, BT_LE_CONN_PARAM_DEFAULT, &conn), 0);
    fake_sleep(500000);
    assert_int_equal(fake_cmd_count(BT_HCI_OP_LE_CREATE_CONN_CANCEL), 2);
    fake_connected(BT_HCI_ERR_UNKNOWN_CONN_ID, 0, 0, &peer_a);
    let_go();
}

// The link came up just before it was cancelled: for the application it is cancelled, the peer is
// sent away.
static void test_hostile_09_complete_after_cancel(void **state)
{
    assert_int_equal(create(&peer_a), 0);
    fake_answer(BT_HCI_OP_LE_CREATE_CONN_CANCEL, BT_HCI_ERR_CMD_DISALLOWED, 1);
    assert_int_equal(bt_conn_disconnect(conn, 0x13), 0);
    fake_connected(0, 0x40, BT_HCI_ROLE_CENTRAL, &peer_a);
    assert_log("connected:02");
    assert_memory_equal(fake_cmd_last(BT_HCI_OP_DISCONNECT)->params, "\x40\0\x13", 3);
    assert_null(conn_by_handle(0x40));
    let_go();
    fake_disconnected(0x40, 0x16); // Stale, and that is all.
}

static void test_hostile_09_two_completes(void **state)
{
    assert_int_equal(create(&peer_a), 0);
    fake_connected(0, 0x40, BT_HCI_ROLE_CENTRAL, &peer_a);
    fake_connected(0, 0x41, BT_HCI_ROLE_CENTRAL, &peer_a);
    assert_log("up:connected connected:00");
    assert_null(conn_by_handle(0x41));
    assert_memory_equal(fake_cmd_last(BT_HCI_OP_DISCONNECT)->params, "\x41\0\x13", 3);
    fake_connected(0x3e, 0, 0, &peer_a);
    assert_true(conn_is_up(conn));
    let_go();
    fake_disconnected(0x40, 0x13);
}

static void test_hostile_09_other_peer(void **state)
{
    assert_int_equal(create(&peer_a), 0);
    fake_connected(0, 0x40, BT_HCI_ROLE_CENTRAL, &peer_b);
    assert_log("connected:1f");
    assert_int_equal(fake_cmd_count(BT_HCI_OP_DISCONNECT), 1);
    let_go();
}

// Cancelled, answered, and then silence.
static void test_hostile_04_cancel_without_event(void **state)
{
    assert_int_equal(create(&peer_a), 0);
    assert_int_equal(bt_conn_disconnect(conn, 0x13), 0);
    fake_sleep(1000000);
    assert_log("connected:02");
    let_go();
    assert_int_equal(create(&peer_b), 0);
    fake_connected(0x02, 0, 0, &peer_b);
    let_go();
}

// A controller that cannot initiate while it scans: the scan rests, and goes on.
static void test_scan_rests(void **state)
{
    assert_int_equal(bt_le_scan_start(BT_LE_SCAN_PASSIVE, NULL), 0);
    fake_answer(BT_HCI_OP_LE_CREATE_CONN, BT_HCI_ERR_CMD_DISALLOWED, 1);
    fake_forget();
    assert_int_equal(create(&peer_a), 0);
    assert_int_equal(fake_cmd_count(BT_HCI_OP_LE_CREATE_CONN), 2);
    assert_int_equal(fake.cmds[1].opcode, BT_HCI_OP_LE_SET_SCAN_ENABLE);
    assert_int_equal(fake.cmds[1].params[0], 0);
    assert_false(scan_is_on());
    assert_int_equal(bt_le_scan_start(BT_LE_SCAN_PASSIVE, NULL), -EALREADY);
    fake_connected(0, 0x40, BT_HCI_ROLE_CENTRAL, &peer_a);
    assert_true(scan_is_on());
    assert_int_equal(bt_le_scan_stop(), 0);
    let_go();
    fake_disconnected(0x40, 0x13);
    // Refused although nothing scans: that is the answer.
    fake_answer(BT_HCI_OP_LE_CREATE_CONN, BT_HCI_ERR_CMD_DISALLOWED, 1);
    assert_int_equal(create(&peer_a), -EACCES);
}

static void test_scan_stopped_while_resting(void **state)
{
    assert_int_equal(bt_le_scan_start(BT_LE_SCAN_PASSIVE, NULL), 0);
    fake_answer(BT_HCI_OP_LE_CREATE_CONN, BT_HCI_ERR_CMD_DISALLOWED, 1);
    assert_int_equal(create(&peer_a), 0);
    assert_int_equal(bt_le_scan_stop(), 0);
    assert_int_equal(bt_le_scan_start(BT_LE_SCAN_PASSIVE, NULL), -EBUSY);
    fake_connected(0, 0x40, BT_HCI_ROLE_CENTRAL, &peer_a);
    assert_false(scan_is_on());
    let_go();
    fake_disconnected(0x40, 0x13);
}

// Starting to scan while a connection is created, where the controller cannot do both.
static void test_scan_refused_while_initiating(void **state)
{
    assert_int_equal(create(&peer_a), 0);
    fake_answer(BT_HCI_OP_LE_SET_SCAN_ENABLE, BT_HCI_ERR_CMD_DISALLOWED, 1);
    assert_int_equal(bt_le_scan_start(BT_LE_SCAN_PASSIVE, NULL), -EBUSY);
    assert_int_equal(bt_le_scan_stop(), -EALREADY);
    fake_connected(0x02, 0, 0, &peer_a);
    let_go();
    assert_false(scan_is_on());
}

// Ctrl-C in the call: the creation is cancelled behind it.
static void test_interrupted(void **state)
{
    fake.wait_err = -EINTR;
    assert_int_equal(create(&peer_a), -EINTR);
    assert_null(conn);
    fake_run();
    assert_int_equal(fake_cmd_count(BT_HCI_OP_LE_CREATE_CONN_CANCEL), 1);
    fake_connected(BT_HCI_ERR_UNKNOWN_CONN_ID, 0, 0, &peer_a);
    assert_log("connected:02 recycled");
    assert_int_equal(create(&peer_a), 0);
    fake_connected(0x3e, 0, 0, &peer_a);
    let_go();
}

// No room to wait in: the call succeeds, what it could not see `connected` tells.
static void test_no_room_to_wait(void **state)
{
    fake.wait_err = -EINPROGRESS;
    assert_int_equal(create(&peer_a), 0);
    assert_non_null(conn);
    fake_answer(BT_HCI_OP_LE_CREATE_CONN, BT_HCI_ERR_INSUFFICIENT_RESOURCES, 1);
    fake_run();
    assert_log("connected:0d");
    let_go();
}

// The controller is lost while the creation is out.
static void test_lost(void **state)
{
    assert_int_equal(create(&peer_a), 0);
    conn_hci_up.lost();
    gap_hci_up.lost();
    fake_run();
    assert_log("connected:02");
    assert_false(init_is_active());
    let_go();
}

// Four links, roles mixed, while advertising and scanning go on.
static void test_four_links(void **state)
{
    assert_int_equal(bt_le_scan_start(BT_LE_SCAN_PASSIVE, NULL), 0);
    struct bt_conn *conns[4];
    for (uint16_t i = 0; i < 4; i++) {
        bt_addr_le_t peer = peer_a;
        peer.a.val[0] = (uint8_t)i;
        if (i & 1) {
            assert_int_equal(create(&peer), 0);
            conns[i] = conn;
            fake_connected(0, (uint16_t)(0x40 + i), BT_HCI_ROLE_CENTRAL, &peer);
        } else {
            assert_int_equal(bt_le_adv_start(BT_LE_ADV_CONN_FAST_1, NULL, 0, NULL, 0), 0);
            fake_connected(0, (uint16_t)(0x40 + i), BT_HCI_ROLE_PERIPHERAL, &peer);
            conns[i] = bt_conn_ref(conn_by_handle((uint16_t)(0x40 + i)));
        }
    }
    for (uint16_t i = 0; i < 4; i++) {
        assert_true(conn_is_up(conns[i]));
        assert_int_equal(conns[i]->role, i & 1 ? BT_CONN_ROLE_CENTRAL : BT_CONN_ROLE_PERIPHERAL);
    }
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_NCONN, NULL, 0, NULL, 0), 0);
    assert_true(scan_is_on());
    for (uint16_t i = 0; i < 4; i++) {
        fake_disconnected((uint16_t)(0x40 + i), 0x13);
        bt_conn_unref(conns[i]);
    }
    assert_int_equal(bt_le_scan_stop(), 0);
    assert_int_equal(bt_le_adv_stop(), 0);
    fake_run();
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fake_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_created),
        TEST(test_errors),
        TEST(test_pitfall_67_connected_not_inside_create),
        TEST(test_pitfall_58_failed_create),
        TEST(test_cancel),
        TEST(test_time_out),
        TEST(test_hostile_09_complete_after_cancel),
        TEST(test_hostile_09_two_completes),
        TEST(test_hostile_09_other_peer),
        TEST(test_hostile_04_cancel_without_event),
        TEST(test_scan_rests),
        TEST(test_scan_stopped_while_resting),
        TEST(test_scan_refused_while_initiating),
        TEST(test_interrupted),
        TEST(test_no_room_to_wait),
        TEST(test_lost),
        TEST(test_four_links),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
