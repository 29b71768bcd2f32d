// The transport contract: how H4 packets reach a controller and come back (Core Specification,
// Vol 4, Part A). A transport is a const table of functions and a context pointer; the host calls
// them from its loop only, never from an interrupt.
#ifndef BREEZE_TRANSPORT_H_
#define BREEZE_TRANSPORT_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct breeze_transport {
    // Open the way to the controller. 0 or negative errno. Called by bt_enable().
    int (*open)(void *ctx);
    // Close it again. Called by bt_disable() after the controller's reset.
    void (*close)(void *ctx);
    // Send one H4 packet, packet type first; the bytes are taken (copied or written) before this
    // returns. 0; -EAGAIN: no room now, nothing was taken, the host tries again in a later turn;
    // any other negative errno: the controller is gone.
    int (*send)(void *ctx, const uint8_t *packet, size_t len);
    // Read what has arrived, at most `len` bytes of the H4 stream, in any pieces. Returns the
    // number of bytes, 0 when there are none now, a negative errno when the controller is gone.
    int (*recv)(void *ctx, uint8_t *buf, size_t len);
    // Optional: vendor steps before the first HCI Reset of a bring-up (firmware download, address);
    // may use bt_hci_cmd_send_sync(). 0 or negative errno, with which bt_enable() then ends.
    int (*setup)(void *ctx);
};

// Tell the host which transport to use from the next bt_enable() on. 0, or -EBUSY while enabled.
int breeze_transport_set(const struct breeze_transport *transport, void *ctx);

#ifdef __cplusplus
}
#endif

#endif // BREEZE_TRANSPORT_H_
