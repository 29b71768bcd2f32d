// The life of a link and its connection events (Core Specification, Vol 6, Part B, 4.5).
//
// Both sides share one clock, so a link has one anchor and one event counter; a side that is busy
// with another link, skips an event by latency or is gone just does not take part. Rules:
//  - One timer per link: the next anchor, or the next exchange while an event runs. An idle event
//    costs one heap operation.
//  - A controller's radio does one thing at a time: `radio_until`. An event ends before the anchor
//    of another link of either side. Where two anchors collide, the link that was served longer ago
//    goes first and the other one skips that event.
//  - Establishment: six intervals without a packet end the attempt with 0x3E (4.5.2); afterwards
//    the supervision time-out ends the link with 0x08.
#include "link.h"
#include "privacy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"

#define UNIT_US 1250

// Octets that must go as a whole: what has to be repeated, a control PDU, or the least piece of an
// ACL packet; with its MIC.
static unsigned int indivisible(const struct air_end *end)
{
    if (end->cur.valid && end->cur.len) {
        return end->cur.len + 4u;
    }
    if (end->control_count) {
        return end->control[end->control_head].len + 4u;
    }
    return end->acl_head && !end->paused ? ll_least_piece(end->acl_head) + 4u : 0;
}

// The least that an event needs: two PDUs, empty but for what cannot be cut, and their gaps.
static int64_t least_exchange(const struct air_link *link)
{
    int64_t us = 2 * T_IFS_US;
    for (int side = 0; side < 2; side++) {
        us += ll_airtime(link->phy[side], indivisible(&link->ends[side]));
    }
    return us;
}

static int64_t interval_us(const struct air_link *link)
{
    return (int64_t)link->interval * UNIT_US;
}

struct air_end *link_end(const struct air_controller *controller, uint16_t handle)
{
    for (size_t i = 0; i < AIR_MAX_LINKS; i++) {
        if (controller->ends[i] && controller->ends[i]->handle == handle) {
            return controller->ends[i];
        }
    }
    return NULL;
}

unsigned int link_count(const struct air_controller *controller)
{
    unsigned int count = 0;
    for (size_t i = 0; i < AIR_MAX_LINKS; i++) {
        count += controller->ends[i] != NULL;
    }
    return count;
}

unsigned int link_acl_in_use(const struct air_controller *controller)
{
    unsigned int count = 0;
    for (size_t i = 0; i < AIR_MAX_LINKS; i++) {
        count += controller->ends[i] ? controller->ends[i]->acl_count : 0;
    }
    return count;
}

int64_t link_next_anchor(const struct air_controller *controller)
{
    int64_t next = AIR_NEVER;
    for (size_t i = 0; i < AIR_MAX_LINKS; i++) {
        const struct air_end *end = controller->ends[i];
        if (end && !end->link->in_event) {
            int64_t anchor = subrate_anchor(end->link, interval_us(end->link));
            next = anchor < next ? anchor : next;
        }
    }
    return next;
}

// Leaving

static void drop_acl(struct air_end *end)
{
    while (end->acl_head) {
        struct acl_packet *packet = end->acl_head;
        end->acl_head = packet->next;
        free(packet);
    }
    end->acl_tail = NULL;
    end->acl_count = 0;
    end->saturate = 0;
}

void link_end_down(struct air_end *end, int64_t at, uint8_t reason)
{
    if (!end->up) {
        return;
    }
    end->up = false;
    struct air_controller *controller = end->controller;
    for (size_t i = 0; i < AIR_MAX_LINKS; i++) {
        if (controller->ends[i] == end) {
            controller->ends[i] = NULL;
        }
    }
    air_timer_stop(controller->air, &end->supervision);
    air_timer_stop(controller->air, &end->procedure_timer);
    drop_acl(end);
    hci_drop_held(end);
    if (reason) {
        uint8_t params[4] = {HCI_SUCCESS};
        put16(params + 1, end->handle);
        params[3] = reason;
        hci_event(controller, at, EVT_DISCONNECTION_COMPLETE, params, sizeof(params));
        hci_release(controller);
    }
}

void link_reap(struct air_link *link)
{
    if (link->ends[CENTRAL].up || link->ends[PERIPHERAL].up) {
        return;
    }
    struct air *air = link->air;
    air_timer_stop(air, &link->timer);
    struct air_link **at = &air->links;
    while (*at != link) {
        at = &(*at)->next;
    }
    *at = link->next;
    free(link);
}

static void supervision_due(void *ctx)
{
    struct air_end *end = ctx;
    struct air_link *link = end->link;
    int64_t until = end->last_rx + (int64_t)link->timeout * 10000;
    if (!end->established) {
        link_end_down(end, link->air->now, HCI_NOT_ESTABLISHED);
    } else if (until <= link->air->now) {
        link_end_down(end, link->air->now,
                      end->terminating ? HCI_LOCAL_HOST : HCI_CONNECTION_TIMEOUT);
    } else {
        air_timer_set(link->air, &end->supervision, until);
        return;
    }
    link_reap(link);
}

// Connection events

static void event_finish(struct air_link *link)
{
    link->in_event = false;
    subrate_event_end(link);
    link->event++;
    link->events++;
    link->anchor += interval_us(link);
    air_timer_set(link->air, &link->timer, link->anchor);
}

static uint8_t popcount(uint64_t v)
{
    return (uint8_t)__builtin_popcountll(v);
}

// The pseudo-random number of algorithm 2 (4.5.8.3.2): three rounds of a permutation that mirrors
// the bits of each octet, and a multiplication.
static uint16_t selection_2_random(const struct air_link *link)
{
    uint32_t id = (link->access_address >> 16 ^ link->access_address) & 0xffff;
    uint32_t v = link->event ^ id;
    for (int round = 0; round < 3; round++) {
        uint32_t mirrored = 0;
        for (unsigned int bit = 0; bit < 16; bit++) {
            mirrored |= (v >> bit & 1) << ((bit & 8) | (7 - (bit & 7)));
        }
        v = (mirrored * 17 + id) & 0xffff;
    }
    return (uint16_t)(v ^ id);
}

// Channel selection, algorithms 1 and 2 (4.5.8.2 and 4.5.8.3).
static void next_channel(struct air_link *link)
{
    unsigned int random = selection_2_random(link);
    link->unmapped =
        (uint8_t)(link->selection_2 ? random % 37 : (link->unmapped + link->hop) % 37u);
    link->channel = link->unmapped;
    if (link->channel_map >> link->unmapped & 1) {
        return;
    }
    unsigned int used = popcount(link->channel_map);
    unsigned int index = link->selection_2 ? used * random >> 16 : link->unmapped % used;
    for (uint8_t channel = 0; channel < 37; channel++) {
        if (link->channel_map >> channel & 1 && !index--) {
            link->channel = channel;
            return;
        }
    }
}

// The peripheral has nothing that it must do in this event (4.5.1, connPeripheralLatency).
static bool peripheral_skips(const struct air_link *link)
{
    const struct air_end *end = &link->ends[PERIPHERAL];
    bool busy = (end->cur.valid && (end->cur.len || !end->cur.sent)) || link_control_pending(end) ||
                (end->acl_head && !end->paused) || end->saturate;
    return end->established && !busy && !link->attend && !link->instant.planned &&
           !link->continuing && !end->local && !end->leave_reason && link->skipped < link->latency;
}

// A listener that starved has the radio now.
static bool listens(const struct air_controller *controller)
{
    return controller->listen_until > controller->air->now &&
           (controller->scan.listener.enabled || controller->init.listener.enabled);
}

// Half of the supervision time-out has gone by: no more skipping.
static bool in_danger(const struct air_end *end)
{
    return end->controller->air->now - end->last_rx > (int64_t)end->link->timeout * 5000;
}

// Whether this side's radio is free for the event, and until when (link->limit shrinks).
static bool side_free(struct air_link *link, const struct air_end *end)
{
    const struct air_controller *controller = end->controller;
    int64_t now = link->air->now;
    if (controller->radio_until > now || (listens(controller) && !in_danger(end))) {
        return false;
    }
    const struct advertiser *adv = adv_starving(controller);
    if (adv) {
        int64_t theirs = adv->timer.at;
        if (theirs < now + least_exchange(link) && !in_danger(end)) {
            return false;
        }
        link->limit = theirs < link->limit && theirs > now ? theirs : link->limit;
    }
    for (size_t i = 0; i < AIR_MAX_LINKS; i++) {
        const struct air_end *other_end = controller->ends[i];
        if (!other_end || other_end == end || other_end->link == link) {
            continue;
        }
        const struct air_link *other = other_end->link;
        int64_t theirs = subrate_anchor(other, interval_us(other));
        if (theirs < now + least_exchange(link)) {
            if (other->last_served < link->last_served) {
                return false;
            }
            theirs += interval_us(other);
        }
        link->limit = theirs < link->limit ? theirs : link->limit;
    }
    return true;
}

static void event_start(struct air_link *link)
{
    struct air_end *central = &link->ends[CENTRAL];
    struct air_end *peripheral = &link->ends[PERIPHERAL];
    next_channel(link);
    link->limit = link->anchor + interval_us(link);
    link->on[CENTRAL] = central->up && side_free(link, central);
    bool skips = peripheral->up && peripheral_skips(link);
    link->on[PERIPHERAL] = peripheral->up && !skips && side_free(link, peripheral);
    link->skipped = skips ? link->skipped + 1 : 0;
    central->stats.used += link->on[CENTRAL];
    peripheral->stats.used += link->on[PERIPHERAL];
    central->crc_failures = 0;
    peripheral->crc_failures = 0;
    link->in_event = true;
    link->first = true;
}

static void link_due(void *ctx)
{
    struct air_link *link = ctx;
    if (!link->in_event) {
        if (link->instant.planned && link->event == link->instant.event) {
            llcp_apply_instant(link);
        }
        if (!subrate_uses_next(link)) {
            next_channel(link);
            event_finish(link);
            link_reap(link);
            return;
        }
        event_start(link);
    }
    int64_t started = link->air->now;
    bool more = link_exchange(link);
    int64_t free_at = started;
    for (int side = 0; side < 2; side++) {
        if (link->on[side] && link->ends[side].controller->radio_until > free_at) {
            free_at = link->ends[side].controller->radio_until;
        }
    }
    if (more) {
        link->first = false;
        air_timer_set(link->air, &link->timer, free_at);
    } else {
        event_finish(link);
    }
    link_reap(link);
}

// Creation

static uint16_t handle_new(struct air_controller *controller)
{
    while (link_end(controller, controller->next_handle)) {
        controller->next_handle = (uint16_t)((controller->next_handle + 1) % 0x0f00);
    }
    uint16_t handle = controller->next_handle;
    controller->next_handle = (uint16_t)((handle + 1) % 0x0f00);
    return handle;
}

static void end_init(struct air_link *link, uint8_t role, struct air_controller *controller,
                     const struct le_addr *peer)
{
    struct air_end *end = &link->ends[role];
    struct who who = privacy_who(controller, peer);
    *end = (struct air_end){.link = link,
                            .controller = controller,
                            .role = role,
                            .peer = who.id,
                            .resolved = who.resolved,
                            .shown = *peer};
    end->past = controller->per.past;
    end->supervision = (struct air_timer){.fn = supervision_due, .ctx = end};
    llcp_init(end);
}

#define COMPLETE_HEAD 11 // up to the peer's address
#define COMPLETE_TAIL 7
#define COMPLETE_LEN  (COMPLETE_HEAD + COMPLETE_TAIL)

// LE Connection Complete, or where the host wants that the enhanced one, which has room for private
// addresses (7.7.65.1, 7.7.65.10).
static void complete(struct air_controller *controller, int64_t at,
                     const uint8_t params[COMPLETE_LEN], const uint8_t rpas[12])
{
    if (!controller_has(controller, FEAT_PRIVACY) ||
        !hci_le_event_on(controller, LE_ENHANCED_CONNECTION_COMPLETE)) {
        hci_le_event(controller, at, LE_CONNECTION_COMPLETE, params, COMPLETE_LEN);
        return;
    }
    uint8_t enhanced[COMPLETE_LEN + 12];
    memcpy(enhanced, params, COMPLETE_HEAD);
    memcpy(enhanced + COMPLETE_HEAD, rpas, 12);
    memcpy(enhanced + COMPLETE_HEAD + 12, params + COMPLETE_HEAD, COMPLETE_TAIL);
    hci_le_event(controller, at, LE_ENHANCED_CONNECTION_COMPLETE, enhanced, sizeof(enhanced));
}

static void connection_complete(struct air_end *end, int64_t at)
{
    uint8_t params[COMPLETE_LEN] = {HCI_SUCCESS};
    uint8_t rpas[12] = {0};
    bool enhanced = hci_le_event_on(end->controller, LE_ENHANCED_CONNECTION_COMPLETE);
    put16(params + 1, end->handle);
    params[3] = end->role;
    // The old event has no types for identities.
    params[4] = (uint8_t)(end->peer.type | (end->resolved && enhanced) << 1);
    memcpy(params + 5, end->peer.val, 6);
    put16(params + 11, end->link->interval);
    put16(params + 13, end->link->latency);
    put16(params + 15, end->link->timeout);
    params[17] = end->role == CENTRAL ? 0 : 5; // central clock accuracy: 50 ppm, for peripherals
    memcpy(rpas, end->own.val, 6);
    if (end->resolved) {
        memcpy(rpas + 6, end->shown.val, 6);
    }
    complete(end->controller, at, params, rpas);
}

void link_failed(struct air_controller *controller, uint8_t status, uint8_t role)
{
    uint8_t params[COMPLETE_LEN] = {status};
    params[3] = role;
    complete(controller, controller->air->now, params, (const uint8_t[12]){0});
}

// Local_Resolvable_Private_Address is for addresses that the host did not give.
static void own_addr_note(struct air_end *end, uint8_t own_type, const struct le_addr *own)
{
    struct le_addr made;
    if (privacy_own(end->controller, own_type, &end->peer, &made) && addr_equal(&made, own)) {
        end->own = *own;
    }
}

static void end_up(struct air_end *end, int64_t at)
{
    struct air_controller *controller = end->controller;
    size_t slot = 0;
    while (controller->ends[slot]) {
        slot++;
    }
    controller->ends[slot] = end;
    end->up = true;
    end->handle = handle_new(controller);
    end->last_rx = at;
    connection_complete(end, at);
    air_timer_set(controller->air, &end->supervision,
                  end->link->anchor + 6 * interval_us(end->link));
    if (controller->default_tx_octets > LL_MIN_OCTETS &&
        controller_has(controller, FEAT_DATA_LENGTH)) {
        llcp_want(end, PROC_LENGTH); // the suggested default asks for it (Vol 4, Part E, 7.8.35)
    }
}

void link_create(struct air *air, int64_t at, const struct link_setup *setup)
{
    struct air_link *link = calloc(1, sizeof(*link));
    if (!link) {
        abort();
    }
    link->air = air;
    link->next = air->links;
    air->links = link;
    link->interval = setup->params.interval_max;
    link->latency = setup->params.latency;
    link->timeout = setup->params.timeout;
    subrate_off(link);
    link->access_address = setup->access_address;
    link->crc_init = setup->crc_init;
    link->hop = setup->hop;
    link->channel_map = setup->central->channel_map;
    link->phy[CENTRAL] = setup->phy;
    link->phy[PERIPHERAL] = setup->phy;
    link->selection_2 = setup->auxiliary;
    link->rng.state = air_hash(air->config.seed, setup->access_address, setup->crc_init);
    link->timer = (struct air_timer){.fn = link_due, .ctx = link};
    // transmitWindowDelay (4.5.3): 1.25 ms, after AUX_CONNECT_REQ 2.5 ms, and on LE Coded 3.75 ms.
    int64_t delay = !setup->auxiliary         ? UNIT_US
                    : setup->phy == PHY_CODED ? 3 * UNIT_US
                                              : 2 * UNIT_US;
    link->anchor = at + delay + (int64_t)setup->window_offset * UNIT_US;
    link->last_served = at;
    end_init(link, CENTRAL, setup->central, &setup->peripheral_addr);
    end_init(link, PERIPHERAL, setup->peripheral, &setup->central_addr);
    own_addr_note(&link->ends[CENTRAL], setup->central_type, &setup->central_addr);
    own_addr_note(&link->ends[PERIPHERAL], setup->peripheral_type, &setup->peripheral_addr);
    if (!setup->deaf) {
        end_up(&link->ends[CENTRAL], at);
    }
    if (setup->heard) {
        end_up(&link->ends[PERIPHERAL], at);
    }
    air_timer_set(air, &link->timer, link->anchor);
}

static int64_t gcd(int64_t a, int64_t b)
{
    while (b) {
        int64_t r = a % b;
        a = b;
        b = r;
    }
    return a;
}

// How near the anchors of two periodic events can come to each other.
static int64_t anchor_distance(int64_t a, int64_t a_us, int64_t b, int64_t b_us)
{
    int64_t period = gcd(a_us, b_us);
    int64_t phase = ((a - b) % period + period) % period;
    return phase < period - phase ? phase : period - phase;
}

uint16_t link_window_offset(const struct air_controller *central, int64_t at, uint16_t interval)
{
    uint16_t best = 0;
    int64_t best_distance = -1;
    for (uint16_t offset = 0; offset <= interval; offset++) {
        int64_t anchor = at + UNIT_US + (int64_t)offset * UNIT_US;
        int64_t distance = 5000; // this far is far enough
        for (size_t i = 0; i < AIR_MAX_LINKS; i++) {
            const struct air_end *end = central->ends[i];
            int64_t d = end ? anchor_distance(anchor, (int64_t)interval * UNIT_US,
                                              end->link->anchor, interval_us(end->link))
                            : distance;
            distance = d < distance ? d : distance;
        }
        if (distance > best_distance) {
            best = offset;
            best_distance = distance;
        }
    }
    return best;
}

// ACL data from the host (Vol 4, Part E, 5.4.2). What breaks the rules is dropped, and what
// exceeds the buffers is reported as Data Buffer Overflow.
void link_acl_from_host(struct air_controller *controller, const uint8_t *data, size_t len)
{
    uint16_t flags = get16(data + 1);
    struct air_end *end = link_end(controller, flags & 0x0fff);
    size_t body = len - 5;
    uint16_t max = controller->config.acl_len;
    if (!end || end->terminating || flags >> 12 > 1 || !body) {
        return;
    }
    if (link_acl_in_use(controller) >= controller->config.acl_count || body > max) {
        uint8_t link_type = 0x01;
        hci_event(controller, controller->air->now, EVT_DATA_BUFFER_OVERFLOW, &link_type, 1);
        return;
    }
    struct acl_packet *packet = malloc(sizeof(*packet) + body);
    if (!packet) {
        abort();
    }
    *packet = (struct acl_packet){.len = body, .start = flags >> 12 == 0};
    memcpy(packet->data, data + 5, body);
    *(end->acl_tail ? &end->acl_tail->next : &end->acl_head) = packet;
    end->acl_tail = packet;
    end->acl_count++;
}

// For tests and benches

int air_link_stats(const struct air_controller *controller, uint16_t handle,
                   struct air_link_stats *stats)
{
    const struct air_end *end = link_end(controller, handle);
    if (!end) {
        return -ENOTCONN;
    }
    const struct air_link *link = end->link;
    *stats = end->stats;
    stats->interval = link->interval;
    stats->latency = link->latency;
    stats->timeout = link->timeout;
    stats->tx_phy = link->phy[end->role];
    stats->rx_phy = link->phy[!end->role];
    stats->max_tx_octets = end->eff_tx_octets;
    stats->max_rx_octets = end->eff_rx_octets;
    stats->events = link->events;
    stats->encrypted = end->encrypted;
    return 0;
}

int air_link_saturate(struct air_controller *controller, uint16_t handle, uint16_t octets)
{
    struct air_end *end = link_end(controller, handle);
    if (!end) {
        return -ENOTCONN;
    }
    if (octets > LL_MAX_OCTETS) {
        return -EINVAL;
    }
    end->saturate = octets;
    return 0;
}

unsigned int air_controller_saturate(struct air_controller *controller, uint16_t octets)
{
    unsigned int count = 0;
    for (size_t i = 0; i < AIR_MAX_LINKS; i++) {
        struct air_end *end = controller->ends[i];
        count += end && !air_link_saturate(controller, end->handle, octets);
    }
    return count;
}
