// Failed assertions: log, then the program's hook or abort().
#include <stdlib.h>

#define LOG_LAYER LOG_KERNEL
#include "base/log.h"
#include "kernel/state.h"

void breeze_assert_hook(breeze_assert_hook_t hook)
{
    kernel_state.assert_hook = hook;
}

void breeze_assert_failed(const char *file, int line, const char *text)
{
    log_err("assertion failed: %s (%s:%d)", text, file, line);
    if (kernel_state.assert_hook == NULL) {
        abort();
    }
    kernel_state.assert_hook(file, line, text);
}

void k_panic(void)
{
    breeze_assert_failed(__FILE__, __LINE__, "k_panic");
}

void k_oops(void)
{
    breeze_assert_failed(__FILE__, __LINE__, "k_oops");
}
