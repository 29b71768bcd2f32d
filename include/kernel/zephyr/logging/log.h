// Zephyr's log macros on Breeze's sink, as layer LOG_APP. Lines begin with the module's name.
//
//     LOG_MODULE_REGISTER(my_module, LOG_LEVEL_DBG);   in one file of a module
//     LOG_MODULE_DECLARE(my_module);                   in the others
//
// A line is compiled in up to the lower of the module's level and BREEZE_LOG_MAX; the run-time level
// is that of LOG_APP (breeze_log_level()).
#ifndef ZEPHYR_LOGGING_LOG_H_
#define ZEPHYR_LOGGING_LOG_H_

#include <stddef.h>

#include <breeze/kernel_config.h>
#include <breeze/log.h>
#include <zephyr/sys/util.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LOG_LEVEL_NONE 0U
#define LOG_LEVEL_ERR  1U
#define LOG_LEVEL_WRN  2U
#define LOG_LEVEL_INF  3U
#define LOG_LEVEL_DBG  4U

// The level of a module that gives none.
#ifndef LOG_LEVEL
#define LOG_LEVEL CONFIG_LOG_DEFAULT_LEVEL
#endif

#define Z_LOG_LEVEL_OF(...)     Z_LOG_SECOND(__VA_ARGS__, LOG_LEVEL, LOG_LEVEL)
#define Z_LOG_SECOND(a, b, ...) b
#define Z_LOG_FIRST(a, ...)     a
#define Z_LOG_NAME_OF(...)      Z_LOG_FIRST(__VA_ARGS__, )
#define LOG_MODULE_DECLARE(...)                                                                    \
    enum { z_log_module_level = Z_LOG_LEVEL_OF(__VA_ARGS__) };                                     \
    static const char z_log_module_name[] __attribute__((__unused__)) =                            \
        STRINGIFY(Z_LOG_NAME_OF(__VA_ARGS__))
#define LOG_MODULE_REGISTER(...) LOG_MODULE_DECLARE(__VA_ARGS__)
#define LOG_LEVEL_SET(level)     enum { z_log_module_level = (level) }

#define Z_LOG(level, format, ...)                                                                  \
    do {                                                                                           \
        if (BREEZE_LOG_MAX >= (level) && z_log_module_level >= (level) &&                          \
            breeze_log_on(LOG_APP, level)) {                                                       \
            breeze_log_print(LOG_APP, level, "%s: " format, z_log_module_name, ##__VA_ARGS__);     \
        }                                                                                          \
    } while (0)
#define LOG_ERR(...) Z_LOG(BREEZE_LOG_ERR, __VA_ARGS__)
#define LOG_WRN(...) Z_LOG(BREEZE_LOG_WRN, __VA_ARGS__)
#define LOG_INF(...) Z_LOG(BREEZE_LOG_INF, __VA_ARGS__)
#define LOG_DBG(...) Z_LOG(BREEZE_LOG_DBG, __VA_ARGS__)
#define LOG_PRINTK(...)                                                                            \
    do {                                                                                           \
        if (breeze_log_on(LOG_APP, BREEZE_LOG_INF)) {                                              \
            breeze_log_print(LOG_APP, BREEZE_LOG_INF, __VA_ARGS__);                                \
        }                                                                                          \
    } while (0)

// A text and then the bytes, sixteen to a line.
void z_log_hexdump(int level, const char *module, const void *data, size_t length,
                   const char *text);
#define Z_LOG_HEXDUMP(level, data, length, text)                                                   \
    do {                                                                                           \
        if (BREEZE_LOG_MAX >= (level) && z_log_module_level >= (level) &&                          \
            breeze_log_on(LOG_APP, level)) {                                                       \
            z_log_hexdump(level, z_log_module_name, data, length, text);                           \
        }                                                                                          \
    } while (0)
#define LOG_HEXDUMP_ERR(data, length, text) Z_LOG_HEXDUMP(BREEZE_LOG_ERR, data, length, text)
#define LOG_HEXDUMP_WRN(data, length, text) Z_LOG_HEXDUMP(BREEZE_LOG_WRN, data, length, text)
#define LOG_HEXDUMP_INF(data, length, text) Z_LOG_HEXDUMP(BREEZE_LOG_INF, data, length, text)
#define LOG_HEXDUMP_DBG(data, length, text) Z_LOG_HEXDUMP(BREEZE_LOG_DBG, data, length, text)

// Lines are formatted at once: a string needs no copy.
#define log_strdup(str) (str)

#ifdef __cplusplus
}
#endif

#endif // ZEPHYR_LOGGING_LOG_H_
