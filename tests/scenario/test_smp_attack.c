// Attacks on pairing and on what it protects, each against a whole host: values that no peer may send,
// reflections, weaker keys over better ones, identities of others, plain text after a reconnection
// (hostile inputs 42, 43, 45, 48 to 50, 52).
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "l2cap/l2cap.h"
#include "smp_users.h"

// ---- What an attacker can do -------------------------------------------------------------------------

struct raw {
    uint8_t pdu[SMP_PDU_MAX];
    size_t len;
};

// A PDU that arrives at this host.
static void do_take(void *arg)
{
    const struct raw *raw = arg;
    struct net_buf *pdu = l2cap_tx_alloc();
    assert_non_null(pdu);
    net_buf_add_mem(pdu, raw->pdu, raw->len);
    smp_recv(pair_here()->conn, pdu);
}

static void take(unsigned int who, const struct raw *raw)
{
    on(who, do_take, (void *)raw);
}

// The central begins with a Pairing Request of the test's, and counts with it.
static void do_request(void *arg)
{
    struct smp_link *link = smp_link_of(pair_here()->conn);
    smp_expect(link, SMP_REQUESTED);
    memcpy(link->req, arg, SMP_FEATURE_LEN);
    smp_send(link, link->req, SMP_FEATURE_LEN);
}

struct peek {
    unsigned int who;
    uint8_t state;
    bool is;
    struct smp_link link; // A copy of what it was then.
};

static void do_peek(void *arg)
{
    struct peek *peek = arg;
    const struct smp_link *link = smp_link_of(pair_here()->conn);
    peek->is = link->state == peek->state;
    peek->link = *link;
}

// Play a pairing up to this state of this host.
static void until_state(struct peek *peek)
{
    peek->is = false;
    for (int i = 0; i < 4000 && !peek->is; i++) {
        (void)pair_until(never, NULL, 500);
        for (unsigned int who = 0; who < 2; who++) {
            if (can_type(who)) {
                on(who, do_type, NULL);
            }
        }
        on(peek->who, do_peek, peek);
    }
    assert_true(peek->is);
}

static void pair_to(struct peek *peek)
{
    assert_int_equal(ask(1, BT_SECURITY_L2), 0);
    until_state(peek);
}

static void wait(void)
{
    (void)pair_until(never, NULL, 300000);
}

static void failed_with(unsigned int who, enum bt_security_err reason)
{
    assert_int_equal(heard[who].failed, 1);
    assert_int_equal(heard[who].reason, reason);
    assert_int_equal(heard[who].complete, 0);
}

// ---- Key sizes (42) -----------------------------------------------------------------------------------

// Of a Pairing Response; those of a request are in test_smp_hostile.c.
static void hostile_42_key_size_of_a_response(void **state)
{
    static const struct {
        uint8_t size;
        uint8_t floor;
        enum bt_security_err err;
    } cases[] = {
        {0, 7, BT_SECURITY_ERR_INVALID_PARAM},     {6, 7, BT_SECURITY_ERR_INVALID_PARAM},
        {17, 7, BT_SECURITY_ERR_INVALID_PARAM},    {255, 7, BT_SECURITY_ERR_INVALID_PARAM},
        {15, 0, BT_SECURITY_ERR_AUTH_REQUIREMENT}, {11, 12, BT_SECURITY_ERR_AUTH_REQUIREMENT},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct setup setup = {SMP_IO_NONE, {.min_key_size = cases[i].floor}};
        struct peek peek = {.who = 1, .state = SMP_REQUESTED};
        struct raw raw = {{SMP_PAIRING_RSP, SMP_IO_NONE, 0, SMP_AUTH_SC, cases[i].size, 0, 0}, 7};
        start(SMP_IO_NONE, SMP_IO_NONE, NULL);
        on(1, do_setup, &setup);
        pair_to(&peek);
        take(1, &raw);
        failed_with(1, cases[i].err);
        pair_stop(&pair);
    }
}

static void do_shrink(void *arg)
{
    smp_link_of(pair_here()->conn)->keys.size = *(uint8_t *)arg;
}

// A peer with keys of this size, numbers compared.
static void pair_with_size(uint8_t size)
{
    const struct breeze_smp_policy any = {.min_key_size = 7};
    uint8_t request[] = {SMP_PAIRING_REQ, SMP_IO_DISPLAY_YESNO, 0, 0x0d, size, 0, 0};
    struct peek peek = {.who = 1, .state = SMP_KEY};
    start(SMP_IO_DISPLAY_YESNO, SMP_IO_DISPLAY_YESNO, &any);
    on(1, do_request, request);
    until_state(&peek);
    on(1, do_shrink, &size);
    run_pairing();
    assert_int_equal(heard[0].complete, 1);
}

static ssize_t read_secret(struct bt_conn *conn, const struct bt_gatt_attr *attr, void *buf,
                           uint16_t len, uint16_t offset)
{
    return bt_gatt_attr_read(conn, attr, buf, len, offset, "secret", 6);
}

// Values that need encryption, a user, Secure Connections.
static struct bt_gatt_attr secret_attrs[] = {
    BT_GATT_PRIMARY_SERVICE(BT_UUID_DECLARE_16(0x181a)),
    BT_GATT_CHARACTERISTIC(BT_UUID_DECLARE_16(0x2a6e), BT_GATT_CHRC_READ | BT_GATT_CHRC_NOTIFY,
                           BT_GATT_PERM_READ_ENCRYPT, read_secret, NULL, NULL),
    BT_GATT_CCC(NULL, BT_GATT_PERM_READ | BT_GATT_PERM_WRITE),
    BT_GATT_CHARACTERISTIC(BT_UUID_DECLARE_16(0x2a6e), BT_GATT_CHRC_READ, BT_GATT_PERM_READ_AUTHEN,
                           read_secret, NULL, NULL),
    BT_GATT_CHARACTERISTIC(BT_UUID_DECLARE_16(0x2a6e), BT_GATT_CHRC_READ, BT_GATT_PERM_READ_LESC,
                           read_secret, NULL, NULL),
};
#define SECRET_ENCRYPT 2
#define SECRET_AUTHEN  5
#define SECRET_LESC    7
static struct bt_gatt_service secret_service = BT_GATT_SERVICE(secret_attrs);
static uint16_t secret_handle;
static int secret_err;

static void do_serve(void *arg)
{
    assert_int_equal(bt_gatt_service_register(&secret_service), 0);
    secret_handle = bt_gatt_attr_get_handle(&secret_attrs[0]);
}

static void do_unserve(void *arg)
{
    assert_int_equal(bt_gatt_service_unregister(&secret_service), 0);
}

static uint8_t on_secret(struct bt_conn *conn, uint8_t err, struct bt_gatt_read_params *params,
                         const void *data, uint16_t len)
{
    secret_err = err;
    return BT_GATT_ITER_STOP;
}

static void do_read(void *arg)
{
    static struct bt_gatt_read_params params;
    params = (struct bt_gatt_read_params){.func = on_secret, .handle_count = 1};
    params.single.handle = (uint16_t)(secret_handle + *(unsigned int *)arg);
    assert_int_equal(bt_gatt_read(pair_here()->conn, &params), 0);
}

static bool secret_known(void *arg)
{
    return secret_err >= 0;
}

// What the peripheral answers the central's reading of this value.
static int read_of(unsigned int which)
{
    secret_err = -1;
    on(1, do_read, &which);
    assert_true(pair_until(secret_known, NULL, LIMIT_US));
    return secret_err;
}

// A short key is no key of level 4, however it was made; where the policy takes it at all.
static void hostile_42_key_of_7_octets(void **state)
{
    pair_with_size(7);
    assert_int_equal(heard[0].level, BT_SECURITY_L3);
    struct peek peek = {.who = 0, .state = SMP_IDLE};
    on(0, do_peek, &peek);
    on(0, do_serve, NULL);
    assert_int_equal(read_of(SECRET_AUTHEN), 0);
    assert_int_equal(read_of(SECRET_LESC), BT_ATT_ERR_ENCRYPTION_KEY_SIZE);
    on(0, do_unserve, NULL);
    pair_stop(&pair);
    pair_with_size(16);
    assert_int_equal(heard[0].level, BT_SECURITY_L4);
    pair_stop(&pair);
}

static void do_policy(void *arg)
{
    assert_int_equal(breeze_smp_policy_set(arg), 0);
}

// Nobody makes a bond worse, not even over the link that it encrypts.
static void hostile_42_keys_cannot_shrink(void **state)
{
    static const uint8_t request[] = {SMP_PAIRING_REQ, SMP_IO_DISPLAY_YESNO, 0, 0x0d, 7, 0, 0};
    struct breeze_smp_policy any = {.min_key_size = 7};
    start(SMP_IO_DISPLAY_YESNO, SMP_IO_DISPLAY_YESNO, &any);
    assert_int_equal(ask(1, BT_SECURITY_L4), 0);
    run_pairing();
    forget();
    on(1, do_request, (void *)request);
    wait();
    failed_with(0, BT_SECURITY_ERR_AUTH_REQUIREMENT);
    assert_int_equal(bonds(0), 1);
    pair_stop(&pair);
}

// A bond whose key is below a policy that came later encrypts nothing.
static void hostile_42_policy_after_the_bond(void **state)
{
    struct breeze_smp_policy strict = {.min_key_size = 16};
    pair_with_size(7);
    assert_true(pair_disconnect(&pair, 1));
    forget();
    on(0, do_policy, &strict);
    assert_true(pair_connect(&pair, 6));
    assert_int_equal(ask(1, BT_SECURITY_L2), 0);
    wait();
    assert_int_equal(heard[1].err, BT_SECURITY_ERR_PIN_OR_KEY_MISSING);
    assert_false(encrypted());
    pair_stop(&pair);
}

// ---- Reserved values (43) --------------------------------------------------------------------------------

// Bits that mean nothing are ignored, and not given back.
static void hostile_43_reserved_bits(void **state)
{
    uint8_t request[] = {
        SMP_PAIRING_REQ, SMP_IO_NONE, 0, 0xc0 | SMP_AUTH_SC | SMP_AUTH_BONDING, 16, 0xf0, 0xf0};
    struct peek peek = {.who = 1, .state = SMP_KEY};
    start(SMP_IO_NONE, SMP_IO_NONE, NULL);
    on(1, do_request, request);
    until_state(&peek);
    assert_int_equal(peek.link.rsp[3] & 0xc0, 0);
    assert_int_equal(peek.link.rsp[5], 0);
    assert_int_equal(peek.link.rsp[6], 0);
    run_pairing();
    assert_int_equal(heard[0].complete, 1);
    assert_int_equal(heard[1].complete, 1);
    quiet();
    pair_stop(&pair);
}

// What no Pairing Response may carry: IO capability, OOB flag, keys that were not offered.
static void hostile_43_responses(void **state)
{
    static const uint8_t responses[][7] = {
        {SMP_PAIRING_RSP, 5, 0, SMP_AUTH_SC, 16, 0, 0},
        {SMP_PAIRING_RSP, 255, 0, SMP_AUTH_SC, 16, 0, 0},
        {SMP_PAIRING_RSP, 3, 2, SMP_AUTH_SC, 16, 0, 0},
        {SMP_PAIRING_RSP, 3, 0, SMP_AUTH_SC, 16, 0x08, 0},
        {SMP_PAIRING_RSP, 3, 0, SMP_AUTH_SC, 16, 0, 0x08},
    };
    for (size_t i = 0; i < ARRAY_SIZE(responses); i++) {
        struct peek peek = {.who = 1, .state = SMP_REQUESTED};
        struct raw raw = {.len = SMP_FEATURE_LEN};
        memcpy(raw.pdu, responses[i], SMP_FEATURE_LEN);
        start(SMP_IO_NONE, SMP_IO_NONE, NULL);
        pair_to(&peek);
        take(1, &raw);
        failed_with(1, BT_SECURITY_ERR_INVALID_PARAM);
        pair_stop(&pair);
    }
}

// ---- Reflections and reuse (45) ---------------------------------------------------------------------------

// Whoever sends back our confirm value knows nothing: the answer is no random value but the end.
static void hostile_45_confirm_reflected(void **state)
{
    for (int sc = 0; sc < 2; sc++) {
        const struct breeze_smp_policy policy = {.no_sc = !sc};
        struct peek peek = {.who = 1, .state = SMP_CONFIRMED};
        struct raw raw = {{SMP_CONFIRM}, 17};
        start(SMP_IO_DISPLAY_ONLY, SMP_IO_KEYBOARD_ONLY, &policy);
        pair_to(&peek);
        memcpy(raw.pdu + 1, peek.link.own_confirm, 16);
        take(1, &raw);
        failed_with(1, BT_SECURITY_ERR_AUTH_FAIL);
        pair_stop(&pair);
    }
}

// The same random value as ours, where no commitment tells that it is wrong: Just Works, the
// peripheral.
static void hostile_45_random_reflected(void **state)
{
    struct peek peek = {.who = 0, .state = SMP_RANDOMED};
    struct raw raw = {{SMP_RANDOM}, 17};
    start(SMP_IO_NONE, SMP_IO_NONE, NULL);
    pair_to(&peek);
    memcpy(raw.pdu + 1, peek.link.own_rand, 16);
    take(0, &raw);
    failed_with(0, BT_SECURITY_ERR_AUTH_FAIL);
    pair_stop(&pair);
}

static void do_get_pub(void *arg)
{
    memcpy(arg, smp_run.pub, sizeof(smp_run.pub));
}

// After a failure: other random values, and another key pair; both sides.
static void hostile_45_nothing_is_used_again(void **state)
{
    uint8_t nonces[2][2][16];
    uint8_t keys[2][2][64];
    start(SMP_IO_NONE, SMP_IO_NONE, NULL);
    for (int i = 0; i < 2; i++) {
        struct peek peripheral = {.who = 0, .state = SMP_RANDOMED};
        struct peek central = {.who = 1, .state = SMP_RANDOMED};
        struct raw wrong = {{SMP_DHKEY_CHECK}, 17};
        forget();
        pair_to(&peripheral);
        memcpy(nonces[i][0], peripheral.link.own_rand, 16);
        until_state(&central);
        memcpy(nonces[i][1], central.link.own_rand, 16);
        on(0, do_get_pub, keys[i][0]);
        on(1, do_get_pub, keys[i][1]);
        central.state = SMP_CHECKED;
        until_state(&central);
        take(1, &wrong);
        failed_with(1, BT_SECURITY_ERR_AUTH_FAIL);
        wait();
        assert_int_equal(heard[0].failed, 1);
    }
    for (unsigned int who = 0; who < 2; who++) {
        assert_memory_not_equal(nonces[0][who], nonces[1][who], 16);
        assert_memory_not_equal(keys[0][who], keys[1][who], 64);
    }
    pair_stop(&pair);
}

// Each of the 20 rounds of a passkey has a random value of its own.
static void hostile_45_every_round_has_its_nonce(void **state)
{
    uint8_t before[16] = {0};
    unsigned int rounds = 0;
    struct peek peek = {.who = 0, .state = SMP_RANDOMED};
    start(SMP_IO_DISPLAY_ONLY, SMP_IO_KEYBOARD_ONLY, NULL);
    pair_to(&peek);
    for (int last = -1; !both_over(NULL);) {
        if (peek.link.state == SMP_RANDOMED && peek.link.round != last) {
            assert_memory_not_equal(peek.link.own_rand, before, 16);
            memcpy(before, peek.link.own_rand, 16);
            last = peek.link.round;
            rounds++;
        }
        (void)pair_until(never, NULL, 500);
        on(0, do_peek, &peek);
    }
    assert_int_equal(rounds, 20);
    assert_int_equal(heard[0].complete, 1);
    pair_stop(&pair);
}

// Out of band data that is made after a failure is of the new key pair.
static void do_oob(void *arg)
{
    struct bt_le_oob oob;
    assert_int_equal(bt_le_oob_get_local(BT_ID_DEFAULT, &oob), 0);
    memcpy(arg, smp_run.pub, sizeof(smp_run.pub));
}

// It may have to be made first.
static void do_oob_later(void *arg)
{
    struct bt_le_oob oob;
    int err = bt_le_oob_get_local(BT_ID_DEFAULT, &oob);
    assert_true(!err || err == -EAGAIN);
}

static void hostile_45_out_of_band_data_after_a_failure(void **state)
{
    uint8_t before[64];
    uint8_t again[64];
    uint8_t later[64];
    struct peek peek = {.who = 0, .state = SMP_CHECKED};
    struct raw wrong = {{SMP_DHKEY_CHECK}, 17};
    start(SMP_IO_NONE, SMP_IO_NONE, NULL);
    curve_ready(0);
    on(0, do_oob, before);
    on(0, do_oob, again);
    assert_memory_equal(before, again, 64); // What was shown stays true.
    pair_to(&peek);
    take(0, &wrong);
    wait();
    failed_with(0, BT_SECURITY_ERR_AUTH_FAIL);
    on(0, do_oob_later, NULL);
    curve_ready(0);
    on(0, do_oob, later);
    assert_memory_not_equal(before, later, 64);
    pair_stop(&pair);
}

// ---- Identities (48) -------------------------------------------------------------------------------------

// The central is made to look private, and offers its identity.
static void do_private(void *arg)
{
    static const bt_addr_le_t rpa = {BT_ADDR_LE_RANDOM, {{1, 2, 3, 4, 5, 0x42}}};
    pair_here()->conn->dst = rpa;
}

static void offer_identity(const bt_addr_le_t *addr, const uint8_t irk[16])
{
    uint8_t request[] = {
        SMP_PAIRING_REQ, SMP_IO_NONE, 0, SMP_AUTH_SC | SMP_AUTH_BONDING, 16, SMP_DIST_ID, 0};
    struct peek peek = {.who = 0, .state = SMP_KEYS};
    struct raw info = {{SMP_ID_INFO}, 17};
    struct raw id = {{SMP_ID_ADDR, addr->type}, 8};
    on(0, do_private, NULL);
    on(1, do_request, request);
    until_state(&peek);
    memcpy(info.pdu + 1, irk, 16);
    memcpy(id.pdu + 2, addr->a.val, 6);
    take(0, &info);
    take(0, &id);
}

static void hostile_48_addresses_that_are_no_identity(void **state)
{
    static const bt_addr_le_t none[] = {
        {2, {{1, 2, 3, 4, 5, 0xc6}}},
        {0xff, {{1, 2, 3, 4, 5, 0xc6}}},
        {BT_ADDR_LE_RANDOM, {{1, 2, 3, 4, 5, 0x46}}}, // Resolvable,
        {BT_ADDR_LE_RANDOM, {{1, 2, 3, 4, 5, 0x06}}}, // not resolvable
    };
    static const uint8_t irk[16] = {9};
    for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
        start(SMP_IO_NONE, SMP_IO_NONE, NULL);
        offer_identity(&none[i], irk);
        failed_with(0, BT_SECURITY_ERR_KEY_REJECTED);
        assert_int_equal(bonds(0), 0);
        pair_stop(&pair);
    }
}

static const bt_addr_le_t known = {BT_ADDR_LE_RANDOM, {{1, 2, 3, 4, 5, 0xc6}}};

static void do_know(void *arg)
{
    smp_reg.bonds[0] = (struct smp_keys){
        .flags = SMP_KEYS_USED | SMP_KEYS_AUTH | SMP_KEYS_SC | SMP_KEYS_OURS | SMP_KEYS_THEIRS,
        .size = 16,
        .addr = known,
        .ours.val = {42},
    };
    struct bt_le_oob oob;
    assert_int_equal(bt_le_oob_get_local(BT_ID_DEFAULT, &oob), 0);
    smp_reg.bonds[0].local = oob.addr;
}

static void do_check_known(void *arg)
{
    assert_int_equal(smp_reg.bonds[0].ours.val[0], 42);
    assert_true(smp_reg.bonds[0].flags & SMP_KEYS_AUTH);
}

// Behind a private address, with the identity of somebody else's authenticated bond (CVE-2021-3436).
static void hostile_48_identity_of_another_bond(void **state)
{
    static const uint8_t irk[16] = {9};
    start(SMP_IO_NONE, SMP_IO_NONE, NULL);
    curve_ready(0);
    on(0, do_know, NULL);
    offer_identity(&known, irk);
    failed_with(0, BT_SECURITY_ERR_KEY_REJECTED);
    assert_int_equal(bonds(0), 1);
    on(0, do_check_known, NULL);
    pair_stop(&pair);
}

static void do_check_no_irk(void *arg)
{
    assert_int_equal(smp_reg.bonds[0].flags & (SMP_KEYS_USED | SMP_KEYS_IRK), SMP_KEYS_USED);
}

// An IRK of zeroes would be everybody's: it is none.
static void hostile_48_irk_of_zeroes(void **state)
{
    static const uint8_t zero[16];
    start(SMP_IO_NONE, SMP_IO_NONE, NULL);
    offer_identity(&known, zero);
    assert_int_equal(heard[0].complete, 1);
    on(0, do_check_no_irk, NULL);
    pair_stop(&pair);
}

// ---- Keys that were never agreed on, and plain text (49) -----------------------------------------------------

static void do_not_bondable(void *arg)
{
    bt_set_bondable(false);
}

static void do_check_no_keys(void *arg)
{
    assert_null(smp_keys_of(smp_link_of(pair_here()->conn)));
    assert_int_equal(smp_link_of(pair_here()->conn)->keys.ours.val[0], 0);
}

// The keys of a pairing that failed at its last check encrypt nothing, although an earlier pairing
// of the connection, which made no bond, left some.
static void hostile_49_keys_of_a_failed_pairing(void **state)
{
    struct peek peek = {.who = 0, .state = SMP_CHECKED};
    struct raw wrong = {{SMP_DHKEY_CHECK}, 17};
    start(SMP_IO_NONE, SMP_IO_NONE, NULL);
    on(0, do_not_bondable, NULL);
    assert_int_equal(ask(1, BT_SECURITY_L2), 0);
    run_pairing();
    assert_false(heard[0].bonded);
    forget();
    assert_int_equal(ask(1, BT_SECURITY_L2 | BT_SECURITY_FORCE_PAIR), 0);
    until_state(&peek);
    (void)pair_until(never, NULL, 1000);
    take(0, &wrong);
    wait();
    failed_with(0, BT_SECURITY_ERR_AUTH_FAIL);
    on(0, do_check_no_keys, NULL);
    pair_stop(&pair);
}

struct guess {
    struct smp_ltk ltk;
};

static void do_encrypt(void *arg)
{
    const struct guess *guess = arg;
    smp_encrypt(smp_link_of(pair_here()->conn), &guess->ltk, BT_SECURITY_L4, 16);
}

static void do_get_theirs(void *arg)
{
    *(struct smp_ltk *)arg = smp_reg.bonds[0].theirs;
}

// A central that encrypts without a bond, with a key of zeroes, with another EDIV or Rand than it
// was given.
static void hostile_49_keys_by_a_wrong_name(void **state)
{
    const struct breeze_smp_policy legacy = {.no_sc = true};
    struct guess guess = {0};
    start(SMP_IO_NONE, SMP_IO_NONE, &legacy);
    on(1, do_encrypt, &guess);
    wait();
    assert_int_equal(heard[1].err, BT_SECURITY_ERR_PIN_OR_KEY_MISSING);
    assert_false(encrypted());
    assert_int_equal(ask(1, BT_SECURITY_L2), 0);
    run_pairing();
    on(1, do_get_theirs, &guess.ltk);
    struct guess guesses[3] = {guess, guess};
    guesses[0].ltk.ediv ^= 1;
    guesses[1].ltk.rand[7] ^= 1;
    for (size_t i = 0; i < ARRAY_SIZE(guesses); i++) {
        assert_true(pair_disconnect(&pair, 1));
        forget();
        assert_true(pair_connect(&pair, 6));
        on(1, do_encrypt, &guesses[i]);
        wait();
        assert_int_equal(heard[1].err, BT_SECURITY_ERR_PIN_OR_KEY_MISSING);
        assert_int_equal(heard[0].changed, 0);
        assert_false(encrypted());
    }
    pair_stop(&pair);
}

// A peer of a legacy pairing gives away a key that everybody has.
static void hostile_49_key_of_zeroes(void **state)
{
    const struct breeze_smp_policy legacy = {.no_sc = true};
    uint8_t request[] = {SMP_PAIRING_REQ, SMP_IO_NONE, 0, SMP_AUTH_BONDING, 16,
                         SMP_DIST_ENC,    SMP_DIST_ENC};
    struct peek peek = {.who = 0, .state = SMP_KEYS};
    struct raw info = {{SMP_ENC_INFO}, 17};
    start(SMP_IO_NONE, SMP_IO_NONE, &legacy);
    on(1, do_request, request);
    until_state(&peek);
    take(0, &info);
    failed_with(0, BT_SECURITY_ERR_KEY_REJECTED);
    assert_int_equal(bonds(0), 0);
    pair_stop(&pair);
}

static void do_notify_secret(void *arg)
{
    *(int *)arg = bt_gatt_notify(pair_here()->conn, &secret_attrs[SECRET_ENCRYPT], "x", 1);
}

// A bonded peer's link before it is encrypted, or somebody with its address: neither reads nor hears
// what needs encryption, and is told that encrypting is what lacks.
static void hostile_49_no_access_before_encryption(void **state)
{
    int err = 0;
    start(SMP_IO_DISPLAY_YESNO, SMP_IO_DISPLAY_YESNO, NULL);
    on(0, do_serve, NULL);
    assert_int_equal(read_of(SECRET_ENCRYPT), BT_ATT_ERR_AUTHENTICATION); // No bond yet.
    assert_int_equal(ask(1, BT_SECURITY_L2), 0);
    run_pairing();
    assert_int_equal(read_of(SECRET_ENCRYPT), 0);
    assert_int_equal(read_of(SECRET_LESC), 0);
    assert_true(pair_disconnect(&pair, 1));
    forget();
    assert_true(pair_connect(&pair, 6));
    assert_int_equal(read_of(SECRET_ENCRYPT), BT_ATT_ERR_INSUFFICIENT_ENCRYPTION);
    assert_int_equal(read_of(SECRET_AUTHEN), BT_ATT_ERR_INSUFFICIENT_ENCRYPTION);
    assert_int_equal(read_of(SECRET_LESC), BT_ATT_ERR_INSUFFICIENT_ENCRYPTION);
    on(0, do_notify_secret, &err);
    assert_int_equal(err, -EPERM);
    assert_int_equal(ask(1, BT_SECURITY_L2), 0);
    assert_true(pair_until(one_changed, NULL, LIMIT_US));
    assert_int_equal(read_of(SECRET_LESC), 0);
    on(0, do_unserve, NULL);
    pair_stop(&pair);
}

// ---- Method confusion (50) -----------------------------------------------------------------------------------

struct answers {
    int entry;
    int confirm;
    int pairing;
};

static void do_answer(void *arg)
{
    struct answers *answers = arg;
    struct bt_conn *conn = pair_here()->conn;
    answers->entry = bt_conn_auth_passkey_entry(conn, 1);
    answers->pairing = bt_conn_auth_pairing_confirm(conn);
    answers->confirm = bt_conn_auth_passkey_confirm(conn);
}

// The number of one method is never the answer of another: a user who is lured into typing a number
// that was to be compared gets nowhere, and PDUs of the other method end the pairing (test_smp_walk.c).
static void hostile_50_method_confusion(void **state)
{
    struct answers answers = {0};
    struct peek numeric = {.who = 0, .state = SMP_CHECKED};
    start(SMP_IO_DISPLAY_YESNO, SMP_IO_DISPLAY_YESNO, NULL);
    user[0].silent = true;
    pair_to(&numeric);
    assert_int_equal(heard[0].compared, 1);
    on(0, do_answer, &answers);
    assert_int_equal(answers.entry, -EINVAL);
    assert_int_equal(answers.pairing, -EINVAL);
    assert_int_equal(answers.confirm, 0);
    on(0, do_answer, &answers); // Once is enough.
    assert_int_equal(answers.confirm, -EINVAL);
    run_pairing();
    assert_int_equal(heard[0].complete, 1);
    pair_stop(&pair);
    struct peek typed = {.who = 1, .state = SMP_LOCAL};
    start(SMP_IO_DISPLAY_ONLY, SMP_IO_KEYBOARD_ONLY, NULL);
    user[1].silent = true;
    pair_to(&typed);
    wait();
    assert_int_equal(heard[1].asked, 1);
    on(0, do_answer, &answers); // Who shows has nothing to say.
    assert_int_equal(answers.entry, -EINVAL);
    assert_int_equal(answers.confirm, -EINVAL);
    assert_int_equal(answers.pairing, -EINVAL);
    pair_stop(&pair);
}

// ---- What legacy pairing is worth (52) -------------------------------------------------------------------------

static void do_flags(void *arg)
{
    *(uint8_t *)arg = smp_reg.bonds[0].flags;
}

static void legacy_is_worth(uint8_t peripheral, uint8_t central, bool as_before,
                            bt_security_t level)
{
    const struct breeze_smp_policy policy = {.no_sc = true, .legacy_auth = as_before};
    uint8_t flags = 0;
    start(peripheral, central, &policy);
    on(0, do_serve, NULL);
    assert_int_equal(ask(1, BT_SECURITY_L2), 0);
    run_pairing();
    for (int again = 0; again < 2; again++) {
        assert_int_equal(heard[0].level, level);
        assert_int_equal(heard[1].level, level);
        int err = level < BT_SECURITY_L3 ? BT_ATT_ERR_AUTHENTICATION : 0;
        assert_int_equal(read_of(SECRET_ENCRYPT), 0);
        assert_int_equal(read_of(SECRET_AUTHEN), err);
        assert_int_equal(read_of(SECRET_LESC), BT_ATT_ERR_AUTHENTICATION);
        on(0, do_flags, &flags);
        assert_int_equal(flags & (SMP_KEYS_AUTH | SMP_KEYS_SC), err ? 0 : SMP_KEYS_AUTH);
        if (again) {
            break;
        }
        assert_true(pair_disconnect(&pair, 1));
        forget();
        assert_true(pair_connect(&pair, 6));
        assert_int_equal(ask(1, BT_SECURITY_L2), 0);
        assert_true(pair_until(one_changed, NULL, LIMIT_US));
    }
    on(0, do_unserve, NULL);
    pair_stop(&pair);
}

// Neither Just Works nor, since Core 6.2, a passkey proves anything; then and with the bond.
static void hostile_52_legacy_is_not_authenticated(void **state)
{
    legacy_is_worth(SMP_IO_NONE, SMP_IO_NONE, false, BT_SECURITY_L2);
    legacy_is_worth(SMP_IO_NONE, SMP_IO_NONE, true, BT_SECURITY_L2);
    legacy_is_worth(SMP_IO_DISPLAY_ONLY, SMP_IO_KEYBOARD_ONLY, false, BT_SECURITY_L2);
    legacy_is_worth(SMP_IO_DISPLAY_ONLY, SMP_IO_KEYBOARD_ONLY, true, BT_SECURITY_L3);
    legacy_is_worth(SMP_IO_KEYBOARD_ONLY, SMP_IO_DISPLAY_ONLY, false, BT_SECURITY_L2);
}

// An argument names the tests to run ("hostile_*").
int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(hostile_42_key_size_of_a_response, after),
        cmocka_unit_test_teardown(hostile_42_key_of_7_octets, after),
        cmocka_unit_test_teardown(hostile_42_keys_cannot_shrink, after),
        cmocka_unit_test_teardown(hostile_42_policy_after_the_bond, after),
        cmocka_unit_test_teardown(hostile_43_reserved_bits, after),
        cmocka_unit_test_teardown(hostile_43_responses, after),
        cmocka_unit_test_teardown(hostile_45_confirm_reflected, after),
        cmocka_unit_test_teardown(hostile_45_random_reflected, after),
        cmocka_unit_test_teardown(hostile_45_nothing_is_used_again, after),
        cmocka_unit_test_teardown(hostile_45_every_round_has_its_nonce, after),
        cmocka_unit_test_teardown(hostile_45_out_of_band_data_after_a_failure, after),
        cmocka_unit_test_teardown(hostile_48_addresses_that_are_no_identity, after),
        cmocka_unit_test_teardown(hostile_48_identity_of_another_bond, after),
        cmocka_unit_test_teardown(hostile_48_irk_of_zeroes, after),
        cmocka_unit_test_teardown(hostile_49_keys_of_a_failed_pairing, after),
        cmocka_unit_test_teardown(hostile_49_keys_by_a_wrong_name, after),
        cmocka_unit_test_teardown(hostile_49_key_of_zeroes, after),
        cmocka_unit_test_teardown(hostile_49_no_access_before_encryption, after),
        cmocka_unit_test_teardown(hostile_50_method_confusion, after),
        cmocka_unit_test_teardown(hostile_52_legacy_is_not_authenticated, after),
    };
    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
