// Compiler attributes and small helpers under Zephyr's names, for GCC and Clang.
#ifndef ZEPHYR_TOOLCHAIN_H_
#define ZEPHYR_TOOLCHAIN_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef __packed
#define __packed __attribute__((__packed__))
#endif
#ifndef __aligned
#define __aligned(x) __attribute__((__aligned__(x)))
#endif
#ifndef __unused
#define __unused __attribute__((__unused__))
#endif
#ifndef __used
#define __used __attribute__((__used__))
#endif
#ifndef __maybe_unused
#define __maybe_unused __attribute__((__unused__))
#endif
#ifndef __weak
#define __weak __attribute__((__weak__))
#endif
#ifndef __noinline
#define __noinline __attribute__((__noinline__))
#endif
#ifndef __deprecated
#define __deprecated __attribute__((__deprecated__))
#endif
#ifndef __must_check
#define __must_check __attribute__((__warn_unused_result__))
#endif
#ifndef __printf_like
#define __printf_like(f, a) __attribute__((__format__(__printf__, f, a)))
#endif
#ifndef ALWAYS_INLINE
#define ALWAYS_INLINE inline __attribute__((__always_inline__))
#endif
#ifndef FUNC_NORETURN
#define FUNC_NORETURN __attribute__((__noreturn__))
#endif
#ifndef CODE_UNREACHABLE
#define CODE_UNREACHABLE __builtin_unreachable()
#endif
#ifndef __fallthrough
#define __fallthrough __attribute__((__fallthrough__))
#endif
#ifndef __noinit
#define __noinit
#endif
#ifndef __ramfunc
#define __ramfunc
#endif
#ifndef __syscall
#define __syscall static inline
#endif
#ifndef ARG_UNUSED
#define ARG_UNUSED(x) (void)(x)
#endif
#ifndef likely
#define likely(x) __builtin_expect((bool)!!(x), true)
#endif
#ifndef unlikely
#define unlikely(x) __builtin_expect((bool)!!(x), false)
#endif

#ifdef __cplusplus
#define BUILD_ASSERT(expr, ...) static_assert(expr, "" __VA_ARGS__)
#else
#define BUILD_ASSERT(expr, ...) _Static_assert(expr, "" __VA_ARGS__)
#endif

#define _STRINGIFY(x) #x
#define STRINGIFY(s)  _STRINGIFY(s)
#ifndef _CONCAT
#define _DO_CONCAT(x, y) x##y
#define _CONCAT(x, y)    _DO_CONCAT(x, y)
#endif
#ifndef CONCAT
#define CONCAT(x, y) _CONCAT(x, y)
#endif

#define compiler_barrier() __asm__ __volatile__("" ::: "memory")

#define popcount(x) __builtin_popcount(x)

#define __ALIGNOF(x) __alignof__(x)

// Read and write through a pointer that need not be aligned.
#define UNALIGNED_GET(p)                                                                           \
    __extension__({                                                                                \
        struct __attribute__((__packed__)) {                                                       \
            __typeof__(*(p)) __v;                                                                  \
        } *__p = (__typeof__(__p))(p);                                                             \
        __p->__v;                                                                                  \
    })
#define UNALIGNED_PUT(v, p)                                                                        \
    do {                                                                                           \
        struct __attribute__((__packed__)) {                                                       \
            __typeof__(*(p)) __v;                                                                  \
        } *__p = (__typeof__(__p))(p);                                                             \
        __p->__v = (v);                                                                            \
    } while (false)

#define TOOLCHAIN_DISABLE_WARNING(warning)
#define TOOLCHAIN_ENABLE_WARNING(warning)

#endif // ZEPHYR_TOOLCHAIN_H_
