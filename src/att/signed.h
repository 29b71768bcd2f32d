// Signed Write Command as server (Vol 3, Part F, 3.4.5.4), and the seam to whoever has the keys. In a
// build with signed writes (CONFIG_BT_SIGNING) only.
#ifndef BREEZE_SRC_ATT_SIGNED_H_
#define BREEZE_SRC_ATT_SIGNED_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "att/bearer.h"

// Signatures of a PDU, opcode first; ATT_SIGN_LEN octets. Both spend the counter for good before they
// return. Neither looks at whether the link is encrypted. Defined in src/api/wiring_signing.c.
struct att_signing {
    // 0; a negative errno as bt_gatt_write_without_response_cb() has it.
    int (*sign)(const struct bt_conn *conn, const uint8_t *pdu, size_t len, uint8_t *signature);
    bool (*check)(const struct bt_conn *conn, const uint8_t *pdu, size_t len,
                  const uint8_t *signature);
};
extern const struct att_signing att_signing;

// A row of bearer.c.
uint8_t att_on_signed_write(struct att_rx *rx);

#endif // BREEZE_SRC_ATT_SIGNED_H_
