// Commands of advertising, scanning and initiating (Core Specification, Vol 4, Part E, 7.8.4 to
// 7.8.19): checks and storage; adv.c does the rest.
#include <string.h>

#include "adv.h"
#include "bytes.h"
#include "commands.h"

#define ADV_TYPE_LAST 4 // ADV_DIRECT_IND, low duty cycle

bool between(unsigned int v, unsigned int low, unsigned int high)
{
    return v >= low && v <= high;
}

uint8_t cmd_set_random_address(struct air_controller *controller, struct call *call)
{
    if (controller->adv.enabled || controller->scan.listener.enabled ||
        controller->init.listener.enabled) {
        return HCI_COMMAND_DISALLOWED;
    }
    controller->random_addr.type = 1;
    memcpy(controller->random_addr.val, call->p, 6);
    controller->random_set = true;
    return HCI_SUCCESS;
}

// Advertising

uint8_t cmd_set_adv_params(struct air_controller *controller, struct call *call)
{
    const uint8_t *p = call->p;
    uint16_t min = get16(p);
    uint16_t max = get16(p + 2);
    uint8_t type = p[4];
    if (controller->adv.enabled) {
        return HCI_COMMAND_DISALLOWED;
    }
    bool high_duty = type == 1; // its intervals are ignored (7.8.5)
    if (type > ADV_TYPE_LAST || !controller_own_type(controller, p[5]) || p[6] > 1 || !p[13] ||
        p[13] > 7 || p[14] > 3 ||
        (!high_duty && (!between(min, 0x20, 0x4000) || !between(max, 0x20, 0x4000) || min > max))) {
        return HCI_INVALID_PARAMETERS;
    }
    struct advertiser *adv = &controller->adv;
    adv->interval_min = min;
    adv->interval_max = max;
    adv->type = type;
    adv->own_type = p[5];
    adv->peer.type = p[6];
    memcpy(adv->peer.val, p + 7, 6);
    adv->channels = p[13];
    adv->filter = p[14];
    return HCI_SUCCESS;
}

uint8_t cmd_read_adv_power(struct air_controller *controller, struct call *call)
{
    *rsp_add(call, 1) = 0; // dBm
    return HCI_SUCCESS;
}

static uint8_t store_data(const struct call *call, uint8_t data[31], uint8_t *len)
{
    if (call->p[0] > 31) {
        return HCI_INVALID_PARAMETERS;
    }
    *len = call->p[0];
    memcpy(data, call->p + 1, *len);
    return HCI_SUCCESS;
}

uint8_t cmd_set_adv_data(struct air_controller *controller, struct call *call)
{
    return store_data(call, controller->adv.data, &controller->adv.data_len);
}

uint8_t cmd_set_scan_rsp(struct air_controller *controller, struct call *call)
{
    return store_data(call, controller->adv.scan_rsp, &controller->adv.scan_rsp_len);
}

uint8_t cmd_set_adv_enable(struct air_controller *controller, struct call *call)
{
    if (call->p[0] > 1) {
        return HCI_INVALID_PARAMETERS;
    }
    if (!call->p[0]) {
        adv_stop(&controller->adv);
        return HCI_SUCCESS;
    }
    if (!controller_own_addr(controller, controller->adv.own_type, &controller->adv.own)) {
        return HCI_INVALID_PARAMETERS; // no such address (7.8.9)
    }
    bool connectable =
        controller->adv.type == 0 || controller->adv.type == 1 || controller->adv.type == 4;
    if (connectable && link_count(controller) >= controller->config.max_links) {
        return HCI_CONNECTION_LIMIT;
    }
    if (!controller->adv.enabled) {
        adv_start(&controller->adv);
    }
    return HCI_SUCCESS;
}

// Scanning

uint8_t cmd_set_scan_params(struct air_controller *controller, struct call *call)
{
    const uint8_t *p = call->p;
    uint16_t interval = get16(p + 1);
    uint16_t window = get16(p + 3);
    struct listener *listener = &controller->scan.listener;
    if (listener->enabled) {
        return HCI_COMMAND_DISALLOWED;
    }
    if (p[0] > 1 || !controller_own_type(controller, p[5]) || p[6] > 1 ||
        !between(interval, 4, 0x4000) || !between(window, 4, 0x4000) || window > interval) {
        return HCI_INVALID_PARAMETERS;
    }
    controller->scan.active = p[0];
    listener->phys = 1u << PHY_1M;
    listener->interval = interval;
    listener->window = window;
    listener->own_type = p[5];
    listener->filter = p[6];
    return HCI_SUCCESS;
}

uint8_t cmd_set_scan_enable(struct air_controller *controller, struct call *call)
{
    if (call->p[0] > 1 || call->p[1] > 1) {
        return HCI_INVALID_PARAMETERS;
    }
    struct scanner *scan = &controller->scan;
    if (!call->p[0]) {
        scan_stop(controller);
        return HCI_SUCCESS;
    }
    // Only an active scanner shows its address; 7.8.11 asks for it in either case when random.
    scan->extended = false;
    bool has = controller_own_addr(controller, scan->listener.own_type, &scan->listener.own);
    if (!has && (scan->active || scan->listener.own_type)) {
        return HCI_INVALID_PARAMETERS;
    }
    scan->filter_duplicates = call->p[1];
    scan_start(controller);
    return HCI_SUCCESS;
}

// Initiating

bool connection_params_legal(const struct conn_params *p)
{
    return between(p->interval_min, 6, 3200) && between(p->interval_max, 6, 3200) &&
           p->interval_min <= p->interval_max && p->latency <= 499 &&
           between(p->timeout, 10, 3200) && p->timeout * 4u > (1u + p->latency) * p->interval_max;
}

static bool already_connected(const struct air_controller *controller, const struct le_addr *peer)
{
    for (size_t i = 0; i < AIR_MAX_LINKS; i++) {
        if (controller->ends[i] && addr_equal(&controller->ends[i]->peer, peer)) {
            return true;
        }
    }
    return false;
}

uint8_t initiator_state(const struct air_controller *controller, bool listed,
                        const struct le_addr *peer)
{
    if (controller->init.listener.enabled) {
        return HCI_COMMAND_DISALLOWED;
    }
    if (link_count(controller) >= controller->config.max_links) {
        return HCI_CONNECTION_LIMIT;
    }
    return !listed && already_connected(controller, peer) ? HCI_CONNECTION_EXISTS : HCI_SUCCESS;
}

uint8_t cmd_create_connection(struct air_controller *controller, struct call *call)
{
    const uint8_t *p = call->p;
    uint16_t interval = get16(p);
    uint16_t window = get16(p + 2);
    struct conn_params params = {get16(p + 13), get16(p + 15), get16(p + 17), get16(p + 19)};
    struct le_addr peer = {.type = p[5] & 1}; // 2, 3: an identity as well
    memcpy(peer.val, p + 6, 6);
    if (!between(interval, 4, 0x4000) || !between(window, 4, 0x4000) || window > interval ||
        p[4] > 1 || p[5] > 3 || !controller_own_type(controller, p[12]) ||
        !connection_params_legal(&params) || get16(p + 21) > get16(p + 23)) {
        return HCI_INVALID_PARAMETERS;
    }
    uint8_t status = initiator_state(controller, p[4], &peer);
    if (status) {
        return status;
    }
    struct initiator *init = &controller->init;
    if (!controller_own_addr(controller, p[12], &init->listener.own)) {
        return HCI_INVALID_PARAMETERS;
    }
    init->peer = peer;
    init->extended = false;
    init->params[PHY_1M] = (struct init_params){params.interval_min, params.interval_max,
                                                params.latency, params.timeout};
    init->listener.phys = 1u << PHY_1M;
    init->listener.interval = interval;
    init->listener.window = window;
    init->listener.filter = p[4];
    init->listener.own_type = p[12];
    init->listener.start = controller->air->now;
    init->listener.enabled = true;
    return HCI_SUCCESS;
}

// 7.8.13: the connection then completes with "unknown connection".
uint8_t cmd_create_cancel(struct air_controller *controller, struct call *call)
{
    if (!controller->init.listener.enabled) {
        return HCI_COMMAND_DISALLOWED;
    }
    controller->init.listener.enabled = false;
    link_failed(controller, HCI_UNKNOWN_CONNECTION, CENTRAL);
    return HCI_SUCCESS;
}

// Filter accept list (7.8.14 to 7.8.17)

static bool list_in_use(const struct air_controller *controller)
{
    for (size_t i = 0; i < AIR_MAX_SETS; i++) {
        const struct advertiser *adv = ext_set_adv(controller->sets[i]);
        if (adv && adv->enabled && adv->filter) {
            return true;
        }
    }
    return (controller->adv.enabled && controller->adv.filter) ||
           (controller->scan.listener.enabled && controller->scan.listener.filter) ||
           (controller->init.listener.enabled && controller->init.listener.filter);
}

static struct le_addr list_addr(const struct call *call)
{
    struct le_addr addr = {.type = call->p[0]};
    if (addr.type == 0xff) { // anonymous: the address is ignored
        return addr;
    }
    memcpy(addr.val, call->p + 1, 6);
    return addr;
}

uint8_t cmd_read_accept_size(struct air_controller *controller, struct call *call)
{
    *rsp_add(call, 1) = controller->config.accept_list_size;
    return HCI_SUCCESS;
}

uint8_t cmd_clear_accept(struct air_controller *controller, struct call *call)
{
    if (list_in_use(controller)) {
        return HCI_COMMAND_DISALLOWED;
    }
    controller->accept_count = 0;
    return HCI_SUCCESS;
}

uint8_t cmd_add_accept(struct air_controller *controller, struct call *call)
{
    struct le_addr addr = list_addr(call);
    if (list_in_use(controller)) {
        return HCI_COMMAND_DISALLOWED;
    }
    if (addr.type > 1 && addr.type != 0xff) {
        return HCI_INVALID_PARAMETERS;
    }
    if (controller_accepts(controller, &addr)) {
        return HCI_SUCCESS;
    }
    if (controller->accept_count == controller->config.accept_list_size) {
        return 0x07; // Memory Capacity Exceeded
    }
    controller->accept_list[controller->accept_count++] = addr;
    return HCI_SUCCESS;
}

uint8_t cmd_remove_accept(struct air_controller *controller, struct call *call)
{
    struct le_addr addr = list_addr(call);
    if (list_in_use(controller)) {
        return HCI_COMMAND_DISALLOWED;
    }
    for (unsigned int i = 0; i < controller->accept_count; i++) {
        if (addr_equal(&controller->accept_list[i], &addr)) {
            controller->accept_list[i] = controller->accept_list[--controller->accept_count];
            return HCI_SUCCESS;
        }
    }
    return HCI_INVALID_PARAMETERS;
}
