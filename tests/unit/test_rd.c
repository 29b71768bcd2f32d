// The checked reader: nothing is ever read beyond the end, and one short read spoils all the rest.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rd.h"

static const uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 0xff};

static void words_are_little_endian(void **state)
{
    struct rd r = rd_init(bytes, 10);
    assert_int_equal(rd_u8(&r), 1);
    assert_int_equal(rd_le16(&r), 0x0302);
    assert_int_equal(rd_le24(&r), 0x060504);
    assert_int_equal(rd_left(&r), 4);
    assert_false(rd_done(&r));
    assert_true(rd_ok(&r));
    assert_int_equal(rd_le24(&r), 0x090807);
    assert_int_equal(rd_i8(&r), -1);
    assert_true(rd_done(&r));
    r = rd_init(bytes, 8);
    assert_true(rd_le64(&r) == 0x0807060504030201);
    r = rd_init(bytes, 4);
    assert_int_equal(rd_le32(&r), 0x04030201);
}

// Every kind of read, one byte short: zero, bad, and nothing consumed afterwards.
static void hostile_short_reads_give_zero_and_stick(void **state)
{
    static const size_t sizes[] = {1, 2, 3, 4, 8};
    for (size_t i = 0; i < 5; i++) {
        struct rd r = rd_init(bytes, sizes[i] - 1);
        uint64_t value = i == 0   ? rd_u8(&r)
                         : i == 1 ? rd_le16(&r)
                         : i == 2 ? rd_le24(&r)
                         : i == 3 ? rd_le32(&r)
                                  : rd_le64(&r) >> 32;
        assert_true(value == 0);
        assert_false(rd_ok(&r));
        assert_false(rd_done(&r));
        assert_int_equal(rd_left(&r), 0);
        assert_int_equal(rd_u8(&r), 0);
        assert_null(rd_take(&r, 1));
        assert_false(rd_ok(&r));
    }
}

static void copy_fills_with_zeroes(void **state)
{
    uint8_t to[4] = {9, 9, 9, 9};
    struct rd r = rd_init(bytes, 3);
    rd_copy(&r, to, 4);
    assert_memory_equal(to, "\0\0\0\0", 4);
    assert_false(rd_ok(&r));
    r = rd_init(bytes, 4);
    rd_copy(&r, to, 4);
    assert_memory_equal(to, bytes, 4);
    assert_true(rd_done(&r));
}

static void a_nested_block_ends_exactly(void **state)
{
    struct rd r = rd_init(bytes, 5);
    struct rd sub = rd_sub(&r, 3);
    assert_int_equal(rd_le24(&sub), 0x030201);
    assert_true(rd_done(&sub));
    assert_int_equal(rd_u8(&sub), 0); // not the byte behind the block
    assert_false(rd_ok(&sub));
    assert_true(rd_ok(&r));
    struct rd too_long = rd_sub(&r, 3);
    assert_false(rd_ok(&too_long));
    assert_false(rd_done(&too_long));
    assert_int_equal(rd_left(&too_long), 0);
    assert_false(rd_ok(&r));
}

static void an_empty_span_is_done(void **state)
{
    struct rd r = rd_init(bytes, 0);
    assert_true(rd_done(&r));
    assert_non_null(rd_take(&r, 0));
    assert_true(rd_ok(&r));
    assert_null(rd_take(&r, SIZE_MAX));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_little_endian),
        cmocka_unit_test(hostile_short_reads_give_zero_and_stick),
        cmocka_unit_test(copy_fills_with_zeroes),
        cmocka_unit_test(a_nested_block_ends_exactly),
        cmocka_unit_test(an_empty_span_is_done),
    };
    return cmocka_run_group_tests_name("rd", tests, NULL, NULL);
}
