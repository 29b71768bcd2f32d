// Elliptic curve P-256: LE Read Local P-256 Public Key and LE Generate DHKey, both versions (Core
// Specification, Vol 4, Part E, 7.8.36, 7.8.37, 7.7.65.8 and 7.7.65.9).
//
// Results are worked out at once and told when they would be ready; until then the controller takes no
// second command of these. A key that is no point of the curve is refused by the command's status. The
// private key lasts until the next one is made, or HCI Reset.
#include <string.h>

#include <mbedtls/ecp.h>

#include "bytes.h"
#include "commands.h"

// What a controller takes for it: a product is as long as a key pair.
#define WORK_US 20000

// The debug private key (Vol 3, Part H, 2.3.5.6.1), most significant octet first.
static const uint8_t debug_key[32] = {
    0x3f, 0x49, 0xf6, 0xd4, 0xa3, 0xc5, 0x5f, 0x38, 0x74, 0xc9, 0xb3, 0xe3, 0xd2, 0x10, 0x3f, 0x50,
    0x4a, 0xff, 0x60, 0x7b, 0xeb, 0x40, 0xb7, 0x99, 0x58, 0x99, 0xb8, 0xa6, 0xcd, 0x3c, 0x1a, 0xbd};

struct work {
    mbedtls_ecp_group group;
    mbedtls_ecp_point point;
    mbedtls_mpi d;
};

static int random_octets(void *ctx, unsigned char *buf, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        buf[i] = (unsigned char)air_rng_next(ctx);
    }
    return 0;
}

// HCI has the least significant octet first.
static void turned(uint8_t *to, const uint8_t *from)
{
    for (int i = 0; i < 32; i++) {
        to[i] = from[31 - i];
    }
}

static int work_begin(struct work *work)
{
    mbedtls_ecp_group_init(&work->group);
    mbedtls_ecp_point_init(&work->point);
    mbedtls_mpi_init(&work->d);
    return mbedtls_ecp_group_load(&work->group, MBEDTLS_ECP_DP_SECP256R1);
}

static void work_end(struct work *work)
{
    mbedtls_mpi_free(&work->d);
    mbedtls_ecp_point_free(&work->point);
    mbedtls_ecp_group_free(&work->group);
}

// X and Y of the point, as an event carries them.
static int coordinates(struct work *work, uint8_t xy[64])
{
    uint8_t octets[65]; // SEC 1, 2.3.3: 0x04, X, Y
    size_t len;
    int err = mbedtls_ecp_point_write_binary(&work->group, &work->point,
                                             MBEDTLS_ECP_PF_UNCOMPRESSED, &len, octets, 65);
    if (!err) {
        turned(xy, octets + 1);
        turned(xy + 32, octets + 33);
    }
    return err;
}

static void told(void *ctx)
{
    struct air_controller *controller = ctx;
    struct p256 *p256 = &controller->p256;
    p256->busy = false;
    hci_le_event(controller, controller->air->now, p256->subevent, p256->event, p256->event_len);
}

// The event will come.
static uint8_t begun(struct air_controller *controller, uint8_t subevent, uint8_t len)
{
    struct p256 *p256 = &controller->p256;
    p256->busy = true;
    p256->subevent = subevent;
    p256->event[0] = HCI_SUCCESS;
    p256->event_len = (uint8_t)(1 + len);
    p256->timer.fn = told;
    p256->timer.ctx = controller;
    air_timer_set(controller->air, &p256->timer, controller->air->now + WORK_US);
    return HCI_SUCCESS;
}

void p256_reset(struct air_controller *controller)
{
    air_timer_stop(controller->air, &controller->p256.timer);
    memset(&controller->p256, 0, sizeof(controller->p256));
}

uint8_t cmd_read_p256(struct air_controller *controller, struct call *call)
{
    struct p256 *p256 = &controller->p256;
    struct work work;
    if (p256->busy) {
        return HCI_COMMAND_DISALLOWED;
    }
    int err = work_begin(&work);
    err = err ? err
              : mbedtls_ecp_gen_keypair(&work.group, &work.d, &work.point, random_octets,
                                        &controller->rng);
    err = err ? err : mbedtls_mpi_write_binary(&work.d, p256->key, sizeof(p256->key));
    err = err ? err : coordinates(&work, p256->event + 1);
    work_end(&work);
    p256->has_key = !err;
    return err ? HCI_UNSPECIFIED : begun(controller, LE_P256_KEY, 64);
}

static uint8_t multiply(struct air_controller *controller, const uint8_t key[32],
                        const uint8_t peer[64], uint8_t xy[64])
{
    uint8_t octets[65] = {0x04};
    struct work work;
    uint8_t status = HCI_UNSPECIFIED;
    turned(octets + 1, peer);
    turned(octets + 33, peer + 32);
    if (!work_begin(&work) && !mbedtls_mpi_read_binary(&work.d, key, 32)) {
        bool valid = !mbedtls_ecp_point_read_binary(&work.group, &work.point, octets, 65) &&
                     !mbedtls_ecp_check_pubkey(&work.group, &work.point);
        status = valid ? status : HCI_INVALID_PARAMETERS;
        if (valid &&
            !mbedtls_ecp_mul(&work.group, &work.point, &work.d, &work.point, random_octets,
                             &controller->rng) &&
            !coordinates(&work, xy)) {
            status = HCI_SUCCESS;
        }
    }
    work_end(&work);
    return status;
}

static uint8_t generate(struct air_controller *controller, const uint8_t key[32],
                        const uint8_t peer[64])
{
    uint8_t xy[64];
    if (controller->p256.busy) {
        return HCI_COMMAND_DISALLOWED;
    }
    uint8_t status = multiply(controller, key, peer, xy);
    if (status) {
        return status;
    }
    memcpy(controller->p256.event + 1, xy, 32);
    return begun(controller, LE_DHKEY, 32);
}

uint8_t cmd_generate_dhkey(struct air_controller *controller, struct call *call)
{
    struct p256 *p256 = &controller->p256;
    return p256->has_key ? generate(controller, p256->key, call->p) : HCI_COMMAND_DISALLOWED;
}

uint8_t cmd_generate_dhkey_v2(struct air_controller *controller, struct call *call)
{
    switch (call->p[64]) {
    case 0: // The generated private key
        return cmd_generate_dhkey(controller, call);
    case 1:
        return generate(controller, debug_key, call->p);
    default:
        return HCI_INVALID_PARAMETERS;
    }
}
