// Whether readers and writers are inlined. They stand in every parser: where a build for Cortex-M
// counts octets each is a function (bytes.c), elsewhere they cost fewer instructions inside their
// callers.
#ifndef BREEZE_SRC_BASE_FN_H_
#define BREEZE_SRC_BASE_FN_H_

#include <zephyr/toolchain.h>

#if defined(__OPTIMIZE_SIZE__) && defined(__thumb__)
#define BASE_FN            inline
#define BASE_TINY          inline __attribute__((__always_inline__))
#define BASE_FN_IN_BYTES_C 1
#else
#define BASE_FN            static ALWAYS_INLINE
#define BASE_TINY          static ALWAYS_INLINE
#define BASE_FN_IN_BYTES_C 0
#endif

#endif // BREEZE_SRC_BASE_FN_H_
