// Callbacks are posted while state changes and drained when it is consistent (design D4).
//
// An object that has something to tell embeds one `struct post`. Posting sets a bit: it never
// allocates and never fails; the object is on the list while any bit is set. post_drain() delivers
// in the order of posting, object by object; within an object its own function fixes the order of
// the bits. Whoever posts holds what the delivery needs (a reference to a connection, a buffer).
//
// Contexts: HCI event handlers and timers post; only the loop drains, after each packet and each
// round of timers. In the drain every API call works as from main, waiting included.
#ifndef BREEZE_SRC_HCI_POST_H_
#define BREEZE_SRC_HCI_POST_H_

#include <stdbool.h>
#include <stdint.h>

#include <zephyr/sys/slist.h>

struct post {
    sys_snode_t node;
    void (*fn)(struct post *post, uint16_t bits);
    uint16_t bits;
};

// Make an object ready to post; fn delivers.
static inline void post_init(struct post *post, void (*fn)(struct post *post, uint16_t bits))
{
    *post = (struct post){.fn = fn};
}

// Ask for delivery of `bits` (not 0).
void post_set(struct post *post, uint16_t bits);

// Take back what has not been delivered yet.
void post_clear(struct post *post);

// Deliver everything, including what deliveries post. Returns true if anything ran. A call from
// within a delivery does nothing.
bool post_drain(void);

// Is a delivery running.
bool post_draining(void);

#endif // BREEZE_SRC_HCI_POST_H_
