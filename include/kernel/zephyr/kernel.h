// Zephyr's kernel API on Breeze's loop (design D8).
//
// Which calls may wait. Back end "coop": in the main context a blocking call runs the loop
// (breeze_step(), breeze_port_idle()) until it is satisfied or its time is up. In a work item, a
// timer function or a callback of the host every time-out but K_NO_WAIT fails at once as if it had
// expired, logs an error and fails an assertion in debug builds. Back end "fiber": every thread,
// main and the work queues' included, really waits while others run; only timer functions and the
// host's callbacks may not.
//
// None of these may be called from an interrupt handler or another OS thread: breeze_wake() is the
// one function for them.
//
// Objects that are all zero, or were set up by their DEFINE macro, are ready for use; memory of an
// object that nobody waits for and that is not running or queued may be wiped and reused.
#ifndef ZEPHYR_KERNEL_H_
#define ZEPHYR_KERNEL_H_

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <breeze/kernel_config.h>
#include <zephyr/fatal.h>
#include <zephyr/init.h>
#include <zephyr/irq.h>
#include <zephyr/kernel/mem.h>
#include <zephyr/kernel/poll.h>
#include <zephyr/kernel/queue.h>
#include <zephyr/kernel/sync.h>
#include <zephyr/kernel/thread.h>
#include <zephyr/kernel/timer.h>
#include <zephyr/kernel/types.h>
#include <zephyr/kernel/work.h>
#include <zephyr/spinlock.h>
#include <zephyr/sys/__assert.h>
#include <zephyr/sys/atomic.h>
#include <zephyr/sys/dlist.h>
#include <zephyr/sys/printk.h>
#include <zephyr/sys/slist.h>
#include <zephyr/sys/util.h>
#include <zephyr/sys_clock.h>
#include <zephyr/toolchain.h>
#include <zephyr/types.h>

#endif // ZEPHYR_KERNEL_H_
