// Advertising sets with the accept list, who else uses that list, and a set's time across rotations of
// its address, on the virtual air.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <breeze/breeze.h>
#include <breeze/privacy.h>
#include <zephyr/bluetooth/bluetooth.h>
#include <zephyr/bluetooth/conn.h>
#include <zephyr/bluetooth/hci.h>

#include "conn/conn.h"
#include "sim.h"

#define SECOND 1000000
#define HOSTS  3
#define ADV    0
#define FRIEND 1 // On the list.
#define OTHER  2

struct node {
    struct sim_host *host;
    bt_addr_le_t addr;
    struct bt_conn *conn;
    bt_addr_le_t peer;
    unsigned int connected;
    unsigned int sent;
    unsigned int scanned[HOSTS]; // By who asked.
    unsigned int terms;
    int result;
};

static struct sim *sim;
static struct node nodes[HOSTS];
static struct bt_le_ext_adv *set;
static struct bt_le_per_adv_sync *sync;

static struct node *me(void)
{
    struct node *node = nodes;
    while (node->host != sim_current()) {
        node++;
    }
    return node;
}

static void on_connected(struct bt_conn *conn, uint8_t err)
{
    if (err) {
        return; // A creation that the end of the test cut off.
    }
    me()->connected++;
    me()->conn = bt_conn_ref(conn);
    me()->peer = *bt_conn_get_dst(conn);
}

static void on_disconnected(struct bt_conn *conn, uint8_t reason)
{
    bt_conn_unref(me()->conn);
    me()->conn = NULL;
}

static struct bt_conn_cb conn_cbs[HOSTS];

static void on_sent(struct bt_le_ext_adv *adv, struct bt_le_ext_adv_sent_info *info)
{
    me()->sent++;
}

static void on_scanned(struct bt_le_ext_adv *adv, struct bt_le_ext_adv_scanned_info *info)
{
    for (int i = 0; i < HOSTS; i++) {
        me()->scanned[i] += bt_addr_le_eq(info->addr, &nodes[i].addr);
    }
}

static const struct bt_le_ext_adv_cb set_cb = {.sent = on_sent, .scanned = on_scanned};

static void on_term(struct bt_le_per_adv_sync *which,
                    const struct bt_le_per_adv_sync_term_info *info)
{
    me()->terms++;
}

static struct bt_le_per_adv_sync_cb sync_cb = {.term = on_term};

// ---- Steps ----------------------------------------------------------------------------------------

static void do_enable(void *arg)
{
    size_t count = 1;
    struct bt_conn_cb *cb = &conn_cbs[me() - nodes];
    *cb = (struct bt_conn_cb){.connected = on_connected, .disconnected = on_disconnected};
    assert_int_equal(bt_enable(NULL), 0);
    assert_int_equal(bt_conn_cb_register(cb), 0);
    bt_id_get(&me()->addr, &count);
}

static void do_disable(void *arg)
{
    assert_int_equal(bt_disable(), 0);
    breeze_forget();
}

static void begin(void)
{
    memset(nodes, 0, sizeof(nodes));
    set = NULL;
    sim = sim_new(&(struct air_config){.seed = 41});
    for (int i = 0; i < HOSTS; i++) {
        nodes[i].host = sim_host_add(sim, &(struct air_controller_config){.level = 0});
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

static void do_accept(void *arg)
{
    me()->result = bt_le_filter_accept_list_add(arg);
}

static int accept(int who, const bt_addr_le_t *addr)
{
    sim_on(nodes[who].host, do_accept, (void *)addr);
    return nodes[who].result;
}

struct advert {
    uint32_t options;
    uint16_t timeout; // 10 ms
};

static void do_advertise(void *arg)
{
    static const uint8_t octets[3];
    const struct bt_data data = {BT_DATA_MANUFACTURER_DATA, sizeof(octets), octets};
    const struct advert *advert = arg;
    struct bt_le_adv_param param = BT_LE_ADV_PARAM_INIT(advert->options, 0x20, 0x20, NULL);
    assert_int_equal(bt_le_ext_adv_create(&param, &set_cb, &set), 0);
    if (advert->options & BT_LE_ADV_OPT_SCANNABLE) {
        assert_int_equal(bt_le_ext_adv_set_data(set, NULL, 0, &data, 1), 0);
    }
    assert_int_equal(bt_le_ext_adv_start(set, BT_LE_EXT_ADV_START_PARAM(advert->timeout, 0)), 0);
}

static void do_stop(void *arg)
{
    assert_int_equal(bt_le_ext_adv_stop(set), 0);
}

static void do_create(void *arg)
{
    struct bt_conn *conn;
    assert_int_equal(bt_conn_le_create(&nodes[ADV].addr, BT_CONN_LE_CREATE_CONN,
                                       BT_LE_CONN_PARAM(24, 24, 0, 100), &conn),
                     0);
    bt_conn_unref(conn);
}

static void do_scan(void *arg)
{
    struct bt_le_scan_param param = *BT_LE_SCAN_ACTIVE_CONTINUOUS;
    param.options = *(uint8_t *)arg;
    assert_int_equal(bt_le_scan_start(&param, NULL), 0);
}

static void do_scan_stop(void *arg)
{
    assert_int_equal(bt_le_scan_stop(), 0);
}

static void scan(int who, uint8_t options)
{
    sim_on(nodes[who].host, do_scan, &options);
}

// For a train that nobody sends.
static void do_search(void *arg)
{
    const struct bt_le_per_adv_sync_param param = {
        .addr = nodes[ADV].addr, .sid = 3, .timeout = 100};
    (void)bt_le_per_adv_sync_cb_register(&sync_cb);
    assert_int_equal(bt_le_per_adv_sync_create(&param, &sync), 0);
}

static void do_search_end(void *arg)
{
    assert_int_equal(bt_le_per_adv_sync_delete(sync), 0);
}

static bool is_linked(void *arg)
{
    return nodes[ADV].connected && ((const struct node *)arg)->connected;
}

// ---- Scenarios ----------------------------------------------------------------------------------

// Sets of both kinds of PDUs let in who is on the list only, which rests as long as they use it.
static void sets_accept_some(void **state)
{
    static const uint32_t kinds[] = {0, BT_LE_ADV_OPT_EXT_ADV};
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        struct advert advert = {kinds[i] | BT_LE_ADV_OPT_CONN | BT_LE_ADV_OPT_FILTER_CONN, 0};
        begin();
        assert_int_equal(accept(ADV, &nodes[FRIEND].addr), 0);
        sim_on(nodes[ADV].host, do_advertise, &advert);
        assert_int_equal(accept(ADV, &nodes[OTHER].addr), -EBUSY);
        sim_on(nodes[OTHER].host, do_create, NULL);
        sim_run(sim, 2 * SECOND);
        assert_int_equal(nodes[ADV].connected, 0);
        sim_on(nodes[FRIEND].host, do_create, NULL);
        assert_true(sim_until(sim, is_linked, &nodes[FRIEND], SECOND));
        assert_true(bt_addr_le_eq(&nodes[ADV].peer, &nodes[FRIEND].addr));
        // The link ended the set: the list is free.
        assert_int_equal(accept(ADV, &nodes[OTHER].addr), 0);
        end();
    }
}

static void sets_answer_scan_requests_of_some(void **state)
{
    struct advert advert = {BT_LE_ADV_OPT_EXT_ADV | BT_LE_ADV_OPT_SCANNABLE |
                                BT_LE_ADV_OPT_NOTIFY_SCAN_REQ | BT_LE_ADV_OPT_FILTER_SCAN_REQ,
                            0};
    begin();
    assert_int_equal(accept(ADV, &nodes[FRIEND].addr), 0);
    sim_on(nodes[ADV].host, do_advertise, &advert);
    scan(OTHER, BT_LE_SCAN_OPT_NONE);
    sim_run(sim, 2 * SECOND);
    assert_int_equal(nodes[ADV].scanned[OTHER], 0);
    scan(FRIEND, BT_LE_SCAN_OPT_NONE);
    sim_run(sim, 2 * SECOND);
    assert_true(nodes[ADV].scanned[FRIEND] > 0);
    assert_int_equal(nodes[ADV].scanned[OTHER], 0);
    sim_on(nodes[ADV].host, do_stop, NULL);
    assert_int_equal(accept(ADV, &nodes[OTHER].addr), 0);
    end();
}

// A set that a filter goes with is refused where the two cannot be.
static void do_refused(void *arg)
{
    struct bt_le_ext_adv *none;
    struct bt_le_adv_param param =
        BT_LE_ADV_PARAM_INIT(BT_LE_ADV_OPT_EXT_ADV | BT_LE_ADV_OPT_CONN | BT_LE_ADV_OPT_FILTER_CONN,
                             0x20, 0x20, &nodes[FRIEND].addr);
    assert_int_equal(bt_le_ext_adv_create(&param, NULL, &none), -EINVAL);
    param.peer = NULL;
    param.options = BT_LE_ADV_OPT_EXT_ADV | BT_LE_ADV_OPT_CODED | BT_LE_ADV_OPT_REQUIRE_S8_CODING;
    assert_int_equal(bt_le_ext_adv_create(&param, NULL, &none), -ENOTSUP);
}

static void sets_refuse_what_cannot_be(void **state)
{
    begin();
    sim_on(nodes[ADV].host, do_refused, NULL);
    end();
}

// The scanner that only looks for a train does not use the list, whatever it did before.
static void a_search_leaves_the_list_alone(void **state)
{
    begin();
    assert_int_equal(accept(OTHER, &nodes[FRIEND].addr), 0);
    // A scan by the list that has ended does not count ...
    scan(OTHER, BT_LE_SCAN_OPT_FILTER_ACCEPT_LIST);
    assert_int_equal(accept(OTHER, &nodes[ADV].addr), -EBUSY);
    sim_on(nodes[OTHER].host, do_scan_stop, NULL);
    sim_on(nodes[OTHER].host, do_search, NULL);
    sim_run(sim, SECOND);
    assert_int_equal(accept(OTHER, &nodes[ADV].addr), 0);
    // ... one beside the search does, as long as it lasts.
    scan(OTHER, BT_LE_SCAN_OPT_FILTER_ACCEPT_LIST);
    sim_run(sim, SECOND);
    assert_int_equal(accept(OTHER, &nodes[OTHER].addr), -EBUSY);
    sim_on(nodes[OTHER].host, do_scan_stop, NULL);
    assert_int_equal(accept(OTHER, &nodes[OTHER].addr), 0);
    sim_on(nodes[OTHER].host, do_search_end, NULL);
    sim_run(sim, SECOND);
    assert_int_equal(nodes[OTHER].terms, 1);
    end();
}

static void do_hide(void *arg)
{
    assert_int_equal(breeze_privacy_set(BREEZE_PRIVACY_RPA), 0);
    assert_int_equal(bt_le_set_rpa_timeout(2), 0);
}

// A connectable set rests whenever its address rotates; its time goes on.
static void a_set_keeps_its_time_across_rotations(void **state)
{
    static const uint32_t kinds[] = {BT_LE_ADV_OPT_CONN, BT_LE_ADV_OPT_CONN | BT_LE_ADV_OPT_EXT_ADV,
                                     BT_LE_ADV_OPT_EXT_ADV};
    if (!CONFIG_BREEZE_PRIVACY) {
        skip();
    }
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        struct advert advert = {kinds[i], 700};
        begin();
        sim_on(nodes[ADV].host, do_hide, NULL);
        sim_on(nodes[ADV].host, do_advertise, &advert);
        sim_run(sim, 6900000);
        assert_int_equal(nodes[ADV].sent, 0);
        sim_run(sim, 200000);
        assert_int_equal(nodes[ADV].sent, 1);
        // The next start has all of it again.
        advert.timeout = 300;
        sim_on(nodes[ADV].host, do_advertise, &advert);
        sim_run(sim, 2900000);
        assert_int_equal(nodes[ADV].sent, 1);
        sim_run(sim, 200000);
        assert_int_equal(nodes[ADV].sent, 2);
        end();
    }
}

// ---- No address -----------------------------------------------------------------------------------

#if CONFIG_BREEZE_PRIVACY
static bool no_random;
int __real_crypto_rand(void *to, size_t len);
int __wrap_crypto_rand(void *to, size_t len);

int __wrap_crypto_rand(void *to, size_t len)
{
    return no_random ? -EAGAIN : __real_crypto_rand(to, len);
}

static void do_expire(void *arg)
{
    struct bt_le_adv_param param =
        BT_LE_ADV_PARAM_INIT(BT_LE_ADV_OPT_EXT_ADV | BT_LE_ADV_OPT_CONN, 0x20, 0x20, NULL);
    assert_int_equal(breeze_privacy_set(BREEZE_PRIVACY_RPA), 0);
    assert_int_equal(bt_le_set_rpa_timeout(1), 0);
    assert_int_equal(bt_le_ext_adv_create(&param, &set_cb, &set), 0);
}

static void do_start(void *arg)
{
    me()->result = bt_le_ext_adv_start(set, BT_LE_EXT_ADV_START_DEFAULT);
}

static void do_count(void *arg)
{
    me()->result = 0;
    for (unsigned int i = 0; i < CONFIG_BT_MAX_CONN; i++) {
        me()->result += conn_at(i)->state != CONN_FREE;
    }
}

// A start for which no private address can be made holds no connection slot.
static void a_start_without_an_address_holds_no_slot(void **state)
{
    begin();
    sim_on(nodes[ADV].host, do_expire, NULL);
    sim_run(sim, 2 * SECOND);
    no_random = true;
    sim_on(nodes[ADV].host, do_start, NULL);
    assert_int_equal(nodes[ADV].result, -EAGAIN);
    sim_on(nodes[ADV].host, do_count, NULL);
    assert_int_equal(nodes[ADV].result, 0);
    no_random = false;
    sim_on(nodes[ADV].host, do_start, NULL);
    assert_int_equal(nodes[ADV].result, 0);
    end();
}

#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sets_accept_some),
        cmocka_unit_test(sets_answer_scan_requests_of_some),
        cmocka_unit_test(sets_refuse_what_cannot_be),
        cmocka_unit_test(a_search_leaves_the_list_alone),
        cmocka_unit_test(a_set_keeps_its_time_across_rotations),
#if CONFIG_BREEZE_PRIVACY
        cmocka_unit_test(a_start_without_an_address_holds_no_slot),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
