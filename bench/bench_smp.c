// Pairing and encrypting again on the virtual air: virtual time of each, and with a NAME one side's
// units for callgrind (bench/run.py). Without P-256 and AES, which are the library's: instructions
// of them are not counted, and in virtual time they take none. Usage: bench_smp [NAME], names as
// printed with ".central" or ".peripheral" behind them.
#include <stdio.h>
#include <string.h>

#include <breeze/breeze.h>
#include <breeze/smp.h>
#include <valgrind/callgrind.h>

#include "support/pair.h"

#define UNITS 20

static struct pair pair;

static void collect(bool on)
{
    CALLGRIND_TOGGLE_COLLECT;
}

static unsigned int completed[2];
static unsigned int secured[2];

static unsigned int me(void)
{
    return (unsigned int)(pair_here() - pair.hosts);
}

static void on_secured(struct bt_conn *conn, bt_security_t level, enum bt_security_err err)
{
    if (pair_now()) {
        secured[me()] += !err;
    }
}

BT_CONN_CB_DEFINE(bench_smp_callbacks) = {.security_changed = on_secured};

static void on_number(struct bt_conn *conn, unsigned int passkey)
{
    (void)bt_conn_auth_passkey_confirm(conn);
}

static void on_show(struct bt_conn *conn, unsigned int passkey)
{
}

static void on_cancel(struct bt_conn *conn)
{
}

static const struct bt_conn_auth_cb with_user = {
    .passkey_display = on_show, .passkey_confirm = on_number, .cancel = on_cancel};
static const struct bt_conn_auth_cb without = {0};

static void on_complete(struct bt_conn *conn, bool bonded)
{
    completed[me()] += bonded;
}

static struct bt_conn_auth_info_cb infos[2];

static const struct unit {
    const char *name;
    bool no_sc;
    const struct bt_conn_auth_cb *auth;
    bool again; // Encrypt with the bond.
} units[] = {
    {"smp.pair", false, &without, false},
    {"smp.pair_numeric", false, &with_user, false},
    {"smp.pair_legacy", true, &without, false},
    {"smp.encrypt", false, &without, true},
};

static void do_setup(void *arg)
{
    const struct unit *unit = arg;
    const struct breeze_smp_policy policy = {.no_sc = unit->no_sc};
    infos[me()].pairing_complete = on_complete;
    (void)bt_conn_auth_info_cb_register(&infos[me()]);
    (void)bt_conn_auth_cb_register(unit->auth);
    (void)breeze_smp_policy_set(&policy);
}

static void do_unpair(void *arg)
{
    (void)bt_unpair(BT_ID_DEFAULT, NULL);
}

static void do_secure(void *arg)
{
    if (bt_conn_set_security(pair_here()->conn, BT_SECURITY_L2)) {
        fprintf(stderr, "bench: bt_conn_set_security() refused\n");
    }
}

struct goal {
    const unsigned int *what;
    unsigned int count;
};

static bool reached(void *arg)
{
    const struct goal *goal = arg;
    return goal->what[0] >= goal->count && goal->what[1] >= goal->count;
}

static void on(unsigned int who, void (*fn)(void *arg), void *arg)
{
    sim_on(pair.hosts[who].host, fn, arg);
}

// What the central's call begins, until both sides were told; in microseconds, negative: it failed.
static int64_t secure(unsigned int *what, int watched)
{
    struct goal goal = {what, what[PAIR_CENTRAL] + 1};
    int64_t start = air_now(sim_air(pair.sim));
    if (watched >= 0) {
        sim_watch(pair.hosts[watched].host, collect);
    }
    on(PAIR_CENTRAL, do_secure, NULL);
    bool done = pair_until(reached, &goal, 20000000);
    sim_watch(NULL, NULL);
    return done ? air_now(sim_air(pair.sim)) - start : -1;
}

// A unit on a new link, what was kept before forgotten or (again) used.
static int64_t unit_once(const struct unit *unit, int watched)
{
    if (!pair_disconnect(&pair, PAIR_CENTRAL)) {
        return -1;
    }
    for (unsigned int who = 0; who < 2 && !unit->again; who++) {
        on(who, do_unpair, NULL);
    }
    if (!pair_connect(&pair, 6)) {
        return -1;
    }
    sim_run(pair.sim, 500000); // Features, data length, PHY.
    return secure(unit->again ? secured : completed, watched);
}

static bool run_unit(const struct unit *unit, int watched, double *ms)
{
    const struct pair_options options = {.seed = 5};
    int64_t sum = 0;
    memset(completed, 0, sizeof(completed));
    memset(secured, 0, sizeof(secured));
    if (!pair_start(&pair, &options)) {
        return false;
    }
    for (unsigned int who = 0; who < 2; who++) {
        on(who, do_setup, (void *)unit);
    }
    bool ok = !unit->again || secure(completed, -1) >= 0;
    for (int i = 0; ok && i < UNITS; i++) {
        int64_t us = unit_once(unit, watched);
        ok = us >= 0;
        sum += us;
    }
    *ms = (double)sum / UNITS / 1000;
    for (unsigned int who = 0; who < 2; who++) {
        on(who, do_unpair, NULL);
    }
    pair_stop(&pair);
    return ok;
}

int main(int argc, char **argv)
{
    double ms;
    for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
        size_t len = strlen(units[i].name);
        if (argc > 1 && (strncmp(argv[1], units[i].name, len) || argv[1][len] != '.')) {
            continue;
        }
        int watched = argc < 2                             ? -1
                      : !strcmp(argv[1] + len, ".central") ? PAIR_CENTRAL
                                                           : PAIR_PERIPHERAL;
        if (!run_unit(&units[i], watched, &ms)) {
            fprintf(stderr, "bench: %s failed\n", units[i].name);
            return 1;
        }
        if (argc < 2) {
            printf("%s.ms %.3f\n", units[i].name, ms);
        }
    }
    return 0;
}
