// What Breeze offers beyond Zephyr's API: the loop, the preferred MTU, the notice of a reset, the
// second half of bt_disable(), and counters.
#ifndef BREEZE_BREEZE_H_
#define BREEZE_BREEZE_H_

#include <stdbool.h>
#include <stdint.h>

#include <breeze/config.h>
#include <breeze/loop.h>
#include <breeze/port.h>
#include <breeze/transport.h>
#include <breeze/version.h>

#ifdef __cplusplus
extern "C" {
#endif

// The ATT_MTU that this host offers in an exchange, octets, 23 to CONFIG_BT_L2CAP_RX_MTU; holds for
// connections whose exchange has not happened yet and survives bt_disable(). 0, or -EINVAL out of
// range. Vol 3, Part F, 3.4.2.
int breeze_mtu_set(uint16_t mtu);
uint16_t breeze_mtu_get(void);

// Why the controller was lost.
enum breeze_reset_reason {
    BREEZE_RESET_CMD_TIMEOUT,    // A command was not answered in time.
    BREEZE_RESET_LOST_SYNC,      // An unknown packet type on the transport.
    BREEZE_RESET_HARDWARE_ERROR, // The controller sent Hardware Error.
    BREEZE_RESET_TRANSPORT,      // The transport reported that the controller is gone.
};

// Tell the application, once per loss, after every link was reported `disconnected`. `recovered`: the
// controller answered HCI Reset and was set up again, advertising and scanning are off and may be
// started anew; otherwise the host is down and bt_enable() tries again. One callback; NULL removes
// it; survives bt_disable(). Runs like every callback, from the loop.
typedef void (*breeze_reset_cb_t)(enum breeze_reset_reason reason, bool recovered);
void breeze_reset_cb(breeze_reset_cb_t cb);

// Forget everything the application registered (callbacks, services, ...), as an interpreter must
// whose heap held the objects. 0, or -EBUSY while enabled: call bt_disable() first.
int breeze_forget(void);

// Counters since the program started; all only grow, but for the levels.
struct breeze_stats {
    uint32_t rx_events;      // HCI events received.
    uint32_t rx_acl;         // ACL packets received.
    uint32_t tx_acl;         // ACL packets sent.
    uint32_t tx_commands;    // HCI commands sent.
    uint32_t evt_malformed;  // Events shorter than their fixed part or with impossible fields.
    uint32_t evt_unknown;    // Events nobody handles.
    uint32_t evt_stale;      // Command answers nobody waits for, events for links that are gone.
    uint32_t adv_dropped;    // Advertising reports dropped for want of room.
    uint32_t acl_dropped;    // ACL packets for no link, out of sequence, or too long.
    uint32_t l2cap_dropped;  // PDUs for no channel.
    uint32_t att_dropped;    // ATT PDUs ignored as the specification says.
    uint32_t h4_skipped;     // Packets skipped because they fit no buffer.
    uint32_t resets;         // Times the controller was reset after a fault.
    uint32_t ltk_refused;    // Long Term Key requests answered negatively.
    uint32_t rpa_blocks;     // AES blocks that finding out whose a private address is has taken.
    uint32_t data_overflows; // Data Buffer Overflow events: the controller lost our packets.
    uint16_t acl_rx_free;    // Level: free ACL buffers towards the host ...
    uint16_t acl_rx_low;     // ... and the fewest there ever were.
    uint16_t evt_rx_free;    // The same for events,
    uint16_t evt_rx_low;     //
    uint16_t tx_free;        // ... and for PDUs towards the controller.
    uint16_t tx_low;         //
};
void breeze_stats(struct breeze_stats *stats);

#ifdef __cplusplus
}
#endif

#endif // BREEZE_BREEZE_H_
