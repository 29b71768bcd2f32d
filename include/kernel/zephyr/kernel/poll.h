// Waiting for one of several objects.
#ifndef ZEPHYR_KERNEL_POLL_H_
#define ZEPHYR_KERNEL_POLL_H_

#include <zephyr/kernel/queue.h>
#include <zephyr/kernel/sync.h>

#ifdef __cplusplus
extern "C" {
#endif

// What to wait for.
#define K_POLL_TYPE_IGNORE              0
#define K_POLL_TYPE_SIGNAL              1
#define K_POLL_TYPE_SEM_AVAILABLE       2
#define K_POLL_TYPE_DATA_AVAILABLE      4
#define K_POLL_TYPE_FIFO_DATA_AVAILABLE K_POLL_TYPE_DATA_AVAILABLE

// What has happened, in k_poll_event.state.
#define K_POLL_STATE_NOT_READY           0
#define K_POLL_STATE_SIGNALED            1
#define K_POLL_STATE_SEM_AVAILABLE       2
#define K_POLL_STATE_DATA_AVAILABLE      4
#define K_POLL_STATE_FIFO_DATA_AVAILABLE K_POLL_STATE_DATA_AVAILABLE
#define K_POLL_STATE_CANCELLED           8

enum k_poll_modes {
    K_POLL_MODE_NOTIFY_ONLY = 0,
    K_POLL_NUM_MODES,
};

struct k_poll_signal {
    unsigned int signaled;
    int result;
};

struct k_poll_event {
    uint8_t tag;
    uint8_t type;
    uint8_t state;
    uint8_t mode;
    union {
        void *obj;
        struct k_poll_signal *signal;
        struct k_sem *sem;
        struct k_fifo *fifo;
        struct k_queue *queue;
    };
};

#define K_POLL_SIGNAL_INITIALIZER(obj)                                                             \
    {                                                                                              \
        0, 0                                                                                       \
    }
#define K_POLL_EVENT_INITIALIZER(_event_type, _event_mode, _event_obj)                             \
    {                                                                                              \
        .type = (_event_type), .mode = (_event_mode),                                              \
        {                                                                                          \
            .obj = (_event_obj)                                                                    \
        }                                                                                          \
    }
#define K_POLL_EVENT_STATIC_INITIALIZER(_event_type, _event_mode, _event_obj, event_tag)           \
    {                                                                                              \
        .tag = (event_tag), .type = (_event_type), .mode = (_event_mode),                          \
        {                                                                                          \
            .obj = (_event_obj)                                                                    \
        }                                                                                          \
    }

// Fill in an event: K_POLL_TYPE_*, K_POLL_MODE_NOTIFY_ONLY, what to look at; its state is
// K_POLL_STATE_NOT_READY. Anywhere.
void k_poll_event_init(struct k_poll_event *event, uint32_t type, int mode, void *obj);
// Wait until at least one event is ready; `state` of each tells which (nothing is taken; the caller
// sets `state` back to K_POLL_STATE_NOT_READY). 0; -EAGAIN: timed out; -EINTR: a queue's wait was
// cancelled, or the user's interrupt.
int k_poll(struct k_poll_event *events, int num_events, k_timeout_t timeout);

// A signal that is not raised, with result 0. Anywhere.
void k_poll_signal_init(struct k_poll_signal *sig);
// Set the signal back; not done by k_poll().
void k_poll_signal_reset(struct k_poll_signal *sig);
// Whether it is raised (1 or 0), and the result that it was raised with.
void k_poll_signal_check(struct k_poll_signal *sig, unsigned int *signaled, int *result);
// Set the signal and its result, and wake who polls it. 0.
int k_poll_signal_raise(struct k_poll_signal *sig, int result);

#ifdef __cplusplus
}
#endif

#endif // ZEPHYR_KERNEL_POLL_H_
