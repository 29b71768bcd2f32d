// Identities: which addresses this host has, and which random address the controller has now.
#ifndef BREEZE_SRC_GAP_ID_H_
#define BREEZE_SRC_GAP_ID_H_

#include <stdbool.h>
#include <stdint.h>

#include <zephyr/bluetooth/addr.h>

#include "hci/cmd.h"

// The identity is still being found out (bt_enable() waits for it).
bool gap_id_busy(void);

// The address of an identity; NULL when there is none of that number.
const bt_addr_le_t *gap_id_addr(uint8_t id);

// One of our addresses can be used by what wants it next: it is public, or the controller's random
// address is set to it.
bool gap_id_usable(const bt_addr_le_t *addr);

// The controller's random address must change, so whoever uses it rests (Vol 4, Part E, 7.8.4); and it
// must because a private one's time is over, so that those rest too that cannot go on by themselves.
bool gap_id_waiting(void);
bool gap_id_rotates(void);

// The address that the scanner and the initiator show.
const bt_addr_le_t *gap_radio_addr(void);

// Try again what the controller refused.
void gap_id_retry(void);

// Zephyr's vendor commands are known to this controller, probably.
bool id_maker_is_zephyr(void);

// The runner, and what happens to the controller.
bool id_next(struct hci_cmd *cmd, struct wr *params);
void id_ready(void);

#endif // BREEZE_SRC_GAP_ID_H_
