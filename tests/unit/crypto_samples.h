// The cryptographic functions with the sample data of Vol 3, Part H, Appendix D and RFC 4493, whatever back
// end is below. Included once by each program, behind cmocka.h.
#ifndef BREEZE_TESTS_UNIT_CRYPTO_SAMPLES_H_
#define BREEZE_TESTS_UNIT_CRYPTO_SAMPLES_H_

#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"

// Hexadecimal as the specification prints it, most significant octet first.
static inline void hex(uint8_t *out, const char *text)
{
    for (; *text; text += 2) {
        char digits[] = {text[0], text[1], 0};
        *out++ = (uint8_t)strtoul(digits, NULL, 16);
    }
}

// The same, as the protocol carries it.
static inline const uint8_t *le(const char *text)
{
    static uint8_t ring[16][80];
    static unsigned int at;
    uint8_t be[80];
    uint8_t *out = ring[at++ % 16];
    hex(be, text);
    crypto_reverse(out, be, strlen(text) / 2);
    return out;
}

static inline bt_addr_le_t addr(const char *text) // Type and address, 7 octets.
{
    bt_addr_le_t result;
    const uint8_t *octets = le(text);
    result.type = octets[6];
    memcpy(result.a.val, octets, 6);
    return result;
}

#define U  "20b003d2f297be2c5e2c83a7e9f9a5b9eff49111acf4fddbcc0301480e359de6"
#define V  "55188b3d32f6bb9a900afcfbeed4e72a59cb9ac2f19d7cfb6b4fdd49f47fc5fd"
#define N1 "d5cb8454d177733effffb2ec712baeab"
#define N2 "a6e8e7cc25a75f6e216583f7ff3dc4cf"
#define DH "ec0234a357c8ad05341010a60a397d9b99796b13b4f866f1868d34f373bfa698"
#define A1                                                                                         \
    "00561237"                                                                                     \
    "37bfce"
#define A2 "00a713702dcfc1"

static inline void cmac(void **state)
{
    static const struct {
        size_t len;
        const char *mac;
    } samples[] = {
        {0, "bb1d6929e95937287fa37d129b756746"},
        {16, "070a16b46b4d4144f79bdd9dd04a287c"},
        {40, "dfa66747de9ae63030ca32611497c827"},
        {64, "51f0bebf7e3b9d92fc49741779363cfe"},
    };
    uint8_t key[16];
    uint8_t msg[64];
    hex(key, "2b7e151628aed2a6abf7158809cf4f3c");
    hex(msg, "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
             "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710");
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        uint8_t mac[16];
        uint8_t want[16];
        hex(want, samples[i].mac);
        crypto_cmac(key, msg, samples[i].len, mac);
        assert_memory_equal(mac, want, 16);
    }
}

// Neither RFC nor specification has sample data of signatures: the RFC's messages, cut into a counter and
// a PDU as 2.4.5 puts them together.
static inline void signatures(void **state)
{
    static const struct {
        size_t len;
        const char *mac;
    } samples[] = {
        {16, "070a16b46b4d4144"},
        {40, "dfa66747de9ae630"},
        {64, "51f0bebf7e3b9d92"},
    };
    const uint8_t *key = le("2b7e151628aed2a6abf7158809cf4f3c");
    const uint8_t *msg = le("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
                            "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710");
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        uint8_t mac[8];
        size_t len = samples[i].len;
        crypto_sign(key, msg + 64 - len, len - 4, 0x6bc1bee2, mac);
        assert_memory_equal(mac, le(samples[i].mac), 8);
    }
}

static inline void legacy_functions(void **state)
{
    static const uint8_t zero[16];
    uint8_t out[16];
    bt_addr_le_t ia = addr("01a1a2a3a4a5a6");
    bt_addr_le_t ra = addr("00b1b2b3b4b5b6");
    crypto_c1(zero, le("5783d52156ad6f0e6388274ec6702ee0"), le("07071000000101"),
              le("05000800000302"), &ia, &ra, out);
    assert_memory_equal(out, le("1e1e3fef878988ead2a74dc5bef13b86"), 16);
    crypto_s1(zero, le("000f0e0d0c0b0a091122334455667788"), le("010203040506070899aabbccddeeff00"),
              out);
    assert_memory_equal(out, le("9a1fe1f0e8b0f49b5b4216ae796da062"), 16);
    crypto_ah(le("ec0234a357c8ad05341010a60a397d9b"), le("708194"), out);
    assert_memory_equal(out, le("0dfbaa"), 3);
}

static inline void secure_functions(void **state)
{
    uint8_t out[16];
    uint8_t ltk[16];
    bt_addr_le_t a1 = addr(A1);
    bt_addr_le_t a2 = addr(A2);
    crypto_f4(le(U), le(V), le(N1), 0, out);
    assert_memory_equal(out, le("f2c916f107a9bd1cf1eda1bea974872d"), 16);
    crypto_f5(le(DH), le(N1), le(N2), &a1, &a2, out, ltk);
    assert_memory_equal(out, le("2965f176a1084a02fd3f6a20ce636e20"), 16);
    assert_memory_equal(ltk, le("6986791169d7cd23980522b594750a38"), 16);
    crypto_f6(le("2965f176a1084a02fd3f6a20ce636e20"), le(N1), le(N2),
              le("12a3343bb453bb5408da42d20c2d0fc8"), le("010102"), &a1, &a2, out);
    assert_memory_equal(out, le("e3c473989cd0e8c5d26c0b09da958f61"), 16);
    assert_int_equal(crypto_g2(le(U), le(V), le(N1), le(N2)), 0x2f9ed5ba % 1000000);
    crypto_h6(le("ec0234a357c8ad05341010a60a397d9b"), le("6c656272"), out);
    assert_memory_equal(out, le("2d9ae102e76dc91ce8d3a9e280b16399"), 16);
    crypto_h7(le("000000000000000000000000746d7031"), le("ec0234a357c8ad05341010a60a397d9b"), out);
    assert_memory_equal(out, le("fb173597c6a3c0ecd2998c2a75a57011"), 16);
}

#endif // BREEZE_TESTS_UNIT_CRYPTO_SAMPLES_H_
