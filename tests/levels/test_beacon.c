// Level beacon: it advertises, and there is nothing else in it.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <breeze/breeze.h>
#include <breeze/state.h>
#include <zephyr/bluetooth/bluetooth.h>
#include <zephyr/bluetooth/buf.h>

#include "peer.h"

static struct sim *sim;
static struct sim_host *host;
static struct peer peer;

static const uint8_t payload[] = {0x4c, 0x00, 'b', 'e', 'a', 'c', 'o', 'n'};
static const struct bt_data ad[] = {
    BT_DATA_BYTES(BT_DATA_FLAGS, BT_LE_AD_NO_BREDR),
    BT_DATA(BT_DATA_MANUFACTURER_DATA, payload, sizeof(payload)),
};

static void enable(void *arg)
{
    assert_int_equal(bt_enable(NULL), 0);
    assert_true(bt_is_ready());
}

static void disable(void *arg)
{
    assert_int_equal(bt_disable(), 0);
}

static void advertise(void *arg)
{
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_NCONN_IDENTITY, ad, 2, NULL, 0), 0);
}

static void stop(void *arg)
{
    assert_int_equal(bt_le_adv_stop(), 0);
}

static void advertise_connectable(void *arg)
{
    *(int *)arg = bt_le_adv_start(BT_LE_ADV_CONN_FAST_1, ad, 2, NULL, 0);
}

static void stats(void *arg)
{
    breeze_stats(arg);
}

static int setup(void **state)
{
    sim = sim_new(&(struct air_config){.seed = 7});
    host = sim_host_add(sim, &(struct air_controller_config){.name = "beacon"});
    sim_on(host, enable, NULL);
    return peer_open(&peer, sim) ? 0 : -1;
}

static int teardown(void **state)
{
    sim_on(host, disable, NULL);
    sim_free(sim);
    return 0;
}

static void expect_report(void)
{
    assert_true(peer_report_wait(&peer));
    assert_int_equal(peer.report_type, 3); // ADV_NONCONN_IND
    assert_int_equal(peer.report_len, 3 + 2 + sizeof(payload));
    assert_memory_equal(peer.report + 5, payload, sizeof(payload));
}

static void advertises(void **state)
{
    sim_on(host, advertise, NULL);
    assert_true(peer_scan(&peer, true));
    expect_report();
    sim_on(host, stop, NULL);
    sim_run(sim, 100000);
    assert_true(peer_scan(&peer, false));
    assert_true(peer_scan(&peer, true));
    assert_false(peer_report_wait(&peer));
}

static void lives_on_after_disable(void **state)
{
    assert_true(peer_scan(&peer, true));
    for (int i = 0; i < 20; i++) {
        sim_on(host, advertise, NULL);
        expect_report();
        sim_on(host, disable, NULL);
        sim_on(host, enable, NULL);
    }
}

static void is_never_connectable(void **state)
{
    int err = 0;
    sim_on(host, advertise_connectable, &err);
    assert_int_equal(err, -ENOTSUP);
}

// Data for a link that cannot be: skipped by its length, and what follows is understood.
static void hostile_17_data_without_links(void **state)
{
    static const uint8_t acl[] = {2, 0x40, 0x20, 5, 0, 1, 0, 4, 0, 0x0a};
    struct breeze_stats before;
    struct breeze_stats after;
    sim_on(host, stats, &before);
    for (int i = 0; i < 50; i++) {
        assert_int_equal(air_hci_inject(sim_controller(host), AIR_TO_HOST, acl, sizeof(acl), 0), 0);
    }
    sim_run(sim, 10000);
    sim_on(host, stats, &after);
    assert_int_equal(after.h4_skipped - before.h4_skipped, 50);
    assert_int_equal(after.resets, 0);
    sim_on(host, advertise, NULL);
    assert_true(peer_scan(&peer, true));
    expect_report();
}

// The whole state, the shim's included, is smaller than the buffers for links alone.
static void has_no_memory_for_links(void **state)
{
    assert_true(breeze_state_size() < (CONFIG_BT_BUF_ACL_RX_COUNT + CONFIG_BT_L2CAP_TX_BUF_COUNT) *
                                          (size_t)BT_BUF_ACL_RX_SIZE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(advertises),
        TEST(lives_on_after_disable),
        TEST(is_never_connectable),
        TEST(hostile_17_data_without_links),
        TEST(has_no_memory_for_links),
    };
    return cmocka_run_group_tests_name("level beacon", tests, NULL, NULL);
}
