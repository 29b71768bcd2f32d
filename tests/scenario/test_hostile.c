// Hostile and early inputs to a whole host: what no single layer's test shows.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <breeze/breeze.h>
#include <breeze/gatt.h>
#include <zephyr/bluetooth/crypto.h>
#include <zephyr/bluetooth/hci.h>

#include "support/pair.h"

static struct pair pair;

static const struct bt_data ad[] = {BT_DATA_BYTES(BT_DATA_FLAGS, BT_LE_AD_GENERAL)};

// ---- The whole API before bt_enable() ------------------------------------------------------------

static void on_report(const bt_addr_le_t *addr, int8_t rssi, uint8_t type,
                      struct net_buf_simple *data)
{
    pair.hosts[PAIR_CENTRAL].written++; // Reports, here.
}

static void call_everything(void *arg)
{
    bt_addr_le_t peer = {.type = BT_ADDR_LE_RANDOM, .a.val = {1, 2, 3, 4, 5, 0xc6}};
    bt_addr_le_t ids[CONFIG_BT_ID_MAX];
    size_t count = CONFIG_BT_ID_MAX;
    struct bt_conn *conn = NULL;
    struct bt_gatt_notify_params notify = {.attr = pair_notify_attr(), .data = ids, .len = 1};
    uint8_t random[8];
    struct net_buf *buf = bt_hci_cmd_create(BT_HCI_OP_READ_BD_ADDR, 0);

    assert_false(bt_is_ready());
    assert_int_equal(bt_disable(), -EALREADY);
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_CONN_FAST_1, ad, 1, NULL, 0), -EAGAIN);
    assert_true(bt_le_adv_stop() <= 0);
    assert_true(bt_le_adv_update_data(ad, 1, NULL, 0) < 0);
    assert_int_equal(bt_le_scan_start(BT_LE_SCAN_ACTIVE, on_report), -EAGAIN);
    assert_true(bt_le_scan_stop() < 0);
    assert_int_equal(
        bt_conn_le_create(&peer, BT_CONN_LE_CREATE_CONN, BT_LE_CONN_PARAM_DEFAULT, &conn), -EAGAIN);
    assert_null(conn);
    assert_null(bt_conn_lookup_addr_le(BT_ID_DEFAULT, &peer));
    assert_true(bt_gatt_notify_cb(NULL, &notify) < 0);
    assert_true(breeze_gatt_send(NULL, 1, ids, 1, false, NULL, NULL) < 0);
    bt_id_get(ids, &count);
    assert_true(count <= 1); // An identity outlives bt_disable().
    assert_true(bt_rand(random, sizeof(random)) <= 0);
    assert_true(bt_hci_cmd_send_sync(BT_HCI_OP_READ_BD_ADDR, buf, NULL) < 0);
    (void)breeze_step();
}

static void enable(void *arg)
{
    assert_int_equal(bt_enable(NULL), 0);
    assert_int_equal(bt_enable(NULL), -EALREADY);
}

static void disable(void *arg)
{
    assert_int_equal(bt_disable(), 0);
}

// Nothing needs an initialisation that a program could forget.
static void pitfall_46_api_before_enable(void **state)
{
    struct sim *sim = sim_new(&(struct air_config){.seed = 1});
    struct sim_host *host = sim_host_add(sim, &(struct air_controller_config){0});
    sim_on(host, call_everything, NULL);
    sim_run(sim, 1000000);
    sim_on(host, enable, NULL);
    sim_on(host, disable, NULL);
    sim_on(host, call_everything, NULL);
    sim_on(host, enable, NULL);
    sim_free(sim);
}

// ---- Extended reports that nobody asked for --------------------------------------------------------

static void scan(void *arg)
{
    struct bt_le_scan_param param = {
        .type = BT_LE_SCAN_TYPE_PASSIVE, .interval = 0x10, .window = 0x10};
    assert_int_equal(bt_le_scan_start(&param, on_report), 0);
}

static void advertise(void *arg)
{
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_CONN_FAST_1, ad, 1, NULL, 0), 0);
}

static void get_stats(void *arg)
{
    breeze_stats(arg);
}

static struct breeze_stats stats_of_central(void)
{
    struct breeze_stats stats;
    sim_on(pair.hosts[PAIR_CENTRAL].host, get_stats, &stats);
    return stats;
}

// One extended advertising report (Vol 4, Part E, 7.7.65.13) with a data status and a data length that
// may both lie; `cut` octets of it are missing.
static size_t extended_report(uint8_t *to, uint8_t status, uint8_t said, uint8_t data, uint8_t cut)
{
    uint8_t report[24 + 229] = {0};
    report[0] = (uint8_t)(status << 5);
    report[2] = 0x01; // A random address ...
    memset(report + 3, 0xc5, 6);
    report[9] = 1;               // ... on 1M,
    report[11] = status ? 3 : 0; // SID
    report[23] = said;
    size_t len = 24u + data - cut;
    const uint8_t head[] = {0x04, 0x3e, (uint8_t)(2 + len), 0x0d, 1};
    memcpy(to, head, sizeof(head));
    memcpy(to + sizeof(head), report, len);
    return sizeof(head) + len;
}

static bool reported(void *arg)
{
    return pair.hosts[PAIR_CENTRAL].written > 0;
}

// `level`: of a controller that may send them, or of one that may not.
static void extended_reports(enum air_level level)
{
    static const struct {
        uint8_t status;
        uint8_t said;
        uint8_t data;
        uint8_t cut;
    } reports[] = {
        {1, 200, 200, 0}, // More to come, and nothing comes:
        {1, 200, 200, 0}, // fragments without end,
        {2, 10, 10, 0},   // a truncated end,
        {3, 10, 10, 0},   // a reserved status,
        {0, 229, 20, 0},  // more said than there,
        {0, 0, 0, 20},    // shorter than its fixed part.
    };
    struct pair_options options = {.seed = 5, .controller = {.level = level}};
    assert_true(pair_enable(&pair, &options));
    struct air_controller *controller = sim_controller(pair.hosts[PAIR_CENTRAL].host);
    struct breeze_stats before = stats_of_central();
    for (int scanning = 0; scanning < 2; scanning++) {
        if (scanning) {
            sim_on(pair.hosts[PAIR_CENTRAL].host, scan, NULL);
        }
        for (size_t i = 0; i < ARRAY_SIZE(reports); i++) {
            uint8_t packet[260];
            size_t len = extended_report(packet, reports[i].status, reports[i].said,
                                         reports[i].data, reports[i].cut);
            assert_int_equal(air_hci_inject(controller, AIR_TO_HOST, packet, len, 0), 0);
            sim_run(pair.sim, 1000);
        }
    }
    struct breeze_stats after = stats_of_central();
    assert_int_equal(after.evt_malformed - before.evt_malformed, 2 * 3);
    assert_int_equal(pair.hosts[PAIR_CENTRAL].written, 0); // None reached the application ...
    sim_on(pair.hosts[PAIR_PERIPHERAL].host, advertise, NULL);
    assert_true(pair_until(reported, NULL, 2000000)); // ... and real ones still do.
    pair_stop(&pair);
}

static void hostile_08_extended_reports(void **state)
{
    extended_reports(AIR_LEVEL_4_2);
    extended_reports(AIR_LEVEL_5_4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pitfall_46_api_before_enable),
        cmocka_unit_test(hostile_08_extended_reports),
    };
    return cmocka_run_group_tests_name("scenario_hostile", tests, NULL, NULL);
}
