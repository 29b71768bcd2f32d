// Connection slots between two whole hosts: when `recycled` is called and what works there, after a link
// ends and after a creation fails; and what each side learns of the other's controller.
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

#define SECOND             1000000
#define HAS(features, bit) (((features)[(bit) / 8] & BIT((bit) % 8)) != 0)

enum { PERIPHERAL_HOST, CENTRAL_HOST };

struct node {
    struct sim_host *host;
    bt_addr_le_t peer;
    struct bt_conn *kept[CONFIG_BT_MAX_CONN]; // References that the application holds on.
    unsigned int kept_count;
    bool keeps;
    unsigned int connected, failed, disconnected, recycled, reports;
    uint8_t err;
    int in_disconnected[2]; // What a scan and a creation said there,
    int in_recycled;        // ... and a creation here.
    bool calls_in_disconnected;
    bool calls_in_recycled;
    struct bt_conn_remote_info info;
    uint8_t features[8];
    bool informed;
    int result;
};

static struct sim *sim;
static struct node nodes[2];

static struct node *me(void)
{
    return &nodes[nodes[CENTRAL_HOST].host == sim_current()];
}

static int create(void)
{
    struct bt_conn *conn = NULL;
    int err = bt_conn_le_create(&me()->peer, BT_CONN_LE_CREATE_CONN,
                                BT_LE_CONN_PARAM(24, 24, 0, 100), &conn);
    if (!err) {
        bt_conn_unref(conn);
    }
    return err;
}

static void on_report(const bt_addr_le_t *addr, int8_t rssi, uint8_t type,
                      struct net_buf_simple *buf)
{
    me()->reports++;
}

static void on_connected(struct bt_conn *conn, uint8_t err)
{
    struct node *node = me();
    node->failed += err != 0;
    node->connected += !err;
    node->err = err;
    if (node->keeps) {
        node->kept[node->kept_count++] = bt_conn_ref(conn);
    }
}

static void on_disconnected(struct bt_conn *conn, uint8_t reason)
{
    struct node *node = me();
    node->disconnected++;
    assert_true(node->recycled < node->disconnected + node->failed);
    if (node->calls_in_disconnected) {
        node->in_disconnected[0] = bt_le_scan_start(BT_LE_SCAN_PASSIVE, on_report);
        node->in_disconnected[1] = create();
    }
}

static void on_recycled(void)
{
    struct node *node = me();
    node->recycled++;
    if (node->calls_in_recycled) {
        node->calls_in_recycled = false;
        node->in_recycled = create();
    }
}

static void on_remote_info(struct bt_conn *conn, struct bt_conn_remote_info *info)
{
    struct node *node = me();
    struct bt_conn_remote_info again;
    assert_false(node->informed);
    node->informed = true;
    node->info = *info;
    memcpy(node->features, info->le.features, sizeof(node->features));
    assert_int_equal(bt_conn_get_remote_info(conn, &again), 0);
    assert_int_equal(again.version, info->version);
}

static struct bt_conn_cb callbacks[2];
static bool informs; // Callbacks include remote_info_available.

static void do_enable(void *arg)
{
    struct bt_conn_cb *cb = &callbacks[me() - nodes];
    *cb = (struct bt_conn_cb){.connected = on_connected,
                              .disconnected = on_disconnected,
                              .recycled = on_recycled,
                              .remote_info_available = informs ? on_remote_info : NULL};
    assert_int_equal(bt_enable(NULL), 0);
    assert_int_equal(bt_conn_cb_register(cb), 0);
}

static void do_disable(void *arg)
{
    assert_int_equal(bt_disable(), 0);
    assert_int_equal(bt_conn_cb_unregister(&callbacks[me() - nodes]), 0);
}

static void begin(enum air_level peripheral, enum air_level central)
{
    const enum air_level levels[] = {peripheral, central};
    memset(nodes, 0, sizeof(nodes));
    sim = sim_new(&(struct air_config){.seed = 17});
    assert_non_null(sim);
    for (int i = 0; i < 2; i++) {
        nodes[i].host = sim_host_add(sim, &(struct air_controller_config){.level = levels[i]});
        sim_on(nodes[i].host, do_enable, NULL);
    }
    nodes[CENTRAL_HOST].peer.type = BT_ADDR_LE_RANDOM;
    air_controller_static_address(sim_controller(nodes[PERIPHERAL_HOST].host),
                                  nodes[CENTRAL_HOST].peer.a.val);
}

static void end(void)
{
    for (int i = 0; i < 2; i++) {
        sim_on(nodes[i].host, do_disable, NULL);
    }
    sim_free(sim);
}

// ---- Steps ----------------------------------------------------------------------------------------

static void do_advertise(void *arg)
{
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_CONN_FAST_1, NULL, 0, NULL, 0), 0);
}

static void do_stop(void *arg)
{
    assert_int_equal(bt_le_adv_stop(), 0);
}

static void do_create(void *arg)
{
    me()->result = create();
}

static void disconnect_one(struct bt_conn *conn, void *data)
{
    (void)bt_conn_disconnect(conn, BT_HCI_ERR_REMOTE_USER_TERM_CONN);
}

static void do_disconnect(void *arg)
{
    bt_conn_foreach(BT_CONN_TYPE_LE, disconnect_one, NULL);
}

// The oldest reference; the call itself tells nobody.
static void do_unref(void *arg)
{
    struct node *node = me();
    unsigned int recycled = node->recycled;
    bt_conn_unref(node->kept[0]);
    node->kept_count--;
    memmove(&node->kept[0], &node->kept[1], node->kept_count * sizeof(node->kept[0]));
    assert_int_equal(node->recycled, recycled);
}

struct wait {
    const unsigned int *what;
    unsigned int at_least;
};

static bool reached(void *arg)
{
    const struct wait *wait = arg;
    return *wait->what >= wait->at_least;
}

static void until(const unsigned int *what, unsigned int at_least)
{
    struct wait wait = {what, at_least};
    assert_true(sim_until(sim, reached, &wait, 5 * SECOND));
}

static void link_up(void)
{
    unsigned int before[] = {nodes[0].connected, nodes[1].connected};
    sim_on(nodes[PERIPHERAL_HOST].host, do_advertise, NULL);
    sim_on(nodes[CENTRAL_HOST].host, do_create, NULL);
    assert_int_equal(nodes[CENTRAL_HOST].result, 0);
    until(&nodes[PERIPHERAL_HOST].connected, before[0] + 1);
    until(&nodes[CENTRAL_HOST].connected, before[1] + 1);
}

static void link_down(void)
{
    unsigned int before[] = {nodes[0].disconnected, nodes[1].disconnected};
    sim_on(nodes[CENTRAL_HOST].host, do_disconnect, NULL);
    until(&nodes[PERIPHERAL_HOST].disconnected, before[0] + 1);
    until(&nodes[CENTRAL_HOST].disconnected, before[1] + 1);
}

// ---- Scenarios ----------------------------------------------------------------------------------

// A reference keeps the slot; `recycled` comes once for each, after the last one was given back.
static void recycled_comes_after_the_last_reference(void **state)
{
    struct node *central = &nodes[CENTRAL_HOST];
    begin(AIR_LEVEL_DEFAULT, AIR_LEVEL_DEFAULT);
    central->keeps = true;
    for (unsigned int i = 0; i < CONFIG_BT_MAX_CONN; i++) {
        link_up();
        link_down();
    }
    sim_run(sim, 10 * SECOND);
    assert_int_equal(central->recycled, 0);
    assert_int_equal(nodes[PERIPHERAL_HOST].recycled, CONFIG_BT_MAX_CONN);
    // No slot is left, and none is free until one comes back.
    sim_on(central->host, do_create, NULL);
    assert_int_equal(central->result, -ENOMEM);
    for (unsigned int i = 0; i < CONFIG_BT_MAX_CONN; i++) {
        sim_on(central->host, do_unref, NULL);
        until(&central->recycled, i + 1);
    }
    sim_run(sim, SECOND);
    assert_int_equal(central->recycled, CONFIG_BT_MAX_CONN);
    central->keeps = false;
    link_up();
    end();
}

// The moment to connect anew: every other slot is held.
static void recycled_can_connect_in_the_only_slot(void **state)
{
    struct node *central = &nodes[CENTRAL_HOST];
    begin(AIR_LEVEL_DEFAULT, AIR_LEVEL_DEFAULT);
    central->keeps = true;
    for (unsigned int i = 0; i < CONFIG_BT_MAX_CONN; i++) {
        link_up();
        link_down();
    }
    central->keeps = false;
    central->calls_in_recycled = true;
    central->in_recycled = 1;
    sim_on(nodes[PERIPHERAL_HOST].host, do_advertise, NULL);
    sim_on(central->host, do_unref, NULL);
    until(&central->connected, CONFIG_BT_MAX_CONN + 1);
    assert_int_equal(central->in_recycled, 0);
    while (central->kept_count) {
        sim_on(central->host, do_unref, NULL);
    }
    end();
}

// Not for a slot that an advertiser held and nobody took, once for a creation that was given up.
static void recycled_without_a_link(void **state)
{
    struct node *central = &nodes[CENTRAL_HOST];
    begin(AIR_LEVEL_DEFAULT, AIR_LEVEL_DEFAULT);
    sim_on(nodes[PERIPHERAL_HOST].host, do_advertise, NULL);
    sim_run(sim, SECOND);
    sim_on(nodes[PERIPHERAL_HOST].host, do_stop, NULL);
    sim_run(sim, SECOND);
    assert_int_equal(nodes[PERIPHERAL_HOST].recycled, 0);
    sim_on(central->host, do_create, NULL);
    sim_run(sim, 100000);
    sim_on(central->host, do_disconnect, NULL);
    until(&central->recycled, 1);
    assert_int_equal(central->failed, 1);
    assert_int_equal(central->err, BT_HCI_ERR_UNKNOWN_CONN_ID);
    sim_run(sim, SECOND);
    assert_int_equal(central->recycled, 1);
    end();
}

// bt_disable() ends the link; a reference that is given back afterwards tells nobody, and the slot may be
// used again.
static void recycled_is_silent_after_disable(void **state)
{
    struct node *central = &nodes[CENTRAL_HOST];
    begin(AIR_LEVEL_DEFAULT, AIR_LEVEL_DEFAULT);
    central->keeps = true;
    link_up();
    sim_on(central->host, do_disable, NULL);
    assert_int_equal(central->disconnected, 1);
    sim_on(central->host, do_unref, NULL);
    sim_run(sim, SECOND);
    sim_on(central->host, do_enable, NULL);
    sim_run(sim, SECOND);
    assert_int_equal(central->recycled, 0);
    central->keeps = false;
    for (unsigned int i = 0; i < CONFIG_BT_MAX_CONN + 1; i++) {
        link_up();
        link_down();
    }
    end();
}

// From `disconnected` on there is nothing left that a scan or a creation would have to wait for.
static void pitfall_79_scan_and_connect_from_disconnected(void **state)
{
    static const enum air_level levels[] = {AIR_LEVEL_5_4, AIR_LEVEL_4_0};
    struct node *central = &nodes[CENTRAL_HOST];
    for (size_t i = 0; i < ARRAY_SIZE(levels); i++) {
        begin(levels[i], levels[i]);
        link_up();
        central->calls_in_disconnected = true;
        central->in_disconnected[0] = central->in_disconnected[1] = 1;
        sim_on(nodes[PERIPHERAL_HOST].host, do_disconnect, NULL);
        until(&central->disconnected, 1);
        sim_on(nodes[PERIPHERAL_HOST].host, do_advertise, NULL);
        assert_int_equal(central->in_disconnected[0], 0);
        assert_int_equal(central->in_disconnected[1], 0);
        central->calls_in_disconnected = false;
        until(&central->connected, 2);
        end();
    }
}

// Each side learns what the other's controller is, by itself where somebody listens for it.
static void remote_version_and_features(void **state)
{
    static const struct {
        enum air_level level;
        uint8_t version; // As assigned numbers have it.
    } kinds[] = {{AIR_LEVEL_4_2, 8}, {AIR_LEVEL_5_0, 9}, {AIR_LEVEL_5_4, 13}};
    informs = true;
    for (size_t i = 0; i < ARRAY_SIZE(kinds) * ARRAY_SIZE(kinds); i++) {
        size_t of[] = {i % ARRAY_SIZE(kinds), i / ARRAY_SIZE(kinds)};
        begin(kinds[of[0]].level, kinds[of[1]].level);
        link_up();
        sim_run(sim, 2 * SECOND);
        for (int who = 0; who < 2; who++) {
            const struct node *node = &nodes[who];
            bool is_5_0 = kinds[of[!who]].version >= 9;
            assert_true(node->informed);
            assert_int_equal(node->info.type, BT_CONN_TYPE_LE);
            assert_int_equal(node->info.version, kinds[of[!who]].version);
            assert_int_equal(node->info.manufacturer, 0xffff);
            assert_true(HAS(node->features, BT_LE_FEAT_BIT_ENC));
            assert_true(HAS(node->features, BT_LE_FEAT_BIT_DLE));
            assert_int_equal(HAS(node->features, BT_LE_FEAT_BIT_PHY_2M), is_5_0);
        }
        end();
    }
    informs = false;
}

static void do_ask(void *arg)
{
    struct bt_conn_info info;
    struct bt_conn *conn = bt_conn_lookup_addr_le(BT_ID_DEFAULT, &me()->peer);
    assert_non_null(conn);
    assert_int_equal(bt_conn_get_info(conn, &info), 0);
    me()->result = bt_conn_get_remote_info(conn, &me()->info);
    bt_conn_unref(conn);
}

// Without a listener the version is asked for when somebody wants to know it.
static void remote_version_on_demand(void **state)
{
    struct node *central = &nodes[CENTRAL_HOST];
    begin(AIR_LEVEL_5_0, AIR_LEVEL_5_4);
    link_up();
    sim_run(sim, 2 * SECOND);
    sim_on(central->host, do_ask, NULL);
    assert_int_equal(central->result, -EBUSY);
    sim_run(sim, SECOND);
    sim_on(central->host, do_ask, NULL);
    assert_int_equal(central->result, 0);
    assert_int_equal(central->info.version, 9);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recycled_comes_after_the_last_reference),
        cmocka_unit_test(recycled_can_connect_in_the_only_slot),
        cmocka_unit_test(recycled_without_a_link),
        cmocka_unit_test(recycled_is_silent_after_disable),
        cmocka_unit_test(pitfall_79_scan_and_connect_from_disconnected),
        cmocka_unit_test(remote_version_and_features),
        cmocka_unit_test(remote_version_on_demand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
