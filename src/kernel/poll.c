// k_poll() and its signals. Objects do not know who polls them: while someone does, kernel_state
// holds the function that they tell of every change, and that looks through the polls under way.
#include "kernel/sched.h"
#include "kernel/state.h"

struct poller {
    struct poller *next;
    struct k_poll_event *events;
    int count;
    struct sched_waiter waiter;
};

void k_poll_event_init(struct k_poll_event *event, uint32_t type, int mode, void *obj)
{
    *event = (struct k_poll_event){.type = (uint8_t)type, .mode = (uint8_t)mode, {.obj = obj}};
}

// What is true of the event's object now.
static uint8_t event_state(const struct k_poll_event *event)
{
    switch (event->type) {
    case K_POLL_TYPE_SIGNAL:
        return event->signal->signaled ? K_POLL_STATE_SIGNALED : 0;
    case K_POLL_TYPE_SEM_AVAILABLE:
        return event->sem->count ? K_POLL_STATE_SEM_AVAILABLE : 0;
    case K_POLL_TYPE_DATA_AVAILABLE:
        return k_queue_is_empty(event->queue) ? 0 : K_POLL_STATE_DATA_AVAILABLE;
    default:
        return 0;
    }
}

static bool events_check(struct k_poll_event *events, int count)
{
    bool ready = false;
    for (int i = 0; i < count; i++) {
        events[i].state |= event_state(&events[i]);
        ready |= events[i].state != K_POLL_STATE_NOT_READY;
    }
    return ready;
}

// The first poll under way that has the object learns of its change.
static void poll_object_changed(void *obj, uint8_t state)
{
    for (struct poller *poller = kernel_state.pollers; poller; poller = poller->next) {
        for (int i = 0; i < poller->count && poller->waiter.queue; i++) {
            struct k_poll_event *event = &poller->events[i];
            if (event->type != K_POLL_TYPE_IGNORE && event->obj == obj) {
                event->state |= state;
                sched_wake(&poller->waiter, state == K_POLL_STATE_CANCELLED ? -EINTR : 0);
                return;
            }
        }
    }
}

// In the order of priority, then of arrival: as a wait queue would have it.
static void poller_link(struct poller *poller)
{
    struct poller **at = &kernel_state.pollers;
    while (*at && (*at)->waiter.prio <= k_current_get()->prio) {
        at = &(*at)->next;
    }
    poller->next = *at;
    *at = poller;
    kernel_state.poll_notify = poll_object_changed;
}

static void poller_unlink(struct poller *poller)
{
    struct poller **at = &kernel_state.pollers;
    while (*at != poller) {
        at = &(*at)->next;
    }
    *at = poller->next;
    if (kernel_state.pollers == NULL) {
        kernel_state.poll_notify = NULL;
    }
}

void poll_thread_ended(struct k_thread *thread)
{
    struct poller *next;
    for (struct poller *poller = kernel_state.pollers; poller; poller = next) {
        next = poller->next;
        if (poller->waiter.thread == thread) {
            poller_unlink(poller);
        }
    }
}

int k_poll(struct k_poll_event *events, int num_events, k_timeout_t timeout)
{
    if (events_check(events, num_events)) {
        return 0;
    }
    if (K_TIMEOUT_EQ(timeout, K_NO_WAIT)) {
        return -EAGAIN;
    }
    _wait_q_t own = {NULL};
    struct poller poller = {.events = events, .count = num_events};
    poller.waiter.prio = k_current_get()->prio;
    poller_link(&poller);
    int err = sched_pend(&own, &poller.waiter, timeout);
    poller_unlink(&poller);
    return err;
}

void k_poll_signal_init(struct k_poll_signal *sig)
{
    *sig = (struct k_poll_signal){0};
}

void k_poll_signal_reset(struct k_poll_signal *sig)
{
    sig->signaled = 0;
}

void k_poll_signal_check(struct k_poll_signal *sig, unsigned int *signaled, int *result)
{
    *signaled = sig->signaled;
    *result = sig->result;
}

int k_poll_signal_raise(struct k_poll_signal *sig, int result)
{
    sig->result = result;
    sig->signaled = 1;
    poll_notify(kernel_state.poll_notify, sig, K_POLL_STATE_SIGNALED);
    return 0;
}
