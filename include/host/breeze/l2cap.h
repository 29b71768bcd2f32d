// L2CAP beyond Zephyr's API: what an interpreter tells its program before that has accepted a channel.
#ifndef BREEZE_L2CAP_H_
#define BREEZE_L2CAP_H_

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// The channel that a peer asks for.
struct breeze_l2cap_asked {
    uint16_t cid; // Our CID, if it is accepted.
    uint16_t mtu; // The largest SDU that the peer takes, octets,
    uint16_t mps; // ... and its largest K-frame payload.
};

// Inside bt_l2cap_server.accept() only: what the peer asked for. 0; -EINVAL anywhere else. Vol 3,
// Part A, 4.22 and 4.25.
int breeze_l2cap_asked(struct breeze_l2cap_asked *asked);

#ifdef __cplusplus
}
#endif

#endif // BREEZE_L2CAP_H_
