// printk(): text for the log's sink (layer LOG_APP, level information, always on when there is a
// sink); a line ends at its newline or at the end of the call. snprintk() is snprintf().
#ifndef ZEPHYR_SYS_PRINTK_H_
#define ZEPHYR_SYS_PRINTK_H_

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

void printk(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void vprintk(const char *fmt, va_list ap) __attribute__((format(printf, 1, 0)));

#define snprintk  snprintf
#define vsnprintk vsnprintf

#ifdef __cplusplus
}
#endif

#endif // ZEPHYR_SYS_PRINTK_H_
