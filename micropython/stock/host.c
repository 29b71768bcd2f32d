// The host's thread: serves requests, runs the loop, ends with the process.
//
// The thread is the only one that touches the host, its backend and the transport. It blocks all
// signals, so neither Ctrl-C nor the interpreter's collector ever meets it. At exit the library's
// destructor asks it to take the radio down and gives that a moment; it takes no lock itself, since a
// thread that held one may have been cancelled.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <breeze/loop.h>
#include <breeze/port.h>

#include "extmod/modbluetooth.h"

#include "breeze_mpy.h"
#include "helper.h"
#include "needs.h"
#include "stock.h"

#define EXIT_MS 400 // What the radio may take to go down at exit: 100 ms for the links, a reset.

struct stock stock = {
    .lock = PTHREAD_MUTEX_INITIALIZER,
};

static struct {
    bool open;
    atomic_bool running;
    char program[64];
    char error[512];
} host;

// The backend's memory.
void *mpy_alloc(size_t len)
{
    return calloc(1, len);
}

void mpy_free(void *mem)
{
    free(mem);
}

void mpy_say(const char *sentence)
{
    fprintf(stderr, "bluetooth: %s\n", sentence);
}

const char *host_program(void)
{
    return host.program;
}

void host_error_set(const char *text)
{
    pthread_mutex_lock(&stock.lock);
    snprintf(host.error, sizeof(host.error), "%s", text);
    pthread_mutex_unlock(&stock.lock);
}

int host_error_get(char *buf, int size)
{
    int len = snprintf(buf, (size_t)size, "%s", host.error);
    return len < size ? len : size - 1;
}

void stock_wait(int ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += (long)ms * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    (void)pthread_cond_timedwait(&stock.changed, &stock.lock, &until);
}

// Serve what waits; true if there may be more.
static bool serve(void)
{
    pthread_mutex_lock(&stock.lock);
    bool served = request_serve(true);
    if (!served && events_full()) {
        stock_wait(50); // Python is behind: let it catch up before peers may send more.
        served = true;
    }
    pthread_mutex_unlock(&stock.lock);
    return served;
}

static bool requests_wait(void)
{
    pthread_mutex_lock(&stock.lock);
    bool waiting = request_waiting();
    pthread_mutex_unlock(&stock.lock);
    return waiting;
}

static void *run(void *arg)
{
    while (!atomic_load(&stock.quit)) {
        if (serve()) {
            continue;
        }
        int64_t due = breeze_step();
        atomic_store(&stock.active, mp_bluetooth_is_active());
        // A request that came before the turn had its wake-up eaten by the turn.
        if (!requests_wait() && !atomic_load(&stock.quit)) {
            (void)breeze_port_idle(due);
        }
    }
    (void)mp_bluetooth_deinit();
    atomic_store(&stock.quit_done, true);
    return NULL;
}

static int thread_start(void)
{
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&stock.changed, &attr);
    pthread_condattr_destroy(&attr);
    sigset_t all;
    sigset_t old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    pthread_t thread;
    int err = pthread_create(&thread, NULL, run, NULL);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (!err) {
        pthread_detach(thread);
        atomic_store(&host.running, true);
    }
    return err;
}

int breeze_mpy_open(const char *program)
{
    if (host.open) {
        return 0;
    }
    snprintf(host.program, sizeof(host.program), "%s", program);
    sigset_t old;
    guard_enter(&old);
    int err = helper_open();
    if (!err) {
        err = thread_start();
    }
    host.open = !err;
    guard_leave(&old);
    return err;
}

int breeze_mpy_error_text(void *buf, int size)
{
    sigset_t old;
    guard_enter(&old);
    pthread_mutex_lock(&stock.lock);
    int len = host_error_get(buf, size);
    pthread_mutex_unlock(&stock.lock);
    guard_leave(&old);
    return len;
}

int breeze_mpy_is_active(void)
{
    return atomic_load(&stock.active);
}

__attribute__((destructor)) static void at_exit(void)
{
    if (!atomic_load(&host.running)) {
        return;
    }
    atomic_store(&stock.quit, true);
    breeze_wake();
    for (int ms = 0; ms < EXIT_MS && !atomic_load(&stock.quit_done); ms++) {
        const struct timespec pause = {.tv_nsec = 1000000};
        nanosleep(&pause, NULL);
    }
}
