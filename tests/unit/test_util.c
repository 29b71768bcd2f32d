// Byte order, hexadecimal text, and the preprocessor's helpers.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include <zephyr/sys/byteorder.h>
#include <zephyr/sys/util.h>

#define CONFIG_ON   1
#define CONFIG_OFF  0
#define DOUBLE(x)   ((x)*2)
#define INDEX(i, _) i

static void macros_choose_and_repeat(void **state)
{
    assert_int_equal(IS_ENABLED(CONFIG_ON), 1);
    assert_int_equal(IS_ENABLED(CONFIG_OFF), 0);
    assert_int_equal(IS_ENABLED(CONFIG_NEVER_HEARD_OF), 0);
    assert_int_equal(COND_CODE_1(CONFIG_ON, (1 + 1), (3)), 2);
    assert_int_equal(COND_CODE_1(CONFIG_NEVER_HEARD_OF, (1), (3)), 3);
    assert_int_equal(NUM_VA_ARGS(), 0);
    assert_int_equal(NUM_VA_ARGS(a, b, c), 3);
    static const int doubled[] = {FOR_EACH(DOUBLE, (, ), 1, 2, 3)};
    assert_memory_equal(doubled, ((int[]){2, 4, 6}), sizeof(doubled));
    static const int listed[] = {LISTIFY(4, INDEX, (, ), _)};
    assert_memory_equal(listed, ((int[]){0, 1, 2, 3}), sizeof(listed));
    assert_int_equal(DIV_ROUND_UP(7, 4), 2);
    assert_int_equal(ROUND_UP(9, 8), 16);
    assert_int_equal(CLAMP(12, 0, 10), 10);
}

static void words_are_put_and_got_in_both_orders(void **state)
{
    uint8_t b[8];
    sys_put_le16(0x1234, b);
    assert_memory_equal(b, "\x34\x12", 2);
    sys_put_be24(0x123456, b);
    assert_memory_equal(b, "\x12\x34\x56", 3);
    assert_int_equal(sys_get_be24(b), 0x123456);
    sys_put_le24(0x123456, b);
    assert_int_equal(sys_get_le24(b), 0x123456);
    sys_put_le32(0x12345678, b);
    assert_int_equal(sys_get_be32(b), 0x78563412);
    sys_put_le40(0x123456789aULL, b);
    assert_memory_equal(b, "\x9a\x78\x56\x34\x12", 5);
    assert_true(sys_get_le40(b) == 0x123456789aULL);
    sys_put_be40(0x123456789aULL, b);
    assert_true(sys_get_be40(b) == 0x123456789aULL);
    sys_put_be48(0x123456789abcULL, b);
    assert_memory_equal(b, "\x12\x34\x56\x78\x9a\xbc", 6);
    assert_true(sys_get_be48(b) == 0x123456789abcULL);
    sys_put_le48(0x123456789abcULL, b);
    assert_true(sys_get_le48(b) == 0x123456789abcULL);
    sys_put_be64(0x123456789abcdef0ULL, b);
    assert_true(sys_get_le64(b) == 0xf0debc9a78563412ULL);
    assert_int_equal(sys_cpu_to_be16(sys_be16_to_cpu(0x1234)), 0x1234);
    assert_int_equal(sys_cpu_to_le24(0x123456), 0x123456);
    assert_int_equal(sys_cpu_to_be24(0x123456), 0x563412);
}

static void memory_is_reversed(void **state)
{
    uint8_t to[5], five[] = {1, 2, 3, 4, 5};
    sys_memcpy_swap(to, five, 5);
    assert_memory_equal(to, "\5\4\3\2\1", 5);
    sys_mem_swap(to, 5);
    assert_memory_equal(to, five, 5);
    sys_mem_swap(to, 4);
    assert_memory_equal(to, "\4\3\2\1\5", 5);
    sys_memcpy_swap(to, five, 0);
}

static void hexadecimal_text(void **state)
{
    char text[9];
    uint8_t bytes[4];
    assert_int_equal(bin2hex((const uint8_t *)"\x01\xab\xff\x00", 4, text, sizeof(text)), 8);
    assert_string_equal(text, "01abff00");
    assert_int_equal(bin2hex((const uint8_t *)"\x01\xab\xff\x00", 4, text, 8), 0);
    assert_int_equal(hex2bin("1aB", 3, bytes, 4), 2);
    assert_memory_equal(bytes, "\x01\xab", 2);
    assert_int_equal(hex2bin("zz", 2, bytes, 4), 0);
    assert_int_equal(hex2bin("0011223344", 10, bytes, 4), 0);
    char c;
    assert_int_equal(hex2char(16, &c), -EINVAL);
    assert_int_equal(u8_to_dec(text, 4, 205), 3);
    assert_string_equal(text, "205");
    assert_int_equal(u8_to_dec(text, 4, 0), 1);
    assert_string_equal(text, "0");
    assert_int_equal(u8_to_dec(text, 2, 205), 2);
    assert_string_equal(utf8_lcpy(text, "a\xc3\xa4z", 3), "a");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(macros_choose_and_repeat),
        cmocka_unit_test(words_are_put_and_got_in_both_orders),
        cmocka_unit_test(memory_is_reversed),
        cmocka_unit_test(hexadecimal_text),
    };
    return cmocka_run_group_tests_name("util", tests, NULL, NULL);
}
