// A STAND-IN, not MicroPython: see obj.h.
#ifndef BREEZE_TESTS_MPY_DOUBLE_MISC_H_
#define BREEZE_TESTS_MPY_DOUBLE_MISC_H_

#include <stddef.h>

void *m_tracked_calloc(size_t count, size_t size);
void m_tracked_free(void *mem);

#endif // BREEZE_TESTS_MPY_DOUBLE_MISC_H_
