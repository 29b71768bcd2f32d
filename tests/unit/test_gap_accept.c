// The accept list, what uses it, and the memory of a scan's duplicates.
#include "link_fake.h"

static void on_connected(struct bt_conn *conn, uint8_t err)
{
    fake_note("connected:%02x", err);
}

static struct bt_conn_cb cb = {.connected = on_connected};

static int setup(void **state)
{
    fake_setup(state);
    return bt_conn_cb_register(&cb);
}

static int auto_start(void)
{
    return bt_conn_le_create_auto(BT_CONN_LE_CREATE_CONN_AUTO, BT_LE_CONN_PARAM_DEFAULT);
}

static void test_list(void **state)
{
    assert_int_equal(bt_le_filter_accept_list_add(&peer_a), 0);
    assert_int_equal(bt_le_filter_accept_list_add(&peer_a), 0);
    assert_int_equal(bt_le_filter_accept_list_add(&peer_b), 0);
    assert_int_equal(fake_cmd_count(BT_HCI_OP_LE_ADD_DEV_TO_FAL), 2);
    const struct fake_cmd *cmd = fake_cmd_last(BT_HCI_OP_LE_ADD_DEV_TO_FAL);
    assert_int_equal(cmd->len, 7);
    assert_int_equal(cmd->params[0], peer_b.type);
    assert_memory_equal(&cmd->params[1], peer_b.a.val, 6);
    assert_int_equal(bt_le_filter_accept_list_remove(&peer_a), 0);
    cmd = fake_cmd_last(BT_HCI_OP_LE_REM_DEV_FROM_FAL);
    assert_memory_equal(&cmd->params[1], peer_a.a.val, 6);
    assert_int_equal(bt_le_filter_accept_list_remove(&peer_a), -ENOENT);
    assert_int_equal(bt_le_filter_accept_list_clear(), 0);
    assert_int_equal(fake_cmd_count(BT_HCI_OP_LE_CLEAR_FAL), 1);
    assert_int_equal(accept_run.count, 0);
}

static void test_list_errors(void **state)
{
    bt_addr_le_t addr = peer_a;
    assert_int_equal(bt_le_filter_accept_list_add(NULL), -EINVAL);
    assert_int_equal(bt_le_filter_accept_list_remove(NULL), -EINVAL);
    addr.type = BT_ADDR_LE_ANONYMOUS;
    assert_int_equal(bt_le_filter_accept_list_add(&addr), -EINVAL);
    // The controller's list is shorter: what it refused is forgotten.
    fake_answer(BT_HCI_OP_LE_ADD_DEV_TO_FAL, BT_HCI_ERR_MEM_CAPACITY_EXCEEDED, 1);
    assert_int_equal(bt_le_filter_accept_list_add(&peer_a), -ENOMEM);
    assert_int_equal(accept_run.count, 0);
    addr = peer_a;
    for (unsigned int i = 0; i < CONFIG_BREEZE_ACCEPT_LIST_MAX; i++) {
        addr.a.val[0] = (uint8_t)i;
        assert_int_equal(bt_le_filter_accept_list_add(&addr), 0);
    }
    addr.a.val[0] = 0xff;
    assert_int_equal(bt_le_filter_accept_list_add(&addr), -ENOMEM);
    // Nobody may change it while it is in use.
    const struct bt_le_adv_param *param =
        BT_LE_ADV_PARAM(BT_LE_ADV_OPT_CONN | BT_LE_ADV_OPT_FILTER_CONN, 0x20, 0x20, NULL);
    assert_int_equal(bt_le_adv_start(param, NULL, 0, NULL, 0), 0);
    assert_int_equal(bt_le_filter_accept_list_clear(), -EBUSY);
    assert_int_equal(bt_le_filter_accept_list_add(&addr), -EBUSY);
    assert_int_equal(bt_le_adv_stop(), 0);
    assert_int_equal(bt_le_filter_accept_list_clear(), 0);
    hci_run.state = HCI_OFF;
    assert_int_equal(bt_le_filter_accept_list_add(&addr), -EAGAIN);
    hci_run.state = HCI_READY;
}

static void test_written_anew_after_a_reset(void **state)
{
    assert_int_equal(bt_le_filter_accept_list_add(&peer_a), 0);
    assert_int_equal(bt_le_filter_accept_list_add(&peer_b), 0);
    gap_hci_up.lost();
    conn_hci_up.lost();
    gap_hci_up.ready();
    fake_forget();
    hci_cmd_kick();
    fake_run();
    assert_int_equal(fake_cmd_count(BT_HCI_OP_LE_ADD_DEV_TO_FAL), 2);
    assert_int_equal(accept_run.sent, 2);
}

static void test_who_uses_it(void **state)
{
    const struct bt_le_adv_param *param = BT_LE_ADV_PARAM(
        BT_LE_ADV_OPT_CONN | BT_LE_ADV_OPT_FILTER_CONN | BT_LE_ADV_OPT_FILTER_SCAN_REQ |
            BT_LE_ADV_OPT_DISABLE_CHAN_37 | BT_LE_ADV_OPT_DISABLE_CHAN_39,
        0x20, 0x20, NULL);
    assert_int_equal(bt_le_adv_start(param, NULL, 0, NULL, 0), 0);
    const struct fake_cmd *cmd = fake_cmd_last(BT_HCI_OP_LE_SET_ADV_PARAM);
    assert_int_equal(cmd->params[13], 0x02); // Channel 38
    assert_int_equal(cmd->params[14], 0x03);
    assert_int_equal(bt_le_adv_stop(), 0);
    assert_int_equal(
        bt_le_scan_start(BT_LE_SCAN_PARAM(0, BT_LE_SCAN_OPT_FILTER_ACCEPT_LIST, 96, 48), NULL), 0);
    cmd = fake_cmd_last(BT_HCI_OP_LE_SET_SCAN_PARAM);
    assert_int_equal(cmd->params[6], BT_HCI_LE_SCAN_FP_BASIC_FILTER);
    assert_int_equal(bt_le_filter_accept_list_clear(), -EBUSY);
    assert_int_equal(bt_le_scan_stop(), 0);
    param = BT_LE_ADV_PARAM(BT_LE_ADV_OPT_CONN | BT_LE_ADV_OPT_FILTER_CONN, 0x20, 0x20, &peer_a);
    assert_int_equal(bt_le_adv_start(param, NULL, 0, NULL, 0), -EINVAL);
}

static void test_auto(void **state)
{
    assert_int_equal(auto_start(), -EINVAL); // Nobody on the list.
    assert_int_equal(bt_le_filter_accept_list_add(&peer_a), 0);
    assert_int_equal(auto_start(), 0);
    assert_int_equal(auto_start(), -EALREADY);
    const struct fake_cmd *cmd = fake_cmd_last(BT_HCI_OP_LE_CREATE_CONN);
    assert_int_equal(cmd->params[4], 1);
    assert_int_equal(bt_le_filter_accept_list_clear(), -EBUSY);
    fake_sleep(3600 * 1000000LL); // It has all the time in the world.
    assert_int_equal(fake_cmd_count(BT_HCI_OP_LE_CREATE_CONN_CANCEL), 0);
    fake_connected(0, 0x40, BT_HCI_ROLE_CENTRAL, &peer_a);
    assert_log("up:connected connected:00");
    assert_true(bt_addr_le_eq(bt_conn_get_dst(conn_by_handle(0x40)), &peer_a));
    assert_int_equal(bt_conn_create_auto_stop(), -EINVAL);
    fake_disconnected(0x40, 0x13);
    fake.log[0] = '\0';
}

static void test_auto_stopped(void **state)
{
    assert_int_equal(bt_le_filter_accept_list_add(&peer_a), 0);
    assert_int_equal(auto_start(), 0);
    assert_int_equal(bt_conn_create_auto_stop(), 0);
    assert_int_equal(fake_cmd_count(BT_HCI_OP_LE_CREATE_CONN_CANCEL), 1);
    fake_connected(BT_HCI_ERR_UNKNOWN_CONN_ID, 0, 0, BT_ADDR_LE_ANY);
    assert_log("connected:02");
    assert_int_equal(bt_conn_create_auto_stop(), -EINVAL);
    assert_int_equal(auto_start(), 0);
    fake_connected(BT_HCI_ERR_UNKNOWN_CONN_ID, 0, 0, BT_ADDR_LE_ANY);
    assert_log("connected:02");
    // The controller refuses.
    fake_answer(BT_HCI_OP_LE_CREATE_CONN, BT_HCI_ERR_CMD_DISALLOWED, 1);
    assert_int_equal(auto_start(), -EACCES);
    assert_log("");
}

static bt_addr_le_t number(unsigned int n)
{
    bt_addr_le_t addr = {.type = BT_ADDR_LE_RANDOM,
                         .a.val = {(uint8_t)n, (uint8_t)(n >> 8), 3, 4, 5, 0xc6}};
    return addr;
}

static void test_hostile_54_duplicates(void **state)
{
    scan_dup_reset();
    for (unsigned int round = 0; round < 3; round++) {
        for (unsigned int n = 0; n < CONFIG_BREEZE_SCAN_DUP_MAX; n++) {
            bt_addr_le_t addr = number(n);
            assert_int_equal(scan_dup_seen(&addr, 0, 0), round > 0);
        }
    }
    // One more: only the oldest gives way, and comes as new when it is heard again.
    bt_addr_le_t more = number(CONFIG_BREEZE_SCAN_DUP_MAX);
    bt_addr_le_t first = number(0);
    bt_addr_le_t last = number(CONFIG_BREEZE_SCAN_DUP_MAX - 1);
    assert_false(scan_dup_seen(&more, 0, 0));
    assert_true(scan_dup_seen(&last, 0, 0));
    assert_false(scan_dup_seen(&first, 0, 0));
    // A scan response, another type of address: somebody else.
    assert_false(scan_dup_seen(&last, 4, 0));
    assert_false(scan_dup_seen(&last, 4, 1)); // another set
    assert_true(scan_dup_seen(&last, 4, 1));
    last.type = BT_ADDR_LE_PUBLIC;
    assert_false(scan_dup_seen(&last, 0, 0));
    // A flood of addresses: the table stays whole.
    for (unsigned int n = 0; n < 100000; n++) {
        bt_addr_le_t addr = number(n % 0xffff);
        (void)scan_dup_seen(&addr, n & 7, 0);
        assert_true(scan_dup_seen(&addr, n & 7, 0));
    }
    scan_dup_reset();
    assert_false(scan_dup_seen(&more, 0, 0));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fake_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_list),
        TEST(test_list_errors),
        TEST(test_written_anew_after_a_reset),
        TEST(test_who_uses_it),
        TEST(test_auto),
        TEST(test_auto_stopped),
        TEST(test_hostile_54_duplicates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
