// HCI events about links: what they do, and what malformed, late and impossible ones do not do.
#include "link_fake.h"

static void on_phy(struct bt_conn *conn, struct bt_conn_le_phy_info *param)
{
    fake_note("phy:%u/%u", param->tx_phy, param->rx_phy);
}

static void on_data_len(struct bt_conn *conn, struct bt_conn_le_data_len_info *info)
{
    fake_note("len:%u/%u", info->tx_max_len, info->rx_max_len);
}

static void on_remote_info(struct bt_conn *conn, struct bt_conn_remote_info *info)
{
    fake_note("remote:%u:%04x:%02x", info->version, info->manufacturer, info->le.features[0]);
}

static struct bt_conn_cb cb = {
    .le_phy_updated = on_phy,
    .le_data_len_updated = on_data_len,
    .remote_info_available = on_remote_info,
};

static struct bt_conn *conn;

static int setup(void **state)
{
    fake_setup(state);
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_CONN_FAST_1, NULL, 0, NULL, 0), 0);
    fake_connected(0, 0x40, BT_HCI_ROLE_PERIPHERAL, &peer_a);
    conn = conn_by_handle(0x40);
    fake.log[0] = '\0';
    fake_forget();
    return bt_conn_cb_register(&cb);
}

#define META(sub, ...)                                                                             \
    fake_event(BT_HCI_EVT_LE_META_EVENT, sub, ((uint8_t[]){__VA_ARGS__}),                          \
               sizeof((uint8_t[]){__VA_ARGS__}))
#define EVENT(code, ...)                                                                           \
    fake_event(code, 0, ((uint8_t[]){__VA_ARGS__}), sizeof((uint8_t[]){__VA_ARGS__}))

static void test_phy_and_length(void **state)
{
    assert_true(META(BT_HCI_EVT_LE_PHY_UPDATE_COMPLETE, 0, 0x40, 0, 2, 3));
    assert_true(META(BT_HCI_EVT_LE_DATA_LEN_CHANGE, 0x40, 0, 251, 0, 0x48, 8, 100, 0, 0x48, 8));
    fake_run();
    assert_log("phy:2/4 len:251/100");
    struct bt_conn_info info;
    assert_int_equal(bt_conn_get_info(conn, &info), 0);
    assert_int_equal(info.le.phy->tx_phy, BT_GAP_LE_PHY_2M);
    assert_int_equal(info.le.data_len->tx_max_len, 251);
    // A refused PHY change changes nothing.
    assert_true(META(BT_HCI_EVT_LE_PHY_UPDATE_COMPLETE, 0x1a, 0x40, 0, 1, 1));
    fake_run();
    assert_log("");
}

// A link whose features this peripheral may ask for, and whose version nobody has asked for yet.
static void link_that_asks(void)
{
    assert_int_equal(bt_conn_cb_unregister(&cb), 0);
    hci_run.info.le_features[0] = BIT(BT_LE_FEAT_BIT_PER_INIT_FEAT_XCHG);
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_CONN_FAST_1, NULL, 0, NULL, 0), 0);
    fake_connected(0, 0x41, BT_HCI_ROLE_PERIPHERAL, &peer_b);
    conn = conn_by_handle(0x41);
    fake.log[0] = '\0';
    fake_forget();
    assert_int_equal(bt_conn_cb_register(&cb), 0);
}

static void test_remote_info(void **state)
{
    struct bt_conn_remote_info info;
    link_that_asks();
    assert_int_equal(bt_conn_get_remote_info(NULL, &info), -EINVAL);
    assert_int_equal(bt_conn_get_remote_info(conn, &info), -EBUSY);
    fake_run();
    assert_int_equal(fake_cmd_count(BT_HCI_OP_READ_REMOTE_VERSION_INFO), 1);
    assert_int_equal(bt_conn_get_remote_info(conn, &info), -EBUSY);
    fake_run();
    assert_int_equal(fake_cmd_count(BT_HCI_OP_READ_REMOTE_VERSION_INFO), 1);
    assert_true(EVENT(BT_HCI_EVT_REMOTE_VERSION_INFO, 0, 0x41, 0, 12, 0xf1, 5, 1, 2));
    fake_run();
    assert_log("");
    assert_true(META(BT_HCI_EVT_LE_REMOTE_FEAT_COMPLETE, 0, 0x41, 0, 0x21, 0, 0, 0, 0, 0, 0, 0));
    fake_run();
    assert_log("remote:12:05f1:21");
    assert_int_equal(bt_conn_get_remote_info(conn, &info), 0);
    assert_int_equal(info.subversion, 0x0201);
    fake_disconnected(0x41, 0x13);
    assert_int_equal(bt_conn_get_remote_info(conn, &info), -ENOTCONN);
}

// Features that will not come are no reason to wait for ever.
static void test_remote_info_without_features(void **state)
{
    struct bt_conn_remote_info info;
    // It is not for this peripheral to ask.
    assert_int_equal(bt_conn_get_remote_info(conn, &info), -EBUSY);
    assert_true(EVENT(BT_HCI_EVT_REMOTE_VERSION_INFO, 0, 0x40, 0, 6, 0xf1, 5, 1, 2));
    fake_run();
    assert_log("remote:6:05f1:00");
    assert_int_equal(bt_conn_get_remote_info(conn, &info), 0);
    assert_int_equal(fake_cmd_count(BT_HCI_OP_LE_READ_REMOTE_FEATURES), 0);
    // The controller, or the peer, refuses.
    link_that_asks();
    assert_int_equal(bt_conn_get_remote_info(conn, &info), -EBUSY);
    assert_true(EVENT(BT_HCI_EVT_REMOTE_VERSION_INFO, 0, 0x41, 0, 7, 0xf1, 5, 1, 2));
    assert_true(META(BT_HCI_EVT_LE_REMOTE_FEAT_COMPLETE, 0x1a, 0x41, 0, 0, 0, 0, 0, 0, 0, 0, 0));
    fake_run();
    assert_log("remote:7:05f1:00");
    assert_int_equal(bt_conn_get_remote_info(conn, &info), 0);
}

// A version that did not come is asked for again by the next one who wants to know it.
static void test_remote_version_fails(void **state)
{
    struct bt_conn_remote_info info;
    assert_int_equal(bt_conn_get_remote_info(conn, &info), -EBUSY);
    fake_run();
    assert_true(EVENT(BT_HCI_EVT_REMOTE_VERSION_INFO, 0x22, 0x40, 0, 0, 0, 0, 0, 0));
    fake_run();
    assert_log("");
    assert_int_equal(bt_conn_get_remote_info(conn, &info), -EBUSY);
    fake_run();
    assert_int_equal(fake_cmd_count(BT_HCI_OP_READ_REMOTE_VERSION_INFO), 2);
}

// With a listener registered the version is read without being asked for, the features anyway where
// the controller lets a peripheral ask.
static void test_remote_info_by_itself(void **state)
{
    hci_run.info.le_features[0] = BIT(BT_LE_FEAT_BIT_PER_INIT_FEAT_XCHG);
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_CONN_FAST_1, NULL, 0, NULL, 0), 0);
    fake_connected(0, 0x41, BT_HCI_ROLE_PERIPHERAL, &peer_b);
    assert_int_equal(fake_cmd_count(BT_HCI_OP_READ_REMOTE_VERSION_INFO), 1);
    assert_int_equal(fake_cmd_count(BT_HCI_OP_LE_READ_REMOTE_FEATURES), 1);
}

// Each event, cut at every length and one octet too long: malformed, and nothing happens.
static void test_hostile_02_short_events(void **state)
{
    static const struct {
        uint8_t code;
        uint8_t sub;
        uint8_t len;
    } events[] = {
        {BT_HCI_EVT_DISCONN_COMPLETE, 0, 4},
        {BT_HCI_EVT_REMOTE_VERSION_INFO, 0, 8},
        {BT_HCI_EVT_ENCRYPT_CHANGE, 0, 4},
        {BT_HCI_EVT_ENCRYPT_KEY_REFRESH_COMPLETE, 0, 3},
        {BT_HCI_EVT_LE_META_EVENT, BT_HCI_EVT_LE_CONN_COMPLETE, 18},
        {BT_HCI_EVT_LE_META_EVENT, BT_HCI_EVT_LE_ENH_CONN_COMPLETE, 30},
        {BT_HCI_EVT_LE_META_EVENT, BT_HCI_EVT_LE_CONN_UPDATE_COMPLETE, 9},
        {BT_HCI_EVT_LE_META_EVENT, BT_HCI_EVT_LE_REMOTE_FEAT_COMPLETE, 11},
        {BT_HCI_EVT_LE_META_EVENT, BT_HCI_EVT_LE_LTK_REQUEST, 12},
        {BT_HCI_EVT_LE_META_EVENT, BT_HCI_EVT_LE_CONN_PARAM_REQ, 10},
        {BT_HCI_EVT_LE_META_EVENT, BT_HCI_EVT_LE_DATA_LEN_CHANGE, 10},
        {BT_HCI_EVT_LE_META_EVENT, BT_HCI_EVT_LE_PHY_UPDATE_COMPLETE, 5},
    };
    uint8_t params[40] = {0, 0x40};
    for (size_t i = 0; i < ARRAY_SIZE(events); i++) {
        for (size_t len = 0; len < events[i].len; len++) {
            assert_false(fake_event(events[i].code, events[i].sub, params, len));
        }
        assert_false(fake_event(events[i].code, events[i].sub, params, events[i].len + 1U));
    }
    fake_run();
    assert_log("");
    assert_int_equal(fake.cmd_count, 0);
    assert_true(conn_is_up(conn));
}

static void test_hostile_10_disconnection_of_nobody(void **state)
{
    uint32_t stale = hci_stats()->evt_stale;
    fake_disconnected(0x41, 0x13);
    assert_int_equal(hci_stats()->evt_stale, stale + 1);
    assert_true(conn_is_up(conn));
    // Status not 0: the link stays.
    assert_true(EVENT(BT_HCI_EVT_DISCONN_COMPLETE, 0x0c, 0x40, 0, 0x13));
    assert_true(conn_is_up(conn));
    fake_disconnected(0x40, 0x13);
    fake_disconnected(0x40, 0x13);
    assert_int_equal(hci_stats()->evt_stale, stale + 2);
    assert_int_equal(conn->refs, 0);
}

static void test_hostile_11_encryption_unasked(void **state)
{
    uint32_t stale = hci_stats()->evt_stale;
    assert_true(EVENT(BT_HCI_EVT_ENCRYPT_CHANGE, 0, 0x40, 0, 1));
    assert_true(EVENT(BT_HCI_EVT_ENCRYPT_CHANGE, 6, 0x40, 0, 0));
    assert_true(EVENT(BT_HCI_EVT_ENCRYPT_KEY_REFRESH_COMPLETE, 0, 0x40, 0));
    assert_int_equal(hci_stats()->evt_stale, stale + 3);
    assert_int_equal(bt_conn_get_security(conn), BT_SECURITY_L1);
    assert_true(conn_is_up(conn));
}

static void test_hostile_12_ltk_request(void **state)
{
    uint32_t refused = hci_stats()->ltk_refused;
    assert_true(META(BT_HCI_EVT_LE_LTK_REQUEST, 0x40, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
    fake_run();
    const struct fake_cmd *cmd = fake_cmd_last(BT_HCI_OP_LE_LTK_REQ_NEG_REPLY);
    assert_non_null(cmd);
    assert_int_equal(cmd->len, 2);
    assert_memory_equal(cmd->params, "\x40\x00", 2);
    assert_int_equal(hci_stats()->ltk_refused, refused + 1);
    uint32_t stale = hci_stats()->evt_stale;
    assert_true(META(BT_HCI_EVT_LE_LTK_REQUEST, 0x99, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
    fake_run();
    assert_int_equal(fake_cmd_count(BT_HCI_OP_LE_LTK_REQ_NEG_REPLY), 1);
    assert_int_equal(hci_stats()->evt_stale, stale + 1);
}

static void test_hostile_14_impossible_values(void **state)
{
    assert_false(META(BT_HCI_EVT_LE_CONN_UPDATE_COMPLETE, 0, 0x40, 0, 5, 0, 0, 0, 42, 0));
    assert_false(META(BT_HCI_EVT_LE_CONN_UPDATE_COMPLETE, 0, 0x40, 0, 0x81, 0x0c, 0, 0, 42, 0));
    assert_false(META(BT_HCI_EVT_LE_CONN_UPDATE_COMPLETE, 0, 0x40, 0, 6, 0, 0xf4, 1, 42, 0));
    assert_false(META(BT_HCI_EVT_LE_CONN_UPDATE_COMPLETE, 0, 0x40, 0, 6, 0, 0, 0, 9, 0));
    assert_false(META(BT_HCI_EVT_LE_PHY_UPDATE_COMPLETE, 0, 0x40, 0, 0, 1));
    assert_false(META(BT_HCI_EVT_LE_PHY_UPDATE_COMPLETE, 0, 0x40, 0, 1, 4));
    assert_false(META(BT_HCI_EVT_LE_DATA_LEN_CHANGE, 0x40, 0, 26, 0, 0, 1, 27, 0, 0, 1));
    assert_false(META(BT_HCI_EVT_LE_DATA_LEN_CHANGE, 0x40, 0, 27, 0, 0, 1, 252, 0, 0, 1));
    fake_run();
    assert_log("");
    struct bt_conn_info info;
    assert_int_equal(bt_conn_get_info(conn, &info), 0);
    assert_int_equal(info.le.interval, 24);
    assert_int_equal(info.le.phy->tx_phy, BT_GAP_LE_PHY_1M);
    assert_int_equal(info.le.data_len->tx_max_len, 27);
}

static void test_hostile_09_impossible_links(void **state)
{
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_CONN_FAST_1, NULL, 0, NULL, 0), 0);
    fake_forget();
    // The handle is in use.
    assert_false(META(BT_HCI_EVT_LE_CONN_COMPLETE, 0, 0x40, 0, 1, 0, 1, 2, 3, 4, 5, 6, 24, 0, 0, 0,
                      42, 0, 0));
    // Handle out of range, reserved role, reserved address type.
    assert_false(META(BT_HCI_EVT_LE_CONN_COMPLETE, 0, 0x00, 0x0f, 1, 0, 1, 2, 3, 4, 5, 6, 24, 0, 0,
                      0, 42, 0, 0));
    assert_false(META(BT_HCI_EVT_LE_CONN_COMPLETE, 0, 0x41, 0, 2, 0, 1, 2, 3, 4, 5, 6, 24, 0, 0, 0,
                      42, 0, 0));
    assert_false(META(BT_HCI_EVT_LE_CONN_COMPLETE, 0, 0x41, 0, 1, 4, 1, 2, 3, 4, 5, 6, 24, 0, 0, 0,
                      42, 0, 0));
    // A failure of a creation that nobody asked for, with garbage behind the status.
    uint32_t stale = hci_stats()->evt_stale;
    assert_true(META(BT_HCI_EVT_LE_CONN_COMPLETE, 0x3e, 0xff, 0xff, 9, 9, 1, 2, 3, 4, 5, 6, 0, 0, 0,
                     0, 0, 0, 0));
    assert_true(META(BT_HCI_EVT_LE_CONN_COMPLETE, 0x3c, 0xff, 0xff, 9, 9, 1, 2, 3, 4, 5, 6, 0, 0, 0,
                     0, 0, 0, 0));
    assert_int_equal(hci_stats()->evt_stale, stale + 2);
    fake_run();
    assert_log("");
    assert_true(gap_run.adv.on);
    assert_int_equal(fake.cmd_count, 0);
    // A link as central that nobody created is sent away.
    fake_connected(0, 0x41, BT_HCI_ROLE_CENTRAL, &peer_b);
    const struct fake_cmd *cmd = fake_cmd_last(BT_HCI_OP_DISCONNECT);
    assert_non_null(cmd);
    assert_memory_equal(cmd->params, "\x41\x00\x13", 3);
    assert_null(conn_by_handle(0x41));
}

// More unwanted links than there is room to remember: the rest is only logged.
static void test_hostile_09_many_unwanted_links(void **state)
{
    fake.silent = true;
    for (uint16_t i = 0; i < 2 * CONN_ORPHANS; i++) {
        fake_connected(0, (uint16_t)(0x100 + i), BT_HCI_ROLE_CENTRAL, &peer_b);
    }
    fake.silent = false;
    fake_run();
    assert_in_range(fake_cmd_count(BT_HCI_OP_DISCONNECT), CONN_ORPHANS, CONN_ORPHANS + 1);
}

// The enhanced event means the same.
static void test_enhanced_complete(void **state)
{
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_CONN_FAST_1, NULL, 0, NULL, 0), 0);
    assert_true(META(BT_HCI_EVT_LE_ENH_CONN_COMPLETE, 0, 0x41, 0, 1, 3, 1, 2, 3, 4, 5, 0xc6, 0, 0,
                     0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 24, 0, 1, 0, 42, 0, 0));
    fake_run();
    struct bt_conn *other = conn_by_handle(0x41);
    assert_non_null(other);
    struct bt_conn_info info;
    assert_int_equal(bt_conn_get_info(other, &info), 0);
    assert_int_equal(info.le.dst->type, BT_ADDR_LE_RANDOM);
    assert_int_equal(info.le.remote->type, BT_ADDR_LE_RANDOM_ID);
    assert_int_equal(info.le.latency, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fake_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_phy_and_length),
        TEST(test_remote_info),
        TEST(test_remote_info_without_features),
        TEST(test_remote_version_fails),
        TEST(test_remote_info_by_itself),
        TEST(test_hostile_02_short_events),
        TEST(test_hostile_10_disconnection_of_nobody),
        TEST(test_hostile_11_encryption_unasked),
        TEST(test_hostile_12_ltk_request),
        TEST(test_hostile_14_impossible_values),
        TEST(test_hostile_09_impossible_links),
        TEST(test_hostile_09_many_unwanted_links),
        TEST(test_enhanced_complete),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
