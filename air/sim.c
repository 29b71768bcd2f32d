// The in-process simulation: hosts are switched by their state, time is the air's.
//
// Invariants:
//  - `sim.loaded` is the host whose state lies in the library's objects; it is saved only when
//    another one is needed, so a run of steps of one host copies nothing.
//  - `sim.current` is the host whose code runs now; NULL between steps.
//  - A host is entered (breeze_step()) when something became readable for it, when it was woken,
//    or when its deadline is due; never while a call of its own waits (`waiting`).
//  - Hosts are looked at in the order in which they were added: the run is deterministic.
#include "sim.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <breeze/loop.h>
#include <breeze/port.h>
#include <breeze/state.h>
#include <breeze/transport.h>

#include "core.h"

// So many steps at one moment mean a host that never comes to rest.
#define STEPS_AT_ONE_MOMENT 1000000

struct sim_host {
    struct sim_host *next;
    struct sim *sim;
    struct air_controller *controller;
    void *state;
    int64_t deadline;
    bool ready;   // something new arrived from the controller
    bool woken;   // breeze_wake() was called, in its code or for it
    bool waiting; // inside breeze_port_idle()
    bool running; // inside breeze_step() or sim_on()
    bool interrupt;
    int transport_error;
    struct air_rng entropy;
};

struct sim {
    struct air *air;
    struct sim_host *hosts;
    struct sim_host *loaded;
    struct sim_host *current;
    int64_t moment;
    unsigned int steps;
    struct sim_host *watched;
    void (*watch)(bool on);
    void *outside; // the state that the library had before the simulation
};

// The port contract has no context argument, so the simulation is one per process.
static struct sim *the_sim;

// Switching

static void load(struct sim_host *host)
{
    struct sim *sim = host->sim;
    if (sim->loaded == host) {
        return;
    }
    if (sim->loaded) {
        breeze_state_save(sim->loaded->state);
    }
    breeze_state_load(host->state);
    sim->loaded = host;
}

// Whose code runs from here on.
static void set_current(struct sim *sim, struct sim_host *host)
{
    bool changes = sim->watched && sim->current != host;
    if (changes && sim->current == sim->watched) {
        sim->watch(false);
    }
    sim->current = host;
    if (changes && host == sim->watched) {
        sim->watch(true);
    }
}

void sim_watch(struct sim_host *host, void (*fn)(bool on))
{
    if (the_sim) {
        the_sim->watched = host;
        the_sim->watch = fn;
    }
}

// Make `host` the current one; returns the one before, for leave().
static struct sim_host *enter(struct sim_host *host)
{
    struct sim_host *before = host->sim->current;
    if (before != host) {
        set_current(host->sim, NULL);
    }
    load(host);
    set_current(host->sim, host);
    return before;
}

static void leave(struct sim_host *host, struct sim_host *before)
{
    host->woken |= breeze_wake_pending();
    set_current(host->sim, NULL);
    if (before) {
        load(before);
        set_current(host->sim, before);
    }
}

struct sim_host *sim_current(void)
{
    return the_sim ? the_sim->current : NULL;
}

// The transport

static int transport_open(void *ctx)
{
    struct sim_host *host = ctx;
    if (host->transport_error) {
        return host->transport_error;
    }
    air_hci_discard(host->controller);
    return 0;
}

static void transport_close(void *ctx)
{
    struct sim_host *host = ctx;
    air_hci_discard(host->controller);
}

static int transport_send(void *ctx, const uint8_t *packet, size_t len)
{
    struct sim_host *host = ctx;
    return host->transport_error ? host->transport_error
                                 : air_hci_write(host->controller, packet, len);
}

static int transport_recv(void *ctx, uint8_t *buf, size_t len)
{
    struct sim_host *host = ctx;
    return host->transport_error ? host->transport_error : air_hci_read(host->controller, buf, len);
}

static const struct breeze_transport transport = {
    .open = transport_open,
    .close = transport_close,
    .send = transport_send,
    .recv = transport_recv,
};

static void on_ready(void *ctx)
{
    ((struct sim_host *)ctx)->ready = true;
}

// Stepping

static bool due(const struct sim_host *host)
{
    return !host->waiting && !host->running &&
           (host->ready || host->woken || host->deadline <= air_now(host->sim->air));
}

static void count_step(struct sim *sim)
{
    if (sim->moment != air_now(sim->air)) {
        sim->moment = air_now(sim->air);
        sim->steps = 0;
    }
    if (++sim->steps > STEPS_AT_ONE_MOMENT) {
        fprintf(stderr, "sim: the hosts never come to rest at %lld us\n", (long long)sim->moment);
        abort();
    }
}

static void step(struct sim_host *host)
{
    count_step(host->sim);
    struct sim_host *before = enter(host);
    host->ready = false;
    host->woken = false;
    host->running = true;
    host->deadline = breeze_step();
    host->running = false;
    leave(host, before);
}

// Step hosts until none is due; true when any was.
static bool settle(struct sim *sim)
{
    bool any = false;
    for (bool again = true; again;) {
        again = false;
        for (struct sim_host *host = sim->hosts; host; host = host->next) {
            if (due(host)) {
                step(host);
                again = any = true;
            }
        }
    }
    return any;
}

// The next moment at which something happens: on the air, or a deadline of a host that may run.
static int64_t next_moment(const struct sim *sim)
{
    int64_t next = air_next(sim->air);
    for (const struct sim_host *host = sim->hosts; host; host = host->next) {
        if (!host->waiting && !host->running && host->deadline < next) {
            next = host->deadline;
        }
    }
    return next;
}

bool sim_until(struct sim *sim, bool (*pred)(void *arg), void *arg, int64_t limit_us)
{
    int64_t end = air_now(sim->air) + limit_us;
    for (;;) {
        settle(sim);
        if (pred && pred(arg)) {
            return true;
        }
        int64_t next = next_moment(sim);
        if (next > end) {
            air_run(sim->air, end);
            return false;
        }
        air_run(sim->air, next);
    }
}

void sim_run(struct sim *sim, int64_t us)
{
    (void)sim_until(sim, NULL, NULL, us);
}

void sim_on(struct sim_host *host, void (*fn)(void *arg), void *arg)
{
    bool was_running = host->running;
    struct sim_host *before = enter(host);
    host->running = true;
    fn(arg);
    host->running = was_running;
    leave(host, before);
}

// Life

struct sim *sim_new(const struct air_config *config)
{
    struct sim *sim = the_sim ? NULL : calloc(1, sizeof(*sim));
    if (!sim) {
        return NULL;
    }
    sim->air = air_new(config);
    sim->outside = malloc(breeze_state_size());
    if (!sim->air || !sim->outside) {
        air_free(sim->air);
        free(sim->outside);
        free(sim);
        return NULL;
    }
    breeze_state_save(sim->outside);
    sim->moment = -1;
    the_sim = sim;
    return sim;
}

void sim_free(struct sim *sim)
{
    if (!sim) {
        return;
    }
    breeze_state_load(sim->outside);
    free(sim->outside);
    while (sim->hosts) {
        struct sim_host *host = sim->hosts;
        sim->hosts = host->next;
        free(host->state);
        free(host);
    }
    air_free(sim->air);
    free(sim);
    the_sim = NULL;
}

static void first_entry(void *arg)
{
    breeze_state_reset();
    (void)breeze_transport_set(&transport, arg);
}

struct sim_host *sim_host_add(struct sim *sim, const struct air_controller_config *config)
{
    struct sim_host *host = calloc(1, sizeof(*host));
    void *state = malloc(breeze_state_size());
    struct air_controller *controller = air_controller_new(sim->air, config);
    if (!host || !state || !controller) {
        free(host);
        free(state);
        air_controller_free(controller);
        return NULL;
    }
    struct sim_host **at = &sim->hosts;
    uint64_t number = 0;
    for (; *at; at = &(*at)->next) {
        number++;
    }
    *host = (struct sim_host){.sim = sim, .controller = controller, .state = state};
    host->deadline = AIR_NEVER;
    host->entropy.state = air_seed(sim->air, number);
    *at = host;
    breeze_state_save(state); // replaced by the reset in first_entry()
    air_hci_on_ready(controller, on_ready, host);
    sim_on(host, first_entry, host);
    return host;
}

struct air *sim_air(struct sim *sim)
{
    return sim->air;
}

struct air_controller *sim_controller(struct sim_host *host)
{
    return host->controller;
}

void sim_host_transport_error(struct sim_host *host, int err)
{
    host->transport_error = err;
    host->ready = true;
}

void sim_interrupt(struct sim_host *host)
{
    host->interrupt = true;
    host->woken = true;
}

// The port contract

int64_t breeze_port_now(void)
{
    return the_sim ? air_now(the_sim->air) : 0;
}

unsigned int breeze_port_irq_lock(void)
{
    return 0;
}

void breeze_port_irq_unlock(unsigned int key)
{
    (void)key;
}

int breeze_port_entropy(void *buf, size_t len)
{
    struct sim_host *host = sim_current();
    if (!host) {
        return -ENODEV;
    }
    for (uint8_t *p = buf; len; len--) {
        *p++ = (uint8_t)air_rng_next(&host->entropy);
    }
    return 0;
}

static bool wait_over(struct sim_host *host, int64_t until)
{
    return host->ready || host->woken || host->interrupt || until <= air_now(host->sim->air);
}

// Let the others go on and time pass until something is there for `host`.
static int wait_for_input(struct sim_host *host, int64_t until)
{
    struct sim *sim = host->sim;
    while (!wait_over(host, until)) {
        if (settle(sim)) {
            continue;
        }
        int64_t next = next_moment(sim);
        next = next < until ? next : until;
        if (next == AIR_NEVER) {
            return -EINTR; // nothing will ever come
        }
        air_run(sim->air, next);
    }
    return 0;
}

int breeze_port_idle(int64_t until)
{
    struct sim_host *host = sim_current();
    if (!host || breeze_wake_pending()) {
        if (host) {
            count_step(host->sim); // a caller that never clears the wake-up would spin for ever
        }
        return 0;
    }
    host->waiting = true;
    set_current(host->sim, NULL);
    int err = wait_for_input(host, until);
    load(host);
    set_current(host->sim, host);
    host->waiting = false;
    host->ready = false;
    host->woken = false;
    if (host->interrupt) {
        host->interrupt = false;
        return -EINTR;
    }
    return err;
}
