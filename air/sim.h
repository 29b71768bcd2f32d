// Several Breeze hosts in one process, each on its own controller, in virtual time.
//
// The process has one set of host state (breeze/state.h); the simulation switches it. A host's
// program calls the Bluetooth API inside sim_on() only; what happens later happens in its callbacks
// while sim_run() or sim_until() lets time pass. The simulation is the port: it defines
// breeze_port_now(), breeze_port_idle(), breeze_port_irq_lock(), breeze_port_irq_unlock() and
// breeze_port_entropy(), so link it instead of ports/unix. One simulation at a time per process.
//
//     struct sim *sim = sim_new(&(struct air_config){.seed = 1});
//     struct sim_host *a = sim_host_add(sim, &(struct air_controller_config){.name = "a"});
//     sim_on(a, enable_and_advertise, NULL);
//     sim_until(sim, connected, NULL, 10000000);
//
// A call of a host that waits (design D3) waits inside breeze_port_idle(): time passes and the
// other hosts go on meanwhile; the one that waits is not entered again until its call returns.
// Virtual time stands still while code runs.
#ifndef BREEZE_AIR_SIM_H_
#define BREEZE_AIR_SIM_H_

#include "air.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sim;
struct sim_host;

// A new simulation with an empty air; NULL when there is no memory or one exists already.
struct sim *sim_new(const struct air_config *config);
// Frees the air and all hosts as they are; their state is thrown away.
void sim_free(struct sim *sim);

// A new controller with a host as at program start; its transport is set. NULL without memory.
struct sim_host *sim_host_add(struct sim *sim, const struct air_controller_config *config);

// Run `fn` with that host's state in place, now. The host has a turn afterwards if something in
// `fn` woke it (breeze_wake(), a timer that started). May be nested: from a callback of another
// host. Must not be used on a host that waits inside a call of its own.
void sim_on(struct sim_host *host, void (*fn)(void *arg), void *arg);

// Let `us` microseconds pass.
void sim_run(struct sim *sim, int64_t us);

// Let time pass until `pred` says true, which is asked after everything that happens, with no host
// in place; at most `limit_us`. Returns what it said last.
bool sim_until(struct sim *sim, bool (*pred)(void *arg), void *arg, int64_t limit_us);

// The host whose state is in place; NULL outside sim_on() and callbacks.
struct sim_host *sim_current(void);

// Call `fn` with true whenever that host's code begins to run and with false whenever it ends: for
// profilers. One host at a time; NULL ends it. Not from within a host's code.
void sim_watch(struct sim_host *host, void (*fn)(bool on));

// The parts of it.
struct air *sim_air(struct sim *sim);
struct air_controller *sim_controller(struct sim_host *host);

// The host's transport sees `err` (negative errno) from now on instead of its controller; 0 ends
// that. For tests of a controller that goes away.
void sim_host_transport_error(struct sim_host *host, int err);

// The next breeze_port_idle() of a waiting host returns -EINTR, as Ctrl-C does.
void sim_interrupt(struct sim_host *host);

#ifdef __cplusplus
}
#endif

#endif // BREEZE_AIR_SIM_H_
