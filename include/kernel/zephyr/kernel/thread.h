// Threads, priorities, sleeping, and who is running.
//
// On the back end "coop" there is the main context and nothing else: k_thread_create() does not
// exist there (a program that calls it does not link). On "fiber" every thread has its own stack
// and the highest-priority ready one runs from each blocking point to the next; nobody is preempted
// and there are no time slices.
#ifndef ZEPHYR_KERNEL_THREAD_H_
#define ZEPHYR_KERNEL_THREAD_H_

#include <breeze/loop_timer.h>
#include <zephyr/kernel/types.h>
#include <zephyr/sys/dlist.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef void (*k_thread_entry_t)(void *p1, void *p2, void *p3);

struct k_thread {
    sys_dnode_t ready;            // in the ready list
    struct k_thread *next_thread; // in the list of all threads
    const char *name;
    void *context; // saved stack pointer or context, meaning as the switch likes
    char *stack;
    size_t stack_size;
    k_thread_entry_t entry;
    void *p1, *p2, *p3;
    struct loop_timer timer; // delayed start and time-outs
    struct sched_waiter *waiter;
    _wait_q_t joiners;
    void *custom_data;
    void *sanitizer; // the address sanitizer's fake stack
    int16_t prio;
    int16_t base_prio; // without inheritance
    uint8_t state;
};
typedef struct k_thread *k_tid_t;

typedef struct {
    char data;
} __attribute__((__aligned__(16))) k_thread_stack_t;

#define K_HIGHEST_THREAD_PRIO             (-CONFIG_NUM_COOP_PRIORITIES)
#define K_LOWEST_THREAD_PRIO              CONFIG_NUM_PREEMPT_PRIORITIES
#define K_LOWEST_APPLICATION_THREAD_PRIO  (K_LOWEST_THREAD_PRIO - 1)
#define K_HIGHEST_APPLICATION_THREAD_PRIO K_HIGHEST_THREAD_PRIO
#define K_IDLE_PRIO                       K_LOWEST_THREAD_PRIO
#define K_PRIO_COOP(x)                    (-(CONFIG_NUM_COOP_PRIORITIES - (x)))
#define K_PRIO_PREEMPT(x)                 (x)
#define K_ESSENTIAL                       BIT(0)
#define K_FP_REGS                         BIT(1)
#define K_USER                            BIT(2)
#define K_INHERIT_PERMS                   BIT(3)

// Stacks: arrays of k_thread_stack_t with room for `size` bytes.
#define Z_STACK_UNITS(size)                       DIV_ROUND_UP(size, sizeof(k_thread_stack_t))
#define K_THREAD_STACK_DECLARE(sym, size)         extern k_thread_stack_t sym[Z_STACK_UNITS(size)]
#define K_THREAD_STACK_DEFINE(sym, size)          k_thread_stack_t sym[Z_STACK_UNITS(size)]
#define K_THREAD_STACK_MEMBER(sym, size)          k_thread_stack_t sym[Z_STACK_UNITS(size)]
#define K_THREAD_STACK_ARRAY_DEFINE(sym, n, size) k_thread_stack_t sym[n][Z_STACK_UNITS(size)]
#define K_THREAD_STACK_LEN(size)                  (Z_STACK_UNITS(size) * sizeof(k_thread_stack_t))
#define K_THREAD_STACK_SIZEOF(sym)                sizeof(sym)
#define K_THREAD_STACK_RESERVED                   0
#define K_KERNEL_STACK_DECLARE                    K_THREAD_STACK_DECLARE
#define K_KERNEL_STACK_DEFINE                     K_THREAD_STACK_DEFINE
#define K_KERNEL_STACK_MEMBER                     K_THREAD_STACK_MEMBER
#define K_KERNEL_STACK_ARRAY_DEFINE               K_THREAD_STACK_ARRAY_DEFINE
#define K_KERNEL_STACK_SIZEOF                     K_THREAD_STACK_SIZEOF
#define K_KERNEL_STACK_RESERVED                   0

// Start a thread (back end fiber only). It runs entry(p1, p2, p3) after `delay` (K_FOREVER: after
// k_thread_start()). Returns it; it ends when entry returns.
k_tid_t k_thread_create(struct k_thread *new_thread, k_thread_stack_t *stack, size_t stack_size,
                        k_thread_entry_t entry, void *p1, void *p2, void *p3, int prio,
                        uint32_t options, k_timeout_t delay);
// Let a thread that was created with delay K_FOREVER begin.
void k_thread_start(k_tid_t thread);
// End a thread, the calling one included; those who join it wake up. Objects it holds stay held.
void k_thread_abort(k_tid_t thread);
// Wait for a thread's end. 0; -EBUSY: not ended and K_NO_WAIT; -EAGAIN: timed out; -EDEADLK: it is
// the caller.
int k_thread_join(struct k_thread *thread, k_timeout_t timeout);
// Stop a thread from running until k_thread_resume().
void k_thread_suspend(k_tid_t thread);
void k_thread_resume(k_tid_t thread);
// Priority: smaller is more urgent, negative is cooperative.
int k_thread_priority_get(k_tid_t thread);
void k_thread_priority_set(k_tid_t thread, int prio);

// Name for logs; the string is kept, not copied. 0.
int k_thread_name_set(k_tid_t thread, const char *name);
const char *k_thread_name_get(k_tid_t thread);
void k_thread_custom_data_set(void *value);
void *k_thread_custom_data_get(void);

// The running thread. In a work item it is the queue's (k_work_queue_thread_get()), on every back
// end.
k_tid_t k_current_get(void);
static inline k_tid_t k_sched_current_thread_query(void)
{
    return k_current_get();
}
// True in timer functions: what an interrupt handler may not do may not be done there.
bool k_is_in_isr(void);
// True unless the code runs where an interrupt handler would.
bool k_can_yield(void);
// Always false before anything runs; the shim has no such phase.
static inline bool k_is_pre_kernel(void)
{
    return false;
}
static inline bool k_is_user_context(void)
{
    return false;
}
// 1 in a thread that could be preempted on a kernel with preemption.
int k_is_preempt_thread(void);

// Give others a turn. In the main context of coop: one turn of the loop. In a callback: nothing.
void k_yield(void);
// Sleep. Returns 0, or what was left in milliseconds (microseconds for k_usleep) when woken early by
// k_wakeup() or by the user's interrupt, or when the context may not wait.
int32_t k_sleep(k_timeout_t timeout);
static inline int32_t k_msleep(int32_t ms)
{
    return k_sleep(K_MSEC(ms));
}
int32_t k_usleep(int32_t us);
// Spend time without giving others a turn.
void k_busy_wait(uint32_t usec_to_wait);
// End a thread's sleep early.
void k_wakeup(k_tid_t thread);

// Keep other threads from running: on these back ends nobody is preempted, so there is nothing to
// do; a blocking call between the two still blocks.
static inline void k_sched_lock(void)
{
}
static inline void k_sched_unlock(void)
{
}

#ifdef __cplusplus
}
#endif

#endif // ZEPHYR_KERNEL_THREAD_H_
