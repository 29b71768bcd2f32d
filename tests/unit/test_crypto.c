// The cryptographic functions with the sample data of Vol 3, Part H, Appendix D and RFC 4493.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "crypto_samples.h"

struct crypto_run crypto_run;
static int rand_result;
static uint8_t rand_next;

static int entropy(void *buf, size_t len)
{
    memset(buf, rand_next++, len);
    return rand_result;
}

int (*const crypto_entropy)(void *buf, size_t len) = entropy;

static void p256_sample(void **state)
{
    uint8_t priv[32];
    uint8_t pub[64];
    uint8_t dh[32];
    uint8_t want[32];
    rand_result = 0;
    hex(priv, "3f49f6d4a3c55f3874c9b3e3d2103f504aff607beb40b7995899b8a6cd3c1abd");
    hex(pub, "1ea1f0f01faf1d9609592284f19e4c0047b58afd8615a69f559077b22faaa190"
             "4c55f33e429dad377356703a9ab85160472d1130e28e36765f89aff915b1214a");
    hex(want, DH);
    assert_int_equal(crypto_p256_dh(priv, pub, dh), 0);
    assert_memory_equal(dh, want, 32);
    // A pair of our own agrees with itself.
    uint8_t mine[32];
    uint8_t mine_pub[64];
    uint8_t other[32];
    assert_int_equal(crypto_p256_make(mine, mine_pub), 0);
    assert_int_equal(crypto_p256_dh(mine, pub, dh), 0);
    hex(priv, V);
    assert_int_equal(crypto_p256_dh(priv, mine_pub, other), 0);
    assert_memory_equal(dh, other, 32);
}

static void hostile_44_points_that_are_no_keys(void **state)
{
    uint8_t priv[32];
    uint8_t pub[64] = {0};
    uint8_t dh[32];
    hex(priv, V);
    assert_int_equal(crypto_p256_dh(priv, pub, dh), -EINVAL); // (0, 0)
    memset(pub, 0xff, sizeof(pub));                           // X and Y above p
    assert_int_equal(crypto_p256_dh(priv, pub, dh), -EINVAL);
    hex(pub, "1ea1f0f01faf1d9609592284f19e4c0047b58afd8615a69f559077b22faaa190"
             "4c55f33e429dad377356703a9ab85160472d1130e28e36765f89aff915b1214b");
    assert_int_equal(crypto_p256_dh(priv, pub, dh), -EINVAL); // Not on the curve
}

static void random_octets(void **state)
{
    uint8_t a[40];
    uint8_t b[40];
    memset(&crypto_run, 0, sizeof(crypto_run));
    rand_result = -EAGAIN;
    assert_int_equal(crypto_rand(a, sizeof(a)), -EAGAIN);
    rand_result = 0;
    assert_int_equal(crypto_rand(a, sizeof(a)), 0);
    rand_result = -EAGAIN; // The store ran dry: it goes on, and never repeats.
    assert_int_equal(crypto_rand(b, sizeof(b)), 0);
    assert_memory_not_equal(a, b, sizeof(a));
    assert_memory_not_equal(b, b + 16, 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cmac),
        cmocka_unit_test(signatures),
        cmocka_unit_test(legacy_functions),
        cmocka_unit_test(secure_functions),
        cmocka_unit_test(p256_sample),
        cmocka_unit_test(hostile_44_points_that_are_no_keys),
        cmocka_unit_test(random_octets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
