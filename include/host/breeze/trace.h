// A trace of everything that crosses HCI, for btsnoop files and tests.
#ifndef BREEZE_TRACE_H_
#define BREEZE_TRACE_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Called with each H4 packet (type octet first) as it is sent or was received whole; must not call
// the host. time_us is breeze_port_now().
typedef void (*breeze_trace_sink_t)(void *ctx, const uint8_t *packet, size_t len,
                                    bool from_controller, int64_t time_us);

// One sink; NULL turns tracing off. Survives bt_disable().
void breeze_trace_set(breeze_trace_sink_t sink, void *ctx);

#ifdef __cplusplus
}
#endif

#endif // BREEZE_TRACE_H_
