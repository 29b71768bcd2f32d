// HCI commands: one in flight, pulled from sources (Vol 4, Part E, 4.4 and 7).
//
// Nothing queues commands. Whoever may owe the controller a command is a *source*: a row in the
// const table hci_sources[] (src/api/wiring.c). Whenever no command is in flight and the controller
// has credit, the engine asks the sources in turn (round robin) for their next command. So no
// command is ever lost for want of memory, and a source is the natural home of a reconciler:
// compare what is wanted with what is, name one command that moves a step, return false when they
// agree.
//
// Every command has a deadline (2 s, HCI Reset 5 s; Vol 4, Part E, 4.4 leaves it to the host). A
// controller that misses it is reset (reset.h).
#ifndef BREEZE_SRC_HCI_CMD_H_
#define BREEZE_SRC_HCI_CMD_H_

#include <stdbool.h>
#include <stdint.h>

#include "base/rd.h"
#include "base/wr.h"

// In place of a status when the controller was reset or lost before it answered.
#define HCI_STATUS_GONE 0xff

struct hci_cmd {
    uint16_t opcode;
    // The answer, in dispatch context (post, do not call the application; do not wait). For Command
    // Complete `ret` stands behind the status octet; for Command Status it is empty. Called exactly
    // once per command that left. May be NULL.
    void (*done)(void *arg, uint8_t status, struct rd *ret);
    void *arg;
};

struct hci_source {
    const char *name; // For the log.
    // Fill in the next command and its parameters and return true, or return false. Called again
    // after every answer, so a source that waits for its own answer must remember that it waits.
    bool (*next)(struct hci_cmd *cmd, struct wr *params);
};

// The sources of the layers above, NULL at the end (bring-up, the application's commands and the
// store of random octets are known to the engine). Asked only while HCI_READY. Defined in
// src/api/wiring.c.
extern const struct hci_source *const hci_sources[];

// What somebody wants has changed: ask the sources, now if a command may be sent, else when it may.
// Every layer calls it after it changed a wish; a wish that is not announced is not seen. Inside a source
// that is being asked it takes effect in the next turn.
void hci_cmd_kick(void);

// Send what is due, asking only if somebody announced a wish. For the loop.
void hci_cmd_go(void);

// Is a command in flight.
bool hci_cmd_busy(void);

// The rest is for hci/ itself.

// Forget the past: nothing in flight, one command of credit. The command in flight is done with
// HCI_STATUS_GONE.
void hci_cmd_reset(void);
// Rows of the event table.
bool hci_cmd_on_complete(struct rd *params);
bool hci_cmd_on_status(struct rd *params);
// When the answer or the credit that is due is overdue; BREEZE_NEVER if none is due.
int64_t hci_cmd_deadline(void);
// That time has come, seen by a wait (the loop's timer does it otherwise).
void hci_cmd_late(void);
// It is late and nothing is left to read: the controller is lost.
void hci_cmd_lost(void);
// Hand a whole H4 packet to the transport. True when it was taken; false: no room now (a retry is
// due in the next turn), or the controller is gone (hci_fail() was called).
bool hci_send(const uint8_t *packet, size_t len);

#endif // BREEZE_SRC_HCI_CMD_H_
