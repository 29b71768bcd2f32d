// The controller's cryptography (src/crypto/controller.c) in whole hosts: the specification's sample data,
// and controllers that lack commands, refuse them, answer twice, late, never, or for another pairing. The
// Security Manager's own programs run with it too (CMakeLists.txt).
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "smp_users.h"
#include "unit/crypto_samples.h"

#define SECONDS 1000000LL

#define LE_PUBLIC_KEY 0x08
#define LE_DHKEY      0x09
#define OP_ENCRYPT    0x2017
#define EVT_LE        0x3e
#define EVT_COMPLETE  0x0e
#define EVT_STATUS    0x0f

// ---- A controller that does it wrong ------------------------------------------------------------

// What happens to packets of a host's controller.
static struct fault {
    struct air_controller *controller;
    uint8_t subevent;   // Of the event that is meant; 0: none.
    bool drop;          // It does not come,
    int64_t delay_us;   // ... or so much later,
    bool twice;         // ... or twice,
    uint8_t status;     // ... or with this status,
    bool ones;          // ... or with a key of ones,
    bool cut;           // ... or an octet short,
    bool replace;       // ... or with `value`.
    uint8_t value[64];  // Of the last one.
    unsigned int count; // How many came.
    unsigned int block; // The answer to LE Encrypt, counted from 1, that is an error; 0: none.
    unsigned int blocks;
} fault;

static void inject(const uint8_t *packet, size_t len, int64_t delay_us)
{
    assert_int_equal(air_hci_inject(fault.controller, AIR_TO_HOST, packet, len, delay_us), 0);
}

static enum air_verdict spoil(const uint8_t *packet, size_t len)
{
    uint8_t changed[80];
    uint8_t key[64];
    size_t key_len = len - 5;
    assert_in_range(len, 5, sizeof(changed));
    memcpy(changed, packet, len);
    memcpy(key, packet + 5, key_len);
    fault.count++;
    changed[4] = fault.status;
    if (fault.ones) {
        memset(changed + 5, 0xff, key_len);
    }
    if (fault.replace) {
        memcpy(changed + 5, fault.value, key_len);
    }
    changed[2] = (uint8_t)(changed[2] - fault.cut);
    for (int i = fault.drop; i < 1 + fault.twice; i++) {
        inject(changed, len - fault.cut, fault.delay_us);
    }
    memcpy(fault.value, key, key_len);
    return AIR_DROP;
}

static enum air_verdict filter(void *ctx, enum air_dir dir, const uint8_t *packet, size_t len)
{
    if (dir != AIR_TO_HOST || packet[0] != 0x04) {
        return AIR_PASS;
    }
    if (packet[1] == EVT_LE && fault.subevent && packet[3] == fault.subevent) {
        return spoil(packet, len);
    }
    if (packet[1] == EVT_COMPLETE && (packet[4] | packet[5] << 8) == OP_ENCRYPT &&
        ++fault.blocks == fault.block) {
        const uint8_t refused[] = {0x04, EVT_COMPLETE, 4, 1, packet[4], packet[5], 0x1f};
        inject(refused, sizeof(refused), 0);
        return AIR_DROP;
    }
    return AIR_PASS;
}

// From now on this host's controller does this.
static void does(unsigned int who, struct fault what)
{
    fault = what;
    fault.controller = sim_controller(pair.hosts[who].host);
    air_hci_filter(fault.controller, filter, NULL);
}

static void begin(uint8_t io, const struct air_controller_config *config,
                  const struct breeze_smp_policy *policy)
{
    static const struct breeze_smp_policy none;
    struct pair_options options = {.seed = 7};
    struct setup setup = {io, policy ? *policy : none};
    if (config) {
        options.controller = *config;
    }
    forget();
    memset(user, 0, sizeof(user));
    assert_true(pair_start(&pair, &options));
    for (unsigned int who = 0; who < 2; who++) {
        on(who, do_setup, &setup);
    }
}

static void pairs(void)
{
    forget();
    assert_int_equal(ask(1, BT_SECURITY_L2), 0);
    run_pairing();
    assert_int_equal(heard[0].complete, 1);
    assert_int_equal(heard[1].complete, 1);
}

static void fails(unsigned int who, enum bt_security_err reason)
{
    forget();
    assert_int_equal(ask(1, BT_SECURITY_L2), 0);
    run_pairing();
    assert_int_equal(heard[who].failed, 1);
    assert_int_equal(heard[who].reason, reason);
    assert_int_equal(heard[0].complete + heard[1].complete, 0);
    assert_int_equal(bonds(0) + bonds(1), 0);
}

static void end(void)
{
    quiet();
    pair_stop(&pair);
}

static void do_stale(void *arg)
{
    struct breeze_stats stats;
    breeze_stats(&stats);
    *(uint32_t *)arg = stats.evt_stale;
}

static uint32_t stale(unsigned int who)
{
    uint32_t count;
    on(who, do_stale, &count);
    return count;
}

// ---- It does it right ---------------------------------------------------------------------------

static void do_samples(void *arg)
{
    cmac(NULL);
    signatures(NULL);
    legacy_functions(NULL);
    secure_functions(NULL);
    assert_true(crypto_ok());
}

static void sample_data(void **state)
{
    begin(SMP_IO_NONE, NULL, NULL);
    on(0, do_samples, NULL);
    end();
}

static void do_nothing_to_do_it(void *arg)
{
    uint8_t out[16];
    crypto_cmac((const uint8_t[16]){1}, (const uint8_t *)"a", 1, out);
    assert_false(crypto_ok());
    assert_true(crypto_ok()); // Asked and forgotten.
}

static void without_le_encrypt_nothing_is_right(void **state)
{
    static const uint16_t without[] = {OP_ENCRYPT};
    begin(SMP_IO_NONE,
          &(struct air_controller_config){.without_commands = without, .without_commands_len = 1},
          NULL);
    on(0, do_nothing_to_do_it, NULL);
    end();
}

// ---- It has not all of it -----------------------------------------------------------------------

static void legacy_pairing_without_p256(void **state)
{
    static const uint16_t without[] = {0x2025, 0x2026};
    static const struct breeze_smp_policy sc_only = {.sc_only = true};
    struct air_controller_config config = {.without_commands = without, .without_commands_len = 2};
    begin(SMP_IO_NONE, &config, NULL);
    assert_int_equal(ask(1, BT_SECURITY_L4), -EINVAL);
    pairs();
    assert_int_equal(bonds(0), 1);
    end();
    begin(SMP_IO_DISPLAY_YESNO, &config, &sc_only);
    fails(1, BT_SECURITY_ERR_AUTH_REQUIREMENT);
    end();
}

static void do_request_raw(void *arg)
{
    static const uint8_t request[] = {SMP_PAIRING_REQ, SMP_IO_NONE, 0, SMP_AUTH_SC, 16, 0, 0};
    smp_expect(smp_link_of(pair_here()->conn), SMP_REQUESTED);
    smp_send(smp_link_of(pair_here()->conn), request, sizeof(request));
}

static void no_pairing_without_le_encrypt(void **state)
{
    static const uint16_t without[] = {OP_ENCRYPT};
    begin(SMP_IO_NONE,
          &(struct air_controller_config){.without_commands = without, .without_commands_len = 1},
          NULL);
    assert_int_equal(ask(1, BT_SECURITY_L2), -ENOTSUP);
    on(1, do_request_raw, NULL); // Who asks is answered,
    (void)pair_until(never, NULL, SECONDS);
    assert_int_equal(heard[1].failed, 1);
    assert_int_equal(heard[1].reason, BT_SECURITY_ERR_PAIR_NOT_SUPPORTED);
    assert_int_equal(heard[0].failed, 0);
    assert_int_equal(ask(0, BT_SECURITY_L2), 0); // ... and so is who wants to be asked.
    (void)pair_until(never, NULL, SECONDS);
    assert_int_equal(heard[0].err, BT_SECURITY_ERR_PAIR_NOT_SUPPORTED);
    end();
}

// ---- Hostile 44: keys that are none -------------------------------------------------------------

static void hostile_44_controller_says_the_key_is_none(void **state)
{
    for (unsigned int who = 0; who < 2; who++) {
        begin(SMP_IO_NONE, NULL, NULL);
        does(who, (struct fault){.subevent = LE_DHKEY, .status = 0x12});
        fails(who, BT_SECURITY_ERR_AUTH_FAIL);
        assert_int_equal(heard[!who].reason, BT_SECURITY_ERR_AUTH_FAIL); // DHKey Check Failed
        does(who, (struct fault){.block = 0});
        pairs();
        end();
        begin(SMP_IO_NONE, NULL, NULL);
        does(who, (struct fault){.subevent = LE_DHKEY, .ones = true});
        fails(who, BT_SECURITY_ERR_AUTH_FAIL);
        end();
    }
}

// ---- Hostile 41: events that come as they should not -----------------------------------------------

// It counts once.
static void twice(uint8_t subevent)
{
    for (unsigned int who = 0; who < 2; who++) {
        begin(SMP_IO_NONE, NULL, NULL);
        uint32_t before = stale(who);
        does(who, (struct fault){.subevent = subevent, .twice = true});
        pairs();
        assert_int_equal(stale(who), before + 1);
        end();
    }
}

static void hostile_41_dhkey_twice(void **state)
{
    twice(LE_DHKEY);
}

static void hostile_41_public_key_twice(void **state)
{
    twice(LE_PUBLIC_KEY);
}

// The pairing ends without it, long before the peer's 30 s; the next one is not held up.
static void hostile_41_results_lost(void **state)
{
    static const uint8_t subevents[] = {LE_PUBLIC_KEY, LE_DHKEY};
    for (unsigned int i = 0; i < 4; i++) {
        unsigned int who = i / 2;
        begin(SMP_IO_NONE, NULL, NULL);
        does(who, (struct fault){.subevent = subevents[i % 2], .drop = true});
        fails(who, BT_SECURITY_ERR_UNSPECIFIED);
        does(who, (struct fault){.block = 0});
        pairs();
        end();
    }
}

static void hostile_41_results_cut(void **state)
{
    static const uint8_t subevents[] = {LE_PUBLIC_KEY, LE_DHKEY};
    for (unsigned int i = 0; i < 2; i++) {
        begin(SMP_IO_NONE, NULL, NULL);
        does(0, (struct fault){.subevent = subevents[i], .cut = true});
        fails(0, BT_SECURITY_ERR_UNSPECIFIED);
        end();
    }
}

// It comes when nobody waits any more, or when the next pairing does: that one's checks differ.
static void hostile_41_dhkey_late(void **state)
{
    begin(SMP_IO_NONE, NULL, NULL);
    does(0, (struct fault){.subevent = LE_DHKEY, .delay_us = 12 * SECONDS});
    fails(0, BT_SECURITY_ERR_UNSPECIFIED);
    fault.subevent = 0;
    uint32_t before = stale(0);
    (void)pair_until(never, NULL, 5 * SECONDS);
    assert_int_equal(stale(0), before + 1);
    pairs();
    end();
}

static void hostile_41_dhkey_of_another_pairing(void **state)
{
    for (unsigned int who = 0; who < 2; who++) {
        begin(SMP_IO_NONE, NULL, NULL);
        does(who, (struct fault){.subevent = LE_DHKEY, .drop = true});
        fails(who, BT_SECURITY_ERR_UNSPECIFIED);
        fault.drop = false;
        fault.replace = true;
        forget();
        assert_int_equal(ask(1, BT_SECURITY_L2), 0);
        run_pairing();
        assert_int_equal(heard[0].failed + heard[1].failed, 2);
        assert_int_equal(bonds(0) + bonds(1), 0);
        end();
    }
}

static void hostile_41_public_key_refused(void **state)
{
    for (unsigned int who = 0; who < 2; who++) {
        begin(SMP_IO_NONE, NULL, NULL);
        does(who, (struct fault){.subevent = LE_PUBLIC_KEY, .status = 0x1f});
        fails(who, BT_SECURITY_ERR_UNSPECIFIED);
        end();
    }
}

// Whatever nobody asked for is dropped.
static void hostile_41_results_without_a_question(void **state)
{
    static const uint8_t key[68] = {0x04, EVT_LE, 65 + 1, LE_PUBLIC_KEY};
    static const uint8_t dhkey[37] = {0x04, EVT_LE, 33 + 1, LE_DHKEY};
    begin(SMP_IO_NONE, NULL, NULL);
    uint32_t before = stale(0);
    does(0, (struct fault){.block = 0});
    uint8_t packet[69] = {0};
    memcpy(packet, key, sizeof(key));
    inject(packet, 69, 0);
    inject(dhkey, sizeof(dhkey), 0);
    (void)pair_until(never, NULL, 100000);
    assert_int_equal(stale(0), before + 2);
    pairs();
    end();
}

// ---- Any block may fail -------------------------------------------------------------------------

static void any_block(const struct breeze_smp_policy *policy, uint8_t io)
{
    unsigned int tried = 0;
    for (unsigned int who = 0; who < 2; who++) {
        unsigned int blocks = 1;
        for (unsigned int block = 1; block <= blocks; block++, tried++) {
            begin(io, NULL, policy);
            does(who, (struct fault){.block = block});
            assert_int_equal(ask(1, BT_SECURITY_L2), 0);
            run_pairing();
            blocks = MAX(blocks, fault.blocks + (fault.blocks >= block));
            // Both have what they need, or nobody has anything.
            assert_int_equal(heard[0].complete, heard[1].complete);
            assert_int_equal(bonds(0), heard[0].complete);
            assert_int_equal(bonds(1), heard[1].complete);
            end();
        }
    }
    assert_in_range(tried, 8, 2000);
}

static void hostile_51_any_block_fails(void **state)
{
    static const struct breeze_smp_policy legacy = {.no_sc = true};
    any_block(NULL, SMP_IO_NONE);
    any_block(NULL, SMP_IO_DISPLAY_YESNO);
    any_block(&legacy, SMP_IO_NONE);
}

// ---- The end of all of it -----------------------------------------------------------------------

static bool has_come(void *arg)
{
    return fault.count > 0;
}

static bool both_down(void *arg)
{
    return !pair.hosts[0].conn && !pair.hosts[1].conn;
}

static void hardware_error(void)
{
    static const uint8_t error[] = {0x04, 0x10, 1, 0x42};
    inject(error, sizeof(error), 0);
}

// The controller is reset while it works on either result: the pairing ends with its link, its key pair is
// forgotten, and what comes next makes another.
static void controller_reset_meanwhile(void **state)
{
    static const uint8_t subevents[] = {LE_PUBLIC_KEY, LE_DHKEY};
    for (unsigned int i = 0; i < 4; i++) {
        unsigned int who = i / 2;
        begin(SMP_IO_NONE, NULL, NULL);
        does(who, (struct fault){.subevent = subevents[i % 2], .drop = true});
        assert_int_equal(ask(1, BT_SECURITY_L2), 0);
        assert_true(pair_until(has_come, NULL, SECONDS));
        hardware_error();
        assert_true(pair_until(both_down, NULL, 60 * SECONDS));
        assert_int_equal(heard[who].failed, 1);
        on(who, do_check_idle, NULL);
        does(who, (struct fault){.block = 0});
        (void)pair_until(never, NULL, SECONDS);
        assert_true(pair_connect(&pair, 6));
        pairs();
        end();
    }
}

static void do_no_pair(void *arg)
{
    assert_false(smp_run.pair_valid);
}

static void reset_forgets_the_key_pair(void **state)
{
    begin(SMP_IO_NONE, NULL, NULL);
    curve_ready(0);
    does(0, (struct fault){.block = 0});
    hardware_error();
    assert_true(pair_until(both_down, NULL, 60 * SECONDS));
    on(0, do_no_pair, NULL);
    end();
}

static void do_disable(void *arg)
{
    assert_int_equal(bt_disable(), 0);
}

static void disable_meanwhile(void **state)
{
    static const uint8_t subevents[] = {LE_PUBLIC_KEY, LE_DHKEY};
    for (unsigned int i = 0; i < 4; i++) {
        unsigned int who = i / 2;
        begin(SMP_IO_NONE, NULL, NULL);
        does(who, (struct fault){.subevent = subevents[i % 2], .drop = true});
        assert_int_equal(ask(1, BT_SECURITY_L2), 0);
        assert_true(pair_until(has_come, NULL, SECONDS));
        on(who, do_disable, NULL);
        assert_true(pair_until(both_down, NULL, 60 * SECONDS));
        assert_int_equal(heard[who].failed, 1);
        assert_int_equal(bonds(0) + bonds(1), 0);
        pair_stop(&pair);
    }
}

// An argument names the tests to run ("hostile_*").
int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_teardown(name, after)
        TEST(sample_data),
        TEST(without_le_encrypt_nothing_is_right),
        TEST(legacy_pairing_without_p256),
        TEST(no_pairing_without_le_encrypt),
        TEST(hostile_44_controller_says_the_key_is_none),
        TEST(hostile_41_dhkey_twice),
        TEST(hostile_41_public_key_twice),
        TEST(hostile_41_results_lost),
        TEST(hostile_41_results_cut),
        TEST(hostile_41_dhkey_late),
        TEST(hostile_41_dhkey_of_another_pairing),
        TEST(hostile_41_public_key_refused),
        TEST(hostile_41_results_without_a_question),
        TEST(hostile_51_any_block_fails),
        TEST(controller_reset_meanwhile),
        TEST(reset_forgets_the_key_pair),
        TEST(disable_meanwhile),
    };
    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
