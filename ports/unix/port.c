// The port contract on Unix: monotonic clock, signals as interrupts, sleep in ppoll(), entropy from
// the kernel.
//
// No wake-up is lost: breeze_wake() from another thread or a signal handler sets its flag and then
// writes to an eventfd that every sleep watches.
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include <breeze/loop.h>
#include <breeze/port.h>

#include "watch.h"

#define WATCH_MAX 16

static struct {
    struct pollfd fds[1 + WATCH_MAX]; // the first is the eventfd
    nfds_t count;                     // 0: not set up yet
    volatile sig_atomic_t interrupted;
    unsigned int irq_depth;
    sigset_t irq_mask;
} port;

int64_t breeze_port_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

unsigned int breeze_port_irq_lock(void)
{
    if (port.irq_depth == 0) {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_BLOCK, &all, &port.irq_mask);
    }
    return port.irq_depth++;
}

void breeze_port_irq_unlock(unsigned int key)
{
    port.irq_depth = key;
    if (key == 0) {
        pthread_sigmask(SIG_SETMASK, &port.irq_mask, NULL);
    }
}

static void port_prepare(void)
{
    if (port.count == 0) {
        port.fds[0] =
            (struct pollfd){.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), .events = POLLIN};
        port.count = 1;
    }
}

void breeze_port_wake(void)
{
    int saved = errno;
    if (port.count > 0 && port.fds[0].fd >= 0) {
        uint64_t one = 1;
        ssize_t written = write(port.fds[0].fd, &one, sizeof(one));
        (void)written; // a full counter wakes as well
    }
    errno = saved;
}

// Where an fd is in the list, or where it would go.
static nfds_t watch_find(int fd)
{
    nfds_t at = 1;
    while (at < port.count && port.fds[at].fd != fd) {
        at++;
    }
    return at;
}

int breeze_unix_watch(int fd, short events)
{
    port_prepare();
    nfds_t at = watch_find(fd);
    if (events == 0) {
        if (at < port.count) {
            port.fds[at] = port.fds[--port.count];
        }
        return 0;
    }
    if (at > WATCH_MAX) {
        return -ENOSPC;
    }
    port.fds[at] = (struct pollfd){.fd = fd, .events = events};
    port.count = at == port.count ? at + 1 : port.count;
    return 0;
}

void breeze_unix_interrupt(void)
{
    port.interrupted = 1;
    breeze_port_wake();
}

bool breeze_unix_interrupted(void)
{
    bool interrupted = port.interrupted;
    port.interrupted = 0;
    return interrupted;
}

// How long until then; without an eventfd at most 10 ms, because nothing else could wake us.
static struct timespec sleep_length(int64_t until)
{
    int64_t left = until - breeze_port_now();
    left = left < 0 ? 0 : left;
    if (port.fds[0].fd < 0 && left > 10000) {
        left = 10000;
    }
    return (struct timespec){.tv_sec = left / 1000000, .tv_nsec = left % 1000000 * 1000};
}

int breeze_port_idle(int64_t until)
{
    port_prepare();
    if (port.interrupted || breeze_wake_pending()) {
        return breeze_unix_interrupted() ? -EINTR : 0;
    }
    bool forever = until == BREEZE_NEVER && port.fds[0].fd >= 0;
    struct timespec length = sleep_length(until);
    if (ppoll(port.fds, port.count, forever ? NULL : &length, NULL) > 0 && port.fds[0].revents) {
        uint64_t count;
        ssize_t got = read(port.fds[0].fd, &count, sizeof(count));
        (void)got;
    }
    return breeze_unix_interrupted() ? -EINTR : 0;
}

int breeze_port_entropy(void *buf, size_t len)
{
    uint8_t *to = buf;
    while (len > 0) {
        ssize_t got = getrandom(to, len, 0);
        if (got < 0 && errno != EINTR) {
            return -ENODEV;
        }
        to += got > 0 ? got : 0;
        len -= got > 0 ? (size_t)got : 0;
    }
    return 0;
}
