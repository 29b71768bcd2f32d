// Commands about a link (Core Specification, Vol 4, Part E, 7.1, 7.5 and 7.8): checks, then a wish
// for the link layer (llcp.c).
#include <string.h>

#include "bytes.h"
#include "commands.h"

// A link by the handle that starts the parameters.
static struct air_end *end_of(const struct air_controller *controller, const struct call *call)
{
    return link_end(controller, get16(call->p));
}

static uint8_t *rsp_handle(struct call *call, size_t more)
{
    uint8_t *rsp = rsp_add(call, 2 + more);
    memcpy(rsp, call->p, 2);
    return rsp + 2;
}

uint8_t cmd_disconnect(struct air_controller *controller, struct call *call)
{
    static const uint8_t reasons[] = {0x05, 0x13, 0x14, 0x15, 0x1a, 0x29, 0x3b}; // 7.1.6
    struct air_end *end = end_of(controller, call);
    if (!end) {
        return HCI_UNKNOWN_CONNECTION;
    }
    if (!memchr(reasons, call->p[2], sizeof(reasons))) {
        return HCI_INVALID_PARAMETERS;
    }
    if (end->terminating) {
        return HCI_COMMAND_DISALLOWED;
    }
    llcp_terminate(end, call->p[2]);
    return HCI_SUCCESS;
}

static uint8_t want(struct air_controller *controller, struct call *call, enum procedure procedure)
{
    struct air_end *end = end_of(controller, call);
    if (!end) {
        return HCI_UNKNOWN_CONNECTION;
    }
    llcp_want(end, procedure);
    return HCI_SUCCESS;
}

uint8_t cmd_read_remote_version(struct air_controller *controller, struct call *call)
{
    return want(controller, call, PROC_VERSION);
}

uint8_t cmd_read_remote_features(struct air_controller *controller, struct call *call)
{
    const struct air_end *end = end_of(controller, call);
    if (end && end->role == PERIPHERAL && !controller_has(controller, FEAT_PERIPHERAL_FEATURES)) {
        return HCI_COMMAND_DISALLOWED;
    }
    return want(controller, call, PROC_FEATURES);
}

uint8_t cmd_read_power(struct air_controller *controller, struct call *call)
{
    if (!end_of(controller, call)) {
        return HCI_UNKNOWN_CONNECTION;
    }
    if (call->p[2] > 1) {
        return HCI_INVALID_PARAMETERS;
    }
    *rsp_handle(call, 1) = 0; // dBm
    return HCI_SUCCESS;
}

uint8_t cmd_read_rssi(struct air_controller *controller, struct call *call)
{
    if (!end_of(controller, call)) {
        return HCI_UNKNOWN_CONNECTION;
    }
    *rsp_handle(call, 1) = (uint8_t)-50; // dBm, as everywhere on this air
    return HCI_SUCCESS;
}

// 7.8.18: a peripheral needs the connection parameters request procedure on both sides.
uint8_t cmd_connection_update(struct air_controller *controller, struct call *call)
{
    const uint8_t *p = call->p;
    struct conn_params params = {get16(p + 2), get16(p + 4), get16(p + 6), get16(p + 8)};
    struct air_end *end = end_of(controller, call);
    if (!end) {
        return HCI_UNKNOWN_CONNECTION;
    }
    if (!connection_params_legal(&params) || get16(p + 10) > get16(p + 12)) {
        return HCI_INVALID_PARAMETERS;
    }
    if (end->role == PERIPHERAL && !controller_has(controller, FEAT_CONN_PARAM_REQ)) {
        return HCI_COMMAND_DISALLOWED;
    }
    if (end->role == PERIPHERAL && !llcp_both(end, FEAT_CONN_PARAM_REQ)) {
        return HCI_UNSUPPORTED_REMOTE;
    }
    if (end->local == PROC_UPDATE || end->want >> PROC_UPDATE & 1) {
        return HCI_COMMAND_DISALLOWED;
    }
    end->update = params;
    llcp_want(end, PROC_UPDATE);
    return HCI_SUCCESS;
}

uint8_t cmd_param_reply(struct air_controller *controller, struct call *call)
{
    const uint8_t *p = call->p;
    struct conn_params params = {get16(p + 2), get16(p + 4), get16(p + 6), get16(p + 8)};
    struct air_end *end = end_of(controller, call);
    if (!end) {
        return HCI_UNKNOWN_CONNECTION;
    }
    if (!end->param_asked) {
        return HCI_COMMAND_DISALLOWED;
    }
    if (!connection_params_legal(&params)) {
        return HCI_INVALID_PARAMETERS;
    }
    llcp_param_reply(end, &params);
    (void)rsp_handle(call, 0);
    return HCI_SUCCESS;
}

uint8_t cmd_param_negative(struct air_controller *controller, struct call *call)
{
    struct air_end *end = end_of(controller, call);
    if (!end) {
        return HCI_UNKNOWN_CONNECTION;
    }
    if (!end->param_asked) {
        return HCI_COMMAND_DISALLOWED;
    }
    end->param_asked = false;
    llcp_reject(end, LL_CONNECTION_PARAM_REQ, call->p[2]);
    (void)rsp_handle(call, 0);
    llcp_run(end);
    return HCI_SUCCESS;
}

// 7.8.19: bits 37 to 39 are reserved, at least one channel is needed.
uint8_t cmd_set_channels(struct air_controller *controller, struct call *call)
{
    uint64_t map = get32(call->p) | (uint64_t)call->p[4] << 32;
    if (!map || map >> 37) {
        return HCI_INVALID_PARAMETERS;
    }
    controller->channel_map = map;
    for (size_t i = 0; i < AIR_MAX_LINKS; i++) {
        struct air_end *end = controller->ends[i];
        if (end && end->role == CENTRAL && end->link->channel_map != map) {
            llcp_want(end, PROC_CHANNEL_MAP);
        }
    }
    return HCI_SUCCESS;
}

uint8_t cmd_read_channels(struct air_controller *controller, struct call *call)
{
    const struct air_end *end = end_of(controller, call);
    if (!end) {
        return HCI_UNKNOWN_CONNECTION;
    }
    uint8_t map[8];
    put64(map, end->link->channel_map);
    memcpy(rsp_handle(call, 5), map, 5);
    return HCI_SUCCESS;
}

// Encryption

uint8_t cmd_start_encryption(struct air_controller *controller, struct call *call)
{
    struct air_end *end = end_of(controller, call);
    if (!end) {
        return HCI_UNKNOWN_CONNECTION;
    }
    if (end->role != CENTRAL || end->local == PROC_ENCRYPT || end->want >> PROC_ENCRYPT & 1) {
        return HCI_COMMAND_DISALLOWED;
    }
    if (!llcp_both(end, FEAT_ENCRYPTION)) {
        return HCI_UNSUPPORTED_REMOTE;
    }
    memcpy(end->rand, call->p + 2, 8);
    memcpy(end->ediv, call->p + 10, 2);
    memcpy(end->ltk_new, call->p + 12, 16);
    llcp_want(end, PROC_ENCRYPT);
    return HCI_SUCCESS;
}

static uint8_t ltk_answer(struct air_controller *controller, struct call *call, const uint8_t *ltk)
{
    struct air_end *end = end_of(controller, call);
    if (!end) {
        return HCI_UNKNOWN_CONNECTION;
    }
    if (!end->ltk_asked) {
        return HCI_COMMAND_DISALLOWED;
    }
    enc_ltk_reply(end, ltk);
    (void)rsp_handle(call, 0);
    return HCI_SUCCESS;
}

uint8_t cmd_ltk_reply(struct air_controller *controller, struct call *call)
{
    return ltk_answer(controller, call, call->p + 2);
}

uint8_t cmd_ltk_negative(struct air_controller *controller, struct call *call)
{
    return ltk_answer(controller, call, NULL);
}

// Data length (7.8.33 to 7.8.35, 7.8.46)

static bool length_legal(uint16_t octets, uint16_t time)
{
    return octets >= LL_MIN_OCTETS && octets <= LL_MAX_OCTETS && time >= LL_MIN_TIME &&
           time <= LL_MAX_CODED;
}

static uint16_t smaller16(uint16_t a, uint16_t b)
{
    return a < b ? a : b;
}

uint8_t cmd_set_data_length(struct air_controller *controller, struct call *call)
{
    uint16_t octets = get16(call->p + 2);
    uint16_t time = get16(call->p + 4);
    struct air_end *end = end_of(controller, call);
    if (!end) {
        return HCI_UNKNOWN_CONNECTION;
    }
    if (!length_legal(octets, time)) {
        return HCI_INVALID_PARAMETERS;
    }
    if (!llcp_both(end, FEAT_DATA_LENGTH)) {
        return HCI_UNSUPPORTED_REMOTE;
    }
    end->tx_octets = smaller16(octets, controller_max_octets(controller));
    end->tx_time = smaller16(time, controller_max_time(controller));
    llcp_want(end, PROC_LENGTH);
    (void)rsp_handle(call, 0);
    return HCI_SUCCESS;
}

uint8_t cmd_read_default_length(struct air_controller *controller, struct call *call)
{
    uint8_t *rsp = rsp_add(call, 4);
    put16(rsp, controller->default_tx_octets);
    put16(rsp + 2, controller->default_tx_time);
    return HCI_SUCCESS;
}

uint8_t cmd_write_default_length(struct air_controller *controller, struct call *call)
{
    uint16_t octets = get16(call->p);
    uint16_t time = get16(call->p + 2);
    if (!length_legal(octets, time)) {
        return HCI_INVALID_PARAMETERS;
    }
    controller->default_tx_octets = smaller16(octets, controller_max_octets(controller));
    controller->default_tx_time = smaller16(time, controller_max_time(controller));
    return HCI_SUCCESS;
}

uint8_t cmd_read_max_length(struct air_controller *controller, struct call *call)
{
    uint8_t *rsp = rsp_add(call, 8);
    put16(rsp, controller_max_octets(controller));
    put16(rsp + 2, controller_max_time(controller));
    put16(rsp + 4, controller_max_octets(controller));
    put16(rsp + 6, controller_max_time(controller));
    return HCI_SUCCESS;
}

// PHYs (7.8.47 to 7.8.49)

static uint8_t phys_known(const struct air_controller *controller)
{
    return controller_has(controller, FEAT_PHY_CODED) ? 0x07 : 0x03;
}

// ALL_PHYS says "no preference"; otherwise at least one known PHY, and no unknown one. 0: wrong.
static uint8_t phys_wanted(const struct air_controller *controller, bool any, uint8_t phys)
{
    uint8_t known = phys_known(controller);
    return any ? known : phys & ~known ? 0 : phys;
}

static uint8_t phys_check(const struct air_controller *controller, const uint8_t *p, uint8_t *tx,
                          uint8_t *rx)
{
    *tx = phys_wanted(controller, p[0] & 1, p[1]);
    *rx = phys_wanted(controller, p[0] & 2, p[2]);
    if (*tx && *rx) {
        return HCI_SUCCESS;
    }
    bool reserved = (!(p[0] & 1) && p[1] & ~0x07) || (!(p[0] & 2) && p[2] & ~0x07);
    bool empty = (!(p[0] & 1) && !p[1]) || (!(p[0] & 2) && !p[2]);
    return reserved || empty ? HCI_INVALID_PARAMETERS : HCI_UNSUPPORTED;
}

uint8_t cmd_read_phy(struct air_controller *controller, struct call *call)
{
    const struct air_end *end = end_of(controller, call);
    if (!end) {
        return HCI_UNKNOWN_CONNECTION;
    }
    uint8_t *rsp = rsp_handle(call, 2);
    rsp[0] = end->link->phy[end->role];
    rsp[1] = end->link->phy[!end->role];
    return HCI_SUCCESS;
}

uint8_t cmd_set_default_phy(struct air_controller *controller, struct call *call)
{
    uint8_t tx, rx;
    uint8_t status = phys_check(controller, call->p, &tx, &rx);
    if (!status) {
        controller->default_tx_phys = tx;
        controller->default_rx_phys = rx;
    }
    return status;
}

uint8_t cmd_set_phy(struct air_controller *controller, struct call *call)
{
    uint8_t tx, rx;
    struct air_end *end = end_of(controller, call);
    if (!end) {
        return HCI_UNKNOWN_CONNECTION;
    }
    uint8_t status = phys_check(controller, call->p + 2, &tx, &rx);
    if (status) {
        return status;
    }
    if (end->local == PROC_PHY || end->want >> PROC_PHY & 1) {
        return HCI_COMMAND_DISALLOWED;
    }
    end->phy_tx = tx;
    end->phy_rx = rx;
    llcp_want(end, PROC_PHY);
    return HCI_SUCCESS;
}
