// The functions of Vol 3, Part H, 2.2, over one AES block. Messages are put together most significant
// octet first, as the specification writes its concatenations.
#include <string.h>

#include <zephyr/sys/util.h>

#include "base/wr.h"
#include "crypto/crypto.h"

void crypto_reverse(void *to, const void *from, size_t len)
{
    uint8_t *out = to;
    const uint8_t *in = from;
    for (size_t i = 0; i < len; i++) {
        out[i] = in[len - 1 - i];
    }
}

// A value of the protocol, into a message.
static void put(struct wr *w, const void *value, size_t len)
{
    uint8_t *at = wr_reserve(w, len);
    if (at) {
        crypto_reverse(at, value, len);
    }
}

// An address: its type as an octet (one bit of it), then the address.
static void put_addr(struct wr *w, const bt_addr_le_t *addr)
{
    wr_u8(w, addr->type & 1);
    put(w, addr->a.val, sizeof(addr->a.val));
}

// The code of a message, all as the protocol carries it.
static void code(const uint8_t *key, const struct wr *w, uint8_t *out)
{
    uint8_t be_key[CRYPTO_LEN];
    uint8_t mac[CRYPTO_LEN];
    crypto_reverse(be_key, key, CRYPTO_LEN);
    crypto_cmac(be_key, w->start, wr_len(w), mac);
    crypto_reverse(out, mac, CRYPTO_LEN);
}

// ---- Legacy (2.2.1 to 2.2.4) ---------------------------------------------------------------------

void crypto_e(const uint8_t key[16], const uint8_t in[16], uint8_t out[16])
{
    uint8_t be_key[CRYPTO_LEN];
    uint8_t block[CRYPTO_LEN];
    crypto_reverse(be_key, key, CRYPTO_LEN);
    crypto_reverse(block, in, CRYPTO_LEN);
    crypto_aes_block(be_key, block, block);
    crypto_reverse(out, block, CRYPTO_LEN);
}

void crypto_ah(const uint8_t irk[16], const uint8_t prand[3], uint8_t hash[3])
{
    uint8_t block[CRYPTO_LEN] = {prand[0], prand[1], prand[2]};
    crypto_e(irk, block, block);
    memcpy(hash, block, 3);
}

void crypto_c1(const uint8_t tk[16], const uint8_t r[16], const uint8_t preq[7],
               const uint8_t pres[7], const bt_addr_le_t *ia, const bt_addr_le_t *ra,
               uint8_t out[16])
{
    uint8_t p[CRYPTO_LEN];
    struct wr w = wr_init(p, sizeof(p)); // p1 = pres || preq || rat' || iat'
    wr_u8(&w, ia->type & 1);
    wr_u8(&w, ra->type & 1);
    wr_bytes(&w, preq, 7);
    wr_bytes(&w, pres, 7);
    crypto_xor(p, r);
    crypto_e(tk, p, out);
    uint8_t p2[CRYPTO_LEN] = {0}; // p2 = padding || ia || ra
    memcpy(p2, ra->a.val, 6);
    memcpy(p2 + 6, ia->a.val, 6);
    crypto_xor(p2, out);
    crypto_e(tk, p2, out);
}

void crypto_s1(const uint8_t tk[16], const uint8_t r1[16], const uint8_t r2[16], uint8_t out[16])
{
    uint8_t block[CRYPTO_LEN];
    memcpy(block, r2, 8);
    memcpy(block + 8, r1, 8);
    crypto_e(tk, block, out);
}

// ---- Secure Connections (2.2.6 to 2.2.11) --------------------------------------------------------

void crypto_f4(const uint8_t u[32], const uint8_t v[32], const uint8_t x[16], uint8_t z,
               uint8_t out[16])
{
    uint8_t msg[65];
    struct wr w = wr_init(msg, sizeof(msg));
    put(&w, u, 32);
    put(&w, v, 32);
    wr_u8(&w, z);
    code(x, &w, out);
}

void crypto_f5(const uint8_t w[32], const uint8_t n1[16], const uint8_t n2[16],
               const bt_addr_le_t *a1, const bt_addr_le_t *a2, uint8_t mackey[16], uint8_t ltk[16])
{
    static const uint8_t salt[CRYPTO_LEN] = {0xbe, 0x83, 0x60, 0x5a, 0xdb, 0x0b, 0x37, 0x60,
                                             0x38, 0xa5, 0xf5, 0xaa, 0x91, 0x83, 0x88, 0x6c};
    uint8_t t[CRYPTO_LEN];
    uint8_t msg[53];
    struct wr key = wr_init(msg, sizeof(msg));
    put(&key, w, 32);
    code(salt, &key, t);
    for (uint8_t counter = 0; counter < 2; counter++) {
        struct wr m = wr_init(msg, sizeof(msg));
        wr_u8(&m, counter);
        wr_bytes(&m, "btle", 4);
        put(&m, n1, 16);
        put(&m, n2, 16);
        put_addr(&m, a1);
        put_addr(&m, a2);
        wr_bytes(&m, "\x01\x00", 2); // Length: 256 bits.
        code(t, &m, counter ? ltk : mackey);
    }
}

void crypto_f6(const uint8_t w[16], const uint8_t n1[16], const uint8_t n2[16], const uint8_t r[16],
               const uint8_t iocap[3], const bt_addr_le_t *a1, const bt_addr_le_t *a2,
               uint8_t out[16])
{
    uint8_t msg[65];
    struct wr m = wr_init(msg, sizeof(msg));
    put(&m, n1, 16);
    put(&m, n2, 16);
    put(&m, r, 16);
    put(&m, iocap, 3);
    put_addr(&m, a1);
    put_addr(&m, a2);
    code(w, &m, out);
}

uint32_t crypto_g2(const uint8_t u[32], const uint8_t v[32], const uint8_t x[16],
                   const uint8_t y[16])
{
    uint8_t msg[80];
    uint8_t mac[CRYPTO_LEN];
    struct wr m = wr_init(msg, sizeof(msg));
    put(&m, u, 32);
    put(&m, v, 32);
    put(&m, y, 16);
    code(x, &m, mac);
    return ((uint32_t)mac[3] << 24 | (uint32_t)mac[2] << 16 | (uint32_t)mac[1] << 8 | mac[0]) %
           1000000;
}

void crypto_h6(const uint8_t w[16], const uint8_t key_id[4], uint8_t out[16])
{
    uint8_t msg[4];
    struct wr m = wr_init(msg, sizeof(msg));
    put(&m, key_id, 4);
    code(w, &m, out);
}

void crypto_h7(const uint8_t salt[16], const uint8_t w[16], uint8_t out[16])
{
    uint8_t msg[CRYPTO_LEN];
    struct wr m = wr_init(msg, sizeof(msg));
    put(&m, w, CRYPTO_LEN);
    code(salt, &m, out);
}

// ---- Signatures (2.4.5) --------------------------------------------------------------------------

// The message is the PDU and, more significant, the counter; in pieces, as it is as long as an ATT_MTU.
void crypto_sign(const uint8_t csrk[16], const uint8_t *pdu, size_t len, uint32_t counter,
                 uint8_t mac[8])
{
    uint8_t block[CRYPTO_LEN];
    uint8_t le[4];
    struct crypto_cmac cmac;
    struct wr w = wr_init(le, sizeof(le));
    wr_le32(&w, counter);
    crypto_reverse(block, csrk, CRYPTO_LEN);
    crypto_cmac_start(&cmac, block);
    crypto_reverse(block, le, sizeof(le));
    crypto_cmac_add(&cmac, block, sizeof(le));
    while (len) {
        size_t piece = MIN(len, sizeof(block));
        len -= piece;
        crypto_reverse(block, pdu + len, piece);
        crypto_cmac_add(&cmac, block, piece);
    }
    crypto_cmac_end(&cmac, block);
    crypto_reverse(mac, block, 8); // The more significant half.
}
