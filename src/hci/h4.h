// The H4 framer: packets out of a stream of octets (Vol 4, Part A, 2).
//
// A machine of six states that reads from the transport straight into the place where the octets
// stay. However the stream is cut, the same packets come out. What each packet type looks like and
// how an event is treated are two const tables in h4.c.
//
//   TYPE    the first three octets; no packet is shorter
//   HEAD    the rest of the header (and the LE subevent, which says if the event may be dropped)
//   BUFFER  no buffer was free: nothing is read until one is (back-pressure)
//   BODY    into the buffer
//   SKIP    a packet that no buffer can hold, or a report that there is no room for
//   RESYNC  nothing counts but the Command Complete of HCI Reset
#ifndef BREEZE_SRC_HCI_H4_H_
#define BREEZE_SRC_HCI_H4_H_

#include <stdbool.h>
#include <stdint.h>

#include <zephyr/bluetooth/buf.h>
#include <zephyr/net_buf.h>

struct h4 {
    uint8_t state;
    uint8_t have; // Octets in head ...
    uint8_t need; // ... of this many.
    uint8_t head[7];
    uint16_t left; // Octets of the body still to come.
    uint8_t *to;   // Where they go.
    struct net_buf *buf;
    uint16_t answer_len;
    uint8_t answer[BT_BUF_EVT_RX_SIZE]; // Command answers and completions: dispatched at once.
};

enum h4_result {
    H4_IDLE,    // The transport has nothing.
    H4_STALLED, // A packet waits for a buffer.
    H4_PACKET,  // A packet is in *buf.
    H4_ANSWER,  // A packet is in answer[].
    H4_LOST,    // Unknown packet type. Only h4_resync() or h4_reset() helps.
    H4_DEAD,    // The transport says that the controller is gone.
    H4_MORE,    // Inside h4.c: go on.
};

// Read up to the end of one packet at most. Packets start with their type octet.
enum h4_result h4_read(struct net_buf **buf);

// A packet that waited for a buffer could have one now.
bool h4_can_go_on(void);

// Drop what was read in part: the next octet is a packet's first.
void h4_reset(void);
// Drop everything up to the Command Complete of HCI Reset, which comes as H4_ANSWER.
void h4_resync(void);

#endif // BREEZE_SRC_HCI_H4_H_
