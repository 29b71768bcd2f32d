// The options of the kernel shim, under Zephyr's names. Give other values on the compiler's command
// line; every file of a program must see the same ones.
#ifndef BREEZE_KERNEL_CONFIG_H_
#define BREEZE_KERNEL_CONFIG_H_

// Ticks per second of k_timeout_t. Time is kept in microseconds; a tick is only the unit in which
// time-outs are written down, so 10000 means time-outs in steps of 100 microseconds.
#ifndef CONFIG_SYS_CLOCK_TICKS_PER_SEC
#define CONFIG_SYS_CLOCK_TICKS_PER_SEC 10000
#endif

// Assertions: on, unless the program is built with NDEBUG.
#ifndef CONFIG_ASSERT
#ifdef NDEBUG
#define CONFIG_ASSERT 0
#else
#define CONFIG_ASSERT 1
#endif
#endif

// Thread priorities: K_PRIO_COOP(0) is -CONFIG_NUM_COOP_PRIORITIES, the last preemptible one is
// CONFIG_NUM_PREEMPT_PRIORITIES - 1.
#ifndef CONFIG_NUM_COOP_PRIORITIES
#define CONFIG_NUM_COOP_PRIORITIES 16
#endif
#ifndef CONFIG_NUM_PREEMPT_PRIORITIES
#define CONFIG_NUM_PREEMPT_PRIORITIES 15
#endif

// Priority of the context that main() runs in.
#ifndef CONFIG_MAIN_THREAD_PRIORITY
#define CONFIG_MAIN_THREAD_PRIORITY 0
#endif

// The system work queue: its priority, and its stack on back ends with stacks.
#ifndef CONFIG_SYSTEM_WORKQUEUE_PRIORITY
#define CONFIG_SYSTEM_WORKQUEUE_PRIORITY -1
#endif
#ifndef CONFIG_SYSTEM_WORKQUEUE_STACK_SIZE
#define CONFIG_SYSTEM_WORKQUEUE_STACK_SIZE 4096
#endif

// Bytes of user data in each buffer of pools that do not say.
#ifndef CONFIG_NET_BUF_USER_DATA_SIZE
#define CONFIG_NET_BUF_USER_DATA_SIZE 8
#endif

// Longest line of the log, and of printk(), in bytes; the rest of a line is cut.
#ifndef CONFIG_BREEZE_LOG_LINE
#define CONFIG_BREEZE_LOG_LINE 160
#endif

// Default level of modules that use zephyr/logging/log.h without naming one.
#ifndef CONFIG_LOG_DEFAULT_LEVEL
#define CONFIG_LOG_DEFAULT_LEVEL 3
#endif

// Longest settings name and value, in bytes.
#ifndef SETTINGS_MAX_NAME_LEN
#define SETTINGS_MAX_NAME_LEN 64
#endif
#ifndef SETTINGS_MAX_VAL_LEN
#define SETTINGS_MAX_VAL_LEN 256
#endif

#if CONFIG_SYS_CLOCK_TICKS_PER_SEC < 1 || CONFIG_SYS_CLOCK_TICKS_PER_SEC > 1000000 ||              \
    1000000 % CONFIG_SYS_CLOCK_TICKS_PER_SEC != 0
#error "CONFIG_SYS_CLOCK_TICKS_PER_SEC: a tick is a whole number of microseconds, up to a second."
#endif
#if CONFIG_BREEZE_LOG_LINE < 32
#error "CONFIG_BREEZE_LOG_LINE: a log line needs room for its prefix, at least 32 bytes."
#endif
#if CONFIG_NUM_COOP_PRIORITIES < 1 || CONFIG_NUM_COOP_PRIORITIES > 64
#error "CONFIG_NUM_COOP_PRIORITIES: 1 to 64."
#endif
#if CONFIG_NUM_PREEMPT_PRIORITIES < 1 || CONFIG_NUM_PREEMPT_PRIORITIES > 128
#error "CONFIG_NUM_PREEMPT_PRIORITIES: 1 to 128."
#endif

#endif // BREEZE_KERNEL_CONFIG_H_
