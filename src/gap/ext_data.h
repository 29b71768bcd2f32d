// Advertising data that stays in the application's memory while a call hands it over in fragments.
#ifndef BREEZE_SRC_GAP_EXT_DATA_H_
#define BREEZE_SRC_GAP_EXT_DATA_H_

#include "gap/state.h"

// Take AD structures, or octets. 0; -EINVAL: that is no data, or more than 1650 octets.
int ext_payload_list(struct ext_payload *payload, const struct bt_data *data, size_t count);
int ext_payload_raw(struct ext_payload *payload, const uint8_t *data, size_t len);

// The next fragment, of at most `max` octets: its Operation (7.8.54), and in *len its length.
uint8_t ext_payload_next(const struct ext_payload *payload, uint16_t offset, uint16_t max,
                         uint16_t *len);

// Write `len` octets from `offset` on, which the payload has.
void ext_payload_put(const struct ext_payload *payload, struct wr *to, size_t offset, size_t len);

#endif // BREEZE_SRC_GAP_EXT_DATA_H_
