// Three kinds of static definitions: of the program, of a shared library, of nobody.
#ifndef BREEZE_TESTS_UNIT_TEST_SECTIONS_H_
#define BREEZE_TESTS_UNIT_TEST_SECTIONS_H_

#include <zephyr/sys/iterable_sections.h>

struct here {
    int number;
    char odd[41]; // a size that compilers like to align up
};

struct there {
    const int *number;
};

struct nobody {
    int number;
};

// The sum of what the walk finds.
int shared_there_sum(void);
int shared_nobody_count(void);
int empty_here_sum(void);

#endif // BREEZE_TESTS_UNIT_TEST_SECTIONS_H_
