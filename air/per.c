// Periodic advertising on the air (Core Specification, Vol 6, Part B, 2.3.1.6 and 4.4.2.12).
//
// A train has its own access address and one timer, which stands for its next PDU: AUX_SYNC_IND at each
// anchor, and as many AUX_CHAIN_IND as the data takes. It begins with the set's extended
// advertising and goes on without it. An event that meets a link is not sent; a chain that does is
// cut. Who follows is in per_sync.c.
//
// Simplified: the channel of an event is drawn from a hash of access address and event counter, in
// place of channel selection algorithm 2; ADI is not sent.
#include "per.h"

#include <string.h>

#include "adv.h"
#include "bytes.h"
#include "link.h"

#define INTERVAL_UNIT_US 1250
#define OFFSET_UNIT_US   30
#define OFFSET_LONG_US   300
#define OFFSET_MAX       0x1fff
#define FIRST_EVENT_US   5000
#define T_MAFS_US        300
#define FLAG_AUX_PTR     0x10
#define FLAG_TX_POWER    0x40
#define CHAIN_ROOM       249 // octets of data in a PDU that another one follows

static int64_t interval_us(const struct per_train *train)
{
    return (int64_t)train->interval * INTERVAL_UNIT_US;
}

static uint8_t channel_of(const struct per_train *train)
{
    return (uint8_t)(air_hash(train->access_address, train->event, 0x706572) % 37);
}

void per_sync_info(const struct ext_set *set, int64_t at, uint8_t info[SYNC_INFO_OCTETS])
{
    const struct per_train *train = &set->per;
    int64_t offset = train->anchor - at;
    uint16_t event = train->event;
    for (; offset < T_MAFS_US; offset += interval_us(train)) {
        event++; // that one is over, or too close
    }
    bool fine = offset / OFFSET_UNIT_US <= OFFSET_MAX;
    int64_t units = offset / (fine ? OFFSET_UNIT_US : OFFSET_LONG_US);
    memset(info, 0, SYNC_INFO_OCTETS);
    put16(info, (uint16_t)(units > OFFSET_MAX ? OFFSET_MAX : units) | (fine ? 0 : 1u << 13));
    put16(info + 2, train->interval);
    memset(info + 4, 0xff, 4); // all channels
    info[8] = 0x1f;
    put32(info + 9, train->access_address);
    put24(info + 13, train->crc_init);
    put16(info + 16, event);
}

// PDUs

// Octets of the PDU's extended header, with its length and flags.
static unsigned int header_octets(const struct per_train *train, bool more)
{
    unsigned int fields = (more ? 3 : 0) + train->tx_power;
    return fields ? 2 + fields : 1;
}

// What goes into the next PDU of the event; `more`: another one follows.
static uint8_t part_of(const struct per_train *train, bool *more)
{
    unsigned int left = train->data.len - train->offset;
    *more = left > 255 - header_octets(train, false);
    return (uint8_t)(*more ? CHAIN_ROOM : left);
}

// From the start of a PDU of so many octets to the start of the next one of its chain.
static int64_t chain_step(uint8_t phy, unsigned int octets)
{
    int64_t us = ll_airtime(phy, octets) + T_MAFS_US;
    return (us + OFFSET_UNIT_US - 1) / OFFSET_UNIT_US * OFFSET_UNIT_US;
}

static void build(struct adv_pdu *pdu, const struct ext_set *set, uint8_t len, bool more)
{
    const struct per_train *train = &set->per;
    unsigned int header = header_octets(train, more);
    *pdu = (struct adv_pdu){.phy = set->secondary_phy, .header = {PDU_EXTENDED}};
    pdu->payload[0] = (uint8_t)(header - 1);
    if (header > 1) {
        uint8_t *p = pdu->payload + 2;
        pdu->payload[1] =
            (uint8_t)((more ? FLAG_AUX_PTR : 0) | (train->tx_power ? FLAG_TX_POWER : 0));
        if (more) {
            int64_t step = chain_step(pdu->phy, header + len);
            p[0] = train->channel;
            put16(p + 1, (uint16_t)(step / OFFSET_UNIT_US | (pdu->phy - 1) << 13));
            p += 3;
        }
        if (train->tx_power) {
            *p = (uint8_t)set->tx_power;
        }
    }
    pdu->len = (uint8_t)header;
    adv_pdu_add(pdu, train->data.octets + train->offset, len);
}

bool per_fits(const struct ext_set *set)
{
    const struct per_train *train = &set->per;
    unsigned int left = train->data.len;
    int64_t us = T_MAFS_US;
    for (; left > 255 - header_octets(train, false); left -= CHAIN_ROOM) {
        us += chain_step(set->secondary_phy, header_octets(train, true) + CHAIN_ROOM);
    }
    us += ll_airtime(set->secondary_phy, header_octets(train, false) + left);
    return us <= interval_us(train);
}

static void record(const struct ext_set *set, const struct adv_pdu *pdu, int64_t at)
{
    struct ll_packet packet = {
        .at = at,
        .channel = set->per.channel,
        .phy = pdu->phy,
        .access_address = set->per.access_address,
        .crc_init = set->per.crc_init,
        .kind = 1,
        .header = pdu->header,
        .payload = pdu->payload,
        .payload_len = pdu->len,
    };
    air_pcap_packet(set->adv.owner->air, &packet);
}

// Events

static void event_end(struct ext_set *set)
{
    struct per_train *train = &set->per;
    train->offset = 0;
    do {
        train->event++;
        train->anchor += interval_us(train);
    } while (train->anchor <= set->adv.owner->air->now);
    air_timer_set(set->adv.owner->air, &train->timer, train->anchor);
}

static void per_due(void *ctx)
{
    struct ext_set *set = ctx;
    struct per_train *train = &set->per;
    struct air_controller *owner = set->adv.owner;
    int64_t at = owner->air->now;
    struct adv_pdu pdu;
    bool first = !train->offset, more;
    train->channel = channel_of(train);
    uint8_t len = part_of(train, &more);
    build(&pdu, set, len, more);
    int64_t end = at + adv_pdu_airtime(&pdu);
    if (!adv_radio_free(owner, at, end)) {
        if (!first) {
            per_cut_all(owner->air, train->access_address, at);
        }
        event_end(set);
        return;
    }
    record(set, &pdu, at);
    set->adv.pdus++;
    int64_t next = more ? at + chain_step(pdu.phy, pdu.len) : 0;
    owner->radio_until = more ? next : end; // nothing comes between
    per_receive_all(set, &(struct per_pdu){
                             .access_address = train->access_address,
                             .at = at,
                             .end = end,
                             .first = first,
                             .last = !more,
                             .tx_power = train->tx_power ? set->tx_power : 0x7f,
                             .data = train->data.octets + train->offset,
                             .len = len,
                         });
    train->offset = (uint16_t)(train->offset + len);
    if (more) {
        air_timer_set(owner->air, &train->timer, next);
    } else {
        event_end(set);
    }
}

void per_data_changes(struct ext_set *set)
{
    struct air *air = set->adv.owner->air;
    if (set->per.running && set->per.offset) {
        per_cut_all(air, set->per.access_address, air->now);
        event_end(set);
    }
}

void per_start(struct ext_set *set)
{
    struct per_train *train = &set->per;
    struct air_controller *owner = set->adv.owner;
    if (!train->enabled || !set->adv.enabled || train->running) {
        return;
    }
    train->running = true;
    train->access_address = (uint32_t)air_rng_next(&owner->rng) | 1;
    train->crc_init = (uint32_t)air_rng_next(&owner->rng) & 0xffffff;
    train->event = 0;
    train->offset = 0;
    train->anchor = owner->air->now + FIRST_EVENT_US;
    train->timer.fn = per_due;
    train->timer.ctx = set;
    air_timer_set(owner->air, &train->timer, train->anchor);
}

void per_stop(struct ext_set *set)
{
    per_data_changes(set);
    set->per.enabled = false;
    set->per.running = false;
    air_timer_stop(set->adv.owner->air, &set->per.timer);
}

bool per_any_enabled(const struct air_controller *controller)
{
    for (size_t i = 0; i < AIR_MAX_SETS; i++) {
        if (controller->sets[i] && controller->sets[i]->per.enabled) {
            return true;
        }
    }
    return false;
}
