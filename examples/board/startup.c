// Reset and the interrupt vectors of a Cortex-M (Arm DDI 0419, B1.5).
#include <stdint.h>
#include <stdlib.h>

#include "board.h"

extern uint32_t data_begin[], data_load[], bss_begin[], bss_end[], stack_top[]; // board.ld
int main(void);
void reset(void);

// A fault ends here, and an assertion that fails, to be found by a debugger.
_Noreturn void abort(void)
{
    for (;;) {
    }
}

void reset(void)
{
    const uint32_t *from = data_load;
    for (uint32_t *to = data_begin; to < bss_begin; to++) {
        *to = *from++;
    }
    for (uint32_t *to = bss_begin; to < bss_end; to++) {
        *to = 0;
    }
    (void)main();
    abort();
}

// Of the exceptions only SysTick is used (15), of the interrupts that of UART 1's receiver (2).
__attribute__((section(".vectors"), used)) static const void *const vectors[16 + 32] = {
    [0] = stack_top,     [1] = reset,          [2 ... 14] = abort,  [15] = clock_alarm,
    [16 ... 17] = abort, [18] = uart_received, [19 ... 47] = abort,
};
