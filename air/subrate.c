// Subrating (Core Specification, Vol 6, Part B, 4.5.1 and 5.1.20; Vol 4, Part E, 7.8.115, 7.8.123 and
// 7.8.124): of `factor` connection events one is used, and after a PDU that is not empty the next
// `continuation` ones too; the peripheral's latency counts events that are used.
//
// As with instants both sides change at one moment: when the peripheral has taken LL_SUBRATE_IND and the
// central has its acknowledgement. Until then the events of the old rate and of the new one are used.
#include "bytes.h"
#include "commands.h"

#define FACTOR_MAX 500

// Which events

void subrate_off(struct air_link *link)
{
    link->subrate = (struct subrate){.factor = 1};
    link->continuing = 0;
}

static bool on_rate(const struct subrate *subrate, uint64_t event)
{
    return (event - subrate->base) % subrate->factor == 0;
}

static bool uses(const struct air_link *link, uint64_t event)
{
    return on_rate(&link->subrate, event) || link->continuing ||
           (link->change.planned && on_rate(&link->change.to, event)) ||
           (link->instant.planned && link->instant.known);
}

bool subrate_uses_next(const struct air_link *link)
{
    return uses(link, link->events);
}

int64_t subrate_anchor(const struct air_link *link, int64_t interval_us)
{
    uint64_t event = link->events;
    while (!uses(link, event)) {
        event++;
    }
    return link->anchor + (int64_t)(event - link->events) * interval_us;
}

void subrate_event_end(struct air_link *link)
{
    if (link->active) {
        link->continuing = link->subrate.continuation;
    } else if (link->continuing) {
        link->continuing--;
    }
    link->active = false;
}

// The procedure

static void change_event(struct air_end *end, uint8_t status)
{
    const struct air_link *link = end->link;
    uint8_t params[11] = {status};
    put16(params + 1, end->handle);
    put16(params + 3, link->subrate.factor);
    put16(params + 5, link->latency);
    put16(params + 7, link->subrate.continuation);
    put16(params + 9, link->timeout);
    hci_le_event(end->controller, end->controller->air->now, LE_SUBRATE_CHANGE, params,
                 sizeof(params));
}

// Both sides know.
static void settle(struct air_link *link)
{
    struct subrate_change *change = &link->change;
    if (!change->planned || !change->known || !change->acked) {
        return;
    }
    change->planned = false;
    link->subrate = change->to;
    link->latency = change->to.latency;
    link->timeout = change->to.timeout;
    for (int side = 0; side < 2; side++) {
        struct air_end *end = &link->ends[side];
        if (end->up) {
            air_timer_set(link->air, &end->supervision,
                          end->last_rx + (int64_t)link->timeout * 10000);
            change_event(end, HCI_SUCCESS);
        }
    }
    for (int side = 0; side < 2; side++) {
        struct air_end *end = &link->ends[side];
        if (end->local == PROC_SUBRATE) {
            llcp_done(end);
        } else if (end->up) {
            llcp_run(end);
        }
    }
}

// The central's word, whoever asked.
static void plan(struct air_end *end, const struct subrate *to)
{
    struct air_link *link = end->link;
    link->change = (struct subrate_change){.planned = true, .to = *to};
    link->change.to.base = link->events;
    uint8_t pdu[11] = {LL_SUBRATE_IND};
    put16(pdu + 1, to->factor);
    put16(pdu + 3, link->event);
    put16(pdu + 5, to->latency);
    put16(pdu + 7, to->continuation);
    put16(pdu + 9, to->timeout);
    link_control_send(end, pdu, sizeof(pdu));
}

void subrate_start(struct air_end *end)
{
    const struct subrate_params *want = &end->subrate;
    if (end->role == CENTRAL) {
        plan(end, &(struct subrate){.factor = want->max,
                                    .latency = want->latency,
                                    .continuation = want->continuation,
                                    .timeout = want->timeout});
        return;
    }
    uint8_t pdu[11] = {LL_SUBRATE_REQ};
    put16(pdu + 1, want->min);
    put16(pdu + 3, want->max);
    put16(pdu + 5, want->latency);
    put16(pdu + 7, want->continuation);
    put16(pdu + 9, want->timeout);
    link_control_send(end, pdu, sizeof(pdu));
}

void subrate_fail(struct air_end *end, uint8_t status)
{
    end->link->change.planned &= end->role == PERIPHERAL;
    change_event(end, status);
    llcp_done(end);
}

void subrate_acked(struct air_link *link)
{
    link->change.acked = true;
    settle(link);
}

void subrate_receive_ind(struct air_end *end, int64_t at, const uint8_t *data)
{
    if (end->role == PERIPHERAL) {
        end->link->change.known = true;
        settle(end->link);
    }
}

static bool legal(const struct subrate_params *p)
{
    return between(p->min, 1, FACTOR_MAX) && between(p->max, p->min, FACTOR_MAX) &&
           p->max * (p->latency + 1u) <= FACTOR_MAX && p->continuation < p->max &&
           between(p->timeout, 10, 3200);
}

// The time-out is longer than two times what may pass between events in use.
static bool time_enough(const struct air_link *link, unsigned int factor, unsigned int latency,
                        unsigned int timeout)
{
    return timeout * 4 > link->interval * factor * (latency + 1);
}

static uint16_t smaller16(uint16_t a, uint16_t b)
{
    return a < b ? a : b;
}

static uint16_t larger16(uint16_t a, uint16_t b)
{
    return a < b ? b : a;
}

// What both sides accept; a factor of 0: nothing.
static struct subrate agree(const struct air_link *link, const struct subrate_params *a,
                            const struct subrate_params *b)
{
    struct subrate to = {.factor = smaller16(a->max, b->max),
                         .latency = smaller16(a->latency, b->latency),
                         .timeout = smaller16(a->timeout, b->timeout)};
    to.continuation =
        smaller16(larger16(a->continuation, b->continuation), (uint16_t)(to.factor - 1));
    if (to.factor < larger16(a->min, b->min) ||
        !time_enough(link, to.factor, to.latency, to.timeout)) {
        to.factor = 0;
    }
    return to;
}

void subrate_receive_req(struct air_end *end, int64_t at, const uint8_t *data)
{
    struct subrate_params asked = {get16(data + 1), get16(data + 3), get16(data + 5),
                                   get16(data + 7), get16(data + 9)};
    uint8_t error = llcp_collision(end, PROC_SUBRATE);
    struct subrate to = {.factor = 0};
    if (end->role != CENTRAL || !controller_has(end->controller, FEAT_SUBRATING_HOST)) {
        error = HCI_UNSUPPORTED_REMOTE;
    } else if (!error) {
        to = legal(&asked) ? agree(end->link, &asked, &end->subrate) : to;
        error = to.factor ? 0 : HCI_UNSUPPORTED_LL;
    }
    if (error) {
        llcp_reject(end, LL_SUBRATE_REQ, error);
    } else {
        plan(end, &to);
    }
}

// Commands

static struct subrate_params params_of(const uint8_t *p)
{
    return (struct subrate_params){get16(p), get16(p + 2), get16(p + 4), get16(p + 6),
                                   get16(p + 8)};
}

// 7.8.115; of the features that a host sets, this controller has one.
uint8_t cmd_set_host_feature(struct air_controller *controller, struct call *call)
{
    if (call->p[0] != FEAT_SUBRATING_HOST) {
        return HCI_UNSUPPORTED;
    }
    if (call->p[1] > 1) {
        return HCI_INVALID_PARAMETERS;
    }
    if (link_count(controller)) {
        return HCI_COMMAND_DISALLOWED;
    }
    controller->subrate_host = call->p[1];
    return HCI_SUCCESS;
}

uint8_t cmd_set_default_subrate(struct air_controller *controller, struct call *call)
{
    struct subrate_params params = params_of(call->p);
    if (!legal(&params)) {
        return HCI_INVALID_PARAMETERS;
    }
    controller->subrate = params;
    return HCI_SUCCESS;
}

uint8_t cmd_subrate_request(struct air_controller *controller, struct call *call)
{
    struct subrate_params params = params_of(call->p + 2);
    struct air_end *end = link_end(controller, get16(call->p));
    if (!end) {
        return HCI_UNKNOWN_CONNECTION;
    }
    if (!legal(&params) || !time_enough(end->link, params.max, params.latency, params.timeout)) {
        return HCI_INVALID_PARAMETERS;
    }
    if (!controller_has(controller, FEAT_SUBRATING_HOST) || end->local == PROC_SUBRATE ||
        end->want >> PROC_SUBRATE & 1) {
        return HCI_COMMAND_DISALLOWED;
    }
    if (!llcp_both(end, FEAT_SUBRATING_HOST)) {
        return HCI_UNSUPPORTED_REMOTE;
    }
    end->subrate = params;
    llcp_want(end, PROC_SUBRATE);
    return HCI_SUCCESS;
}
