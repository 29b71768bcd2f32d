// What the backend needs of whoever builds it in: the stock library (stock/host.c) or a firmware
// (mod_breeze.c).
#ifndef BREEZE_MICROPYTHON_NEEDS_H_
#define BREEZE_MICROPYTHON_NEEDS_H_

#include <stddef.h>

// Memory for what MicroPython programs size: services and values. Zeroed; NULL when there is none.
// The stock library uses malloc, a firmware its own heap.
void *mpy_alloc(size_t len);
void mpy_free(void *mem);

// Tell whoever runs the program a sentence that belongs to no call of his: on the error output.
void mpy_say(const char *sentence);

#endif // BREEZE_MICROPYTHON_NEEDS_H_
