// The checked writer: nothing is ever written beyond the end, and what did not fit is told.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/wr.h"

static void words_are_little_endian(void **state)
{
    uint8_t to[32];
    struct wr w = wr_init(to, sizeof(to));
    wr_u8(&w, 0x01);
    wr_le16(&w, 0x0302);
    wr_le24(&w, 0xff060504);
    wr_le32(&w, 0x0a090807);
    wr_le64(&w, 0x1211100f0e0d0c0b);
    wr_bytes(&w, "xy", 2);
    static const uint8_t expected[] = {1,  2,  3,  4,  5,  6,  7,  8,  9,   10,
                                       11, 12, 13, 14, 15, 16, 17, 18, 'x', 'y'};
    assert_true(wr_ok(&w));
    assert_int_equal(wr_len(&w), sizeof(expected));
    assert_int_equal(wr_room(&w), 12);
    assert_memory_equal(to, expected, sizeof(expected));
}

// With every amount of room: what is written stays inside, and full is told exactly when it is so.
static void room_is_never_exceeded(void **state)
{
    for (size_t room = 0; room <= 20; room++) {
        uint8_t to[32];
        memset(to, 0xee, sizeof(to));
        struct wr w = wr_init(to, room);
        wr_u8(&w, 1);
        wr_le16(&w, 2);
        wr_le24(&w, 3);
        wr_le32(&w, 4);
        wr_bytes(&w, "hello", 5);
        assert_int_equal(wr_ok(&w), room >= 15);
        assert_true(wr_len(&w) <= room);
        for (size_t i = room; i < sizeof(to); i++) {
            assert_int_equal(to[i], 0xee);
        }
    }
}

static void full_sticks(void **state)
{
    uint8_t to[4];
    struct wr w = wr_init(to, 3);
    wr_u8(&w, 1);
    wr_le32(&w, 2);
    assert_false(wr_ok(&w));
    wr_u8(&w, 3); // would fit
    assert_int_equal(wr_len(&w), 1);
    assert_null(wr_reserve(&w, 1));
    assert_int_equal(wr_cut(&w, "abc", 3), 0);
}

static void a_reserved_length_is_patched(void **state)
{
    uint8_t to[8];
    struct wr w = wr_init(to, sizeof(to));
    uint8_t *len = wr_reserve(&w, 2);
    wr_bytes(&w, "abc", 3);
    wr_put_le16(len, 3);
    assert_memory_equal(to, "\3\0abc", 5);
}

static void cut_writes_what_fits(void **state)
{
    uint8_t to[4];
    struct wr w = wr_init(to, sizeof(to));
    assert_int_equal(wr_cut(&w, "abcdef", 6), 4);
    assert_true(wr_ok(&w));
    assert_memory_equal(to, "abcd", 4);
    assert_int_equal(wr_cut(&w, "x", 1), 0);
    assert_true(wr_ok(&w));
    wr_bytes(&w, NULL, 0);
    assert_true(wr_ok(&w));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_little_endian),
        cmocka_unit_test(room_is_never_exceeded),
        cmocka_unit_test(full_sticks),
        cmocka_unit_test(a_reserved_length_is_patched),
        cmocka_unit_test(cut_writes_what_fits),
    };
    return cmocka_run_group_tests_name("wr", tests, NULL, NULL);
}
