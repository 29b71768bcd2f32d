// The trace of everything that crosses HCI (breeze/trace.h). Files are the ports' business.
#include "trace/trace.h"

#include <breeze/port.h>

void breeze_trace_set(breeze_trace_sink_t sink, void *ctx)
{
    trace_reg.sink = sink;
    trace_reg.ctx = ctx;
}

void trace_emit(const uint8_t *packet, size_t len, bool from_controller)
{
    trace_reg.sink(trace_reg.ctx, packet, len, from_controller, breeze_port_now());
}
