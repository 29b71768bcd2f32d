// Giving up.
#ifndef ZEPHYR_FATAL_H_
#define ZEPHYR_FATAL_H_

#ifdef __cplusplus
extern "C" {
#endif

// A failed assertion without a condition (the hook of breeze_assert_hook() sees it).
void k_panic(void);
void k_oops(void);

#ifdef __cplusplus
}
#endif

#endif // ZEPHYR_FATAL_H_
