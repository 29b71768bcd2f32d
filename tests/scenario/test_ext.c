// Extended advertising on the virtual air, whole hosts in both roles; and what the legacy calls make of
// controllers of several versions. Virtual time.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <breeze/adv.h>
#include <breeze/breeze.h>
#include <zephyr/bluetooth/bluetooth.h>
#include <zephyr/bluetooth/conn.h>
#include <zephyr/bluetooth/hci.h>

#include "bytes.h"
#include "sim.h"

#define SECOND   1000000
#define HOSTS    2
#define ADV      0
#define SCAN     1
#define DATA_MAX 1650

struct node {
    struct sim_host *host;
    struct bt_le_ext_adv *sets[CONFIG_BT_EXT_ADV_MAX_ADV_SET + 1];
    struct bt_conn *conn;
    unsigned int connected, failed, disconnected, sent, set_connected, scanned;
    uint8_t num_sent, connected_index, last_err;
    uint8_t phy;
    unsigned int reports, responses, legacy;
    struct bt_le_scan_recv_info info;
    bt_addr_le_t addr;
    uint8_t data[DATA_MAX];
    uint16_t len;
    bool legacy_commands, extended_commands;
};

static struct sim *sim;
static struct node nodes[HOSTS];

static struct node *me(void)
{
    return &nodes[sim_current() == nodes[1].host];
}

// ---- Callbacks ----------------------------------------------------------------------------------

static void on_connected(struct bt_conn *conn, uint8_t err)
{
    struct bt_conn_info info;
    me()->last_err = err;
    if (err) {
        me()->failed++;
        return;
    }
    me()->connected++;
    me()->conn = bt_conn_ref(conn);
    assert_int_equal(bt_conn_get_info(conn, &info), 0);
    me()->phy = info.le.phy->tx_phy;
}

static void on_disconnected(struct bt_conn *conn, uint8_t reason)
{
    me()->disconnected++;
    bt_conn_unref(me()->conn);
    me()->conn = NULL;
}

static struct bt_conn_cb conn_cb = {.connected = on_connected, .disconnected = on_disconnected};
static struct bt_conn_cb conn_cbs[HOSTS];

static void on_sent(struct bt_le_ext_adv *adv, struct bt_le_ext_adv_sent_info *info)
{
    me()->sent++;
    me()->num_sent = info->num_sent;
}

static void on_set_connected(struct bt_le_ext_adv *adv, struct bt_le_ext_adv_connected_info *info)
{
    assert_ptr_equal(info->conn, me()->conn); // bt_conn_cb.connected came first
    me()->set_connected++;
    me()->connected_index = bt_le_ext_adv_get_index(adv);
}

static void on_scanned(struct bt_le_ext_adv *adv, struct bt_le_ext_adv_scanned_info *info)
{
    me()->scanned++;
    me()->addr = *info->addr;
}

static const struct bt_le_ext_adv_cb set_cb = {
    .sent = on_sent,
    .connected = on_set_connected,
    .scanned = on_scanned,
};

static void on_recv(const struct bt_le_scan_recv_info *info, struct net_buf_simple *buf)
{
    struct node *node = me();
    node->reports++;
    node->responses += !!(info->adv_props & BT_GAP_ADV_PROP_SCAN_RESPONSE);
    node->legacy += !(info->adv_props & BT_GAP_ADV_PROP_EXT_ADV);
    node->info = *info;
    node->addr = *info->addr;
    node->len = buf->len;
    memcpy(node->data, buf->data, buf->len);
}

static struct bt_le_scan_cb scan_cb = {.recv = on_recv};

// ---- Steps --------------------------------------------------------------------------------------

static enum air_verdict watch(void *ctx, enum air_dir dir, const uint8_t *packet, size_t len)
{
    struct node *node = ctx;
    uint16_t opcode = dir == AIR_TO_CONTROLLER && packet[0] == 1 ? get16(packet + 1) : 0;
    node->legacy_commands |= opcode >= 0x2006 && opcode <= 0x200d;
    node->extended_commands |= opcode >= 0x2035 && opcode <= 0x2043;
    return AIR_PASS;
}

static void do_enable(void *arg)
{
    int i = (int)(me() - nodes);
    conn_cbs[i] = conn_cb;
    assert_int_equal(bt_enable(NULL), 0);
    assert_int_equal(bt_conn_cb_register(&conn_cbs[i]), 0);
    if (i == SCAN) {
        scan_cb = (struct bt_le_scan_cb){.recv = on_recv};
        assert_int_equal(bt_le_scan_cb_register(&scan_cb), 0);
    }
}

static void do_disable(void *arg)
{
    assert_int_equal(bt_disable(), 0);
    breeze_forget();
}

static void begin(enum air_level adv_level, enum air_level scan_level)
{
    static const char *const names[] = {"advertiser", "scanner"};
    memset(nodes, 0, sizeof(nodes));
    sim = sim_new(&(struct air_config){.seed = 6});
    for (int i = 0; i < HOSTS; i++) {
        struct air_controller_config config = {.name = names[i],
                                               .level = i == ADV ? adv_level : scan_level};
        nodes[i].host = sim_host_add(sim, &config);
        air_hci_filter(sim_controller(nodes[i].host), watch, &nodes[i]);
        sim_on(nodes[i].host, do_enable, NULL);
    }
}

static void end(void)
{
    for (int i = 0; i < HOSTS; i++) {
        sim_on(nodes[i].host, do_disable, NULL);
    }
    sim_free(sim);
}

struct advert {
    unsigned int slot;
    uint32_t options;
    uint8_t sid;
    uint16_t len; // Of the data, as AD structures of at most 252 octets
    uint16_t timeout;
    uint8_t events;
    bool scan_rsp; // The data is scan response data
};

// Manufacturer data, whose octets are known, up to `len` in all.
static uint8_t octets[DATA_MAX];
static size_t structures(struct bt_data *to, uint16_t len)
{
    size_t count = 0;
    for (size_t i = 0; i < sizeof(octets); i++) {
        octets[i] = (uint8_t)(i * 11 + i / 200);
    }
    for (uint16_t done = 0; done + 2 <= len; count++) {
        uint16_t part = MIN(len - done - 2, 250);
        to[count] = (struct bt_data){BT_DATA_MANUFACTURER_DATA, (uint8_t)part, octets + done};
        done += part + 2;
    }
    return count;
}

static void do_advertise(void *arg)
{
    const struct advert *advert = arg;
    struct node *node = me();
    struct bt_data list[8];
    size_t count = structures(list, advert->len);
    struct bt_le_adv_param param = BT_LE_ADV_PARAM_INIT(advert->options, 0x40, 0x40, NULL);
    struct bt_le_ext_adv **set = &node->sets[advert->slot];
    param.sid = advert->sid;
    if (!*set) {
        assert_int_equal(bt_le_ext_adv_create(&param, &set_cb, set), 0);
    }
    assert_int_equal(
        bt_le_ext_adv_set_data(*set, advert->scan_rsp ? NULL : list, advert->scan_rsp ? 0 : count,
                               advert->scan_rsp ? list : NULL, advert->scan_rsp ? count : 0),
        0);
    assert_int_equal(
        bt_le_ext_adv_start(*set, BT_LE_EXT_ADV_START_PARAM(advert->timeout, advert->events)), 0);
}

static void do_scan(void *arg)
{
    struct bt_le_scan_param param = {.type = BT_LE_SCAN_TYPE_ACTIVE,
                                     .options = *(uint8_t *)arg,
                                     .interval = 0x60,
                                     .window = 0x60};
    assert_int_equal(bt_le_scan_start(&param, NULL), 0);
}

static void advertise(struct advert advert)
{
    sim_on(nodes[ADV].host, do_advertise, &advert);
}

static void scan(uint8_t options)
{
    sim_on(nodes[SCAN].host, do_scan, &options);
}

static bool has_long(void *arg)
{
    return nodes[SCAN].reports && nodes[SCAN].len >= *(uint16_t *)arg;
}

static void check_long(uint16_t len)
{
    struct node *node = &nodes[SCAN];
    struct bt_data list[8];
    uint8_t want[DATA_MAX];
    size_t at = 0, count = structures(list, len);
    assert_true(sim_until(sim, has_long, &len, 5 * SECOND));
    for (size_t i = 0; i < count; i++) {
        at += bt_data_serialize(&list[i], want + at);
    }
    assert_int_equal(at, len);
    assert_int_equal(node->len, len);
    assert_memory_equal(node->data, want, len);
}

// ---- Scenarios ----------------------------------------------------------------------------------

static void test_long_data(void **state)
{
    static const uint16_t lens[] = {31, 151, 245, 251, 252, 502, 503, 1000, 1650};
    for (size_t i = 0; i < ARRAY_SIZE(lens); i++) {
        begin(AIR_LEVEL_5_0, AIR_LEVEL_5_4);
        advertise((struct advert){.options = BT_LE_ADV_OPT_EXT_ADV, .sid = 7, .len = lens[i]});
        scan(BT_LE_SCAN_OPT_NONE);
        check_long(lens[i]);
        assert_int_equal(nodes[SCAN].info.sid, 7);
        assert_int_equal(nodes[SCAN].info.adv_type, BT_GAP_ADV_TYPE_EXT_ADV);
        assert_int_equal(nodes[SCAN].info.adv_props, BT_GAP_ADV_PROP_EXT_ADV);
        assert_int_equal(nodes[SCAN].info.primary_phy, BT_GAP_LE_PHY_1M);
        assert_int_equal(nodes[SCAN].info.secondary_phy, BT_GAP_LE_PHY_2M);
        end();
    }
}

static void test_coded(void **state)
{
    begin(AIR_LEVEL_5_4, AIR_LEVEL_5_0);
    advertise((struct advert){.options = BT_LE_ADV_OPT_EXT_ADV | BT_LE_ADV_OPT_CODED, .len = 600});
    scan(BT_LE_SCAN_OPT_NONE);
    sim_run(sim, 2 * SECOND);
    assert_int_equal(nodes[SCAN].reports, 0); // not heard on 1M
    end();
    begin(AIR_LEVEL_5_4, AIR_LEVEL_5_0);
    advertise((struct advert){.options = BT_LE_ADV_OPT_EXT_ADV | BT_LE_ADV_OPT_CODED, .len = 600});
    scan(BT_LE_SCAN_OPT_CODED);
    check_long(600);
    assert_int_equal(nodes[SCAN].info.primary_phy, BT_GAP_LE_PHY_CODED);
    end();
}

static void test_scan_response_and_who_asked(void **state)
{
    bt_addr_le_t own = {.type = BT_ADDR_LE_RANDOM};
    begin(AIR_LEVEL_5_4, AIR_LEVEL_5_4);
    advertise((struct advert){.options = BT_LE_ADV_OPT_EXT_ADV | BT_LE_ADV_OPT_SCANNABLE |
                                         BT_LE_ADV_OPT_NOTIFY_SCAN_REQ,
                              .len = 700,
                              .scan_rsp = true});
    scan(BT_LE_SCAN_OPT_NONE);
    check_long(700);
    assert_int_equal(nodes[SCAN].info.adv_props, BT_GAP_ADV_PROP_EXT_ADV |
                                                     BT_GAP_ADV_PROP_SCANNABLE |
                                                     BT_GAP_ADV_PROP_SCAN_RESPONSE);
    air_controller_static_address(sim_controller(nodes[SCAN].host), own.a.val);
    assert_true(nodes[ADV].scanned > 0);
    assert_true(bt_addr_le_eq(&nodes[ADV].addr, &own));
    end();
}

static void do_power(void *arg)
{
    assert_int_equal(breeze_adv_tx_power_set(*(int8_t *)arg), 0);
}

static void do_check_power(void *arg)
{
    struct bt_le_ext_adv_info info;
    assert_int_equal(bt_le_ext_adv_get_info(me()->sets[0], &info), 0);
    assert_int_equal(info.tx_power, *(int8_t *)arg);
}

// What is asked for, what the controller makes of it, and what others are told.
static void test_power(void **state)
{
    static struct {
        int8_t asked, chosen;
    } rows[] = {{BT_GAP_TX_POWER_INVALID, 0}, {-12, -12}, {8, 8}, {20, 10}, {-127, -20}};
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        begin(AIR_LEVEL_5_4, AIR_LEVEL_5_4);
        sim_on(nodes[ADV].host, do_power, &rows[i].asked);
        advertise((struct advert){.options = BT_LE_ADV_OPT_EXT_ADV | BT_LE_ADV_OPT_USE_TX_POWER,
                                  .len = 20});
        scan(BT_LE_SCAN_OPT_NONE);
        check_long(20);
        assert_int_equal(nodes[SCAN].info.tx_power, rows[i].chosen);
        sim_on(nodes[ADV].host, do_check_power, &rows[i].chosen);
        end();
    }
}

// Once for each set: what asks, and what answers.
static void test_duplicates_by_set(void **state)
{
    begin(AIR_LEVEL_5_4, AIR_LEVEL_5_4);
    for (unsigned int i = 0; i < 2; i++) {
        advertise((struct advert){.slot = i,
                                  .options = BT_LE_ADV_OPT_EXT_ADV | BT_LE_ADV_OPT_SCANNABLE,
                                  .sid = (uint8_t)i,
                                  .len = 20,
                                  .scan_rsp = true});
    }
    scan(BT_LE_SCAN_OPT_FILTER_DUPLICATE);
    sim_run(sim, SECOND);
    assert_int_equal(nodes[SCAN].reports, 4);
    assert_int_equal(nodes[SCAN].responses, 2);
    end();
}

static void test_hostile_55_anonymous(void **state)
{
    begin(AIR_LEVEL_5_4, AIR_LEVEL_5_4);
    advertise(
        (struct advert){.options = BT_LE_ADV_OPT_EXT_ADV | BT_LE_ADV_OPT_ANONYMOUS, .len = 300});
    scan(BT_LE_SCAN_OPT_NONE);
    check_long(300);
    assert_int_equal(nodes[SCAN].addr.type, BT_ADDR_LE_ANONYMOUS);
    end();
}

static const struct bt_data ad[] = {BT_DATA_BYTES(BT_DATA_FLAGS, BT_LE_AD_GENERAL)};
static const struct bt_data sd[] = {BT_DATA(BT_DATA_NAME_COMPLETE, "legacy", 6)};

static void do_legacy(void *arg)
{
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_CONN_FAST_1, ad, 1, sd, 1), 0);
}

// Every set and the legacy advertiser at once.
static void test_several_sets_beside_legacy(void **state)
{
    bool seen[CONFIG_BT_EXT_ADV_MAX_ADV_SET] = {false};
    begin(AIR_LEVEL_5_4, AIR_LEVEL_5_4);
    for (unsigned int i = 0; i < CONFIG_BT_EXT_ADV_MAX_ADV_SET; i++) {
        advertise((struct advert){
            .slot = i, .options = BT_LE_ADV_OPT_EXT_ADV, .sid = (uint8_t)i, .len = 40});
    }
    sim_on(nodes[ADV].host, do_legacy, NULL);
    scan(BT_LE_SCAN_OPT_NONE);
    for (int i = 0; i < 300; i++) {
        sim_run(sim, 10000);
        if (nodes[SCAN].info.sid < ARRAY_SIZE(seen)) {
            seen[nodes[SCAN].info.sid] = true;
        }
    }
    for (size_t i = 0; i < ARRAY_SIZE(seen); i++) {
        assert_true(seen[i]);
    }
    assert_true(nodes[SCAN].legacy > 10);
    end();
}

static void do_create(void *arg)
{
    struct bt_conn_le_create_param param =
        BT_CONN_LE_CREATE_PARAM_INIT(*(uint32_t *)arg, 0x60, 0x60);
    bt_addr_le_t peer = {.type = BT_ADDR_LE_RANDOM};
    struct bt_conn *conn = NULL;
    air_controller_static_address(sim_controller(nodes[ADV].host), peer.a.val);
    assert_int_equal(bt_conn_le_create(&peer, &param, BT_LE_CONN_PARAM(24, 24, 0, 100), &conn), 0);
    bt_conn_unref(conn);
}

static bool both_connected(void *arg)
{
    return nodes[0].conn && nodes[1].conn;
}

static void connect_over(uint32_t adv_options, uint32_t options, uint8_t phy)
{
    begin(AIR_LEVEL_5_4, AIR_LEVEL_5_4);
    advertise((struct advert){
        .slot = 0, .options = BT_LE_ADV_OPT_EXT_ADV | adv_options, .len = 0, .sid = 1});
    advertise((struct advert){.slot = 1,
                              .options = BT_LE_ADV_OPT_EXT_ADV | BT_LE_ADV_OPT_CONN | adv_options,
                              .len = 200,
                              .sid = 2});
    sim_on(nodes[SCAN].host, do_create, &options);
    assert_true(sim_until(sim, both_connected, NULL, 5 * SECOND));
    sim_run(sim, SECOND);
    assert_int_equal(nodes[ADV].connected, 1);
    assert_int_equal(nodes[ADV].set_connected, 1);
    assert_int_equal(nodes[ADV].connected_index, 1);
    if (phy) {
        assert_int_equal(nodes[ADV].phy, phy);
    }
    assert_non_null(nodes[ADV].conn);
    assert_false(nodes[SCAN].legacy_commands);
    // Once more, with the same set, while the link is up.
    advertise((struct advert){.slot = 1, .options = 0, .len = 100});
    end();
}

static void test_connection_by_a_set(void **state)
{
    connect_over(0, BT_CONN_LE_OPT_NONE, 0);
    connect_over(BT_LE_ADV_OPT_NO_2M, BT_CONN_LE_OPT_NONE, BT_GAP_LE_PHY_1M);
    connect_over(BT_LE_ADV_OPT_CODED, BT_CONN_LE_OPT_CODED | BT_CONN_LE_OPT_NO_1M,
                 BT_GAP_LE_PHY_CODED);
}

static bool has_sent(void *arg)
{
    return nodes[ADV].sent;
}

static void test_sent_after_events_and_time(void **state)
{
    begin(AIR_LEVEL_5_4, AIR_LEVEL_5_4);
    advertise((struct advert){.options = BT_LE_ADV_OPT_EXT_ADV, .len = 10, .events = 5});
    assert_true(sim_until(sim, has_sent, NULL, SECOND));
    assert_int_equal(nodes[ADV].num_sent, 5);
    nodes[ADV].sent = 0;
    advertise((struct advert){.options = BT_LE_ADV_OPT_EXT_ADV, .len = 10, .timeout = 50});
    assert_true(sim_until(sim, has_sent, NULL, SECOND));
    end();
}

// Which commands go out, by what the controller is; and the legacy calls work in any pairing.
static void test_legacy_calls_on_any_pair_of_levels(void **state)
{
    static const enum air_level levels[] = {AIR_LEVEL_4_2, AIR_LEVEL_5_0, AIR_LEVEL_5_4};
    for (size_t a = 0; a < ARRAY_SIZE(levels); a++) {
        for (size_t b = 0; b < ARRAY_SIZE(levels); b++) {
            uint32_t options = BT_CONN_LE_OPT_NONE;
            begin(levels[a], levels[b]);
            sim_on(nodes[ADV].host, do_legacy, NULL);
            scan(BT_LE_SCAN_OPT_NONE);
            sim_run(sim, SECOND);
            assert_true(nodes[SCAN].reports > 10);
            assert_int_equal(nodes[SCAN].legacy, nodes[SCAN].reports);
            assert_int_equal(nodes[SCAN].info.sid, BT_GAP_SID_INVALID);
            sim_on(nodes[SCAN].host, do_create, &options);
            assert_true(sim_until(sim, both_connected, NULL, 5 * SECOND));
            for (int i = 0; i < HOSTS; i++) {
                bool extended = levels[i == ADV ? a : b] >= AIR_LEVEL_5_0;
                assert_int_equal(nodes[i].extended_commands, extended);
                assert_int_equal(nodes[i].legacy_commands, !extended);
            }
            end();
        }
    }
}

// Octets that are no AD structures: a binding's programs may send any.
static const uint8_t loose_ad[] = {0x02, 0x01, 0x06, 0x1e, 0xff, 'x'};
static const uint8_t loose_sd[] = {0x00, 0xaa, 0x00};

static void do_loose(void *arg)
{
    uint8_t many[32] = {0};
    const struct bt_le_adv_param *param = BT_LE_ADV_CONN_FAST_1;
    assert_int_equal(breeze_adv_start_raw(NULL, NULL, 0, NULL, 0), -EINVAL);
    assert_int_equal(breeze_adv_start_raw(param, many, 32, NULL, 0), -EINVAL);
    assert_int_equal(breeze_adv_start_raw(param, NULL, 1, NULL, 0), -EINVAL);
    // Without a scan response it is an empty one.
    assert_int_equal(breeze_adv_start_raw(param, loose_ad, sizeof(loose_ad), NULL, 0), 0);
    assert_int_equal(breeze_adv_start_raw(param, NULL, 0, NULL, 0), -EALREADY);
    assert_int_equal(bt_le_adv_stop(), 0);
    assert_int_equal(
        breeze_adv_start_raw(param, loose_ad, sizeof(loose_ad), loose_sd, sizeof(loose_sd)), 0);
}

static bool has_type(void *arg)
{
    return nodes[SCAN].reports && nodes[SCAN].info.adv_type == *(uint8_t *)arg;
}

static void check_octets(uint8_t type, const uint8_t *data, uint16_t len)
{
    assert_true(sim_until(sim, has_type, &type, SECOND));
    assert_int_equal(nodes[SCAN].len, len);
    assert_memory_equal(nodes[SCAN].data, data, len);
}

static void test_octets_on_any_pair_of_levels(void **state)
{
    static const enum air_level levels[] = {AIR_LEVEL_4_2, AIR_LEVEL_5_4};
    for (size_t i = 0; i < 2 * ARRAY_SIZE(levels); i++) {
        begin(levels[i / 2], levels[i % 2]);
        sim_on(nodes[ADV].host, do_loose, NULL);
        scan(BT_LE_SCAN_OPT_NONE);
        check_octets(BT_GAP_ADV_TYPE_ADV_IND, loose_ad, sizeof(loose_ad));
        check_octets(BT_GAP_ADV_TYPE_SCAN_RSP, loose_sd, sizeof(loose_sd));
        assert_int_equal(nodes[ADV].legacy_commands, i / 2 == 0);
        end();
    }
}

static void do_long_octets(void *arg)
{
    struct bt_le_ext_adv **set = &me()->sets[0];
    static uint8_t longest[DATA_MAX + 1];
    assert_int_equal(bt_le_ext_adv_create(BT_LE_EXT_ADV_NCONN, &set_cb, set), 0);
    assert_int_equal(breeze_ext_adv_set_data_raw(*set, longest, sizeof(longest), NULL, 0), -EINVAL);
    assert_int_equal(breeze_ext_adv_set_data_raw(*set, NULL, 1, NULL, 0), -EINVAL);
    assert_int_equal(breeze_ext_adv_set_data_raw(*set, octets, 1, octets, 1), -EINVAL);
    assert_int_equal(breeze_ext_adv_set_data_raw(*set, octets, 700, NULL, 0), 0);
    assert_int_equal(bt_le_ext_adv_start(*set, BT_LE_EXT_ADV_START_DEFAULT), 0);
}

static void test_long_octets(void **state)
{
    uint16_t len = 700;
    struct bt_data list[8];
    (void)structures(list, 0);
    begin(AIR_LEVEL_5_4, AIR_LEVEL_5_4);
    sim_on(nodes[ADV].host, do_long_octets, NULL);
    scan(BT_LE_SCAN_OPT_NONE);
    assert_true(sim_until(sim, has_long, &len, SECOND));
    assert_int_equal(nodes[SCAN].len, len);
    assert_memory_equal(nodes[SCAN].data, octets, len);
    end();
}

static void do_directed(void *arg)
{
    bt_addr_le_t peer = {.type = BT_ADDR_LE_RANDOM, .a = {{1, 2, 3, 4, 5, 0xc6}}};
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_CONN_DIR(&peer), NULL, 0, NULL, 0), 0);
}

static void test_high_duty_directed_ends(void **state)
{
    static const enum air_level levels[] = {AIR_LEVEL_4_2, AIR_LEVEL_5_4};
    for (size_t i = 0; i < ARRAY_SIZE(levels); i++) {
        begin(levels[i], AIR_LEVEL_5_4);
        sim_on(nodes[ADV].host, do_directed, NULL);
        sim_run(sim, 1200000);
        assert_int_equal(nodes[ADV].failed, 0);
        sim_run(sim, 200000);
        assert_int_equal(nodes[ADV].failed, 1);
        assert_int_equal(nodes[ADV].last_err, BT_HCI_ERR_ADV_TIMEOUT);
        end();
    }
}

static void do_refused(void *arg)
{
    struct bt_le_ext_adv *set = NULL;
    struct bt_le_scan_param coded = {.options = BT_LE_SCAN_OPT_CODED, .interval = 96, .window = 96};
    assert_int_equal(bt_le_ext_adv_create(BT_LE_EXT_ADV_NCONN, NULL, &set), -ENOTSUP);
    assert_int_equal(bt_le_scan_start(&coded, NULL), -ENOTSUP);
}

static void test_refused_without_the_feature(void **state)
{
    begin(AIR_LEVEL_4_2, AIR_LEVEL_4_2);
    sim_on(nodes[ADV].host, do_refused, NULL);
    end();
}

// What calls refuse, and sets that come and go.
static void do_misuse(void *arg)
{
    struct bt_le_ext_adv *sets[CONFIG_BT_EXT_ADV_MAX_ADV_SET], *more;
    static const struct bt_data name[] = {BT_DATA(BT_DATA_NAME_COMPLETE, "n", 1)};
    static const uint32_t wrong[] = {
        BT_LE_ADV_OPT_EXT_ADV | BT_LE_ADV_OPT_CONN | BT_LE_ADV_OPT_SCANNABLE,
        BT_LE_ADV_OPT_EXT_ADV | BT_LE_ADV_OPT_CONN | BT_LE_ADV_OPT_ANONYMOUS,
        BT_LE_ADV_OPT_CODED,
        BT_LE_ADV_OPT_ANONYMOUS,
    };
    struct bt_le_ext_adv_info info;
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        assert_int_equal(
            bt_le_ext_adv_create(BT_LE_ADV_PARAM(wrong[i], 0x40, 0x40, NULL), NULL, &more),
            -EINVAL);
    }
    for (size_t i = 0; i < ARRAY_SIZE(sets); i++) {
        assert_int_equal(bt_le_ext_adv_create(BT_LE_EXT_ADV_NCONN, NULL, &sets[i]), 0);
        assert_int_equal(bt_le_ext_adv_get_index(sets[i]), i);
    }
    assert_int_equal(bt_le_ext_adv_create(BT_LE_EXT_ADV_NCONN, NULL, &more), -ENOMEM);
    assert_int_equal(bt_le_ext_adv_set_data(sets[0], NULL, 0, name, 1), -EINVAL);
    assert_int_equal(bt_le_ext_adv_stop(sets[0]), 0);
    assert_int_equal(bt_le_ext_adv_start(sets[0], BT_LE_EXT_ADV_START_DEFAULT), 0);
    assert_int_equal(bt_le_ext_adv_start(sets[0], BT_LE_EXT_ADV_START_DEFAULT), -EALREADY);
    assert_int_equal(bt_le_ext_adv_get_info(sets[0], &info), 0);
    assert_int_equal(info.ext_adv_state, BT_LE_EXT_ADV_STATE_ENABLED);
    assert_int_equal(bt_le_ext_adv_update_param(sets[0], BT_LE_EXT_ADV_NCONN), -EINVAL);
    assert_int_equal(bt_le_ext_adv_delete(sets[0]), -EINVAL);
    struct bt_data long_data[8];
    size_t count = structures(long_data, 300);
    assert_int_equal(bt_le_ext_adv_set_data(sets[0], long_data, count, NULL, 0), -EAGAIN);
    assert_int_equal(bt_le_ext_adv_set_data(sets[0], name, 1, NULL, 0), 0);
    assert_int_equal(bt_le_ext_adv_stop(sets[0]), 0);
    assert_int_equal(bt_le_ext_adv_update_param(sets[0], BT_LE_EXT_ADV_SCAN), 0);
    assert_int_equal(bt_le_ext_adv_start(sets[0], BT_LE_EXT_ADV_START_DEFAULT), -EACCES);
    assert_int_equal(bt_le_ext_adv_delete(sets[0]), 0);
    assert_int_equal(bt_le_ext_adv_delete(sets[0]), -EINVAL);
    assert_int_equal(bt_le_ext_adv_start(NULL, BT_LE_EXT_ADV_START_DEFAULT), -EINVAL);
    assert_int_equal(bt_le_ext_adv_create(BT_LE_EXT_ADV_CONN, NULL, &sets[0]), 0);
    assert_int_equal(bt_le_ext_adv_start(sets[0], BT_LE_EXT_ADV_START_DEFAULT), 0);
}

static void test_sets_come_and_go(void **state)
{
    begin(AIR_LEVEL_5_4, AIR_LEVEL_5_4);
    sim_on(nodes[ADV].host, do_misuse, NULL);
    end();
}

// ---- A hostile controller -----------------------------------------------------------------------

static void inject(uint16_t type, uint8_t addr, uint8_t sid, uint8_t len)
{
    uint8_t packet[300] = {0x04, 0x3e, (uint8_t)(26 + len), 0x0d, 1};
    put16(packet + 5, type);
    packet[7] = 1;
    memset(packet + 8, addr, 6);
    packet[14] = 1;
    packet[15] = 2;
    packet[16] = sid;
    packet[28] = len;
    memset(packet + 29, addr, len);
    air_hci_inject(sim_controller(nodes[SCAN].host), AIR_TO_HOST, packet, 29u + len, 0);
    sim_run(sim, 100);
}

#define MORE (1 << 5)
#define CUT  (2 << 5)

static void test_hostile_8_fragments(void **state)
{
    struct node *node = &nodes[SCAN];
    begin(AIR_LEVEL_5_4, AIR_LEVEL_5_4);
    inject(0, 1, 1, 10); // nobody scans
    assert_int_equal(node->reports, 0);
    scan(BT_LE_SCAN_OPT_NONE);
    // Another advertiser in between: the first one's data is whole, the other's is dropped to its end.
    inject(MORE, 1, 1, 200);
    inject(MORE, 2, 1, 200);
    inject(MORE, 1, 1, 200);
    inject(0, 2, 1, 100);
    assert_int_equal(node->reports, 0);
    inject(0, 1, 1, 100);
    assert_int_equal(node->reports, 1);
    assert_int_equal(node->len, 500);
    // The same address with another SID is somebody else; what is whole is told at once.
    inject(MORE, 1, 1, 200);
    inject(0, 1, 2, 50);
    assert_int_equal(node->reports, 2);
    assert_int_equal(node->len, 50);
    inject(0, 1, 1, 1);
    assert_int_equal(node->len, 201);
    // Truncated: dropped.
    inject(MORE, 3, 1, 200);
    inject(CUT, 3, 1, 0);
    assert_int_equal(node->reports, 3);
    // Too long: dropped to its end.
    for (int i = 0; i < 100; i++) {
        inject(MORE, 3, 1, 229);
    }
    inject(0, 3, 1, 229);
    assert_int_equal(node->reports, 3);
    inject(0, 3, 1, 5);
    assert_int_equal(node->reports, 4);
    // Never finished: after a while others have their turn.
    inject(MORE, 3, 1, 200);
    sim_run(sim, 2 * SECOND);
    inject(MORE, 4, 1, 200);
    inject(0, 4, 1, 3);
    assert_int_equal(node->reports, 5);
    assert_int_equal(node->len, 203);
    // Reserved status, a reserved address type, a length past the end.
    inject(3 << 5, 3, 1, 5);
    uint8_t packet[] = {0x04, 0x3e, 3, 0x0d, 1, 0};
    air_hci_inject(sim_controller(node->host), AIR_TO_HOST, packet, sizeof(packet), 0);
    sim_run(sim, SECOND);
    assert_int_equal(node->reports, 5);
    end();
}

// A controller that dies takes the sets' data along; they start again when told to.
static void do_start_again(void *arg)
{
    struct advert advert = {.options = BT_LE_ADV_OPT_EXT_ADV, .len = 500, .sid = 9};
    do_advertise(&advert);
}

static void test_reset_of_the_controller(void **state)
{
    uint8_t failure[] = {0x04, 0x10, 1, 0x55};
    begin(AIR_LEVEL_5_4, AIR_LEVEL_5_4);
    advertise((struct advert){.options = BT_LE_ADV_OPT_EXT_ADV, .len = 400, .sid = 9});
    air_hci_inject(sim_controller(nodes[ADV].host), AIR_TO_HOST, failure, sizeof(failure), 0);
    sim_run(sim, SECOND);
    scan(BT_LE_SCAN_OPT_NONE);
    sim_run(sim, SECOND);
    assert_int_equal(nodes[SCAN].reports, 0);
    sim_on(nodes[ADV].host, do_start_again, NULL);
    check_long(500);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_long_data),
        cmocka_unit_test(test_coded),
        cmocka_unit_test(test_scan_response_and_who_asked),
        cmocka_unit_test(test_power),
        cmocka_unit_test(test_duplicates_by_set),
        cmocka_unit_test(test_hostile_55_anonymous),
        cmocka_unit_test(test_several_sets_beside_legacy),
        cmocka_unit_test(test_connection_by_a_set),
        cmocka_unit_test(test_sent_after_events_and_time),
        cmocka_unit_test(test_legacy_calls_on_any_pair_of_levels),
        cmocka_unit_test(test_octets_on_any_pair_of_levels),
        cmocka_unit_test(test_long_octets),
        cmocka_unit_test(test_high_duty_directed_ends),
        cmocka_unit_test(test_refused_without_the_feature),
        cmocka_unit_test(test_sets_come_and_go),
        cmocka_unit_test(test_hostile_8_fragments),
        cmocka_unit_test(test_reset_of_the_controller),
    };
    return cmocka_run_group_tests_name("scenario_ext", tests, NULL, NULL);
}
