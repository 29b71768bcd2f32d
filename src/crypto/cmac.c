// AES-CMAC (RFC 4493) over the block of the seam, in pieces: the message need not be in one place.
#include <string.h>

#include "crypto/crypto.h"

void crypto_xor(uint8_t *to, const uint8_t *with)
{
    for (size_t i = 0; i < CRYPTO_LEN; i++) {
        to[i] ^= with[i];
    }
}

// Doubling in GF(2^128), 2.3.
static void doubled(uint8_t *value)
{
    uint8_t carry = value[0] & 0x80 ? 0x87 : 0;
    for (size_t i = 0; i < CRYPTO_LEN; i++) {
        uint8_t next = i + 1 < CRYPTO_LEN ? value[i + 1] >> 7 : 0;
        value[i] = (uint8_t)(value[i] << 1 | next);
    }
    value[CRYPTO_LEN - 1] ^= carry;
}

void crypto_cmac_start(struct crypto_cmac *cmac, const uint8_t key[CRYPTO_LEN])
{
    memset(cmac, 0, sizeof(*cmac));
    memcpy(cmac->key, key, CRYPTO_LEN);
}

static void absorb(struct crypto_cmac *cmac)
{
    crypto_xor(cmac->x, cmac->last);
    crypto_aes_block(cmac->key, cmac->x, cmac->x);
    cmac->len = 0;
}

// A full block waits: only what follows tells that it is not the last.
void crypto_cmac_add(struct crypto_cmac *cmac, const uint8_t *msg, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (cmac->len == CRYPTO_LEN) {
            absorb(cmac);
        }
        cmac->last[cmac->len++] = msg[i];
    }
}

void crypto_cmac_end(struct crypto_cmac *cmac, uint8_t mac[CRYPTO_LEN])
{
    uint8_t subkey[CRYPTO_LEN] = {0};
    crypto_aes_block(cmac->key, subkey, subkey);
    doubled(subkey);
    if (cmac->len < CRYPTO_LEN) {
        memset(&cmac->last[cmac->len], 0, (size_t)(CRYPTO_LEN - cmac->len));
        cmac->last[cmac->len] = 0x80;
        doubled(subkey);
    }
    crypto_xor(cmac->last, subkey);
    absorb(cmac);
    memcpy(mac, cmac->x, CRYPTO_LEN);
}

void crypto_cmac(const uint8_t key[CRYPTO_LEN], const uint8_t *msg, size_t len,
                 uint8_t mac[CRYPTO_LEN])
{
    struct crypto_cmac cmac;
    crypto_cmac_start(&cmac, key);
    crypto_cmac_add(&cmac, msg, len);
    crypto_cmac_end(&cmac, mac);
    memset(&cmac, 0, sizeof(cmac)); // Keys do not linger.
}
