// Periodic advertising and synchronisation on the virtual air, whole hosts in both roles. Virtual time.
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

#include "bytes.h"
#include "sim.h"

#define SECOND   1000000
#define HOSTS    3
#define ADV      0
#define SYNC     1
#define THIRD    2 // takes a transfer
#define DATA_MAX 1650
#define INTERVAL 80 // 100 ms

struct node {
    struct sim_host *host;
    struct bt_le_ext_adv *set;
    struct bt_le_per_adv_sync *sync;
    struct bt_conn *conn;
    unsigned int synced, terms, reports, states, scans;
    uint8_t reason;
    bool enabled;
    struct bt_le_per_adv_sync_synced_info info;
    bt_addr_le_t addr;
    int8_t tx_power;
    uint8_t data[DATA_MAX];
    uint16_t len;
};

static struct sim *sim;
static struct node nodes[HOSTS];

static struct node *me(void)
{
    struct node *node = nodes;
    while (sim_current() != node->host) {
        node++;
    }
    return node;
}

// ---- Callbacks ----------------------------------------------------------------------------------

static void on_connected(struct bt_conn *conn, uint8_t err)
{
    assert_int_equal(err, 0);
    me()->conn = bt_conn_ref(conn);
}

static void on_disconnected(struct bt_conn *conn, uint8_t reason)
{
    bt_conn_unref(me()->conn);
    me()->conn = NULL;
}

static struct bt_conn_cb conn_cbs[HOSTS];

static void on_synced(struct bt_le_per_adv_sync *sync, struct bt_le_per_adv_sync_synced_info *info)
{
    struct node *node = me();
    node->synced++;
    node->sync = sync;
    node->info = *info;
    node->addr = *info->addr;
    assert_ptr_equal(info->conn, node->info.conn ? node->conn : NULL);
}

static void on_term(struct bt_le_per_adv_sync *sync,
                    const struct bt_le_per_adv_sync_term_info *info)
{
    assert_ptr_equal(sync, me()->sync);
    me()->terms++;
    me()->reason = info->reason;
    me()->sync = NULL;
}

static void on_recv(struct bt_le_per_adv_sync *sync,
                    const struct bt_le_per_adv_sync_recv_info *info, struct net_buf_simple *buf)
{
    struct node *node = me();
    assert_ptr_equal(sync, node->sync);
    node->reports++;
    node->tx_power = info->tx_power;
    node->len = buf->len;
    memcpy(node->data, buf->data, buf->len);
}

static void on_state(struct bt_le_per_adv_sync *sync,
                     const struct bt_le_per_adv_sync_state_info *info)
{
    me()->states++;
    me()->enabled = info->recv_enabled;
}

static struct bt_le_per_adv_sync_cb sync_cbs[HOSTS];

static void on_scan(const struct bt_le_scan_recv_info *info, struct net_buf_simple *buf)
{
    me()->scans++;
    if (info->interval) {
        assert_int_equal(info->interval, INTERVAL);
    }
}

static struct bt_le_scan_cb scan_cb;

// ---- Steps --------------------------------------------------------------------------------------

static void do_enable(void *arg)
{
    size_t i = (size_t)(me() - nodes);
    conn_cbs[i] = (struct bt_conn_cb){.connected = on_connected, .disconnected = on_disconnected};
    sync_cbs[i] = (struct bt_le_per_adv_sync_cb){
        .synced = on_synced, .term = on_term, .recv = on_recv, .state_changed = on_state};
    assert_int_equal(bt_enable(NULL), 0);
    assert_int_equal(bt_conn_cb_register(&conn_cbs[i]), 0);
    assert_int_equal(bt_le_per_adv_sync_cb_register(&sync_cbs[i]), 0);
    assert_int_equal(bt_le_per_adv_sync_cb_register(&sync_cbs[i]), -EEXIST);
    assert_int_equal(bt_le_per_adv_sync_cb_register(NULL), -EINVAL);
}

static void do_disable(void *arg)
{
    assert_int_equal(bt_disable(), 0);
    breeze_forget();
}

static void begin(enum air_level level)
{
    static const char *const names[] = {"advertiser", "follower", "third"};
    memset(nodes, 0, sizeof(nodes));
    sim = sim_new(&(struct air_config){.seed = 8});
    for (int i = 0; i < HOSTS; i++) {
        struct air_controller_config config = {.name = names[i], .level = level};
        nodes[i].host = sim_host_add(sim, &config);
        sim_on(nodes[i].host, do_enable, NULL);
    }
}

// bt_disable() ends every sync with its callback.
static void end(void)
{
    for (int i = 0; i < HOSTS; i++) {
        unsigned int terms = nodes[i].terms + (nodes[i].sync ? 1 : 0);
        sim_on(nodes[i].host, do_disable, NULL);
        assert_int_equal(nodes[i].terms, terms);
    }
    sim_free(sim);
}

static uint8_t octets[DATA_MAX];
static size_t structures(struct bt_data *to, uint16_t len)
{
    size_t count = 0;
    for (size_t i = 0; i < sizeof(octets); i++) {
        octets[i] = (uint8_t)(i * 13 + i / 100);
    }
    for (uint16_t done = 0; done + 2 <= len; count++) {
        uint16_t part = MIN(len - done - 2, 250);
        to[count] = (struct bt_data){BT_DATA_MANUFACTURER_DATA, (uint8_t)part, octets + done};
        done += part + 2;
    }
    return count;
}

struct train {
    uint32_t options;  // of the set, beside BT_LE_ADV_OPT_EXT_ADV
    uint32_t per;      // of the train
    uint16_t interval; // 0: INTERVAL
    uint16_t len;
};

static void do_train(void *arg)
{
    const struct train *train = arg;
    struct bt_data list[8];
    size_t count = structures(list, train->len);
    uint16_t interval = train->interval ? train->interval : INTERVAL;
    struct bt_le_adv_param param =
        BT_LE_ADV_PARAM_INIT(BT_LE_ADV_OPT_EXT_ADV | train->options, 0x40, 0x40, NULL);
    struct bt_le_ext_adv **set = &me()->set;
    param.sid = 3;
    assert_int_equal(bt_le_ext_adv_create(&param, NULL, set), 0);
    assert_int_equal(
        bt_le_per_adv_set_param(*set, BT_LE_PER_ADV_PARAM(interval, interval, train->per)), 0);
    assert_int_equal(bt_le_per_adv_set_data(*set, list, count), 0);
    assert_int_equal(bt_le_per_adv_start(*set), 0);
    assert_int_equal(bt_le_ext_adv_start(*set, BT_LE_EXT_ADV_START_DEFAULT), 0);
}

static void train_start(struct train train)
{
    sim_on(nodes[ADV].host, do_train, &train);
}

static struct bt_le_per_adv_sync_param sync_param(uint32_t options)
{
    struct bt_le_per_adv_sync_param param = {
        .addr = {.type = BT_ADDR_LE_RANDOM}, .sid = 3, .options = options, .timeout = 100};
    air_controller_static_address(sim_controller(nodes[ADV].host), param.addr.a.val);
    return param;
}

static void do_sync(void *arg)
{
    assert_int_equal(bt_le_per_adv_sync_create(arg, &me()->sync), 0);
}

static void follow(struct bt_le_per_adv_sync_param param)
{
    sim_on(nodes[SYNC].host, do_sync, &param);
}

static bool is_synced(void *arg)
{
    return nodes[*(int *)arg].synced > 0;
}

static bool has_term(void *arg)
{
    return nodes[SYNC].terms > 0;
}

static bool until_synced(int who)
{
    return sim_until(sim, is_synced, &who, 5 * SECOND);
}

static bool has_len(void *arg)
{
    return nodes[SYNC].reports && nodes[SYNC].len == *(uint16_t *)arg;
}

static void check_data(uint16_t len)
{
    struct bt_data list[8];
    uint8_t want[DATA_MAX];
    size_t at = 0, count = structures(list, len);
    assert_true(sim_until(sim, has_len, &len, 5 * SECOND));
    for (size_t i = 0; i < count; i++) {
        at += bt_data_serialize(&list[i], want + at);
    }
    assert_int_equal(at, len);
    assert_memory_equal(nodes[SYNC].data, want, len);
}

// ---- Scenarios ----------------------------------------------------------------------------------

// A scan for syncs is on LE 1M.
static void do_scan_coded(void *arg)
{
    struct bt_le_scan_param param = {
        .options = BT_LE_SCAN_OPT_CODED, .interval = 0x60, .window = 0x60};
    assert_int_equal(bt_le_scan_start(&param, NULL), 0);
}

// Data of any length, on each PHY, and what is known of the train.
static void test_data(void **state)
{
    static const struct {
        uint32_t options;
        uint8_t phy;
        uint16_t len;
    } cases[] = {
        {BT_LE_ADV_OPT_NONE, BT_GAP_LE_PHY_2M, 0},
        {BT_LE_ADV_OPT_NONE, BT_GAP_LE_PHY_2M, 247},
        {BT_LE_ADV_OPT_NO_2M, BT_GAP_LE_PHY_1M, 252},
        {BT_LE_ADV_OPT_NO_2M, BT_GAP_LE_PHY_1M, 300},
        {BT_LE_ADV_OPT_NONE, BT_GAP_LE_PHY_2M, 1650},
        {BT_LE_ADV_OPT_CODED, BT_GAP_LE_PHY_CODED, 100},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        begin(AIR_LEVEL_5_4);
        if (cases[i].phy == BT_GAP_LE_PHY_CODED) {
            sim_on(nodes[SYNC].host, do_scan_coded, NULL);
        }
        train_start((struct train){.options = cases[i].options, .len = cases[i].len});
        follow(sync_param(BT_LE_PER_ADV_SYNC_OPT_NONE));
        assert_true(until_synced(SYNC));
        check_data(cases[i].len);
        assert_int_equal(nodes[SYNC].info.phy, cases[i].phy);
        assert_int_equal(nodes[SYNC].info.sid, 3);
        assert_int_equal(nodes[SYNC].info.interval, INTERVAL);
        assert_true(nodes[SYNC].info.recv_enabled);
        assert_null(nodes[SYNC].info.conn);
        assert_int_equal(nodes[SYNC].tx_power, BT_GAP_TX_POWER_INVALID);
        end();
    }
}

static void do_stop_ext(void *arg)
{
    assert_int_equal(bt_le_ext_adv_stop(me()->set), 0);
}

static void do_new_data(void *arg)
{
    struct bt_data list[8];
    size_t count = structures(list, 60);
    assert_int_equal(bt_le_per_adv_set_data(me()->set, list, count), 0);
    count = structures(list, 300);
    assert_int_equal(bt_le_per_adv_set_data(me()->set, list, count), -EAGAIN);
}

// One report in each interval, without the extended advertising too, and new data.
static void test_goes_on_alone(void **state)
{
    begin(AIR_LEVEL_5_0);
    train_start((struct train){.per = BT_LE_PER_ADV_OPT_USE_TX_POWER, .len = 20});
    follow(sync_param(BT_LE_PER_ADV_SYNC_OPT_NONE));
    assert_true(until_synced(SYNC));
    sim_on(nodes[ADV].host, do_stop_ext, NULL);
    nodes[SYNC].reports = 0;
    sim_run(sim, 10 * SECOND);
    assert_in_range(nodes[SYNC].reports, 99, 101);
    assert_int_equal(nodes[SYNC].tx_power, 0);
    sim_on(nodes[ADV].host, do_new_data, NULL);
    check_data(60);
    end();
}

static void do_stop(void *arg)
{
    assert_int_equal(bt_le_per_adv_stop(me()->set), 0);
    assert_int_equal(bt_le_per_adv_stop(me()->set), -EALREADY);
}

static void test_train_that_stops_is_lost(void **state)
{
    begin(AIR_LEVEL_5_4);
    train_start((struct train){.len = 20});
    follow(sync_param(BT_LE_PER_ADV_SYNC_OPT_NONE));
    assert_true(until_synced(SYNC));
    sim_on(nodes[ADV].host, do_stop, NULL);
    sim_run(sim, 950000);
    assert_int_equal(nodes[SYNC].terms, 0);
    assert_true(sim_until(sim, has_term, NULL, SECOND));
    assert_int_equal(nodes[SYNC].reason, BT_HCI_ERR_CONN_TIMEOUT);
    end();
}

static void do_delete(void *arg)
{
    struct bt_le_per_adv_sync *sync = me()->sync;
    assert_int_equal(bt_le_per_adv_sync_delete(sync), 0);
    assert_int_equal(bt_le_per_adv_sync_delete(sync), -EINVAL);
}

static void test_delete(void **state)
{
    begin(AIR_LEVEL_5_4);
    // Before it is found: nobody sends.
    follow(sync_param(BT_LE_PER_ADV_SYNC_OPT_NONE));
    sim_run(sim, SECOND);
    assert_int_equal(nodes[SYNC].synced, 0);
    sim_on(nodes[SYNC].host, do_delete, NULL);
    sim_run(sim, SECOND);
    assert_int_equal(nodes[SYNC].terms, 1);
    assert_int_equal(nodes[SYNC].reason, BT_HCI_ERR_OP_CANCELLED_BY_HOST);
    // When it is there.
    train_start((struct train){.len = 20});
    follow(sync_param(BT_LE_PER_ADV_SYNC_OPT_NONE));
    assert_true(until_synced(SYNC));
    sim_on(nodes[SYNC].host, do_delete, NULL);
    unsigned int reports = nodes[SYNC].reports;
    sim_run(sim, SECOND);
    assert_int_equal(nodes[SYNC].reports, reports);
    assert_int_equal(nodes[SYNC].terms, 2);
    assert_int_equal(nodes[SYNC].reason, BT_HCI_ERR_LOCALHOST_TERM_CONN);
    // At every moment of a search.
    for (int us = 0; us < 400000; us += 3700) {
        unsigned int terms = nodes[SYNC].terms;
        follow(sync_param(BT_LE_PER_ADV_SYNC_OPT_NONE));
        sim_run(sim, us);
        sim_on(nodes[SYNC].host, do_delete, NULL);
        sim_run(sim, 10000);
        assert_int_equal(nodes[SYNC].terms, terms + 1);
    }
    end();
}

static void do_recv_disable(void *arg)
{
    struct bt_le_per_adv_sync *sync = me()->sync;
    assert_int_equal(bt_le_per_adv_sync_recv_enable(sync), -EALREADY);
    assert_int_equal(bt_le_per_adv_sync_recv_disable(sync), 0);
    assert_int_equal(bt_le_per_adv_sync_recv_disable(sync), -EALREADY);
}

static void do_recv_enable(void *arg)
{
    assert_int_equal(bt_le_per_adv_sync_recv_enable(me()->sync), 0);
}

static void test_reports_on_demand(void **state)
{
    begin(AIR_LEVEL_5_4);
    train_start((struct train){.len = 400});
    follow(sync_param(BT_LE_PER_ADV_SYNC_OPT_REPORTING_INITIALLY_DISABLED));
    assert_true(until_synced(SYNC));
    sim_run(sim, SECOND);
    assert_int_equal(nodes[SYNC].reports, 0);
    assert_false(nodes[SYNC].info.recv_enabled);
    sim_on(nodes[SYNC].host, do_recv_enable, NULL);
    check_data(400);
    assert_int_equal(nodes[SYNC].states, 1);
    assert_true(nodes[SYNC].enabled);
    sim_on(nodes[SYNC].host, do_recv_disable, NULL);
    unsigned int reports = nodes[SYNC].reports;
    sim_run(sim, SECOND);
    assert_int_equal(nodes[SYNC].reports, reports);
    assert_int_equal(nodes[SYNC].states, 2);
    assert_false(nodes[SYNC].enabled);
    end();
}

static void test_skip(void **state)
{
    struct bt_le_per_adv_sync_param param;
    begin(AIR_LEVEL_5_4);
    train_start((struct train){.len = 20});
    param = sync_param(BT_LE_PER_ADV_SYNC_OPT_NONE);
    param.skip = 4;
    follow(param);
    assert_true(until_synced(SYNC));
    nodes[SYNC].reports = 0;
    sim_run(sim, 10 * SECOND);
    assert_in_range(nodes[SYNC].reports, 19, 21);
    end();
}

static void do_list(void *arg)
{
    bt_addr_le_t other = {BT_ADDR_LE_RANDOM, {{1, 2, 3, 4, 5, 0xc6}}};
    struct bt_le_per_adv_sync_param param = sync_param(BT_LE_PER_ADV_SYNC_OPT_NONE);
    assert_int_equal(bt_le_per_adv_list_add(&other, 3), 0);
    assert_int_equal(bt_le_per_adv_list_clear(), 0);
    assert_int_equal(bt_le_per_adv_list_remove(&other, 3), -EIO);
    assert_int_equal(bt_le_per_adv_list_add(&param.addr, 0x10), -EINVAL);
    assert_int_equal(bt_le_per_adv_list_add(&param.addr, 3), 0);
    assert_int_equal(bt_le_per_adv_list_add(&param.addr, 4), 0);
    assert_int_equal(bt_le_per_adv_list_remove(&param.addr, 4), 0);
}

// The handle says who was found.
static void test_by_list(void **state)
{
    struct bt_le_per_adv_sync_param who, nobody;
    begin(AIR_LEVEL_5_4);
    train_start((struct train){.len = 20});
    sim_on(nodes[SYNC].host, do_list, NULL);
    who = sync_param(BT_LE_PER_ADV_SYNC_OPT_NONE);
    nobody = (struct bt_le_per_adv_sync_param){.options = BT_LE_PER_ADV_SYNC_OPT_USE_PER_ADV_LIST,
                                               .timeout = 100};
    follow(nobody);
    assert_true(until_synced(SYNC));
    assert_true(bt_addr_le_eq(&nodes[SYNC].addr, &who.addr));
    assert_int_equal(nodes[SYNC].info.sid, 3);
    end();
}

static void do_scan(void *arg)
{
    scan_cb = (struct bt_le_scan_cb){.recv = on_scan};
    (void)bt_le_scan_cb_register(&scan_cb);
    assert_int_equal(bt_le_scan_start(BT_LE_SCAN_PASSIVE_CONTINUOUS, NULL), 0);
}

static void do_scan_stop(void *arg)
{
    assert_int_equal(bt_le_scan_stop(), 0);
}

// The scan for a sync is nobody's business, and does not mind the application's.
static void test_scanning_meanwhile(void **state)
{
    begin(AIR_LEVEL_5_4);
    follow(sync_param(BT_LE_PER_ADV_SYNC_OPT_NONE));
    sim_on(nodes[SYNC].host, do_scan, NULL);
    train_start((struct train){.len = 20});
    assert_true(until_synced(SYNC));
    sim_run(sim, SECOND);
    assert_true(nodes[SYNC].scans > 0);
    sim_on(nodes[SYNC].host, do_scan_stop, NULL);
    nodes[SYNC].scans = 0;
    // While the application's scan ends, the search goes on.
    sim_on(nodes[SYNC].host, do_delete, NULL);
    sim_run(sim, SECOND);
    sim_on(nodes[SYNC].host, do_scan, NULL);
    nodes[SYNC].synced = 0;
    follow(sync_param(BT_LE_PER_ADV_SYNC_OPT_NONE));
    sim_on(nodes[SYNC].host, do_scan_stop, NULL);
    nodes[SYNC].scans = 0;
    assert_true(until_synced(SYNC));
    assert_int_equal(nodes[SYNC].scans, 0);
    end();
}

// Half of the packets lost: the sync lasts, and only whole data arrives.
static void test_losses(void **state)
{
    begin(AIR_LEVEL_5_4);
    train_start((struct train){.len = 700});
    follow(sync_param(BT_LE_PER_ADV_SYNC_OPT_NONE));
    assert_true(until_synced(SYNC));
    air_controller_radio(sim_controller(nodes[SYNC].host), 200000, 200000);
    nodes[SYNC].reports = 0;
    for (int i = 0; i < 600; i++) {
        sim_run(sim, 100000);
        assert_true(!nodes[SYNC].reports || nodes[SYNC].len == 700);
    }
    assert_in_range(nodes[SYNC].reports, 20, 400);
    check_data(700);
    air_controller_radio(sim_controller(nodes[SYNC].host), 0, 1000000);
    assert_true(sim_until(sim, has_term, NULL, 5 * SECOND));
    assert_int_equal(nodes[SYNC].reason, BT_HCI_ERR_CONN_TIMEOUT);
    end();
}

// ---- Transfer -----------------------------------------------------------------------------------

static void do_accept(void *arg)
{
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_CONN_FAST_1, NULL, 0, NULL, 0), 0);
}

static void do_connect(void *arg)
{
    struct bt_conn *conn;
    bt_addr_le_t peer = {.type = BT_ADDR_LE_RANDOM};
    air_controller_static_address(sim_controller(nodes[THIRD].host), peer.a.val);
    assert_int_equal(
        bt_conn_le_create(&peer, BT_CONN_LE_CREATE_CONN, BT_LE_CONN_PARAM_DEFAULT, &conn), 0);
    bt_conn_unref(conn);
}

static bool is_linked(void *arg)
{
    return nodes[*(int *)arg].conn && nodes[THIRD].conn;
}

static void link_to_third(int who)
{
    sim_on(nodes[THIRD].host, do_accept, NULL);
    sim_on(nodes[who].host, do_connect, NULL);
    assert_true(sim_until(sim, is_linked, &who, 5 * SECOND));
    sim_run(sim, SECOND);
}

static void do_subscribe(void *arg)
{
    struct bt_le_per_adv_sync_transfer_param param = {.timeout = 100};
    assert_int_equal(bt_le_per_adv_sync_transfer_subscribe(arg ? me()->conn : NULL, NULL), -EINVAL);
    assert_int_equal(bt_le_per_adv_sync_transfer_subscribe(arg ? me()->conn : NULL, &param), 0);
}

static void do_unsubscribe(void *arg)
{
    assert_int_equal(bt_le_per_adv_sync_transfer_unsubscribe(me()->conn), 0);
}

static void do_transfer(void *arg)
{
    assert_int_equal(bt_le_per_adv_sync_transfer(me()->sync, me()->conn, 0x1234), 0);
    assert_int_equal(bt_le_per_adv_sync_transfer(me()->sync, NULL, 0), -EINVAL);
}

static void do_transfer_set(void *arg)
{
    assert_int_equal(bt_le_per_adv_set_info_transfer(me()->set, me()->conn, 0x5678), 0);
}

static void check_transferred(uint16_t service_data)
{
    assert_true(until_synced(THIRD));
    assert_int_equal(nodes[THIRD].info.service_data, service_data);
    assert_ptr_equal(nodes[THIRD].info.conn, nodes[THIRD].conn);
    assert_int_equal(nodes[THIRD].info.interval, INTERVAL);
    sim_run(sim, SECOND);
    assert_true(nodes[THIRD].reports > 5);
    assert_int_equal(nodes[THIRD].len, 500);
}

static void test_transfer_of_a_sync(void **state)
{
    begin(AIR_LEVEL_5_4);
    train_start((struct train){.len = 500});
    follow(sync_param(BT_LE_PER_ADV_SYNC_OPT_NONE));
    assert_true(until_synced(SYNC));
    link_to_third(SYNC);
    // Not asked for, and not any more.
    sim_on(nodes[SYNC].host, do_transfer, NULL);
    sim_run(sim, SECOND);
    sim_on(nodes[THIRD].host, do_subscribe, &nodes);
    sim_on(nodes[THIRD].host, do_unsubscribe, NULL);
    sim_on(nodes[SYNC].host, do_transfer, NULL);
    sim_run(sim, SECOND);
    assert_int_equal(nodes[THIRD].synced, 0);
    sim_on(nodes[THIRD].host, do_subscribe, &nodes);
    sim_on(nodes[SYNC].host, do_transfer, NULL);
    check_transferred(0x1234);
    end();
}

static void test_transfer_of_a_set(void **state)
{
    begin(AIR_LEVEL_5_4);
    sim_on(nodes[THIRD].host, do_subscribe, NULL); // for every link
    train_start((struct train){.len = 500});
    link_to_third(ADV);
    sim_on(nodes[ADV].host, do_transfer_set, NULL);
    check_transferred(0x5678);
    end();
}

// ---- Refusals -----------------------------------------------------------------------------------

static void do_misuse_adv(void *arg)
{
    static const uint32_t unfit[] = {
        BT_LE_ADV_OPT_EXT_ADV | BT_LE_ADV_OPT_CONN, BT_LE_ADV_OPT_EXT_ADV | BT_LE_ADV_OPT_SCANNABLE,
        BT_LE_ADV_OPT_EXT_ADV | BT_LE_ADV_OPT_ANONYMOUS, BT_LE_ADV_OPT_NONE};
    struct bt_le_ext_adv *set;
    struct bt_data list[8];
    for (size_t i = 0; i < ARRAY_SIZE(unfit); i++) {
        assert_int_equal(
            bt_le_ext_adv_create(BT_LE_ADV_PARAM(unfit[i], 0x40, 0x40, NULL), NULL, &set), 0);
        assert_int_equal(bt_le_per_adv_set_param(set, BT_LE_PER_ADV_DEFAULT), -EINVAL);
        assert_int_equal(bt_le_ext_adv_delete(set), 0);
    }
    assert_int_equal(bt_le_per_adv_set_param(set, BT_LE_PER_ADV_DEFAULT), -EINVAL);
    assert_int_equal(bt_le_ext_adv_create(BT_LE_EXT_ADV_NCONN, NULL, &set), 0);
    assert_int_equal(bt_le_per_adv_start(set), -EINVAL);
    assert_int_equal(bt_le_per_adv_set_data(set, NULL, 0), -EINVAL);
    assert_int_equal(bt_le_per_adv_set_param(set, NULL), -EINVAL);
    assert_int_equal(bt_le_per_adv_set_param(set, BT_LE_PER_ADV_PARAM(5, 9, 0)), -EINVAL);
    assert_int_equal(bt_le_per_adv_set_param(set, BT_LE_PER_ADV_PARAM(9, 8, 0)), -EINVAL);
    assert_int_equal(
        bt_le_per_adv_set_param(set, BT_LE_PER_ADV_PARAM(9, 9, BT_LE_PER_ADV_OPT_INCLUDE_ADI)),
        -ENOTSUP);
    // 7.5 ms are too short for so much.
    assert_int_equal(bt_le_per_adv_set_param(set, BT_LE_PER_ADV_PARAM(6, 6, 0)), 0);
    assert_int_equal(bt_le_per_adv_set_data(set, list, structures(list, 1650)), -EIO);
    assert_int_equal(bt_le_per_adv_set_data(set, list, structures(list, 100)), 0);
    assert_int_equal(bt_le_per_adv_start(set), 0);
    assert_int_equal(bt_le_per_adv_start(set), -EALREADY);
    assert_int_equal(bt_le_per_adv_set_param(set, BT_LE_PER_ADV_DEFAULT), -EINVAL);
    assert_int_equal(bt_le_ext_adv_delete(set), -EINVAL);
    assert_int_equal(bt_le_per_adv_stop(set), 0);
    assert_int_equal(bt_le_ext_adv_delete(set), 0);
}

static void do_misuse_sync(void *arg)
{
    struct bt_le_per_adv_sync_param param = sync_param(BT_LE_PER_ADV_SYNC_OPT_NONE);
    struct bt_le_per_adv_sync *sync = NULL, *more;
    struct bt_le_per_adv_sync_info info;
    param.timeout = 9;
    assert_int_equal(bt_le_per_adv_sync_create(&param, &sync), -EINVAL);
    param.timeout = 100;
    param.sid = 0x10;
    assert_int_equal(bt_le_per_adv_sync_create(&param, &sync), -EINVAL);
    param.sid = 3;
    param.options = BIT(20);
    assert_int_equal(bt_le_per_adv_sync_create(&param, &sync), -EINVAL);
    param.options = 0;
    assert_int_equal(bt_le_per_adv_sync_create(NULL, &sync), -EINVAL);
    assert_int_equal(bt_le_per_adv_sync_create(&param, NULL), -EINVAL);
    assert_int_equal(bt_le_per_adv_sync_delete(NULL), -EINVAL);
    assert_int_equal(bt_le_per_adv_sync_create(&param, &sync), 0);
    me()->sync = sync;
    assert_int_equal(bt_le_per_adv_sync_create(&param, &more), -EBUSY);
    assert_int_equal(bt_le_per_adv_list_clear(), -EACCES);
    assert_int_equal(bt_le_per_adv_sync_recv_enable(sync), -EINVAL);
    assert_int_equal(bt_le_per_adv_sync_transfer(sync, NULL, 0), -EINVAL);
    assert_null(bt_le_per_adv_sync_lookup_addr(&param.addr, 3));
    assert_ptr_equal(bt_le_per_adv_sync_lookup_index(0), sync);
    assert_int_equal(bt_le_per_adv_sync_get_index(sync), 0);
    assert_null(bt_le_per_adv_sync_lookup_index(1));
    assert_null(bt_le_per_adv_sync_lookup_index(200));
    assert_int_equal(bt_le_per_adv_sync_get_info(sync, &info), 0);
    assert_int_equal(info.interval, 0);
    assert_int_equal(bt_le_per_adv_sync_get_info(sync, NULL), -EINVAL);
}

static void do_again(void *arg)
{
    struct bt_le_per_adv_sync_param param = sync_param(BT_LE_PER_ADV_SYNC_OPT_NONE);
    struct bt_le_per_adv_sync_info info;
    struct bt_le_per_adv_sync *more;
    assert_int_equal(bt_le_per_adv_sync_create(&param, &more), -EALREADY);
    assert_ptr_equal(bt_le_per_adv_sync_lookup_addr(&param.addr, 3), me()->sync);
    assert_int_equal(bt_le_per_adv_sync_get_info(me()->sync, &info), 0);
    assert_int_equal(info.interval, INTERVAL);
    assert_int_equal(info.phy, BT_GAP_LE_PHY_2M);
}

static void test_misuse(void **state)
{
    begin(AIR_LEVEL_5_4);
    sim_on(nodes[ADV].host, do_misuse_adv, NULL);
    sim_on(nodes[SYNC].host, do_misuse_sync, NULL);
    train_start((struct train){.len = 20});
    assert_true(until_synced(SYNC));
    sim_on(nodes[SYNC].host, do_again, NULL);
    end();
}

static void do_unsupported(void *arg)
{
    struct bt_le_per_adv_sync_param param = sync_param(BT_LE_PER_ADV_SYNC_OPT_NONE);
    struct bt_le_per_adv_sync_transfer_param past = {.timeout = 100};
    struct bt_le_per_adv_sync *sync;
    assert_int_equal(bt_le_per_adv_sync_create(&param, &sync), -ENOTSUP);
    assert_int_equal(bt_le_per_adv_list_clear(), -ENOTSUP);
    assert_int_equal(bt_le_per_adv_sync_transfer_subscribe(NULL, &past), -ENOTSUP);
}

static void test_refused_without_the_feature(void **state)
{
    begin(AIR_LEVEL_4_2);
    sim_on(nodes[SYNC].host, do_unsupported, NULL);
    end();
}

static void do_restart(void *arg)
{
    struct bt_le_ext_adv *set = me()->set;
    struct bt_data list[8];
    assert_int_equal(bt_le_per_adv_set_data(set, list, structures(list, 90)), 0);
    assert_int_equal(bt_le_per_adv_start(set), 0);
    assert_int_equal(bt_le_ext_adv_start(set, BT_LE_EXT_ADV_START_DEFAULT), 0);
}

// Controllers that fail: the sync ends, and everything can be had again.
static void test_reset_of_the_controller(void **state)
{
    static const uint8_t failure[] = {0x04, 0x10, 1, 0x55};
    begin(AIR_LEVEL_5_4);
    train_start((struct train){.len = 20});
    follow(sync_param(BT_LE_PER_ADV_SYNC_OPT_NONE));
    assert_true(until_synced(SYNC));
    for (int i = 0; i < 2; i++) {
        air_hci_inject(sim_controller(nodes[i].host), AIR_TO_HOST, failure, sizeof(failure), 0);
    }
    assert_true(sim_until(sim, has_term, NULL, 5 * SECOND));
    sim_run(sim, SECOND);
    assert_int_equal(nodes[SYNC].terms, 1);
    nodes[SYNC].synced = 0;
    follow(sync_param(BT_LE_PER_ADV_SYNC_OPT_NONE));
    sim_on(nodes[ADV].host, do_restart, NULL);
    assert_true(until_synced(SYNC));
    check_data(90);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_data),
        cmocka_unit_test(test_goes_on_alone),
        cmocka_unit_test(test_train_that_stops_is_lost),
        cmocka_unit_test(test_delete),
        cmocka_unit_test(test_reports_on_demand),
        cmocka_unit_test(test_skip),
        cmocka_unit_test(test_by_list),
        cmocka_unit_test(test_scanning_meanwhile),
        cmocka_unit_test(test_losses),
        cmocka_unit_test(test_transfer_of_a_sync),
        cmocka_unit_test(test_transfer_of_a_set),
        cmocka_unit_test(test_misuse),
        cmocka_unit_test(test_refused_without_the_feature),
        cmocka_unit_test(test_reset_of_the_controller),
    };
    return cmocka_run_group_tests_name("scenario_per", tests, NULL, NULL);
}
