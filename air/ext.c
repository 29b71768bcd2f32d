// Extended advertising on the air (Core Specification, Vol 6, Part B, 2.3.1.5 to 2.3.4 and 4.4.2.2).
//
// An event is: ADV_EXT_IND on each primary channel in use, then on a secondary channel AUX_ADV_IND,
// what answers it (AUX_SCAN_REQ and AUX_SCAN_RSP, or AUX_CONNECT_REQ and AUX_CONNECT_RSP), and as
// many AUX_CHAIN_IND as the data takes. One timer per set stands for its next PDU. Who heard an
// ADV_EXT_IND and wants the advertiser follows its AuxPtr; followers are known by number, because a
// controller may go at any time. A follower that misses a part of a chain reports what it has as
// truncated.
//
// Simplified: an AUX_ADV_IND is always sent, also for no data; it leaves T_MAFS after the last primary
// PDU; its channel is drawn anew for each event.
#include <stdlib.h>
#include <string.h>

#include "adv.h"
#include "bytes.h"
#include "link.h"
#include "privacy.h"

#define T_MAFS_US     300
#define AUX_UNIT_US   30
#define RSSI          ((uint8_t)-50)
#define DUPLICATE_ADV 0x20 // types of the duplicate filter, beside those of legacy reports
#define DUPLICATE_RSP 0x21
#define REPORT_RSP    0x08
#define STATUS_MORE   0x20
#define STATUS_CUT    0x40

// Flags of the extended header (2.3.4).
#define HEADER_ADVA     0x01
#define HEADER_TARGETA  0x02
#define HEADER_ADI      0x08
#define HEADER_AUX_PTR  0x10
#define HEADER_SYNC     0x20
#define HEADER_TX_POWER 0x40

const struct advertiser *ext_set_adv(const struct ext_set *set)
{
    return set ? &set->adv : NULL;
}

bool ext_any_enabled(const struct air_controller *controller)
{
    for (size_t i = 0; i < AIR_MAX_SETS; i++) {
        if (controller->sets[i] && controller->sets[i]->adv.enabled) {
            return true;
        }
    }
    return false;
}

void ext_sets_clear(struct air_controller *controller)
{
    for (size_t i = 0; i < AIR_MAX_SETS; i++) {
        if (controller->sets[i]) {
            adv_stop(&controller->sets[i]->adv);
            per_stop(controller->sets[i]);
            free(controller->sets[i]);
            controller->sets[i] = NULL;
        }
    }
}

static struct ext_set *set_of(const struct advertiser *adv)
{
    return adv->index ? adv->owner->sets[adv->index - 1] : NULL;
}

// Events

void ext_report(struct air_controller *controller, int64_t at, const struct ext_report *report)
{
    uint8_t params[25 + EXT_REPORT_MAX] = {1};
    struct who who = privacy_who(controller, &report->addr);
    put16(params + 1, report->event_type);
    params[3] = (uint8_t)(who.id.type | who.resolved << 1);
    memcpy(params + 4, who.id.val, 6);
    params[10] = report->phy;
    params[11] = report->secondary_phy;
    params[12] = report->sid;
    params[13] = report->secondary_phy ? (uint8_t)report->tx_power : 0x7f;
    params[14] = RSSI;
    put16(params + 15, report->interval);
    if (report->direct) {
        params[17] = report->direct->type;
        memcpy(params + 18, report->direct->val, 6);
    }
    params[24] = report->len;
    if (report->len) {
        memcpy(params + 25, report->data, report->len);
    }
    hci_le_event(controller, at, LE_EXT_REPORT, params, (uint8_t)(25 + report->len));
}

static void terminated(const struct ext_set *set, int64_t at, uint8_t status, uint16_t link)
{
    uint8_t params[5] = {status, set->handle};
    put16(params + 2, link);
    params[4] = set->max_events ? (uint8_t)set->adv.events : 0;
    hci_le_event(set->adv.owner, at, LE_SET_TERMINATED, params, sizeof(params));
}

void ext_scan_requested(const struct advertiser *adv, const struct le_addr *scanner, int64_t at)
{
    const struct ext_set *set = set_of(adv);
    if (!set || !set->notify) {
        return;
    }
    uint8_t params[8] = {set->handle, scanner->type};
    memcpy(params + 2, scanner->val, 6);
    hci_le_event(adv->owner, at, LE_SCAN_REQUEST, params, sizeof(params));
}

void ext_set_connected(const struct advertiser *adv, int64_t at)
{
    const struct ext_set *set = set_of(adv);
    if (set) {
        terminated(set, at, HCI_SUCCESS, adv->owner->air->links->ends[PERIPHERAL].handle);
    }
}

bool ext_set_ended(struct advertiser *adv)
{
    const struct ext_set *set = set_of(adv);
    if (!set) {
        return false;
    }
    int64_t now = adv->owner->air->now;
    bool limit = set->max_events && adv->events >= set->max_events;
    if (!limit && !(set->until && now >= set->until)) {
        return false;
    }
    adv_stop(adv);
    terminated(set, now, limit ? HCI_LIMIT_REACHED : HCI_ADVERTISING_TIMEOUT, 0);
    return true;
}

// PDUs

// What the extended header of a PDU says.
struct header {
    uint8_t mode; // AdvMode
    const struct le_addr *adva, *targeta;
    bool adi, tx_power;
    bool aux;
    uint8_t aux_channel, aux_phy;
    int64_t aux_us; // from the start of this PDU to the start of that one
    const uint8_t *sync_info;
};

static unsigned int header_octets(const struct header *h)
{
    return 1u + (h->adva ? 6 : 0) + (h->targeta ? 6 : 0) + (h->adi ? 2 : 0) + (h->aux ? 3 : 0) +
           (h->sync_info ? SYNC_INFO_OCTETS : 0) + h->tx_power;
}

// 2.3.4.5: channel, offset in units of 30 us, PHY.
static void put_aux_ptr(uint8_t *p, const struct header *h)
{
    p[0] = h->aux_channel;
    put16(p + 1, (uint16_t)(h->aux_us / AUX_UNIT_US | (h->aux_phy - 1) << 13));
}

static void pdu_build(struct adv_pdu *pdu, const struct ext_set *set, const struct header *h,
                      uint8_t type, uint8_t phy)
{
    unsigned int octets = header_octets(h);
    uint8_t *p = pdu->payload;
    *pdu = (struct adv_pdu){.phy = phy, .len = (uint8_t)(1 + octets)};
    pdu->header[0] = (uint8_t)(type | (h->adva ? h->adva->type : 0) << 6 |
                               (h->targeta ? h->targeta->type : 0) << 7);
    pdu->header[1] = pdu->len;
    *p++ = (uint8_t)(octets | h->mode << 6);
    *p++ = (uint8_t)((h->adva ? HEADER_ADVA : 0) | (h->targeta ? HEADER_TARGETA : 0) |
                     (h->adi ? HEADER_ADI : 0) | (h->aux ? HEADER_AUX_PTR : 0) |
                     (h->sync_info ? HEADER_SYNC : 0) | (h->tx_power ? HEADER_TX_POWER : 0));
    if (h->adva) {
        memcpy(p, h->adva->val, 6);
        p += 6;
    }
    if (h->targeta) {
        memcpy(p, h->targeta->val, 6);
        p += 6;
    }
    if (h->adi) {
        put16(p, (uint16_t)(set->did | set->sid << 12));
        p += 2;
    }
    if (h->aux) {
        put_aux_ptr(p, h);
        p += 3;
    }
    if (h->sync_info) {
        memcpy(p, h->sync_info, SYNC_INFO_OCTETS);
        p += SYNC_INFO_OCTETS;
    }
    if (h->tx_power) {
        *p = (uint8_t)set->tx_power;
    }
}

static uint8_t adv_mode(const struct ext_set *set)
{
    return (uint8_t)(set->props & (EXT_CONNECTABLE | EXT_SCANNABLE));
}

static const struct le_addr *target_of(const struct ext_set *set)
{
    return set->props & EXT_DIRECTED ? &set->adv.to : NULL;
}

// The header of AUX_ADV_IND; without AuxPtr.
static struct header aux_header(const struct ext_set *set)
{
    return (struct header){
        .mode = adv_mode(set),
        .adva = set->props & EXT_ANONYMOUS ? NULL : &set->adv.own,
        .targeta = target_of(set),
        .adi = true,
        .tx_power = set->props & EXT_TX_POWER,
    };
}

unsigned int ext_single_max(const struct ext_set *set)
{
    struct header h = aux_header(set);
    return 254 - header_octets(&h);
}

// Add as much of the set's chain as fits; with more to come the PDU points at the next one, which is
// to begin at `*next`. Returns the octets added.
static uint8_t fill(struct adv_pdu *pdu, struct ext_set *set, struct header *h, int64_t at,
                    int64_t *next)
{
    unsigned int left = set->chain->len - set->offset;
    unsigned int room = 254 - header_octets(h);
    *next = 0;
    if (left > room) {
        h->aux = true;
        room -= 3;
        left = room;
        int64_t air_us = ll_airtime(set->secondary_phy, 1 + header_octets(h) + left);
        h->aux_us = (air_us + T_MAFS_US + AUX_UNIT_US - 1) / AUX_UNIT_US * AUX_UNIT_US;
        h->aux_channel = set->aux_channel;
        h->aux_phy = set->secondary_phy;
        *next = at + h->aux_us;
    }
    pdu_build(pdu, set, h, PDU_EXTENDED, set->secondary_phy);
    adv_pdu_add(pdu, set->chain->octets + set->offset, (uint8_t)left);
    return (uint8_t)left;
}

// Followers

static struct adv_kind kind_of(const struct ext_set *set)
{
    return (struct adv_kind){
        .connectable = set->props & EXT_CONNECTABLE,
        .scannable = set->props & EXT_SCANNABLE,
        .directed = set->props & EXT_DIRECTED,
    };
}

static struct air_controller *controller_by_id(const struct air *air, uint32_t id)
{
    struct air_controller *c = air->controllers;
    while (c && c->id != id) {
        c = c->next;
    }
    return c;
}

static void follow(struct ext_set *set, const struct air_controller *c, enum intent intent)
{
    for (unsigned int i = 0; i < set->follower_count; i++) {
        if (set->followers[i].id == c->id) {
            return;
        }
    }
    if (set->follower_count < EXT_FOLLOWERS) {
        set->followers[set->follower_count++] = (struct ext_follower){c->id, intent, false};
    }
}

// What a follower was about to do, it may have been told to leave meanwhile.
static bool still_wants(const struct air_controller *c, const struct ext_follower *follower)
{
    return c && c->powered &&
           (follower->intent == CONNECT ? c->init.listener.enabled && c->init.extended
                                        : c->scan.listener.enabled && c->scan.extended);
}

static struct ext_report report_of(const struct ext_set *set)
{
    return (struct ext_report){
        .event_type = (uint16_t)((set->props & 0x07) |
                                 (set->chain == &set->rsp ? REPORT_RSP | EXT_SCANNABLE : 0)),
        .addr = set->adv.own,
        .phy = set->primary_phy,
        .secondary_phy = set->secondary_phy,
        .sid = set->sid,
        .tx_power = set->props & EXT_TX_POWER ? set->tx_power : 0x7f,
        .interval = set->per.running ? set->per.interval : 0,
        .direct = target_of(set),
    };
}

// Hand the data of one PDU up, in as many reports as it takes.
static void report_data(const struct ext_set *set, struct air_controller *c, int64_t at,
                        const uint8_t *data, unsigned int len, bool last)
{
    do {
        struct ext_report report = report_of(set);
        unsigned int part = len < EXT_REPORT_MAX ? len : EXT_REPORT_MAX;
        report.event_type |= last && part == len ? 0 : STATUS_MORE;
        report.data = data;
        report.len = (uint8_t)part;
        ext_report(c, at, &report);
        data += part;
        len -= part;
    } while (len);
}

static void report_cut(const struct ext_set *set, struct air_controller *c, int64_t at)
{
    struct ext_report report = report_of(set);
    report.event_type |= STATUS_CUT;
    ext_report(c, at, &report);
}

// One follower and one PDU of data: false when it follows no longer.
static bool receive(struct ext_set *set, struct ext_follower *follower, int64_t at, int64_t end,
                    const uint8_t *data, uint8_t len, bool last)
{
    struct air_controller *c = controller_by_id(set->adv.owner->air, follower->id);
    bool bad;
    if (!still_wants(c, follower)) {
        return false;
    }
    if (!adv_radio_free(c, at, end) || adv_fails(&set->adv, c, DRAW_PDU, &bad)) {
        if (follower->reporting) {
            report_cut(set, c, end);
        }
        return false;
    }
    c->radio_until = end;
    if (follower->intent == CONNECT) {
        return true;
    }
    if (set->stage == EXT_AUX && set->per.running) {
        per_heard(c, set);
    }
    if (!follower->reporting) {
        uint8_t type = set->chain == &set->rsp ? DUPLICATE_RSP : DUPLICATE_ADV;
        uint16_t adi = (uint16_t)(set->did | set->sid << 12);
        if (adv_seen_before(&c->scan, &set->adv.own, type, adi)) {
            return follower->intent == REQUEST && type == DUPLICATE_ADV;
        }
        follower->reporting = true;
    }
    report_data(set, c, end, data, len, last);
    return true;
}

static void receive_all(struct ext_set *set, int64_t at, int64_t end, const uint8_t *data,
                        uint8_t len, bool last)
{
    unsigned int kept = 0;
    for (unsigned int i = 0; i < set->follower_count; i++) {
        if (receive(set, &set->followers[i], at, end, data, len, last)) {
            set->followers[kept++] = set->followers[i];
        }
    }
    set->follower_count = kept;
}

// The chain ends before its end: the advertiser's radio is needed elsewhere.
static void cut_all(struct ext_set *set, int64_t at)
{
    for (unsigned int i = 0; i < set->follower_count; i++) {
        const struct ext_follower *follower = &set->followers[i];
        struct air_controller *c = controller_by_id(set->adv.owner->air, follower->id);
        if (follower->reporting && still_wants(c, follower)) {
            report_cut(set, c, at);
        }
    }
}

// Stages

static void event_end(struct ext_set *set, int64_t over)
{
    set->follower_count = 0;
    set->stage = EXT_PRIMARY;
    if (set->adv.enabled) {
        adv_event_plan(&set->adv, over + CHANNEL_GAP_US);
    }
}

// ADV_EXT_IND carries the address only where there is no AUX_ADV_IND, so all have one length.
static void ext_ind_build(const struct ext_set *set, struct adv_pdu *pdu, int64_t aux_us)
{
    struct header h = {
        .mode = adv_mode(set),
        .adi = true,
        .aux = true,
        .aux_us = aux_us,
        .aux_channel = set->aux_channel,
        .aux_phy = set->secondary_phy,
    };
    pdu_build(pdu, set, &h, PDU_EXTENDED, set->primary_phy);
}

// When AUX_ADV_IND leaves, from the start of the first ADV_EXT_IND.
static int64_t aux_after(const struct ext_set *set)
{
    struct adv_pdu pdu;
    ext_ind_build(set, &pdu, 0);
    int count = __builtin_popcount(set->adv.channels);
    return count * adv_pdu_airtime(&pdu) + (count - 1) * CHANNEL_GAP_US + T_MAFS_US + AUX_UNIT_US;
}

static void primary_due(struct ext_set *set, int64_t at)
{
    struct advertiser *adv = &set->adv;
    struct air_controller *owner = adv->owner;
    struct adv_pdu pdu;
    struct adv_kind kind = kind_of(set);
    if (adv->channel == adv_channel_after(adv, 36)) {
        set->aux_at = at + aux_after(set);
        set->aux_channel = (uint8_t)(air_rng_next(&adv->rng) % 37);
    }
    ext_ind_build(set, &pdu, set->aux_at - at);
    int64_t end = at + adv_pdu_airtime(&pdu);
    if (adv_radio_free(owner, at, end)) {
        adv_record(owner, &pdu, at, adv->channel, false);
        adv->pdus++;
        owner->radio_until = end;
        struct adv_hearing hearing = {at, end, adv->channel, set->primary_phy, true};
        for (struct air_controller *c = owner->air->controllers; c; c = c->next) {
            bool bad;
            enum intent intent = adv_intent(c, adv, &kind, &hearing);
            if (intent != IGNORE && adv_served(c, at, end) && !adv_fails(adv, c, DRAW_PDU, &bad)) {
                follow(set, c, intent);
            }
        }
    } else {
        adv->starved++;
    }
    adv->channel = adv_channel_after(adv, adv->channel);
    if (!adv->channel) {
        set->stage = EXT_AUX;
    }
    air_timer_set(owner->air, &adv->timer, adv->channel ? end + CHANNEL_GAP_US : set->aux_at);
}

// Of those who want to answer, one.
static struct air_controller *winner_of(const struct ext_set *set, int64_t end, enum intent *intent)
{
    struct air_controller *winner = NULL;
    uint64_t best = 0;
    for (unsigned int i = 0; i < set->follower_count; i++) {
        const struct ext_follower *follower = &set->followers[i];
        struct air_controller *c = controller_by_id(set->adv.owner->air, follower->id);
        int64_t over = end + 2 * T_IFS_US + ll_airtime(set->secondary_phy, CONNECT_IND_OCTETS) +
                       ll_airtime(set->secondary_phy, EXT_CONNECT_RSP_OCTETS);
        if (follower->intent == REPORT || !adv_radio_free(c, end, over)) {
            continue;
        }
        uint64_t ticket = adv_ticket(&set->adv, c);
        if (ticket > best) {
            best = ticket;
            winner = c;
            *intent = follower->intent;
        }
    }
    return winner;
}

// AUX_SCAN_REQ; true when AUX_SCAN_RSP is to follow at *over.
static bool scan_request(struct ext_set *set, struct air_controller *scanner, int64_t end,
                         int64_t *over)
{
    struct advertiser *adv = &set->adv;
    struct le_addr own = adv_scanner_addr(scanner, adv);
    struct adv_pdu request;
    bool bad;
    adv_pdu_start(&request, PDU_SCAN_REQ, &own, &adv->own);
    request.phy = set->secondary_phy;
    bool failed = adv_fails(adv, scanner, DRAW_REQUEST, &bad);
    adv_record(scanner, &request, end + T_IFS_US, set->aux_channel, bad);
    *over = end + T_IFS_US + adv_pdu_airtime(&request);
    scanner->radio_until = *over;
    if (failed || !adv_allows(adv, &own, 1)) {
        return false;
    }
    ext_scan_requested(adv, &own, *over);
    *over += T_IFS_US;
    scanner->radio_until = *over;
    set->followers[0] = (struct ext_follower){scanner->id, REQUEST, false};
    set->follower_count = 1;
    return true;
}

// The next PDU of a stage is due at `next`; nothing comes between. 0: the event is over.
static void go_on(struct ext_set *set, enum ext_stage stage, int64_t next, int64_t over)
{
    set->adv.owner->radio_until = next ? next : over;
    if (!next) {
        event_end(set, over);
        return;
    }
    set->stage = stage;
    air_timer_set(set->adv.owner->air, &set->adv.timer, next);
}

static void aux_due(struct ext_set *set, int64_t at)
{
    struct advertiser *adv = &set->adv;
    struct header h = aux_header(set);
    struct adv_pdu pdu;
    int64_t next, over;
    uint8_t info[SYNC_INFO_OCTETS];
    if (set->per.running) {
        per_sync_info(set, at, info);
        h.sync_info = info;
    }
    set->chain = &set->data;
    set->offset = 0;
    uint8_t len = fill(&pdu, set, &h, at, &next);
    int64_t end = at + adv_pdu_airtime(&pdu);
    if (!adv_radio_free(adv->owner, at, end)) {
        adv->starved++;
        event_end(set, at);
        return;
    }
    adv->starved = 0;
    adv_record(adv->owner, &pdu, at, set->aux_channel, false);
    adv->pdus++;
    receive_all(set, at, end, set->data.octets, len, !next);
    set->offset = len;
    enum intent intent = IGNORE;
    struct air_controller *other = set->follower_count ? winner_of(set, end, &intent) : NULL;
    if (other && intent == CONNECT) {
        go_on(set, EXT_PRIMARY, 0, adv_connect(adv, other, end, &pdu, set->aux_channel));
    } else if (other) {
        bool answered = scan_request(set, other, end, &over);
        go_on(set, EXT_RESPONSE, answered ? over : 0, over);
    } else {
        go_on(set, EXT_CHAIN, next, end);
    }
}

// A part of a chain, which its predecessors have announced.
static void chain_due(struct ext_set *set, int64_t at)
{
    struct advertiser *adv = &set->adv;
    bool response = set->stage == EXT_RESPONSE;
    // AdvMode is reserved in AUX_SCAN_RSP and AUX_CHAIN_IND (2.3.3.2, 2.3.1.8).
    struct header h = {.adva = response ? &adv->own : NULL, .adi = true};
    struct adv_pdu pdu;
    int64_t next;
    if (response) {
        set->chain = &set->rsp;
        set->offset = 0;
    }
    uint8_t len = fill(&pdu, set, &h, at, &next);
    int64_t end = at + adv_pdu_airtime(&pdu);
    if (!adv_radio_free(adv->owner, at, end)) {
        adv->starved++;
        cut_all(set, at);
        event_end(set, at);
        return;
    }
    adv_record(adv->owner, &pdu, at, set->aux_channel, false);
    adv->pdus++;
    receive_all(set, at, end, set->chain->octets + set->offset, len, !next);
    set->offset = (uint16_t)(set->offset + len);
    go_on(set, EXT_CHAIN, next, end);
}

static void ext_due(void *ctx)
{
    struct ext_set *set = ctx;
    int64_t at = set->adv.owner->air->now;
    if (set->stage == EXT_PRIMARY) {
        bool first = set->adv.channel == adv_channel_after(&set->adv, 36);
        if (!first || !ext_set_ended(&set->adv)) {
            primary_due(set, at);
        }
    } else if (set->stage == EXT_AUX) {
        aux_due(set, at);
    } else {
        chain_due(set, at);
    }
}

void ext_data_changes(struct ext_set *set)
{
    if (set->adv.enabled && (set->stage == EXT_RESPONSE || set->stage == EXT_CHAIN)) {
        int64_t now = set->adv.owner->air->now;
        cut_all(set, now);
        event_end(set, now);
    }
}

bool ext_connect_rsp(struct advertiser *adv, const struct air_controller *central, int64_t at,
                     uint8_t phy, uint8_t channel)
{
    struct le_addr targeta = adv_central_addr(central, adv);
    struct header h = {.adva = &adv->own, .targeta = &targeta};
    struct adv_pdu pdu;
    bool bad;
    pdu_build(&pdu, set_of(adv), &h, PDU_AUX_CONNECT_RSP, phy);
    bool failed = adv_fails(adv, central, DRAW_RESPONSE, &bad);
    adv_record(adv->owner, &pdu, at, channel, bad);
    return !failed;
}

void ext_legacy_data(struct ext_set *set)
{
    struct advertiser *adv = &set->adv;
    if (set->props & EXT_LEGACY) {
        adv->data_len = (uint8_t)set->data.len;
        adv->scan_rsp_len = (uint8_t)set->rsp.len;
        memcpy(adv->data, set->data.octets, adv->data_len);
        memcpy(adv->scan_rsp, set->rsp.octets, adv->scan_rsp_len);
    }
}

void ext_set_start(struct ext_set *set, uint16_t duration, uint8_t max_events)
{
    struct advertiser *adv = &set->adv;
    bool legacy = set->props & EXT_LEGACY;
    set->until = duration ? adv->owner->air->now + duration * INT64_C(10000) : 0;
    set->max_events = max_events;
    set->stage = EXT_PRIMARY;
    set->follower_count = 0;
    ext_legacy_data(set);
    adv->timer.fn = legacy ? adv_due : ext_due;
    adv->timer.ctx = legacy ? (void *)adv : set;
    adv_start(adv);
    adv->stop_at = 0; // the duration says it
    per_start(set);
}
