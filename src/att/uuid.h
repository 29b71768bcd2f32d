// UUIDs in PDUs: 2 or 16 octets, never 4 (Vol 3, Part F, 3.2.1).
#ifndef BREEZE_SRC_ATT_UUID_H_
#define BREEZE_SRC_ATT_UUID_H_

#include <stdbool.h>

#include <zephyr/bluetooth/uuid.h>

#include "base/rd.h"
#include "base/wr.h"

// Octets that the UUID takes in a PDU.
uint8_t uuid_len(const struct bt_uuid *uuid);

// Write it; a 32-bit UUID in its 128-bit form.
void uuid_put(struct wr *w, const struct bt_uuid *uuid);

// Read one of `len` octets; false if len is not 2 or 16 or the octets are not there.
bool uuid_get(struct rd *r, size_t len, struct bt_uuid_any *uuid);

#endif // BREEZE_SRC_ATT_UUID_H_
