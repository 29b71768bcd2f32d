// Commands about the controller as a whole: reset, masks, buffers, versions, features, randomness
// (Core Specification, Vol 4, Part E, 7.3, 7.4 and 7.8).
#include <string.h>

#include <mbedtls/aes.h>

#include "bytes.h"
#include "commands.h"

uint8_t cmd_reset(struct air_controller *controller, struct call *call)
{
    adv_stop(&controller->adv);
    controller_drop_links(controller);
    controller_defaults(controller);
    return HCI_SUCCESS;
}

uint8_t cmd_set_event_mask(struct air_controller *controller, struct call *call)
{
    controller->event_mask = get64(call->p);
    return HCI_SUCCESS;
}

uint8_t cmd_set_event_mask_page_2(struct air_controller *controller, struct call *call)
{
    controller->event_mask_page_2 = get64(call->p);
    return HCI_SUCCESS;
}

uint8_t cmd_le_set_event_mask(struct air_controller *controller, struct call *call)
{
    controller->le_event_mask = get64(call->p);
    return HCI_SUCCESS;
}

// 7.3.38: allowed only without links.
uint8_t cmd_set_host_flow(struct air_controller *controller, struct call *call)
{
    if (link_count(controller)) {
        return HCI_COMMAND_DISALLOWED;
    }
    if (call->p[0] > 3) {
        return HCI_INVALID_PARAMETERS;
    }
    controller->host_flow = call->p[0] & 1;
    return HCI_SUCCESS;
}

// 7.3.39
uint8_t cmd_host_buffer_size(struct air_controller *controller, struct call *call)
{
    uint16_t acl_len = get16(call->p);
    uint16_t acl_count = get16(call->p + 3);
    if (acl_len < LL_MIN_OCTETS || !acl_count) {
        return HCI_INVALID_PARAMETERS;
    }
    controller->host_acl_len = acl_len;
    controller->host_acl_count = acl_count;
    return HCI_SUCCESS;
}

// 7.3.40: answered only when wrong. More than there is out counts as all of it.
uint8_t cmd_host_completed(struct air_controller *controller, struct call *call)
{
    if (!call->len || call->len != 1 + 4 * call->p[0]) {
        return HCI_INVALID_PARAMETERS;
    }
    for (const uint8_t *p = call->p + 1; p < call->p + call->len; p += 4) {
        struct air_end *end = link_end(controller, get16(p));
        unsigned int count = get16(p + 2);
        if (end) {
            end->host_outstanding -= count < end->host_outstanding ? count : end->host_outstanding;
        }
    }
    hci_release(controller);
    return HCI_SUCCESS;
}

uint8_t cmd_read_version(struct air_controller *controller, struct call *call)
{
    uint8_t *rsp = rsp_add(call, 8);
    rsp[0] = controller_version(controller);
    rsp[3] = controller_version(controller);
    put16(rsp + 4, 0xffff); // no company: for testing
    put16(rsp + 6, 0x0001);
    return HCI_SUCCESS;
}

uint8_t cmd_read_commands(struct air_controller *controller, struct call *call)
{
    hci_supported_commands(controller, rsp_add(call, 64));
    return HCI_SUCCESS;
}

// LMP features: BR/EDR Not Supported, LE Supported (Vol 2, Part C, 3.3).
uint8_t cmd_read_features(struct air_controller *controller, struct call *call)
{
    rsp_add(call, 8)[4] = controller->config.acl_shared ? 0x40 : 0x60;
    return HCI_SUCCESS;
}

uint8_t cmd_read_buffer_size(struct air_controller *controller, struct call *call)
{
    uint8_t *rsp = rsp_add(call, 7);
    if (controller->config.acl_shared) {
        put16(rsp, controller->config.acl_len);
        put16(rsp + 3, controller->config.acl_count);
    }
    return HCI_SUCCESS;
}

uint8_t cmd_read_bd_addr(struct air_controller *controller, struct call *call)
{
    uint8_t *rsp = rsp_add(call, 6);
    if (controller->has_public) {
        memcpy(rsp, controller->public_addr.val, 6);
    }
    return HCI_SUCCESS;
}

static void le_buffers(const struct air_controller *controller, uint8_t *rsp)
{
    if (!controller->config.acl_shared) {
        put16(rsp, controller->config.acl_len);
        rsp[2] = controller->config.acl_count;
    }
}

uint8_t cmd_le_read_buffer_size(struct air_controller *controller, struct call *call)
{
    le_buffers(controller, rsp_add(call, 3));
    return HCI_SUCCESS;
}

uint8_t cmd_le_read_buffer_size_v2(struct air_controller *controller, struct call *call)
{
    le_buffers(controller, rsp_add(call, 6));
    return HCI_SUCCESS;
}

uint8_t cmd_le_read_features(struct air_controller *controller, struct call *call)
{
    put64(rsp_add(call, 8), controller_features(controller));
    return HCI_SUCCESS;
}

// Every combination that the specification names (7.8.27).
uint8_t cmd_le_read_states(struct air_controller *controller, struct call *call)
{
    put64(rsp_add(call, 8), UINT64_C(0x000003ffffffffff));
    return HCI_SUCCESS;
}

// Key and text come least significant octet first; AES wants them the other way (7.8.22).
uint8_t cmd_le_encrypt(struct air_controller *controller, struct call *call)
{
    uint8_t key[16], in[16], out[16];
    for (int i = 0; i < 16; i++) {
        key[i] = call->p[15 - i];
        in[i] = call->p[31 - i];
    }
    mbedtls_aes_context aes;
    mbedtls_aes_init(&aes);
    bool failed = mbedtls_aes_setkey_enc(&aes, key, 128) ||
                  mbedtls_aes_crypt_ecb(&aes, MBEDTLS_AES_ENCRYPT, in, out);
    mbedtls_aes_free(&aes);
    if (failed) {
        return HCI_UNSPECIFIED;
    }
    uint8_t *rsp = rsp_add(call, 16);
    for (int i = 0; i < 16; i++) {
        rsp[i] = out[15 - i];
    }
    return HCI_SUCCESS;
}

uint8_t cmd_le_rand(struct air_controller *controller, struct call *call)
{
    put64(rsp_add(call, 8), air_rng_next(&controller->rng));
    return HCI_SUCCESS;
}
