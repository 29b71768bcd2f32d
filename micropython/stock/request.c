// Requests of the interpreter's threads to the host's thread: the slots and both their sides.
//
// Invariants: a slot is FREE, or has exactly one owner: its waiter until DONE is fetched or it is
// abandoned, the host's thread while RUNNING. A waiter that was torn away by Ctrl-C without a word
// leaves a DONE slot behind; it is taken again when slots run out, the oldest first.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <breeze/loop.h>

#include "extmod/modbluetooth.h"
#include "py/mperrno.h"
#include "py/runtime.h"
#include "ports/unix/watch.h"

#include "breeze_mpy.h"
#include "stock.h"

#define SLOTS    32
#define SLICE_MS 40

static struct {
    struct request slots[SLOTS];
    uint64_t order;
    int raised;
} requests;

// ---- The host's side ---------------------------------------------------------------------------

void mp_raise_OSError(int err)
{
    requests.raised = err;
}

int request_raised(void)
{
    int err = requests.raised;
    requests.raised = 0;
    return err;
}

int request_result(struct request *request, const void *data, size_t len)
{
    request->out = malloc(len ? len : 1);
    if (!request->out) {
        return MP_ENOMEM;
    }
    if (len) {
        memcpy(request->out, data, len);
    }
    request->out_len = len;
    return 0;
}

static void slot_free(struct request *slot)
{
    for (size_t i = 0; i < REQUEST_IN; i++) {
        free(slot->in[i]);
    }
    free(slot->out);
    *slot = (struct request){.generation = slot->generation + 1};
}

static struct request *oldest(enum request_state state)
{
    struct request *found = NULL;
    for (size_t i = 0; i < SLOTS; i++) {
        struct request *slot = &requests.slots[i];
        if (slot->state == state && (!found || slot->order < found->order)) {
            found = slot;
        }
    }
    return found;
}

bool request_waiting(void)
{
    return oldest(REQUEST_WAITING) != NULL;
}

bool request_heavy_waiting(void)
{
    const struct request *slot = oldest(REQUEST_WAITING);
    return slot && slot->heavy;
}

bool request_serve(bool heavy_too)
{
    struct request *slot = oldest(REQUEST_WAITING);
    if (!slot || (slot->heavy && !heavy_too)) {
        return false;
    }
    slot->state = REQUEST_RUNNING;
    (void)breeze_unix_interrupted(); // Of a request before.
    pthread_mutex_unlock(&stock.lock);
    (void)request_raised();
    int err = slot->run(slot);
    atomic_store(&stock.active, mp_bluetooth_is_active());
    pthread_mutex_lock(&stock.lock);
    slot->err = err;
    slot->state = REQUEST_DONE;
    if (slot->abandoned) {
        slot_free(slot);
    }
    pthread_cond_broadcast(&stock.changed);
    return true;
}

// ---- The callers' side -------------------------------------------------------------------------

static struct request *slot_take(void)
{
    struct request *slot = oldest(REQUEST_FREE);
    if (!slot) {
        slot = oldest(REQUEST_DONE);
        if (slot) {
            slot_free(slot);
        }
    }
    return slot;
}

static bool copy_in(struct request *slot, const struct request *from)
{
    memset(slot->in, 0, sizeof(slot->in));
    for (size_t i = 0; i < REQUEST_IN; i++) {
        slot->in_len[i] = from->in[i] ? from->in_len[i] : 0;
        if (!from->in[i] || from->in_len[i] < 0) {
            continue;
        }
        slot->in[i] = malloc(from->in_len[i] ? (size_t)from->in_len[i] : 1);
        if (!slot->in[i]) {
            return false;
        }
        memcpy(slot->in[i], from->in[i], (size_t)from->in_len[i]);
    }
    return true;
}

// Tokens are positive: the slot and its generation.
static int token_of(const struct request *slot)
{
    return (int)((slot->generation % 0x3ffff) * SLOTS + (unsigned int)(slot - requests.slots) + 1);
}

static struct request *slot_of(int token)
{
    token = token < 0 ? -token : token;
    struct request *slot = token ? &requests.slots[(token - 1) % SLOTS] : NULL;
    return slot && slot->state != REQUEST_FREE && token_of(slot) == token ? slot : NULL;
}

// Nobody waits for it any more. The lock is held.
static void abandon(struct request *slot)
{
    if (slot->state == REQUEST_RUNNING) {
        slot->abandoned = true;
        breeze_unix_interrupt();
    } else {
        slot_free(slot); // Not begun, or done: nothing is lost.
    }
}

// Ctrl-C was pressed while the caller, the main thread, blocked it: the interpreter will leave this
// call with a long jump when the guard ends, and the token with it.
static bool leaving(void)
{
    sigset_t set;
    return sigpending(&set) == 0 && sigismember(&set, SIGINT) == 1 && gettid() == getpid();
}

// Wait for a slice: the result when there is one, else the negative token. The lock is held.
static int collect(struct request *slot)
{
    if (slot->state != REQUEST_DONE) {
        stock_wait(events_urgent() ? 1 : SLICE_MS);
    }
    int token = token_of(slot);
    if (leaving()) {
        abandon(slot);
        return -token;
    }
    if (slot->state != REQUEST_DONE) {
        return -token;
    }
    int err = slot->err;
    if (err || !slot->data) {
        slot_free(slot);
    }
    return err;
}

int request_submit(struct request *request)
{
    sigset_t old;
    guard_enter(&old);
    pthread_mutex_lock(&stock.lock);
    int result = ENOMEM;
    struct request *slot = slot_take();
    if (slot) {
        unsigned int generation = slot->generation;
        *slot = *request;
        slot->generation = generation;
        if (copy_in(slot, request)) {
            slot->order = ++requests.order;
            slot->state = REQUEST_WAITING;
            breeze_wake();
            pthread_cond_broadcast(&stock.changed);
            result = collect(slot);
            if (result == 0 && slot->data) {
                result = -token_of(slot); // Polling says 0, with the octets to fetch.
            }
        } else {
            slot_free(slot);
        }
    }
    pthread_mutex_unlock(&stock.lock);
    guard_leave(&old);
    return result;
}

int breeze_mpy_poll(int token)
{
    sigset_t old;
    guard_enter(&old);
    pthread_mutex_lock(&stock.lock);
    struct request *slot = slot_of(token);
    int result = slot ? collect(slot) : EINTR; // Its slot was needed: somebody forgot to fetch it.
    pthread_mutex_unlock(&stock.lock);
    guard_leave(&old);
    return result;
}

int breeze_mpy_abandon(int token)
{
    sigset_t old;
    guard_enter(&old);
    pthread_mutex_lock(&stock.lock);
    struct request *slot = slot_of(token);
    if (slot) {
        abandon(slot);
    }
    pthread_mutex_unlock(&stock.lock);
    guard_leave(&old);
    return 0;
}

int breeze_mpy_result_len(int token)
{
    sigset_t old;
    guard_enter(&old);
    pthread_mutex_lock(&stock.lock);
    const struct request *slot = slot_of(token);
    int len = slot && slot->state == REQUEST_DONE ? (int)slot->out_len : 0;
    pthread_mutex_unlock(&stock.lock);
    guard_leave(&old);
    return len;
}

int breeze_mpy_result(int token, void *buf, int size)
{
    sigset_t old;
    guard_enter(&old);
    pthread_mutex_lock(&stock.lock);
    struct request *slot = slot_of(token);
    int len = 0;
    if (slot && slot->state == REQUEST_DONE) {
        len = (int)slot->out_len < size ? (int)slot->out_len : size;
        if (len > 0) {
            memcpy(buf, slot->out, (size_t)len);
        }
        slot_free(slot);
    }
    pthread_mutex_unlock(&stock.lock);
    guard_leave(&old);
    return len;
}
