// Commands of periodic advertising and synchronisation (Core Specification, Vol 4, Part E, 7.8.61 to
// 7.8.73 and 7.8.88 to 7.8.92): checks and storage; per.c and per_sync.c do the rest.
#include <string.h>

#include "adv.h"
#include "bytes.h"
#include "commands.h"

#define MEMORY_CAPACITY 0x07
#define OP_COMPLETE     3
#define DATA_PART_MAX   252
#define PROP_TX_POWER   0x40

#define OPTION_LIST   0x01
#define OPTION_SILENT 0x02
#define OPTION_FILTER 0x04

// Advertising

uint8_t cmd_set_per_params(struct air_controller *controller, struct call *call)
{
    const uint8_t *p = call->p;
    struct ext_set *set = ext_set_find(controller, p[0]);
    uint16_t min = get16(p + 1), max = get16(p + 3), props = get16(p + 5);
    if (!set) {
        return HCI_UNKNOWN_SET;
    }
    if (set->per.enabled) {
        return HCI_COMMAND_DISALLOWED;
    }
    if (set->props & PER_NOT || min < 6 || min > max || props & ~PROP_TX_POWER) {
        return HCI_INVALID_PARAMETERS;
    }
    set->per.configured = true;
    set->per.interval = max;
    set->per.tx_power = props & PROP_TX_POWER;
    return HCI_SUCCESS;
}

uint8_t cmd_set_per_data(struct air_controller *controller, struct call *call)
{
    const uint8_t *p = call->p;
    if (call->len < 3 || call->len != 3 + p[2] || p[2] > DATA_PART_MAX) {
        return HCI_INVALID_PARAMETERS;
    }
    struct ext_set *set = ext_set_find(controller, p[0]);
    if (!set) {
        return HCI_UNKNOWN_SET;
    }
    if (!set->per.configured) {
        return HCI_COMMAND_DISALLOWED;
    }
    per_data_changes(set);
    uint8_t status = ext_data_store(&set->per.data, set->per.enabled, p[1], p + 3, p[2]);
    if (!status && !per_fits(set)) {
        set->per.data.len = 0;
        set->per.data.open = false;
        return HCI_TOO_LONG;
    }
    return status;
}

uint8_t cmd_set_per_enable(struct air_controller *controller, struct call *call)
{
    const uint8_t *p = call->p;
    struct ext_set *set = ext_set_find(controller, p[1]);
    if (!set) {
        return HCI_UNKNOWN_SET;
    }
    if (p[0] > 1) {
        return HCI_UNSUPPORTED; // ADI
    }
    if (!p[0]) {
        per_stop(set);
        return HCI_SUCCESS;
    }
    if (!set->per.configured || set->per.data.open) {
        return HCI_COMMAND_DISALLOWED;
    }
    if (!per_fits(set)) {
        return HCI_TOO_LONG;
    }
    set->per.enabled = true;
    per_start(set);
    return HCI_SUCCESS;
}

// Synchronising

static struct per_source source_at(const uint8_t *p, uint8_t sid)
{
    struct per_source source = {.addr = {.type = p[0]}, .sid = sid};
    memcpy(source.addr.val, p + 1, 6);
    return source;
}

static bool wish_legal(uint16_t skip, uint16_t timeout)
{
    return skip <= 0x01f3 && timeout >= 0x000a && timeout <= 0x4000;
}

uint8_t cmd_create_sync(struct air_controller *controller, struct call *call)
{
    const uint8_t *p = call->p;
    struct per_create *create = &controller->per.create;
    struct per_source source = source_at(p + 2, p[1]);
    uint16_t skip = get16(p + 9), timeout = get16(p + 11);
    bool by_list = p[0] & OPTION_LIST;
    if (per_creating(controller)) {
        return HCI_COMMAND_DISALLOWED;
    }
    if (p[0] & ~(OPTION_LIST | OPTION_SILENT | OPTION_FILTER) || !wish_legal(skip, timeout) ||
        (!by_list && (p[1] > 0x0f || p[2] > 1))) {
        return HCI_INVALID_PARAMETERS;
    }
    if (!by_list && per_synced_to(controller, &source)) {
        return HCI_CONNECTION_EXISTS;
    }
    if (!per_sync_room(controller)) {
        return MEMORY_CAPACITY;
    }
    *create = (struct per_create){
        .wanted = true,
        .by_list = by_list,
        .source = source,
        .wish = {p[0] & OPTION_SILENT, skip, timeout},
    };
    return HCI_SUCCESS;
}

uint8_t cmd_create_sync_cancel(struct air_controller *controller, struct call *call)
{
    return per_create_cancel(controller) ? HCI_SUCCESS : HCI_COMMAND_DISALLOWED;
}

uint8_t cmd_terminate_sync(struct air_controller *controller, struct call *call)
{
    struct per_sync *sync = per_sync_by_handle(controller, get16(call->p));
    if (!sync) {
        return HCI_UNKNOWN_SET;
    }
    per_sync_end(sync);
    return HCI_SUCCESS;
}

uint8_t cmd_set_per_receive(struct air_controller *controller, struct call *call)
{
    struct per_sync *sync = per_sync_by_handle(controller, get16(call->p));
    if (!sync) {
        return HCI_UNKNOWN_SET;
    }
    if (call->p[2] & ~0x03) {
        return HCI_INVALID_PARAMETERS;
    }
    sync->wish.silent = !(call->p[2] & 1);
    sync->reporting = false;
    sync->listening = false; // from the next event on
    return HCI_SUCCESS;
}

// The periodic advertiser list

static uint8_t list_find(const struct per_listener *per, const struct per_source *source)
{
    uint8_t i = 0;
    while (i < per->list_count &&
           (per->list[i].sid != source->sid || !addr_equal(&per->list[i].addr, &source->addr))) {
        i++;
    }
    return i;
}

uint8_t cmd_add_per(struct air_controller *controller, struct call *call)
{
    struct per_listener *per = &controller->per;
    struct per_source source = source_at(call->p, call->p[7]);
    if (per_creating(controller)) {
        return HCI_COMMAND_DISALLOWED;
    }
    if (call->p[0] > 1 || call->p[7] > 0x0f || list_find(per, &source) < per->list_count) {
        return HCI_INVALID_PARAMETERS;
    }
    if (per->list_count == AIR_MAX_PER_LIST) {
        return MEMORY_CAPACITY;
    }
    per->list[per->list_count++] = source;
    return HCI_SUCCESS;
}

uint8_t cmd_remove_per(struct air_controller *controller, struct call *call)
{
    struct per_listener *per = &controller->per;
    struct per_source source = source_at(call->p, call->p[7]);
    uint8_t at = list_find(per, &source);
    if (per_creating(controller)) {
        return HCI_COMMAND_DISALLOWED;
    }
    if (at == per->list_count) {
        return HCI_UNKNOWN_SET;
    }
    per->list[at] = per->list[--per->list_count];
    return HCI_SUCCESS;
}

uint8_t cmd_clear_per(struct air_controller *controller, struct call *call)
{
    if (per_creating(controller)) {
        return HCI_COMMAND_DISALLOWED;
    }
    controller->per.list_count = 0;
    return HCI_SUCCESS;
}

uint8_t cmd_read_per_size(struct air_controller *controller, struct call *call)
{
    *rsp_add(call, 1) = AIR_MAX_PER_LIST;
    return HCI_SUCCESS;
}

// Transfers

// The end of a link whose peer may take a transfer, or a status.
static uint8_t transfer_end(struct air_controller *controller, const uint8_t *p,
                            struct air_end **end)
{
    *end = link_end(controller, get16(p));
    if (!*end) {
        return HCI_UNKNOWN_CONNECTION;
    }
    return (*end)->features_known && !((*end)->features >> FEAT_PAST_RECIPIENT & 1)
               ? HCI_UNSUPPORTED_REMOTE
               : HCI_SUCCESS;
}

static void put_handle(struct call *call)
{
    memcpy(rsp_add(call, 2), call->p, 2);
}

uint8_t cmd_transfer_sync(struct air_controller *controller, struct call *call)
{
    struct air_end *end;
    struct per_sync *sync = per_sync_by_handle(controller, get16(call->p + 4));
    put_handle(call);
    uint8_t status = transfer_end(controller, call->p, &end);
    status = status ? status : sync ? HCI_SUCCESS : HCI_UNKNOWN_SET;
    if (!status) {
        per_transfer_sync(end, sync, get16(call->p + 2));
    }
    return status;
}

uint8_t cmd_transfer_set(struct air_controller *controller, struct call *call)
{
    struct air_end *end;
    const struct ext_set *set = ext_set_find(controller, call->p[4]);
    put_handle(call);
    uint8_t status = transfer_end(controller, call->p, &end);
    status = status              ? status
             : !set              ? HCI_UNKNOWN_SET
             : !set->per.running ? HCI_COMMAND_DISALLOWED
                                 : HCI_SUCCESS;
    if (!status) {
        per_transfer_set(end, set, get16(call->p + 2));
    }
    return status;
}

// Mode, skip, time-out and type of CTE.
static uint8_t past_at(const uint8_t *p, struct per_past *past)
{
    uint16_t skip = get16(p + 1), timeout = get16(p + 3);
    if (p[0] > 3 || (p[0] && !wish_legal(skip, timeout))) {
        return HCI_INVALID_PARAMETERS;
    }
    *past = (struct per_past){p[0], skip, timeout};
    return HCI_SUCCESS;
}

uint8_t cmd_set_transfer_params(struct air_controller *controller, struct call *call)
{
    struct air_end *end = link_end(controller, get16(call->p));
    put_handle(call);
    return end ? past_at(call->p + 2, &end->past) : HCI_UNKNOWN_CONNECTION;
}

uint8_t cmd_set_default_transfer_params(struct air_controller *controller, struct call *call)
{
    return past_at(call->p, &controller->per.past);
}
