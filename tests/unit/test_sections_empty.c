// A shared library that walks definitions and has none: it finds the program's.
#include "test_sections.h"

int empty_here_sum(void)
{
    int sum = 0;
    STRUCT_SECTION_FOREACH (here, item) {
        sum += item->number;
    }
    return sum;
}
