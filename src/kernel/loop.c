// The loop's timers, sources and wake flag. What a turn does, in this order: the wake flag is
// cleared, the time is sampled once, all timers due by then run, each source has its turn, and then
// (in the back end) work. Timers that are started meanwhile wait for the next turn, so a turn ends.
//
// Invariants: `timers` is in due order, equal times in start order; a timer is linked exactly while
// `running`. Due timers are moved to a list of their own before the first of them runs: any of them
// may still be stopped by another.
#include "kernel/loop.h"

#include "kernel/state.h"

// Wrap-safe "a is later than b".
static bool time_later(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a - (uint64_t)b) > 0;
}

static struct loop_timer *timer_of(sys_dnode_t *node)
{
    return CONTAINER_OF(node, struct loop_timer, node);
}

static void timer_unlink(struct loop_timer *timer)
{
    sys_dlist_remove(&timer->node);
    timer->running = false;
}

void loop_timer_start_at(struct loop_timer *timer, int64_t due_us,
                         void (*fn)(struct loop_timer *timer))
{
    sys_dlist_t *list = &kernel_state.timers;
    if (list->head == NULL) {
        sys_dlist_init(list);
        sys_dlist_init(&kernel_state.due);
    }
    if (timer->running) {
        timer_unlink(timer);
    }
    timer->due_us = due_us;
    timer->fn = fn;
    timer->running = true;
    sys_dnode_t *after = list->tail;
    while (after != list && time_later(timer_of(after)->due_us, due_us)) {
        after = after->prev;
    }
    sys_dlist_insert(after->next, &timer->node);
    // A program may start a timer between breeze_step() and the sleep: the sleep must not begin.
    if (!kernel_state.in_turn) {
        kernel_state.wake = true;
    }
}

void loop_timer_start(struct loop_timer *timer, int64_t delay_us,
                      void (*fn)(struct loop_timer *timer))
{
    int64_t now = breeze_port_now();
    loop_timer_start_at(timer, delay_us > BREEZE_NEVER - now ? BREEZE_NEVER : now + delay_us, fn);
}

void loop_timer_stop(struct loop_timer *timer)
{
    if (timer->running) {
        timer_unlink(timer);
    }
}

unsigned int loop_timer_count(void)
{
    return kernel_state.timers.head ? (unsigned int)(sys_dlist_len(&kernel_state.timers) +
                                                     sys_dlist_len(&kernel_state.due))
                                    : 0;
}

static void timers_turn(void)
{
    sys_dlist_t *timers = &kernel_state.timers;
    if (timers->head == NULL || timers->head == timers) {
        return;
    }
    int64_t now = breeze_port_now();
    sys_dnode_t *node;
    while ((node = sys_dlist_peek_head(timers)) != NULL &&
           !time_later(timer_of(node)->due_us, now)) {
        sys_dlist_remove(node);
        sys_dlist_append(&kernel_state.due, node);
    }
    while ((node = sys_dlist_peek_head(&kernel_state.due)) != NULL) {
        struct loop_timer *timer = timer_of(node);
        timer_unlink(timer);
        timer->fn(timer);
    }
}

void loop_source_add(struct loop_source *source)
{
    loop_source_remove(source);
    sys_slist_append(&kernel_state.sources, &source->node);
}

void loop_source_remove(struct loop_source *source)
{
    if (kernel_state.source_next == &source->node) {
        kernel_state.source_next = source->node.next;
    }
    sys_slist_find_and_remove(&kernel_state.sources, &source->node);
}

static bool sources_turn(void)
{
    bool more = false;
    kernel_state.source_next = sys_slist_peek_head(&kernel_state.sources);
    while (kernel_state.source_next) {
        struct loop_source *source =
            CONTAINER_OF(kernel_state.source_next, struct loop_source, node);
        kernel_state.source_next = source->node.next;
        more |= source->turn();
    }
    return more;
}

bool loop_in_turn(void)
{
    return kernel_state.in_turn;
}

bool loop_turn(void)
{
    kernel_state.wake = false;
    timers_turn();
    return sources_turn();
}

int64_t loop_next(bool more)
{
    sys_dlist_t *timers = &kernel_state.timers;
    if (more || kernel_state.wake) {
        return breeze_port_now();
    }
    if (timers->head == NULL || timers->head == timers) {
        return BREEZE_NEVER;
    }
    return timer_of(timers->head)->due_us;
}

void breeze_wake(void)
{
    kernel_state.wake = true;
    if (breeze_port_wake) {
        breeze_port_wake();
    }
}

void loop_wake_clear(void)
{
    kernel_state.wake = false;
}

bool breeze_wake_pending(void)
{
    return kernel_state.wake;
}
