// Subrating: what is asked of the controller, and what its event may say.
#include "link_fake.h"

static struct bt_conn *conn;

static const struct bt_conn_le_subrate_param good = {
    .subrate_min = 2,
    .subrate_max = 5,
    .max_latency = 3,
    .continuation_number = 4,
    .supervision_timeout = 400,
};

static void on_changed(struct bt_conn *link, const struct bt_conn_le_subrate_changed *changed)
{
    assert_ptr_equal(link, conn);
    fake_note("%02x:%u:%u:%u:%u", changed->status, changed->factor, changed->continuation_number,
              changed->peripheral_latency, changed->supervision_timeout);
}

static struct bt_conn_cb callbacks = {.subrate_changed = on_changed};

static void feature(uint8_t features[8], unsigned int bit)
{
    features[bit / 8] |= (uint8_t)BIT(bit % 8);
}

static int setup(void **state)
{
    fake_setup(state);
    feature(hci_run.info.le_features, BT_LE_FEAT_BIT_CONN_SUBRATING);
    assert_int_equal(bt_conn_cb_register(&callbacks), 0);
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_CONN_FAST_1, NULL, 0, NULL, 0), 0);
    fake_connected(0, 0x40, BT_HCI_ROLE_PERIPHERAL, &peer_a);
    conn = conn_by_handle(0x40);
    conn->interval = 24;
    conn->latency = 1;
    conn->timeout = 200;
    fake_forget();
    fake.log[0] = '\0';
    return 0;
}

static int teardown(void **state)
{
    assert_int_equal(bt_conn_cb_unregister(&callbacks), 0);
    return fake_teardown(state);
}

static bool event(const void *params, size_t len)
{
    bool ok = fake_event(BT_HCI_EVT_LE_META_EVENT, BT_HCI_EVT_LE_SUBRATE_CHANGE, params, len);
    fake_run();
    return ok;
}

static bool change(uint8_t status, uint16_t handle, uint16_t factor, uint16_t latency,
                   uint16_t continuation, uint16_t timeout)
{
    uint8_t params[11];
    struct wr w = wr_init(params, sizeof(params));
    wr_u8(&w, status);
    wr_le16(&w, handle);
    wr_le16(&w, factor);
    wr_le16(&w, latency);
    wr_le16(&w, continuation);
    wr_le16(&w, timeout);
    return event(params, sizeof(params));
}

static void assert_rate(uint16_t factor, uint16_t continuation, uint16_t latency, uint16_t timeout)
{
    struct bt_conn_info info;
    assert_int_equal(bt_conn_get_info(conn, &info), 0);
    assert_int_equal(info.le.subrate->factor, factor);
    assert_int_equal(info.le.subrate->continuation_number, continuation);
    assert_int_equal(info.le.latency, latency);
    assert_int_equal(info.le.timeout, timeout);
}

static void commands(void **state)
{
    assert_int_equal(bt_conn_le_subrate_set_defaults(&good), 0);
    const struct fake_cmd *cmd = fake_cmd_last(BT_HCI_OP_LE_SET_DEFAULT_SUBRATE);
    assert_non_null(cmd);
    assert_int_equal(cmd->len, 10);
    assert_memory_equal(cmd->params, "\x02\0\x05\0\x03\0\x04\0\x90\x01", 10);
    assert_int_equal(bt_conn_le_subrate_request(conn, &good), 0);
    cmd = fake_cmd_last(BT_HCI_OP_LE_SUBRATE_REQUEST);
    assert_non_null(cmd);
    assert_int_equal(cmd->len, 12);
    assert_memory_equal(cmd->params, "\x40\0\x02\0\x05\0\x03\0\x04\0\x90\x01", 12);
    assert_string_equal(fake.log, ""); // Nothing is told before the event.
    assert_rate(1, 0, 1, 200);
}

static void parameters_that_cannot_be(void **state)
{
    static const struct bt_conn_le_subrate_param bad[] = {
        {0, 5, 3, 4, 400},    {6, 5, 3, 4, 400},   {1, 501, 0, 4, 3200},
        {1, 5, 100, 4, 3200}, {1, 1, 500, 0, 400}, {2, 5, 3, 5, 400},
        {2, 5, 3, 4, 9},      {2, 5, 3, 4, 3201},  {1, 1, 0, 1, 400},
    };
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        assert_int_equal(bt_conn_le_subrate_set_defaults(&bad[i]), -EINVAL);
        assert_int_equal(bt_conn_le_subrate_request(conn, &bad[i]), -EINVAL);
    }
    assert_int_equal(bt_conn_le_subrate_set_defaults(NULL), -EINVAL);
    assert_int_equal(bt_conn_le_subrate_request(conn, NULL), -EINVAL);
    assert_int_equal(bt_conn_le_subrate_request(NULL, &good), -EINVAL);
    // 30 ms x 5 x 4 events, twice: 1.2 s are not longer than that, 1.21 s are.
    struct bt_conn_le_subrate_param param = good;
    param.supervision_timeout = 120;
    assert_int_equal(bt_conn_le_subrate_request(conn, &param), -EINVAL);
    assert_int_equal(fake_cmd_count(BT_HCI_OP_LE_SUBRATE_REQUEST), 0);
    param.supervision_timeout = 121;
    assert_int_equal(bt_conn_le_subrate_request(conn, &param), 0);
}

static void a_side_lacks_it(void **state)
{
    conn->has_features = true;
    feature(conn->features, BT_LE_FEAT_BIT_CONN_SUBRATING);
    assert_int_equal(bt_conn_le_subrate_request(conn, &good), -ENOTSUP); // Its host does not.
    feature(conn->features, BT_LE_FEAT_BIT_CONN_SUBRATING_HOST_SUPP);
    assert_int_equal(bt_conn_le_subrate_request(conn, &good), 0);
    memset(hci_run.info.le_features, 0, sizeof(hci_run.info.le_features));
    assert_int_equal(bt_conn_le_subrate_request(conn, &good), -ENOTSUP);
    assert_int_equal(bt_conn_le_subrate_set_defaults(&good), -ENOTSUP);
    struct bt_conn *ref = bt_conn_ref(conn);
    fake_disconnected(0x40, BT_HCI_ERR_REMOTE_USER_TERM_CONN);
    assert_int_equal(bt_conn_le_subrate_request(ref, &good), -ENOTCONN);
    bt_conn_unref(ref);
    hci_run.state = HCI_OFF;
    assert_int_equal(bt_conn_le_subrate_set_defaults(&good), -EAGAIN);
    hci_run.state = HCI_READY;
}

static void changes_are_told(void **state)
{
    assert_true(change(0, 0x40, 5, 3, 4, 400)); // The peer wanted it.
    assert_log("00:5:4:3:400");
    assert_rate(5, 4, 3, 400);
    assert_true(change(0, 0x40, 500, 0, 499, 3200));
    assert_log("00:500:499:0:3200");
    // Other connection parameters end it.
    static const uint8_t update[] = {0, 0x40, 0, 40, 0, 2, 0, 0x2c, 1};
    assert_true(fake_event(BT_HCI_EVT_LE_META_EVENT, BT_HCI_EVT_LE_CONN_UPDATE_COMPLETE, update,
                           sizeof(update)));
    fake_run();
    assert_rate(1, 0, 2, 300);
}

// A failure is told to who asked, once, with what is in force; others are nobody's.
static void failures_are_told(void **state)
{
    assert_true(change(BT_HCI_ERR_UNSUPP_LL_PARAM_VAL, 0x40, 0, 0, 0, 0));
    assert_string_equal(fake.log, "");
    assert_int_equal(bt_conn_le_subrate_request(conn, &good), 0);
    assert_true(change(BT_HCI_ERR_UNSUPP_LL_PARAM_VAL, 0x40, 0, 0, 0, 0));
    assert_log("20:1:0:1:200");
    assert_true(change(BT_HCI_ERR_UNSUPP_LL_PARAM_VAL, 0x40, 0, 0, 0, 0));
    assert_string_equal(fake.log, "");
    fake_answer(BT_HCI_OP_LE_SUBRATE_REQUEST, BT_HCI_ERR_CMD_DISALLOWED, 1);
    assert_int_equal(bt_conn_le_subrate_request(conn, &good), -EACCES);
    assert_true(change(BT_HCI_ERR_UNSUPP_LL_PARAM_VAL, 0x40, 0, 0, 0, 0));
    assert_string_equal(fake.log, "");
    assert_rate(1, 0, 1, 200);
}

// Vol 4, Part E, 7.7.65.35: what is not so is not believed.
static void hostile_14_events_that_cannot_be(void **state)
{
    static const uint8_t whole[] = {0, 0x40, 0, 5, 0, 3, 0, 4, 0, 0x90, 1, 0};
    for (size_t len = 0; len < 11; len++) {
        assert_false(event(whole, len));
    }
    assert_false(event(whole, 12));
    static const uint16_t bad[][4] = {
        {0, 0, 0, 400},   {501, 0, 0, 400}, {5, 100, 4, 400},
        {1, 500, 0, 400}, {5, 3, 5, 400},   {1, 0, 1, 400},
        {5, 3, 4, 9},     {5, 3, 4, 3201},  {65535, 65535, 65535, 65535},
    };
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        assert_false(change(0, 0x40, bad[i][0], bad[i][1], bad[i][2], bad[i][3]));
    }
    assert_true(change(0, 0x41, 5, 3, 4, 400)); // No such link: stale.
    assert_true(change(0, 0xffff, 5, 3, 4, 400));
    assert_string_equal(fake.log, "");
    assert_rate(1, 0, 1, 200);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(commands),         T(parameters_that_cannot_be), T(a_side_lacks_it),
        T(changes_are_told), T(failures_are_told),         T(hostile_14_events_that_cannot_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
