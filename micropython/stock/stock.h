// What the files of the ffi library share. See breeze_mpy.h for the threads and the rules.
#ifndef BREEZE_STOCK_H_
#define BREEZE_STOCK_H_

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EVENT_ARGS 5

// An event as Python sees it (ubluetooth.py unpacks "<BbHHHHHHHI"); its data follows.
struct breeze_mpy_event {
    uint8_t event;
    int8_t rssi;
    uint16_t arg[EVENT_ARGS];
    uint16_t len;
    uint16_t reserved;
    uint32_t token; // Not 0: wants an answer.
};

// A request to the host's thread.
#define REQUEST_IN 3
struct request {
    enum request_state {
        REQUEST_FREE,
        REQUEST_WAITING,
        REQUEST_RUNNING,
        REQUEST_DONE,
    } state;
    bool abandoned; // Nobody will fetch the result.
    bool heavy;     // Not while a callback of the host waits for an answer.
    bool data;      // The result has octets.
    unsigned int generation;
    uint64_t order; // First come, first served; when DONE, oldest first to go.
    int (*run)(struct request *request);
    int32_t n[5];
    uint8_t *in[REQUEST_IN]; // Copies; NULL for None.
    int in_len[REQUEST_IN];
    int err; // The result: 0 or a positive errno.
    uint8_t *out;
    size_t out_len;
};

// What all threads share. `lock` guards everything that is not atomic; nobody waits with it held but
// on `changed`, and no thread that the interpreter may cancel without warning takes it for long.
struct stock {
    pthread_mutex_t lock;
    pthread_cond_t changed; // A request is done, an event arrived, an answer came.
    atomic_bool quit;       // The process ends.
    atomic_bool quit_done;
    atomic_bool active;
    atomic_bool handler;
};
extern struct stock stock;

// SIGINT stays out of the calling thread between these two, so that Ctrl-C, which leaves a signal
// handler with a long jump, never leaves with the lock.
static inline void guard_enter(sigset_t *old)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set, old);
}
static inline void guard_leave(const sigset_t *old)
{
    pthread_sigmask(SIG_SETMASK, old, NULL);
}

// Wait on `changed` for at most ms milliseconds; the lock is held.
void stock_wait(int ms);

// host.c
void host_error_set(const char *text); // The lock is not held.
const char *host_program(void);
int host_error_get(char *buf, int size); // The lock is held.

// request.c
int request_submit(struct request *request);
bool request_waiting(void); // The lock is held.
// Run the oldest request that waits; false if there is none. The lock is held, but not while it runs.
bool request_serve(bool heavy_too);
bool request_heavy_waiting(void);                                          // The lock is held.
int request_result(struct request *request, const void *data, size_t len); // Its octets, copied.
int request_raised(void); // The number mp_raise_OSError() noted since the last call; 0 none.

// extend.c
int extend_setup(
    void); // Behind breeze_unix_setup(): what the program chose. 0 or a negative errno.

// events.c
void events_flush(void);
// An event of nothing but numbers.
void events_post(uint8_t event, const uint16_t args[4]);
bool events_full(void);   // The lock is held.
bool events_urgent(void); // Events wait and the pump is not running.
// Raise an event; wait for the handler, too: what it returns, 0 without one.
void event_post(uint8_t event, const uint16_t args[EVENT_ARGS]);
int event_ask(uint8_t event, const uint16_t args[EVENT_ARGS]);

#endif // BREEZE_STOCK_H_
