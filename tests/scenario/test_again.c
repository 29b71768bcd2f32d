// The same once more: callbacks registered twice, and whole sessions one after the other.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <breeze/breeze.h>
#include <breeze/settings.h>

#include "support/pair.h"

#define LIMIT_US 60000000

static struct pair pair;
static unsigned int connected;
static unsigned int mtus;

static void on_connected(struct bt_conn *conn, uint8_t err)
{
    connected++;
}

static void on_mtu(struct bt_conn *conn, uint16_t tx, uint16_t rx)
{
    mtus++;
}

static void on_report(const struct bt_le_scan_recv_info *info, struct net_buf_simple *buf)
{
}

static struct bt_conn_cb conn_cb = {.connected = on_connected};
static struct bt_gatt_cb gatt_cb = {.att_mtu_updated = on_mtu};
static struct bt_le_scan_cb scan_cb = {.recv = on_report};

// ---- Registering twice --------------------------------------------------------------------------

static void register_all(void *arg)
{
    int expected = *(int *)arg;
    assert_int_equal(bt_conn_cb_register(&conn_cb), expected);
    assert_int_equal(bt_le_scan_cb_register(&scan_cb), expected);
    bt_gatt_cb_register(&gatt_cb);
}

static void restart(void *arg)
{
    assert_int_equal(bt_disable(), 0);
    assert_int_equal(bt_enable(NULL), 0);
}

static bool one_mtu(void *arg)
{
    return mtus > 0;
}

static void exchanged(struct bt_conn *conn, uint8_t err, struct bt_gatt_exchange_params *params)
{
}

static void exchange(void *arg)
{
    static struct bt_gatt_exchange_params params = {.func = exchanged};
    assert_int_equal(bt_gatt_exchange_mtu(pair_here()->conn, &params), 0);
}

// A second registration is refused or changes nothing, also after a restart of the host: no list
// becomes a ring, and everyone hears everything once.
static void pitfall_48_registering_twice(void **state)
{
    const struct pair_options options = {.seed = 48};
    int first = 0;
    int again = -EEXIST;
    connected = mtus = 0;
    assert_true(pair_enable(&pair, &options));
    pair_on(PAIR_CENTRAL, register_all, &first);
    pair_on(PAIR_CENTRAL, register_all, &again);
    pair_on(PAIR_CENTRAL, restart, NULL);
    pair_on(PAIR_CENTRAL, register_all, &again);
    assert_true(pair_connect(&pair, 6));
    assert_int_equal(connected, 1);
    pair_on(PAIR_CENTRAL, exchange, NULL);
    assert_true(pair_until(one_mtu, NULL, LIMIT_US));
    sim_run(pair.sim, 1000000);
    assert_int_equal(mtus, 1);
    pair_stop(&pair);
}

// ---- Session after session ----------------------------------------------------------------------

static ssize_t on_read(struct bt_conn *conn, const struct bt_gatt_attr *attr, void *buf,
                       uint16_t len, uint16_t offset)
{
    return bt_gatt_attr_read(conn, attr, buf, len, offset, "value", 5);
}

static struct bt_gatt_attr attrs[] = {
    BT_GATT_PRIMARY_SERVICE(BT_UUID_DECLARE_16(0xfff0)),
    BT_GATT_CHARACTERISTIC(BT_UUID_DECLARE_16(0xfff1), BT_GATT_CHRC_READ | BT_GATT_CHRC_NOTIFY,
                           BT_GATT_PERM_READ, on_read, NULL, NULL),
    BT_GATT_CCC(NULL, BT_GATT_PERM_READ | BT_GATT_PERM_WRITE),
};
static struct bt_gatt_service service = BT_GATT_SERVICE(attrs);

static uint16_t value_handle;
static char value[8];
static bool got_value;

static uint8_t on_value(struct bt_conn *conn, uint8_t err, struct bt_gatt_read_params *params,
                        const void *data, uint16_t len)
{
    if (data) {
        memcpy(value, data, len < sizeof(value) ? len : sizeof(value) - 1);
    }
    got_value = true;
    return BT_GATT_ITER_STOP;
}

static void read_value(void *arg)
{
    static struct bt_gatt_read_params params;
    params = (struct bt_gatt_read_params){
        .func = on_value, .handle_count = 1, .single = {.handle = value_handle}};
    assert_int_equal(bt_gatt_read(pair_here()->conn, &params), 0);
}

static bool has_value(void *arg)
{
    return got_value;
}

static void add_service(void *arg)
{
    assert_int_equal(bt_gatt_service_register(&service), 0);
    assert_int_equal(bt_gatt_service_register(&service), -EALREADY);
    value_handle = bt_gatt_attr_get_handle(&attrs[2]);
}

static void remove_service(void *arg)
{
    assert_int_equal(bt_gatt_service_unregister(&service), 0);
}

static void levels(void *arg)
{
    struct breeze_stats *stats = arg;
    breeze_stats(stats);
}

// Sessions with a service of their own, in one process: nothing that one of them took is missing in
// the next.
static void pitfall_51_session_after_session(void **state)
{
    const struct pair_options options = {.seed = 51};
    struct breeze_stats first = {0};
    struct breeze_stats now;
    assert_true(pair_enable(&pair, &options));
    for (int i = 0; i < 3 * CONFIG_BREEZE_GATT_SERVICES_MAX; i++) {
        pair_on(PAIR_PERIPHERAL, add_service, NULL);
        assert_true(pair_connect(&pair, 6));
        got_value = false;
        memset(value, 0, sizeof(value));
        pair_on(PAIR_CENTRAL, read_value, NULL);
        assert_true(pair_until(has_value, NULL, LIMIT_US));
        assert_string_equal(value, "value");
        assert_true(pair_disconnect(&pair, (unsigned int)i % 2));
        pair_on(PAIR_PERIPHERAL, remove_service, NULL);
        pair_on(PAIR_PERIPHERAL, restart, NULL);
        pair_on(PAIR_CENTRAL, restart, NULL);
        pair_on(PAIR_PERIPHERAL, levels, &now);
        first = i ? first : now;
        assert_int_equal(now.tx_free, first.tx_free);
        assert_int_equal(now.acl_rx_free, first.acl_rx_free);
        assert_int_equal(now.evt_rx_free, first.evt_rx_free);
    }
    pair_stop(&pair);
}

// ---- The identity ---------------------------------------------------------------------------------

static uint8_t memory[256];
static struct breeze_settings_ram store;
static bt_addr_le_t identity;

static void live(void *arg)
{
    bool *load_first = arg;
    size_t count = 1;
    settings_src_register(&store.store);
    settings_dst_register(&store.store);
    if (*load_first) {
        assert_int_equal(settings_load(), 0);
    }
    assert_int_equal(bt_enable(NULL), 0);
    if (!*load_first) {
        assert_int_equal(settings_load(), 0);
    }
    bt_id_get(&identity, &count);
    assert_int_equal(count, 1);
    assert_int_equal(bt_disable(), 0);
    assert_int_equal(breeze_forget(), 0);
}

// A host that finds no address anywhere makes one and keeps it: after breeze_forget(), and as a
// program that starts anew, whether the settings are loaded before or after bt_enable(). With an
// empty store it is another one.
static void the_identity_comes_from_the_settings(void **state)
{
    const struct air_controller_config config = {.no_static_address = true};
    bt_addr_le_t first = {0};
    breeze_settings_ram_init(&store, memory, sizeof(memory));
    for (int i = 0; i < 6; i++) {
        bool load_first = i % 2;
        struct sim *sim = sim_new(&(struct air_config){.seed = (uint64_t)i});
        struct sim_host *host = sim_host_add(sim, &config);
        sim_on(host, live, &load_first);
        sim_on(host, live, &load_first);
        first = i ? first : identity;
        assert_true(bt_addr_le_eq(&identity, &first));
        sim_free(sim);
    }
    breeze_settings_ram_init(&store, memory, sizeof(memory));
    bool load_first = false;
    struct sim *sim = sim_new(&(struct air_config){.seed = 9});
    sim_on(sim_host_add(sim, &config), live, &load_first);
    assert_false(bt_addr_le_eq(&identity, &first));
    sim_free(sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pitfall_48_registering_twice),
        cmocka_unit_test(pitfall_51_session_after_session),
        cmocka_unit_test(the_identity_comes_from_the_settings),
    };
    return cmocka_run_group_tests_name("scenario_again", tests, NULL, NULL);
}
