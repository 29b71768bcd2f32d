// What the stored records of a bonded peer have in common (doc/BONDS.md): the bond (store.c), and what
// the server keeps of the peer (gatt/ccc_keep.c). The same on every machine.
#ifndef BREEZE_SRC_SMP_RECORD_H_
#define BREEZE_SRC_SMP_RECORD_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zephyr/bluetooth/addr.h>

#include "base/rd.h"
#include "base/wr.h"
#include "crypto/crypto.h"

// A name in the settings: the prefix, identity, address type and address, in hexadecimal.
#define SMP_RECORD_NAME_LEN(prefix) (sizeof(prefix) + sizeof("IITAAAAAAAAAAAA") - 1)
void smp_record_name(const char *prefix, uint8_t id, const bt_addr_le_t *addr, struct wr *name);

void smp_record_put_addr(struct wr *w, const bt_addr_le_t *addr);
void smp_record_get_addr(struct rd *r, bt_addr_le_t *addr);

// The check over the octets before it, of which a record ends with the first SMP_RECORD_CHECK_LEN: against
// damage, not against forgery, for whoever can write here has the keys. False: not now, for want of AES.
#define SMP_RECORD_CHECK_LEN 4
bool smp_record_check(const uint8_t *record, size_t len, uint8_t check[CRYPTO_LEN]);

#endif // BREEZE_SRC_SMP_RECORD_H_
