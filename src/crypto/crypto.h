// Cryptography for the Security Manager (design D14): a seam below, the functions of Vol 3, Part H,
// 2.2 above it.
//
// The seam is one file per back end (mbedtls.c, controller.c, or the application's own): AES-128 of one block
// and P-256. Its octets stand most significant first, as FIPS-197 and SEC 1 write them. Everything else
// here takes and gives values as the Security Manager Protocol carries them, least significant octet
// first; keys, nonces and confirm values are CRYPTO_LEN octets.
//
// With the controller as back end whatever needs AES waits for it (design D3): in the drain or in main only.
#ifndef BREEZE_SRC_CRYPTO_CRYPTO_H_
#define BREEZE_SRC_CRYPTO_CRYPTO_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <breeze/config.h>
#include <breeze/loop_timer.h>
#include <zephyr/bluetooth/addr.h>

#define CRYPTO_LEN      16
#define CRYPTO_P256_LEN 32

// ---- The seam ------------------------------------------------------------------------------------

// One block. `out` may be `in`. A back end that cannot sets crypto_run.failed.
void crypto_aes_block(const uint8_t key[CRYPTO_LEN], const uint8_t in[CRYPTO_LEN],
                      uint8_t out[CRYPTO_LEN]);

// A key pair, and X of the product of a private key and a public point (X, Y). They take their time
// (tens to hundreds of milliseconds on a Cortex-M0+): never in dispatch. 0; -EINVAL: the point
// is not on the curve or is no key (Vol 3, Part H, 2.3.5.6.1); -EIO: the library, or no randomness, or the
// key pair is not the last one made; -EINPROGRESS: crypto_p256_up() will say when the same call is worth
// repeating.
int crypto_p256_make(uint8_t priv[CRYPTO_P256_LEN], uint8_t pub[2 * CRYPTO_P256_LEN]);
int crypto_p256_dh(const uint8_t priv[CRYPTO_P256_LEN], const uint8_t pub[2 * CRYPTO_P256_LEN],
                   uint8_t dh[CRYPTO_P256_LEN]);

// The operation under way has ended. `lost`: with it all key pairs that were made. In dispatch.
// Defined in src/api/state_smp.c.
extern void (*const crypto_p256_up)(bool lost);

// Can this back end do it. A library always can.
#if CONFIG_BREEZE_CRYPTO_CONTROLLER
bool crypto_has_aes(void);
bool crypto_has_p256(void);
#else
static inline bool crypto_has_aes(void)
{
    return true;
}
static inline bool crypto_has_p256(void)
{
    return true;
}
#endif

// ---- Random octets -------------------------------------------------------------------------------

// Octets for keys and nonces: CTR_DRBG (SP 800-90A, 10.2.1, without derivation function), seeded from
// crypto_entropy() at first use and again whenever that has octets. Never waits. 0; -EAGAIN: no
// seed yet. With the controller as back end bt_rand() itself, which waits where it may.
int crypto_rand(void *buf, size_t len);

// Octets of full entropy, as hci_rand(). Defined in src/api/state_smp.c.
extern int (*const crypto_entropy)(void *buf, size_t len);

// controller.c: the block that is asked for or there, and the operation on the curve. Most significant octet
// first, but for `value`, which is as the event brings it.
struct crypto_aes {
    uint8_t state;
    uint8_t ticket; // Grows with each call.
    uint8_t key[CRYPTO_LEN];
    uint8_t block[CRYPTO_LEN];
};
struct crypto_p256 {
    uint8_t state;
    bool multiplies; // Else it makes a key pair.
    bool has_key;    // The controller has the private key of the last one.
    int8_t err;
    uint8_t peer[2 * CRYPTO_P256_LEN];
    uint8_t value[2 * CRYPTO_P256_LEN];
    struct loop_timer timer;
};

struct crypto_run {
    bool failed; // A block has failed since crypto_ok() was asked.
#if CONFIG_BREEZE_CRYPTO_CONTROLLER
    struct crypto_aes aes;
    struct crypto_p256 p256;
#else
    bool seeded;
    uint8_t key[CRYPTO_LEN];
    uint8_t v[CRYPTO_LEN];
#endif
};
extern struct crypto_run crypto_run;

// ---- The functions of the specification ----------------------------------------------------------

// Are the values that were made since the last question what they should be. Who is about to use one asks:
// where a block failed it is worth nothing, and may be known to others.
static inline bool crypto_ok(void)
{
    bool failed = crypto_run.failed;
    crypto_run.failed = false;
    return !failed;
}

void crypto_reverse(void *to, const void *from, size_t len);

// AES-CMAC (RFC 4493), most significant octet first; at once or in pieces.
void crypto_cmac(const uint8_t key[CRYPTO_LEN], const uint8_t *msg, size_t len,
                 uint8_t mac[CRYPTO_LEN]);
struct crypto_cmac {
    uint8_t key[CRYPTO_LEN];
    uint8_t x[CRYPTO_LEN];    // What came before `last`.
    uint8_t last[CRYPTO_LEN]; // A block not yet taken in,
    uint8_t len;              // ... and its octets.
};
void crypto_cmac_start(struct crypto_cmac *cmac, const uint8_t key[CRYPTO_LEN]);
void crypto_cmac_add(struct crypto_cmac *cmac, const uint8_t *msg, size_t len);
void crypto_cmac_end(struct crypto_cmac *cmac, uint8_t mac[CRYPTO_LEN]);

// One block exclusive-or another.
void crypto_xor(uint8_t *to, const uint8_t *with);

// 2.2.1
void crypto_e(const uint8_t key[16], const uint8_t in[16], uint8_t out[16]);
// 2.2.2: the 24 bit hash of a private address's upper half.
void crypto_ah(const uint8_t irk[16], const uint8_t prand[3], uint8_t hash[3]);
// 2.2.3; preq and pres are the whole PDUs, addresses those of the link. `out` may be r.
void crypto_c1(const uint8_t tk[16], const uint8_t r[16], const uint8_t preq[7],
               const uint8_t pres[7], const bt_addr_le_t *ia, const bt_addr_le_t *ra,
               uint8_t out[16]);
// 2.2.4
void crypto_s1(const uint8_t tk[16], const uint8_t r1[16], const uint8_t r2[16], uint8_t out[16]);
// 2.2.6
void crypto_f4(const uint8_t u[32], const uint8_t v[32], const uint8_t x[16], uint8_t z,
               uint8_t out[16]);
// 2.2.7
void crypto_f5(const uint8_t w[32], const uint8_t n1[16], const uint8_t n2[16],
               const bt_addr_le_t *a1, const bt_addr_le_t *a2, uint8_t mackey[16], uint8_t ltk[16]);
// 2.2.8; iocap: IO capability, OOB flag, AuthReq, as the PDU carries them.
void crypto_f6(const uint8_t w[16], const uint8_t n1[16], const uint8_t n2[16], const uint8_t r[16],
               const uint8_t iocap[3], const bt_addr_le_t *a1, const bt_addr_le_t *a2,
               uint8_t out[16]);
// 2.2.9: the six digits.
uint32_t crypto_g2(const uint8_t u[32], const uint8_t v[32], const uint8_t x[16],
                   const uint8_t y[16]);
// 2.4.5: the eight octets of a signature behind its counter, of a PDU with its opcode.
void crypto_sign(const uint8_t csrk[16], const uint8_t *pdu, size_t len, uint32_t counter,
                 uint8_t mac[8]);
// 2.2.10 and 2.2.11
void crypto_h6(const uint8_t w[16], const uint8_t key_id[4], uint8_t out[16]);
void crypto_h7(const uint8_t salt[16], const uint8_t w[16], uint8_t out[16]);

#endif // BREEZE_SRC_CRYPTO_CRYPTO_H_
