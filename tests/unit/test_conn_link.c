// Links from LE Connection Complete to `recycled`: states, references, order of callbacks.
#include "link_fake.h"

static struct bt_conn *kept;

static void on_connected(struct bt_conn *conn, uint8_t err)
{
    fake_note("connected:%02x", err);
}

static void on_disconnected(struct bt_conn *conn, uint8_t reason)
{
    fake_note("disconnected:%02x", reason);
}

static void on_recycled(void)
{
    fake_note("recycled");
}

static struct bt_conn_cb cb = {
    .connected = on_connected, .disconnected = on_disconnected, .recycled = on_recycled};

static int setup(void **state)
{
    fake_setup(state);
    return bt_conn_cb_register(&cb);
}

// A link as peripheral, through advertising.
static struct bt_conn *link_up(uint16_t handle, const bt_addr_le_t *peer)
{
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_CONN_FAST_1, NULL, 0, NULL, 0), 0);
    fake_connected(0, handle, BT_HCI_ROLE_PERIPHERAL, peer);
    struct bt_conn *conn = conn_by_handle(handle);
    assert_non_null(conn);
    return conn;
}

static void test_peripheral_link(void **state)
{
    struct bt_conn *conn = link_up(0x40, &peer_a);
    assert_log("up:connected connected:00");
    struct bt_conn_info info;
    assert_int_equal(bt_conn_get_info(conn, &info), 0);
    assert_int_equal(info.type, BT_CONN_TYPE_LE);
    assert_int_equal(info.role, BT_CONN_ROLE_PERIPHERAL);
    assert_int_equal(info.state, BT_CONN_STATE_CONNECTED);
    assert_int_equal(info.le.interval, 24);
    assert_int_equal(info.le.interval_us, 30000);
    assert_int_equal(info.le.timeout, 42);
    assert_true(bt_addr_le_eq(info.le.dst, &peer_a));
    assert_true(bt_addr_le_eq(info.le.src, &gap_reg.ids[0]));
    assert_int_equal(info.security.level, BT_SECURITY_L1);
    assert_ptr_equal(bt_conn_get_dst(conn), info.le.dst);
    assert_true(bt_conn_is_type(conn, BT_CONN_TYPE_LE));
    assert_false(bt_conn_is_type(conn, BT_CONN_TYPE_BR));
    assert_false(bt_conn_is_type(NULL, BT_CONN_TYPE_ALL));
    // Advertising is over; nothing starts it again.
    assert_false(gap_run.adv.on);
    assert_false(gap_run.adv.want);
    fake_disconnected(0x40, BT_HCI_ERR_REMOTE_USER_TERM_CONN);
    assert_log("up:disconnected disconnected:13 recycled");
    assert_int_equal(fake_cmd_count(BT_HCI_OP_LE_SET_ADV_ENABLE), 1);
}

// Completions of what was sent come before `disconnected`, whatever was due before.
static void test_completions_first(void **state)
{
    struct bt_conn *conn = link_up(0x40, &peer_a);
    assert_log("up:connected connected:00");
    conn->acl.sent = 1;
    conn_post(conn, CONN_POST_PARAM_UPDATED); // Queued before the link's own post.
    fake_disconnected(0x40, BT_HCI_ERR_CONN_TIMEOUT);
    assert_log("tx up:disconnected disconnected:08 recycled");
}

static void test_recycled_after_last_unref(void **state)
{
    struct bt_conn *conn = bt_conn_ref(link_up(0x40, &peer_a));
    assert_non_null(conn);
    fake_disconnected(0x40, 0x13);
    assert_log("up:connected connected:00 up:disconnected disconnected:13");
    assert_int_equal(bt_conn_disconnect(conn, 0x13), -ENOTCONN);
    uint16_t handle;
    assert_int_equal(bt_hci_get_conn_handle(conn, &handle), -ENOTCONN);
    bt_conn_unref(conn);
    fake_run();
    assert_log("recycled");
    assert_null(bt_conn_ref(conn));
    assert_null(bt_conn_ref(NULL));
}

static void test_disconnect(void **state)
{
    struct bt_conn *conn = link_up(0x40, &peer_a);
    fake_forget();
    fake.log[0] = '\0';
    assert_int_equal(bt_conn_disconnect(NULL, 0x13), -EINVAL);
    assert_int_equal(bt_conn_disconnect(conn, 0x08), -EINVAL);
    assert_int_equal(bt_conn_disconnect(conn, 0), -EINVAL);
    assert_int_equal(fake_cmd_count(BT_HCI_OP_DISCONNECT), 0);
    assert_int_equal(bt_conn_disconnect(conn, 0x13), 0);
    const struct fake_cmd *cmd = fake_cmd_last(BT_HCI_OP_DISCONNECT);
    assert_non_null(cmd);
    assert_int_equal(cmd->len, 3);
    assert_memory_equal(cmd->params, "\x40\x00\x13", 3);
    // It did not wait for the link, and no callback ran.
    assert_log("");
    struct bt_conn_info info;
    assert_int_equal(bt_conn_get_info(conn, &info), 0);
    assert_int_equal(info.state, BT_CONN_STATE_DISCONNECTING);
    assert_int_equal(bt_conn_disconnect(conn, 0x13), 0);
    assert_int_equal(fake_cmd_count(BT_HCI_OP_DISCONNECT), 1);
    fake_disconnected(0x40, 0x16);
    assert_log("up:disconnected disconnected:16 recycled");
}

static void test_disconnect_refused(void **state)
{
    struct bt_conn *conn = link_up(0x40, &peer_a);
    fake_answer(BT_HCI_OP_DISCONNECT, BT_HCI_ERR_CMD_DISALLOWED, 1);
    assert_int_equal(bt_conn_disconnect(conn, 0x13), -EACCES);
    assert_true(conn_is_up(conn));
    // Already gone below: its event is on the way, that is no error.
    fake_answer(BT_HCI_OP_DISCONNECT, BT_HCI_ERR_UNKNOWN_CONN_ID, 1);
    assert_int_equal(bt_conn_disconnect(conn, 0x13), 0);
    fake_disconnected(0x40, 0x08);
}

// Command Status without the event that should follow.
static void test_hostile_04_disconnect_without_event(void **state)
{
    struct bt_conn *conn = link_up(0x40, &peer_a);
    fake.log[0] = '\0';
    assert_int_equal(bt_conn_disconnect(conn, 0x13), 0);
    fake_sleep(1400000); // Supervision time-out 420 ms and a second.
    assert_log("");
    fake_sleep(30000);
    assert_log("up:disconnected disconnected:16 recycled");
    assert_false(conn->acl.open);
}

static void test_lookup(void **state)
{
    struct bt_conn *a = link_up(0x40, &peer_a);
    struct bt_conn *b = link_up(0x41, &peer_b);
    struct bt_conn *found = bt_conn_lookup_addr_le(BT_ID_DEFAULT, &peer_b);
    assert_ptr_equal(found, b);
    bt_conn_unref(found);
    assert_null(bt_conn_lookup_addr_le(1, &peer_b));
    bt_addr_le_t other = peer_b;
    other.type = BT_ADDR_LE_RANDOM;
    assert_null(bt_conn_lookup_addr_le(BT_ID_DEFAULT, &other));
    found = bt_hci_conn_lookup_handle(0x40);
    assert_ptr_equal(found, a);
    bt_conn_unref(found);
    assert_null(bt_hci_conn_lookup_handle(0x99));
    fake_disconnected(0x40, 0x13);
    assert_null(bt_conn_lookup_addr_le(BT_ID_DEFAULT, &peer_a));
    fake_disconnected(0x41, 0x13);
}

static void count_one(struct bt_conn *conn, void *data)
{
    (*(int *)data)++;
}

static void test_foreach(void **state)
{
    int count = 0;
    bt_conn_foreach(BT_CONN_TYPE_ALL, count_one, &count);
    assert_int_equal(count, 0);
    // A slot that only advertising holds is nobody's business.
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_CONN_FAST_1, NULL, 0, NULL, 0), 0);
    bt_conn_foreach(BT_CONN_TYPE_ALL, count_one, &count);
    assert_int_equal(count, 0);
    fake_connected(0, 0x40, BT_HCI_ROLE_PERIPHERAL, &peer_a);
    bt_conn_foreach(BT_CONN_TYPE_BR, count_one, &count);
    assert_int_equal(count, 0);
    bt_conn_foreach(BT_CONN_TYPE_LE, count_one, &count);
    assert_int_equal(count, 1);
    fake_disconnected(0x40, 0x13);
}

// The index is the slot, the handle is the controller's; neither is the other.
static void test_pitfall_69_index_is_not_handle(void **state)
{
    struct bt_conn *a = link_up(0x0eff, &peer_a);
    struct bt_conn *b = link_up(0x0000, &peer_b);
    assert_int_equal(bt_conn_index(a), 0);
    assert_int_equal(bt_conn_index(b), 1);
    uint16_t handle;
    assert_int_equal(bt_hci_get_conn_handle(a, &handle), 0);
    assert_int_equal(handle, 0x0eff);
    assert_int_equal(bt_hci_get_conn_handle(b, &handle), 0);
    assert_int_equal(handle, 0);
    fake_disconnected(0x0000, 0x13);
    assert_true(conn_is_up(a));
    fake_disconnected(0x0eff, 0x13);
}

// Every API works from callbacks.
static void api_in_connected(struct bt_conn *conn, uint8_t err)
{
    uint16_t handle;
    assert_int_equal(bt_hci_get_conn_handle(conn, &handle), 0);
    struct bt_conn *found = bt_conn_lookup_addr_le(BT_ID_DEFAULT, bt_conn_get_dst(conn));
    assert_ptr_equal(found, conn);
    bt_conn_unref(found);
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_CONN_FAST_1, NULL, 0, NULL, 0), 0);
    assert_true(gap_run.adv.on);
    assert_int_equal(bt_conn_disconnect(conn, 0x13), 0);
    fake_note("api");
}

static void api_in_disconnected(struct bt_conn *conn, uint8_t reason)
{
    assert_int_equal(bt_conn_disconnect(conn, 0x13), -ENOTCONN);
    assert_int_equal(bt_le_adv_stop(), 0);
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_CONN_FAST_1, NULL, 0, NULL, 0), 0);
    kept = NULL;
    assert_int_equal(
        bt_conn_le_create(&peer_b, BT_CONN_LE_CREATE_CONN, BT_LE_CONN_PARAM_DEFAULT, &kept), 0);
    fake_note("api");
}

static void test_pitfall_68_api_from_callbacks(void **state)
{
    struct bt_conn_cb api = {.connected = api_in_connected, .disconnected = api_in_disconnected};
    assert_int_equal(bt_conn_cb_register(&api), 0);
    (void)link_up(0x40, &peer_a);
    fake_disconnected(0x40, 0x16);
    assert_log("up:connected connected:00 api up:disconnected disconnected:16 api recycled");
    assert_int_equal(bt_conn_cb_unregister(&api), 0);
    assert_true(gap_run.adv.on);
    assert_int_equal(bt_conn_disconnect(kept, 0x13), 0);
    fake_connected(BT_HCI_ERR_UNKNOWN_CONN_ID, 0, 0, &peer_b);
    bt_conn_unref(kept);
    assert_int_equal(bt_le_adv_stop(), 0);
    fake_run();
}

// Link up and down again before anything was delivered: both are told, in order.
static void test_connected_and_gone(void **state)
{
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_CONN_FAST_1, NULL, 0, NULL, 0), 0);
    uint8_t up[18] = {0, 0x40, 0, 1, 0, 1, 2, 3, 4, 5, 6, 24, 0, 0, 0, 42, 0, 0};
    uint8_t down[4] = {0, 0x40, 0, 0x3e};
    assert_true(fake_event(BT_HCI_EVT_LE_META_EVENT, BT_HCI_EVT_LE_CONN_COMPLETE, up, sizeof(up)));
    assert_true(fake_event(BT_HCI_EVT_DISCONN_COMPLETE, 0, down, sizeof(down)));
    fake_run();
    assert_log("up:connected connected:00 up:disconnected disconnected:3e recycled");
}

// Every slot taken and held: a further central is sent away, and nothing breaks.
static void test_hostile_56_no_slot(void **state)
{
    struct bt_conn *held[CONFIG_BT_MAX_CONN];
    for (uint16_t i = 0; i < CONFIG_BT_MAX_CONN; i++) {
        bt_addr_le_t peer = peer_a;
        peer.a.val[0] = (uint8_t)i;
        held[i] = bt_conn_ref(link_up((uint16_t)(0x40 + i), &peer));
    }
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_CONN_FAST_1, NULL, 0, NULL, 0), -ENOMEM);
    struct bt_conn *conn = NULL;
    assert_int_equal(
        bt_conn_le_create(&peer_b, BT_CONN_LE_CREATE_CONN, BT_LE_CONN_PARAM_DEFAULT, &conn),
        -ENOMEM);
    assert_null(conn);
    // Beacons need no slot.
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_NCONN, NULL, 0, NULL, 0), 0);
    fake_forget();
    fake.log[0] = '\0';
    fake_connected(0, 0x77, BT_HCI_ROLE_PERIPHERAL, &peer_b);
    const struct fake_cmd *cmd = fake_cmd_last(BT_HCI_OP_DISCONNECT);
    assert_non_null(cmd);
    assert_memory_equal(cmd->params, "\x77\x00\x14", 3);
    assert_log("");
    assert_int_equal(bt_le_adv_stop(), 0);
    for (uint16_t i = 0; i < CONFIG_BT_MAX_CONN; i++) {
        fake_disconnected((uint16_t)(0x40 + i), 0x13);
        bt_conn_unref(held[i]);
    }
    fake_run();
}

// The controller is lost: every link ends, in its fixed order.
static void test_lost(void **state)
{
    struct bt_conn *conn = link_up(0x40, &peer_a);
    (void)link_up(0x41, &peer_b);
    assert_int_equal(bt_conn_disconnect(conn, 0x13), 0);
    fake.log[0] = '\0';
    conn_hci_up.lost();
    gap_hci_up.lost();
    fake_run();
    assert_log("up:disconnected disconnected:16 up:disconnected disconnected:08 recycled recycled");
}

// bt_disable() with a reference still held: the slot survives, answers, and comes back.
static void test_hostile_58_disable_with_references(void **state)
{
    struct bt_conn *conn = bt_conn_ref(link_up(0x40, &peer_a));
    fake.log[0] = '\0';
    fake_disable();
    assert_log("up:disconnected disconnected:08");
    assert_int_equal(bt_conn_disconnect(conn, 0x13), -ENOTCONN);
    assert_int_equal(bt_conn_le_param_update(conn, BT_LE_CONN_PARAM_DEFAULT), -ENOTCONN);
    struct bt_conn_info info;
    assert_int_equal(bt_conn_get_info(conn, &info), 0);
    assert_int_equal(info.state, BT_CONN_STATE_DISCONNECTED);
    fake_enable();
    // Its slot is not given to anyone else.
    struct bt_conn *other = link_up(0x40, &peer_b);
    assert_ptr_not_equal(conn, other);
    fake_disconnected(0x40, 0x13);
    bt_conn_unref(conn);
    assert_int_equal(conn->state, CONN_FREE);
    fake_run();
}

// After bt_disable() and bt_enable() registrations are there, once, and work.
static void test_pitfall_47_48_49_registered_after_restart(void **state)
{
    for (int i = 0; i < 3; i++) {
        fake_disable();
        fake_enable();
        assert_int_equal(bt_conn_cb_register(&cb), -EEXIST);
        fake.log[0] = '\0';
        (void)link_up(0x40, &peer_a);
        fake_disconnected(0x40, 0x13);
        assert_log("up:connected connected:00 up:disconnected disconnected:13 recycled");
    }
}

// Slots are counted: a thousand lives leave none behind.
static void test_pitfall_58_slots_never_leak(void **state)
{
    for (int i = 0; i < 1000; i++) {
        struct bt_conn *conn = link_up(0x40, &peer_a);
        if (i % 3 == 0) {
            assert_int_equal(bt_conn_disconnect(conn, 0x13), 0);
        }
        fake_disconnected(0x40, 0x13);
        fake.log[0] = '\0';
        fake_forget();
    }
    for (size_t i = 0; i < CONFIG_BT_MAX_CONN; i++) {
        assert_int_equal(conn_run.slots[i].state, CONN_FREE);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fake_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_peripheral_link),
        TEST(test_completions_first),
        TEST(test_recycled_after_last_unref),
        TEST(test_disconnect),
        TEST(test_disconnect_refused),
        TEST(test_hostile_04_disconnect_without_event),
        TEST(test_lookup),
        TEST(test_foreach),
        TEST(test_pitfall_69_index_is_not_handle),
        TEST(test_pitfall_68_api_from_callbacks),
        TEST(test_connected_and_gone),
        TEST(test_hostile_56_no_slot),
        TEST(test_lost),
        TEST(test_hostile_58_disable_with_references),
        TEST(test_pitfall_47_48_49_registered_after_restart),
        TEST(test_pitfall_58_slots_never_leak),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
