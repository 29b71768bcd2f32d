// GAP and links on the virtual air: hosts that find each other, connect in both roles, change
// parameters, part, and come back. Virtual time: bounds are bounds of the protocol, not of a machine.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <breeze/breeze.h>
#include <zephyr/bluetooth/bluetooth.h>
#include <zephyr/bluetooth/conn.h>
#include <zephyr/bluetooth/hci.h>

#include "sim.h"

#define HOSTS  5
#define SECOND 1000000

// One host and what its callbacks have seen.
struct node {
    struct sim_host *host;
    bt_addr_le_t addr;
    struct bt_conn *conns[CONFIG_BT_MAX_CONN]; // By index, with a reference.
    unsigned int links;
    unsigned int connected;
    unsigned int failed;
    unsigned int disconnected;
    unsigned int recycled;
    unsigned int updated;
    unsigned int asked;
    unsigned int reports;
    unsigned int timeouts;
    uint8_t last_err;
    uint8_t last_reason;
    uint16_t interval;
    bool readvertise;
    bt_addr_le_t target; // Connect to this one when it is seen.
    bool hunting;
    int result;
};

static struct sim *sim;
static struct node nodes[HOSTS];
static int node_count;

static struct node *me(void)
{
    for (int i = 0; i < node_count; i++) {
        if (nodes[i].host == sim_current()) {
            return &nodes[i];
        }
    }
    fail_msg("no host is in place");
    return NULL;
}

static const struct bt_data ad[] = {
    BT_DATA_BYTES(BT_DATA_FLAGS, BT_LE_AD_GENERAL | BT_LE_AD_NO_BREDR),
    BT_DATA(BT_DATA_NAME_COMPLETE, "node", 4),
};

static void on_connected(struct bt_conn *conn, uint8_t err)
{
    struct node *node = me();
    node->last_err = err;
    if (err) {
        node->failed++;
        return;
    }
    node->connected++;
    node->links++;
    node->conns[bt_conn_index(conn)] = bt_conn_ref(conn);
    struct bt_conn_info info;
    assert_int_equal(bt_conn_get_info(conn, &info), 0);
    assert_int_equal(info.state, BT_CONN_STATE_CONNECTED);
    assert_true(bt_addr_le_eq(info.le.src, &node->addr));
    node->interval = info.le.interval;
}

static void on_disconnected(struct bt_conn *conn, uint8_t reason)
{
    struct node *node = me();
    node->disconnected++;
    node->links--;
    node->last_reason = reason;
    assert_ptr_equal(node->conns[bt_conn_index(conn)], conn);
    node->conns[bt_conn_index(conn)] = NULL;
    bt_conn_unref(conn);
}

static void on_recycled(void)
{
    struct node *node = me();
    node->recycled++;
    if (node->readvertise) {
        assert_int_equal(bt_le_adv_start(BT_LE_ADV_CONN_FAST_1, ad, ARRAY_SIZE(ad), NULL, 0), 0);
    }
}

static bool on_param_req(struct bt_conn *conn, struct bt_le_conn_param *param)
{
    me()->asked++;
    return true;
}

static void on_updated(struct bt_conn *conn, uint16_t interval, uint16_t latency, uint16_t timeout)
{
    me()->updated++;
    me()->interval = interval;
}

static struct bt_conn_cb conn_cbs[HOSTS];

static void connect_to(const bt_addr_le_t *peer)
{
    struct bt_conn *conn = NULL;
    me()->result =
        bt_conn_le_create(peer, BT_CONN_LE_CREATE_CONN, BT_LE_CONN_PARAM(24, 24, 0, 100), &conn);
    if (conn) {
        bt_conn_unref(conn);
    }
}

static void on_report(const bt_addr_le_t *addr, int8_t rssi, uint8_t type,
                      struct net_buf_simple *buf)
{
    struct node *node = me();
    node->reports++;
    if (node->hunting && type == BT_GAP_ADV_TYPE_ADV_IND && bt_addr_le_eq(addr, &node->target)) {
        node->hunting = false;
        assert_int_equal(bt_le_scan_stop(), 0);
        connect_to(addr);
        assert_int_equal(node->result, 0);
    }
}

static void on_scan_timeout(void)
{
    me()->timeouts++;
}

static struct bt_le_scan_cb scan_cbs[HOSTS];

// ---- What the hosts do --------------------------------------------------------------------------

static void enable(void *arg)
{
    struct node *node = me();
    size_t i = (size_t)(node - nodes);
    assert_int_equal(bt_enable(NULL), 0);
    assert_true(bt_is_ready());
    size_t count = 1;
    bt_id_get(&node->addr, &count);
    assert_int_equal(count, 1);
    conn_cbs[i] = (struct bt_conn_cb){
        .connected = on_connected,
        .disconnected = on_disconnected,
        .recycled = on_recycled,
        .le_param_req = on_param_req,
        .le_param_updated = on_updated,
    };
    scan_cbs[i] = (struct bt_le_scan_cb){.timeout = on_scan_timeout};
    assert_int_equal(bt_conn_cb_register(&conn_cbs[i]), 0);
    assert_int_equal(bt_le_scan_cb_register(&scan_cbs[i]), 0);
}

// Registrations are still there.
static void enable_again(void *arg)
{
    assert_int_equal(bt_enable(NULL), 0);
    bt_addr_le_t addr;
    size_t count = 1;
    bt_id_get(&addr, &count);
    assert_true(bt_addr_le_eq(&addr, &me()->addr));
}

static void disable(void *arg)
{
    struct node *node = me();
    assert_int_equal(bt_disable(), 0);
    assert_int_equal(node->links, 0);
}

static void advertise(void *arg)
{
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_CONN_FAST_1, ad, ARRAY_SIZE(ad), NULL, 0), 0);
}

static void advertise_not(void *arg)
{
    assert_int_equal(bt_le_adv_stop(), 0);
}

static void beacon(void *arg)
{
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_NCONN_IDENTITY, ad, ARRAY_SIZE(ad), NULL, 0), 0);
}

static void hunt(void *arg)
{
    struct node *node = me();
    node->target = *(const bt_addr_le_t *)arg;
    node->hunting = true;
    assert_int_equal(
        bt_le_scan_start(BT_LE_SCAN_PARAM(BT_LE_SCAN_TYPE_PASSIVE, 0, 96, 96), on_report), 0);
}

static void scan(void *arg)
{
    me()->result = bt_le_scan_start(arg, on_report);
}

static void scan_not(void *arg)
{
    me()->result = bt_le_scan_stop();
}

static void create(void *arg)
{
    connect_to(arg);
}

static struct bt_conn *any_link(void)
{
    for (size_t i = 0; i < CONFIG_BT_MAX_CONN; i++) {
        if (me()->conns[i]) {
            return me()->conns[i];
        }
    }
    return NULL;
}

static void leave(void *arg)
{
    me()->result = bt_conn_disconnect(any_link(), BT_HCI_ERR_REMOTE_USER_TERM_CONN);
}

static void update(void *arg)
{
    me()->result = bt_conn_le_param_update(any_link(), arg);
}

static void cancel(void *arg)
{
    struct bt_conn *conn = bt_conn_lookup_addr_le(BT_ID_DEFAULT, arg);
    assert_non_null(conn);
    me()->result = bt_conn_disconnect(conn, BT_HCI_ERR_REMOTE_USER_TERM_CONN);
    bt_conn_unref(conn);
}

// ---- Fixture ------------------------------------------------------------------------------------

static void start_at(int count, enum air_level level)
{
    memset(nodes, 0, sizeof(nodes));
    node_count = count;
    sim = sim_new(&(struct air_config){.seed = 7});
    assert_non_null(sim);
    for (int i = 0; i < count; i++) {
        char name[] = {'n', (char)('0' + i), '\0'};
        nodes[i].host =
            sim_host_add(sim, &(struct air_controller_config){.name = name, .level = level});
        assert_non_null(nodes[i].host);
        sim_on(nodes[i].host, enable, NULL);
    }
}

static void start(int count)
{
    start_at(count, AIR_LEVEL_DEFAULT);
}

static void finish(void)
{
    for (int i = 0; i < node_count; i++) {
        nodes[i].readvertise = false;
        sim_on(nodes[i].host, disable, NULL);
    }
    sim_free(sim);
    sim = NULL;
}

struct wish {
    const unsigned int *what;
    unsigned int at_least;
};

static bool reached(void *arg)
{
    const struct wish *wish = arg;
    return *wish->what >= wish->at_least;
}

static void until(const unsigned int *what, unsigned int at_least, int64_t limit_us)
{
    struct wish wish = {what, at_least};
    assert_true(sim_until(sim, reached, &wish, limit_us));
}

// ---- Scenarios ----------------------------------------------------------------------------------

// Found, connected from the report, left by the central, advertising again, connected and left by the
// peripheral.
static void test_two_hosts(void **state)
{
    struct node *central = &nodes[0];
    struct node *peripheral = &nodes[1];
    start(2);
    peripheral->readvertise = true;
    sim_on(peripheral->host, advertise, NULL);
    for (unsigned int round = 1; round <= 4; round++) {
        sim_on(central->host, hunt, &peripheral->addr);
        until(&central->connected, round, 2 * SECOND);
        until(&peripheral->connected, round, SECOND);
        struct node *who = round & 1 ? central : peripheral;
        sim_on(who->host, leave, NULL);
        assert_int_equal(who->result, 0);
        until(&central->disconnected, round, SECOND);
        until(&peripheral->disconnected, round, SECOND);
        until(&peripheral->recycled, round, SECOND);
        struct node *other = round & 1 ? peripheral : central;
        assert_int_equal(who->last_reason, BT_HCI_ERR_LOCALHOST_TERM_CONN);
        assert_int_equal(other->last_reason, BT_HCI_ERR_REMOTE_USER_TERM_CONN);
    }
    assert_int_equal(central->failed, 0);
    finish();
}

static void link_two(void)
{
    sim_on(nodes[1].host, advertise, NULL);
    sim_on(nodes[0].host, create, &nodes[1].addr);
    until(&nodes[0].connected, 1, 2 * SECOND);
    until(&nodes[1].connected, 1, SECOND);
}

// Parameters, asked for by either side, on every level of controllers: 4.0 has no link layer procedure
// for a peripheral, so its request goes through L2CAP.
static void test_parameters(void **state)
{
    static const enum air_level levels[] = {AIR_LEVEL_4_0, AIR_LEVEL_4_1, AIR_LEVEL_4_2,
                                            AIR_LEVEL_5_0, AIR_LEVEL_5_4};
    for (size_t i = 0; i < ARRAY_SIZE(levels); i++) {
        start_at(2, levels[i]);
        link_two();
        sim_run(sim, SECOND);
        sim_on(nodes[0].host, update, (void *)BT_LE_CONN_PARAM(12, 12, 0, 200));
        assert_int_equal(nodes[0].result, 0);
        until(&nodes[0].updated, 1, SECOND);
        until(&nodes[1].updated, 1, SECOND);
        assert_int_equal(nodes[0].interval, 12);
        assert_int_equal(nodes[1].interval, 12);
        sim_on(nodes[1].host, update, (void *)BT_LE_CONN_PARAM(30, 30, 0, 300));
        assert_int_equal(nodes[1].result, 0);
        until(&nodes[0].updated, 2, 2 * SECOND);
        until(&nodes[1].updated, 2, 2 * SECOND);
        assert_int_equal(nodes[1].interval, 30);
        assert_in_range(nodes[0].asked, 1, 1);
        finish();
    }
}

// Nobody there: the time of the creation runs out; another is cancelled; a third succeeds.
static void test_time_out_and_cancel(void **state)
{
    start(2);
    struct node *central = &nodes[0];
    sim_on(central->host, create, &nodes[1].addr);
    assert_int_equal(central->result, 0);
    sim_run(sim, CONFIG_BT_CREATE_CONN_TIMEOUT * SECOND - SECOND / 10);
    assert_int_equal(central->failed, 0);
    until(&central->failed, 1, SECOND);
    assert_int_equal(central->last_err, BT_HCI_ERR_UNKNOWN_CONN_ID);
    until(&central->recycled, 1, SECOND);
    sim_on(central->host, create, &nodes[1].addr);
    sim_on(central->host, create, &nodes[1].addr);
    assert_int_equal(central->result, -EALREADY);
    sim_on(central->host, cancel, &nodes[1].addr);
    assert_int_equal(central->result, 0);
    until(&central->failed, 2, SECOND);
    assert_int_equal(central->last_err, BT_HCI_ERR_UNKNOWN_CONN_ID);
    link_two();
    finish();
}

// Four links of one host, two as central and two as peripheral, made while it advertises and scans;
// all of them stay up, and end with bt_disable().
static void test_five_hosts(void **state)
{
    start(5);
    struct node *hub = &nodes[0];
    for (int i = 1; i <= 2; i++) {
        sim_on(nodes[i].host, advertise, NULL);
    }
    hub->readvertise = false;
    sim_on(hub->host, scan, BT_LE_SCAN_PASSIVE);
    assert_int_equal(hub->result, 0);
    for (unsigned int i = 1; i <= 2; i++) {
        sim_on(hub->host, advertise, NULL);
        sim_on(hub->host, create, &nodes[i].addr);
        assert_int_equal(hub->result, 0);
        until(&nodes[i].connected, 1, 3 * SECOND);
        until(&hub->connected, 2 * i - 1, SECOND);
        sim_on(nodes[i + 2].host, create, &hub->addr);
        assert_int_equal(nodes[i + 2].result, 0);
        until(&nodes[i + 2].connected, 1, 3 * SECOND);
        until(&hub->connected, 2 * i, SECOND);
    }
    assert_int_equal(hub->links, 4);
    unsigned int reports = hub->reports;
    sim_on(nodes[1].host, beacon, NULL);
    sim_run(sim, 5 * SECOND);
    assert_int_equal(hub->links, 4);
    assert_true(hub->reports > reports);
    sim_on(hub->host, scan_not, NULL);
    assert_int_equal(hub->result, 0);
    sim_on(hub->host, disable, NULL);
    for (int i = 1; i <= 4; i++) {
        until(&nodes[i].disconnected, 1, 2 * SECOND);
        assert_int_equal(nodes[i].last_reason, BT_HCI_ERR_REMOTE_POWER_OFF);
    }
    sim_on(hub->host, enable_again, NULL);
    finish();
}

// A scan with a time, and one that is stopped: no report comes afterwards.
static void test_scan(void **state)
{
    start(2);
    sim_on(nodes[1].host, beacon, NULL);
    struct bt_le_scan_param param = {.interval = 96, .window = 96, .timeout = 100};
    sim_on(nodes[0].host, scan, &param);
    assert_int_equal(nodes[0].result, 0);
    sim_run(sim, SECOND - 1000);
    assert_int_equal(nodes[0].timeouts, 0);
    until(&nodes[0].timeouts, 1, 10000);
    assert_in_range(nodes[0].reports, 5, 11); // Every 100 to 150 ms, and up to 10 ms more.
    sim_on(nodes[0].host, scan_not, NULL);
    assert_int_equal(nodes[0].result, -EALREADY);
    sim_on(nodes[0].host, scan, BT_LE_SCAN_PARAM(BT_LE_SCAN_TYPE_PASSIVE, 0, 96, 96));
    sim_run(sim, SECOND);
    sim_on(nodes[0].host, scan_not, NULL);
    unsigned int reports = nodes[0].reports;
    sim_run(sim, SECOND);
    assert_int_equal(nodes[0].reports, reports);
    sim_on(nodes[1].host, advertise_not, NULL);
    finish();
}

// The address stays through bt_disable(), and everything registered works again.
static void test_pitfall_47_48_49_restart(void **state)
{
    start(2);
    bt_addr_le_t addr = nodes[1].addr;
    for (unsigned int round = 1; round <= 5; round++) {
        sim_on(nodes[1].host, advertise, NULL);
        sim_on(nodes[0].host, hunt, &addr);
        until(&nodes[0].connected, round, 2 * SECOND);
        until(&nodes[1].connected, round, SECOND);
        sim_on(nodes[1].host, disable, NULL);
        until(&nodes[0].disconnected, round, SECOND);
        sim_on(nodes[1].host, enable_again, NULL);
    }
    finish();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_hosts),
        cmocka_unit_test(test_parameters),
        cmocka_unit_test(test_time_out_and_cancel),
        cmocka_unit_test(test_five_hosts),
        cmocka_unit_test(test_scan),
        cmocka_unit_test(test_pitfall_47_48_49_restart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
