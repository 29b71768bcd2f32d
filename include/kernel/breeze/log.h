// Logging: levels per layer, one sink.
#ifndef BREEZE_LOG_H_
#define BREEZE_LOG_H_

#include <stdarg.h>
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BREEZE_LOG_OFF 0
#define BREEZE_LOG_ERR 1
#define BREEZE_LOG_WRN 2
#define BREEZE_LOG_INF 3
#define BREEZE_LOG_DBG 4

// The highest level that is compiled in.
#ifndef BREEZE_LOG_MAX
#define BREEZE_LOG_MAX BREEZE_LOG_OFF
#endif

// The layers, as their folders under src/ are called.
enum breeze_log_layer {
    LOG_KERNEL,
    LOG_HCI,
    LOG_CONN,
    LOG_GAP,
    LOG_L2CAP,
    LOG_ATT,
    LOG_SMP,
    LOG_GATT,
    LOG_API,
    LOG_PORT,
    LOG_APP,
    LOG_LAYERS,
};

// Where lines go: `line` has no newline at its end.
typedef void (*breeze_log_sink_t)(enum breeze_log_layer layer, int level, const char *line);

// Set the sink; NULL drops all lines. Survives bt_disable().
void breeze_log_sink(breeze_log_sink_t sink);

// Set one layer's run-time level (BREEZE_LOG_OFF to BREEZE_LOG_DBG). All start at BREEZE_LOG_WRN.
void breeze_log_level(enum breeze_log_layer layer, int level);

// Set levels from text: "level[,layer=level]...", for example "info,hci=debug". Level names: off,
// error, warning, info, debug; a first bare level sets all layers. 0, or -EINVAL with nothing
// changed.
int breeze_log_parse(const char *text);

// The lower-case name of a layer ("hci"); NULL out of range.
const char *breeze_log_layer_name(enum breeze_log_layer layer);

// For the macros: is this level on, and print one line.
bool breeze_log_on(enum breeze_log_layer layer, int level);
void breeze_log_print(enum breeze_log_layer layer, int level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#ifdef __cplusplus
}
#endif

#endif // BREEZE_LOG_H_
