// Logging, a level per layer. A file names its layer once, before its first log line:
//
//     #define LOG_LAYER LOG_HCI
//     #include "base/log.h"
//
// Two gates: BREEZE_LOG_MAX is the highest level that is compiled in (0 removes every line and every
// string); breeze_log_level() sets each layer's level at run time. The shim's zephyr/logging/log.h
// lands in the same sink as layer LOG_APP. Lines about a connection begin with its handle.
#ifndef BREEZE_SRC_BASE_LOG_H_
#define BREEZE_SRC_BASE_LOG_H_

#include <breeze/log.h>

#define log_at(level, ...)                                                                         \
    do {                                                                                           \
        if (BREEZE_LOG_MAX >= (level) && breeze_log_on(LOG_LAYER, level)) {                        \
            breeze_log_print(LOG_LAYER, level, __VA_ARGS__);                                       \
        }                                                                                          \
    } while (0)

#define log_err(...) log_at(BREEZE_LOG_ERR, __VA_ARGS__)
#define log_wrn(...) log_at(BREEZE_LOG_WRN, __VA_ARGS__)
#define log_inf(...) log_at(BREEZE_LOG_INF, __VA_ARGS__)
#define log_dbg(...) log_at(BREEZE_LOG_DBG, __VA_ARGS__)

#endif // BREEZE_SRC_BASE_LOG_H_
