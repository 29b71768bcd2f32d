// The port contract: what a machine gives to Breeze. Four functions here and one transport
// (breeze/transport.h); a port is complete when these exist.
//
// Callers: the kernel shim and, through it, the host. None of these is ever called from an
// interrupt by Breeze itself; an interrupt handler of the port may call breeze_wake() only.
#ifndef BREEZE_PORT_H_
#define BREEZE_PORT_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// A deadline that never comes.
#define BREEZE_NEVER INT64_MAX

// Microseconds since some fixed moment; monotonic, 64 bits wide, never wraps in practice.
int64_t breeze_port_now(void);

// Keep interrupts (and signal handlers that call breeze_wake()) out; nests. unlock() takes what
// lock() returned.
unsigned int breeze_port_irq_lock(void);
void breeze_port_irq_unlock(unsigned int key);

// Sleep until the absolute time `until` (BREEZE_NEVER: no limit), until the transport has input,
// or until breeze_wake(); coming back early is always allowed. The port must look at
// breeze_wake_pending() with interrupts off before it sleeps, so that no wake-up is lost.
// Returns 0, or -EINTR when the user asked the program to stop (Ctrl-C): a waiting API call then
// ends with -EINTR.
int breeze_port_idle(int64_t until);

// Optional: called by breeze_wake() after it set its flag, to end a sleep in breeze_port_idle() that
// an interrupt would not end by itself (another OS thread). Any thread, any signal handler.
void breeze_port_wake(void) __attribute__((__weak__));

// Fill `buf` with `len` bytes fit to seed a random generator. 0, or -ENODEV when the machine has
// no source (the host then asks the controller).
int breeze_port_entropy(void *buf, size_t len);

#ifdef __cplusplus
}
#endif

#endif // BREEZE_PORT_H_
