// See cycles.h. The peripheral is the host that goes through the cycles; the central stays up and is
// what it talks to.
#include "support/cycles.h"

#include <stdio.h>

#include <breeze/breeze.h>

#include "conn/conn.h"
#include "hci/state.h"
#include "kernel/loop.h"
#include "support/pair.h"

static struct pair pair;

// Client procedures that were started and those that ended.
static unsigned int started;
static unsigned int ended;

static void ignore_ready(int err)
{
}

static void enable_async(void *arg)
{
    *(int *)arg = bt_enable(ignore_ready);
}

static void enable_sync(void *arg)
{
    *(int *)arg = bt_enable(NULL);
}

static void disable(void *arg)
{
    *(int *)arg = bt_disable();
}

static const struct bt_data ad[] = {BT_DATA_BYTES(BT_DATA_FLAGS, BT_LE_AD_GENERAL)};

static void advertise(void *arg)
{
    *(int *)arg = bt_le_adv_start(BT_LE_ADV_CONN_FAST_1, ad, 1, NULL, 0);
}

static void on_report(const bt_addr_le_t *addr, int8_t rssi, uint8_t type,
                      struct net_buf_simple *data)
{
}

static void scan(void *arg)
{
    *(int *)arg = bt_le_scan_start(BT_LE_SCAN_ACTIVE, on_report);
}

// Towards a peer that never advertises: stays an attempt.
static void initiate(void *arg)
{
    bt_addr_le_t nobody = {.type = BT_ADDR_LE_RANDOM, .a.val = {1, 2, 3, 4, 5, 0xc6}};
    struct bt_conn *conn = NULL;
    *(int *)arg =
        bt_conn_le_create(&nobody, BT_CONN_LE_CREATE_CONN, BT_LE_CONN_PARAM_DEFAULT, &conn);
    if (conn) {
        bt_conn_unref(conn);
    }
}

static uint8_t discovered(struct bt_conn *conn, const struct bt_gatt_attr *attr,
                          struct bt_gatt_discover_params *params)
{
    ended += !attr;
    return BT_GATT_ITER_CONTINUE;
}

static void traffic(void *arg)
{
    static struct bt_gatt_discover_params params;
    static const uint8_t payload[20];
    params = (struct bt_gatt_discover_params){.func = discovered,
                                              .start_handle = 1,
                                              .end_handle = 0xffff,
                                              .type = BT_GATT_DISCOVER_PRIMARY};
    struct bt_conn *conn = pair_here()->conn;
    *(int *)arg = bt_gatt_discover(conn, &params);
    started += !*(int *)arg;
    while (bt_gatt_notify(conn, pair_notify_attr(), payload, sizeof(payload)) == 0) {
    }
}

static bool connect(void)
{
    return pair_connect(&pair, 6);
}

static bool connect_and_talk(void)
{
    int err = -1;
    if (connect()) {
        sim_on(pair.hosts[PAIR_PERIPHERAL].host, traffic, &err);
    }
    return err == 0;
}

// How the host is brought into each state.
static const struct {
    const char *name;
    void (*on_host)(void *arg);
    bool (*on_pair)(void);
} states[] = {
    {"idle", NULL, NULL},         {"advertising", advertise, NULL},
    {"scanning", scan, NULL},     {"initiating", initiate, NULL},
    {"connected", NULL, connect}, {"busy", NULL, connect_and_talk},
};

static void count_leftovers(void *arg)
{
    int *left = arg;
    *left += (int)loop_timer_count();
    *left += hci_run.state != HCI_OFF;
    for (unsigned int i = 0; i < CONFIG_BT_MAX_CONN; i++) {
        *left += conn_at(i)->state != CONN_FREE;
    }
    *left += started != ended;
    *left += pair.hosts[PAIR_PERIPHERAL].conn != NULL;
}

static bool central_free(void *arg)
{
    return !pair.hosts[PAIR_CENTRAL].conn;
}

static int cycle(unsigned int n)
{
    struct sim_host *host = pair.hosts[PAIR_PERIPHERAL].host;
    int err = 0;
    int left = 0;
    size_t state = n % ARRAY_SIZE(states);
    if (states[state].on_host) {
        sim_on(host, states[state].on_host, &err);
    } else if (states[state].on_pair && !states[state].on_pair()) {
        err = -1;
    }
    sim_run(pair.sim, (n * 7919) % 60000);
    if (!err) {
        sim_on(host, disable, &err);
    }
    if (err) {
        fprintf(stderr, "cycle %u (%s): %d\n", n, states[state].name, err);
        return -1;
    }
    sim_on(host, count_leftovers, &left);
    if (left) {
        fprintf(stderr, "cycle %u (%s): %d left\n", n, states[state].name, left);
    }
    // Every third cycle also stops a bring-up that has not ended.
    if (n % 3 == 0) {
        sim_on(host, enable_async, &err);
        sim_run(pair.sim, n % 700);
        sim_on(host, disable, &err);
        sim_on(host, count_leftovers, &left);
    }
    sim_on(host, enable_sync, &err);
    return err || !pair_until(central_free, NULL, 10000000) ? -1 : left;
}

int cycles_run(unsigned int count)
{
    struct pair_options options = {.seed = 11, .controller = {.latency_us = 200}};
    int left = 0;
    if (!pair_enable(&pair, &options)) {
        return -1;
    }
    for (unsigned int n = 0; n < count; n++) {
        int more = cycle(n);
        if (more < 0) {
            pair_stop(&pair);
            return -1;
        }
        left += more;
    }
    pair_stop(&pair);
    return left;
}
