// The seam on Mbed TLS: 2.28 and 3.x, without its PSA layer (crypto.h).
#include <errno.h>
#include <string.h>

#include <mbedtls/aes.h>
#include <mbedtls/ecp.h>

#include "crypto/crypto.h"

// An uncompressed point (SEC 1, 2.3.3): 0x04, X, Y.
#define POINT_LEN (1 + 2 * CRYPTO_P256_LEN)

void crypto_aes_block(const uint8_t key[CRYPTO_LEN], const uint8_t in[CRYPTO_LEN],
                      uint8_t out[CRYPTO_LEN])
{
    mbedtls_aes_context aes;
    mbedtls_aes_init(&aes);
    if (mbedtls_aes_setkey_enc(&aes, key, 8 * CRYPTO_LEN) ||
        mbedtls_aes_crypt_ecb(&aes, MBEDTLS_AES_ENCRYPT, in, out)) {
        crypto_run.failed = true;
    }
    mbedtls_aes_free(&aes);
}

static int rng(void *ctx, unsigned char *buf, size_t len)
{
    (void)ctx;
    return crypto_rand(buf, len) ? MBEDTLS_ERR_ECP_RANDOM_FAILED : 0;
}

static int point_out(const mbedtls_ecp_group *group, const mbedtls_ecp_point *point,
                     uint8_t octets[POINT_LEN])
{
    size_t len = 0;
    int err = mbedtls_ecp_point_write_binary(group, point, MBEDTLS_ECP_PF_UNCOMPRESSED, &len,
                                             octets, POINT_LEN);
    return err || len != POINT_LEN ? -EIO : 0;
}

int crypto_p256_make(uint8_t priv[CRYPTO_P256_LEN], uint8_t pub[2 * CRYPTO_P256_LEN])
{
    mbedtls_ecp_group group;
    mbedtls_ecp_point point;
    mbedtls_mpi d;
    uint8_t octets[POINT_LEN];
    mbedtls_ecp_group_init(&group);
    mbedtls_ecp_point_init(&point);
    mbedtls_mpi_init(&d);
    int err = mbedtls_ecp_group_load(&group, MBEDTLS_ECP_DP_SECP256R1);
    err = err ? err : mbedtls_ecp_gen_keypair(&group, &d, &point, rng, NULL);
    err = err ? err : mbedtls_mpi_write_binary(&d, priv, CRYPTO_P256_LEN);
    err = err ? err : point_out(&group, &point, octets);
    if (!err) {
        memcpy(pub, octets + 1, 2 * CRYPTO_P256_LEN);
    }
    mbedtls_mpi_free(&d);
    mbedtls_ecp_point_free(&point);
    mbedtls_ecp_group_free(&group);
    return err ? -EIO : 0;
}

static int multiply(mbedtls_ecp_group *group, const mbedtls_ecp_point *point, const mbedtls_mpi *d,
                    uint8_t dh[CRYPTO_P256_LEN])
{
    uint8_t octets[POINT_LEN];
    if (mbedtls_ecp_check_pubkey(group, point)) {
        return -EINVAL;
    }
    mbedtls_ecp_point product;
    mbedtls_ecp_point_init(&product);
    int err = mbedtls_ecp_mul(group, &product, d, point, rng, NULL) ? -EIO : 0;
    err = err ? err : point_out(group, &product, octets);
    mbedtls_ecp_point_free(&product);
    if (!err) {
        memcpy(dh, octets + 1, CRYPTO_P256_LEN);
    }
    return err;
}

int crypto_p256_dh(const uint8_t priv[CRYPTO_P256_LEN], const uint8_t pub[2 * CRYPTO_P256_LEN],
                   uint8_t dh[CRYPTO_P256_LEN])
{
    mbedtls_ecp_group group;
    mbedtls_ecp_point point;
    mbedtls_mpi d;
    uint8_t octets[POINT_LEN] = {0x04};
    memcpy(octets + 1, pub, 2 * CRYPTO_P256_LEN);
    mbedtls_ecp_group_init(&group);
    mbedtls_ecp_point_init(&point);
    mbedtls_mpi_init(&d);
    int err = mbedtls_ecp_group_load(&group, MBEDTLS_ECP_DP_SECP256R1) ||
                      mbedtls_mpi_read_binary(&d, priv, CRYPTO_P256_LEN)
                  ? -EIO
                  : 0;
    // Also where X or Y is not below the field's prime.
    if (!err && mbedtls_ecp_point_read_binary(&group, &point, octets, sizeof(octets))) {
        err = -EINVAL;
    }
    err = err ? err : multiply(&group, &point, &d, dh);
    mbedtls_mpi_free(&d);
    mbedtls_ecp_point_free(&point);
    mbedtls_ecp_group_free(&group);
    return err;
}
