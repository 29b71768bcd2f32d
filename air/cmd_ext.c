// Commands of extended advertising, scanning and initiating (Core Specification, Vol 4, Part E, 7.8.52
// to 7.8.66): checks and storage; ext.c and adv.c do the rest.
#include <stdlib.h>
#include <string.h>

#include "adv.h"
#include "bytes.h"
#include "commands.h"

#define HANDLE_MAX      0xef
#define MEMORY_CAPACITY 0x07
#define LEGACY_DATA_MAX 31

// Operation of LE Set Extended Advertising Data.
enum {
    OP_INTERMEDIATE,
    OP_FIRST,
    OP_LAST,
    OP_COMPLETE,
    OP_UNCHANGED,
};

struct ext_set *ext_set_find(const struct air_controller *controller, uint8_t handle)
{
    for (size_t i = 0; i < AIR_MAX_SETS; i++) {
        if (controller->sets[i] && controller->sets[i]->handle == handle) {
            return controller->sets[i];
        }
    }
    return NULL;
}

static struct ext_set *set_new(struct air_controller *controller, uint8_t handle)
{
    for (size_t i = 0; i < AIR_MAX_SETS; i++) {
        if (controller->sets[i]) {
            continue;
        }
        struct ext_set *set = calloc(1, sizeof(*set));
        if (!set) {
            abort();
        }
        set->handle = handle;
        set->adv.owner = controller;
        set->adv.index = (unsigned int)i + 1;
        set->adv.rng.state =
            air_hash(controller->air->config.seed, 0x657874, air_rng_next(&controller->rng));
        controller->sets[i] = set;
        return set;
    }
    return NULL;
}

// Advertising

// The legacy PDU that the properties stand for (table in 7.8.53); -1: none.
static int legacy_type(uint16_t props)
{
    static const struct {
        uint16_t props;
        int type;
    } types[] = {
        {0x13, ADV_IND_TYPE},  {0x15, ADV_DIRECT_LOW_TYPE}, {0x1d, ADV_DIRECT_HIGH_TYPE},
        {0x12, ADV_SCAN_TYPE}, {0x10, ADV_NONCONN_TYPE},
    };
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (types[i].props == (props & 0x3f)) {
            return types[i].type;
        }
    }
    return -1;
}

static bool props_legal(uint16_t props)
{
    if (props & EXT_LEGACY) {
        return legacy_type(props) >= 0;
    }
    bool both = (props & 0x03) == 0x03;
    return props <= 0x7f && !both && !(props & EXT_HIGH_DUTY) &&
           !((props & EXT_ANONYMOUS) && (props & 0x03));
}

static bool phys_legal(const struct air_controller *controller, uint8_t primary, uint8_t secondary,
                       bool legacy)
{
    bool coded = controller_has(controller, FEAT_PHY_CODED);
    bool two = controller_has(controller, FEAT_PHY_2M);
    if (legacy) {
        return primary == PHY_1M;
    }
    return (primary == PHY_1M || (primary == PHY_CODED && coded)) &&
           (secondary == PHY_1M || (secondary == PHY_2M && two) ||
            (secondary == PHY_CODED && coded));
}

static uint8_t adv_params_check(const struct air_controller *controller, const struct ext_set *set,
                                const uint8_t *p)
{
    uint16_t props = get16(p + 1);
    uint32_t min = get16(p + 3) | (uint32_t)p[5] << 16;
    uint32_t max = get16(p + 6) | (uint32_t)p[8] << 16;
    bool legacy = props & EXT_LEGACY;
    if (set && set->adv.enabled) {
        return HCI_COMMAND_DISALLOWED;
    }
    if (set && set->per.configured && props & PER_NOT) {
        return HCI_INVALID_PARAMETERS;
    }
    if (set && set->per.enabled && p[22] != set->secondary_phy) {
        return HCI_COMMAND_DISALLOWED;
    }
    if (p[0] > HANDLE_MAX || !props_legal(props) || min < 0x20 || min > max || !p[9] || p[9] > 7 ||
        !controller_own_type(controller, p[10]) || p[11] > 1 || p[18] > 3 || p[23] > 0x0f ||
        p[24] > 1 ||
        (set && legacy && (set->data.len > LEGACY_DATA_MAX || set->rsp.len > LEGACY_DATA_MAX))) {
        return HCI_INVALID_PARAMETERS;
    }
    return phys_legal(controller, p[20], p[22], legacy) ? HCI_SUCCESS : HCI_UNSUPPORTED;
}

// The power that these radios have for what was asked, dBm: from -20 to 10, and 0 if it was left open.
static int8_t tx_power_near(int8_t asked)
{
    if (asked == 0x7f) {
        return 0;
    }
    return (int8_t)(asked < -20 ? -20 : asked > 10 ? 10 : asked);
}

uint8_t cmd_set_ext_adv_params(struct air_controller *controller, struct call *call)
{
    const uint8_t *p = call->p;
    struct ext_set *set = ext_set_find(controller, p[0]);
    uint8_t status = adv_params_check(controller, set, p);
    if (status) {
        return status;
    }
    set = set ? set : set_new(controller, p[0]);
    if (!set) {
        return MEMORY_CAPACITY;
    }
    struct advertiser *adv = &set->adv;
    set->props = get16(p + 1);
    int type = set->props & EXT_LEGACY ? legacy_type(set->props) : ADV_NONCONN_TYPE;
    adv->type = (uint8_t)type;
    adv->interval_min = get16(p + 3) | (uint32_t)p[5] << 16;
    adv->interval_max = get16(p + 6) | (uint32_t)p[8] << 16;
    adv->channels = p[9];
    adv->own_type = p[10];
    adv->peer.type = p[11];
    memcpy(adv->peer.val, p + 12, 6);
    adv->filter = p[18];
    set->tx_power = tx_power_near((int8_t)p[19]);
    set->primary_phy = p[20];
    set->secondary_phy = p[22];
    set->sid = p[23];
    set->notify = p[24];
    *rsp_add(call, 1) = (uint8_t)set->tx_power;
    return HCI_SUCCESS;
}

uint8_t cmd_set_set_address(struct air_controller *controller, struct call *call)
{
    struct ext_set *set = ext_set_find(controller, call->p[0]);
    if (!set) {
        return HCI_UNKNOWN_SET;
    }
    if (set->adv.enabled && set->props & EXT_CONNECTABLE) {
        return HCI_COMMAND_DISALLOWED;
    }
    set->random.type = 1;
    memcpy(set->random.val, call->p + 1, 6);
    set->has_random = true;
    if (set->adv.enabled && set->adv.own.type == 1) {
        set->adv.own = set->random; // From the next event on.
    }
    return HCI_SUCCESS;
}

// What does not fit is all thrown away.
uint8_t ext_data_store(struct ext_data *data, bool sending, uint8_t op, const uint8_t *octets,
                       uint8_t len)
{
    bool goes_on = op == OP_INTERMEDIATE || op == OP_LAST;
    if (op > OP_UNCHANGED || (op != OP_COMPLETE && op != OP_UNCHANGED && !len) ||
        (op == OP_UNCHANGED && (len || !data->len || !sending))) {
        return HCI_INVALID_PARAMETERS;
    }
    if ((sending && op < OP_COMPLETE) || (goes_on && !data->open)) {
        return HCI_COMMAND_DISALLOWED;
    }
    if (goes_on && data->len + len > EXT_DATA_MAX) {
        data->len = 0;
        data->open = false;
        return MEMORY_CAPACITY;
    }
    if (op == OP_FIRST || op == OP_COMPLETE) {
        data->len = 0;
    }
    memcpy(data->octets + data->len, octets, len);
    data->len = (uint16_t)(data->len + len);
    data->open = op == OP_FIRST || op == OP_INTERMEDIATE;
    return HCI_SUCCESS;
}

// 7.8.54 and 7.8.55
static uint8_t data_store(struct ext_set *set, struct ext_data *data, const struct call *call)
{
    uint8_t op = call->p[1], len = call->p[3];
    if (set->props & EXT_LEGACY && (op != OP_COMPLETE || len > LEGACY_DATA_MAX)) {
        return HCI_INVALID_PARAMETERS;
    }
    uint8_t status = ext_data_store(data, set->adv.enabled, op, call->p + 4, len);
    if (status) {
        return status;
    }
    set->did = (set->did + 1) & 0x0fff;
    ext_data_changes(set);
    if (!data->open) {
        ext_legacy_data(set);
    }
    return HCI_SUCCESS;
}

static bool data_call_legal(const struct call *call)
{
    return call->len >= 4 && call->len == 4 + call->p[3] && call->p[3] <= 251;
}

uint8_t cmd_set_ext_adv_data(struct air_controller *controller, struct call *call)
{
    if (!data_call_legal(call)) {
        return HCI_INVALID_PARAMETERS;
    }
    struct ext_set *set = ext_set_find(controller, call->p[0]);
    if (!set) {
        return HCI_UNKNOWN_SET;
    }
    // Scannable extended PDUs have no advertising data, directed legacy ones neither.
    if (!(set->props & EXT_LEGACY) ? set->props & EXT_SCANNABLE : set->props & EXT_DIRECTED) {
        return HCI_INVALID_PARAMETERS;
    }
    return data_store(set, &set->data, call);
}

uint8_t cmd_set_ext_scan_rsp(struct air_controller *controller, struct call *call)
{
    if (!data_call_legal(call)) {
        return HCI_INVALID_PARAMETERS;
    }
    struct ext_set *set = ext_set_find(controller, call->p[0]);
    if (!set) {
        return HCI_UNKNOWN_SET;
    }
    if (!(set->props & EXT_SCANNABLE)) {
        return HCI_INVALID_PARAMETERS;
    }
    return data_store(set, &set->rsp, call);
}

// Whether a set may be enabled (7.8.56); its own address is found out.
static uint8_t enable_check(struct air_controller *controller, struct ext_set *set,
                            uint16_t duration)
{
    bool legacy = set->props & EXT_LEGACY;
    if (set->data.open || set->rsp.open ||
        (!legacy && set->props & EXT_SCANNABLE && !set->rsp.len)) {
        return HCI_COMMAND_DISALLOWED;
    }
    if (set->props & EXT_HIGH_DUTY && (!duration || duration > 128)) {
        return HCI_INVALID_PARAMETERS;
    }
    if (!legacy && set->props & EXT_CONNECTABLE && set->data.len > ext_single_max(set)) {
        return HCI_TOO_LONG; // no chains from connectable ones
    }
    if (set->props & EXT_CONNECTABLE && link_count(controller) >= controller->config.max_links) {
        return HCI_CONNECTION_LIMIT;
    }
    if (set->props & EXT_ANONYMOUS) {
        set->adv.own = (struct le_addr){.type = 0xff};
        return HCI_SUCCESS;
    }
    bool random = set->adv.own_type & 1;
    set->adv.own = random ? set->random : controller->public_addr;
    return random                   ? set->has_random ? HCI_SUCCESS : HCI_INVALID_PARAMETERS
           : controller->has_public ? HCI_SUCCESS
                                    : HCI_INVALID_PARAMETERS;
}

static void disable_all(struct air_controller *controller)
{
    for (size_t i = 0; i < AIR_MAX_SETS; i++) {
        if (controller->sets[i]) {
            adv_stop(&controller->sets[i]->adv);
        }
    }
}

// All of them, or none.
uint8_t cmd_set_ext_adv_enable(struct air_controller *controller, struct call *call)
{
    const uint8_t *p = call->p;
    if (call->len < 2 || call->len != 2 + 4 * p[1] || p[0] > 1 || (p[0] && !p[1])) {
        return HCI_INVALID_PARAMETERS;
    }
    for (unsigned int i = 0; i < p[1]; i++) {
        const uint8_t *entry = p + 2 + 4 * i;
        struct ext_set *set = ext_set_find(controller, entry[0]);
        uint8_t status = !set   ? HCI_UNKNOWN_SET
                         : p[0] ? enable_check(controller, set, get16(entry + 1))
                                : HCI_SUCCESS;
        if (status) {
            return status;
        }
    }
    if (!p[0] && !p[1]) {
        disable_all(controller);
    }
    for (unsigned int i = 0; i < p[1]; i++) {
        const uint8_t *entry = p + 2 + 4 * i;
        struct ext_set *set = ext_set_find(controller, entry[0]);
        if (p[0]) {
            ext_set_start(set, get16(entry + 1), entry[3]);
        } else {
            adv_stop(&set->adv);
        }
    }
    return HCI_SUCCESS;
}

uint8_t cmd_read_max_adv_data(struct air_controller *controller, struct call *call)
{
    put16(rsp_add(call, 2), EXT_DATA_MAX);
    return HCI_SUCCESS;
}

uint8_t cmd_read_set_count(struct air_controller *controller, struct call *call)
{
    *rsp_add(call, 1) = AIR_MAX_SETS;
    return HCI_SUCCESS;
}

uint8_t cmd_remove_set(struct air_controller *controller, struct call *call)
{
    struct ext_set *set = ext_set_find(controller, call->p[0]);
    if (!set) {
        return HCI_UNKNOWN_SET;
    }
    if (set->adv.enabled || set->per.enabled) {
        return HCI_COMMAND_DISALLOWED;
    }
    controller->sets[set->adv.index - 1] = NULL;
    free(set);
    return HCI_SUCCESS;
}

uint8_t cmd_clear_sets(struct air_controller *controller, struct call *call)
{
    if (ext_any_enabled(controller) || per_any_enabled(controller)) {
        return HCI_COMMAND_DISALLOWED;
    }
    ext_sets_clear(controller);
    return HCI_SUCCESS;
}

// Scanning

static bool window_legal(uint16_t interval, uint16_t window)
{
    return interval >= 4 && window >= 4 && window <= interval;
}

// Bits of Scanning_PHYs and Initiating_PHYs (1M, 2M, Coded) to bits 1 << PHY_*.
static uint8_t phys_of(uint8_t bits)
{
    return (uint8_t)(bits << 1);
}

uint8_t cmd_set_ext_scan_params(struct air_controller *controller, struct call *call)
{
    const uint8_t *p = call->p;
    struct scanner *scan = &controller->scan;
    if (scan->listener.enabled) {
        return HCI_COMMAND_DISALLOWED;
    }
    if (call->len < 3 || !controller_own_type(controller, p[0]) || p[1] > 1 || !(p[2] & 0x05) ||
        call->len != 3 + 5 * __builtin_popcount(p[2])) {
        return HCI_INVALID_PARAMETERS;
    }
    if (p[2] & ~0x05 || (p[2] & 0x04 && !controller_has(controller, FEAT_PHY_CODED))) {
        return HCI_UNSUPPORTED;
    }
    for (const uint8_t *phy = p + 3; phy < p + call->len; phy += 5) {
        if (phy[0] > 1 || !window_legal(get16(phy + 1), get16(phy + 3))) {
            return HCI_INVALID_PARAMETERS;
        }
    }
    const uint8_t *phy = p + 3;
    if (p[2] & 0x01) {
        scan->active = phy[0];
        scan->listener.interval = get16(phy + 1);
        scan->listener.window = get16(phy + 3);
        phy += 5;
    }
    if (p[2] & 0x04) {
        scan->active_coded = phy[0];
        scan->listener.interval_coded = get16(phy + 1);
        scan->listener.window_coded = get16(phy + 3);
    }
    scan->listener.own_type = p[0];
    scan->listener.filter = p[1];
    scan->listener.phys = phys_of(p[2]);
    return HCI_SUCCESS;
}

static void scan_timeout(void *ctx)
{
    struct air_controller *controller = ctx;
    scan_stop(controller);
    hci_le_event(controller, controller->air->now, LE_SCAN_TIMEOUT, "", 0);
}

uint8_t cmd_set_ext_scan_enable(struct air_controller *controller, struct call *call)
{
    const uint8_t *p = call->p;
    struct scanner *scan = &controller->scan;
    uint16_t duration = get16(p + 2);
    if (p[0] > 1 || p[1] > 2) {
        return HCI_INVALID_PARAMETERS;
    }
    if (!p[0]) {
        scan_stop(controller);
        return HCI_SUCCESS;
    }
    if (p[1] == 2 || get16(p + 4)) {
        return HCI_UNSUPPORTED; // Period
    }
    if (!scan->listener.phys) { // the default: LE 1M
        scan->listener.phys = 1u << PHY_1M;
    }
    bool active = scan->active || scan->active_coded;
    bool has = controller_own_addr(controller, scan->listener.own_type, &scan->listener.own);
    if (!has && (active || scan->listener.own_type)) {
        return HCI_INVALID_PARAMETERS;
    }
    scan->extended = true;
    scan->filter_duplicates = p[1];
    scan_start(controller);
    if (duration) {
        scan->timer.fn = scan_timeout;
        scan->timer.ctx = controller;
        air_timer_set(controller->air, &scan->timer,
                      controller->air->now + duration * INT64_C(10000));
    }
    return HCI_SUCCESS;
}

// Initiating

#define CREATE_HEAD 10
#define CREATE_PHY  16

static uint8_t create_phys_check(const struct call *call)
{
    for (const uint8_t *p = call->p + CREATE_HEAD; p < call->p + call->len; p += CREATE_PHY) {
        struct conn_params params = {get16(p + 4), get16(p + 6), get16(p + 8), get16(p + 10)};
        if (!window_legal(get16(p), get16(p + 2)) || !connection_params_legal(&params) ||
            get16(p + 12) > get16(p + 14)) {
            return HCI_INVALID_PARAMETERS;
        }
    }
    return HCI_SUCCESS;
}

// PHYs that the host gave nothing for have what the first one has.
static void create_store(struct initiator *init, const uint8_t *p, uint8_t phys)
{
    for (uint8_t phy = PHY_1M; phy <= PHY_CODED; phy++) {
        init->params[phy] =
            (struct init_params){get16(p + 4), get16(p + 6), get16(p + 8), get16(p + 10)};
    }
    for (uint8_t phy = PHY_1M; phy <= PHY_CODED; phy++) {
        if (!(phys & 1u << phy)) {
            continue;
        }
        init->params[phy] =
            (struct init_params){get16(p + 4), get16(p + 6), get16(p + 8), get16(p + 10)};
        if (phy == PHY_1M) {
            init->listener.interval = get16(p);
            init->listener.window = get16(p + 2);
        } else if (phy == PHY_CODED) {
            init->listener.interval_coded = get16(p);
            init->listener.window_coded = get16(p + 2);
        }
        p += CREATE_PHY;
    }
    init->listener.phys = phys & (1u << PHY_1M | 1u << PHY_CODED);
}

uint8_t cmd_ext_create_connection(struct air_controller *controller, struct call *call)
{
    const uint8_t *p = call->p;
    if (call->len < CREATE_HEAD || p[0] > 1 || !controller_own_type(controller, p[1]) || p[2] > 3 ||
        p[9] > 7 || !(p[9] & 5) ||
        call->len != CREATE_HEAD + CREATE_PHY * __builtin_popcount(p[9]) ||
        create_phys_check(call)) {
        return HCI_INVALID_PARAMETERS;
    }
    if ((p[9] & 4 && !controller_has(controller, FEAT_PHY_CODED)) ||
        (p[9] & 2 && !controller_has(controller, FEAT_PHY_2M))) {
        return HCI_UNSUPPORTED;
    }
    struct le_addr peer = {.type = p[2] & 1}; // 2, 3: an identity as well
    memcpy(peer.val, p + 3, 6);
    uint8_t status = initiator_state(controller, p[0], &peer);
    if (status) {
        return status;
    }
    struct initiator *init = &controller->init;
    if (!controller_own_addr(controller, p[1], &init->listener.own)) {
        return HCI_INVALID_PARAMETERS;
    }
    init->peer = peer;
    init->extended = true;
    init->listener.filter = p[0];
    init->listener.own_type = p[1];
    create_store(init, p + CREATE_HEAD, phys_of(p[9]));
    init->listener.start = controller->air->now;
    init->listener.enabled = true;
    return HCI_SUCCESS;
}
