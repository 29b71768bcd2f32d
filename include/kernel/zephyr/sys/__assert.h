// Assertions: our own bugs (a peer's fault is a checked error path, never one of these).
//
// With CONFIG_ASSERT 0 nothing is left of them. A failed one logs its text and calls the hook that
// breeze_assert_hook() set, or abort().
#ifndef ZEPHYR_SYS_ASSERT_H_
#define ZEPHYR_SYS_ASSERT_H_

#include <stdbool.h>

#include <breeze/kernel_config.h>

#ifdef __cplusplus
extern "C" {
#endif

// What happens at a failed assertion; when the hook returns, the program goes on.
typedef void (*breeze_assert_hook_t)(const char *file, int line, const char *text);

// Set the hook (NULL: abort()). Tests observe assertions with it.
void breeze_assert_hook(breeze_assert_hook_t hook);

void breeze_assert_failed(const char *file, int line, const char *text);

#if CONFIG_ASSERT
#define __ASSERT_ON 1
#define __ASSERT_NO_MSG(test)                                                                      \
    do {                                                                                           \
        if (!(test)) {                                                                             \
            breeze_assert_failed(__FILE__, __LINE__, #test);                                       \
        }                                                                                          \
    } while (false)
#define __ASSERT(test, ...) __ASSERT_NO_MSG(test)
#define __ASSERT_EVAL(expr1, expr2, test, ...)                                                     \
    do {                                                                                           \
        expr2;                                                                                     \
        __ASSERT_NO_MSG(test);                                                                     \
    } while (false)
#else
#define __ASSERT_ON 0
#define __ASSERT_NO_MSG(test)                                                                      \
    do {                                                                                           \
        (void)sizeof(test);                                                                        \
    } while (false)
#define __ASSERT(test, ...)                    __ASSERT_NO_MSG(test)
#define __ASSERT_EVAL(expr1, expr2, test, ...) expr1
#endif
#define __ASSERT_PRINT(...) (void)0

#ifdef __cplusplus
}
#endif

#endif // ZEPHYR_SYS_ASSERT_H_
