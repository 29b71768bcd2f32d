// Following periodic advertising (Core Specification, Vol 6, Part B, 4.4.3.4 and 5.1.13; Vol 4, Part E,
// 7.7.65.14 to 7.7.65.16 and 7.7.65.24).
//
// A sync begins with a SyncInfo that a scanner heard, or that came over a link; it is established with
// the first AUX_SYNC_IND that is received, within six intervals, and lost when none is received for
// its time-out. Syncs know their train by its access address, so one that has ended is just never
// heard again.
#include "per.h"

#include <string.h>

#include "adv.h"
#include "bytes.h"
#include "link.h"

#define TRIES            6 // 4.4.5: intervals in which the first AUX_SYNC_IND must be received
#define REPORT_MAX       247
#define STATUS_DONE      0
#define STATUS_MORE      1
#define STATUS_CUT       2
#define NO_CTE           0xff
#define RSSI             ((uint8_t)-50)
#define INTERVAL_UNIT_US 1250
#define TIMEOUT_US       10000
#define CANCELLED        0x44

static uint16_t handle_of(const struct per_sync *sync)
{
    return (uint16_t)(sync - sync->controller->per.syncs);
}

struct per_sync *per_sync_by_handle(struct air_controller *controller, uint16_t handle)
{
    struct per_sync *sync = handle < AIR_MAX_SYNCS ? &controller->per.syncs[handle] : NULL;
    return sync && sync->controller && sync->synced ? sync : NULL;
}

static struct per_sync *sync_free(struct air_controller *controller)
{
    for (size_t i = 0; i < AIR_MAX_SYNCS; i++) {
        if (!controller->per.syncs[i].controller) {
            return &controller->per.syncs[i];
        }
    }
    return NULL;
}

bool per_sync_room(const struct air_controller *controller)
{
    return sync_free((struct air_controller *)controller);
}

static bool source_equal(const struct per_source *a, const struct per_source *b)
{
    return a->sid == b->sid && addr_equal(&a->addr, &b->addr);
}

bool per_synced_to(const struct air_controller *controller, const struct per_source *source)
{
    for (size_t i = 0; i < AIR_MAX_SYNCS; i++) {
        const struct per_sync *sync = &controller->per.syncs[i];
        if (sync->controller && source_equal(&sync->source, source)) {
            return true;
        }
    }
    return false;
}

void per_sync_end(struct per_sync *sync)
{
    air_timer_stop(sync->controller->air, &sync->timer);
    *sync = (struct per_sync){0};
}

void per_listener_clear(struct air_controller *controller)
{
    for (size_t i = 0; i < AIR_MAX_SYNCS; i++) {
        if (controller->per.syncs[i].controller) {
            per_sync_end(&controller->per.syncs[i]);
        }
    }
    controller->per = (struct per_listener){0};
}

// Events

// What both events that tell of a sync have, from Sync_Handle on.
static void put_sync(uint8_t *p, const struct per_sync *sync, uint16_t handle)
{
    put16(p, handle);
    p[2] = sync->source.sid;
    p[3] = sync->source.addr.type;
    memcpy(p + 4, sync->source.addr.val, 6);
    p[10] = sync->phy;
    put16(p + 11, sync->interval);
    p[13] = 5; // 31 to 50 ppm
}

static void established(const struct per_sync *sync, int64_t at, uint8_t status)
{
    uint8_t params[19] = {status};
    if (sync->transferred) {
        put16(params + 1, sync->link);
        put16(params + 3, sync->service_data);
        put_sync(params + 5, sync, handle_of(sync));
        hci_le_event(sync->controller, at, LE_TRANSFER, params, 19);
    } else {
        put_sync(params + 1, sync, handle_of(sync));
        hci_le_event(sync->controller, at, LE_SYNC_ESTABLISHED, params, 15);
    }
}

// A sync whose train was found for LE Periodic Advertising Create Sync, but not yet received.
static struct per_sync *sync_begun(struct air_controller *controller)
{
    for (size_t i = 0; i < AIR_MAX_SYNCS; i++) {
        struct per_sync *sync = &controller->per.syncs[i];
        if (sync->controller && !sync->synced && !sync->transferred) {
            return sync;
        }
    }
    return NULL;
}

bool per_creating(const struct air_controller *controller)
{
    return controller->per.create.wanted || sync_begun((struct air_controller *)controller);
}

bool per_create_cancel(struct air_controller *controller)
{
    // While the first AUX_SYNC_IND is awaited it is looked for as well.
    uint8_t params[15] = {CANCELLED};
    struct per_sync *sync = sync_begun(controller);
    if (!controller->per.create.wanted && !sync) {
        return false;
    }
    if (sync) {
        per_sync_end(sync);
    }
    struct per_sync none = {.source = controller->per.create.source};
    controller->per.create.wanted = false;
    put_sync(params + 1, &none, 0);
    hci_le_event(controller, controller->air->now, LE_SYNC_ESTABLISHED, params, sizeof(params));
    return true;
}

static void report(const struct per_sync *sync, int64_t at, uint8_t status, int8_t tx_power,
                   const uint8_t *data, unsigned int len)
{
    uint8_t params[7 + REPORT_MAX] = {0};
    put16(params, handle_of(sync));
    params[2] = (uint8_t)tx_power;
    params[3] = RSSI;
    params[4] = NO_CTE;
    params[5] = status;
    params[6] = (uint8_t)len;
    if (len) {
        memcpy(params + 7, data, len);
    }
    hci_le_event(sync->controller, at, LE_PER_REPORT, params, (uint8_t)(7 + len));
}

static void report_pdu(struct per_sync *sync, const struct per_pdu *pdu)
{
    const uint8_t *data = pdu->data;
    unsigned int left = pdu->len;
    do {
        unsigned int part = left < REPORT_MAX ? left : REPORT_MAX;
        left -= part;
        report(sync, pdu->end, pdu->last && !left ? STATUS_DONE : STATUS_MORE, pdu->tx_power, data,
               part);
        data += part;
    } while (left);
    sync->reporting = !pdu->last;
}

static void report_cut(struct per_sync *sync, int64_t at)
{
    if (sync->reporting && !sync->wish.silent) {
        report(sync, at, STATUS_CUT, 0x7f, NULL, 0);
    }
    sync->listening = false;
    sync->reporting = false;
}

// Beginning and end

static void sync_late(void *ctx)
{
    struct per_sync *sync = ctx;
    struct air_controller *controller = sync->controller;
    int64_t now = controller->air->now;
    if (sync->synced) {
        uint8_t params[2];
        put16(params, handle_of(sync));
        hci_le_event(controller, now, LE_SYNC_LOST, params, sizeof(params));
    } else {
        established(sync, now, HCI_NOT_ESTABLISHED);
    }
    per_sync_end(sync);
}

// Follow a train; NULL: there is no room.
static struct per_sync *sync_begin(struct air_controller *controller, const struct per_sync *what)
{
    struct per_sync *sync = sync_free(controller);
    if (sync) {
        *sync = *what;
        sync->controller = controller;
        sync->timer.fn = sync_late;
        sync->timer.ctx = sync;
        air_timer_set(controller->air, &sync->timer,
                      controller->air->now + (int64_t)sync->interval * INTERVAL_UNIT_US * TRIES);
    }
    return sync;
}

static bool listed(const struct air_controller *controller, const struct per_source *source)
{
    for (unsigned int i = 0; i < controller->per.list_count; i++) {
        if (source_equal(&controller->per.list[i], source)) {
            return true;
        }
    }
    return false;
}

void per_heard(struct air_controller *controller, const struct ext_set *set)
{
    struct per_create *create = &controller->per.create;
    struct per_source source = {set->adv.own, set->sid};
    bool wanted =
        create->by_list ? listed(controller, &source) : source_equal(&create->source, &source);
    if (!create->wanted || !wanted || per_synced_to(controller, &source)) {
        return;
    }
    create->wanted = false;
    (void)sync_begin(controller, &(struct per_sync){
                                     .access_address = set->per.access_address,
                                     .source = source,
                                     .wish = create->wish,
                                     .phy = set->secondary_phy,
                                     .interval = set->per.interval,
                                 });
}

// Receiving

static bool hears(const struct ext_set *set, struct air_controller *controller,
                  const struct per_pdu *pdu)
{
    bool bad;
    if (!controller->powered || !adv_radio_free(controller, pdu->at, pdu->end) ||
        adv_fails(&set->adv, controller, DRAW_PDU, &bad)) {
        return false;
    }
    controller->radio_until = pdu->end;
    return true;
}

static void heard_first(struct per_sync *sync, const struct per_pdu *pdu)
{
    if (!sync->synced) {
        sync->synced = true;
        established(sync, pdu->end, HCI_SUCCESS);
    }
    sync->skips = sync->wish.skip;
    air_timer_set(sync->controller->air, &sync->timer,
                  pdu->end + (int64_t)sync->wish.timeout * TIMEOUT_US);
}

static void receive(const struct ext_set *set, struct per_sync *sync, const struct per_pdu *pdu)
{
    if (pdu->first) {
        sync->listening = !sync->skips;
        sync->reporting = false;
        sync->skips -= sync->skips ? 1 : 0;
    }
    if (!sync->listening) {
        return;
    }
    if (!hears(set, sync->controller, pdu)) {
        report_cut(sync, pdu->end);
        return;
    }
    if (pdu->first) {
        heard_first(sync, pdu);
    }
    if (!sync->wish.silent) {
        report_pdu(sync, pdu);
    }
}

void per_receive_all(const struct ext_set *set, const struct per_pdu *pdu)
{
    for (struct air_controller *c = set->adv.owner->air->controllers; c; c = c->next) {
        for (size_t i = 0; i < AIR_MAX_SYNCS; i++) {
            struct per_sync *sync = &c->per.syncs[i];
            if (sync->controller && sync->access_address == pdu->access_address) {
                receive(set, sync, pdu);
            }
        }
    }
}

void per_cut_all(struct air *air, uint32_t access_address, int64_t at)
{
    for (struct air_controller *c = air->controllers; c; c = c->next) {
        for (size_t i = 0; i < AIR_MAX_SYNCS; i++) {
            struct per_sync *sync = &c->per.syncs[i];
            if (sync->controller && sync->access_address == access_address) {
                report_cut(sync, at);
            }
        }
    }
}

// Transfer (2.4.2.27). Of SyncInfo only what the receiver uses is right: interval and access address.

static void transfer(struct air_end *end, const struct per_sync *sync, const uint8_t *info,
                     uint16_t service_data)
{
    uint8_t pdu[35] = {LL_PERIODIC_SYNC_IND};
    put16(pdu + 1, service_data);
    memcpy(pdu + 3, info, SYNC_INFO_OCTETS);
    put16(pdu + 21, end->link->event);
    put16(pdu + 23, get16(info + 16));
    pdu[25] = (uint8_t)(sync->source.sid | sync->source.addr.type << 4 | 5 << 5);
    pdu[26] = (uint8_t)(1u << (sync->phy - 1));
    memcpy(pdu + 27, sync->source.addr.val, 6);
    put16(pdu + 33, end->link->event);
    link_control_send(end, pdu, sizeof(pdu));
}

void per_transfer_sync(struct air_end *end, const struct per_sync *sync, uint16_t service_data)
{
    uint8_t info[SYNC_INFO_OCTETS] = {0};
    put16(info + 2, sync->interval);
    put32(info + 9, sync->access_address);
    transfer(end, sync, info, service_data);
}

void per_transfer_set(struct air_end *end, const struct ext_set *set, uint16_t service_data)
{
    uint8_t info[SYNC_INFO_OCTETS];
    struct per_sync sync = {.source = {set->adv.own, set->sid}, .phy = set->secondary_phy};
    per_sync_info(set, end->controller->air->now, info);
    transfer(end, &sync, info, service_data);
}

void per_transferred(struct air_end *end, int64_t at, const uint8_t *data)
{
    struct per_sync what = {
        .access_address = get32(data + 3 + 9),
        .interval = get16(data + 3 + 2),
        .source = {.addr = {.type = data[25] >> 4 & 1}, .sid = data[25] & 0x0f},
        .phy = (uint8_t)(data[26] & 4   ? PHY_CODED
                         : data[26] & 2 ? PHY_2M
                                        : PHY_1M),
        .wish = {end->past.mode == 1, end->past.skip, end->past.timeout},
        .transferred = true,
        .link = end->handle,
        .service_data = get16(data + 1),
    };
    memcpy(what.source.addr.val, data + 27, 6);
    if (!end->past.mode || per_synced_to(end->controller, &what.source)) {
        return;
    }
    (void)sync_begin(end->controller, &what);
}
