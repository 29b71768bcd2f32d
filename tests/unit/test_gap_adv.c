// The advertiser: commands and their order, data, options, ends.
#include "link_fake.h"

static const struct bt_data flags[] = {BT_DATA_BYTES(BT_DATA_FLAGS, 0x06)};
static const struct bt_data name[] = {BT_DATA(BT_DATA_NAME_COMPLETE, "ab", 2)};

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

static void test_start_and_stop(void **state)
{
    assert_int_equal(bt_le_adv_stop(), 0);
    assert_int_equal(fake.cmd_count, 0);
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_CONN_FAST_1, flags, 1, name, 1), 0);
    assert_int_equal(fake.cmd_count, 4);
    assert_int_equal(fake.cmds[0].opcode, BT_HCI_OP_LE_SET_ADV_PARAM);
    assert_int_equal(fake.cmds[0].len, 15);
    assert_memory_equal(fake.cmds[0].params, "\x30\0\x60\0\0\0\0\0\0\0\0\0\0\x07\0", 15);
    assert_int_equal(fake.cmds[1].opcode, BT_HCI_OP_LE_SET_ADV_DATA);
    assert_int_equal(fake.cmds[1].len, 32);
    assert_memory_equal(fake.cmds[1].params, "\x03\x02\x01\x06\0", 5);
    assert_int_equal(fake.cmds[2].opcode, BT_HCI_OP_LE_SET_SCAN_RSP_DATA);
    assert_memory_equal(fake.cmds[2].params,
                        "\x04\x03\x09"
                        "ab\0",
                        6);
    assert_int_equal(fake.cmds[3].opcode, BT_HCI_OP_LE_SET_ADV_ENABLE);
    assert_int_equal(fake.cmds[3].params[0], 1);
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_NCONN, NULL, 0, NULL, 0), -EALREADY);
    assert_int_equal(bt_le_adv_stop(), 0);
    assert_int_equal(fake.cmds[4].opcode, BT_HCI_OP_LE_SET_ADV_ENABLE);
    assert_int_equal(fake.cmds[4].params[0], 0);
    assert_int_equal(fake.cmd_count, 5);
}

static void test_types(void **state)
{
    static const struct {
        uint32_t options;
        bool sd;
        uint8_t type;
        uint8_t channels;
    } rows[] = {
        {BT_LE_ADV_OPT_CONN, false, BT_HCI_ADV_IND, 7},
        {BT_LE_ADV_OPT_CONNECTABLE, true, BT_HCI_ADV_IND, 7},
        {0, false, BT_HCI_ADV_NONCONN_IND, 7},
        {BT_LE_ADV_OPT_USE_IDENTITY, true, BT_HCI_ADV_SCAN_IND, 7},
        {BT_LE_ADV_OPT_SCANNABLE, false, BT_HCI_ADV_SCAN_IND, 7},
        {BT_LE_ADV_OPT_DISABLE_CHAN_37, false, BT_HCI_ADV_NONCONN_IND, 6},
        {BT_LE_ADV_OPT_DISABLE_CHAN_37 | BT_LE_ADV_OPT_DISABLE_CHAN_39, false,
         BT_HCI_ADV_NONCONN_IND, 2},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const struct bt_le_adv_param *param = BT_LE_ADV_PARAM(rows[i].options, 0x20, 0x4000, NULL);
        assert_int_equal(bt_le_adv_start(param, flags, 1, name, rows[i].sd), 0);
        const struct fake_cmd *cmd = fake_cmd_last(BT_HCI_OP_LE_SET_ADV_PARAM);
        assert_int_equal(cmd->params[4], rows[i].type);
        assert_int_equal(cmd->params[13], rows[i].channels);
        assert_int_equal(bt_le_adv_stop(), 0);
    }
}

static void test_errors(void **state)
{
    static const struct {
        uint32_t options;
        uint32_t min;
        uint32_t max;
        int err;
    } rows[] = {
        {0, 0x1f, 0x40, -EINVAL},
        {0, 0x20, 0x4001, -EINVAL},
        {0, 0x41, 0x40, -EINVAL},
        {BT_LE_ADV_OPT_EXT_ADV, 0x20, 0x20, -EINVAL},
        {BT_LE_ADV_OPT_CODED, 0x20, 0x20, -EINVAL},
        {BT_LE_ADV_OPT_ANONYMOUS, 0x20, 0x20, -EINVAL},
        {BT_LE_ADV_OPT_USE_TX_POWER, 0x20, 0x20, -EINVAL},
        {BT_LE_ADV_OPT_DISABLE_CHAN_37 | BT_LE_ADV_OPT_DISABLE_CHAN_38 |
             BT_LE_ADV_OPT_DISABLE_CHAN_39,
         0x20, 0x20, -EINVAL},
        {BT_LE_ADV_OPT_NOTIFY_SCAN_REQ, 0x20, 0x20, -ENOTSUP},
        {BT_LE_ADV_OPT_USE_NRPA, 0x20, 0x20, -ENOTSUP},
        {BT_LE_ADV_OPT_DIR_ADDR_RPA, 0x20, 0x20, -ENOTSUP},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const struct bt_le_adv_param *param =
            BT_LE_ADV_PARAM(rows[i].options, rows[i].min, rows[i].max, NULL);
        assert_int_equal(bt_le_adv_start(param, NULL, 0, NULL, 0), rows[i].err);
    }
    assert_int_equal(bt_le_adv_start(NULL, NULL, 0, NULL, 0), -EINVAL);
    struct bt_le_adv_param no_id = *BT_LE_ADV_NCONN;
    no_id.id = 1;
    assert_int_equal(bt_le_adv_start(&no_id, NULL, 0, NULL, 0), -EINVAL);
    assert_int_equal(bt_le_adv_update_data(NULL, 0, NULL, 0), -EAGAIN);
    hci_run.state = HCI_OFF;
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_NCONN, NULL, 0, NULL, 0), -EAGAIN);
    hci_run.state = HCI_READY;
    assert_int_equal(fake.cmd_count, 0);
}

static void test_data_limits(void **state)
{
    uint8_t octets[255] = {0};
    struct bt_data full = BT_DATA(BT_DATA_MANUFACTURER_DATA, octets, 29);
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_NCONN, &full, 1, NULL, 0), 0);
    assert_int_equal(bt_le_adv_stop(), 0);
    full.data_len = 30;
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_NCONN, &full, 1, NULL, 0), -EINVAL);
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_CONN_FAST_1, NULL, 0, &full, 1), -EINVAL);
    full.data_len = 255;
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_NCONN, &full, 1, NULL, 0), -EINVAL);
    full = (struct bt_data)BT_DATA(BT_DATA_MANUFACTURER_DATA, NULL, 3);
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_NCONN, &full, 1, NULL, 0), -EINVAL);
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_NCONN, NULL, 1, NULL, 0), -EINVAL);
    assert_false(gap_run.adv.want);
}

static void test_update(void **state)
{
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_CONN_FAST_1, flags, 1, NULL, 0), 0);
    fake_forget();
    assert_int_equal(bt_le_adv_update_data(name, 1, flags, 1), 0);
    assert_int_equal(fake.cmd_count, 2);
    assert_memory_equal(fake_cmd_last(BT_HCI_OP_LE_SET_ADV_DATA)->params,
                        "\x04\x03\x09"
                        "ab",
                        5);
    assert_memory_equal(fake_cmd_last(BT_HCI_OP_LE_SET_SCAN_RSP_DATA)->params, "\x03\x02\x01\x06",
                        4);
    fake_answer(BT_HCI_OP_LE_SET_ADV_DATA, BT_HCI_ERR_INVALID_PARAM, 1);
    assert_int_equal(bt_le_adv_update_data(name, 1, flags, 1), -EINVAL);
    assert_true(gap_run.adv.on);
    assert_int_equal(bt_le_adv_update_data(flags, 1, NULL, 0), 0);
    assert_int_equal(bt_le_adv_stop(), 0);
    // Nobody scans what is not scannable.
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_NCONN, flags, 1, NULL, 0), 0);
    assert_int_equal(bt_le_adv_update_data(flags, 1, name, 1), -EINVAL);
    assert_int_equal(bt_le_adv_update_data(name, 1, NULL, 0), 0);
    assert_int_equal(bt_le_adv_stop(), 0);
}

// A command that fails: its error, and everything is as before; the slot is free.
static void test_refused(void **state)
{
    static const uint16_t opcodes[] = {BT_HCI_OP_LE_SET_ADV_PARAM, BT_HCI_OP_LE_SET_ADV_DATA,
                                       BT_HCI_OP_LE_SET_SCAN_RSP_DATA, BT_HCI_OP_LE_SET_ADV_ENABLE};
    for (size_t i = 0; i < ARRAY_SIZE(opcodes); i++) {
        fake.answer_count = 0;
        fake_answer(opcodes[i], BT_HCI_ERR_CMD_DISALLOWED, 1);
        assert_int_equal(bt_le_adv_start(BT_LE_ADV_CONN_FAST_1, flags, 1, name, 1), -EACCES);
        assert_false(gap_run.adv.want);
        assert_null(gap_run.adv.conn);
        for (size_t j = 0; j < CONFIG_BT_MAX_CONN; j++) {
            assert_int_equal(conn_run.slots[j].state, CONN_FREE);
        }
    }
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_CONN_FAST_1, flags, 1, name, 1), 0);
    assert_int_equal(bt_le_adv_stop(), 0);
    fake_run();
    assert_log("");
}

static void test_interrupted(void **state)
{
    fake.wait_err = -EINTR;
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_CONN_FAST_1, flags, 1, NULL, 0), -EINTR);
    fake_run();
    assert_false(gap_run.adv.on);
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_CONN_FAST_1, flags, 1, NULL, 0), 0);
    assert_int_equal(bt_le_adv_stop(), 0);
}

// Stopped, but a central had connected just before.
static void test_connect_after_stop(void **state)
{
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_CONN_FAST_1, NULL, 0, NULL, 0), 0);
    fake_answer(BT_HCI_OP_LE_SET_ADV_ENABLE, BT_HCI_ERR_CMD_DISALLOWED, 1);
    assert_int_equal(bt_le_adv_stop(), 0);
    fake_connected(0, 0x40, BT_HCI_ROLE_PERIPHERAL, &peer_a);
    assert_log("up:connected connected:00");
    assert_non_null(conn_by_handle(0x40));
    fake_disconnected(0x40, 0x13);
}

static void test_directed(void **state)
{
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_CONN_DIR(&peer_a), flags, 1, NULL, 0), -EINVAL);
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_PARAM(0, 0x20, 0x20, &peer_a), NULL, 0, NULL, 0),
                     -EINVAL);
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_CONN_DIR_LOW_DUTY(&peer_a), NULL, 0, NULL, 0), 0);
    const struct fake_cmd *cmd = fake_cmd_last(BT_HCI_OP_LE_SET_ADV_PARAM);
    assert_int_equal(cmd->params[4], BT_HCI_ADV_DIRECT_IND_LOW_DUTY);
    assert_memory_equal(&cmd->params[6], "\x01\xa1\xa2\xa3\xa4\xa5\xc6", 7);
    assert_int_equal(bt_le_adv_update_data(flags, 1, NULL, 0), -EINVAL);
    assert_int_equal(bt_le_adv_stop(), 0);
    // High duty ends by itself after 1.28 s.
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_CONN_DIR(&peer_a), NULL, 0, NULL, 0), 0);
    assert_int_equal(fake_cmd_last(BT_HCI_OP_LE_SET_ADV_PARAM)->params[4], BT_HCI_ADV_DIRECT_IND);
    fake_connected(BT_HCI_ERR_ADV_TIMEOUT, 0, 1, &peer_a);
    assert_log("connected:3c");
    assert_false(gap_run.adv.on);
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_CONN_FAST_1, NULL, 0, NULL, 0), 0);
    assert_int_equal(bt_le_adv_stop(), 0);
}

// The deprecated option: on again when the link has ended, until stopped.
static void test_resume(void **state)
{
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_CONN, flags, 1, NULL, 0), 0);
    fake_connected(0, 0x40, BT_HCI_ROLE_PERIPHERAL, &peer_a);
    assert_false(gap_run.adv.on);
    fake_disconnected(0x40, 0x13);
    assert_true(gap_run.adv.on);
    fake_connected(0, 0x40, BT_HCI_ROLE_PERIPHERAL, &peer_a);
    assert_int_equal(bt_le_adv_stop(), 0);
    fake_disconnected(0x40, 0x13);
    assert_false(gap_run.adv.on);
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_CONN_ONE_TIME, flags, 1, NULL, 0), 0);
    fake_connected(0, 0x40, BT_HCI_ROLE_PERIPHERAL, &peer_a);
    fake_disconnected(0x40, 0x13);
    assert_false(gap_run.adv.on);
}

static void test_name(void **state)
{
    assert_int_equal(bt_set_name("long name of a device ABCDEF"), 0);
    // Into the scan response, whole if it fits.
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_CONN_NAME, flags, 1, NULL, 0), 0);
    const struct fake_cmd *cmd = fake_cmd_last(BT_HCI_OP_LE_SET_SCAN_RSP_DATA);
    assert_int_equal(cmd->params[0], 30);
    assert_memory_equal(&cmd->params[1], "\x1d\x09long name of a device ABCDEF", 30);
    assert_int_equal(bt_le_adv_stop(), 0);
    // Into the advertising data, shortened.
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_CONN_NAME_AD, flags, 1, NULL, 0), 0);
    cmd = fake_cmd_last(BT_HCI_OP_LE_SET_ADV_DATA);
    assert_int_equal(cmd->params[0], 31);
    assert_memory_equal(&cmd->params[1], "\x02\x01\x06\x1b\x08long name of a device ABCD", 31);
    assert_int_equal(bt_le_adv_stop(), 0);
    // Without scan response it has to go there.
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_NCONN_NAME, NULL, 0, NULL, 0), 0);
    cmd = fake_cmd_last(BT_HCI_OP_LE_SET_ADV_DATA);
    assert_int_equal(cmd->params[0], 30);
    assert_int_equal(bt_le_adv_stop(), 0);
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_CONN_NAME, name, 1, NULL, 0), -EINVAL);
    uint8_t octets[28] = {0};
    struct bt_data full = BT_DATA(BT_DATA_MANUFACTURER_DATA, octets, 27);
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_NCONN_NAME, &full, 1, NULL, 0), -EINVAL);
}

static void test_name_and_appearance(void **state)
{
    assert_string_equal(bt_get_name(), CONFIG_BT_DEVICE_NAME);
    assert_int_equal(bt_set_name(NULL), -EINVAL);
    char longest[CONFIG_BT_DEVICE_NAME_MAX + 2] = {0};
    memset(longest, 'n', CONFIG_BT_DEVICE_NAME_MAX + 1);
    assert_int_equal(bt_set_name(longest), -ENOMEM);
    longest[CONFIG_BT_DEVICE_NAME_MAX] = '\0';
    assert_int_equal(bt_set_name(longest), 0);
    assert_int_equal(bt_set_name(bt_get_name()), 0);
    assert_string_equal(bt_get_name(), longest);
    assert_int_equal(fake.saves, 1);
    assert_int_equal(bt_set_name(""), 0);
    assert_string_equal(bt_get_name(), "");
    assert_int_equal(bt_get_appearance(), CONFIG_BT_DEVICE_APPEARANCE);
    assert_int_equal(bt_set_appearance(BT_APPEARANCE_HID_MOUSE), 0);
    assert_int_equal(bt_set_appearance(BT_APPEARANCE_HID_MOUSE), 0);
    assert_int_equal(bt_get_appearance(), BT_APPEARANCE_HID_MOUSE);
    assert_int_equal(fake.saves, 3);
    fake_disable();
    fake_enable();
    assert_int_equal(bt_get_appearance(), BT_APPEARANCE_HID_MOUSE);
}

static void test_lost(void **state)
{
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_CONN, flags, 1, NULL, 0), 0);
    gap_hci_up.lost();
    conn_hci_up.lost();
    fake_run();
    assert_false(gap_run.adv.want);
    assert_log("");
    gap_hci_up.ready();
    fake_run();
    assert_false(gap_run.adv.on);
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_CONN, flags, 1, NULL, 0), 0);
    assert_int_equal(bt_le_adv_stop(), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fake_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_start_and_stop), TEST(test_types),
        TEST(test_errors),         TEST(test_data_limits),
        TEST(test_update),         TEST(test_refused),
        TEST(test_interrupted),    TEST(test_connect_after_stop),
        TEST(test_directed),       TEST(test_resume),
        TEST(test_name),           TEST(test_name_and_appearance),
        TEST(test_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
