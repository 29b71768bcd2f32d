// One exchange inside a connection event: the central's PDU, T_IFS, the peripheral's PDU, T_IFS
// (Core Specification, Vol 6, Part B, 4.5.6 and 4.5.9).
//
// It is computed in one go at its start. What each side sends is therefore fixed then, except that
// the peripheral sees the acknowledgement in the central's PDU first; payloads are handed up after
// both PDUs, so an answer to them leaves in a later exchange. An exchange runs only if its closing
// T_IFS ends by the event's limit; in the first one of an event, data PDUs are cut to fit.
#include <stdlib.h>
#include <string.h>

#include "link.h"

// What became of one PDU at its receiver.
enum reception {
    RX_NOTHING,
    RX_BAD_CRC,
    RX_GOOD,
};

struct flight {
    struct air_end *from, *to;
    int64_t at, end;
    bool more_data;
    enum reception reception;
    bool is_new; // not seen before, to be handed up
};

static unsigned int with_mic(unsigned int len, bool encrypted)
{
    return len && encrypted ? len + 4 : len;
}

static unsigned int smaller(unsigned int a, unsigned int b)
{
    return a < b ? a : b;
}

bool link_control_pending(const struct air_end *end)
{
    return end->control_count != 0;
}

// Octets on air of the PDU that would be sent after the current one is acknowledged.
static unsigned int next_octets(const struct air_end *end)
{
    unsigned int len = 0;
    if (end->control_count) {
        len = end->control[end->control_head].len;
    } else if (end->paused) {
        len = 0;
    } else if (end->acl_head) {
        const struct acl_packet *acl = end->acl_head;
        len = smaller((unsigned int)(acl->len - acl->offset), llcp_max_octets(end));
    } else if (end->saturate) {
        len = smaller(end->saturate, llcp_max_octets(end));
    }
    return with_mic(len, end->encrypted);
}

static unsigned int cur_octets(const struct air_end *end)
{
    return end->cur.valid ? with_mic(end->cur.len, end->cur.encrypted) : 0;
}

static bool has_more(const struct air_end *end)
{
    return end->control_count || (!end->paused && (end->acl_head || end->saturate));
}

static void take_control(struct air_end *end)
{
    const struct ll_control *control = &end->control[end->control_head];
    end->cur.llid = LL_CONTROL;
    end->cur.len = control->len;
    memcpy(end->cur.data, control->data, control->len);
    end->control_head = (end->control_head + 1) % LL_CONTROL_SLOTS;
    end->control_count--;
}

static void take_acl(struct air_end *end, unsigned int max)
{
    struct acl_packet *acl = end->acl_head;
    unsigned int len = smaller((unsigned int)(acl->len - acl->offset), max);
    end->cur.llid = acl->start && !acl->offset ? LL_START : LL_CONTINUE;
    end->cur.len = (uint8_t)len;
    memcpy(end->cur.data, acl->data + acl->offset, len);
    acl->offset += len;
    if (acl->offset == acl->len) {
        end->cur.ends_packet = true;
        end->acl_head = acl->next;
        if (!acl->next) {
            end->acl_tail = NULL;
        }
        free(acl);
    }
}

static void take_saturate(struct air_end *end, unsigned int max)
{
    end->cur.llid = LL_START;
    end->cur.len = (uint8_t)smaller(end->saturate, max);
    end->cur.saturate = true;
    memset(end->cur.data, 0x5a, end->cur.len);
}

// Choose what to send; `octets` is the room on air for it.
static void pick(struct air_end *end, int octets)
{
    if (end->cur.valid) {
        return;
    }
    end->cur.valid = true;
    end->cur.sent = false;
    end->cur.saturate = false;
    end->cur.ends_packet = false;
    end->cur.llid = LL_CONTINUE;
    end->cur.len = 0;
    int mic = end->encrypted ? 4 : 0;
    int max = octets - mic;
    int longest = (int)llcp_max_octets(end);
    max = max < longest ? max : longest;
    if (end->control_count) {
        if (octets >= end->control[end->control_head].len + mic) {
            take_control(end);
        }
    } else if (!end->paused && max > 0) {
        if (end->acl_head) {
            if (max >= (int)ll_least_piece(end->acl_head)) {
                take_acl(end, (unsigned int)max);
            }
        } else if (end->saturate) {
            take_saturate(end, (unsigned int)max);
        }
    }
    end->cur.encrypted = end->encrypted && end->cur.len;
}

static void record(const struct flight *flight)
{
    const struct air_end *from = flight->from;
    const struct air_link *link = from->link;
    if (!air_pcap_on(link->air)) {
        return;
    }
    uint8_t header[2] = {(uint8_t)(from->cur.llid | from->nesn << 2 | from->sn << 3 |
                                   (flight->more_data ? 1 : 0) << 4),
                         from->cur.len};
    struct ll_packet packet = {
        .at = flight->at,
        .channel = link->channel,
        .phy = link->phy[from->role],
        .access_address = link->access_address,
        .crc_init = link->crc_init,
        .kind = from->role == CENTRAL ? 2 : 3,
        .bad_crc = flight->reception == RX_BAD_CRC,
        .encrypted = from->cur.encrypted,
        .header = header,
        .payload = from->cur.data,
        .payload_len = from->cur.len,
    };
    air_pcap_packet(link->air, &packet);
}

// The peer has acknowledged the current PDU.
static void acknowledged(struct air_end *end, int64_t at)
{
    end->sn ^= 1;
    end->cur.valid = false;
    if (end->cur.llid == LL_CONTROL) {
        llcp_acked(end, at, end->cur.data);
    } else if (end->cur.len) {
        end->stats.tx_pdus++;
    }
    if (end->cur.ends_packet && end->up) {
        end->acl_count--;
        hci_completed(end->controller, at, end->handle);
    }
}

static bool can_take(const struct air_end *end, const struct ll_tx *pdu)
{
    return pdu->llid == LL_CONTROL || !pdu->len || pdu->saturate ||
           hci_acl_room(end->controller, end);
}

// Acknowledgement and flow control of a PDU with good CRC (4.5.9).
static void accept(struct flight *flight)
{
    struct air_end *to = flight->to;
    struct air_end *from = flight->from;
    to->last_rx = flight->end;
    to->link->active |= from->cur.len != 0;
    if (!to->established) {
        to->established = true;
        air_timer_set(to->controller->air, &to->supervision,
                      flight->end + (int64_t)to->link->timeout * 10000);
    }
    bool new_data = from->sn == to->nesn;
    if (new_data && can_take(to, &from->cur)) {
        to->nesn ^= 1;
        flight->is_new = true;
    }
    if (to->cur.valid && to->cur.sent && from->nesn != to->sn) {
        acknowledged(to, flight->end);
    }
}

// Send from->cur. Two draws per PDU, always, so that one outcome does not shift the others.
static void fly(struct flight *flight)
{
    struct air_end *from = flight->from;
    struct air_link *link = from->link;
    struct air_controller *a = from->controller;
    struct air_controller *b = flight->to->controller;
    bool missed = air_rng_chance(&link->rng, controller_miss(a, b));
    bool lost = air_rng_chance(&link->rng, controller_loss(a, b));
    flight->more_data = has_more(from);
    flight->end = flight->at + ll_airtime(link->phy[from->role], cur_octets(from));
    bool listens = flight->to->up && link->on[flight->to->role] && !link->split;
    flight->reception = !listens || missed ? RX_NOTHING : lost ? RX_BAD_CRC : RX_GOOD;
    record(flight);
    from->stats.retransmissions += from->cur.sent && from->cur.len;
    if (!from->cur.sent && from->cur.len && from->cur.llid != LL_CONTROL) {
        from->stats.last_tx_event = link->events;
    }
    from->cur.sent = true;
    if (flight->reception == RX_BAD_CRC) {
        flight->to->crc_failures++;
        flight->to->stats.bad_crc++;
    } else if (flight->reception == RX_GOOD) {
        flight->to->crc_failures = 0;
        accept(flight);
    }
}

static bool mic_ok(const struct flight *flight)
{
    return !flight->from->cur.encrypted || !memcmp(flight->from->ltk, flight->to->ltk, 16);
}

// Hand a new PDU up at its receiver.
static void deliver(const struct flight *flight)
{
    struct air_end *to = flight->to;
    const struct ll_tx *pdu = &flight->from->cur;
    if (!flight->is_new || !to->up || !pdu->len) {
        return;
    }
    if (!mic_ok(flight)) {
        link_end_down(to, flight->end, HCI_MIC_FAILURE);
    } else if (pdu->llid == LL_CONTROL) {
        llcp_receive(to, flight->end, pdu->data, pdu->len);
    } else {
        to->stats.rx_pdus++;
        to->stats.last_rx_event = to->link->events;
        if (pdu->saturate) {
            to->stats.saturate_pdus++;
            to->stats.saturate_octets += pdu->len;
        } else {
            hci_acl(to->controller, flight->end, to, pdu->llid == LL_START, pdu->data, pdu->len);
        }
    }
}

// A side that received TERMINATE_IND leaves once it has acknowledged it.
static void leave_if_told(struct air_end *end, const struct flight *sent)
{
    if (end->leave_reason && end->up && sent->end) {
        link_end_down(end, sent->end, end->leave_reason);
    }
}

static unsigned int worst_octets(const struct air_end *end)
{
    unsigned int cur = cur_octets(end);
    unsigned int next = next_octets(end);
    return cur > next ? cur : next;
}

// The octets on air that each side may use; false when the exchange does not fit.
static bool plan(const struct air_link *link, int *central_octets, int *peripheral_octets)
{
    const struct air_end *central = &link->ends[CENTRAL];
    const struct air_end *peripheral = &link->ends[PERIPHERAL];
    int64_t room = link->limit - link->air->now - 2 * T_IFS_US;
    uint8_t c_phy = link->phy[CENTRAL];
    uint8_t p_phy = link->phy[PERIPHERAL];
    unsigned int c_len = central->cur.valid ? cur_octets(central) : next_octets(central);
    int64_t c_air = ll_airtime(c_phy, c_len);
    if (c_air + ll_airtime(p_phy, worst_octets(peripheral)) <= room) {
        *central_octets = LL_MAX_OCTETS + 4;
        *peripheral_octets = LL_MAX_OCTETS + 4;
        return true;
    }
    if (!link->first) {
        return false;
    }
    *central_octets = ll_octets_in(c_phy, room - ll_airtime(p_phy, cur_octets(peripheral)));
    if (*central_octets < 0 || (int)cur_octets(central) > *central_octets) {
        return false;
    }
    unsigned int c_used = (int)c_len < *central_octets ? c_len : (unsigned int)*central_octets;
    *peripheral_octets = ll_octets_in(p_phy, room - ll_airtime(c_phy, c_used));
    return *peripheral_octets >= (int)cur_octets(peripheral);
}

// Only one side takes part: it sends or listens for nothing.
static void lonely(struct air_link *link)
{
    struct air_end *central = &link->ends[CENTRAL];
    struct air_end *peripheral = &link->ends[PERIPHERAL];
    struct flight flight = {.from = central, .to = peripheral, .at = link->air->now};
    int64_t until = link->air->now + T_IFS_US;
    if (link->on[CENTRAL]) {
        int octets, unused;
        if (!plan(link, &octets, &unused)) {
            return;
        }
        pick(central, octets);
        fly(&flight);
        until = flight.end + T_IFS_US;
        central->controller->radio_until = until;
        leave_if_told(central, &flight);
    }
    if (link->on[PERIPHERAL]) {
        peripheral->controller->radio_until = until;
    }
}

bool link_exchange(struct air_link *link)
{
    struct air_end *central = &link->ends[CENTRAL];
    struct air_end *peripheral = &link->ends[PERIPHERAL];
    link->on[CENTRAL] &= central->up;
    link->on[PERIPHERAL] &= peripheral->up;
    if (!link->on[CENTRAL] || !link->on[PERIPHERAL]) {
        lonely(link);
        return false;
    }
    int central_octets, peripheral_octets;
    if (!plan(link, &central_octets, &peripheral_octets)) {
        return false;
    }
    link->last_served = link->air->now;
    pick(central, central_octets);
    struct flight down = {.from = central, .to = peripheral, .at = link->air->now};
    fly(&down);
    struct flight up = {.from = peripheral, .to = central, .at = down.end + T_IFS_US};
    int64_t until = down.end + T_IFS_US;
    if (down.reception != RX_NOTHING && peripheral->crc_failures < 2) {
        pick(peripheral, peripheral_octets);
        fly(&up);
        until = up.end + T_IFS_US;
    }
    central->controller->radio_until = until;
    peripheral->controller->radio_until = until;
    bool told_before = central->leave_reason != 0;
    deliver(&down);
    deliver(&up);
    leave_if_told(peripheral, &up);
    if (told_before) {
        leave_if_told(central, &down);
    }
    link->attend = down.more_data || down.reception != RX_GOOD;
    if (up.reception == RX_NOTHING || central->crc_failures >= 2) {
        return false;
    }
    return down.more_data || up.more_data || down.reception == RX_BAD_CRC;
}
