// Subrating between two whole hosts on the virtual air: the central changes it, the peripheral asks, the
// central or an old controller refuses; the link does its work all the while.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <zephyr/bluetooth/bluetooth.h>
#include <zephyr/bluetooth/conn.h>
#include <zephyr/bluetooth/hci.h>

#include "sim.h"

#define SECOND   1000000
#define INTERVAL 24 // 30 ms

enum { PERIPHERAL_HOST, CENTRAL_HOST };

struct node {
    struct sim_host *host;
    struct bt_conn *conn;
    uint16_t handle;
    bool features;
    unsigned int changes;
    struct bt_conn_le_subrate_changed last;
    int result;
};

static struct sim *sim;
static struct node nodes[2];

static struct node *me(void)
{
    return &nodes[nodes[CENTRAL_HOST].host == sim_current()];
}

static void on_connected(struct bt_conn *conn, uint8_t err)
{
    assert_int_equal(err, 0);
    me()->conn = bt_conn_ref(conn);
    assert_int_equal(bt_hci_get_conn_handle(conn, &me()->handle), 0);
}

static void on_disconnected(struct bt_conn *conn, uint8_t reason)
{
    bt_conn_unref(me()->conn);
    me()->conn = NULL;
}

static void on_remote_info(struct bt_conn *conn, struct bt_conn_remote_info *info)
{
    me()->features = true;
}

static void on_subrate(struct bt_conn *conn, const struct bt_conn_le_subrate_changed *changed)
{
    assert_ptr_equal(conn, me()->conn);
    me()->changes++;
    me()->last = *changed;
}

static struct bt_conn_cb callbacks[2];

static void enable(void *arg)
{
    struct bt_conn_cb *cb = &callbacks[me() - nodes];
    assert_int_equal(bt_enable(NULL), 0);
    *cb = (struct bt_conn_cb){
        .connected = on_connected,
        .disconnected = on_disconnected,
        .remote_info_available = on_remote_info,
        .subrate_changed = on_subrate,
    };
    assert_int_equal(bt_conn_cb_register(cb), 0);
}

static void disable(void *arg)
{
    assert_int_equal(bt_disable(), 0);
    assert_int_equal(bt_conn_cb_unregister(&callbacks[me() - nodes]), 0);
}

static void advertise(void *arg)
{
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_CONN_FAST_1, NULL, 0, NULL, 0), 0);
}

static void create(void *arg)
{
    struct bt_conn *conn;
    assert_int_equal(bt_conn_le_create(arg, BT_CONN_LE_CREATE_CONN,
                                       BT_LE_CONN_PARAM(INTERVAL, INTERVAL, 0, 400), &conn),
                     0);
    bt_conn_unref(conn);
}

static void defaults(void *arg)
{
    me()->result = bt_conn_le_subrate_set_defaults(arg);
}

static void request(void *arg)
{
    me()->result = bt_conn_le_subrate_request(me()->conn, arg);
}

static bool both_ready(void *arg)
{
    return nodes[0].features && nodes[1].features;
}

static bool has_changed(void *arg)
{
    return ((const struct node *)arg)->changes > 0;
}

static int ask(int who, const struct bt_conn_le_subrate_param *param)
{
    nodes[0].changes = nodes[1].changes = 0;
    sim_on(nodes[who].host, request, (void *)param);
    return nodes[who].result;
}

// Both controllers, of these levels; the central's defaults, if any.
static void start(enum air_level peripheral, enum air_level central,
                  const struct bt_conn_le_subrate_param *accepted)
{
    const enum air_level levels[] = {peripheral, central};
    memset(nodes, 0, sizeof(nodes));
    sim = sim_new(&(struct air_config){.seed = 31});
    assert_non_null(sim);
    for (int i = 0; i < 2; i++) {
        nodes[i].host = sim_host_add(sim, &(struct air_controller_config){.level = levels[i]});
        assert_non_null(nodes[i].host);
        sim_on(nodes[i].host, enable, NULL);
    }
    if (accepted) {
        sim_on(nodes[CENTRAL_HOST].host, defaults, (void *)accepted);
        assert_int_equal(nodes[CENTRAL_HOST].result, 0);
    }
    bt_addr_le_t peer = {.type = BT_ADDR_LE_RANDOM};
    air_controller_static_address(sim_controller(nodes[PERIPHERAL_HOST].host), peer.a.val);
    sim_on(nodes[PERIPHERAL_HOST].host, advertise, NULL);
    sim_on(nodes[CENTRAL_HOST].host, create, &peer);
    assert_true(sim_until(sim, both_ready, NULL, 5 * SECOND));
    sim_run(sim, SECOND); // Data length and PHY are done with.
}

static void finish(void)
{
    for (int i = 0; i < 2; i++) {
        sim_on(nodes[i].host, disable, NULL);
    }
    sim_free(sim);
}

static void read_info(void *arg)
{
    assert_int_equal(bt_conn_get_info(me()->conn, arg), 0);
}

static void assert_rate(uint16_t factor, uint16_t continuation, uint16_t latency, uint16_t timeout)
{
    for (int i = 0; i < 2; i++) {
        struct bt_conn_info info;
        const struct bt_conn_le_subrate_changed *last = &nodes[i].last;
        assert_true(sim_until(sim, has_changed, &nodes[i], 10 * SECOND));
        assert_int_equal(nodes[i].changes, 1);
        assert_int_equal(last->status, 0);
        assert_int_equal(last->factor, factor);
        assert_int_equal(last->continuation_number, continuation);
        assert_int_equal(last->peripheral_latency, latency);
        assert_int_equal(last->supervision_timeout, timeout);
        sim_on(nodes[i].host, read_info, &info);
        assert_int_equal(info.le.latency, latency);
        assert_int_equal(info.le.timeout, timeout);
        assert_int_equal(info.le.interval, INTERVAL);
    }
}

static void read_rate(void *arg)
{
    struct bt_conn_info info;
    read_info(&info);
    *(struct bt_conn_le_subrating_info *)arg = *info.le.subrate;
}

static uint64_t used(int who)
{
    struct air_link_stats stats;
    assert_int_equal(air_link_stats(sim_controller(nodes[who].host), nodes[who].handle, &stats), 0);
    return stats.used;
}

static void central_changes(void **state)
{
    static const struct bt_conn_le_subrate_param rest = {1, 10, 1, 5, 600};
    static const struct bt_conn_le_subrate_param awake = {1, 1, 0, 0, 400};
    struct bt_conn_le_subrating_info now;
    start(AIR_LEVEL_5_4, AIR_LEVEL_5_4, NULL);
    assert_int_equal(ask(CENTRAL_HOST, &rest), 0);
    assert_rate(10, 5, 1, 600);
    sim_on(nodes[PERIPHERAL_HOST].host, read_rate, &now);
    assert_int_equal(now.factor, 10);
    assert_int_equal(now.continuation_number, 5);
    sim_run(sim, 5 * SECOND);
    uint64_t before[] = {used(0), used(1)};
    sim_run(sim, 100 * INTERVAL * 1250);
    assert_int_equal(used(CENTRAL_HOST) - before[CENTRAL_HOST], 10);
    assert_int_equal(used(PERIPHERAL_HOST) - before[PERIPHERAL_HOST], 5);
    assert_int_equal(ask(CENTRAL_HOST, &awake), 0);
    assert_rate(1, 0, 0, 400);
    finish();
}

static void peripheral_asks(void **state)
{
    static const struct bt_conn_le_subrate_param accepted = {2, 8, 2, 3, 500};
    static const struct bt_conn_le_subrate_param rest = {4, 100, 0, 1, 1000};
    start(AIR_LEVEL_5_3, AIR_LEVEL_5_4, &accepted);
    assert_int_equal(ask(PERIPHERAL_HOST, &rest), 0);
    assert_rate(8, 3, 0, 500);
    finish();
}

// A central that was not told what to accept refuses: the one who asked hears of it, the link goes on.
static void central_refuses(void **state)
{
    static const struct bt_conn_le_subrate_param rest = {4, 10, 0, 1, 1000};
    start(AIR_LEVEL_5_4, AIR_LEVEL_5_4, NULL);
    assert_int_equal(ask(PERIPHERAL_HOST, &rest), 0);
    struct node *node = &nodes[PERIPHERAL_HOST];
    assert_true(sim_until(sim, has_changed, node, 10 * SECOND));
    assert_int_equal(node->last.status, BT_HCI_ERR_UNSUPP_LL_PARAM_VAL);
    assert_int_equal(node->last.factor, 1);
    assert_int_equal(node->last.supervision_timeout, 400);
    sim_run(sim, 5 * SECOND);
    assert_int_equal(nodes[CENTRAL_HOST].changes, 0);
    assert_non_null(node->conn);
    finish();
}

static void a_side_is_old(void **state)
{
    static const struct bt_conn_le_subrate_param rest = {1, 10, 0, 1, 1000};
    const enum air_level levels[][2] = {{AIR_LEVEL_5_2, AIR_LEVEL_5_4},
                                        {AIR_LEVEL_5_4, AIR_LEVEL_5_2}};
    for (int i = 0; i < 2; i++) {
        start(levels[i][0], levels[i][1], NULL);
        assert_int_equal(ask(PERIPHERAL_HOST, &rest), -ENOTSUP);
        assert_int_equal(ask(CENTRAL_HOST, &rest), -ENOTSUP);
        sim_on(nodes[i].host, defaults, (void *)&rest);
        assert_int_equal(nodes[i].result, -ENOTSUP);
        sim_run(sim, SECOND);
        assert_int_equal(nodes[0].changes + nodes[1].changes, 0);
        finish();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(central_changes),
        cmocka_unit_test(peripheral_asks),
        cmocka_unit_test(central_refuses),
        cmocka_unit_test(a_side_is_old),
    };
    return cmocka_run_group_tests_name("scenario_subrate", tests, NULL, NULL);
}
