// Link-layer control procedures (Core Specification, Vol 6, Part B, 5.1), one at a time per side.
//
// Two tables: what a side may start, and what it may receive. A wish of the host sets a bit in
// `want`; llcp_run() starts the first one that may start now. A procedure ends through llcp_done(),
// which starts the next. Procedures with an instant exclude each other on a link; where both sides
// have started one, the central refuses the peripheral's (5.3).
#include "link.h"

#include <string.h>

#include "bytes.h"

#define PROCEDURE_TIMEOUT_US 40000000 // 5.2

struct procedure_row {
    uint8_t opcode; // of its first PDU, to match a refusal
    bool instant;
    void (*start)(struct air_end *end);
    void (*fail)(struct air_end *end, uint8_t status);
};

struct pdu_row {
    uint8_t opcode;
    uint8_t len;     // with the opcode
    uint8_t feature; // the receiver must have it; 0xff: none
    void (*receive)(struct air_end *end, int64_t at, const uint8_t *data);
};

static const struct procedure_row procedures[PROC_COUNT];

// PDUs out

void link_control_send(struct air_end *end, const uint8_t *data, uint8_t len)
{
    if (!end->up || end->control_count == LL_CONTROL_SLOTS) {
        return; // a peer that floods is not answered
    }
    struct ll_control *slot =
        &end->control[(end->control_head + end->control_count++) % LL_CONTROL_SLOTS];
    slot->len = len;
    memcpy(slot->data, data, len);
}

void llcp_reject(struct air_end *end, uint8_t opcode, uint8_t error)
{
    if (llcp_both(end, FEAT_EXT_REJECT)) {
        link_control_send(end, (uint8_t[]){LL_REJECT_EXT_IND, opcode, error}, 3);
    } else {
        link_control_send(end, (uint8_t[]){LL_REJECT_IND, error}, 2);
    }
}

// A feature that this side has and the peer has, or may have as far as is known.
bool llcp_both(struct air_end *end, unsigned int feature)
{
    return controller_has(end->controller, feature) &&
           (!end->features_known || end->features >> feature & 1);
}

// Data length (5.1.9, 4.5.10)

static uint16_t smaller16(uint16_t a, uint16_t b)
{
    return a < b ? a : b;
}

unsigned int llcp_max_octets(const struct air_end *end)
{
    uint8_t phy = end->link->phy[end->role];
    int by_time = ll_octets_in(phy, end->eff_tx_time) - 4; // the time counts the MIC always
    int max = end->eff_tx_octets < by_time ? end->eff_tx_octets : by_time;
    return max < LL_MIN_OCTETS ? LL_MIN_OCTETS : (unsigned int)max;
}

void llcp_lengths(struct air_end *end, int64_t at)
{
    uint16_t tx_octets = smaller16(end->tx_octets, end->remote_rx_octets);
    uint16_t tx_time = smaller16(end->tx_time, end->remote_rx_time);
    uint16_t rx_octets = smaller16(end->rx_octets, end->remote_tx_octets);
    uint16_t rx_time = smaller16(end->rx_time, end->remote_tx_time);
    if (tx_octets == end->eff_tx_octets && tx_time == end->eff_tx_time &&
        rx_octets == end->eff_rx_octets && rx_time == end->eff_rx_time) {
        return;
    }
    end->eff_tx_octets = tx_octets;
    end->eff_tx_time = tx_time;
    end->eff_rx_octets = rx_octets;
    end->eff_rx_time = rx_time;
    uint8_t params[10];
    put16(params, end->handle);
    put16(params + 2, tx_octets);
    put16(params + 4, tx_time);
    put16(params + 6, rx_octets);
    put16(params + 8, rx_time);
    hci_le_event(end->controller, at, LE_DATA_LENGTH_CHANGE, params, sizeof(params));
}

static void length_send(struct air_end *end, uint8_t opcode)
{
    uint8_t pdu[9] = {opcode};
    put16(pdu + 1, end->rx_octets);
    put16(pdu + 3, end->rx_time);
    put16(pdu + 5, end->tx_octets);
    put16(pdu + 7, end->tx_time);
    link_control_send(end, pdu, sizeof(pdu));
}

static void length_store(struct air_end *end, int64_t at, const uint8_t *data)
{
    end->remote_rx_octets = get16(data + 1);
    end->remote_rx_time = get16(data + 3);
    end->remote_tx_octets = get16(data + 5);
    end->remote_tx_time = get16(data + 7);
    if (end->remote_rx_octets < LL_MIN_OCTETS || end->remote_tx_octets < LL_MIN_OCTETS ||
        end->remote_rx_time < LL_MIN_TIME || end->remote_tx_time < LL_MIN_TIME) {
        return; // values below the minimum are not used
    }
    llcp_lengths(end, at);
}

static void length_start(struct air_end *end)
{
    if (!llcp_both(end, FEAT_DATA_LENGTH)) {
        llcp_done(end);
        return;
    }
    length_send(end, LL_LENGTH_REQ);
}

static void length_fail(struct air_end *end, uint8_t status)
{
    llcp_done(end);
}

static void on_length_req(struct air_end *end, int64_t at, const uint8_t *data)
{
    length_store(end, at, data);
    length_send(end, LL_LENGTH_RSP);
}

static void on_length_rsp(struct air_end *end, int64_t at, const uint8_t *data)
{
    if (end->local == PROC_LENGTH) {
        length_store(end, at, data);
        llcp_done(end);
    }
}

// Version exchange (5.1.5)

static void version_event(struct air_end *end, int64_t at, uint8_t status)
{
    uint8_t params[8] = {status};
    put16(params + 1, end->handle);
    memcpy(params + 3, end->version, 5);
    hci_event(end->controller, at, EVT_REMOTE_VERSION, params, sizeof(params));
}

static void version_send(struct air_end *end)
{
    uint8_t pdu[6] = {LL_VERSION_IND, controller_version(end->controller), 0xff, 0xff, 0x01, 0x00};
    link_control_send(end, pdu, sizeof(pdu));
    end->version_sent = true;
}

static void version_start(struct air_end *end)
{
    if (end->version_known) {
        version_event(end, end->controller->air->now, HCI_SUCCESS);
        llcp_done(end);
    } else if (!end->version_sent) {
        version_send(end);
    }
}

static void version_fail(struct air_end *end, uint8_t status)
{
    version_event(end, end->controller->air->now, status);
    llcp_done(end);
}

static void on_version(struct air_end *end, int64_t at, const uint8_t *data)
{
    end->version_known = true;
    memcpy(end->version, data + 1, 5);
    if (!end->version_sent) {
        version_send(end);
    }
    if (end->local == PROC_VERSION) {
        version_event(end, at, HCI_SUCCESS);
        llcp_done(end);
    }
}

// Feature exchange (5.1.4)

static void features_event(struct air_end *end, int64_t at, uint8_t status)
{
    uint8_t params[11] = {status};
    put16(params + 1, end->handle);
    put64(params + 3, end->features);
    hci_le_event(end->controller, at, LE_REMOTE_FEATURES, params, sizeof(params));
}

static void features_send(struct air_end *end, uint8_t opcode, uint64_t features)
{
    uint8_t pdu[9] = {opcode};
    put64(pdu + 1, features);
    link_control_send(end, pdu, sizeof(pdu));
}

static void features_start(struct air_end *end)
{
    features_send(end, end->role == CENTRAL ? LL_FEATURE_REQ : LL_PERIPHERAL_FEATURE_REQ,
                  controller_features(end->controller));
}

static void features_fail(struct air_end *end, uint8_t status)
{
    features_event(end, end->controller->air->now, status);
    llcp_done(end);
}

static void features_store(struct air_end *end, const uint8_t *data)
{
    end->features = get64(data + 1);
    end->features_known = true;
}

static void on_feature_req(struct air_end *end, int64_t at, const uint8_t *data)
{
    features_store(end, data);
    uint64_t own = controller_features(end->controller);
    // The first octet of the answer is what both have; the others are the sender's own.
    features_send(end, LL_FEATURE_RSP, (own & ~UINT64_C(0xff)) | (own & end->features & 0xff));
}

static void on_feature_rsp(struct air_end *end, int64_t at, const uint8_t *data)
{
    if (end->local == PROC_FEATURES) {
        features_store(end, data);
        features_event(end, at, HCI_SUCCESS);
        llcp_done(end);
    }
}

// Instants

static uint16_t instant_event(const struct air_link *link)
{
    // The peripheral listens again after so many events at the latest.
    unsigned int reach = link->subrate.factor * (link->latency + 1u);
    return (uint16_t)(link->event + reach + 5 + link->in_event);
}

bool llcp_instant_busy(const struct air_link *link)
{
    return link->instant.planned || link->change.planned;
}

// Connection update and connection parameters request (5.1.1, 5.1.7)

static void update_event(struct air_end *end, int64_t at, uint8_t status)
{
    uint8_t params[9] = {status};
    put16(params + 1, end->handle);
    put16(params + 3, end->link->interval);
    put16(params + 5, end->link->latency);
    put16(params + 7, end->link->timeout);
    hci_le_event(end->controller, at, LE_CONNECTION_UPDATE, params, sizeof(params));
}

static void param_send(struct air_end *end, uint8_t opcode, const struct conn_params *params)
{
    uint8_t pdu[24] = {opcode};
    put16(pdu + 1, params->interval_min);
    put16(pdu + 3, params->interval_max);
    put16(pdu + 5, params->latency);
    put16(pdu + 7, params->timeout);
    pdu[9] = 0;
    put16(pdu + 10, end->link->event);
    memset(pdu + 12, 0xff, 12); // no offsets preferred
    link_control_send(end, pdu, sizeof(pdu));
}

static void update_plan(struct air_end *end, const struct conn_params *params)
{
    struct air_link *link = end->link;
    link->instant = (struct instant){
        .planned = true,
        .procedure = PROC_UPDATE,
        .event = instant_event(link),
        .interval = params->interval_max,
        .latency = params->latency,
        .timeout = params->timeout,
    };
    uint8_t pdu[12] = {LL_CONNECTION_UPDATE_IND, 1};
    put16(pdu + 4, params->interval_max);
    put16(pdu + 6, params->latency);
    put16(pdu + 8, params->timeout);
    put16(pdu + 10, link->instant.event);
    link_control_send(end, pdu, sizeof(pdu));
}

static void update_start(struct air_end *end)
{
    if (!llcp_both(end, FEAT_CONN_PARAM_REQ)) {
        update_plan(end, &end->update);
    } else {
        param_send(end, LL_CONNECTION_PARAM_REQ, &end->update);
    }
}

static void update_fail(struct air_end *end, uint8_t status)
{
    if (status == HCI_UNSUPPORTED_REMOTE && end->role == CENTRAL && !llcp_instant_busy(end->link)) {
        update_plan(end, &end->update); // the peer lacks the request: tell it (5.1.7.1)
        return;
    }
    update_event(end, end->controller->air->now, status);
    llcp_done(end);
}

static bool params_legal(const struct conn_params *p)
{
    return p->interval_min >= 6 && p->interval_max <= 3200 && p->interval_min <= p->interval_max &&
           p->latency <= 499 && p->timeout >= 10 && p->timeout <= 3200 &&
           p->timeout * 4u > (1u + p->latency) * p->interval_max;
}

// The central's answer to a peripheral's procedure with an instant while one of its own runs; 0:
// go on.
uint8_t llcp_collision(const struct air_end *end, enum procedure procedure)
{
    if (end->role == CENTRAL && (llcp_instant_busy(end->link) || procedures[end->local].instant)) {
        bool same = end->link->instant.procedure == procedure || end->local == procedure;
        return same ? HCI_COLLISION : HCI_DIFFERENT_COLLISION;
    }
    return 0;
}

static void param_ask_host(struct air_end *end, int64_t at)
{
    uint8_t params[10];
    put16(params, end->handle);
    put16(params + 2, end->asked.interval_min);
    put16(params + 4, end->asked.interval_max);
    put16(params + 6, end->asked.latency);
    put16(params + 8, end->asked.timeout);
    end->param_asked = true;
    hci_le_event(end->controller, at, LE_PARAM_REQUEST, params, sizeof(params));
}

static void on_param_req(struct air_end *end, int64_t at, const uint8_t *data)
{
    uint8_t error = llcp_collision(end, PROC_UPDATE);
    end->asked =
        (struct conn_params){get16(data + 1), get16(data + 3), get16(data + 5), get16(data + 7)};
    if (error) {
        llcp_reject(end, LL_CONNECTION_PARAM_REQ, error);
    } else if (!params_legal(&end->asked)) {
        llcp_reject(end, LL_CONNECTION_PARAM_REQ, 0x1e); // Invalid LL Parameters
    } else if (!hci_le_event_on(end->controller, LE_PARAM_REQUEST)) {
        llcp_reject(end, LL_CONNECTION_PARAM_REQ, HCI_UNSUPPORTED_REMOTE);
    } else {
        param_ask_host(end, at);
    }
}

// The host agrees to these parameters.
void llcp_param_reply(struct air_end *end, const struct conn_params *params)
{
    end->param_asked = false;
    if (end->role == PERIPHERAL) {
        param_send(end, LL_CONNECTION_PARAM_RSP, params);
    } else {
        update_plan(end, params);
    }
}

static void on_param_rsp(struct air_end *end, int64_t at, const uint8_t *data)
{
    struct conn_params params = {get16(data + 1), get16(data + 3), get16(data + 5),
                                 get16(data + 7)};
    if (end->role != CENTRAL || end->local != PROC_UPDATE || llcp_instant_busy(end->link)) {
        return;
    }
    update_plan(end, params_legal(&params) ? &params : &end->update);
}

static void on_update_ind(struct air_end *end, int64_t at, const uint8_t *data)
{
    end->link->instant.known |= end->role == PERIPHERAL;
}

// Channel map update (5.1.2)

static void channel_map_start(struct air_end *end)
{
    struct air_link *link = end->link;
    link->instant = (struct instant){
        .planned = true,
        .procedure = PROC_CHANNEL_MAP,
        .event = instant_event(link),
        .channel_map = end->controller->channel_map,
    };
    uint8_t map[8];
    put64(map, link->instant.channel_map);
    uint8_t pdu[8] = {LL_CHANNEL_MAP_IND};
    memcpy(pdu + 1, map, 5);
    put16(pdu + 6, link->instant.event);
    link_control_send(end, pdu, sizeof(pdu));
}

static void channel_map_fail(struct air_end *end, uint8_t status)
{
    llcp_done(end);
}

// PHY update (5.1.10)

static void phy_event(struct air_end *end, int64_t at, uint8_t status)
{
    const struct air_link *link = end->link;
    uint8_t params[5] = {status};
    put16(params + 1, end->handle);
    params[3] = link->phy[end->role];
    params[4] = link->phy[!end->role];
    hci_le_event(end->controller, at, LE_PHY_UPDATE, params, sizeof(params));
}

static void phy_start(struct air_end *end)
{
    link_control_send(end, (uint8_t[]){LL_PHY_REQ, end->phy_tx, end->phy_rx}, 3);
}

static void phy_fail(struct air_end *end, uint8_t status)
{
    phy_event(end, end->controller->air->now, status);
    llcp_done(end);
}

// The PHY for one direction out of what both sides prefer; 0: leave it.
static uint8_t phy_choose(uint8_t prefer, uint8_t now)
{
    static const uint8_t order[] = {PHY_2M, PHY_1M, PHY_CODED};
    for (size_t i = 0; i < sizeof(order); i++) {
        if (prefer >> (order[i] - 1) & 1) {
            return order[i] == now ? 0 : order[i];
        }
    }
    return 0;
}

// The central decides: its own wishes and the peer's.
static void phy_decide(struct air_end *end, uint8_t own_tx, uint8_t own_rx, uint8_t peer_tx,
                       uint8_t peer_rx)
{
    struct air_link *link = end->link;
    uint8_t down = phy_choose(own_tx & peer_rx, link->phy[CENTRAL]);
    uint8_t up = phy_choose(own_rx & peer_tx, link->phy[PERIPHERAL]);
    uint8_t pdu[5] = {LL_PHY_UPDATE_IND, down ? (uint8_t)(1 << (down - 1)) : 0,
                      up ? (uint8_t)(1 << (up - 1)) : 0};
    if (down || up) {
        link->instant = (struct instant){.planned = true,
                                         .procedure = PROC_PHY,
                                         .event = instant_event(link),
                                         .phy = {down, up}};
        put16(pdu + 3, link->instant.event);
    }
    link_control_send(end, pdu, sizeof(pdu));
    if (!down && !up && end->local == PROC_PHY) {
        phy_event(end, end->controller->air->now, HCI_SUCCESS);
        llcp_done(end);
    }
}

static void on_phy_req(struct air_end *end, int64_t at, const uint8_t *data)
{
    const struct air_controller *controller = end->controller;
    uint8_t error = llcp_collision(end, PROC_PHY);
    if (error) {
        llcp_reject(end, LL_PHY_REQ, error);
    } else if (end->role == CENTRAL) {
        phy_decide(end, controller->default_tx_phys, controller->default_rx_phys, data[1], data[2]);
    } else {
        link_control_send(
            end, (uint8_t[]){LL_PHY_RSP, controller->default_tx_phys, controller->default_rx_phys},
            3);
        end->phy_asked = true;
    }
}

static void on_phy_rsp(struct air_end *end, int64_t at, const uint8_t *data)
{
    if (end->role == CENTRAL && end->local == PROC_PHY && !llcp_instant_busy(end->link)) {
        phy_decide(end, end->phy_tx, end->phy_rx, data[1], data[2]);
    }
}

static void on_phy_update(struct air_end *end, int64_t at, const uint8_t *data)
{
    end->phy_asked = false;
    if (end->role != PERIPHERAL) {
        return;
    }
    if (data[1] || data[2]) {
        end->link->instant.known = true;
    } else if (end->local == PROC_PHY) {
        phy_event(end, at, HCI_SUCCESS);
        llcp_done(end);
    } else {
        llcp_run(end); // nothing changes: what waited for the central's word may start
    }
}

// What an instant changes, at both sides at once

static void apply_update(struct air_link *link)
{
    const struct instant *instant = &link->instant;
    bool changed = link->interval != instant->interval || link->latency != instant->latency ||
                   link->timeout != instant->timeout;
    link->interval = instant->interval;
    link->latency = instant->latency;
    link->timeout = instant->timeout;
    subrate_off(link); // 5.1.1
    for (int side = 0; side < 2; side++) {
        struct air_end *end = &link->ends[side];
        if (end->up) {
            air_timer_set(link->air, &end->supervision,
                          end->last_rx + (int64_t)link->timeout * 10000);
            if (changed || end->local == PROC_UPDATE) {
                update_event(end, link->air->now, HCI_SUCCESS);
            }
        }
    }
}

static void apply_phy(struct air_link *link)
{
    for (int side = 0; side < 2; side++) {
        link->phy[side] = link->instant.phy[side] ? link->instant.phy[side] : link->phy[side];
    }
    for (int side = 0; side < 2; side++) {
        if (link->ends[side].up) {
            phy_event(&link->ends[side], link->air->now, HCI_SUCCESS);
        }
    }
}

void llcp_apply_instant(struct air_link *link)
{
    uint8_t procedure = link->instant.procedure;
    link->instant.planned = false;
    if (!link->instant.known) {
        link->split = true; // the peripheral missed it: they lose each other
        return;
    }
    if (procedure == PROC_UPDATE) {
        apply_update(link);
    } else if (procedure == PROC_PHY) {
        apply_phy(link);
    } else {
        link->channel_map = link->instant.channel_map;
    }
    link->instant.procedure = PROC_NONE;
    for (int side = 0; side < 2; side++) {
        struct air_end *end = &link->ends[side];
        if (end->local == procedure) {
            llcp_done(end);
        } else if (end->up) {
            llcp_run(end);
        }
    }
}

// Termination (5.1.6)

void llcp_terminate(struct air_end *end, uint8_t reason)
{
    if (!end->terminating) {
        end->terminating = true;
        link_control_send(end, (uint8_t[]){LL_TERMINATE_IND, reason}, 2);
    }
}

static void on_terminate(struct air_end *end, int64_t at, const uint8_t *data)
{
    end->leave_reason = data[1] ? data[1] : HCI_UNSPECIFIED;
}

void llcp_acked(struct air_end *end, int64_t at, const uint8_t *data)
{
    if (data[0] == LL_TERMINATE_IND) {
        link_end_down(end, at, HCI_LOCAL_HOST);
    } else if (data[0] == LL_SUBRATE_IND) {
        subrate_acked(end->link);
    }
}

// Refusals

static void refused(struct air_end *end, uint8_t opcode, uint8_t error)
{
    if (end->local && (procedures[end->local].opcode == opcode ||
                       (end->local == PROC_FEATURES && opcode == LL_PERIPHERAL_FEATURE_REQ) ||
                       (end->local == PROC_SUBRATE && opcode == LL_SUBRATE_IND))) {
        procedures[end->local].fail(end, error);
    }
}

static void on_unknown(struct air_end *end, int64_t at, const uint8_t *data)
{
    refused(end, data[1], HCI_UNSUPPORTED_REMOTE);
}

static void on_reject_ext(struct air_end *end, int64_t at, const uint8_t *data)
{
    refused(end, data[1], data[2]);
}

// The short form names no opcode: it ends what this side has under way.
static void on_reject(struct air_end *end, int64_t at, const uint8_t *data)
{
    if (end->local) {
        procedures[end->local].fail(end, data[1]);
    }
}

// The tables

#define ANY 0xff
static const struct pdu_row pdus[] = {
    {LL_CONNECTION_UPDATE_IND, 12, ANY, on_update_ind},
    {LL_CHANNEL_MAP_IND, 8, ANY, on_update_ind},
    {LL_TERMINATE_IND, 2, ANY, on_terminate},
    {LL_ENC_REQ, 23, FEAT_ENCRYPTION, enc_receive_req},
    {LL_ENC_RSP, 13, FEAT_ENCRYPTION, enc_receive_rsp},
    {LL_START_ENC_REQ, 1, FEAT_ENCRYPTION, enc_receive_start_req},
    {LL_START_ENC_RSP, 1, FEAT_ENCRYPTION, enc_receive_start_rsp},
    {LL_UNKNOWN_RSP, 2, ANY, on_unknown},
    {LL_FEATURE_REQ, 9, ANY, on_feature_req},
    {LL_FEATURE_RSP, 9, ANY, on_feature_rsp},
    {LL_PAUSE_ENC_REQ, 1, FEAT_ENCRYPTION, enc_receive_pause_req},
    {LL_PAUSE_ENC_RSP, 1, FEAT_ENCRYPTION, enc_receive_pause_rsp},
    {LL_VERSION_IND, 6, ANY, on_version},
    {LL_REJECT_IND, 2, ANY, on_reject},
    {LL_PERIPHERAL_FEATURE_REQ, 9, FEAT_PERIPHERAL_FEATURES, on_feature_req},
    {LL_CONNECTION_PARAM_REQ, 24, FEAT_CONN_PARAM_REQ, on_param_req},
    {LL_CONNECTION_PARAM_RSP, 24, FEAT_CONN_PARAM_REQ, on_param_rsp},
    {LL_REJECT_EXT_IND, 3, FEAT_EXT_REJECT, on_reject_ext},
    {LL_LENGTH_REQ, 9, FEAT_DATA_LENGTH, on_length_req},
    {LL_LENGTH_RSP, 9, FEAT_DATA_LENGTH, on_length_rsp},
    {LL_PHY_REQ, 3, FEAT_PHY_2M, on_phy_req},
    {LL_PHY_RSP, 3, FEAT_PHY_2M, on_phy_rsp},
    {LL_PHY_UPDATE_IND, 5, FEAT_PHY_2M, on_phy_update},
    {LL_PERIODIC_SYNC_IND, 35, FEAT_PAST_RECIPIENT, per_transferred},
    {LL_SUBRATE_REQ, 11, FEAT_SUBRATING, subrate_receive_req},
    {LL_SUBRATE_IND, 11, FEAT_SUBRATING, subrate_receive_ind},
};

static const struct procedure_row procedures[PROC_COUNT] = {
    [PROC_ENCRYPT] = {LL_ENC_REQ, false, enc_start, enc_fail},
    [PROC_UPDATE] = {LL_CONNECTION_PARAM_REQ, true, update_start, update_fail},
    [PROC_SUBRATE] = {LL_SUBRATE_REQ, true, subrate_start, subrate_fail},
    [PROC_CHANNEL_MAP] = {LL_CHANNEL_MAP_IND, true, channel_map_start, channel_map_fail},
    [PROC_PHY] = {LL_PHY_REQ, true, phy_start, phy_fail},
    [PROC_LENGTH] = {LL_LENGTH_REQ, false, length_start, length_fail},
    [PROC_FEATURES] = {LL_FEATURE_REQ, false, features_start, features_fail},
    [PROC_VERSION] = {LL_VERSION_IND, false, version_start, version_fail},
};

void llcp_receive(struct air_end *end, int64_t at, const uint8_t *data, uint8_t len)
{
    for (size_t i = 0; i < sizeof(pdus) / sizeof(pdus[0]); i++) {
        const struct pdu_row *row = &pdus[i];
        bool known = row->opcode == data[0] && row->len == len &&
                     (row->feature == ANY || controller_has(end->controller, row->feature));
        if (known) {
            row->receive(end, at, data);
            return;
        }
    }
    link_control_send(end, (uint8_t[]){LL_UNKNOWN_RSP, data[0]}, 2);
}

// Running

static bool may_start(const struct air_end *end, const struct procedure_row *row)
{
    if (!row->instant) {
        return true;
    }
    // What the peer has begun goes first.
    return !llcp_instant_busy(end->link) && !end->param_asked && !end->phy_asked;
}

void llcp_run(struct air_end *end)
{
    for (uint8_t p = 1; p < PROC_COUNT && !end->local && end->up && !end->terminating; p++) {
        if (end->want >> p & 1 && may_start(end, &procedures[p])) {
            end->want &= ~(1u << p);
            end->local = p;
            air_timer_set(end->controller->air, &end->procedure_timer,
                          end->controller->air->now + PROCEDURE_TIMEOUT_US);
            procedures[p].start(end);
            p = 0; // what ended at once lets the next one start
        }
    }
}

void llcp_want(struct air_end *end, enum procedure procedure)
{
    end->want |= 1u << procedure;
    llcp_run(end);
}

void llcp_done(struct air_end *end)
{
    end->local = PROC_NONE;
    air_timer_stop(end->controller->air, &end->procedure_timer);
    llcp_run(end);
}

static void procedure_late(void *ctx)
{
    struct air_end *end = ctx;
    struct air_link *link = end->link;
    link_end_down(end, link->air->now, HCI_RESPONSE_TIMEOUT);
    link_reap(link);
}

void llcp_init(struct air_end *end)
{
    struct air_controller *controller = end->controller;
    end->procedure_timer = (struct air_timer){.fn = procedure_late, .ctx = end};
    end->subrate = controller->subrate;
    end->tx_octets = controller->default_tx_octets;
    end->tx_time = controller->default_tx_time;
    end->rx_octets = controller_max_octets(controller);
    end->rx_time = controller_max_time(controller);
    end->remote_tx_octets = end->remote_rx_octets = LL_MIN_OCTETS;
    end->remote_tx_time = end->remote_rx_time = LL_MIN_TIME;
    end->eff_tx_octets = end->eff_rx_octets = LL_MIN_OCTETS;
    end->eff_tx_time = end->eff_rx_time = LL_MIN_TIME;
}
