// Vendor commands (vendor.h).
#include <string.h>

#include "adv.h"
#include "bytes.h"
#include "commands.h"

uint8_t cmd_read_static_addresses(struct air_controller *controller, struct call *call)
{
    if (controller->config.no_static_address) {
        *rsp_add(call, 1) = 0;
        return HCI_SUCCESS;
    }
    uint8_t *rsp = rsp_add(call, 1 + 6 + 16);
    rsp[0] = 1;
    memcpy(rsp + 1, controller->static_addr.val, 6);
    return HCI_SUCCESS;
}

static bool address_taken(const struct air_controller *controller, const uint8_t address[6])
{
    for (const struct air_controller *c = controller->air->controllers; c; c = c->next) {
        if (c != controller && c->powered && !memcmp(c->static_addr.val, address, 6)) {
            return true;
        }
    }
    return false;
}

uint8_t cmd_set_name(struct air_controller *controller, struct call *call)
{
    if (!call->len || call->len > 248) {
        return HCI_INVALID_PARAMETERS;
    }
    if (controller->adv.enabled || ext_any_enabled(controller) ||
        controller->scan.listener.enabled || controller->init.listener.enabled ||
        link_count(controller)) {
        return HCI_COMMAND_DISALLOWED;
    }
    uint8_t address[6];
    air_address_from_name((const char *)call->p, call->len, address);
    if (address_taken(controller, address)) {
        return HCI_CONNECTION_EXISTS;
    }
    size_t kept = call->len < sizeof(controller->name) ? call->len : sizeof(controller->name) - 1;
    memcpy(controller->name, call->p, kept);
    controller->name[kept] = '\0';
    memcpy(controller->static_addr.val, address, 6);
    controller->has_public = false;
    memcpy(rsp_add(call, 6), address, 6);
    return HCI_SUCCESS;
}

uint8_t cmd_set_radio(struct air_controller *controller, struct call *call)
{
    air_controller_radio(controller, get32(call->p), get32(call->p + 4));
    return HCI_SUCCESS;
}
