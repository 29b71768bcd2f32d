// The conformance program of the kernel shim: what every file of cases shares.
//
// One program, run on every back end, in virtual time: the port's clock stands still until the shim
// sleeps. Each case names the back ends that it holds on; elsewhere it is skipped.
#ifndef BREEZE_TESTS_KERNEL_CONFORMANCE_H_
#define BREEZE_TESTS_KERNEL_CONFORMANCE_H_

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <breeze/loop.h>
#include <breeze/port.h>
#include <zephyr/kernel.h>

#define COOP  1
#define FIBER 2
#define ALL   (COOP | FIBER)

struct conformance_case {
    const char *name;
    void (*fn)(void);
    int backends;
};
#define CASE(name, backends)                                                                       \
    {                                                                                              \
#name, name, backends                                                                      \
    }

struct conformance_list {
    const struct conformance_case *cases;
    size_t count;
};
extern const struct conformance_list cases_mem, cases_poll, cases_queue, cases_reset, cases_sync,
    cases_thread, cases_time, cases_work;
#define CASE_LIST(list, array) const struct conformance_list list = {array, ARRAY_SIZE(array)}

// The back end of this program: COOP or FIBER.
extern const int conformance_backend;

// Virtual time in microseconds, and how often the shim slept.
extern int64_t virtual_now;
extern unsigned int idle_count;
// What the port's idle returns (once) instead of sleeping; 0 normally.
extern int idle_error;
// Assertions that failed, and error lines, since the case began.
extern unsigned int asserts_failed;
extern unsigned int errors_logged;

// Let virtual time pass as a program's main loop would.
void run_for_ms(int64_t ms);

#endif // BREEZE_TESTS_KERNEL_CONFORMANCE_H_
