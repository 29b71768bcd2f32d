// The two call sites of the trace (breeze/trace.h): a packet was sent, a packet was received whole.
#ifndef BREEZE_SRC_TRACE_TRACE_H_
#define BREEZE_SRC_TRACE_TRACE_H_

#include <breeze/trace.h>

#include "trace/state.h"

// Hand a packet to the sink, with the time.
void trace_emit(const uint8_t *packet, size_t len, bool from_controller);

static inline void trace_packet(const uint8_t *packet, size_t len, bool from_controller)
{
    if (trace_reg.sink) {
        trace_emit(packet, len, from_controller);
    }
}

#endif // BREEZE_SRC_TRACE_TRACE_H_
