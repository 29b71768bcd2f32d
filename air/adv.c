// Legacy advertising, scanning and initiating on the air (Core Specification, Vol 6, Part B, 4.4).
//
// Every advertising event is an event of its own: advInterval plus a random 0 to 10 ms, then one
// PDU per channel in use. One timer per advertiser stands for its next PDU; the PDU, and the scan
// request and response or CONNECT_IND that follow it after T_IFS, are computed at once. Who hears a
// PDU follows from the listeners' windows and channels; losses are drawn from a hash of advertiser,
// PDU number and listener, so that one device's luck does not depend on another's.
//
// Links come first: a PDU that meets one is not sent, or not heard. Neither side starves: after
// STARVED_PDUS in a row an advertiser is served like a link that waited longest, and a listener
// gets LISTEN_US of its own, in which its links skip their events.
//
// Simplified: no backoff of active scanners; where several listeners answer the same PDU, one is
// chosen at random and the others wait for the next; the interval is the largest one allowed.
#include <string.h>

#include "adv.h"
#include "bytes.h"
#include "link.h"
#include "privacy.h"

#define REPORT_SCAN_RSP    4
#define ADV_DELAY_MAX_US   10000
#define HIGH_DUTY_US       3750    // 4.4.2.4.3: an event at most this often ...
#define HIGH_DUTY_TOTAL_US 1280000 // ... for at most this long
#define STARVED_LISTENS    8
#define LISTEN_US          25000
#define RSSI               ((uint8_t)-50)

const struct adv_kind adv_kinds[] = {
    [ADV_IND_TYPE] = {PDU_ADV_IND, 0, true, true, false},
    [ADV_DIRECT_HIGH_TYPE] = {PDU_ADV_DIRECT_IND, 1, true, false, true},
    [ADV_SCAN_TYPE] = {PDU_ADV_SCAN_IND, 2, false, true, false},
    [ADV_NONCONN_TYPE] = {PDU_ADV_NONCONN_IND, 3, false, false, false},
    [ADV_DIRECT_LOW_TYPE] = {PDU_ADV_DIRECT_IND, 1, true, false, true},
};

static uint64_t draw(const struct advertiser *adv, const struct air_controller *other,
                     enum draw what, unsigned int salt)
{
    const struct air_controller *owner = adv->owner;
    uint64_t key = air_hash(owner->air->config.seed, owner->id, adv->pdus);
    if (adv->index) {
        key = air_hash(key, 0x736574, adv->index);
    }
    return air_hash(key, other->id, what * 2 + salt);
}

bool adv_fails(const struct advertiser *adv, const struct air_controller *other, enum draw what,
               bool *bad_crc)
{
    *bad_crc = air_chance(draw(adv, other, what, 1), controller_loss(adv->owner, other));
    return *bad_crc || air_chance(draw(adv, other, what, 0), controller_miss(adv->owner, other));
}

uint64_t adv_ticket(const struct advertiser *adv, const struct air_controller *other)
{
    return draw(adv, other, DRAW_WINNER, 0) | 1;
}

void adv_record(const struct air_controller *controller, const struct adv_pdu *pdu, int64_t at,
                uint8_t channel, bool bad_crc)
{
    struct ll_packet packet = {
        .at = at,
        .channel = channel,
        .phy = pdu->phy,
        .access_address = ADV_ACCESS_ADDRESS,
        .crc_init = ADV_CRC_INIT,
        .kind = channel < 37 ? 1 : 0,
        .bad_crc = bad_crc,
        .header = pdu->header,
        .payload = pdu->payload,
        .payload_len = pdu->len,
    };
    air_pcap_packet(controller->air, &packet);
}

void adv_pdu_start(struct adv_pdu *pdu, uint8_t type, const struct le_addr *tx,
                   const struct le_addr *rx)
{
    pdu->phy = PHY_1M;
    pdu->header[0] = (uint8_t)(type | tx->type << 6 | (rx ? rx->type : 0) << 7);
    memcpy(pdu->payload, tx->val, 6);
    pdu->len = 6;
    if (rx) {
        memcpy(pdu->payload + 6, rx->val, 6);
        pdu->len = 12;
    }
    pdu->header[1] = pdu->len;
}

void adv_pdu_add(struct adv_pdu *pdu, const uint8_t *data, uint8_t len)
{
    memcpy(pdu->payload + pdu->len, data, len);
    pdu->len = (uint8_t)(pdu->len + len);
    pdu->header[1] = pdu->len;
}

// Listening

// Whether a listener is on this channel and PHY from `at` to `end`. With two PHYs the one radio takes
// them in turn, an interval each.
static bool listener_hears(const struct listener *listener, int64_t at, int64_t end,
                           uint8_t channel, uint8_t phy)
{
    if (!listener->enabled || at < listener->start || !(listener->phys & 1u << phy)) {
        return false;
    }
    bool both = listener->phys == (1u << PHY_1M | 1u << PHY_CODED);
    bool coded = phy == PHY_CODED;
    int64_t uncoded_us = (int64_t)listener->interval * UNIT_US;
    int64_t coded_us = (int64_t)listener->interval_coded * UNIT_US;
    int64_t period = both ? uncoded_us + coded_us : coded ? coded_us : uncoded_us;
    int64_t since = at - listener->start;
    int64_t phase = since % period - (both && coded ? uncoded_us : 0);
    int64_t window = (int64_t)(coded ? listener->window_coded : listener->window) * UNIT_US;
    return 37 + since / period % 3 == channel && phase >= 0 && phase + (end - at) <= window;
}

bool adv_radio_free(const struct air_controller *controller, int64_t at, int64_t end)
{
    bool first = adv_starving(controller) || controller->listen_until >= end;
    return controller->radio_until <= at && (first || link_next_anchor(controller) >= end);
}

static const struct advertiser *starving(const struct advertiser *adv)
{
    return adv->enabled && adv->starved >= STARVED_PDUS ? adv : NULL;
}

const struct advertiser *adv_starving(const struct air_controller *controller)
{
    const struct advertiser *first = starving(&controller->adv);
    for (size_t i = 0; i < AIR_MAX_SETS; i++) {
        const struct advertiser *adv = ext_set_adv(controller->sets[i]);
        adv = adv ? starving(adv) : NULL;
        if (adv && (!first || adv->timer.at < first->timer.at)) {
            first = adv;
        }
    }
    return first;
}

bool adv_served(struct air_controller *controller, int64_t at, int64_t end)
{
    if (adv_radio_free(controller, at, end)) {
        controller->listen_missed = 0;
        return true;
    }
    if (++controller->listen_missed >= STARVED_LISTENS) {
        controller->listen_missed = 0;
        controller->listen_until = at + LISTEN_US;
    }
    return false;
}

// Whether directed advertising of `who` is for this listener.
static bool is_target(const struct air_controller *controller, const struct listener *listener,
                      const struct who *who, const struct le_addr *target)
{
    struct le_addr own;
    return (controller_own_addr(controller, listener->own_type, &own) &&
            addr_equal(&own, target)) ||
           privacy_is_us(controller, listener->own_type, &who->id, target);
}

static bool initiator_wants(const struct air_controller *controller, const struct advertiser *adv,
                            const struct adv_kind *kind)
{
    const struct initiator *init = &controller->init;
    struct who who = privacy_who(controller, &adv->own);
    if (!who.ok || !kind->connectable ||
        (kind->directed && !is_target(controller, &init->listener, &who, &adv->to))) {
        return false;
    }
    return init->listener.filter ? controller_accepts(controller, &who.id)
                                 : addr_equal(&init->peer, &who.id);
}

static bool scanner_wants(const struct air_controller *controller, const struct advertiser *adv,
                          const struct adv_kind *kind)
{
    const struct listener *listener = &controller->scan.listener;
    struct who who = privacy_who(controller, &adv->own);
    if (!who.ok || (kind->directed && !is_target(controller, listener, &who, &adv->to))) {
        return false;
    }
    return !(listener->filter & 1) || controller_accepts(controller, &who.id);
}

enum intent adv_intent(const struct air_controller *controller, const struct advertiser *adv,
                       const struct adv_kind *kind, const struct adv_hearing *h)
{
    if (controller == adv->owner || !controller->powered) {
        return IGNORE;
    }
    if (listener_hears(&controller->init.listener, h->at, h->end, h->channel, h->phy) &&
        (!h->extended || controller->init.extended) && initiator_wants(controller, adv, kind)) {
        return CONNECT;
    }
    if (listener_hears(&controller->scan.listener, h->at, h->end, h->channel, h->phy) &&
        (!h->extended || controller->scan.extended) && scanner_wants(controller, adv, kind)) {
        bool active = h->phy == PHY_CODED ? controller->scan.active_coded : controller->scan.active;
        return active && kind->scannable ? REQUEST : REPORT;
    }
    return IGNORE;
}

bool adv_seen_before(struct scanner *scan, const struct le_addr *addr, uint8_t type, uint16_t adi)
{
    if (!scan->filter_duplicates) {
        return false;
    }
    unsigned int known = scan->seen_count < AIR_DUPLICATES ? scan->seen_count : AIR_DUPLICATES;
    for (unsigned int i = 0; i < known; i++) {
        const struct duplicate *seen = &scan->seen[i];
        if (seen->type == type && seen->adi == adi && addr_equal(&seen->addr, addr)) {
            return true;
        }
    }
    scan->seen[scan->seen_count++ % AIR_DUPLICATES] = (struct duplicate){*addr, type, adi};
    return false;
}

// The Event_Type of an extended report of a legacy PDU (7.7.65.13): that of a scan response says
// what it answers.
static uint16_t extended_type(const struct advertiser *adv, uint8_t type)
{
    static const uint8_t types[] = {0x13, 0x15, 0x12, 0x10};
    return type < REPORT_SCAN_RSP ? types[type] : adv->type == ADV_IND_TYPE ? 0x1b : 0x1a;
}

static void report(struct air_controller *controller, const struct advertiser *adv, int64_t at,
                   uint8_t type, const uint8_t *data, uint8_t len)
{
    if (adv_seen_before(&controller->scan, &adv->own, type, 0)) {
        return;
    }
    if (controller->scan.extended) {
        struct ext_report report = {
            .event_type = extended_type(adv, type),
            .addr = adv->own,
            .phy = PHY_1M,
            .sid = 0xff,
            .direct = adv_kinds[adv->type].directed ? &adv->to : NULL,
            .data = data,
            .len = len,
        };
        ext_report(controller, at, &report);
        return;
    }
    struct who who = privacy_who(controller, &adv->own);
    uint8_t params[10 + 31 + 1] = {1, type, (uint8_t)(who.id.type | who.resolved << 1)};
    memcpy(params + 3, who.id.val, 6);
    params[9] = len;
    memcpy(params + 10, data, len);
    params[10 + len] = RSSI;
    hci_le_event(controller, at, LE_ADVERTISING_REPORT, params, (uint8_t)(11 + len));
}

void scan_start(struct air_controller *controller)
{
    struct scanner *scan = &controller->scan;
    scan->seen_count = 0;
    if (!scan->listener.enabled) {
        scan->listener.enabled = true;
        scan->listener.start = controller->air->now;
    }
}

void scan_stop(struct air_controller *controller)
{
    controller->scan.listener.enabled = false;
    air_timer_stop(controller->air, &controller->scan.timer);
}

// Answers to a PDU. Each returns the time when the exchange is over.

static struct le_addr shown(const struct air_controller *controller,
                            const struct listener *listener, const struct advertiser *adv)
{
    struct who who = privacy_who(controller, &adv->own);
    struct le_addr own = listener->own;
    (void)privacy_own(controller, listener->own_type, &who.id, &own);
    return own;
}

struct le_addr adv_scanner_addr(const struct air_controller *scanner, const struct advertiser *adv)
{
    return shown(scanner, &scanner->scan.listener, adv);
}

struct le_addr adv_central_addr(const struct air_controller *central, const struct advertiser *adv)
{
    return shown(central, &central->init.listener, adv);
}

bool adv_allows(const struct advertiser *adv, const struct le_addr *other, uint8_t filter)
{
    struct who who = privacy_who(adv->owner, other);
    return who.ok && (!(adv->filter & filter) || controller_accepts(adv->owner, &who.id));
}

static int64_t scan_exchange(struct advertiser *adv, struct air_controller *scanner, int64_t end,
                             uint8_t channel)
{
    struct adv_pdu request, response;
    bool bad;
    struct le_addr own = adv_scanner_addr(scanner, adv);
    adv_pdu_start(&request, PDU_SCAN_REQ, &own, &adv->own);
    int64_t at = end + T_IFS_US;
    bool failed = adv_fails(adv, scanner, DRAW_REQUEST, &bad);
    adv_record(scanner, &request, at, channel, bad);
    int64_t over = at + adv_pdu_airtime(&request);
    scanner->radio_until = over;
    if (failed || !adv_allows(adv, &own, 1)) {
        return over;
    }
    ext_scan_requested(adv, &own, over);
    adv_pdu_start(&response, PDU_SCAN_RSP, &adv->own, NULL);
    adv_pdu_add(&response, adv->scan_rsp, adv->scan_rsp_len);
    at = over + T_IFS_US;
    failed = adv_fails(adv, scanner, DRAW_RESPONSE, &bad);
    adv_record(adv->owner, &response, at, channel, bad);
    over = at + adv_pdu_airtime(&response);
    scanner->radio_until = over;
    if (!failed) {
        report(scanner, adv, over, REPORT_SCAN_RSP, adv->scan_rsp, adv->scan_rsp_len);
    }
    return over;
}

// Octets of CONNECT_IND's LLData (2.3.3.1).
static void connect_data(struct adv_pdu *pdu, const struct air_controller *central,
                         const struct link_setup *setup)
{
    uint8_t data[22];
    put32(data, setup->access_address);
    put24(data + 4, setup->crc_init);
    data[7] = 1; // window: 1.25 ms
    put16(data + 8, setup->window_offset);
    put16(data + 10, setup->params.interval_max);
    put16(data + 12, setup->params.latency);
    put16(data + 14, setup->params.timeout);
    uint8_t map[8];
    put64(map, central->channel_map);
    memcpy(data + 16, map, 5);
    data[21] = setup->hop | 5 << 5; // sleep clock accuracy: 31 to 50 ppm
    adv_pdu_add(pdu, data, sizeof(data));
}

// A legal access address (2.1.2) has no long runs; the generator is asked until one fits.
static bool access_address_legal(uint32_t aa)
{
    uint32_t changes = (aa ^ aa >> 1) & 0x7fffffff;
    bool run = false;
    for (int i = 0; i + 6 <= 31; i++) {
        run |= !(changes >> i & 0x3f); // seven equal bits
    }
    uint32_t top = changes >> 25; // at least two transitions among the six upper bits
    bool equal_octets = (aa & 0xff) == (aa >> 8 & 0xff) && (aa & 0xffff) == aa >> 16;
    return !run && !equal_octets && __builtin_popcount(changes) <= 24 &&
           __builtin_popcount(top & 0x3e) >= 2 && __builtin_popcount(aa ^ ADV_ACCESS_ADDRESS) > 1;
}

static uint32_t access_address_new(struct air_rng *rng)
{
    for (;;) {
        uint32_t aa = (uint32_t)air_rng_next(rng);
        if (access_address_legal(aa)) {
            return aa;
        }
    }
}

int64_t adv_connect(struct advertiser *adv, struct air_controller *central, int64_t end,
                    const struct adv_pdu *heard, uint8_t channel)
{
    struct initiator *init = &central->init;
    bool extended = channel < 37;
    const struct init_params *wanted = &init->params[extended ? heard->phy : PHY_1M];
    int64_t at = end + T_IFS_US;
    int64_t over = at + ll_airtime(heard->phy, CONNECT_IND_OCTETS);
    int64_t answered =
        extended ? over + T_IFS_US + ll_airtime(heard->phy, EXT_CONNECT_RSP_OCTETS) : over;
    struct link_setup setup = {
        .central = central,
        .peripheral = adv->owner,
        .central_addr = adv_central_addr(central, adv),
        .peripheral_addr = adv->own,
        .central_type = init->listener.own_type,
        .peripheral_type = adv->own_type,
        .params = {wanted->interval_min, wanted->interval_max, wanted->latency, wanted->timeout},
        .access_address = access_address_new(&central->rng),
        .crc_init = (uint32_t)air_rng_next(&central->rng) & 0xffffff,
        .hop = (uint8_t)(5 + air_rng_next(&central->rng) % 12),
        .phy = heard->phy,
        .auxiliary = extended,
    };
    setup.window_offset = link_window_offset(central, over, setup.params.interval_max);
    struct adv_pdu pdu;
    bool bad;
    adv_pdu_start(&pdu, PDU_CONNECT_IND, &setup.central_addr, &adv->own);
    pdu.phy = heard->phy;
    connect_data(&pdu, central, &setup);
    bool allowed = adv_allows(adv, &setup.central_addr, 2);
    bool full = link_count(adv->owner) >= adv->owner->config.max_links;
    setup.heard = !adv_fails(adv, central, DRAW_REQUEST, &bad) && allowed && !full;
    adv_record(central, &pdu, at, channel, bad);
    if (extended && !setup.heard) {
        central->radio_until = over;
        return over; // no answer: the central stays an initiator (4.4.4)
    }
    central->radio_until = answered;
    // A peripheral that answered has a link, even if the central did not hear it.
    setup.deaf = extended && !ext_connect_rsp(adv, central, over + T_IFS_US, heard->phy, channel);
    init->listener.enabled = setup.deaf;
    if (setup.heard) {
        adv_stop(adv);
    }
    link_create(adv->owner->air, over, &setup);
    if (setup.heard) {
        ext_set_connected(adv, answered);
    }
    return answered;
}

// One PDU

static void adv_pdu_build(const struct advertiser *adv, struct adv_pdu *pdu)
{
    const struct adv_kind *kind = &adv_kinds[adv->type];
    adv_pdu_start(pdu, kind->pdu, &adv->own, kind->directed ? &adv->to : NULL);
    if (!kind->directed) {
        adv_pdu_add(pdu, adv->data, adv->data_len);
    }
}

// Everybody hears the PDU; at most one may answer it, who is returned.
static struct air_controller *adv_hear(struct advertiser *adv, int64_t at, int64_t end,
                                       bool *connects)
{
    struct air_controller *winner = NULL;
    uint64_t best = 0;
    const struct adv_kind *kind = &adv_kinds[adv->type];
    struct adv_hearing hearing = {at, end, adv->channel, PHY_1M, false};
    for (struct air_controller *c = adv->owner->air->controllers; c; c = c->next) {
        bool bad;
        enum intent intent = adv_intent(c, adv, kind, &hearing);
        if (intent == IGNORE || !adv_served(c, at, end) || adv_fails(adv, c, DRAW_PDU, &bad)) {
            continue;
        }
        if (intent != CONNECT) {
            // A directed PDU carries no data (2.3.1.2).
            report(c, adv, end, kind->report, adv->data, kind->directed ? 0 : adv->data_len);
        }
        uint64_t ticket = adv_ticket(adv, c);
        bool answers = intent != REPORT && adv_radio_free(c, at, end + T_IFS_US + 352);
        if (answers && ticket > best) {
            best = ticket;
            winner = c;
            *connects = intent == CONNECT;
        }
    }
    return winner;
}

uint8_t adv_channel_after(const struct advertiser *adv, uint8_t channel)
{
    for (uint8_t c = (uint8_t)(channel + 1); c <= 39; c++) {
        if (adv->channels >> (c - 37) & 1) {
            return c;
        }
    }
    return 0;
}

// Private addresses that the controller makes are others after a while.
static void readdress(struct advertiser *adv)
{
    if (adv->own.type <= 1) { // else it is anonymous
        (void)privacy_own(adv->owner, adv->own_type, &adv->peer, &adv->own);
    }
    adv->to = privacy_target(adv->owner, adv->own_type, &adv->peer);
}

void adv_event_plan(struct advertiser *adv, int64_t earliest)
{
    readdress(adv);
    adv->events++;
    if (adv->type == ADV_DIRECT_HIGH_TYPE) {
        adv->next_event += HIGH_DUTY_US;
    } else {
        adv->next_event += (int64_t)adv->interval_max * UNIT_US +
                           (int64_t)(air_rng_next(&adv->rng) % (ADV_DELAY_MAX_US + 1));
    }
    adv->next_event = adv->next_event > earliest ? adv->next_event : earliest;
    adv->channel = adv_channel_after(adv, 36);
    air_timer_set(adv->owner->air, &adv->timer, adv->next_event);
}

// 4.4.2.4.3: nobody came.
static void adv_timeout(struct advertiser *adv)
{
    adv_stop(adv);
    link_failed(adv->owner, HCI_ADVERTISING_TIMEOUT, PERIPHERAL);
}

void adv_due(void *ctx)
{
    struct advertiser *adv = ctx;
    struct air_controller *controller = adv->owner;
    struct adv_pdu pdu;
    int64_t at = controller->air->now;
    if (ext_set_ended(adv)) {
        return;
    }
    if (adv->stop_at && at >= adv->stop_at) {
        adv_timeout(adv);
        return;
    }
    adv_pdu_build(adv, &pdu);
    int64_t end = at + adv_pdu_airtime(&pdu);
    int64_t over = end;
    if (adv_radio_free(controller, at, end)) { // else this PDU gives way to a link
        adv_record(controller, &pdu, at, adv->channel, false);
        adv->pdus++;
        bool connects = false;
        struct air_controller *other = adv_hear(adv, at, end, &connects);
        if (other && adv_radio_free(controller, at, end + T_IFS_US + 352)) {
            over = connects ? adv_connect(adv, other, end, &pdu, adv->channel)
                            : scan_exchange(adv, other, end, adv->channel);
        }
        controller->radio_until = over;
        adv->starved = 0;
    } else {
        adv->starved++;
    }
    if (!adv->enabled) {
        return;
    }
    adv->channel = adv_channel_after(adv, adv->channel);
    if (adv->channel) {
        air_timer_set(controller->air, &adv->timer, over + CHANNEL_GAP_US);
    } else {
        adv_event_plan(adv, over + CHANNEL_GAP_US);
    }
}

void adv_start(struct advertiser *adv)
{
    int64_t now = adv->owner->air->now;
    adv->enabled = true;
    readdress(adv);
    adv->stop_at = adv->type == ADV_DIRECT_HIGH_TYPE ? now + HIGH_DUTY_TOTAL_US : 0;
    adv->next_event = now;
    adv->events = 0;
    adv->channel = adv_channel_after(adv, 36);
    air_timer_set(adv->owner->air, &adv->timer, now);
}

void adv_stop(struct advertiser *adv)
{
    adv->enabled = false;
    air_timer_stop(adv->owner->air, &adv->timer);
}

// The parameters after a reset (Vol 4, Part E, 7.8.5).
void adv_init(struct air_controller *controller)
{
    struct air_rng rng = controller->adv.rng;
    uint64_t pdus = controller->adv.pdus;
    controller->adv = (struct advertiser){
        .owner = controller,
        .interval_min = 0x0800,
        .interval_max = 0x0800,
        .channels = 7,
        .rng = rng,
        .pdus = pdus,
        .timer = {.fn = adv_due, .ctx = &controller->adv},
    };
}
