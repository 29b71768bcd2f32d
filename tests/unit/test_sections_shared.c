// A shared library with static definitions of its own: what the stock interpreter's module is.
#include "test_sections.h"

static const int numbers[] = {10, 20, 30};
static const STRUCT_SECTION_ITERABLE(there, there_a) = {&numbers[0]};
static const STRUCT_SECTION_ITERABLE(there, there_b) = {&numbers[1]};
const STRUCT_SECTION_ITERABLE(there, there_c) = {&numbers[2]};

int shared_there_sum(void)
{
    int sum = 0;
    STRUCT_SECTION_FOREACH (there, item) {
        sum += *item->number;
    }
    return sum;
}

int shared_nobody_count(void)
{
    size_t count;
    STRUCT_SECTION_COUNT(nobody, &count);
    return (int)count;
}
