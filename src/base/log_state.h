// The log's part of the mutable state. It lies in kernel_state (src/kernel/state.c), above this
// layer, which hands it down.
#ifndef BREEZE_SRC_BASE_LOG_STATE_H_
#define BREEZE_SRC_BASE_LOG_STATE_H_

#include <stdint.h>

#include <breeze/log.h>

struct log_state {
    breeze_log_sink_t sink;
    int8_t level[LOG_LAYERS]; // differences from BREEZE_LOG_WRN
};

struct log_state *log_state(void);

#endif // BREEZE_SRC_BASE_LOG_STATE_H_
