// The scanner: commands, errors, reports to listeners, malformed reports.
#include <stdio.h>

#include "link_fake.h"

static void on_report(const bt_addr_le_t *addr, int8_t rssi, uint8_t type,
                      struct net_buf_simple *buf)
{
    fake_note("r:%u:%d:%u", type, rssi, buf->len);
    buf->len = 0; // The next listener must not feel it.
}

static void on_recv(const struct bt_le_scan_recv_info *info, struct net_buf_simple *buf)
{
    assert_int_equal(info->sid, BT_GAP_SID_INVALID);
    assert_int_equal(info->primary_phy, BT_GAP_LE_PHY_1M);
    fake_note("l:%u:%x:%u", info->adv_type, info->adv_props, buf->len);
    buf->len = 0;
}

static void on_timeout(void)
{
    fake_note("timeout");
}

static struct bt_le_scan_cb listener = {.recv = on_recv, .timeout = on_timeout};

static int setup(void **state)
{
    fake_setup(state);
    listener = (struct bt_le_scan_cb){.recv = on_recv, .timeout = on_timeout};
    return 0;
}

// A report event: `count` reports of `len` octets each, as they say.
static size_t report(uint8_t *to, uint8_t count, uint8_t type, uint8_t len)
{
    struct wr w = wr_init(to, 255);
    wr_u8(&w, count);
    for (uint8_t i = 0; i < count; i++) {
        wr_u8(&w, type);
        wr_u8(&w, 1);
        wr_bytes(&w, peer_a.a.val, 6);
        wr_u8(&w, len);
        for (uint8_t j = 0; j < len; j++) {
            wr_u8(&w, j);
        }
        wr_u8(&w, (uint8_t)-40);
    }
    return wr_len(&w);
}

static bool send(const uint8_t *params, size_t len)
{
    bool ok = fake_event(BT_HCI_EVT_LE_META_EVENT, BT_HCI_EVT_LE_ADVERTISING_REPORT, params, len);
    fake_run();
    return ok;
}

static void test_start_and_stop(void **state)
{
    assert_int_equal(bt_le_scan_stop(), -EALREADY);
    assert_int_equal(bt_le_scan_start(BT_LE_SCAN_ACTIVE, on_report), 0);
    assert_int_equal(fake.cmd_count, 2);
    assert_int_equal(fake.cmds[0].opcode, BT_HCI_OP_LE_SET_SCAN_PARAM);
    assert_int_equal(fake.cmds[0].len, 7);
    assert_memory_equal(fake.cmds[0].params, "\x01\x60\0\x30\0\0\0", 7);
    assert_int_equal(fake.cmds[1].opcode, BT_HCI_OP_LE_SET_SCAN_ENABLE);
    assert_memory_equal(fake.cmds[1].params, "\x01\x01", 2);
    assert_int_equal(bt_le_scan_start(BT_LE_SCAN_ACTIVE, on_report), -EALREADY);
    assert_int_equal(bt_le_scan_stop(), 0);
    assert_memory_equal(fake.cmds[2].params, "\0\0", 2);
    assert_int_equal(bt_le_scan_stop(), -EALREADY);
    assert_int_equal(bt_le_scan_start(BT_LE_SCAN_PARAM(0, 0, 4, 4), NULL), 0);
    assert_memory_equal(fake.cmds[3].params, "\0\x04\0\x04\0\0\0", 7);
    assert_memory_equal(fake.cmds[4].params, "\x01\0", 2);
    assert_int_equal(bt_le_scan_stop(), 0);
}

static void test_errors(void **state)
{
    static const struct {
        uint8_t type;
        uint8_t options;
        uint16_t interval;
        uint16_t window;
        int err;
    } rows[] = {
        {2, 0, 96, 48, -EINVAL},
        {0, 0, 3, 3, -EINVAL},
        {0, 0, 0x4001, 48, -EINVAL},
        {0, 0, 96, 3, -EINVAL},
        {0, 0, 96, 97, -EINVAL},
        {0, BT_LE_SCAN_OPT_CODED, 96, 48, -ENOTSUP},
        {0, BT_LE_SCAN_OPT_NO_1M, 96, 48, -ENOTSUP},
        {0, 0x80, 96, 48, -EINVAL},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct bt_le_scan_param *param =
            BT_LE_SCAN_PARAM(rows[i].type, rows[i].options, rows[i].interval, rows[i].window);
        assert_int_equal(bt_le_scan_start(param, NULL), rows[i].err);
    }
    assert_int_equal(bt_le_scan_start(NULL, NULL), -EINVAL);
    hci_run.state = HCI_OFF;
    assert_int_equal(bt_le_scan_start(BT_LE_SCAN_ACTIVE, NULL), -EAGAIN);
    hci_run.state = HCI_READY;
    assert_int_equal(fake.cmd_count, 0);
    fake_answer(BT_HCI_OP_LE_SET_SCAN_PARAM, BT_HCI_ERR_INVALID_PARAM, 1);
    assert_int_equal(bt_le_scan_start(BT_LE_SCAN_ACTIVE, NULL), -EINVAL);
    fake_answer(BT_HCI_OP_LE_SET_SCAN_ENABLE, BT_HCI_ERR_CMD_DISALLOWED, 1);
    assert_int_equal(bt_le_scan_start(BT_LE_SCAN_ACTIVE, NULL), -EACCES);
    assert_int_equal(bt_le_scan_start(BT_LE_SCAN_ACTIVE, NULL), 0);
    assert_int_equal(bt_le_scan_stop(), 0);
}

static void test_reports(void **state)
{
    uint8_t evt[256];
    assert_int_equal(bt_le_scan_cb_register(&listener), 0);
    assert_int_equal(bt_le_scan_cb_register(&listener), -EEXIST);
    assert_int_equal(bt_le_scan_cb_register(NULL), -EINVAL);
    assert_int_equal(bt_le_scan_start(BT_LE_SCAN_PARAM(1, 0, 96, 48), on_report), 0);
    static const uint8_t props[] = {3, 5, 2, 0, 10};
    for (uint8_t type = 0; type <= 4; type++) {
        assert_true(send(evt, report(evt, 1, type, 31)));
        char expected[64];
        snprintf(expected, sizeof(expected), "r:%u:-40:31 l:%u:%x:31", type, type, props[type]);
        assert_log(expected);
    }
    assert_true(send(evt, report(evt, 3, 0, 2)));
    assert_log("r:0:-40:2 l:0:3:2 r:0:-40:2 l:0:3:2 r:0:-40:2 l:0:3:2");
    assert_true(send(evt, report(evt, 25, 3, 0)));
    fake.log[0] = '\0';
    bt_le_scan_cb_unregister(&listener);
    bt_le_scan_cb_unregister(&listener);
    bt_le_scan_cb_unregister(NULL);
    assert_true(send(evt, report(evt, 1, 0, 0)));
    assert_log("r:0:-40:0");
    assert_int_equal(bt_le_scan_stop(), 0);
    // Late ones are nobody's.
    uint32_t stale = hci_stats()->evt_stale;
    assert_true(send(evt, report(evt, 1, 0, 0)));
    assert_log("");
    assert_int_equal(hci_stats()->evt_stale, stale + 1);
    assert_int_equal(fake.evt_refs, 0);
}

static void test_hostile_07_malformed_reports(void **state)
{
    uint8_t evt[256];
    assert_int_equal(bt_le_scan_start(BT_LE_SCAN_ACTIVE, on_report), 0);
    size_t len = report(evt, 2, 0, 5);
    for (size_t cut = 0; cut < len; cut++) {
        assert_false(send(evt, cut)); // Past the end, or without RSSI.
    }
    assert_false(send(evt, len + 1));
    evt[0] = 0;
    assert_false(send(evt, 1));
    assert_false(send(evt, len));
    len = report(evt, 25, 0, 0);
    evt[0] = 26;
    evt[len] = 0;
    assert_false(send(evt, len + 10 > sizeof(evt) ? sizeof(evt) : len + 10));
    assert_false(send(evt, report(evt, 1, 5, 3)));  // Reserved type.
    assert_false(send(evt, report(evt, 1, 0, 32))); // Too much data.
    len = report(evt, 1, 0, 3);
    evt[2] = 4; // Reserved address type.
    assert_false(send(evt, len));
    assert_log("");
    assert_int_equal(fake.evt_refs, 0);
    assert_int_equal(bt_le_scan_stop(), 0);
}

// Directed advertising is reported without data, identities as such.
static void test_hostile_55_directed(void **state)
{
    uint8_t evt[256];
    assert_int_equal(bt_le_scan_start(BT_LE_SCAN_ACTIVE, on_report), 0);
    size_t len = report(evt, 1, BT_GAP_ADV_TYPE_ADV_DIRECT_IND, 0);
    evt[2] = BT_ADDR_LE_RANDOM_ID;
    assert_true(send(evt, len));
    assert_log("r:1:-40:0");
    evt[2] = BT_ADDR_LE_ANONYMOUS; // Only in extended reports.
    assert_false(send(evt, len));
    assert_int_equal(bt_le_scan_stop(), 0);
}

static void stop_in_report(const bt_addr_le_t *addr, int8_t rssi, uint8_t type,
                           struct net_buf_simple *buf)
{
    fake_note("stop");
    assert_int_equal(bt_le_scan_stop(), 0);
}

// A callback stops the scan: neither other listeners nor later reports of the event are served.
static void test_pitfall_68_stop_from_report(void **state)
{
    uint8_t evt[256];
    assert_int_equal(bt_le_scan_cb_register(&listener), 0);
    assert_int_equal(bt_le_scan_start(BT_LE_SCAN_ACTIVE, stop_in_report), 0);
    assert_true(send(evt, report(evt, 3, 0, 2)));
    assert_log("stop");
    assert_int_equal(fake.evt_refs, 0);
    assert_int_equal(bt_le_scan_stop(), -EALREADY);
}

static struct bt_conn *created;

static void connect_in_report(const bt_addr_le_t *addr, int8_t rssi, uint8_t type,
                              struct net_buf_simple *buf)
{
    assert_int_equal(bt_le_scan_stop(), 0);
    assert_int_equal(
        bt_conn_le_create(addr, BT_CONN_LE_CREATE_CONN, BT_LE_CONN_PARAM_DEFAULT, &created), 0);
    assert_true(bt_addr_le_eq(bt_conn_get_dst(created), &peer_a));
}

static void test_pitfall_68_connect_from_report(void **state)
{
    uint8_t evt[256];
    created = NULL;
    assert_int_equal(bt_le_scan_start(BT_LE_SCAN_ACTIVE, connect_in_report), 0);
    assert_true(send(evt, report(evt, 3, 0, 2)));
    fake_connected(0, 0x40, BT_HCI_ROLE_CENTRAL, &peer_a);
    assert_true(conn_is_up(created));
    bt_conn_unref(created);
    fake_disconnected(0x40, 0x13);
}

static struct bt_le_scan_cb other;

static void drop_other(const struct bt_le_scan_recv_info *info, struct net_buf_simple *buf)
{
    fake_note("drop");
    bt_le_scan_cb_unregister(&other);
}

static void test_unregister_in_report(void **state)
{
    uint8_t evt[256];
    listener.recv = drop_other;
    other = (struct bt_le_scan_cb){.recv = on_recv};
    assert_int_equal(bt_le_scan_cb_register(&listener), 0);
    assert_int_equal(bt_le_scan_cb_register(&other), 0);
    assert_int_equal(bt_le_scan_start(BT_LE_SCAN_ACTIVE, NULL), 0);
    assert_true(send(evt, report(evt, 1, 0, 2)));
    assert_log("drop");
    assert_int_equal(bt_le_scan_stop(), 0);
}

static void test_timeout(void **state)
{
    struct bt_le_scan_param param = *BT_LE_SCAN_PASSIVE;
    param.timeout = 50;
    assert_int_equal(bt_le_scan_cb_register(&listener), 0);
    assert_int_equal(bt_le_scan_start(&param, NULL), 0);
    fake_sleep(499999);
    assert_log("");
    assert_true(scan_is_on());
    fake_sleep(1);
    assert_log("timeout");
    assert_false(scan_is_on());
    assert_int_equal(bt_le_scan_stop(), -EALREADY);
    // Stopped before: no time-out.
    assert_int_equal(bt_le_scan_start(&param, NULL), 0);
    assert_int_equal(bt_le_scan_stop(), 0);
    fake_sleep(10000000);
    assert_log("");
}

// Listeners survive bt_disable(), the scan does not.
static void test_pitfall_49_listener_after_restart(void **state)
{
    uint8_t evt[256];
    assert_int_equal(bt_le_scan_cb_register(&listener), 0);
    assert_int_equal(bt_le_scan_start(BT_LE_SCAN_ACTIVE, NULL), 0);
    fake_disable();
    fake_enable();
    assert_int_equal(bt_le_scan_stop(), -EALREADY);
    assert_int_equal(bt_le_scan_cb_register(&listener), -EEXIST);
    assert_int_equal(bt_le_scan_start(BT_LE_SCAN_ACTIVE, NULL), 0);
    assert_true(send(evt, report(evt, 1, 0, 2)));
    assert_log("l:0:3:2");
    assert_int_equal(bt_le_scan_stop(), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fake_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_start_and_stop),
        TEST(test_errors),
        TEST(test_reports),
        TEST(test_hostile_07_malformed_reports),
        TEST(test_hostile_55_directed),
        TEST(test_pitfall_68_stop_from_report),
        TEST(test_pitfall_68_connect_from_report),
        TEST(test_unregister_in_report),
        TEST(test_timeout),
        TEST(test_pitfall_49_listener_after_restart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
