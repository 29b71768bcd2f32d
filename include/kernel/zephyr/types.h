// Zephyr's basic types: the standard ones.
#ifndef ZEPHYR_TYPES_H_
#define ZEPHYR_TYPES_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// A type with the strictest alignment.
typedef union {
    long long thelonglong;
    long double thelongdouble;
    uintmax_t theuintmax_t;
    size_t thesize_t;
    uintptr_t theuintptr_t;
    void *thepvoid;
    void (*thepfunc)(void);
} z_max_align_t;

#endif // ZEPHYR_TYPES_H_
