// The log: levels per layer, one line at a time into one sink. The macros of base/log.h and
// zephyr/logging/log.h are its callers; where nothing is logged nothing of this is linked.
//
// Levels and sink lie in log_state(). A level is kept as its difference from "warning", so that a
// state of all zeroes has every layer at its default.
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <breeze/kernel_config.h>
#include <breeze/log.h>
#include <zephyr/logging/log.h>
#include <zephyr/sys/printk.h>

#include "base/log_state.h"

static const char *const layer_names[LOG_LAYERS] = {
    [LOG_KERNEL] = "kernel", [LOG_HCI] = "hci",   [LOG_CONN] = "conn", [LOG_GAP] = "gap",
    [LOG_L2CAP] = "l2cap",   [LOG_ATT] = "att",   [LOG_SMP] = "smp",   [LOG_GATT] = "gatt",
    [LOG_API] = "api",       [LOG_PORT] = "port", [LOG_APP] = "app",
};

static const char *const level_names[] = {
    [BREEZE_LOG_OFF] = "off",  [BREEZE_LOG_ERR] = "error", [BREEZE_LOG_WRN] = "warning",
    [BREEZE_LOG_INF] = "info", [BREEZE_LOG_DBG] = "debug",
};

void breeze_log_sink(breeze_log_sink_t sink)
{
    log_state()->sink = sink;
}

void breeze_log_level(enum breeze_log_layer layer, int level)
{
    if (layer < LOG_LAYERS && level >= BREEZE_LOG_OFF && level <= BREEZE_LOG_DBG) {
        log_state()->level[layer] = (int8_t)(level - BREEZE_LOG_WRN);
    }
}

const char *breeze_log_layer_name(enum breeze_log_layer layer)
{
    return layer < LOG_LAYERS ? layer_names[layer] : NULL;
}

bool breeze_log_on(enum breeze_log_layer layer, int level)
{
    return log_state()->sink && level <= log_state()->level[layer] + BREEZE_LOG_WRN;
}

void breeze_log_print(enum breeze_log_layer layer, int level, const char *format, ...)
{
    char line[CONFIG_BREEZE_LOG_LINE];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    if (log_state()->sink) {
        log_state()->sink(layer, level, line);
    }
}

// The index of the word text[0..len) in a table of names, or -1.
static int name_find(const char *const *names, int count, const char *text, size_t len)
{
    for (int i = 0; i < count; i++) {
        if (strlen(names[i]) == len && memcmp(names[i], text, len) == 0) {
            return i;
        }
    }
    return -1;
}

// One item of the text, "level" (the first only) or "layer=level", into `levels`.
static int item_parse(const char *item, size_t len, bool first, int8_t *levels)
{
    const char *equals = memchr(item, '=', len);
    const char *name = equals ? equals + 1 : item;
    int level =
        name_find(level_names, (int)ARRAY_SIZE(level_names), name, len - (size_t)(name - item));
    if (level < 0 || (!equals && !first)) {
        return -EINVAL;
    }
    if (!equals) {
        memset(levels, level - BREEZE_LOG_WRN, LOG_LAYERS);
        return 0;
    }
    int layer = name_find(layer_names, LOG_LAYERS, item, (size_t)(equals - item));
    if (layer < 0) {
        return -EINVAL;
    }
    levels[layer] = (int8_t)(level - BREEZE_LOG_WRN);
    return 0;
}

int breeze_log_parse(const char *text)
{
    int8_t levels[LOG_LAYERS];
    memcpy(levels, log_state()->level, sizeof(levels));
    const char *item = text;
    for (;;) {
        size_t len = strcspn(item, ",");
        if (item_parse(item, len, item == text, levels)) {
            return -EINVAL;
        }
        if (item[len] == '\0') {
            break;
        }
        item += len + 1;
    }
    memcpy(log_state()->level, levels, sizeof(levels));
    return 0;
}

void z_log_hexdump(int level, const char *module, const void *data, size_t length, const char *text)
{
    const uint8_t *bytes = data;
    breeze_log_print(LOG_APP, level, "%s: %s (%zu bytes)", module, text, length);
    for (size_t at = 0; at < length; at += 16) {
        char hex[3 * 16 + 1];
        size_t count = MIN(length - at, (size_t)16);
        for (size_t i = 0; i < count; i++) {
            snprintf(&hex[3 * i], 4, " %02x", bytes[at + i]);
        }
        breeze_log_print(LOG_APP, level, "%s: %s", module, &hex[0]);
    }
}

void vprintk(const char *fmt, va_list ap)
{
    char text[CONFIG_BREEZE_LOG_LINE];
    vsnprintf(text, sizeof(text), fmt, ap);
    if (!log_state()->sink) {
        return;
    }
    for (char *line = text; *line;) {
        size_t len = strcspn(line, "\n");
        bool more = line[len] == '\n';
        line[len] = '\0';
        log_state()->sink(LOG_APP, BREEZE_LOG_INF, line);
        line += len + (more ? 1 : 0);
    }
}

void printk(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vprintk(fmt, args);
    va_end(args);
}
