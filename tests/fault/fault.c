// Fault sweeps: each scenario is run once to count the points where a fault can strike, then once per
// point with it; what must hold afterwards is checked.
//
// The victim is one of the two hosts. Faults: its buffers for PDUs run out for 100 ms; a command of
// its is refused; a command gets no answer; an event towards it is lost, or comes twice; the other
// device loses power; the application calls bt_disable() from a callback; its settings refuse a change.
//
// After each: no crash; every call returned; within 60 s of virtual time every procedure that was
// started has ended, exactly once, or its link is up; after bt_disable() all pools are full, no
// timer runs and no reference is held; after bt_enable() the scenario passes without the fault;
// bonds are whole, and the same in the settings (fault_smp.h).
//
// The scenarios: links and scanning here, GATT in fault_gatt.h, sets and trains in fault_adv.h, channels
// in fault_l2cap.h, pairing, and in builds that have them enhanced bearers and signed writes, in
// fault_smp.h.
//
// Usage: fault [-s STRIDE] [-v] [SCENARIO [KIND [VICTIM [POINT]]]]
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <breeze/breeze.h>
#include <zephyr/bluetooth/bluetooth.h>
#include <zephyr/bluetooth/conn.h>
#include <zephyr/bluetooth/hci.h>

#include "conn/conn.h"
#include "hci/state.h"
#include "kernel/loop.h"
#include "sim.h"

#define PERIPHERAL 0
#define CENTRAL    1

#define TICK_US  5000
#define STEP_US  10000000
#define AFTER_US 61000000 // Longer than any time-out of the host, and one more second.
#define HOLD_US  100000

enum kind { NO_BUFFER, REFUSED, UNANSWERED, LOST, DOUBLED, POWER, DISABLED, STORE, KINDS };
static const char *const kind_names[] = {"no-buffer", "refused", "unanswered", "lost",
                                         "doubled",   "power",   "disabled",   "store"};

// ---- The fault ---------------------------------------------------------------------------------

static struct {
    enum kind kind;
    int victim;
    unsigned int point; // Counts up; strikes when it is `at`. 0: only counts.
    unsigned int at;
    bool armed;
    int64_t since;
    struct net_buf *held[CONFIG_BT_L2CAP_TX_BUF_COUNT];
    unsigned int held_count;
    bool power_off;
} fault;

static struct sim *sim;

static struct side {
    struct sim_host *host;
    bt_addr_le_t addr;
    struct bt_conn *conn;
    bool enabled;
    int err;
    unsigned int connected, failed, disconnected;
    unsigned int reports, found, written, notified, updated, sent;
    unsigned int started, ended; // Procedures
    unsigned int held;           // Objects that last until the application or the host ends them.
    unsigned int known;          // Links whose peer's version and features are known.
} sides[2];

static struct side *here(void)
{
    return &sides[sim_current() == sides[CENTRAL].host];
}

static bool strikes(enum kind kind)
{
    return fault.armed && fault.kind == kind && ++fault.point == fault.at;
}

// Every callback of the application begins here.
static struct side *callback(void)
{
    if (here() == &sides[fault.victim] && strikes(DISABLED)) {
        (void)bt_disable();
        here()->enabled = false;
    }
    return here();
}

struct net_buf *__real_acl_tx_alloc(void);
struct net_buf *__wrap_acl_tx_alloc(void);

struct net_buf *__wrap_acl_tx_alloc(void)
{
    if (sim && sim_current() == sides[fault.victim].host && strikes(NO_BUFFER)) {
        struct net_buf *buf;
        while ((buf = __real_acl_tx_alloc()) != NULL) {
            fault.held[fault.held_count++] = buf;
        }
        fault.since = air_now(sim_air(sim));
        return NULL;
    }
    return __real_acl_tx_alloc();
}

static void held_release(void *arg)
{
    while (fault.held_count) {
        net_buf_unref(fault.held[--fault.held_count]);
    }
}

// A Command Complete, or for commands that end later a Command Status, with an error.
static void refuse(struct air_controller *controller, const uint8_t *command)
{
    static const uint16_t later[] = {0x0406, 0x041d, 0x200d, 0x2013, 0x2016,
                                     0x2019, 0x2032, 0x2043, 0x2044, 0x207e};
    uint16_t opcode = (uint16_t)(command[1] | command[2] << 8);
    uint8_t complete[] = {0x04, 0x0e, 0x04, 0x01, command[1], command[2], 0x0c};
    uint8_t status[] = {0x04, 0x0f, 0x04, 0x0c, 0x01, command[1], command[2]};
    bool is_later = false;
    for (size_t i = 0; i < ARRAY_SIZE(later); i++) {
        is_later = is_later || later[i] == opcode;
    }
    (void)air_hci_inject(controller, AIR_TO_HOST, is_later ? status : complete, 7, 100);
}

static enum air_verdict filter(void *ctx, enum air_dir dir, const uint8_t *packet, size_t len)
{
    struct air_controller *controller = sim_controller(sides[fault.victim].host);
    bool command = dir == AIR_TO_CONTROLLER && packet[0] == 0x01;
    bool event = dir == AIR_TO_HOST && packet[0] == 0x04;
    if (command && strikes(REFUSED)) {
        refuse(controller, packet);
        return AIR_DROP;
    }
    if (command && strikes(UNANSWERED)) {
        return AIR_DROP;
    }
    if (event && strikes(LOST)) {
        return AIR_DROP;
    }
    if (event && strikes(DOUBLED)) {
        (void)air_hci_inject(controller, AIR_TO_HOST, packet, len, 10);
    }
    if (dir == AIR_TO_HOST && strikes(POWER)) {
        fault.power_off = true; // Not from in here: the air is at work.
    }
    return AIR_PASS;
}

// Let time pass; faults that last end.
static void pass(int64_t us)
{
    struct air_controller *other = sim_controller(sides[!fault.victim].host);
    for (; us > 0; us -= TICK_US) {
        sim_run(sim, TICK_US);
        if (fault.power_off) {
            fault.power_off = false;
            air_controller_power(other, false);
            sim_run(sim, HOLD_US);
            air_controller_power(other, true);
        }
        if (fault.held_count && air_now(sim_air(sim)) - fault.since >= HOLD_US) {
            sim_on(sides[fault.victim].host, held_release, NULL);
        }
    }
}

static bool until(const unsigned int *what, unsigned int at_least)
{
    for (int64_t left = STEP_US; left > 0 && *what < at_least; left -= TICK_US) {
        pass(TICK_US);
    }
    return *what >= at_least;
}

// ---- The application ---------------------------------------------------------------------------

static void on_connected(struct bt_conn *conn, uint8_t err)
{
    struct side *side = callback();
    side->failed += err != 0;
    side->connected += !err;
    if (!err && !side->conn) {
        side->conn = bt_conn_ref(conn);
    }
}

static void on_disconnected(struct bt_conn *conn, uint8_t reason)
{
    struct side *side = callback();
    side->disconnected++;
    if (side->conn == conn) {
        bt_conn_unref(conn);
        side->conn = NULL;
    }
}

static void on_recycled(void)
{
    (void)callback();
}

static void on_updated(struct bt_conn *conn, uint16_t interval, uint16_t latency, uint16_t timeout)
{
    callback()->updated++;
}

static void on_known(struct bt_conn *conn, struct bt_conn_remote_info *info)
{
    callback()->known++;
}

static void on_subrate(struct bt_conn *conn, const struct bt_conn_le_subrate_changed *changed)
{
    struct side *side = callback();
    side->updated += !changed->status;
}

BT_CONN_CB_DEFINE(fault_callbacks) = {
    .connected = on_connected,
    .disconnected = on_disconnected,
    .recycled = on_recycled,
    .le_param_updated = on_updated,
    .remote_info_available = on_known,
    .subrate_changed = on_subrate,
};

static void on_report(const bt_addr_le_t *addr, int8_t rssi, uint8_t type,
                      struct net_buf_simple *buf)
{
    callback()->reports++;
}

// ---- Calls: each runs inside a host and returns what the API said ---------------------------------

static int call_enable(void)
{
    int err = here()->enabled ? 0 : bt_enable(NULL);
    size_t count = 1;
    if (!err) {
        here()->enabled = true;
        bt_id_get(&here()->addr, &count);
    }
    return err;
}

static int call_advertise(void)
{
    return bt_le_adv_start(BT_LE_ADV_CONN_FAST_1, NULL, 0, NULL, 0);
}

static int call_advertise_directed(void)
{
    return bt_le_adv_start(BT_LE_ADV_CONN_DIR_LOW_DUTY(&sides[CENTRAL].addr), NULL, 0, NULL, 0);
}

static int call_advertise_fast(void)
{
    return bt_le_adv_start(BT_LE_ADV_CONN_DIR(&sides[CENTRAL].addr), NULL, 0, NULL, 0);
}

static int call_create(void)
{
    struct bt_conn *conn = NULL;
    int err = bt_conn_le_create(&sides[PERIPHERAL].addr, BT_CONN_LE_CREATE_CONN,
                                BT_LE_CONN_PARAM(12, 12, 0, 100), &conn);
    if (conn) {
        bt_conn_unref(conn);
    }
    return err;
}

static int call_accept(void)
{
    return bt_le_filter_accept_list_add(&sides[PERIPHERAL].addr);
}

static int call_create_auto(void)
{
    return bt_conn_le_create_auto(BT_CONN_LE_CREATE_CONN_AUTO, BT_LE_CONN_PARAM(12, 12, 0, 100));
}

static int call_scan(void)
{
    return bt_le_scan_start(BT_LE_SCAN_ACTIVE, on_report);
}

static int call_update(void)
{
    return here()->conn ? bt_conn_le_param_update(here()->conn, BT_LE_CONN_PARAM(24, 24, 0, 200))
                        : -ENOTCONN;
}

static int call_subrate_accept(void)
{
    static const struct bt_conn_le_subrate_param accepted = {1, 10, 1, 5, 600};
    return bt_conn_le_subrate_set_defaults(&accepted);
}

static int call_subrate(void)
{
    static const struct bt_conn_le_subrate_param rest = {4, 8, 0, 1, 500};
    return here()->conn ? bt_conn_le_subrate_request(here()->conn, &rest) : -ENOTCONN;
}

static int call_disconnect(void)
{
    return here()->conn ? bt_conn_disconnect(here()->conn, BT_HCI_ERR_REMOTE_USER_TERM_CONN)
                        : -ENOTCONN;
}

// Parameters are the host's while a procedure runs: a set for each, free again when it ended.
static int started(int err)
{
    here()->started += !err;
    return err;
}

static int call_disable(void)
{
    here()->enabled = false;
    int err = bt_disable();
    return err == -EALREADY ? 0 : err;
}

struct job {
    int (*fn)(void);
    int err;
};

static void run_job(void *arg)
{
    struct job *job = arg;
    job->err = job->fn();
}

static bool does(int who, int (*fn)(void))
{
    struct job job = {fn, -1};
    sim_on(sides[who].host, run_job, &job);
    return job.err == 0;
}

// ---- Scenarios: true when all went as it should ---------------------------------------------------

static bool up(void)
{
    return does(PERIPHERAL, call_enable) && does(CENTRAL, call_enable);
}

static bool both(unsigned int base_p, unsigned int base_c)
{
    return until(&sides[PERIPHERAL].connected, base_p + 1) &&
           until(&sides[CENTRAL].connected, base_c + 1);
}

static bool link_up(int (*advertise)(void), int (*create)(void))
{
    unsigned int p = sides[PERIPHERAL].connected;
    unsigned int c = sides[CENTRAL].connected;
    return up() && does(PERIPHERAL, advertise) && does(CENTRAL, create) && both(p, c);
}

static bool link_down(int who)
{
    unsigned int p = sides[PERIPHERAL].disconnected;
    unsigned int c = sides[CENTRAL].disconnected;
    return does(who, call_disconnect) && until(&sides[PERIPHERAL].disconnected, p + 1) &&
           until(&sides[CENTRAL].disconnected, c + 1);
}

static bool procedure(int who, int (*fn)(void))
{
    unsigned int ended = sides[who].ended;
    return does(who, fn) && until(&sides[who].ended, ended + 1);
}

static bool scenario_connect(void)
{
    return link_up(call_advertise, call_create) && link_down(CENTRAL) &&
           link_up(call_advertise_directed, call_create) && link_down(PERIPHERAL);
}

// Nobody comes: it ends by itself.
static bool scenario_directed(void)
{
    unsigned int failed = sides[PERIPHERAL].failed;
    return up() && does(PERIPHERAL, call_advertise_fast) &&
           until(&sides[PERIPHERAL].failed, failed + 1) &&
           link_up(call_advertise_fast, call_create) && link_down(CENTRAL);
}

static bool scenario_scan(void)
{
    unsigned int reports = sides[CENTRAL].reports;
    return up() && does(PERIPHERAL, call_advertise) && does(CENTRAL, call_scan) &&
           until(&sides[CENTRAL].reports, reports + 1) && does(CENTRAL, bt_le_scan_stop) &&
           does(PERIPHERAL, bt_le_adv_stop);
}

static bool scenario_accept(void)
{
    return up() && does(CENTRAL, call_accept) && link_up(call_advertise, call_create_auto) &&
           link_down(CENTRAL) && does(CENTRAL, bt_le_filter_accept_list_clear);
}

static bool scenario_update(void)
{
    unsigned int p = sides[PERIPHERAL].updated;
    return link_up(call_advertise, call_create) && does(PERIPHERAL, call_update) &&
           until(&sides[PERIPHERAL].updated, p + 1) && link_down(CENTRAL);
}

static bool both_know(unsigned int base_p, unsigned int base_c)
{
    return until(&sides[PERIPHERAL].known, base_p + 1) && until(&sides[CENTRAL].known, base_c + 1);
}

static bool known_up(void)
{
    unsigned int p = sides[PERIPHERAL].known;
    unsigned int c = sides[CENTRAL].known;
    return link_up(call_advertise, call_create) && both_know(p, c);
}

static bool scenario_subrate(void)
{
    unsigned int p = sides[PERIPHERAL].updated;
    unsigned int c = sides[CENTRAL].updated;
    return up() && does(CENTRAL, call_subrate_accept) && known_up() &&
           does(PERIPHERAL, call_subrate) && until(&sides[PERIPHERAL].updated, p + 1) &&
           until(&sides[CENTRAL].updated, c + 1) && link_down(PERIPHERAL);
}

#include "fault_adv.h"
#include "fault_gatt.h"
#include "fault_l2cap.h"
#include "fault_smp.h"

static const struct {
    const char *name;
    bool (*run)(void);
    enum air_level level;
} scenarios[] = {{"connect", scenario_connect, AIR_LEVEL_DEFAULT},
                 {"connect-4.2", scenario_connect, AIR_LEVEL_4_2}, // Legacy commands
                 {"directed", scenario_directed, AIR_LEVEL_DEFAULT},
                 {"scan", scenario_scan, AIR_LEVEL_DEFAULT},
                 {"scan-4.2", scenario_scan, AIR_LEVEL_4_2},
                 {"accept", scenario_accept, AIR_LEVEL_DEFAULT},
                 {"update", scenario_update, AIR_LEVEL_DEFAULT},
                 {"subrate", scenario_subrate, AIR_LEVEL_DEFAULT},
                 {"sets", scenario_sets, AIR_LEVEL_DEFAULT},
                 {"train", scenario_train, AIR_LEVEL_DEFAULT},
                 {"transfer", scenario_transfer, AIR_LEVEL_DEFAULT},
                 {"read", scenario_read, AIR_LEVEL_DEFAULT},
                 {"read-long", scenario_read_long, AIR_LEVEL_DEFAULT},
                 {"write", scenario_write, AIR_LEVEL_DEFAULT},
                 {"reliable", scenario_reliable, AIR_LEVEL_DEFAULT},
                 {"notify", scenario_notify, AIR_LEVEL_DEFAULT},
                 {"indicate", scenario_indicate, AIR_LEVEL_DEFAULT},
                 {"crossing", scenario_crossing, AIR_LEVEL_DEFAULT},
                 {"channel", scenario_channel, AIR_LEVEL_DEFAULT},
                 {"ecred", scenario_ecred, AIR_LEVEL_DEFAULT},
                 SMP_SCENARIOS};

// ---- What must hold ------------------------------------------------------------------------------

static void count_left(void *arg)
{
    unsigned int *left = arg;
    struct breeze_stats stats;
    breeze_stats(&stats);
    *left += (unsigned int)loop_timer_count();
    *left += hci_run.state != HCI_OFF;
    for (unsigned int i = 0; i < CONFIG_BT_MAX_CONN; i++) {
        *left += conn_at(i)->state != CONN_FREE;
    }
}

static void count_pools(void *arg)
{
    unsigned int *left = arg;
    struct breeze_stats stats;
    breeze_stats(&stats);
    *left += stats.tx_free != CONFIG_BT_L2CAP_TX_BUF_COUNT;
    *left += stats.acl_rx_free != CONFIG_BT_BUF_ACL_RX_COUNT;
    *left += stats.evt_rx_free != CONFIG_BT_BUF_EVT_RX_COUNT;
}

static const char *check(bool (*run)(void))
{
    fault.armed = false;
    pass(AFTER_US);
    for (int i = 0; i < 2; i++) {
        if (sides[i].ended > sides[i].started) {
            return "a procedure ended twice";
        }
        if (sides[i].ended < sides[i].started && !sides[i].conn) {
            return "a procedure never ended";
        }
    }
    for (int i = 0; i < 2; i++) {
        unsigned int left = 0;
        sim_on(sides[i].host, count_half, &left);
        if (left) {
            return "a pairing did not end, or half a bond is kept";
        }
        if (!does(i, call_disable)) {
            return "bt_disable() failed";
        }
        sim_run(sim, 200000); // Called before from a callback, it runs in the next step.
        sim_on(sides[i].host, count_left, &left);
        if (left || sides[i].conn || sides[i].held || sides[i].ended != sides[i].started) {
            return "something is left after bt_disable()";
        }
    }
    if (!up()) {
        return "bt_enable() failed";
    }
    for (int i = 0; i < 2; i++) {
        unsigned int left = 0;
        sim_on(sides[i].host, count_pools, &left);
        left += chan_pools_left(i);
        if (left) {
            return "a pool is not full";
        }
    }
    return run() ? NULL : "the scenario does not pass any more";
}

static void begin(enum air_level level)
{
    struct air_controller_config config = {.latency_us = 200, .level = level};
    memset(sides, 0, sizeof(sides));
    chan_begin();
    value_len = 0;
    sim = sim_new(&(struct air_config){.seed = 3});
    for (int i = 0; i < 2; i++) {
        config.name = i ? "central" : "peripheral";
        sides[i].host = sim_host_add(sim, &config);
    }
    air_hci_filter(sim_controller(sides[fault.victim].host), filter, NULL);
}

static void finish(void)
{
    (void)does(PERIPHERAL, call_disable);
    (void)does(CENTRAL, call_disable);
    struct sim *old = sim;
    sim = NULL;
    sim_free(old);
}

// One run; what went wrong, or NULL. Without a fault the points are counted.
static unsigned int disturbed; // Runs that the fault kept from passing.

static const char *attempt(size_t scenario, enum kind kind, int victim, unsigned int at,
                           unsigned int *points)
{
    bool (*run)(void) = scenarios[scenario].run;
    memset(&fault, 0, sizeof(fault));
    fault.kind = kind;
    fault.victim = victim;
    fault.at = at;
    begin(scenarios[scenario].level);
    fault.armed = true;
    bool passed = run();
    bool struck = fault.point >= at;
    disturbed += at && !passed;
    if (points) {
        *points = fault.point;
    }
    const char *wrong = check(run);
    if (!struck) {
        wrong = "the fault did not strike";
    }
    if (!at && !passed) {
        wrong = "does not pass without a fault";
    }
    finish();
    return wrong;
}

// ---- The sweep -----------------------------------------------------------------------------------

static bool chosen(int argc, char **argv, int i, const char *name)
{
    return i >= argc || !strcmp(argv[i], name);
}

int main(int argc, char **argv)
{
    unsigned int stride = 1;
    bool verbose = false;
    for (int option; (option = getopt(argc, argv, "s:v")) != -1;) {
        if (option == 's') {
            stride = (unsigned int)atoi(optarg);
        }
        verbose = verbose || option == 'v';
    }
    if (!stride) {
        fprintf(stderr, "usage: fault [-s STRIDE] [-v] [SCENARIO [KIND [VICTIM [POINT]]]]\n");
        return 2;
    }
    argc -= optind;
    argv += optind;
    unsigned int only = argc > 3 ? (unsigned int)atoi(argv[3]) : 0;
    unsigned int tried = 0;
    unsigned int failures = 0;
    for (size_t s = 0; s < ARRAY_SIZE(scenarios); s++) {
        for (unsigned int c = 0; c < 2 * KINDS && chosen(argc, argv, 0, scenarios[s].name); c++) {
            enum kind kind = (enum kind)(c / 2);
            int victim = (int)c % 2;
            const char *side = victim ? "central" : "peripheral";
            unsigned int points = 0;
            if (!chosen(argc, argv, 1, kind_names[kind]) || !chosen(argc, argv, 2, side)) {
                continue;
            }
            const char *wrong = attempt(s, kind, victim, 0, &points);
            for (unsigned int at = only ? only : 1; !wrong && at <= points; at += stride) {
                const char *bad = attempt(s, kind, victim, at, NULL);
                tried++;
                failures += bad != NULL;
                if (bad) {
                    printf("fault %s %s %s %u: %s\n", scenarios[s].name, kind_names[kind], side, at,
                           bad);
                }
                if (only) {
                    break;
                }
            }
            failures += wrong != NULL;
            if (verbose || wrong) {
                printf("%s %s %s: %u points%s%s\n", scenarios[s].name, kind_names[kind], side,
                       points, wrong ? ": " : "", wrong ? wrong : "");
            }
        }
    }
    printf("%u points tried, %u kept the scenario from passing, %u failures\n", tried, disturbed,
           failures);
    return failures ? 1 : 0;
}
