// Requests of a peripheral that meet procedures of the central's (Vol 6, Part B, 5.3): whenever they are
// made, they come to their end, and the application never hears of the collision.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <breeze/conn.h>

#include "conn/conn.h"
#include "support/pair.h"

#define LIMIT_US 20000000LL
#define STEP_US  3000

static struct pair pair;
static unsigned int failed;
static unsigned int collided;

static void on_failed(struct bt_conn *conn, uint8_t status)
{
    failed++;
}

static const struct breeze_conn_failed_cb failed_cb = {.param_update = on_failed,
                                                       .phy_update = on_failed};

static void do_watch(void *arg)
{
    breeze_conn_failed_cb_set(&failed_cb);
}

static void do_params(void *arg)
{
    assert_int_equal(bt_conn_le_param_update(pair_here()->conn, BT_LE_CONN_PARAM(24, 24, 0, 400)),
                     0);
}

static void do_phy(void *arg)
{
    assert_int_equal(bt_conn_le_phy_update(pair_here()->conn, BT_CONN_LE_PHY_PARAM_1M), 0);
}

// What the host that is asked now has.
static struct seen {
    uint16_t interval;
    uint8_t phy;
    unsigned int tries;
} seen;

static void do_look(void *arg)
{
    const struct bt_conn *conn = pair_here()->conn;
    seen = (struct seen){conn->interval, conn->phy.tx_phy,
                         (unsigned int)conn->update_tries + conn->phy_tries};
}

static void look(unsigned int who)
{
    sim_on(pair.hosts[who].host, do_look, NULL);
}

static bool has_params(void *arg)
{
    look(PAIR_PERIPHERAL);
    return seen.interval == 24;
}

static bool has_phy(void *arg)
{
    look(PAIR_PERIPHERAL);
    return seen.phy == BT_GAP_LE_PHY_1M;
}

static void begin(void)
{
    struct pair_options options = {.seed = 21, .interval = 12};
    failed = 0;
    assert_true(pair_enable(&pair, &options));
    sim_on(pair.hosts[PAIR_PERIPHERAL].host, do_watch, NULL);
    assert_true(pair_connect(&pair, 12));
}

static void end(void)
{
    sim_run(pair.sim, 2000000);
    look(PAIR_PERIPHERAL);
    collided += seen.tries;
    assert_int_equal(failed, 0);
    pair_stop(&pair);
}

// At each moment of a new link, whose data length and PHY are being settled.
static void parameters_on_a_new_link(void **state)
{
    collided = 0;
    for (int64_t us = 0; us < 300000; us += STEP_US) {
        begin();
        sim_run(pair.sim, us);
        sim_on(pair.hosts[PAIR_PERIPHERAL].host, do_params, NULL);
        assert_true(pair_until(has_params, NULL, LIMIT_US));
        end();
    }
    assert_true(collided > 0);
}

// The central changes the parameters.
static void pitfall_87_phys_beside_parameters(void **state)
{
    collided = 0;
    for (int64_t us = 0; us < 120000; us += STEP_US) {
        begin();
        sim_run(pair.sim, 1000000);
        assert_false(has_phy(NULL));
        sim_on(pair.hosts[PAIR_CENTRAL].host, do_params, NULL);
        sim_run(pair.sim, us);
        sim_on(pair.hosts[PAIR_PERIPHERAL].host, do_phy, NULL);
        assert_true(pair_until(has_phy, NULL, LIMIT_US));
        end();
    }
    assert_true(collided > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameters_on_a_new_link),
        cmocka_unit_test(pitfall_87_phys_beside_parameters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
