// See record.h.
#include "smp/record.h"

#include <string.h>

static const char digits[] = "0123456789abcdef";

static void put_hex(struct wr *w, uint8_t octet)
{
    wr_u8(w, (uint8_t)digits[octet >> 4]);
    wr_u8(w, (uint8_t)digits[octet & 15]);
}

void smp_record_name(const char *prefix, uint8_t id, const bt_addr_le_t *addr, struct wr *name)
{
    wr_bytes(name, prefix, strlen(prefix));
    put_hex(name, id);
    wr_u8(name, (uint8_t)digits[addr->type & 15]);
    for (size_t i = sizeof(addr->a.val); i--;) {
        put_hex(name, addr->a.val[i]);
    }
    wr_u8(name, 0);
}

void smp_record_put_addr(struct wr *w, const bt_addr_le_t *addr)
{
    wr_u8(w, addr->type);
    wr_bytes(w, addr->a.val, sizeof(addr->a.val));
}

void smp_record_get_addr(struct rd *r, bt_addr_le_t *addr)
{
    addr->type = rd_u8(r);
    rd_copy(r, addr->a.val, sizeof(addr->a.val));
}

bool smp_record_check(const uint8_t *record, size_t len, uint8_t check[CRYPTO_LEN])
{
    static const uint8_t key[CRYPTO_LEN] = "Breeze bond 1";
    crypto_cmac(key, record, len, check);
    return crypto_ok();
}
