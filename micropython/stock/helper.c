// The helper thread: schedules the pump, and interrupts what the main thread sleeps in.
//
// A scheduled function runs at the interpreter's next chance, which in a system call (sleep, poll,
// read) is when the call returns. So while the pump is scheduled and has not begun, the main thread
// gets a real-time signal whose handler does nothing: the call returns EINTR, the interpreter runs
// the pump and goes on with the call. Not while main is in clock_nanosleep, which the
// interpreter would take for a sleep that is over.
//
// The thread belongs to the interpreter, which stops it with a signal during garbage collection and
// cancels it at exit, anywhere: no lock, no allocation here.
#include "helper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "breeze_mpy.h"
#include "stock.h"

#define DEAD_PUMP_US 100000 // A pump that is silent for so long may be dead: schedule another one.
#define RETRY_US     1000   // After the schedule queue was full.
#define RESEND_US    2000
#define KICKS_FAST   20 // Once a millisecond, then less often.

struct helper helper = {.wake_fd = -1};

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int kick_signal(void)
{
    return SIGRTMIN + 8;
}

static void on_kick(int number)
{
    (void)number;
}

int helper_open(void)
{
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fd < 0) {
        return errno;
    }
    struct sigaction action;
    memset(&action, 0, sizeof(action));
    action.sa_handler = on_kick; // No SA_RESTART: system calls shall return.
    sigemptyset(&action.sa_mask);
    if (sigaction(kick_signal(), &action, NULL)) {
        close(fd);
        return errno;
    }
    atomic_store(&helper.wake_fd, fd);
    return 0;
}

void helper_wake(void)
{
    uint64_t one = 1;
    ssize_t ignored = write(atomic_load(&helper.wake_fd), &one, sizeof(one));
    (void)ignored;
}

void helper_touch(void)
{
    atomic_store(&helper.touched_us, now_us());
}

// What the main thread does: the number of the system call it is in; -1 none, or not known.
static long main_syscall(void)
{
    char path[64] = "/proc/self/task/";
    char digits[16];
    size_t n = 0;
    for (pid_t pid = getpid(); pid; pid /= 10) {
        digits[n++] = (char)('0' + pid % 10);
    }
    size_t at = strlen(path);
    while (n) {
        path[at++] = digits[--n];
    }
    strcpy(path + at, "/syscall");
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return -1;
    }
    char text[32] = "";
    ssize_t len = read(fd, text, sizeof(text) - 1);
    close(fd);
    return len > 0 && text[0] >= '0' && text[0] <= '9' ? strtol(text, NULL, 10) : -1;
}

static void signal_main(int number)
{
    (void)syscall(SYS_tgkill, getpid(), getpid(), number);
}

static void kick(void)
{
    long number = main_syscall();
    if (number != -1 && number != SYS_clock_nanosleep && number != SYS_futex) {
        signal_main(kick_signal());
    }
    atomic_fetch_add(&helper.kicks, 1);
}

static void resend_due(void)
{
    int64_t due = atomic_load(&helper.resend_us);
    if (due && now_us() >= due) {
        atomic_store(&helper.resend_us, 0);
        signal_main(SIGINT);
    }
}

// Is it time to schedule a pump?
static bool schedule_due(void)
{
    if (!atomic_load(&helper.waiting) || now_us() < atomic_load(&helper.retry_us)) {
        return false;
    }
    int expected = PUMP_IDLE;
    if (atomic_compare_exchange_strong(&helper.pump, &expected, PUMP_SCHEDULED)) {
        return true;
    }
    return expected == PUMP_RUNNING && now_us() - atomic_load(&helper.touched_us) > DEAD_PUMP_US &&
           atomic_compare_exchange_strong(&helper.pump, &expected, PUMP_SCHEDULED);
}

// How long nothing is to be done if nobody wakes us, milliseconds; -1 for ever.
static int pause_ms(void)
{
    if (atomic_load(&helper.resend_us)) {
        return 1;
    }
    switch (atomic_load(&helper.pump)) {
    case PUMP_SCHEDULED:
        return atomic_load(&helper.kicks) < KICKS_FAST ? 1 : 5;
    case PUMP_RUNNING:
        return DEAD_PUMP_US / 1000;
    default:
        return atomic_load(&helper.waiting) ? 1 : -1;
    }
}

static void block_signals(void)
{
    static _Thread_local bool done;
    if (done) {
        return;
    }
    done = true;
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, kick_signal());
    pthread_sigmask(SIG_BLOCK, &set, NULL);
}

int breeze_mpy_helper_wait(void)
{
    block_signals();
    if (atomic_load(&stock.quit)) {
        return -1;
    }
    resend_due();
    if (schedule_due()) {
        atomic_store(&helper.kicks, 0);
        return 1;
    }
    if (atomic_load(&helper.pump) == PUMP_SCHEDULED) {
        kick();
    }
    struct pollfd poll_fd = {.fd = atomic_load(&helper.wake_fd), .events = POLLIN};
    if (poll(&poll_fd, 1, pause_ms()) > 0) {
        uint64_t count;
        ssize_t ignored = read(poll_fd.fd, &count, sizeof(count));
        (void)ignored;
    }
    return 0;
}

int breeze_mpy_not_scheduled(void)
{
    atomic_store(&helper.retry_us, now_us() + RETRY_US);
    atomic_store(&helper.pump, PUMP_IDLE);
    return 0;
}

int breeze_mpy_resend_interrupt(void)
{
    int64_t now = now_us();
    atomic_store(&helper.resend_us, now + RESEND_US);
    // The next pump only after the program had its chance.
    atomic_store(&helper.retry_us, now + 2 * RESEND_US);
    atomic_store(&helper.pump, PUMP_IDLE);
    helper_wake();
    return 0;
}
