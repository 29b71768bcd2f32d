// The types of zephyr/sys/atomic.h.
#ifndef ZEPHYR_SYS_ATOMIC_TYPES_H_
#define ZEPHYR_SYS_ATOMIC_TYPES_H_

#ifdef __cplusplus
extern "C" {
#endif

typedef long atomic_t;
typedef atomic_t atomic_val_t;
typedef void *atomic_ptr_t;
typedef void *atomic_ptr_val_t;

#ifdef __cplusplus
}
#endif

#endif // ZEPHYR_SYS_ATOMIC_TYPES_H_
