// The back end with stacks: each thread, main and the work queues' included, really waits.
//
// No preemption and no time slices: a thread runs until it waits, yields or ends; then a turn of the
// loop serves timers and sources, and the ready thread of the highest priority goes on (first come
// first among equals). When none is ready, whoever waits last sleeps in breeze_port_idle(). Timers and
// sources run on the stack of the thread that waits, where nothing may wait.
#include "kernel/fiber.h"

#include "kernel/loop.h"
#include "kernel/sched.h"
#include "kernel/state.h"

enum {
    FIBER_NEW, // also main before its first use
    FIBER_RUNNING,
    FIBER_READY,
    FIBER_WAITING,
    FIBER_SUSPENDED,
    FIBER_ENDED,
};

K_THREAD_STACK_DEFINE(fiber_system_queue_stack, CONFIG_SYSTEM_WORKQUEUE_STACK_SIZE);

static struct k_thread *self(void)
{
    if (kernel_state.current == NULL) {
        struct k_thread *main = &kernel_state.main_thread;
        main->name = "main";
        main->prio = CONFIG_MAIN_THREAD_PRIORITY;
        main->state = FIBER_RUNNING;
        kernel_state.current = main;
        sys_dlist_init(&kernel_state.ready);
    }
    return kernel_state.current;
}

static void ready_insert(struct k_thread *thread)
{
    thread->state = FIBER_READY;
    sys_dnode_t *at = kernel_state.ready.head;
    while (at != &kernel_state.ready &&
           CONTAINER_OF(at, struct k_thread, ready)->prio <= thread->prio) {
        at = at->next;
    }
    sys_dlist_insert(at, &thread->ready);
}

static void ready_remove(struct k_thread *thread)
{
    if (sys_dnode_is_linked(&thread->ready)) {
        sys_dlist_remove(&thread->ready);
    }
}

// A turn of the loop for timers and sources; true when more is waiting.
static bool turn(void)
{
    kernel_state.in_turn = true;
    bool more = loop_turn();
    kernel_state.in_turn = false;
    return more;
}

// The user wants out: whoever main waits for, its wait ends.
static void main_interrupt(void)
{
    struct sched_waiter *waiter = kernel_state.main_thread.waiter;
    if (waiter && waiter->queue) {
        sched_wake(waiter, -EINTR);
    }
}

// The next thread to run; sleeps until there is one.
static struct k_thread *ready_next(void)
{
    for (;;) {
        bool more = turn();
        sys_dnode_t *node = sys_dlist_get(&kernel_state.ready);
        if (node) {
            return CONTAINER_OF(node, struct k_thread, ready);
        }
        if (breeze_port_idle(loop_next(more)) == -EINTR) {
            main_interrupt();
        }
    }
}

// Go on with another thread; the state of this one says whether and how it comes back.
static void switch_away(void)
{
    struct k_thread *from = self();
    struct k_thread *to = ready_next();
    to->state = FIBER_RUNNING;
    if (to != from) {
        kernel_state.current = to;
        fiber_switch(from, to, from->state == FIBER_ENDED);
    }
}

bool backend_may_wait(void)
{
    return !kernel_state.in_turn;
}

static void wait_timed_out(struct loop_timer *timer)
{
    struct k_thread *thread = CONTAINER_OF(timer, struct k_thread, timer);
    sched_wake(thread->waiter, -EAGAIN);
}

int backend_wait(struct sched_waiter *waiter, int64_t deadline)
{
    struct k_thread *thread = waiter->thread;
    if (deadline != BREEZE_NEVER) {
        loop_timer_start_at(&thread->timer, deadline, wait_timed_out);
    }
    thread->state = FIBER_WAITING;
    switch_away();
    return 0;
}

void backend_woken(struct sched_waiter *waiter)
{
    struct k_thread *thread = waiter->thread;
    thread->waiter = NULL;
    loop_timer_stop(&thread->timer);
    if (thread->state == FIBER_WAITING) {
        ready_insert(thread);
    }
    // Else it is suspended, and becomes ready when it is resumed.
}

void k_yield(void)
{
    if (backend_may_wait()) {
        ready_insert(self());
        switch_away();
    }
}

// The step of main: every thread that is ready now has its turn, whatever its priority, for main's
// loop never waits in the kernel and would keep the others out.
static void others_run(struct k_thread *thread)
{
    int16_t prio = thread->prio;
    for (size_t count = sys_dlist_len(&kernel_state.ready); count > 0; count--) {
        sys_dnode_t *head = sys_dlist_peek_head(&kernel_state.ready);
        if (head == NULL) {
            break;
        }
        thread->prio = CONTAINER_OF(head, struct k_thread, ready)->prio;
        ready_insert(thread);
        switch_away();
        thread->prio = prio;
    }
}

int64_t breeze_step(void)
{
    if (kernel_state.in_turn) {
        return breeze_port_now();
    }
    breeze_init();
    struct k_thread *thread = self();
    bool more = turn();
    others_run(thread);
    return loop_next(more || !sys_dlist_is_empty(&kernel_state.ready));
}

k_tid_t k_current_get(void)
{
    return self();
}

void fiber_entry(void)
{
    struct k_thread *thread = kernel_state.current;
    thread->entry(thread->p1, thread->p2, thread->p3);
    k_thread_abort(thread);
    CODE_UNREACHABLE;
}

static void start_due(struct loop_timer *timer)
{
    k_thread_start(CONTAINER_OF(timer, struct k_thread, timer));
}

k_tid_t k_thread_create(struct k_thread *new_thread, k_thread_stack_t *stack, size_t stack_size,
                        k_thread_entry_t entry, void *p1, void *p2, void *p3, int prio,
                        uint32_t options, k_timeout_t delay)
{
    breeze_init();
    (void)self();
    *new_thread = (struct k_thread){
        .stack = (char *)stack,
        .stack_size = stack_size,
        .entry = entry,
        .p1 = p1,
        .p2 = p2,
        .p3 = p3,
        .prio = (int16_t)prio,
    };
    fiber_switch_prepare(new_thread);
    if (K_TIMEOUT_EQ(delay, K_NO_WAIT)) {
        k_thread_start(new_thread);
    } else if (!K_TIMEOUT_EQ(delay, K_FOREVER)) {
        loop_timer_start_at(&new_thread->timer, sched_deadline(delay), start_due);
    }
    return new_thread;
}

void k_thread_start(k_tid_t thread)
{
    if (thread->state == FIBER_NEW) {
        loop_timer_stop(&thread->timer);
        ready_insert(thread);
        kernel_state.wake = true;
    }
}

void k_thread_abort(k_tid_t thread)
{
    if (thread->state == FIBER_ENDED) {
        return;
    }
    ready_remove(thread);
    loop_timer_stop(&thread->timer);
    if (thread->waiter && thread->waiter->queue) {
        sched_unlink(thread->waiter);
        poll_thread_ended(thread);
    }
    thread->waiter = NULL;
    thread->state = FIBER_ENDED;
    (void)sched_wake_all(&thread->joiners, 0);
    if (thread == self() && backend_may_wait()) {
        switch_away();
    }
}

int k_thread_join(struct k_thread *thread, k_timeout_t timeout)
{
    if (thread->state == FIBER_ENDED) {
        return 0;
    }
    if (thread == self()) {
        return -EDEADLK;
    }
    return K_TIMEOUT_EQ(timeout, K_NO_WAIT) ? -EBUSY : sched_pend_plain(&thread->joiners, timeout);
}

void k_thread_suspend(k_tid_t thread)
{
    ready_remove(thread);
    thread->state = FIBER_SUSPENDED;
    if (thread == self() && backend_may_wait()) {
        switch_away();
    }
}

void k_thread_resume(k_tid_t thread)
{
    if (thread->state != FIBER_SUSPENDED) {
        return;
    }
    if (thread->waiter && thread->waiter->queue) {
        thread->state = FIBER_WAITING;
    } else {
        ready_insert(thread);
    }
}

void k_thread_priority_set(k_tid_t thread, int prio)
{
    thread->prio = (int16_t)prio;
    if (thread->state == FIBER_READY) {
        ready_remove(thread);
        ready_insert(thread);
    }
}

// A work queue's thread.
static void queue_main(void *p1, void *p2, void *p3)
{
    struct k_work_q *queue = p1;
    for (;;) {
        if (work_queue_run_one(queue)) {
            k_yield();
        } else {
            (void)sched_pend_plain(&queue->notify, K_FOREVER);
        }
    }
}

void backend_queue_start(struct k_work_q *queue, k_thread_stack_t *stack, size_t stack_size,
                         int prio, const char *name)
{
    if (stack == NULL) {
        stack = fiber_system_queue_stack;
        stack_size = sizeof(fiber_system_queue_stack);
    }
    (void)k_thread_create(&queue->thread, stack, stack_size, queue_main, queue, NULL, NULL, prio, 0,
                          K_NO_WAIT);
    queue->thread.name = name;
}

void backend_queue_stop(struct k_work_q *queue)
{
    k_thread_abort(&queue->thread);
}

void backend_queue_kick(struct k_work_q *queue)
{
    (void)sched_wake_first(&queue->notify, 0, NULL);
    kernel_state.wake = true;
}
