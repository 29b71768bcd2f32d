// Data length and PHY: asked for by the application, and without being asked.
#include <breeze/conn.h>

#include "link_fake.h"

static struct bt_conn *conn;

static int setup(void **state)
{
    fake_setup(state);
    hci_run.info.le_features[0] = BIT(BT_LE_FEAT_BIT_DLE) | BIT(BT_LE_FEAT_BIT_PER_INIT_FEAT_XCHG);
    hci_run.info.le_features[1] = BIT(BT_LE_FEAT_BIT_PHY_2M % 8);
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_CONN_FAST_1, NULL, 0, NULL, 0), 0);
    fake_connected(0, 0x40, BT_HCI_ROLE_PERIPHERAL, &peer_a);
    conn = conn_by_handle(0x40);
    assert_int_equal(fake_cmd_count(BT_HCI_OP_LE_READ_REMOTE_FEATURES), 1);
    fake_forget();
    return 0;
}

static void peer_features(uint8_t low, uint8_t high)
{
    uint8_t params[] = {0, 0x40, 0, low, high, 0, 0, 0, 0, 0, 0};
    assert_true(fake_event(BT_HCI_EVT_LE_META_EVENT, BT_HCI_EVT_LE_REMOTE_FEAT_COMPLETE, params,
                           sizeof(params)));
    fake_run();
}

static void pitfall_87_both_have_them(void **state)
{
    peer_features(BIT(BT_LE_FEAT_BIT_DLE), BIT(BT_LE_FEAT_BIT_PHY_2M % 8));
    const struct fake_cmd *cmd = fake_cmd_last(BT_HCI_OP_LE_SET_DATA_LEN);
    assert_non_null(cmd);
    assert_memory_equal(cmd->params, "\x40\x00\xfb\x00\x48\x08", 6);
    cmd = fake_cmd_last(BT_HCI_OP_LE_SET_PHY);
    assert_non_null(cmd);
    assert_memory_equal(cmd->params, "\x40\x00\x00\x02\x02\x00\x00", 7);
}

static void peer_has_neither(void **state)
{
    peer_features(0, 0);
    assert_int_equal(fake_cmd_count(BT_HCI_OP_LE_SET_DATA_LEN), 0);
    assert_int_equal(fake_cmd_count(BT_HCI_OP_LE_SET_PHY), 0);
    assert_int_equal(bt_conn_le_data_len_update(conn, BT_LE_DATA_LEN_PARAM_MAX), -ENOTSUP);
}

static void we_have_neither(void **state)
{
    memset(hci_run.info.le_features, 0, sizeof(hci_run.info.le_features));
    peer_features(0xff, 0xff);
    assert_int_equal(fake_cmd_count(BT_HCI_OP_LE_SET_DATA_LEN), 0);
    assert_int_equal(fake_cmd_count(BT_HCI_OP_LE_SET_PHY), 0);
    assert_int_equal(bt_conn_le_data_len_update(conn, BT_LE_DATA_LEN_PARAM_MAX), -ENOTSUP);
}

static void application_asks(void **state)
{
    assert_int_equal(bt_conn_le_data_len_update(conn, BT_CONN_LE_DATA_LEN_PARAM(100, 1000)), 0);
    assert_memory_equal(fake_cmd_last(BT_HCI_OP_LE_SET_DATA_LEN)->params,
                        "\x40\x00\x64\x00\xe8\x03", 6);
    assert_int_equal(bt_conn_le_data_len_update(conn, BT_LE_DATA_LEN_PARAM_DEFAULT), -EALREADY);
    assert_int_equal(bt_conn_le_data_len_update(conn, BT_CONN_LE_DATA_LEN_PARAM(26, 1000)),
                     -EINVAL);
    assert_int_equal(bt_conn_le_data_len_update(conn, BT_CONN_LE_DATA_LEN_PARAM(252, 1000)),
                     -EINVAL);
    assert_int_equal(bt_conn_le_data_len_update(NULL, BT_LE_DATA_LEN_PARAM_MAX), -EINVAL);
    struct bt_conn_le_phy_param param = BT_CONN_LE_PHY_PARAM_INIT(0, BT_GAP_LE_PHY_CODED);
    param.options = BT_CONN_LE_PHY_OPT_CODED_S8;
    assert_int_equal(bt_conn_le_phy_update(conn, &param), 0);
    assert_memory_equal(fake_cmd_last(BT_HCI_OP_LE_SET_PHY)->params, "\x40\x00\x01\x00\x04\x02\x00",
                        7);
    param.pref_tx_phy = 0x08;
    assert_int_equal(bt_conn_le_phy_update(conn, &param), -EINVAL);
    fake_answer(BT_HCI_OP_LE_SET_PHY, BT_HCI_ERR_UNSUPP_REMOTE_FEATURE, 0);
    assert_int_equal(bt_conn_le_phy_update(conn, BT_CONN_LE_PHY_PARAM_2M),
                     hci_errno(BT_HCI_ERR_UNSUPP_REMOTE_FEATURE));
    struct bt_conn *ref = bt_conn_ref(conn);
    fake_disconnected(0x40, BT_HCI_ERR_REMOTE_USER_TERM_CONN);
    assert_int_equal(bt_conn_le_phy_update(ref, BT_CONN_LE_PHY_PARAM_2M), -ENOTCONN);
    assert_int_equal(bt_conn_le_data_len_update(ref, BT_LE_DATA_LEN_PARAM_MAX), -ENOTCONN);
    bt_conn_unref(ref);
}

static void on_phy_failed(struct bt_conn *link, uint8_t status)
{
    assert_ptr_equal(link, conn);
    fake_note("failed:%02x", status);
}

// What the application asked for and the peer refused is told; what it did not ask for is not.
static void peer_refuses_phys(void **state)
{
    static const struct breeze_conn_failed_cb failed = {.phy_update = on_phy_failed};
    uint8_t evt[] = {BT_HCI_ERR_UNSUPP_LL_PARAM_VAL, 0x40, 0, 1, 1};
    fake.log[0] = '\0';
    breeze_conn_failed_cb_set(&failed);
    for (unsigned int i = 0; i < 3; i++) {
        if (i == 1) {
            assert_int_equal(bt_conn_le_phy_update(conn, BT_CONN_LE_PHY_PARAM_2M), 0);
        }
        assert_true(fake_event(BT_HCI_EVT_LE_META_EVENT, BT_HCI_EVT_LE_PHY_UPDATE_COMPLETE, evt,
                               sizeof(evt)));
        fake_run();
    }
    assert_string_equal(fake.log, "failed:20");
    breeze_conn_failed_cb_set(NULL);
}

// A procedure of the central's was in the way: the PHYs are asked for again, those that nobody asked for
// too, three times.
static void pitfall_87_collision_asks_again(void **state)
{
    static const struct breeze_conn_failed_cb failed = {.phy_update = on_phy_failed};
    uint8_t evt[] = {BT_HCI_ERR_DIFF_TRANS_COLLISION, 0x40, 0, 1, 1};
    fake.log[0] = '\0';
    breeze_conn_failed_cb_set(&failed);
    peer_features(0, BIT(BT_LE_FEAT_BIT_PHY_2M % 8));
    for (int round = 0; round < 2; round++) {
        for (unsigned int i = 1; i <= 4; i++) {
            assert_int_equal(fake_cmd_count(BT_HCI_OP_LE_SET_PHY), i);
            assert_memory_equal(fake_cmd_last(BT_HCI_OP_LE_SET_PHY)->params,
                                "\x40\x00\x00\x02\x02\x00\x00", 7);
            assert_true(fake_event(BT_HCI_EVT_LE_META_EVENT, BT_HCI_EVT_LE_PHY_UPDATE_COMPLETE, evt,
                                   sizeof(evt)));
            fake_sleep(1000000);
        }
        assert_int_equal(fake_cmd_count(BT_HCI_OP_LE_SET_PHY), 4);
        assert_log(round ? "failed:2a" : "");
        fake_forget();
        assert_int_equal(bt_conn_le_phy_update(conn, BT_CONN_LE_PHY_PARAM_2M), 0);
    }
    // Refused when asked again.
    assert_true(
        fake_event(BT_HCI_EVT_LE_META_EVENT, BT_HCI_EVT_LE_PHY_UPDATE_COMPLETE, evt, sizeof(evt)));
    fake_answer(BT_HCI_OP_LE_SET_PHY, BT_HCI_ERR_CMD_DISALLOWED, 1);
    fake_sleep(1000000);
    assert_log("failed:0c");
    breeze_conn_failed_cb_set(NULL);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, fake_teardown)
    const struct CMUnitTest tests[] = {
        T(pitfall_87_both_have_them), T(peer_has_neither),  T(we_have_neither),
        T(application_asks),          T(peer_refuses_phys), T(pitfall_87_collision_asks_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
