// Pairing with a peer that breaks the rules, over the air: wrong PDUs, impossible features and keys
// (hostile inputs 41 to 47). Every PDU in every state: test_smp_walk.c; attacks: test_smp_attack.c.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "smp_users.h"

// ---- A peer that breaks the rules ---------------------------------------------------------------------------

struct raw {
    uint8_t pdu[70];
    size_t len;
};

static void do_send_raw(void *arg)
{
    struct raw *raw = arg;
    smp_send(smp_link_of(pair_here()->conn), raw->pdu, raw->len);
}

struct where {
    unsigned int who;
    enum smp_state state;
    bool is;
};

static void do_state(void *arg)
{
    struct where *where = arg;
    where->is = pair_here()->conn && smp_link_of(pair_here()->conn)->state == where->state;
}

static bool is_in_state(void *arg)
{
    struct where *where = arg;
    on(where->who, do_state, where);
    return where->is;
}

static void do_all_ended(void *arg)
{
    const struct smp_link *link = smp_link_of(pair_here()->conn);
    *(bool *)arg = !smp_is_pairing(link) && !loop_timer_running(&link->timer);
}

// One PDU that does not belong into this state of that side: the pairing fails, nothing is left of it.
static void break_rule(unsigned int who, enum smp_state state, const struct raw *raw)
{
    struct where where = {who, state, false};
    start(SMP_IO_DISPLAY_ONLY, SMP_IO_KEYBOARD_ONLY, NULL);
    assert_int_equal(ask(1, BT_SECURITY_L2), 0);
    while (!is_in_state(&where) && !both_over(NULL)) {
        (void)pair_until(never, NULL, 1000);
        if (can_type(1)) {
            on(1, do_type, NULL);
        }
    }
    assert_true(where.is);
    on(!who, do_send_raw, (void *)raw);
    for (int i = 0; i < 100 && !heard[who].failed; i++) {
        (void)pair_until(never, NULL, 1000);
    }
    assert_int_equal(heard[who].failed, 1);
    bool ended = false;
    on(who, do_all_ended, &ended);
    assert_true(ended);
    assert_int_equal(bonds(who), 0);
    pair_stop(&pair);
}

static void hostile_41_wrong_lengths(void **state)
{
    for (unsigned int who = 0; who < 2; who++) {
        for (size_t len = 1; len < 66; len += 3) {
            struct raw raw = {.pdu = {SMP_CONFIRM}, .len = len == 17 ? 18 : len};
            break_rule(who, SMP_CONFIRMED, &raw);
        }
    }
}

// Outside of a pairing, and unknown codes always: nothing happens.
static void hostile_41_nothing_to_do(void **state)
{
    start(SMP_IO_NONE, SMP_IO_NONE, NULL);
    for (unsigned int who = 0; who < 2; who++) {
        for (unsigned int code = 0; code < 256; code++) {
            struct raw raw = {.pdu = {(uint8_t)code}, .len = 17};
            on(who, do_send_raw, &raw);
            (void)pair_until(never, NULL, 20000);
        }
    }
    assert_int_equal(heard[0].failed + heard[1].failed, 0);
    quiet();
    assert_int_equal(ask(1, BT_SECURITY_L2), 0);
    run_pairing();
    assert_int_equal(heard[0].complete, 1);
    pair_stop(&pair);
}

// Features that no peer may have (hostile 42, 43); the answer is Pairing Failed and nothing remains.
static void hostile_42_43_features(void **state)
{
    static const struct {
        uint8_t pdu[7];
        enum bt_security_err err;
    } requests[] = {
        {{1, 3, 0, 1, 0, 0, 0}, BT_SECURITY_ERR_INVALID_PARAM},     // Key size 0
        {{1, 3, 0, 1, 6, 0, 0}, BT_SECURITY_ERR_INVALID_PARAM},     // ... 6
        {{1, 3, 0, 1, 17, 0, 0}, BT_SECURITY_ERR_INVALID_PARAM},    // ... 17
        {{1, 3, 0, 1, 255, 0, 0}, BT_SECURITY_ERR_INVALID_PARAM},   // ... 255
        {{1, 3, 0, 1, 15, 0, 0}, BT_SECURITY_ERR_AUTH_REQUIREMENT}, // Below our policy
        {{1, 5, 0, 1, 16, 0, 0}, BT_SECURITY_ERR_INVALID_PARAM},    // IO capability
        {{1, 3, 2, 1, 16, 0, 0}, BT_SECURITY_ERR_INVALID_PARAM},    // OOB flag
    };
    for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
        struct raw raw = {.len = 7};
        memcpy(raw.pdu, requests[i].pdu, 7);
        start(SMP_IO_NONE, SMP_IO_NONE, NULL);
        on(1, do_send_raw, &raw);
        (void)pair_until(never, NULL, 200000);
        assert_int_equal(heard[0].failed, 1);
        assert_int_equal(heard[0].reason, requests[i].err);
        quiet();
        pair_stop(&pair);
    }
}

// A peer that fails again and again has to wait (hostile 47).
static void hostile_47_repeated_attempts(void **state)
{
    start(SMP_IO_DISPLAY_ONLY, SMP_IO_KEYBOARD_ONLY, NULL);
    user[1].wrong = true;
    for (int i = 0; i < 3; i++) {
        forget();
        assert_int_equal(ask(1, BT_SECURITY_L2), 0);
        run_pairing();
        assert_int_equal(heard[0].failed, 1);
    }
    assert_int_equal(ask(1, BT_SECURITY_L2), -EAGAIN);
    // A peer that does not wait is told so, and starts nothing here.
    struct raw raw = {.pdu = {SMP_PAIRING_REQ, 3, 0, 1, 16, 0, 0}, .len = 7};
    forget();
    on(1, do_send_raw, &raw);
    (void)pair_until(never, NULL, 200000);
    assert_int_equal(heard[0].failed, 0);
    quiet();
    (void)pair_until(never, NULL, 3000000);
    user[1].wrong = false;
    assert_int_equal(ask(1, BT_SECURITY_L2), 0);
    run_pairing();
    assert_int_equal(heard[0].complete, 1);
    pair_stop(&pair);
}

// ---- A peer's public key: reflected, or known to everyone (hostile 44) -----------------------------------------

static void do_get_key(void *arg)
{
    struct raw *raw = arg;
    raw->pdu[0] = SMP_PUBLIC_KEY;
    memcpy(raw->pdu + 1, smp_run.pub, 64);
    raw->len = 65;
}

static void bad_key(const struct raw *raw)
{
    struct raw request = {.pdu = {SMP_PAIRING_REQ, SMP_IO_NONE, 0, SMP_AUTH_SC, 16, 0, 0},
                          .len = 7};
    on(1, do_send_raw, &request);
    (void)pair_until(never, NULL, 100000);
    on(1, do_send_raw, (void *)raw);
    (void)pair_until(never, NULL, 200000);
    assert_int_equal(heard[0].failed, 1);
    assert_int_equal(heard[0].reason, BT_SECURITY_ERR_AUTH_FAIL);
    quiet();
}

static void hostile_44_public_keys(void **state)
{
    struct raw key = {.len = 65};
    start(SMP_IO_NONE, SMP_IO_NONE, NULL);
    curve_ready(0);
    on(0, do_get_key, &key);
    bad_key(&key);
    pair_stop(&pair);
    start(SMP_IO_NONE, SMP_IO_NONE, NULL);
    curve_ready(0);
    on(0, do_get_key, &key);
    key.pdu[64] ^= 1; // The same X
    bad_key(&key);
    pair_stop(&pair);
    start(SMP_IO_NONE, SMP_IO_NONE, NULL);
    memset(key.pdu + 1, 0, 64);
    bad_key(&key);
    pair_stop(&pair);
}

// An argument names the tests to run ("hostile_*").
int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(hostile_41_wrong_lengths, after),
        cmocka_unit_test_teardown(hostile_41_nothing_to_do, after),
        cmocka_unit_test_teardown(hostile_42_43_features, after),
        cmocka_unit_test_teardown(hostile_44_public_keys, after),
        cmocka_unit_test_teardown(hostile_47_repeated_attempts, after),
    };
    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
