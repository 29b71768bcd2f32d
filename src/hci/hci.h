// The controller as the host knows it, and its life: off, starting, ready, failed.
//
// Bring-up is a script (bringup.c): const rows {opcode, build, done, when}. Failure (a missed
// deadline, lost synchronisation, Hardware Error, a dead transport) takes one path, hci_fail():
// every command in flight and every link ends, the framer discards until the Command Complete of a
// new HCI Reset (5 s), the script runs again, the application is told once.
#ifndef BREEZE_SRC_HCI_HCI_H_
#define BREEZE_SRC_HCI_HCI_H_

#include <stdbool.h>
#include <stdint.h>

#include <breeze/breeze.h>
#include <zephyr/bluetooth/addr.h>
#include <zephyr/bluetooth/hci_types.h>

#include "base/rd.h"
#include "base/wr.h"

enum hci_state {
    HCI_OFF,
    HCI_STARTING,
    HCI_READY,
    HCI_RESETTING, // After a failure, until the script has run again.
    HCI_FAILED,    // The reset was not answered; only hci_start() helps.
    HCI_STOPPING,  // Within hci_stop().
};

// What bring-up learned. Valid while HCI_READY.
struct hci_info {
    uint8_t hci_version;
    uint16_t hci_revision;
    uint8_t lmp_version;
    uint16_t lmp_subversion;
    uint16_t manufacturer;
    uint8_t commands[64];
    uint8_t le_features[8];
    uint64_t le_states;
    bt_addr_t public_addr; // All zero: none.
    uint16_t acl_len;      // Controller's ACL data packet length and count, LE or shared.
    uint16_t acl_count;
    bool flow_to_host; // Controller To Host Flow Control is on.
};

// Up-calls on life-cycle changes, rows in src/api/wiring.c, NULL at the end. In dispatch context.
struct hci_up {
    void (*ready)(void); // Bring-up finished; the layer's state is fresh.
    void (*lost)(void);  // The controller was reset or lost: links end (post `disconnected`),
                         // wishes that cannot survive are dropped.
};
extern const struct hci_up *const hci_ups[];

// Open the transport, run its setup step and bring the controller up. 0: done(err) is called once,
// in dispatch context, when the state is HCI_READY (0) or HCI_FAILED (-ETIMEDOUT no answer, -EIO a
// wrong one, -ENODEV the transport ended); a negative errno at once: -EALREADY, -ENODEV without a
// transport, or what open() or setup() returned, and the state is HCI_OFF.
int hci_start(void (*done)(int err));
// HCI Reset, close the transport, take back every buffer. Waits (D3); 0 even if the controller is
// dead. Links must have been ended before (hci_ups lost); afterwards hci_run may be wiped.
int hci_stop(void);

enum hci_state hci_state(void);
const struct hci_info *hci_info(void);

// A bit of the Supported Commands (octet, bit: Vol 4, Part E, 6.27) and of the LE features (bit:
// Vol 6, Part B, 4.6).
bool hci_has_command(unsigned int octet, unsigned int bit);
bool hci_has_feature(unsigned int bit);

// The one path of failure.
void hci_fail(enum breeze_reset_reason reason);

// One packet's worth of work for the loop: read, dispatch, drain. True when more is waiting.
bool hci_turn(void);

// The errno of an HCI status: 0 for 0. One table (err.c).
int hci_errno(uint8_t status);

// Counters; each layer adds to its own members.
struct breeze_stats *hci_stats(void);

// Random octets fit for keys: the port's entropy or, when that has none, octets that LE Rand gave
// (a store that bring-up fills and a command source refills). Never waits. 0; -ENODEV: neither
// exists; -EAGAIN: the store has too few just now.
int hci_rand(void *buf, size_t len);

#endif // BREEZE_SRC_HCI_HCI_H_
