// Several identities (CONFIG_BT_ID_MAX 2): advertising with each, one random address for all.
#include <breeze/id.h>

#include "link_fake.h"

static bt_addr_le_t second = {BT_ADDR_LE_RANDOM, {{9, 2, 3, 4, 5, 0xff}}};

static unsigned int forgotten; // Identities whose bonds were to go, as bits.
void __wrap_gap_bonds_forget(uint8_t id);

void __wrap_gap_bonds_forget(uint8_t id)
{
    forgotten |= BIT(id);
}

static int setup(void **state)
{
    fake_setup_random(state);
    assert_int_equal(bt_id_create(&second, NULL), 1);
    fake_forget();
    return 0;
}

static int start_as(uint8_t id)
{
    struct bt_le_adv_param param = *BT_LE_ADV_CONN_FAST_1;
    param.id = id;
    return bt_le_adv_start(&param, NULL, 0, NULL, 0);
}

static void assert_random(uint8_t id)
{
    const struct fake_cmd *cmd = fake_cmd_last(BT_HCI_OP_LE_SET_RANDOM_ADDRESS);
    assert_non_null(cmd);
    assert_memory_equal(cmd->params, gap_reg.ids[id].a.val, BT_ADDR_SIZE);
}

// The random address changes before advertising starts, and back when it has ended.
static void test_switch(void **state)
{
    assert_int_equal(start_as(1), 0);
    assert_random(1);
    assert_int_equal(fake.cmds[0].opcode, BT_HCI_OP_LE_SET_RANDOM_ADDRESS);
    fake_connected(0, 0x40, BT_HCI_ROLE_PERIPHERAL, &peer_a);
    struct bt_conn *conn = bt_conn_lookup_addr_le(1, &peer_a);
    assert_non_null(conn);
    struct bt_conn_info info;
    assert_int_equal(bt_conn_get_info(conn, &info), 0);
    assert_int_equal(info.id, 1);
    assert_true(bt_addr_le_eq(info.le.src, &second));
    assert_random(0);
    bt_conn_unref(conn);
    // The identity goes, and its link with it.
    assert_int_equal(bt_id_delete(1), 0);
    fake_run();
    assert_int_equal(fake_cmd_count(BT_HCI_OP_DISCONNECT), 1);
    assert_int_equal(start_as(1), -EINVAL);
}

// The scanner rests while the address changes.
static void test_scanner_rests(void **state)
{
    assert_int_equal(bt_le_scan_start(BT_LE_SCAN_PASSIVE, NULL), 0);
    fake_forget();
    assert_int_equal(start_as(1), 0);
    assert_int_equal(fake.cmds[0].opcode, BT_HCI_OP_LE_SET_SCAN_ENABLE);
    assert_int_equal(fake.cmds[0].params[0], 0);
    assert_int_equal(fake.cmds[1].opcode, BT_HCI_OP_LE_SET_RANDOM_ADDRESS);
    fake_run();
    assert_true(scan_is_on());
    assert_true(adv_is_on());
    assert_int_equal(bt_le_adv_stop(), 0);
    fake_run();
    assert_random(0);
    assert_true(scan_is_on());
    assert_int_equal(bt_le_scan_stop(), 0);
}

// One random address cannot serve the advertiser and the initiator under two names.
static void test_conflict(void **state)
{
    struct bt_conn *conn = NULL;
    assert_int_equal(start_as(1), 0);
    assert_int_equal(
        bt_conn_le_create(&peer_a, BT_CONN_LE_CREATE_CONN, BT_LE_CONN_PARAM_DEFAULT, &conn),
        -EBUSY);
    assert_int_equal(bt_id_delete(1), -EBUSY);
    assert_int_equal(bt_id_reset(1, NULL, NULL), -EBUSY);
    assert_int_equal(bt_le_adv_stop(), 0);
    assert_int_equal(
        bt_conn_le_create(&peer_a, BT_CONN_LE_CREATE_CONN, BT_LE_CONN_PARAM_DEFAULT, &conn), 0);
    assert_random(0);
    assert_int_equal(start_as(1), -EBUSY);
    assert_int_equal(start_as(0), 0);
    assert_int_equal(bt_le_adv_stop(), 0);
    fake_connected(0x02, 0, 0, &peer_a);
    bt_conn_unref(conn);
    fake_run();
}

static void test_create_reset_delete(void **state)
{
    bt_addr_le_t again = second;
    forgotten = 0;
    assert_int_equal(bt_id_create(NULL, NULL), -ENOMEM);
    assert_int_equal(bt_id_reset(1, &again, NULL), -EALREADY);
    assert_int_equal(bt_id_reset(BT_ID_DEFAULT, NULL, NULL), -EINVAL);
    assert_int_equal(forgotten, 0);
    assert_int_equal(bt_id_reset(1, NULL, NULL), 1);
    assert_int_equal(forgotten,
                     BIT(1)); // Its bonds go with the old address, and with the identity.
    forgotten = 0;
    assert_false(bt_addr_le_eq(&gap_reg.ids[1], &second));
    assert_int_equal(bt_id_delete(1), 0);
    assert_int_equal(forgotten, BIT(1));
    assert_int_equal(bt_id_delete(1), -EINVAL);
    size_t count = 2;
    bt_addr_le_t addrs[2];
    bt_id_get(addrs, &count);
    assert_int_equal(count, 1);
    assert_int_equal(bt_id_create(&again, NULL), 1);
}

// Another board's identity in place of ours, as long as nobody uses that.
static void test_set(void **state)
{
    static const bt_addr_le_t other = {BT_ADDR_LE_RANDOM, {{7, 7, 7, 7, 7, 0xc7}}};
    static const bt_addr_le_t private = {BT_ADDR_LE_RANDOM, {{7, 7, 7, 7, 7, 0x47}}};
    static const bt_addr_le_t public = {BT_ADDR_LE_PUBLIC, {{7, 7, 7, 7, 7, 0xc7}}};
    assert_int_equal(breeze_id_set(NULL), -EINVAL);
    assert_int_equal(breeze_id_set(&private), -EINVAL);
    assert_int_equal(breeze_id_set(&public), -EINVAL);
    assert_int_equal(breeze_id_set(&second), -EALREADY);
    assert_int_equal(start_as(0), 0);
    assert_int_equal(breeze_id_set(&other), -EBUSY);
    assert_int_equal(bt_le_adv_stop(), 0);
    assert_int_equal(bt_le_scan_start(BT_LE_SCAN_PASSIVE, NULL), 0);
    assert_int_equal(breeze_id_set(&other), -EBUSY);
    assert_int_equal(bt_le_scan_stop(), 0);
    assert_int_equal(start_as(1), 0);
    assert_int_equal(breeze_id_set(&other), 0); // The second one does not mind.
    assert_int_equal(bt_le_adv_stop(), 0);
    assert_int_equal(start_as(0), 0);
    assert_random(0);
    assert_true(bt_addr_le_eq(&gap_reg.ids[0], &other));
    assert_int_equal(breeze_id_set(&other), 0); // Nothing to do.
    fake_connected(0, 0x40, BT_HCI_ROLE_PERIPHERAL, &peer_a);
    assert_int_equal(breeze_id_set(&gap_reg.ids[0]), 0);
    assert_int_equal(breeze_id_set(&(bt_addr_le_t){BT_ADDR_LE_RANDOM, {{1, 1, 1, 1, 1, 0xc1}}}),
                     -EBUSY);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fake_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_switch),   TEST(test_scanner_rests),
        TEST(test_conflict), TEST(test_create_reset_delete),
        TEST(test_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
