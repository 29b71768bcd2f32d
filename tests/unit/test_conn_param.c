// Connection parameters: validity, which way a request goes, what the peer asks for.
#include <breeze/conn.h>

#include "link_fake.h"

static bool answer;
static struct bt_le_conn_param change;

static bool on_param_req(struct bt_conn *conn, struct bt_le_conn_param *param)
{
    fake_note("req:%u-%u", param->interval_min, param->interval_max);
    if (change.interval_max) {
        *param = change;
    }
    return answer;
}

static void on_updated(struct bt_conn *conn, uint16_t interval, uint16_t latency, uint16_t timeout)
{
    fake_note("updated:%u,%u,%u", interval, latency, timeout);
}

static void on_failed(struct bt_conn *conn, uint8_t status)
{
    fake_note("failed:%02x", status);
}

static const struct breeze_conn_failed_cb failed_cb = {.param_update = on_failed};
static struct bt_conn_cb cb = {.le_param_req = on_param_req, .le_param_updated = on_updated};
static struct bt_conn *conn;

static int setup_peripheral(void **state)
{
    fake_setup(state);
    answer = true;
    change = (struct bt_le_conn_param){0};
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_CONN_FAST_1, NULL, 0, NULL, 0), 0);
    fake_connected(0, 0x40, BT_HCI_ROLE_PERIPHERAL, &peer_a);
    conn = conn_by_handle(0x40);
    fake.log[0] = '\0';
    fake_forget();
    return bt_conn_cb_register(&cb);
}

static int setup_central(void **state)
{
    fake_setup(state);
    answer = true;
    change = (struct bt_le_conn_param){0};
    conn = NULL;
    assert_int_equal(
        bt_conn_le_create(&peer_a, BT_CONN_LE_CREATE_CONN, BT_LE_CONN_PARAM_DEFAULT, &conn), 0);
    fake_connected(0, 0x40, BT_HCI_ROLE_CENTRAL, &peer_a);
    bt_conn_unref(conn);
    fake.log[0] = '\0';
    fake_forget();
    return bt_conn_cb_register(&cb);
}

static bool update_event(uint8_t status, uint16_t interval)
{
    uint8_t evt[] = {status, 0x40, 0, (uint8_t)interval, (uint8_t)(interval >> 8), 0, 0, 100, 0};
    return fake_event(BT_HCI_EVT_LE_META_EVENT, BT_HCI_EVT_LE_CONN_UPDATE_COMPLETE, evt,
                      sizeof(evt));
}

static const struct bt_le_conn_param *const wish = BT_LE_CONN_PARAM(6, 12, 0, 100);

static void test_validity(void **state)
{
    static const struct {
        struct bt_le_conn_param param;
        bool valid;
    } rows[] = {
        {{6, 6, 0, 10}, true},
        {{5, 6, 0, 10}, false},
        {{7, 6, 0, 10}, false},
        {{6, 3200, 0, 3200}, true},
        {{6, 3201, 0, 3200}, false},
        {{6, 6, 499, 3200}, true},
        {{6, 6, 500, 3200}, false},
        {{6, 6, 0, 9}, false},
        {{6, 6, 0, 3201}, false},
        // timeout * 10 ms > (1 + latency) * interval * 1.25 ms * 2
        {{40, 40, 0, 11}, true},
        {{40, 40, 0, 10}, false},
        {{400, 400, 3, 400}, false},
        {{400, 400, 3, 401}, true},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        assert_int_equal(conn_param_valid(&rows[i].param), rows[i].valid);
    }
    assert_int_equal(bt_conn_le_param_update(NULL, wish), -EINVAL);
    assert_int_equal(bt_conn_le_param_update(conn, NULL), -EINVAL);
    assert_int_equal(bt_conn_le_param_update(conn, BT_LE_CONN_PARAM(5, 6, 0, 10)), -EINVAL);
    assert_int_equal(bt_conn_le_param_update(conn, BT_LE_CONN_PARAM(20, 30, 0, 42)), -EALREADY);
    assert_int_equal(fake.cmd_count, 0);
}

static void test_central(void **state)
{
    assert_int_equal(bt_conn_le_param_update(conn, wish), 0);
    const struct fake_cmd *cmd = fake_cmd_last(BT_HCI_OP_LE_CONN_UPDATE);
    assert_non_null(cmd);
    assert_int_equal(cmd->len, 14);
    assert_memory_equal(cmd->params, "\x40\0\x06\0\x0c\0\0\0\x64\0\0\0\0\0", 14);
    assert_log("");
    assert_true(update_event(0, 8));
    fake_run();
    assert_log("updated:8,0,100");
    assert_int_equal(bt_conn_le_param_update(conn, wish), -EALREADY);
    // The controller refuses; a peer that refuses later changes nothing.
    fake_answer(BT_HCI_OP_LE_CONN_UPDATE, BT_HCI_ERR_CMD_DISALLOWED, 1);
    assert_int_equal(bt_conn_le_param_update(conn, BT_LE_CONN_PARAM_DEFAULT), -EACCES);
    assert_int_equal(bt_conn_le_param_update(conn, BT_LE_CONN_PARAM_DEFAULT), 0);
    assert_true(update_event(BT_HCI_ERR_UNSUPP_REMOTE_FEATURE, 0));
    fake_run();
    assert_log("");
    assert_int_equal(fake.fallback_calls, 0);
    // Who wants to hear of that does, once per request; a refusal of what the peer asked is not ours.
    breeze_conn_failed_cb_set(&failed_cb);
    assert_int_equal(bt_conn_le_param_update(conn, BT_LE_CONN_PARAM_DEFAULT), 0);
    assert_true(update_event(BT_HCI_ERR_UNACCEPT_CONN_PARAM, 0));
    fake_run();
    assert_log("failed:3b");
    assert_true(update_event(BT_HCI_ERR_UNACCEPT_CONN_PARAM, 0));
    fake_run();
    assert_log("");
    breeze_conn_failed_cb_set(NULL);
    fake_disconnected(0x40, 0x13);
    assert_int_equal(bt_conn_le_param_update(conn, wish), -ENOTCONN);
}

static void features(uint8_t first)
{
    uint8_t evt[] = {0, 0x40, 0, first, 0, 0, 0, 0, 0, 0, 0};
    assert_true(
        fake_event(BT_HCI_EVT_LE_META_EVENT, BT_HCI_EVT_LE_REMOTE_FEAT_COMPLETE, evt, sizeof(evt)));
}

// A peripheral whose controller lacks the procedure asks through L2CAP; so does one whose peer
// lacks it.
static void test_peripheral_fallback(void **state)
{
    assert_int_equal(bt_conn_le_param_update(conn, wish), 0);
    assert_int_equal(fake.cmd_count, 0);
    assert_int_equal(fake.fallback_calls, 1);
    assert_memory_equal(&fake.fallback_param, wish, sizeof(*wish));
    fake.fallback_err = -EBUSY;
    assert_int_equal(bt_conn_le_param_update(conn, wish), -EBUSY);
    fake.fallback_err = 0;
    hci_run.info.le_features[0] = BIT(BT_LE_FEAT_BIT_CONN_PARAM_REQ);
    features(0);
    assert_int_equal(bt_conn_le_param_update(conn, wish), 0);
    assert_int_equal(fake.cmd_count, 0);
    assert_int_equal(fake.fallback_calls, 3);
}

// Both have it: the link layer's procedure.
static void test_peripheral_procedure(void **state)
{
    hci_run.info.le_features[0] = BIT(BT_LE_FEAT_BIT_CONN_PARAM_REQ);
    features(BIT(BT_LE_FEAT_BIT_CONN_PARAM_REQ));
    assert_int_equal(bt_conn_le_param_update(conn, wish), 0);
    assert_int_equal(fake_cmd_count(BT_HCI_OP_LE_CONN_UPDATE), 1);
    assert_int_equal(fake.fallback_calls, 0);
    assert_true(update_event(0, 12));
    fake_run();
    assert_log("updated:12,0,100");
}

// It is not known whether the peer has it: tried, and when it turns out not to, L2CAP.
static void test_peripheral_tries(void **state)
{
    hci_run.info.le_features[0] = BIT(BT_LE_FEAT_BIT_CONN_PARAM_REQ);
    assert_int_equal(bt_conn_le_param_update(conn, wish), 0);
    assert_int_equal(fake.fallback_calls, 0);
    assert_true(update_event(BT_HCI_ERR_UNSUPP_REMOTE_FEATURE, 0));
    assert_int_equal(fake.fallback_calls, 0); // Not in dispatch.
    fake_run();
    assert_int_equal(fake.fallback_calls, 1);
    // The same answer nobody asked for does nothing.
    assert_true(update_event(BT_HCI_ERR_UNSUPP_REMOTE_FEATURE, 0));
    fake_run();
    assert_int_equal(fake.fallback_calls, 1);
    // Already in the Command Status.
    fake_answer(BT_HCI_OP_LE_CONN_UPDATE, BT_HCI_ERR_UNSUPP_REMOTE_FEATURE, 1);
    assert_int_equal(bt_conn_le_param_update(conn, wish), 0);
    assert_int_equal(fake.fallback_calls, 2);
}

// The central's own procedure was in the way (Vol 6, Part B, 5.3): asked again when it must be over,
// three times; a new wish takes its place, a link that ends, or is to end, forgets it.
static void test_collision_asks_again(void **state)
{
    hci_run.info.le_features[0] = BIT(BT_LE_FEAT_BIT_CONN_PARAM_REQ);
    features(BIT(BT_LE_FEAT_BIT_CONN_PARAM_REQ));
    breeze_conn_failed_cb_set(&failed_cb);
    assert_int_equal(bt_conn_le_param_update(conn, wish), 0);
    for (unsigned int i = 1; i <= 3; i++) {
        assert_true(update_event(BT_HCI_ERR_DIFF_TRANS_COLLISION, 0));
        fake_run();
        assert_int_equal(fake_cmd_count(BT_HCI_OP_LE_CONN_UPDATE), i);
        fake_sleep(1000000);
        assert_int_equal(fake_cmd_count(BT_HCI_OP_LE_CONN_UPDATE), i + 1);
        assert_log("");
    }
    assert_memory_equal(fake_cmd_last(BT_HCI_OP_LE_CONN_UPDATE)->params,
                        "\x40\0\x06\0\x0c\0\0\0\x64\0\0\0\0\0", 14);
    assert_true(update_event(BT_HCI_ERR_DIFF_TRANS_COLLISION, 0));
    fake_sleep(1000000);
    assert_int_equal(fake_cmd_count(BT_HCI_OP_LE_CONN_UPDATE), 4);
    assert_log("failed:2a");
    // Nobody hears of one that nobody of us asked.
    assert_true(update_event(BT_HCI_ERR_DIFF_TRANS_COLLISION, 0));
    fake_sleep(1000000);
    assert_int_equal(fake_cmd_count(BT_HCI_OP_LE_CONN_UPDATE), 4);
    assert_log("");
    // The controller takes it, or refuses, at the second time.
    assert_int_equal(bt_conn_le_param_update(conn, wish), 0);
    assert_true(update_event(BT_HCI_ERR_DIFF_TRANS_COLLISION, 0));
    fake_answer(BT_HCI_OP_LE_CONN_UPDATE, BT_HCI_ERR_CMD_DISALLOWED, 1);
    fake_sleep(1000000);
    assert_log("failed:0c");
    assert_int_equal(bt_conn_le_param_update(conn, wish), 0);
    assert_true(update_event(BT_HCI_ERR_DIFF_TRANS_COLLISION, 0));
    assert_int_equal(bt_conn_le_param_update(conn, BT_LE_CONN_PARAM(8, 8, 0, 100)), 0);
    unsigned int sent = fake_cmd_count(BT_HCI_OP_LE_CONN_UPDATE);
    assert_true(update_event(0, 8));
    fake_sleep(1000000);
    assert_int_equal(fake_cmd_count(BT_HCI_OP_LE_CONN_UPDATE), sent);
    assert_log("updated:8,0,100");
    assert_int_equal(bt_conn_le_param_update(conn, wish), -EALREADY);
    assert_int_equal(bt_conn_le_param_update(conn, BT_LE_CONN_PARAM(10, 10, 0, 100)), 0);
    assert_true(update_event(BT_HCI_ERR_DIFF_TRANS_COLLISION, 0));
    assert_int_equal(bt_conn_disconnect(conn, BT_HCI_ERR_REMOTE_USER_TERM_CONN), 0);
    fake_sleep(200000);
    fake_disconnected(0x40, 0x16);
    fake_sleep(1000000);
    assert_int_equal(fake_cmd_count(BT_HCI_OP_LE_CONN_UPDATE), sent + 1);
    breeze_conn_failed_cb_set(NULL);
}

static void ask_event(uint16_t min, uint16_t max, uint16_t timeout)
{
    uint8_t evt[10];
    struct wr w = wr_init(evt, sizeof(evt));
    wr_le16(&w, 0x40);
    wr_le16(&w, min);
    wr_le16(&w, max);
    wr_le16(&w, 0);
    wr_le16(&w, timeout);
    assert_true(
        fake_event(BT_HCI_EVT_LE_META_EVENT, BT_HCI_EVT_LE_CONN_PARAM_REQ, evt, sizeof(evt)));
    fake_run();
}

static void test_peer_asks(void **state)
{
    ask_event(6, 12, 100);
    assert_log("req:6-12");
    const struct fake_cmd *cmd = fake_cmd_last(BT_HCI_OP_LE_CONN_PARAM_REQ_REPLY);
    assert_non_null(cmd);
    assert_memory_equal(cmd->params, "\x40\0\x06\0\x0c\0\0\0\x64\0\0\0\0\0", 14);
    change = (struct bt_le_conn_param){8, 8, 0, 100};
    ask_event(6, 12, 100);
    assert_memory_equal(fake_cmd_last(BT_HCI_OP_LE_CONN_PARAM_REQ_REPLY)->params,
                        "\x40\0\x08\0\x08\0\0\0\x64\0\0\0\0\0", 14);
    assert_null(fake_cmd_last(BT_HCI_OP_LE_CONN_PARAM_REQ_NEG_REPLY));
    assert_log("req:6-12");
}

static void test_peer_refused(void **state)
{
    answer = false;
    ask_event(6, 12, 100);
    assert_log("req:6-12");
    const struct fake_cmd *cmd = fake_cmd_last(BT_HCI_OP_LE_CONN_PARAM_REQ_NEG_REPLY);
    assert_non_null(cmd);
    assert_memory_equal(cmd->params, "\x40\0\x3b", 3);
    // What the callback makes invalid is refused too.
    answer = true;
    change = (struct bt_le_conn_param){8, 7, 0, 100};
    ask_event(6, 12, 100);
    assert_int_equal(fake_cmd_count(BT_HCI_OP_LE_CONN_PARAM_REQ_NEG_REPLY), 2);
    assert_null(fake_cmd_last(BT_HCI_OP_LE_CONN_PARAM_REQ_REPLY));
}

// Invalid wishes of the peer do not reach the application.
static void test_hostile_28_peer_asks_nonsense(void **state)
{
    ask_event(12, 6, 100);
    ask_event(0, 0, 0);
    ask_event(3200, 3200, 100);
    assert_log("");
    assert_int_equal(fake_cmd_count(BT_HCI_OP_LE_CONN_PARAM_REQ_NEG_REPLY), 3);
    assert_null(fake_cmd_last(BT_HCI_OP_LE_CONN_PARAM_REQ_REPLY));
}

// The request is due when the link is gone.
static void test_peer_asks_and_goes(void **state)
{
    uint8_t evt[] = {0x40, 0, 6, 0, 12, 0, 0, 0, 100, 0};
    assert_true(
        fake_event(BT_HCI_EVT_LE_META_EVENT, BT_HCI_EVT_LE_CONN_PARAM_REQ, evt, sizeof(evt)));
    fake_disconnected(0x40, 0x13);
    assert_log("up:disconnected");
    assert_int_equal(fake.cmd_count, 0);
}

int main(void)
{
#define PERIPHERAL(name) cmocka_unit_test_setup_teardown(name, setup_peripheral, fake_teardown)
#define CENTRAL(name)    cmocka_unit_test_setup_teardown(name, setup_central, fake_teardown)
    const struct CMUnitTest tests[] = {
        CENTRAL(test_validity),
        CENTRAL(test_central),
        PERIPHERAL(test_peripheral_fallback),
        PERIPHERAL(test_peripheral_procedure),
        PERIPHERAL(test_peripheral_tries),
        PERIPHERAL(test_collision_asks_again),
        CENTRAL(test_peer_asks),
        CENTRAL(test_peer_refused),
        CENTRAL(test_hostile_28_peer_asks_nonsense),
        CENTRAL(test_peer_asks_and_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
