// All mutable state of the kernel shim, in one struct (design D2): copied as a value when one
// process switches between hosts. Pointers in it lead to itself, to static objects or to objects of
// the application. Survives bt_disable().
//
// All zero is the state of a program that just started. src/api/state.c saves and loads it; the
// files of src/kernel, src/base/log.c and src/settings use their parts of it.
#ifndef BREEZE_SRC_KERNEL_STATE_H_
#define BREEZE_SRC_KERNEL_STATE_H_

#include <zephyr/kernel.h>

#include "base/log_state.h"

struct loop_source;
struct poller;
struct settings_store;

struct kernel_state {
    // loop.c
    sys_dlist_t timers; // by due time; head NULL until the first one
    sys_dlist_t due;    // those whose turn is now
    sys_slist_t sources;
    sys_snode_t *source_next; // where the walk over the sources goes on
    volatile bool wake;
    bool in_turn;
    bool in_timer; // in a k_timer's function: k_is_in_isr()
    bool started;  // SYS_INIT functions have run
    // work.c; set by the first queue that starts
    bool (*work_turn)(void);
    struct k_work_q *queues;
    struct k_work_q system_queue;
    // back end
    struct k_thread main_thread;
    struct k_thread *current;
    struct k_thread *threads;
    sys_dlist_t ready;
    // poll.c; set while someone polls
    void (*poll_notify)(void *obj, uint8_t state);
    struct poller *pollers;
    // src/base/log.c
    struct log_state log;
    // assert.c
    breeze_assert_hook_t assert_hook;
    // settings.c
    sys_slist_t settings_handlers;
    sys_slist_t settings_sources;
    struct settings_store *settings_destination;
    bool settings_ready;
};

extern struct kernel_state kernel_state;

// The state of a program that just started: running timers and queued items are let go (their
// objects are idle afterwards), static pools and slabs are full again, everything registered with
// the shim is forgotten.
void kernel_state_reset(void);

// The same for a state that was just saved and lives on elsewhere: clears the struct and touches
// nothing outside of it.
void kernel_state_blank(void);

#endif // BREEZE_SRC_KERNEL_STATE_H_
