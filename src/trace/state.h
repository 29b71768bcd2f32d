// State of the trace: the sink, which survives bt_disable().
#ifndef BREEZE_SRC_TRACE_STATE_H_
#define BREEZE_SRC_TRACE_STATE_H_

#include <breeze/trace.h>

struct trace_reg {
    breeze_trace_sink_t sink;
    void *ctx;
};
extern struct trace_reg trace_reg;

#endif // BREEZE_SRC_TRACE_STATE_H_
