// Two hosts with users, for scenarios of pairing: what each host hears, what its user does, and how a
// pairing is begun and played to its end. Included once by each program, behind cmocka.h.
#ifndef BREEZE_TESTS_SCENARIO_SMP_USERS_H_
#define BREEZE_TESTS_SCENARIO_SMP_USERS_H_

#include <breeze/breeze.h>
#include <breeze/settings.h>
#include <breeze/smp.h>
#include <zephyr/bluetooth/hci.h>

#include "smp/state.h"
#include "support/pair.h"

#define LIMIT_US 60000000

static struct pair pair;

// What one host heard.
static struct heard {
    unsigned int changed;
    bt_security_t level;
    enum bt_security_err err;
    unsigned int complete;
    bool bonded;
    unsigned int failed;
    enum bt_security_err reason;
    unsigned int deleted;
    unsigned int cancelled;
    unsigned int shown;
    unsigned int asked;
    unsigned int compared;
    uint32_t number;
    unsigned int confirmed;
} heard[2];

// What its user does.
static struct {
    bool wrong;  // Types or says the wrong thing.
    bool silent; // Does nothing.
    bool refuse; // pairing_accept says no.
} user[2];

static inline unsigned int here(void)
{
    return (unsigned int)(pair_here() - pair.hosts);
}

static inline void on_changed(struct bt_conn *conn, bt_security_t level, enum bt_security_err err)
{
    if (!pair_now()) {
        return;
    }
    struct heard *h = &heard[here()];
    h->changed++;
    h->level = level;
    h->err = err;
}

BT_CONN_CB_DEFINE(smp_test_callbacks) = {.security_changed = on_changed};

static inline enum bt_security_err on_accept(struct bt_conn *conn,
                                             const struct bt_conn_pairing_feat *const feat)
{
    return user[here()].refuse ? BT_SECURITY_ERR_PAIR_NOT_ALLOWED : BT_SECURITY_ERR_SUCCESS;
}

static struct bt_conn *late_conn[2];

// The one who types sees what the other shows; who types on both sides agrees on a number.
static inline void do_type(void *arg)
{
    unsigned int me = here();
    uint32_t number = heard[!me].shown ? heard[!me].number : 123456;
    struct bt_conn *conn = late_conn[me];
    late_conn[me] = NULL;
    assert_int_equal(bt_conn_auth_passkey_entry(conn, (number + user[me].wrong) % 1000000), 0);
}

static inline void on_display(struct bt_conn *conn, unsigned int passkey)
{
    heard[here()].shown++;
    heard[here()].number = passkey;
}

static inline void on_entry(struct bt_conn *conn)
{
    heard[here()].asked++;
    late_conn[here()] = conn;
}

static inline void on_compare(struct bt_conn *conn, unsigned int passkey)
{
    heard[here()].compared++;
    heard[here()].number = passkey;
    if (user[here()].wrong) {
        (void)bt_conn_auth_cancel(conn);
    } else if (!user[here()].silent) {
        assert_int_equal(bt_conn_auth_passkey_confirm(conn), 0);
    }
}

static inline void on_cancel(struct bt_conn *conn)
{
    heard[here()].cancelled++;
    late_conn[here()] = NULL;
}

static const struct bt_conn_auth_cb ios[] = {
    [SMP_IO_DISPLAY_ONLY] = {.pairing_accept = on_accept,
                             .passkey_display = on_display,
                             .cancel = on_cancel},
    [SMP_IO_DISPLAY_YESNO] = {.passkey_display = on_display,
                              .passkey_confirm = on_compare,
                              .cancel = on_cancel},
    [SMP_IO_KEYBOARD_ONLY] = {.passkey_entry = on_entry, .cancel = on_cancel},
    [SMP_IO_NONE] = {.pairing_accept = on_accept},
    [SMP_IO_KEYBOARD_DISPLAY] = {.passkey_display = on_display,
                                 .passkey_entry = on_entry,
                                 .passkey_confirm = on_compare,
                                 .cancel = on_cancel},
};

static inline void on_complete(struct bt_conn *conn, bool bonded)
{
    heard[here()].complete++;
    heard[here()].bonded = bonded;
}

static inline void on_failed(struct bt_conn *conn, enum bt_security_err reason)
{
    heard[here()].failed++;
    heard[here()].reason = reason;
}

static inline void on_deleted(uint8_t id, const bt_addr_le_t *peer)
{
    heard[here()].deleted++;
}

static struct bt_conn_auth_info_cb infos[2];

static inline void on(unsigned int who, void (*fn)(void *arg), void *arg)
{
    sim_on(pair.hosts[who].host, fn, arg);
}

struct setup {
    uint8_t io;
    struct breeze_smp_policy policy;
};

static inline void do_setup(void *arg)
{
    const struct setup *setup = arg;
    infos[here()] = (struct bt_conn_auth_info_cb){
        .pairing_complete = on_complete, .pairing_failed = on_failed, .bond_deleted = on_deleted};
    (void)bt_conn_auth_cb_register(NULL);
    assert_int_equal(bt_conn_auth_cb_register(&ios[setup->io]), 0);
    (void)bt_conn_auth_info_cb_register(&infos[here()]);
    assert_int_equal(breeze_smp_policy_set(&setup->policy), 0);
}

static inline void forget(void)
{
    memset(heard, 0, sizeof(heard));
    memset(late_conn, 0, sizeof(late_conn));
}

static inline void start(uint8_t peripheral_io, uint8_t central_io,
                         const struct breeze_smp_policy *policy)
{
    static const struct breeze_smp_policy none;
    struct pair_options options = {.seed = 11, .subscribe = true};
    struct setup setup[2] = {{peripheral_io, policy ? *policy : none},
                             {central_io, policy ? *policy : none}};
    forget();
    memset(user, 0, sizeof(user));
    assert_true(pair_start(&pair, &options));
    on(0, do_setup, &setup[0]);
    on(1, do_setup, &setup[1]);
}

struct ask {
    bt_security_t level;
    int err;
};

static inline void do_ask(void *arg)
{
    struct ask *ask = arg;
    ask->err = bt_conn_set_security(pair_here()->conn, ask->level);
}

static inline int ask(unsigned int who, bt_security_t level)
{
    struct ask a = {level, 0};
    on(who, do_ask, &a);
    return a.err;
}

static inline bool both_over(void *arg)
{
    return (heard[0].complete || heard[0].failed) && (heard[1].complete || heard[1].failed);
}

static inline bool one_changed(void *arg)
{
    return heard[0].changed && heard[1].changed;
}

static inline bool never(void *arg)
{
    return false;
}

// There is something to type: the other side shows it, or its user was asked as well.
static inline bool can_type(unsigned int who)
{
    return late_conn[who] && !user[who].silent && (heard[!who].shown || heard[!who].asked);
}

static inline bool over_with_users(void *arg)
{
    for (unsigned int who = 0; who < 2; who++) {
        if (can_type(who)) {
            return true;
        }
    }
    return both_over(NULL);
}

static inline void run_pairing(void)
{
    while (!both_over(NULL)) {
        assert_true(pair_until(over_with_users, NULL, LIMIT_US));
        for (unsigned int who = 0; who < 2; who++) {
            if (can_type(who)) {
                on(who, do_type, NULL);
            }
        }
    }
}

// Our key pair is there: at once, or with the controller's cryptography when that has made it.
static inline void do_curve(void *arg)
{
    *(int *)arg = smp_curve_pair();
}

static inline void curve_ready(unsigned int who)
{
    int err = -EINPROGRESS;
    for (int i = 0; i < 100 && err; i++) {
        on(who, do_curve, &err);
        assert_true(!err || err == -EINPROGRESS);
        (void)pair_until(never, NULL, err ? 1000 : 0);
    }
    assert_int_equal(err, 0);
}

// Nothing is held: no pairing, no timer of ours, no secret.
static inline void do_check_idle(void *arg)
{
    for (unsigned int i = 0; i < CONFIG_BT_MAX_CONN; i++) {
        const struct smp_link *link = &smp_run.links[i];
        assert_false(smp_is_pairing(link));
        assert_false(loop_timer_running(&link->timer));
        assert_int_equal(link->post.bits, 0);
        assert_int_equal(link->out_len, 0);
        assert_int_equal(link->cmds, 0);
    }
}

static inline void do_count_bonds(void *arg)
{
    unsigned int *count = arg;
    *count = 0;
    for (unsigned int i = 0; i < CONFIG_BT_MAX_PAIRED; i++) {
        *count += smp_reg.bonds[i].flags & SMP_KEYS_USED ? 1 : 0;
    }
}

static inline unsigned int bonds(unsigned int who)
{
    unsigned int count;
    on(who, do_count_bonds, &count);
    return count;
}

static inline void quiet(void)
{
    on(0, do_check_idle, NULL);
    on(1, do_check_idle, NULL);
}

static inline bool encrypted(void)
{
    struct air_link_stats stats;
    assert_int_equal(
        air_link_stats(sim_controller(pair.hosts[1].host), pair.hosts[1].handle, &stats), 0);
    return stats.encrypted;
}

// A failed test leaves no simulation behind for the next.
static inline int after(void **state)
{
    if (pair_now()) {
        pair_stop(&pair);
    }
    return 0;
}

#endif // BREEZE_TESTS_SCENARIO_SMP_USERS_H_
