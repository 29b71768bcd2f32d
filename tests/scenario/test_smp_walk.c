// Every PDU in every state of a pairing (hostile 41): the whole product of states, codes, roles and
// kinds of pairing, each with the right and with a wrong length. What has to come of it is a table
// of its own here, from Vol 3, Part H, 2.4 and 3, so that a wrong row of src/smp/pair.c does not
// agree with itself.
//
// A host is brought into a state once; then each PDU is given to it, what it did is looked at, and its
// whole state is put back (breeze/state.h).
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <breeze/state.h>

#include "l2cap/l2cap.h"
#include "smp_users.h"

#define CODES 15 // 1 to 14; 0 stands for all that mean nothing.

// Lengths with the code.
static const uint8_t lens[CODES] = {4, 7, 7, 17, 17, 2, 17, 11, 17, 8, 17, 2, 65, 17, 2};

// What becomes of each code, in the order of the codes, 0 first: '.' nothing at all, 't' it is
// taken (with what it carries here that mostly ends the pairing by its own error), 'x' it ends the
// pairing.
struct effects {
    const char *peripheral;
    const char *central;
};

static const struct effects expected[] = {
    //                   0123456789abcde    0123456789abcde
    [SMP_IDLE] = {".t.............", "...........t..."},
    [SMP_REQUESTED] = {NULL, ".xtxxtxxxxx.xxx"},
    [SMP_KEY] = {".xxxxtxxxxxxtxx", ".xxxxtxxxxx.txx"},
    [SMP_CONFIRMED] = {".xxtxtxxxxxxxx.", ".xxtxtxxxxx.xx."},
    [SMP_RANDOMED] = {".xxxttxxxxxxxx.", ".xxxttxxxxx.xx."},
    [SMP_CHECKED] = {".xxxxtxxxxxxxt.", ".xxxxtxxxxx.xt."},
    [SMP_LOCAL] = {".xxxxtxxxxxxxx.", ".xxxxtxxxxx.xx."},
    [SMP_ENCRYPTING] = {".xxxxtxxxxxxxxx", ".xxxxtxxxxx.xxx"},
    [SMP_KEYS] = {".xxxxttxxxxxxxx", ".xxxxttxxxx.xxx"}, // The first half of the first key.
    [SMP_DEAD] = {"...............", "..............."},
};

// How each state is come by; states that are missing here are none of that role and kind.
static const struct way {
    uint8_t who;
    bool sc;
    uint8_t state;
    uint8_t io[2]; // The peripheral's and the central's.
    bool silent;   // The user does nothing.
} ways[] = {
#define PASSKEY                                                                                    \
    {                                                                                              \
        SMP_IO_DISPLAY_ONLY, SMP_IO_KEYBOARD_ONLY                                                  \
    }
#define PASSKEY_BACK                                                                               \
    {                                                                                              \
        SMP_IO_KEYBOARD_ONLY, SMP_IO_DISPLAY_ONLY                                                  \
    }
#define NUMERIC                                                                                    \
    {                                                                                              \
        SMP_IO_DISPLAY_YESNO, SMP_IO_DISPLAY_YESNO                                                 \
    }
    {0, true, SMP_IDLE, PASSKEY, false},        {1, true, SMP_IDLE, PASSKEY, false},
    {1, true, SMP_REQUESTED, PASSKEY, false},   {0, true, SMP_KEY, PASSKEY, false},
    {1, true, SMP_KEY, PASSKEY, false},         {0, true, SMP_CONFIRMED, PASSKEY, false},
    {1, true, SMP_CONFIRMED, PASSKEY, false},   {1, true, SMP_CONFIRMED, NUMERIC, false},
    {0, true, SMP_RANDOMED, PASSKEY, false},    {1, true, SMP_RANDOMED, PASSKEY, false},
    {0, true, SMP_RANDOMED, NUMERIC, false},    {1, true, SMP_RANDOMED, NUMERIC, false},
    {0, true, SMP_CHECKED, PASSKEY, false},     {1, true, SMP_CHECKED, PASSKEY, false},
    {0, true, SMP_CHECKED, NUMERIC, false},     {1, true, SMP_CHECKED, NUMERIC, false},
    {0, true, SMP_LOCAL, NUMERIC, true},        {1, true, SMP_LOCAL, NUMERIC, true},
    {0, true, SMP_LOCAL, PASSKEY_BACK, true},   {1, true, SMP_LOCAL, PASSKEY, true},
    {0, true, SMP_ENCRYPTING, PASSKEY, false},  {1, true, SMP_ENCRYPTING, PASSKEY, false},
    {0, true, SMP_DEAD, PASSKEY_BACK, true},    {1, true, SMP_DEAD, PASSKEY, true},
    {0, false, SMP_IDLE, PASSKEY, false},       {1, false, SMP_IDLE, PASSKEY, false},
    {1, false, SMP_REQUESTED, PASSKEY, false},  {0, false, SMP_CONFIRMED, PASSKEY, false},
    {1, false, SMP_CONFIRMED, PASSKEY, false},  {0, false, SMP_RANDOMED, PASSKEY, false},
    {1, false, SMP_RANDOMED, PASSKEY, false},   {0, false, SMP_LOCAL, PASSKEY_BACK, true},
    {1, false, SMP_LOCAL, PASSKEY, true},       {0, false, SMP_ENCRYPTING, PASSKEY, false},
    {1, false, SMP_ENCRYPTING, PASSKEY, false}, {0, false, SMP_KEYS, PASSKEY, false},
    {1, false, SMP_KEYS, PASSKEY, false},       {0, false, SMP_DEAD, PASSKEY_BACK, true},
    {1, false, SMP_DEAD, PASSKEY, true},
};

static void do_state(void *arg)
{
    *(uint8_t *)arg = smp_link_of(pair_here()->conn)->state;
}

static void come_by(const struct way *way)
{
    const struct breeze_smp_policy policy = {.no_sc = !way->sc};
    uint8_t state = SMP_IDLE;
    start(way->io[0], way->io[1], &policy);
    if (way->state == SMP_IDLE) {
        return;
    }
    user[way->who].silent = way->silent;
    assert_int_equal(ask(1, BT_SECURITY_L2), 0);
    for (int64_t us = 0; us < 32000000 && state != way->state; us += 500) {
        (void)pair_until(never, NULL, 500);
        for (unsigned int who = 0; who < 2; who++) {
            if (can_type(who)) {
                on(who, do_type, NULL);
            }
        }
        on(way->who, do_state, &state);
    }
    assert_int_equal(state, way->state);
}

static uint8_t memory[1 << 16];

struct given {
    uint8_t code;
    uint8_t len;
    uint8_t who;
    char effect;
};

// Nothing of the pairing is left: no wait, no timer, no secret, no bond.
static void check_over(const struct smp_link *link)
{
    static const struct smp_link none;
    assert_false(smp_is_pairing(link));
    assert_false(loop_timer_running(&link->timer));
    assert_int_equal(link->waits, 0);
    assert_memory_equal(link->req, none.req,
                        offsetof(struct smp_link, keys) - offsetof(struct smp_link, req));
    for (unsigned int i = 0; i < CONFIG_BT_MAX_PAIRED; i++) {
        assert_int_equal(smp_reg.bonds[i].flags, 0);
    }
}

static char effect_of(const struct smp_link *link, const struct smp_link *before,
                      const struct heard *told)
{
    struct smp_link now = *link;
    memcpy(now.out, before->out, sizeof(now.out)); // What was sent stays there,
    now.in_air = before->in_air;                   // ... and is on its way.
    if (!memcmp(&now, before, sizeof(now))) {
        assert_int_equal(told->failed, 0);
        return '.';
    }
    if (!told->failed) {
        return 't';
    }
    assert_int_equal(told->failed, 1);
    check_over(link);
    return told->reason == BT_SECURITY_ERR_UNSPECIFIED ? 'x' : 't';
}

static void do_give(void *arg)
{
    struct given *given = arg;
    struct smp_link *link = smp_link_of(pair_here()->conn);
    const struct heard before_heard = heard[given->who];
    struct smp_link before = *link;
    breeze_state_save(memory);
    heard[given->who].failed = 0;
    struct net_buf *pdu = l2cap_tx_alloc();
    assert_non_null(pdu);
    uint8_t *octets = net_buf_add(pdu, given->len);
    memset(octets, 0, given->len);
    octets[0] = given->code;
    for (uint8_t i = 1; i < given->len; i++) {
        octets[i] = i;
    }
    smp_recv(pair_here()->conn, pdu);
    given->effect = effect_of(link, &before, &heard[given->who]);
    breeze_state_load(memory);
    heard[given->who] = before_heard;
}

static void give(const struct way *way, struct given *given, char wanted)
{
    on(way->who, do_give, given);
    if (given->effect != wanted) {
        fail_msg("%s, %s, state %u: PDU %02x of %u octets: '%c', not '%c'",
                 way->who ? "central" : "peripheral", way->sc ? "SC" : "legacy", way->state,
                 given->code, given->len, given->effect, wanted);
    }
}

static void walk(const struct way *way)
{
    const struct effects *all = &expected[way->state];
    const char *effects = way->who ? all->central : all->peripheral;
    bool pairing = way->state != SMP_IDLE && way->state != SMP_DEAD;
    come_by(way);
    for (uint8_t code = 0; code < CODES; code++) {
        struct given right = {.code = code, .len = lens[code], .who = way->who};
        give(way, &right, effects[code]);
        // A wrong length of a known code is an error of its own during a pairing (3.5.5), nothing else.
        char wrong = pairing && code ? 't' : '.';
        for (int by = -1; by <= 1; by += 2) {
            struct given other = right;
            other.len = (uint8_t)(right.len + by);
            give(way, &other, wrong);
        }
    }
    static const uint8_t unknown[] = {0x0f, 0x10, 0x7f, 0x80, 0xff};
    for (size_t i = 0; i < sizeof(unknown); i++) {
        struct given none = {unknown[i], 17, way->who, 0};
        give(way, &none, '.');
    }
    pair_stop(&pair);
}

static void hostile_41_the_whole_product(void **state)
{
    assert_in_range(breeze_state_size(), 1, sizeof(memory));
    for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
        walk(&ways[i]);
    }
}

// Both tables speak of the same states: each that a role can be in has a way to it.
static void every_state_has_a_way(void **state)
{
    for (uint8_t s = SMP_IDLE; s <= SMP_DEAD; s++) {
        for (uint8_t who = 0; who < 2; who++) {
            bool found = false;
            for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
                found |= ways[i].state == s && ways[i].who == who;
            }
            assert_int_equal(found, (who ? expected[s].central : expected[s].peripheral) != NULL);
        }
    }
}

// An argument names the tests to run ("hostile_*").
int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(hostile_41_the_whole_product, after),
        cmocka_unit_test(every_state_has_a_way),
    };
    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
