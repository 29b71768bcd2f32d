// The seam between the fiber back end and the machine's way of switching stacks.
#ifndef BREEZE_SRC_KERNEL_FIBER_H_
#define BREEZE_SRC_KERNEL_FIBER_H_

#include <zephyr/kernel.h>

// Prepare a thread's stack (thread->stack, stack_size) so that the first switch to it calls
// fiber_entry() there.
void fiber_switch_prepare(struct k_thread *thread);
// Save the running thread `from` and go on with `to`. Returns when someone switches back; never if
// `from` has ended.
void fiber_switch(struct k_thread *from, struct k_thread *to, bool from_ended);

// Where a new thread begins; the running thread is kernel_state.current. Never returns.
void fiber_entry(void);

#endif // BREEZE_SRC_KERNEL_FIBER_H_
