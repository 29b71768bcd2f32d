// Switching stacks on Cortex-M: the callee-saved registers of the Arm procedure call standard go
// onto the old stack and come from the new one. Thumb-1 instructions only, so that it fits ARMv6-M.
// Without floating-point registers: build for a soft-float ABI, or keep them out of threads.
#include "kernel/fiber.h"
#include "kernel/state.h"

// What a saved context looks like, from low addresses to high.
struct frame {
    uint32_t high[4]; // r8 to r11
    uint32_t low[4];  // r4 to r7
    void (*pc)(void);
};

void fiber_switch_prepare(struct k_thread *thread)
{
    // The stack is aligned to 8 bytes where a function begins (AAPCS 6.2.1.2).
    uintptr_t top = ROUND_DOWN((uintptr_t)thread->stack + thread->stack_size, 8);
    struct frame *frame = (struct frame *)(top - ROUND_UP(sizeof(*frame), 8) + 4);
    *frame = (struct frame){.pc = fiber_entry};
    thread->context = frame;
}

// r0: where to save the old stack pointer; r1: the new one.
__attribute__((__naked__, __noinline__)) static void stack_switch(void **save, void *restore)
{
    __asm__ volatile(".syntax unified\n"
                     "push {r4-r7, lr}\n"
                     "mov r4, r8\n"
                     "mov r5, r9\n"
                     "mov r6, r10\n"
                     "mov r7, r11\n"
                     "push {r4-r7}\n"
                     "mov r2, sp\n"
                     "str r2, [r0]\n"
                     "mov sp, r1\n"
                     "pop {r4-r7}\n"
                     "mov r8, r4\n"
                     "mov r9, r5\n"
                     "mov r10, r6\n"
                     "mov r11, r7\n"
                     "pop {r4-r7, pc}\n");
}

void fiber_switch(struct k_thread *from, struct k_thread *to, bool from_ended)
{
    stack_switch(&from->context, to->context);
}
