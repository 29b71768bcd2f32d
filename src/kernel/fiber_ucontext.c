// Switching stacks with ucontext (Unix). A context is saved on the stack that it belongs to.
//
// The address sanitizer must be told of every switch; its functions are weak and absent without it.
#include <ucontext.h>

#include "kernel/fiber.h"
#include "kernel/state.h"

void __sanitizer_start_switch_fiber(void **fake_stack_save, const void *bottom, size_t size)
    __attribute__((__weak__));
void __sanitizer_finish_switch_fiber(void *fake_stack_save, const void **bottom_old,
                                     size_t *size_old) __attribute__((__weak__));

static void switch_begin(struct k_thread *from, struct k_thread *to, bool from_ended)
{
    if (__sanitizer_start_switch_fiber) {
        __sanitizer_start_switch_fiber(from_ended ? NULL : &from->sanitizer, to->stack,
                                       to->stack_size);
    }
}

// On the new stack. Main's stack was made by the system: where it lies is learnt when it is left.
static void switch_end(void *fake_stack)
{
    const void *bottom = NULL;
    size_t size = 0;
    if (__sanitizer_finish_switch_fiber) {
        __sanitizer_finish_switch_fiber(fake_stack, &bottom, &size);
    }
    struct k_thread *main = &kernel_state.main_thread;
    if (main->stack == NULL && kernel_state.current != main) {
        main->stack = (char *)bottom;
        main->stack_size = size;
    }
}

static void thread_begin(void)
{
    switch_end(NULL);
    fiber_entry();
}

void fiber_switch_prepare(struct k_thread *thread)
{
    // The first context lies at the stack's far end, which the thread does not reach.
    ucontext_t *context = (ucontext_t *)thread->stack;
    size_t head = ROUND_UP(sizeof(*context), 16);
    getcontext(context);
    context->uc_stack.ss_sp = thread->stack + head;
    context->uc_stack.ss_size = thread->stack_size - head;
    context->uc_link = NULL;
    makecontext(context, thread_begin, 0);
    thread->context = context;
}

// An ended thread is not saved: the sanitizer has taken away where its variables may lie.
void fiber_switch(struct k_thread *from, struct k_thread *to, bool from_ended)
{
    ucontext_t here;
    from->context = &here;
    switch_begin(from, to, from_ended);
    if (from_ended) {
        setcontext(to->context);
    }
    swapcontext(&here, to->context);
    switch_end(from->sanitizer);
}
