// Static definitions are found without a linker script, with sections that nothing refers to dropped.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test_sections.h"

static STRUCT_SECTION_ITERABLE(here, here_a) = {.number = 1};
STRUCT_SECTION_ITERABLE(here, here_b) = {.number = 2};
static STRUCT_SECTION_ITERABLE(here, here_c) = {.number = 4};

static void the_program_finds_its_own(void **state)
{
    int sum = 0;
    size_t count;
    STRUCT_SECTION_FOREACH (here, item) {
        sum += item->number;
    }
    assert_int_equal(sum, 7);
    STRUCT_SECTION_COUNT(here, &count);
    assert_int_equal(count, 3);
    struct here *second;
    struct here *third;
    STRUCT_SECTION_GET(here, 1, &second);
    // By value: the compiler may take for granted that a named object is not in another's array.
    assert_true(second->number == 1 || second->number == 2 || second->number == 4);
    STRUCT_SECTION_GET(here, 2, &third);
    assert_true(third->number != second->number);
}

static void a_walk_over_nothing_is_empty(void **state)
{
    STRUCT_SECTION_FOREACH (nobody, item) {
        fail_msg("found an object that nobody defined: %d", item->number);
    }
    assert_int_equal(shared_nobody_count(), 0);
}

static void a_shared_library_finds_its_own(void **state)
{
    assert_int_equal(shared_there_sum(), 60);
}

static void a_shared_library_without_any_finds_the_programs(void **state)
{
    assert_int_equal(empty_here_sum(), 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_program_finds_its_own),
        cmocka_unit_test(a_walk_over_nothing_is_empty),
        cmocka_unit_test(a_shared_library_finds_its_own),
        cmocka_unit_test(a_shared_library_without_any_finds_the_programs),
    };
    return cmocka_run_group_tests_name("sections", tests, NULL, NULL);
}
