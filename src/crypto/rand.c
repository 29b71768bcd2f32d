// CTR_DRBG over AES-128 (SP 800-90A, 10.2.1), without derivation function: its seed is full entropy.
// The update after each request makes what was given out unrecoverable from the state.
#include <errno.h>
#include <string.h>

#include <zephyr/sys/util.h>

#include "crypto/crypto.h"

#define SEED_LEN (2 * CRYPTO_LEN)

static void block(uint8_t *out)
{
    for (size_t i = CRYPTO_LEN; i-- && ++crypto_run.v[i] == 0;) {
    }
    crypto_aes_block(crypto_run.key, crypto_run.v, out);
}

static void update(const uint8_t data[SEED_LEN])
{
    uint8_t next[SEED_LEN];
    block(next);
    block(next + CRYPTO_LEN);
    for (size_t i = 0; i < SEED_LEN; i++) {
        next[i] ^= data[i];
    }
    memcpy(crypto_run.key, next, CRYPTO_LEN);
    memcpy(crypto_run.v, next + CRYPTO_LEN, CRYPTO_LEN);
    memset(next, 0, sizeof(next));
}

int crypto_rand(void *buf, size_t len)
{
    // 128 bits seed it; where there is less just now the old state goes on.
    uint8_t seed[SEED_LEN] = {0};
    if (!crypto_entropy(seed, CRYPTO_LEN)) {
        update(seed);
        crypto_run.seeded = true;
    }
    if (!crypto_run.seeded) {
        return -EAGAIN;
    }
    uint8_t *out = buf;
    while (len) {
        uint8_t piece[CRYPTO_LEN];
        size_t n = MIN(len, sizeof(piece));
        block(piece);
        memcpy(out, piece, n);
        out += n;
        len -= n;
    }
    memset(seed, 0, sizeof(seed));
    update(seed);
    return 0;
}
