// SYS_INIT(): functions that run once, at the first use of the kernel (breeze_step(), a submitted
// work item, a started k_timer or thread, settings, a blocking call) or at breeze_init(): by level,
// then by priority, then in link order. Their results are logged when not 0.
#ifndef ZEPHYR_INIT_H_
#define ZEPHYR_INIT_H_

#include <zephyr/sys/iterable_sections.h>
#include <zephyr/types.h>

#ifdef __cplusplus
extern "C" {
#endif

// The levels, in order.
enum z_init_level {
    Z_INIT_EARLY,
    Z_INIT_PRE_KERNEL_1,
    Z_INIT_PRE_KERNEL_2,
    Z_INIT_POST_KERNEL,
    Z_INIT_APPLICATION,
    Z_INIT_SMP,
};

struct init_entry {
    int (*init_fn)(void);
    uint32_t order; // level * 1000 + priority
};

#define SYS_INIT(init_fn_, level, prio) SYS_INIT_NAMED(init_fn_, init_fn_, level, prio)
#define SYS_INIT_NAMED(name, init_fn_, level, prio)                                                \
    static const STRUCT_SECTION_ITERABLE(init_entry, UTIL_CAT(__init_, name)) = {                  \
        .init_fn = (init_fn_), .order = Z_INIT_##level * 1000 + (prio)}

#ifdef __cplusplus
}
#endif

#endif // ZEPHYR_INIT_H_
