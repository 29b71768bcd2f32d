// The air's P-256 commands (Core Specification, Vol 4, Part E, 7.8.36 and 7.8.37), with the sample data of
// Vol 3, Part H, 2.3.5.6.1.
#include "rig.h"

#define OP_P256     0x2025
#define OP_DHKEY    0x2026
#define OP_DHKEY_V2 0x205e
#define LE_EV_P256  0x08
#define LE_EV_DHKEY 0x09
#define SOON        100000
#define SUCCESS     0
#define UNKNOWN     0x01
#define DISALLOWED  0x0c
#define BAD_PARAMS  0x12
#define KEY_MADE    0
#define KEY_DEBUG   1

// The debug public key, and another point with the product of the debug private key and it. Most
// significant octet first.
static const char debug_x[] = "20b003d2f297be2c5e2c83a7e9f9a5b9eff49111acf4fddbcc0301480e359de6";
static const char debug_y[] = "dc809c49652aeb6d63329abf5a52155c766345c28fed3024741c8ed01589d28b";
static const char other_x[] = "1ea1f0f01faf1d9609592284f19e4c0047b58afd8615a69f559077b22faaa190";
static const char other_y[] = "4c55f33e429dad377356703a9ab85160472d1130e28e36765f89aff915b1214a";
static const char product[] = "ec0234a357c8ad05341010a60a397d9b99796b13b4f866f1868d34f373bfa698";

// As HCI carries it.
static void le(uint8_t *out, const char *text)
{
    for (int i = 0; i < 32; i++) {
        char pair[] = {text[2 * i], text[2 * i + 1], 0};
        out[31 - i] = (uint8_t)strtoul(pair, NULL, 16);
    }
}

static void open(struct rig *rig, int count)
{
    rig_open(rig, 1);
    for (int i = 0; i < count; i++) {
        rig_add_ready(rig, &(struct air_controller_config){0});
    }
}

static void make(struct rig *rig, int i, uint8_t key[64])
{
    struct packet packet;
    assert_int_equal(rig_cmd(rig, i, OP_P256, NULL, 0), SUCCESS);
    assert_true(rig_le_event(rig, i, LE_EV_P256, SOON, &packet));
    assert_int_equal(packet.len, 4 + 1 + 64);
    assert_int_equal(packet.data[4], SUCCESS);
    memcpy(key, packet.data + 5, 64);
}

static void dhkey(struct rig *rig, int i, uint8_t dh[32])
{
    struct packet packet;
    assert_true(rig_le_event(rig, i, LE_EV_DHKEY, SOON, &packet));
    assert_int_equal(packet.len, 4 + 1 + 32);
    assert_int_equal(packet.data[4], SUCCESS);
    memcpy(dh, packet.data + 5, 32);
}

static void test_sample_data(void **state)
{
    struct rig rig;
    uint8_t params[65];
    uint8_t expected[32];
    uint8_t dh[32];
    open(&rig, 1);
    le(params, other_x);
    le(params + 32, other_y);
    params[64] = KEY_DEBUG;
    le(expected, product);
    assert_int_equal(rig_cmd(&rig, 0, OP_DHKEY_V2, params, 65), SUCCESS);
    dhkey(&rig, 0, dh);
    assert_memory_equal(dh, expected, 32);
    rig_close(&rig);
}

static void test_two_sides_agree(void **state)
{
    struct rig rig;
    uint8_t keys[2][65];
    uint8_t dh[2][32];
    open(&rig, 2);
    make(&rig, 0, keys[0]);
    make(&rig, 1, keys[1]);
    assert_memory_not_equal(keys[0], keys[1], 64);
    assert_int_equal(rig_cmd(&rig, 0, OP_DHKEY, keys[1], 64), SUCCESS);
    dhkey(&rig, 0, dh[0]);
    keys[0][64] = KEY_MADE;
    assert_int_equal(rig_cmd(&rig, 1, OP_DHKEY_V2, keys[0], 65), SUCCESS);
    dhkey(&rig, 1, dh[1]);
    assert_memory_equal(dh[0], dh[1], 32);
    rig_close(&rig);
}

// Each command makes another pair.
static void test_keys_are_fresh(void **state)
{
    struct rig rig;
    uint8_t a[64];
    uint8_t b[64];
    open(&rig, 1);
    make(&rig, 0, a);
    make(&rig, 0, b);
    assert_memory_not_equal(a, b, 32);
    rig_close(&rig);
}

static void test_invalid_keys_are_refused(void **state)
{
    struct rig rig;
    struct packet packet;
    uint8_t own[64];
    uint8_t params[65] = {0};
    open(&rig, 1);
    make(&rig, 0, own);
    assert_int_equal(rig_cmd(&rig, 0, OP_DHKEY, params, 64), BAD_PARAMS); // (0, 0)
    memset(params, 0xff, 64);
    assert_int_equal(rig_cmd(&rig, 0, OP_DHKEY, params, 64), BAD_PARAMS); // Not below the prime
    le(params, debug_x);
    le(params + 32, debug_y);
    params[32] ^= 1;
    assert_int_equal(rig_cmd(&rig, 0, OP_DHKEY, params, 64), BAD_PARAMS); // Beside the curve
    params[32] ^= 1;
    params[64] = 2;
    assert_int_equal(rig_cmd(&rig, 0, OP_DHKEY_V2, params, 65), BAD_PARAMS);
    assert_int_equal(rig_cmd(&rig, 0, OP_DHKEY, params, 63), BAD_PARAMS);
    assert_false(rig_le_event(&rig, 0, LE_EV_DHKEY, SOON, &packet));
    assert_int_equal(rig_cmd(&rig, 0, OP_DHKEY, params, 64), SUCCESS);
    rig_close(&rig);
}

static void test_one_at_a_time_and_not_at_once(void **state)
{
    struct rig rig;
    struct packet packet;
    uint8_t key[64];
    uint8_t other[64];
    open(&rig, 2);
    make(&rig, 0, key);
    make(&rig, 1, other);
    assert_int_equal(rig_cmd(&rig, 0, OP_DHKEY, other, 64), SUCCESS);
    assert_false(rig_le_event(&rig, 0, LE_EV_DHKEY, 10000, &packet));
    assert_int_equal(rig_cmd(&rig, 0, OP_DHKEY, other, 64), DISALLOWED);
    assert_int_equal(rig_cmd(&rig, 0, OP_P256, NULL, 0), DISALLOWED);
    assert_true(rig_le_event(&rig, 0, LE_EV_DHKEY, SOON, &packet));
    assert_false(rig_le_event(&rig, 0, LE_EV_DHKEY, SOON, &packet));
    rig_close(&rig);
}

static void test_reset_forgets(void **state)
{
    struct rig rig;
    struct packet packet;
    uint8_t mask[8];
    uint8_t key[64];
    open(&rig, 1);
    make(&rig, 0, key);
    assert_int_equal(rig_cmd(&rig, 0, OP_P256, NULL, 0), SUCCESS);
    assert_int_equal(rig_cmd(&rig, 0, OP_RESET, NULL, 0), SUCCESS);
    memset(mask, 0xff, sizeof(mask));
    assert_int_equal(rig_cmd(&rig, 0, OP_LE_EVENT_MASK, mask, 8), SUCCESS);
    assert_false(rig_le_event(&rig, 0, LE_EV_P256, SOON, &packet));
    assert_int_equal(rig_cmd(&rig, 0, OP_DHKEY, key, 64), DISALLOWED);
    rig_close(&rig);
}

// Each event has its bit of the mask: 7 and 8.
static void test_masks(void **state)
{
    struct rig rig;
    struct packet packet;
    uint8_t mask[8] = {0x00, 0x01};
    uint8_t key[64];
    open(&rig, 2);
    make(&rig, 1, key);
    assert_int_equal(rig_cmd(&rig, 0, OP_LE_EVENT_MASK, mask, 8), SUCCESS);
    assert_int_equal(rig_cmd(&rig, 0, OP_P256, NULL, 0), SUCCESS);
    assert_false(rig_le_event(&rig, 0, LE_EV_P256, SOON, &packet));
    assert_int_equal(rig_cmd(&rig, 0, OP_DHKEY, key, 64), SUCCESS);
    assert_true(rig_le_event(&rig, 0, LE_EV_DHKEY, SOON, &packet));
    mask[0] = 0x80;
    mask[1] = 0;
    assert_int_equal(rig_cmd(&rig, 0, OP_LE_EVENT_MASK, mask, 8), SUCCESS);
    assert_int_equal(rig_cmd(&rig, 0, OP_DHKEY, key, 64), SUCCESS);
    assert_false(rig_le_event(&rig, 0, LE_EV_DHKEY, SOON, &packet));
    assert_int_equal(rig_cmd(&rig, 0, OP_P256, NULL, 0), SUCCESS);
    assert_true(rig_le_event(&rig, 0, LE_EV_P256, SOON, &packet));
    rig_close(&rig);
}

// Vol 4, Part E, 3.1 and 6.27
static void test_versions_and_bits(void **state)
{
    static const struct {
        uint16_t opcode;
        uint8_t octet, bit, level, len;
    } rows[] = {{OP_P256, 34, 1, 42, 0}, {OP_DHKEY, 34, 2, 42, 64}, {OP_DHKEY_V2, 41, 2, 51, 65}};
    static const enum air_level levels[] = {40, 41, 42, 50, 51, 54};
    struct rig rig;
    struct packet rsp;
    rig_open(&rig, 1);
    for (int i = 0; i < 6; i++) {
        uint8_t params[65] = {0};
        rig_add(&rig, &(struct air_controller_config){.level = levels[i]});
        assert_int_equal(rig_cmd_rsp(&rig, i, OP_READ_COMMANDS, NULL, 0, &rsp), SUCCESS);
        struct packet commands = rsp;
        for (int r = 2; r >= 0; r--) {
            bool expected = levels[i] >= rows[r].level;
            bool listed = commands.data[1 + rows[r].octet] >> rows[r].bit & 1;
            uint8_t status = rig_cmd(&rig, i, rows[r].opcode, params, rows[r].len);
            assert_int_equal(listed, expected);
            assert_int_equal(status == UNKNOWN, !expected);
        }
    }
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sample_data),
        cmocka_unit_test(test_two_sides_agree),
        cmocka_unit_test(test_keys_are_fresh),
        cmocka_unit_test(test_invalid_keys_are_refused),
        cmocka_unit_test(test_one_at_a_time_and_not_at_once),
        cmocka_unit_test(test_reset_forgets),
        cmocka_unit_test(test_masks),
        cmocka_unit_test(test_versions_and_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
