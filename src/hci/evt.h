// HCI events by table (Vol 4, Part E, 7.7). Each layer has rows for the events it handles; the list
// of tables is in src/api/wiring.c. Handlers run in dispatch context: decode with `rd` into locals,
// check, then act; post what the application must hear.
#ifndef BREEZE_SRC_HCI_EVT_H_
#define BREEZE_SRC_HCI_EVT_H_

#include <stdbool.h>
#include <stdint.h>

#include <zephyr/net_buf.h>

#include "base/rd.h"

struct hci_evt_row {
    uint8_t code; // Event code; BT_HCI_EVT_LE_META_EVENT for LE events ...
    uint8_t sub;  // ... and then the subevent code, else 0.
    // Parameters, behind the subevent code. False: malformed, counted and logged by the caller.
    bool (*fn)(struct rd *params);
};

struct hci_evt_table {
    const struct hci_evt_row *rows;
    uint8_t count;
};

// All tables, ended by one with rows == NULL. Defined in src/api/wiring.c.
extern const struct hci_evt_table hci_evt_tables[];

// A new reference to the buffer of the event that is being dispatched, for a handler whose `params`
// must live until the drain (advertising reports): what `params` points at stays valid until
// net_buf_unref(). NULL outside dispatch and for Command Complete, Command Status and Number Of
// Completed Packets, whose buffer is used again at once.
struct net_buf *hci_evt_hold(void);

// Dispatch one whole event packet, packet type octet first. `buf` owns the octets or is NULL.
void hci_evt_dispatch(const uint8_t *packet, size_t len, struct net_buf *buf);

// The event masks that our tables call for, cut to what the controller has (Vol 4, Part E, 7.3.1
// and 7.8.1).
uint64_t hci_evt_mask(void);
uint64_t hci_evt_le_mask(void);

#endif // BREEZE_SRC_HCI_EVT_H_
