// Inside hci/: the treatment of failures, and the parts that life.c starts and stops.
#ifndef BREEZE_SRC_HCI_LIFE_H_
#define BREEZE_SRC_HCI_LIFE_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rd.h"
#include "hci/cmd.h"
#include "kernel/loop.h"

// Treat a failure that hci_fail() noted; in dispatch context, called where nothing is half done.
void hci_life_settle(void);
// The bring-up script ended: 0, or why it failed.
void hci_life_up(int err);
// HCI Reset was answered. False: the script pauses, because the transport's setup step must run
// first.
bool hci_life_reset_done(void);

// May commands be waited for.
bool hci_life_usable(void);

// turn.c: read one packet without running callbacks; answers are dispatched, others are queued.
enum h4_result hci_pump(void);
// Throw away the packets that a wait queued.
void hci_rx_flush(void);

// There is work for a turn: from outside the loop (an API call of the program), wake it.
static inline void hci_need_turn(void)
{
    if (!loop_in_turn()) {
        breeze_wake();
    }
}

// user_cmd.c: commands of the application end with HCI_STATUS_GONE; vendor events are dropped.
extern const struct hci_source user_cmd_source;
void user_cmd_flush(void);
bool vendor_on_event(struct rd *params);

// rand.c
extern const struct hci_source rand_source;
void rand_start(void); // Find out if the port has entropy.
void rand_store(void *arg, uint8_t status, struct rd *ret);
bool rand_wanted(void); // The store is not full, and it is needed.

#endif // BREEZE_SRC_HCI_LIFE_H_
