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

#include "bytes.h"
#include "link.h"

// HCI Advertising_Type.
enum {
    ADV_IND_TYPE,
    ADV_DIRECT_HIGH_TYPE,
    ADV_SCAN_TYPE,
    ADV_NONCONN_TYPE,
    ADV_DIRECT_LOW_TYPE,
};

// PDU types (2.3).
enum {
    PDU_ADV_IND = 0,
    PDU_ADV_DIRECT_IND = 1,
    PDU_ADV_NONCONN_IND = 2,
    PDU_SCAN_REQ = 3,
    PDU_SCAN_RSP = 4,
    PDU_CONNECT_IND = 5,
    PDU_ADV_SCAN_IND = 6,
};

struct adv_kind {
    uint8_t pdu;
    uint8_t report; // Event_Type of the advertising report
    bool connectable, scannable, directed;
};

static const struct adv_kind kinds[] = {
    [ADV_IND_TYPE] = {PDU_ADV_IND, 0, true, true, false},
    [ADV_DIRECT_HIGH_TYPE] = {PDU_ADV_DIRECT_IND, 1, true, false, true},
    [ADV_SCAN_TYPE] = {PDU_ADV_SCAN_IND, 2, false, true, false},
    [ADV_NONCONN_TYPE] = {PDU_ADV_NONCONN_IND, 3, false, false, false},
    [ADV_DIRECT_LOW_TYPE] = {PDU_ADV_DIRECT_IND, 1, true, false, true},
};

#define REPORT_SCAN_RSP    4
#define UNIT_US            625
#define ADV_DELAY_MAX_US   10000
#define HIGH_DUTY_US       3750    // 4.4.2.4.3: an event at most this often ...
#define HIGH_DUTY_TOTAL_US 1280000 // ... for at most this long
#define CHANNEL_GAP_US     400 // from the end of a PDU (and what follows it) to the next channel
#define STARVED_PDUS       3
#define STARVED_LISTENS    8
#define LISTEN_US          25000
#define CONNECT_IND_OCTETS 34
#define RSSI               ((uint8_t)-50)

// One PDU on an advertising channel.
struct adv_pdu {
    uint8_t header[2];
    uint8_t payload[37];
    uint8_t len;
};

// What a listener would do with a PDU that it hears.
enum intent {
    IGNORE,
    REPORT,
    REQUEST, // report, and ask for the scan response
    CONNECT,
};

enum draw {
    DRAW_PDU,
    DRAW_REQUEST,
    DRAW_RESPONSE,
    DRAW_WINNER,
};

static uint64_t draw(const struct air_controller *adv, const struct air_controller *other,
                     enum draw what, unsigned int salt)
{
    uint64_t key = air_hash(adv->air->config.seed, adv->id, adv->adv.pdus);
    return air_hash(key, other->id, what * 2 + salt);
}

// 0: arrived, otherwise missed or broken; a broken one shows in the trace.
static bool fails(const struct air_controller *adv, const struct air_controller *other,
                  enum draw what, bool *bad_crc)
{
    *bad_crc = air_chance(draw(adv, other, what, 1), controller_loss(adv, other));
    return *bad_crc || air_chance(draw(adv, other, what, 0), controller_miss(adv, other));
}

static void pdu_record(const struct air_controller *controller, const struct adv_pdu *pdu,
                       int64_t at, uint8_t channel, bool bad_crc)
{
    struct ll_packet packet = {
        .at = at,
        .channel = channel,
        .phy = PHY_1M,
        .access_address = ADV_ACCESS_ADDRESS,
        .crc_init = ADV_CRC_INIT,
        .bad_crc = bad_crc,
        .header = pdu->header,
        .payload = pdu->payload,
        .payload_len = pdu->len,
    };
    air_pcap_packet(controller->air, &packet);
}

static void pdu_start(struct adv_pdu *pdu, uint8_t type, const struct le_addr *tx,
                      const struct le_addr *rx)
{
    pdu->header[0] = (uint8_t)(type | tx->type << 6 | (rx ? rx->type : 0) << 7);
    memcpy(pdu->payload, tx->val, 6);
    pdu->len = 6;
    if (rx) {
        memcpy(pdu->payload + 6, rx->val, 6);
        pdu->len = 12;
    }
    pdu->header[1] = pdu->len;
}

static void pdu_add(struct adv_pdu *pdu, const uint8_t *data, uint8_t len)
{
    memcpy(pdu->payload + pdu->len, data, len);
    pdu->len = (uint8_t)(pdu->len + len);
    pdu->header[1] = pdu->len;
}

static int64_t pdu_airtime(const struct adv_pdu *pdu)
{
    return ll_airtime(PHY_1M, pdu->len);
}

// Listening

// Whether a listener is on this channel from `at` to `end`.
static bool listener_hears(const struct listener *listener, int64_t at, int64_t end,
                           uint8_t channel)
{
    if (!listener->enabled || at < listener->start) {
        return false;
    }
    int64_t interval = (int64_t)listener->interval * UNIT_US;
    int64_t since = at - listener->start;
    int64_t phase = since % interval;
    return 37 + since / interval % 3 == channel &&
           phase + (end - at) <= (int64_t)listener->window * UNIT_US;
}

// The radio is neither busy with a link nor, unless its turn has come, about to be.
static bool radio_free(const struct air_controller *controller, int64_t at, int64_t end)
{
    bool first = adv_starves(controller) || controller->listen_until >= end;
    return controller->radio_until <= at && (first || link_next_anchor(controller) >= end);
}

bool adv_starves(const struct air_controller *controller)
{
    return controller->adv.enabled && controller->adv.starved >= STARVED_PDUS;
}

// A listener that wanted a PDU and could, or could not, hear it.
static bool listener_served(struct air_controller *controller, int64_t at, int64_t end)
{
    if (radio_free(controller, at, end)) {
        controller->listen_missed = 0;
        return true;
    }
    if (++controller->listen_missed >= STARVED_LISTENS) {
        controller->listen_missed = 0;
        controller->listen_until = at + LISTEN_US;
    }
    return false;
}

static bool own_addr_in(const struct air_controller *controller, const struct listener *listener,
                        const struct le_addr *addr)
{
    struct le_addr own;
    return controller_own_addr(controller, listener->own_type, &own) && addr_equal(&own, addr);
}

static bool initiator_wants(const struct air_controller *controller,
                            const struct air_controller *adv)
{
    const struct initiator *init = &controller->init;
    const struct adv_kind *kind = &kinds[adv->adv.type];
    if (!kind->connectable ||
        (kind->directed && !own_addr_in(controller, &init->listener, &adv->adv.peer))) {
        return false;
    }
    return init->listener.filter ? controller_accepts(controller, &adv->adv.own)
                                 : addr_equal(&init->peer, &adv->adv.own);
}

static bool scanner_wants(const struct air_controller *controller, const struct air_controller *adv)
{
    const struct listener *listener = &controller->scan.listener;
    if (kinds[adv->adv.type].directed && !own_addr_in(controller, listener, &adv->adv.peer)) {
        return false;
    }
    return !(listener->filter & 1) || controller_accepts(controller, &adv->adv.own);
}

static enum intent intent_of(const struct air_controller *controller,
                             const struct air_controller *adv, int64_t at, int64_t end,
                             uint8_t channel)
{
    if (controller == adv || !controller->powered) {
        return IGNORE;
    }
    if (listener_hears(&controller->init.listener, at, end, channel) &&
        initiator_wants(controller, adv)) {
        return CONNECT;
    }
    if (listener_hears(&controller->scan.listener, at, end, channel) &&
        scanner_wants(controller, adv)) {
        return controller->scan.active && kinds[adv->adv.type].scannable ? REQUEST : REPORT;
    }
    return IGNORE;
}

static bool seen_before(struct scanner *scan, const struct le_addr *addr, uint8_t type)
{
    if (!scan->filter_duplicates) {
        return false;
    }
    unsigned int known = scan->seen_count < AIR_DUPLICATES ? scan->seen_count : AIR_DUPLICATES;
    for (unsigned int i = 0; i < known; i++) {
        if (scan->seen[i].type == type && addr_equal(&scan->seen[i].addr, addr)) {
            return true;
        }
    }
    scan->seen[scan->seen_count++ % AIR_DUPLICATES] = (struct duplicate){*addr, type};
    return false;
}

static void report(struct air_controller *controller, const struct air_controller *adv, int64_t at,
                   uint8_t type, const uint8_t *data, uint8_t len)
{
    if (seen_before(&controller->scan, &adv->adv.own, type)) {
        return;
    }
    uint8_t params[10 + 31 + 1] = {1, type, adv->adv.own.type};
    memcpy(params + 3, adv->adv.own.val, 6);
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

// Answers to a PDU. Each returns the time when the exchange is over.

static int64_t scan_exchange(struct air_controller *adv, struct air_controller *scanner,
                             int64_t end, uint8_t channel)
{
    struct adv_pdu request, response;
    bool bad;
    pdu_start(&request, PDU_SCAN_REQ, &scanner->scan.listener.own, &adv->adv.own);
    int64_t at = end + T_IFS_US;
    bool failed = fails(adv, scanner, DRAW_REQUEST, &bad);
    pdu_record(scanner, &request, at, channel, bad);
    int64_t over = at + pdu_airtime(&request);
    scanner->radio_until = over;
    bool allowed = !(adv->adv.filter & 1) || controller_accepts(adv, &scanner->scan.listener.own);
    if (failed || !allowed) {
        return over;
    }
    pdu_start(&response, PDU_SCAN_RSP, &adv->adv.own, NULL);
    pdu_add(&response, adv->adv.scan_rsp, adv->adv.scan_rsp_len);
    at = over + T_IFS_US;
    failed = fails(adv, scanner, DRAW_RESPONSE, &bad);
    pdu_record(adv, &response, at, channel, bad);
    over = at + pdu_airtime(&response);
    scanner->radio_until = over;
    if (!failed) {
        report(scanner, adv, over, REPORT_SCAN_RSP, adv->adv.scan_rsp, adv->adv.scan_rsp_len);
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
    pdu_add(pdu, data, sizeof(data));
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

static int64_t connect_exchange(struct air_controller *adv, struct air_controller *central,
                                int64_t end, uint8_t channel)
{
    struct initiator *init = &central->init;
    int64_t at = end + T_IFS_US;
    int64_t over = at + ll_airtime(PHY_1M, CONNECT_IND_OCTETS);
    struct link_setup setup = {
        .central = central,
        .peripheral = adv,
        .central_addr = init->listener.own,
        .peripheral_addr = adv->adv.own,
        .params = {init->interval_min, init->interval_max, init->latency, init->timeout},
        .access_address = access_address_new(&central->rng),
        .crc_init = (uint32_t)air_rng_next(&central->rng) & 0xffffff,
        .hop = (uint8_t)(5 + air_rng_next(&central->rng) % 12),
    };
    setup.window_offset = link_window_offset(central, over, setup.params.interval_max);
    struct adv_pdu pdu;
    bool bad;
    pdu_start(&pdu, PDU_CONNECT_IND, &setup.central_addr, &adv->adv.own);
    connect_data(&pdu, central, &setup);
    bool allowed = !(adv->adv.filter & 2) || controller_accepts(adv, &setup.central_addr);
    bool full = link_count(adv) >= adv->config.max_links;
    setup.heard = !fails(adv, central, DRAW_REQUEST, &bad) && allowed && !full;
    pdu_record(central, &pdu, at, channel, bad);
    init->listener.enabled = false;
    central->radio_until = over;
    if (setup.heard) {
        adv_stop(adv);
    }
    link_create(adv->air, over, &setup);
    return over;
}

// One PDU

static void adv_pdu_build(const struct advertiser *adv, struct adv_pdu *pdu)
{
    const struct adv_kind *kind = &kinds[adv->type];
    pdu_start(pdu, kind->pdu, &adv->own, kind->directed ? &adv->peer : NULL);
    if (!kind->directed) {
        pdu_add(pdu, adv->data, adv->data_len);
    }
}

// Everybody hears the PDU; at most one may answer it, who is returned.
static struct air_controller *adv_hear(struct air_controller *controller, int64_t at, int64_t end,
                                       bool *connects)
{
    struct advertiser *adv = &controller->adv;
    struct air_controller *winner = NULL;
    uint64_t best = 0;
    for (struct air_controller *c = controller->air->controllers; c; c = c->next) {
        bool bad;
        enum intent intent = intent_of(c, controller, at, end, adv->channel);
        if (intent == IGNORE || !listener_served(c, at, end) ||
            fails(controller, c, DRAW_PDU, &bad)) {
            continue;
        }
        if (intent != CONNECT) {
            // A directed PDU carries no data (2.3.1.2).
            const struct adv_kind *kind = &kinds[adv->type];
            report(c, controller, end, kind->report, adv->data, kind->directed ? 0 : adv->data_len);
        }
        uint64_t ticket = draw(controller, c, DRAW_WINNER, 0) | 1;
        bool answers = intent != REPORT && radio_free(c, at, end + T_IFS_US + 352);
        if (answers && ticket > best) {
            best = ticket;
            winner = c;
            *connects = intent == CONNECT;
        }
    }
    return winner;
}

// The next channel of this event, or 0.
static uint8_t channel_after(const struct advertiser *adv, uint8_t channel)
{
    for (uint8_t c = (uint8_t)(channel + 1); c <= 39; c++) {
        if (adv->channels >> (c - 37) & 1) {
            return c;
        }
    }
    return 0;
}

static void event_plan(struct air_controller *controller, int64_t earliest)
{
    struct advertiser *adv = &controller->adv;
    if (adv->type == ADV_DIRECT_HIGH_TYPE) {
        adv->next_event += HIGH_DUTY_US;
    } else {
        adv->next_event += (int64_t)adv->interval_max * UNIT_US +
                           (int64_t)(air_rng_next(&adv->rng) % (ADV_DELAY_MAX_US + 1));
    }
    adv->next_event = adv->next_event > earliest ? adv->next_event : earliest;
    adv->channel = channel_after(adv, 36);
    air_timer_set(controller->air, &adv->timer, adv->next_event);
}

// 4.4.2.4.3: nobody came.
static void adv_timeout(struct air_controller *controller)
{
    adv_stop(controller);
    uint8_t params[18] = {HCI_ADVERTISING_TIMEOUT};
    params[3] = PERIPHERAL;
    hci_le_event(controller, controller->air->now, LE_CONNECTION_COMPLETE, params, sizeof(params));
}

static void adv_due(void *ctx)
{
    struct air_controller *controller = ctx;
    struct advertiser *adv = &controller->adv;
    struct adv_pdu pdu;
    int64_t at = controller->air->now;
    if (adv->stop_at && at >= adv->stop_at) {
        adv_timeout(controller);
        return;
    }
    adv_pdu_build(adv, &pdu);
    int64_t end = at + pdu_airtime(&pdu);
    int64_t over = end;
    if (radio_free(controller, at, end)) { // else this PDU gives way to a link
        pdu_record(controller, &pdu, at, adv->channel, false);
        adv->pdus++;
        bool connects = false;
        struct air_controller *other = adv_hear(controller, at, end, &connects);
        if (other && radio_free(controller, at, end + T_IFS_US + 352)) {
            over = connects ? connect_exchange(controller, other, end, adv->channel)
                            : scan_exchange(controller, other, end, adv->channel);
        }
        controller->radio_until = over;
        adv->starved = 0;
    } else {
        adv->starved++;
    }
    if (!adv->enabled) {
        return;
    }
    adv->channel = channel_after(adv, adv->channel);
    if (adv->channel) {
        air_timer_set(controller->air, &adv->timer, over + CHANNEL_GAP_US);
    } else {
        event_plan(controller, over + CHANNEL_GAP_US);
    }
}

void adv_start(struct air_controller *controller)
{
    struct advertiser *adv = &controller->adv;
    int64_t now = controller->air->now;
    adv->enabled = true;
    adv->stop_at = adv->type == ADV_DIRECT_HIGH_TYPE ? now + HIGH_DUTY_TOTAL_US : 0;
    adv->next_event = now;
    adv->channel = channel_after(adv, 36);
    air_timer_set(controller->air, &adv->timer, now);
}

void adv_stop(struct air_controller *controller)
{
    controller->adv.enabled = false;
    air_timer_stop(controller->air, &controller->adv.timer);
}

// The parameters after a reset (Vol 4, Part E, 7.8.5).
void adv_init(struct air_controller *controller)
{
    struct air_rng rng = controller->adv.rng;
    uint64_t pdus = controller->adv.pdus;
    controller->adv = (struct advertiser){
        .interval_min = 0x0800,
        .interval_max = 0x0800,
        .channels = 7,
        .rng = rng,
        .pdus = pdus,
        .timer = {.fn = adv_due, .ctx = controller},
    };
}
