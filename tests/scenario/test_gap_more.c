// The accept list, directed advertising, duplicates and signal strength on the virtual air.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <breeze/breeze.h>
#include <breeze/conn.h>
#include <zephyr/bluetooth/bluetooth.h>
#include <zephyr/bluetooth/conn.h>
#include <zephyr/bluetooth/hci.h>

#include "sim.h"

#define HOSTS  3
#define SECOND 1000000

struct node {
    struct sim_host *host;
    bt_addr_le_t addr;
    struct bt_conn *conn;
    bt_addr_le_t peer;
    unsigned int connected;
    unsigned int failed;
    unsigned int disconnected;
    unsigned int reports[HOSTS]; // By advertiser.
    unsigned int types[5];
    uint8_t err;
    int result;
};

static struct sim *sim;
static struct node nodes[HOSTS];

static struct node *me(void)
{
    for (int i = 0; i < HOSTS; i++) {
        if (nodes[i].host == sim_current()) {
            return &nodes[i];
        }
    }
    fail_msg("no host is in place");
    return NULL;
}

static void on_connected(struct bt_conn *conn, uint8_t err)
{
    struct node *node = me();
    node->err = err;
    if (err) {
        node->failed++;
        return;
    }
    node->connected++;
    node->conn = bt_conn_ref(conn);
    node->peer = *bt_conn_get_dst(conn);
}

static void on_disconnected(struct bt_conn *conn, uint8_t reason)
{
    struct node *node = me();
    node->disconnected++;
    bt_conn_unref(node->conn);
    node->conn = NULL;
}

static struct bt_conn_cb conn_cbs[HOSTS];

static void on_report(const bt_addr_le_t *addr, int8_t rssi, uint8_t type,
                      struct net_buf_simple *buf)
{
    for (int i = 0; i < HOSTS; i++) {
        me()->reports[i] += bt_addr_le_eq(addr, &nodes[i].addr);
    }
    me()->types[type]++;
}

// ---- What the hosts do --------------------------------------------------------------------------

static void enable(void *arg)
{
    struct node *node = me();
    size_t count = 1;
    assert_int_equal(bt_enable(NULL), 0);
    bt_id_get(&node->addr, &count);
    struct bt_conn_cb *cb = &conn_cbs[node - nodes];
    *cb = (struct bt_conn_cb){.connected = on_connected, .disconnected = on_disconnected};
    assert_int_equal(bt_conn_cb_register(cb), 0);
}

static void disable(void *arg)
{
    assert_int_equal(bt_disable(), 0);
}

static void advertise(void *arg)
{
    me()->result = bt_le_adv_start(arg, NULL, 0, NULL, 0);
}

static void advertise_not(void *arg)
{
    me()->result = bt_le_adv_stop();
}

static void accept(void *arg)
{
    me()->result = bt_le_filter_accept_list_add(arg);
}

static void accept_none(void *arg)
{
    me()->result = bt_le_filter_accept_list_clear();
}

static void scan(void *arg)
{
    memset(me()->reports, 0, sizeof(me()->reports));
    memset(me()->types, 0, sizeof(me()->types));
    me()->result = bt_le_scan_start(arg, on_report);
}

static void scan_not(void *arg)
{
    me()->result = bt_le_scan_stop();
}

static void create(void *arg)
{
    struct bt_conn *conn = NULL;
    me()->result =
        bt_conn_le_create(arg, BT_CONN_LE_CREATE_CONN, BT_LE_CONN_PARAM(24, 24, 0, 100), &conn);
    if (conn) {
        bt_conn_unref(conn);
    }
}

static void create_auto(void *arg)
{
    me()->result =
        bt_conn_le_create_auto(BT_CONN_LE_CREATE_CONN_AUTO, BT_LE_CONN_PARAM(24, 24, 0, 100));
}

static void create_auto_stop(void *arg)
{
    me()->result = bt_conn_create_auto_stop();
}

static void leave(void *arg)
{
    me()->result = bt_conn_disconnect(me()->conn, BT_HCI_ERR_REMOTE_USER_TERM_CONN);
}

static void do_on(int i, void (*fn)(void *arg), const void *arg)
{
    sim_on(nodes[i].host, fn, (void *)arg);
    assert_int_equal(nodes[i].result, 0);
}

// ---- Fixture ------------------------------------------------------------------------------------

static void start(void)
{
    memset(nodes, 0, sizeof(nodes));
    sim = sim_new(&(struct air_config){.seed = 7});
    assert_non_null(sim);
    for (int i = 0; i < HOSTS; i++) {
        char name[] = {'m', (char)('0' + i), '\0'};
        nodes[i].host = sim_host_add(sim, &(struct air_controller_config){.name = name});
        assert_non_null(nodes[i].host);
        sim_on(nodes[i].host, enable, NULL);
    }
}

static void finish(void)
{
    for (int i = 0; i < HOSTS; i++) {
        sim_on(nodes[i].host, disable, NULL);
    }
    sim_free(sim);
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

#define ADV(options, peer) BT_LE_ADV_PARAM(BT_LE_ADV_OPT_CONN | (options), 0x20, 0x20, peer)

// ---- Scenarios ----------------------------------------------------------------------------------

// Nobody answers high duty directed advertising: it ends after 1.28 s with `connected` and 0x3c, and
// the slot is free.
static void test_directed_high_duty_ends(void **state)
{
    start();
    for (unsigned int round = 1; round <= CONFIG_BT_MAX_CONN + 1; round++) {
        do_on(0, advertise, BT_LE_ADV_CONN_DIR(&nodes[1].addr));
        sim_run(sim, 1270000);
        assert_int_equal(nodes[0].failed, round - 1);
        sim_run(sim, 20000);
        assert_int_equal(nodes[0].failed, round);
        assert_int_equal(nodes[0].err, BT_HCI_ERR_ADV_TIMEOUT);
    }
    finish();
}

static void test_directed_is_for_one_peer(void **state)
{
    const struct bt_le_adv_param *params[] = {BT_LE_ADV_CONN_DIR(&nodes[1].addr),
                                              BT_LE_ADV_CONN_DIR_LOW_DUTY(&nodes[1].addr)};
    for (size_t i = 0; i < ARRAY_SIZE(params); i++) {
        start();
        do_on(0, advertise, params[i]);
        do_on(2, create, &nodes[0].addr); // Not the one.
        sim_run(sim, SECOND);
        assert_int_equal(nodes[2].connected, 0);
        do_on(1, create, &nodes[0].addr);
        until(&nodes[0].connected, 1, SECOND);
        until(&nodes[1].connected, 1, SECOND);
        assert_int_equal(nodes[0].failed, 0);
        finish();
    }
}

// Only who is on the list connects; the other may when the list is out of use.
static void test_advertiser_accepts_some(void **state)
{
    start();
    do_on(0, accept, &nodes[1].addr);
    do_on(0, advertise, ADV(BT_LE_ADV_OPT_FILTER_CONN, NULL));
    do_on(2, create, &nodes[0].addr);
    sim_run(sim, SECOND);
    assert_int_equal(nodes[0].connected, 0);
    do_on(1, create, &nodes[0].addr);
    until(&nodes[0].connected, 1, SECOND);
    do_on(0, advertise, ADV(0, NULL));
    until(&nodes[2].connected, 1, SECOND);
    finish();
}

static void test_scan_requests_of_some(void **state)
{
    start();
    do_on(0, accept, &nodes[1].addr);
    do_on(0, advertise, ADV(BT_LE_ADV_OPT_FILTER_SCAN_REQ | BT_LE_ADV_OPT_USE_NAME, NULL));
    for (int i = 1; i < HOSTS; i++) {
        do_on(i, scan, BT_LE_SCAN_ACTIVE);
        sim_run(sim, SECOND);
        do_on(i, scan_not, NULL);
        assert_int_equal(nodes[i].types[BT_GAP_ADV_TYPE_ADV_IND], 1);
        assert_int_equal(nodes[i].types[BT_GAP_ADV_TYPE_SCAN_RSP], i == 1);
    }
    finish();
}

static void test_scanner_accepts_some(void **state)
{
    start();
    do_on(1, advertise, ADV(0, NULL));
    do_on(2, advertise, ADV(0, NULL));
    do_on(0, accept, &nodes[2].addr);
    do_on(0, scan, BT_LE_SCAN_PARAM(0, BT_LE_SCAN_OPT_FILTER_ACCEPT_LIST, 96, 96));
    sim_run(sim, SECOND);
    assert_int_equal(nodes[0].reports[1], 0);
    assert_true(nodes[0].reports[2] > 10);
    sim_on(nodes[0].host, accept_none, NULL);
    assert_int_equal(nodes[0].result, -EBUSY);
    do_on(0, scan_not, NULL);
    do_on(0, accept_none, NULL);
    finish();
}

// Whoever comes first; then the other one.
static void test_auto_connect(void **state)
{
    start();
    do_on(0, accept, &nodes[1].addr);
    do_on(0, accept, &nodes[2].addr);
    do_on(0, create_auto, NULL);
    sim_run(sim, 60 * SECOND); // Far longer than a plain creation.
    assert_int_equal(nodes[0].failed, 0);
    do_on(2, advertise, ADV(0, NULL));
    until(&nodes[0].connected, 1, SECOND);
    assert_true(bt_addr_le_eq(&nodes[0].peer, &nodes[2].addr));
    do_on(0, leave, NULL);
    until(&nodes[0].disconnected, 1, SECOND);
    do_on(0, create_auto, NULL);
    do_on(1, advertise, ADV(0, NULL));
    until(&nodes[0].connected, 2, SECOND);
    assert_true(bt_addr_le_eq(&nodes[0].peer, &nodes[1].addr));
    do_on(0, create_auto, NULL);
    do_on(0, create_auto_stop, NULL);
    until(&nodes[0].failed, 1, SECOND);
    assert_int_equal(nodes[0].err, BT_HCI_ERR_UNKNOWN_CONN_ID);
    finish();
}

// A controller that does not filter although it is asked to: the command loses its flag on the way.
static enum air_verdict unfiltered(void *ctx, enum air_dir dir, const uint8_t *packet, size_t len)
{
    static const uint8_t plain[] = {0x01, 0x0c, 0x20, 0x02, 0x01, 0x00};
    if (dir == AIR_TO_CONTROLLER && len == sizeof(plain) && !memcmp(packet, plain, 5) &&
        packet[5] == 1) {
        (void)air_hci_inject(sim_controller(ctx), dir, plain, sizeof(plain), 0);
        return AIR_DROP;
    }
    return AIR_PASS;
}

static void test_duplicates_without_the_controller(void **state)
{
    start();
    air_hci_filter(sim_controller(nodes[0].host), unfiltered, nodes[0].host);
    do_on(1, advertise, ADV(0, NULL));
    do_on(0, scan, BT_LE_SCAN_PARAM(0, 0, 96, 96));
    sim_run(sim, SECOND);
    assert_true(nodes[0].reports[1] > 10);
    do_on(0, scan_not, NULL);
    for (int round = 0; round < 2; round++) {
        do_on(0, scan, BT_LE_SCAN_PASSIVE_CONTINUOUS); // Each scan begins anew.
        sim_run(sim, SECOND);
        assert_int_equal(nodes[0].reports[1], 1);
        do_on(0, scan_not, NULL);
    }
    finish();
}

static void read_rssi(void *arg)
{
    int8_t rssi = 0;
    assert_int_equal(breeze_conn_rssi(NULL, &rssi), -EINVAL);
    assert_int_equal(breeze_conn_rssi(me()->conn, NULL), -EINVAL);
    me()->result = breeze_conn_rssi(me()->conn, &rssi);
    assert_in_range(-rssi, 1, 126);
}

static void test_rssi(void **state)
{
    start();
    do_on(1, advertise, ADV(0, NULL));
    do_on(0, create, &nodes[1].addr);
    until(&nodes[1].connected, 1, SECOND);
    sim_run(sim, SECOND);
    do_on(0, read_rssi, NULL);
    do_on(1, read_rssi, NULL);
    finish();
}

// Channels that are left out are not used: a scanner on them would otherwise hear it.
static void test_channel_map(void **state)
{
    start();
    do_on(1, advertise, ADV(BT_LE_ADV_OPT_DISABLE_CHAN_37 | BT_LE_ADV_OPT_DISABLE_CHAN_39, NULL));
    do_on(0, scan, BT_LE_SCAN_PARAM(0, 0, 1600, 1600)); // A second on each channel.
    sim_run(sim, 6 * SECOND);
    unsigned int one = nodes[0].reports[1];
    do_on(0, scan_not, NULL);
    do_on(1, advertise_not, NULL);
    do_on(1, advertise, ADV(0, NULL));
    do_on(0, scan, BT_LE_SCAN_PARAM(0, 0, 1600, 1600));
    sim_run(sim, 6 * SECOND);
    assert_in_range(nodes[0].reports[1], 5 * one / 2, 7 * one / 2);
    finish();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_directed_high_duty_ends),
        cmocka_unit_test(test_directed_is_for_one_peer),
        cmocka_unit_test(test_advertiser_accepts_some),
        cmocka_unit_test(test_scan_requests_of_some),
        cmocka_unit_test(test_scanner_accepts_some),
        cmocka_unit_test(test_auto_connect),
        cmocka_unit_test(test_duplicates_without_the_controller),
        cmocka_unit_test(test_rssi),
        cmocka_unit_test(test_channel_map),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
