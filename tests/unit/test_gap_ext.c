// Extended advertising: the commands that go out, octet by octet, and events that a controller may
// send at the wrong time (Vol 4, Part E, 7.8.52 to 7.8.66, 7.7.65.13 and 7.7.65.18).
#include <breeze/adv.h>

#include "link_fake.h"

#include "kernel/loop.h"

static unsigned int sent;
static unsigned int connected;

static void on_sent(struct bt_le_ext_adv *adv, struct bt_le_ext_adv_sent_info *info)
{
    sent++;
}

static void on_connected(struct bt_le_ext_adv *adv, struct bt_le_ext_adv_connected_info *info)
{
    connected++;
}

static const struct bt_le_ext_adv_cb cb = {.sent = on_sent, .connected = on_connected};

static int setup(void **state)
{
    sent = connected = 0;
    int err = fake_setup(state);
    hci_run.info.le_features[1] = 0x19; // 2M, Coded, extended advertising
    return err;
}

static void assert_cmd(uint16_t opcode, const void *params, size_t len)
{
    const struct fake_cmd *cmd = fake_cmd_last(opcode);
    assert_non_null(cmd);
    assert_int_equal(cmd->len, len);
    assert_memory_equal(cmd->params, params, len);
}
#define ASSERT_CMD(opcode, ...)                                                                    \
    assert_cmd(opcode, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

static const struct bt_data ad[] = {BT_DATA_BYTES(BT_DATA_FLAGS, BT_LE_AD_GENERAL)};

static void legacy_advertising_by_set_0(void **state)
{
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_CONN_FAST_1, ad, 1, NULL, 0), 0);
    ASSERT_CMD(BT_HCI_OP_LE_SET_EXT_ADV_PARAM, 0, 0x13, 0, 0x30, 0, 0, 0x60, 0, 0, 7, 0, 0, 0, 0, 0,
               0, 0, 0, 0, 0x7f, 1, 0, 1, 0, 0);
    ASSERT_CMD(BT_HCI_OP_LE_SET_EXT_ADV_DATA, 0, 3, 1, 3, 2, 1, 2);
    ASSERT_CMD(BT_HCI_OP_LE_SET_EXT_SCAN_RSP_DATA, 0, 3, 1, 0);
    ASSERT_CMD(BT_HCI_OP_LE_SET_EXT_ADV_ENABLE, 1, 1, 0, 0, 0, 0);
    assert_int_equal(bt_le_adv_stop(), 0);
    ASSERT_CMD(BT_HCI_OP_LE_SET_EXT_ADV_ENABLE, 0, 1, 0, 0, 0, 0);
    assert_int_equal(fake_cmd_count(BT_HCI_OP_LE_SET_ADV_PARAM), 0);
}

// A program's octets, and a scan response that it did not give, in the controller's family of commands.
static void octets_go_out_as_they_are(void **state)
{
    static const uint8_t loose[] = {0x1e, 0xff, 'x'};
    assert_int_equal(breeze_adv_start_raw(BT_LE_ADV_CONN_FAST_1, loose, 3, NULL, 0), 0);
    ASSERT_CMD(BT_HCI_OP_LE_SET_EXT_ADV_DATA, 0, 3, 1, 3, 0x1e, 0xff, 'x');
    ASSERT_CMD(BT_HCI_OP_LE_SET_EXT_SCAN_RSP_DATA, 0, 3, 1, 0);
    assert_int_equal(fake_cmd_count(BT_HCI_OP_LE_SET_SCAN_RSP_DATA), 0);
    assert_int_equal(bt_le_adv_stop(), 0);
    fake_disable();
    fake_enable();
    hci_run.info.le_features[1] = 0;
    assert_int_equal(breeze_adv_start_raw(BT_LE_ADV_CONN_FAST_1, loose, 3, NULL, 0), 0);
    ASSERT_CMD(BT_HCI_OP_LE_SET_ADV_DATA, 3, 0x1e, 0xff, 'x', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
               0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    assert_int_equal(bt_le_adv_stop(), 0);
}

static void advertise_once(void)
{
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_NCONN, NULL, 0, NULL, 0), 0);
    assert_int_equal(bt_le_adv_stop(), 0);
}

// A public address is no random one: a controller may check.
static void only_random_addresses_are_set(void **state)
{
    advertise_once();
    assert_int_equal(fake_cmd_count(BT_HCI_OP_LE_SET_ADV_SET_RANDOM_ADDR), 0);
    gap_reg.ids[0].type = BT_ADDR_LE_RANDOM;
    advertise_once();
    ASSERT_CMD(BT_HCI_OP_LE_SET_ADV_SET_RANDOM_ADDR, 0, 6, 5, 4, 3, 2, 1);
}

static void high_duty_has_a_duration(void **state)
{
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_CONN_DIR(&peer_b), NULL, 0, NULL, 0), 0);
    ASSERT_CMD(BT_HCI_OP_LE_SET_EXT_ADV_PARAM, 0, 0x1d, 0, 0x20, 0, 0, 0x20, 0, 0, 7, 0, 0, 0xb1,
               0xb2, 0xb3, 0xb4, 0xb5, 0xb6, 0, 0x7f, 1, 0, 1, 0, 0);
    ASSERT_CMD(BT_HCI_OP_LE_SET_EXT_ADV_ENABLE, 1, 1, 0, 128, 0, 0);
    assert_int_equal(bt_le_adv_stop(), 0);
}

static void scanning_on_both_phys(void **state)
{
    struct bt_le_scan_param param = {.type = 1,
                                     .options = BT_LE_SCAN_OPT_CODED,
                                     .interval = 0x60,
                                     .window = 0x30,
                                     .interval_coded = 0x90,
                                     .window_coded = 0x40};
    assert_int_equal(bt_le_scan_start(&param, NULL), 0);
    ASSERT_CMD(BT_HCI_OP_LE_SET_EXT_SCAN_PARAM, 0, 0, 5, 1, 0x60, 0, 0x30, 0, 1, 0x90, 0, 0x40, 0);
    ASSERT_CMD(BT_HCI_OP_LE_SET_EXT_SCAN_ENABLE, 1, 0, 0, 0, 0, 0);
    assert_int_equal(bt_le_scan_stop(), 0);
    param.options |= BT_LE_SCAN_OPT_NO_1M;
    param.interval_coded = param.window_coded = 0;
    assert_int_equal(bt_le_scan_start(&param, NULL), 0);
    ASSERT_CMD(BT_HCI_OP_LE_SET_EXT_SCAN_PARAM, 0, 0, 4, 1, 0x60, 0, 0x30, 0);
    assert_int_equal(bt_le_scan_stop(), 0);
    param.options = BT_LE_SCAN_OPT_NO_1M;
    assert_int_equal(bt_le_scan_start(&param, NULL), -EINVAL);
}

// What is asked for stands in the parameters of every set, the legacy calls' too.
static void power_of_advertising(void **state)
{
    struct bt_le_ext_adv *set;
    assert_int_equal(breeze_adv_tx_power_set(-128), -EINVAL);
    assert_int_equal(breeze_adv_tx_power_set(21), -EINVAL);
    assert_int_equal(breeze_adv_tx_power_set(-8), 0);
    advertise_once();
    assert_int_equal(fake_cmd_last(BT_HCI_OP_LE_SET_EXT_ADV_PARAM)->params[19], 0xf8);
    assert_int_equal(bt_le_ext_adv_create(BT_LE_EXT_ADV_NCONN, &cb, &set), 0);
    assert_int_equal(fake_cmd_last(BT_HCI_OP_LE_SET_EXT_ADV_PARAM)->params[19], 0xf8);
    assert_int_equal(bt_le_ext_adv_delete(set), 0);
    assert_int_equal(breeze_adv_tx_power_set(0), 0);
    advertise_once();
    assert_int_equal(fake_cmd_last(BT_HCI_OP_LE_SET_EXT_ADV_PARAM)->params[19], 0);
    assert_int_equal(breeze_adv_tx_power_set(BT_GAP_TX_POWER_INVALID), 0);
    advertise_once();
    assert_int_equal(fake_cmd_last(BT_HCI_OP_LE_SET_EXT_ADV_PARAM)->params[19], 0x7f);
    assert_int_equal(fake_cmd_count(BT_OP(BT_OGF_VS, 0x00e)), 0);
}

// Without these commands Zephyr's own is asked, of controllers that may know it.
static void power_by_the_vendors_command(void **state)
{
    hci_run.info.le_features[1] = 0;
    hci_run.info.manufacturer = 0x1234;
    assert_int_equal(breeze_adv_tx_power_set(4), -ENOTSUP);
    assert_int_equal(fake_cmd_count(BT_OP(BT_OGF_VS, 0x00e)), 0);
    hci_run.info.manufacturer = 0x05f1;
    assert_int_equal(breeze_adv_tx_power_set(-20), 0);
    ASSERT_CMD(BT_OP(BT_OGF_VS, 0x00e), 0, 0, 0, 0xec);
    fake_answer(BT_OP(BT_OGF_VS, 0x00e), BT_HCI_ERR_UNKNOWN_CMD, 0);
    assert_int_equal(breeze_adv_tx_power_set(-20), -ENOTSUP);
}

static void connecting_on_coded(void **state)
{
    struct bt_conn *conn;
    assert_int_equal(bt_conn_le_create(&peer_b,
                                       BT_CONN_LE_CREATE_PARAM(
                                           BT_CONN_LE_OPT_CODED | BT_CONN_LE_OPT_NO_1M, 0x60, 0x30),
                                       BT_LE_CONN_PARAM(24, 40, 0, 400), &conn),
                     0);
    ASSERT_CMD(BT_HCI_OP_LE_EXT_CREATE_CONN, 0, 0, 0, 0xb1, 0xb2, 0xb3, 0xb4, 0xb5, 0xb6, 4, 0x60,
               0, 0x30, 0, 24, 0, 40, 0, 0, 0, 0x90, 1, 0, 0, 0, 0);
    fake_connected(0, 1, BT_HCI_ROLE_CENTRAL, &peer_b);
    fake_disconnected(1, BT_HCI_ERR_REMOTE_USER_TERM_CONN);
    bt_conn_unref(conn);
}

// A set that is advertising.
static struct bt_le_ext_adv *set_on(const struct bt_le_adv_param *param)
{
    struct bt_le_ext_adv *set;
    assert_int_equal(bt_le_ext_adv_create(param, &cb, &set), 0);
    assert_int_equal(bt_le_ext_adv_start(set, BT_LE_EXT_ADV_START_DEFAULT), 0);
    fake_forget();
    return set;
}

static bool terminated(uint8_t status, uint8_t handle, uint16_t link)
{
    const uint8_t params[] = {status, handle, (uint8_t)link, (uint8_t)(link >> 8), 3};
    bool ok = fake_event(BT_HCI_EVT_LE_META_EVENT, BT_HCI_EVT_LE_ADV_SET_TERMINATED, params,
                         sizeof(params));
    fake_run();
    return ok;
}

static void link_waits_for_its_set(void **state)
{
    (void)set_on(BT_LE_EXT_ADV_CONN);
    fake_connected(0, 1, BT_HCI_ROLE_PERIPHERAL, &peer_b);
    assert_null(conn_by_handle(1));
    assert_true(terminated(0, 1, 2)); // another link's
    assert_null(conn_by_handle(1));
    assert_true(terminated(0, 1, 1));
    assert_non_null(conn_by_handle(1));
    assert_int_equal(connected, 1);
    fake_disconnected(1, BT_HCI_ERR_REMOTE_USER_TERM_CONN);
}

static void hostile_09_link_without_its_set(void **state)
{
    (void)set_on(BT_LE_EXT_ADV_CONN);
    fake_connected(0, 1, BT_HCI_ROLE_PERIPHERAL, &peer_b);
    fake_sleep(1100000);
    assert_null(conn_by_handle(1));
    assert_int_equal(connected, 0);
    assert_int_equal(fake_cmd_count(BT_HCI_OP_DISCONNECT), 1);
    assert_true(terminated(0, 1, 1)); // too late: no link of ours
    assert_null(conn_by_handle(1));
}

static void hostile_terminated_at_the_wrong_time(void **state)
{
    assert_true(terminated(0, 1, 1));
    assert_true(terminated(0x3c, 0, 0));
    struct bt_le_ext_adv *set = set_on(BT_LE_EXT_ADV_NCONN);
    assert_true(terminated(0x43, 9, 0));
    assert_int_equal(sent, 0);
    assert_true(terminated(0x43, 1, 0));
    assert_true(terminated(0x43, 1, 0)); // twice
    assert_int_equal(sent, 1);
    assert_int_equal(bt_le_ext_adv_stop(set), 0);
    assert_false(fake_event(BT_HCI_EVT_LE_META_EVENT, BT_HCI_EVT_LE_ADV_SET_TERMINATED, "\x43", 1));
}

static void a_refused_step_ends_the_call(void **state)
{
    struct bt_le_ext_adv *set;
    fake_answer(BT_HCI_OP_LE_SET_EXT_ADV_PARAM, BT_HCI_ERR_MEM_CAPACITY_EXCEEDED, 1);
    assert_int_equal(bt_le_ext_adv_create(BT_LE_EXT_ADV_CONN, &cb, &set), -ENOMEM);
    set = NULL;
    assert_int_equal(bt_le_ext_adv_create(BT_LE_EXT_ADV_CONN, &cb, &set), 0);
    fake_answer(BT_HCI_OP_LE_SET_EXT_ADV_ENABLE, BT_HCI_ERR_INVALID_PARAM, 1);
    assert_int_equal(bt_le_ext_adv_start(set, BT_LE_EXT_ADV_START_DEFAULT), -EINVAL);
    assert_int_equal(bt_le_ext_adv_start(set, BT_LE_EXT_ADV_START_DEFAULT), 0);
    assert_int_equal(bt_le_ext_adv_stop(set), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(legacy_advertising_by_set_0, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(octets_go_out_as_they_are, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(only_random_addresses_are_set, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(high_duty_has_a_duration, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(scanning_on_both_phys, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(power_of_advertising, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(power_by_the_vendors_command, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(connecting_on_coded, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(link_waits_for_its_set, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(hostile_09_link_without_its_set, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(hostile_terminated_at_the_wrong_time, setup, fake_teardown),
        cmocka_unit_test_setup_teardown(a_refused_step_ends_the_call, setup, fake_teardown),
    };
    return cmocka_run_group_tests_name("gap_ext", tests, NULL, NULL);
}
