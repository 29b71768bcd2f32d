// The controller's resolving list (Vol 6, Part B, 6; Vol 4, Part E, 7.8.38 to 7.8.45, 7.8.77).
//
// With it the controller knows bonded peers behind their private addresses: it filters and connects by
// identity, answers directed advertising to any private address of ours, and makes private addresses
// of its own for such peers. Bonds that find no place on it, those used longest ago, are left to the
// host (resolve.c, init.c).
//
// `list` is what is wanted; the controller has its first `sent` entries, the first `moded` of them
// with their privacy mode. A list that only grew is added to, any other change writes it anew.
// While resolution is on, the list and its modes may change only while nobody advertises, scans or
// initiates: all rest (rlist_needs_quiet()) until the two agree. While a periodic train is looked
// for, a change waits.
#include <string.h>

#include "gap/state.h"

#define LOG_LAYER LOG_GAP
#include "base/log.h"

#define MODE_NETWORK 0
#define MODE_DEVICE  1

static bool is_supported(void)
{
    return hci_has_feature(BT_LE_FEAT_BIT_PRIVACY) && hci_has_command(34, 3) &&
           hci_has_command(34, 5) && hci_has_command(34, 6) && hci_has_command(35, 1);
}

static bool has_modes(void)
{
    return hci_has_command(39, 2);
}

// ---- What is wanted -----------------------------------------------------------------------------

// Two entries differ if this number does.
static uint32_t mark_of(const struct gap_bond *bond, const uint8_t *own)
{
    uint32_t hash = 2166136261u; // FNV-1a
    for (unsigned int i = 0; i < 16; i++) {
        hash = (hash ^ bond->irk[i]) * 16777619u;
        hash = (hash ^ (own ? own[i] : 0)) * 16777619u;
    }
    return hash + mode_is_network(bond->id, &bond->addr);
}

static bool is_listed(const bt_addr_le_t *addr, uint8_t count)
{
    for (uint8_t i = 0; i < count; i++) {
        if (bt_addr_le_eq(&rlist_run.list[i].addr, addr)) {
            return true;
        }
    }
    return false;
}

// Our IRK for an entry, where we hide; NULL.
static const uint8_t *own_of(const struct gap_bond *bond)
{
    return own_kind() == OWN_RPA ? own_irk(bond->id) : NULL;
}

static bool any_bond(void)
{
    struct gap_bond bond;
    for (unsigned int i = 0; gap_bond_at(i, &bond); i++) {
        if (bond.irk) {
            return true;
        }
    }
    return false;
}

// The age from which on bonds find a place.
static uint32_t youngest(uint8_t room)
{
    struct gap_bond bond;
    uint32_t below = UINT32_MAX;
    for (uint8_t taken = 0; taken < room; taken++) {
        uint32_t next = 0;
        for (unsigned int i = 0; gap_bond_at(i, &bond); i++) {
            if (bond.irk && bond.age < below && bond.age >= next) {
                next = bond.age;
            }
        }
        below = next;
    }
    return below;
}

static void choose(void)
{
    struct rlist_run *run = &rlist_run;
    struct gap_bond bond;
    uint8_t room = (uint8_t)MIN(run->size, CONFIG_BREEZE_RESOLVING_LIST_MAX);
    uint32_t from = youngest(room);
    uint8_t count = 0;
    uint8_t same = 0; // Entries at the beginning that stay.
    for (unsigned int i = 0; count < room && gap_bond_at(i, &bond); i++) {
        if (!bond.irk || bond.age < from || is_listed(&bond.addr, count)) {
            continue;
        }
        struct rlist_entry entry = {bond.addr, (uint8_t)i, mark_of(&bond, own_of(&bond))};
        struct rlist_entry *at = &run->list[count];
        bool stays = at->mark == entry.mark && bt_addr_le_eq(&at->addr, &entry.addr);
        same += stays && same == count && count < run->sent;
        run->list[count++] = entry;
    }
    run->clear = run->clear || same < run->sent;
    run->count = count;
    run->chosen = true;
}

// ---- Commands -----------------------------------------------------------------------------------

// The controller does not do it: the host does.
static void give_up(uint16_t opcode, uint8_t status)
{
    struct rlist_run *run = &rlist_run;
    log_wrn("resolving list: command %04x, status %02x", opcode, status);
    run->size = 0;
    run->count = 0;
    run->clear = run->sent > 0;
    run->failed = true;
}

static void put_addr(struct wr *params, const bt_addr_le_t *addr)
{
    wr_u8(params, addr->type);
    wr_bytes(params, addr->a.val, BT_ADDR_SIZE);
}

static void put_add(struct wr *params)
{
    static const uint8_t none[16];
    const struct rlist_entry *entry = &rlist_run.list[rlist_run.sent];
    struct gap_bond bond = {.irk = NULL};
    bool known = gap_bond_at(entry->bond, &bond) && bond.irk;
    const uint8_t *own = known ? own_of(&bond) : NULL;
    put_addr(params, &entry->addr);
    wr_bytes(params, known ? bond.irk : none, 16);
    wr_bytes(params, own ? own : none, 16);
}

static void put_mode(struct wr *params)
{
    const struct rlist_entry *entry = &rlist_run.list[rlist_run.moded];
    struct gap_bond bond = {.irk = NULL};
    bool network = gap_bond_at(entry->bond, &bond) && mode_is_network(bond.id, &entry->addr);
    put_addr(params, &entry->addr);
    wr_u8(params, network ? MODE_NETWORK : MODE_DEVICE);
}

static void put_timeout(struct wr *params)
{
    rlist_run.told = own_timeout();
    wr_le16(params, rlist_run.told);
}

static void put_on(struct wr *params)
{
    wr_u8(params, 1);
}

static void put_off(struct wr *params)
{
    wr_u8(params, 0);
}

static void got_size(struct rd *ret)
{
    rlist_run.size = rd_u8(ret);
    rlist_run.asked = true;
    rlist_run.chosen = false;
}

static void got_off(struct rd *ret)
{
    rlist_run.on = false;
}

static void got_clear(struct rd *ret)
{
    rlist_run.clear = false;
    rlist_run.sent = 0;
    rlist_run.moded = 0;
}

static void got_add(struct rd *ret)
{
    rlist_run.sent++;
}

static void got_mode(struct rd *ret)
{
    rlist_run.moded++;
}

static void got_timeout(struct rd *ret)
{
    rlist_run.timeout = rlist_run.told;
}

static void got_on(struct rd *ret)
{
    rlist_run.on = true;
}

enum step {
    STEP_SIZE,
    STEP_OFF,
    STEP_CLEAR,
    STEP_ADD,
    STEP_MODE,
    STEP_TIMEOUT,
    STEP_ON,
    STEP_NONE,
};

static const struct {
    uint16_t opcode;
    void (*put)(struct wr *params);
    void (*got)(struct rd *ret); // On success.
} steps[] = {
    [STEP_SIZE] = {BT_HCI_OP_LE_READ_RL_SIZE, NULL, got_size},
    [STEP_OFF] = {BT_HCI_OP_LE_SET_ADDR_RES_ENABLE, put_off, got_off},
    [STEP_CLEAR] = {BT_HCI_OP_LE_CLEAR_RL, NULL, got_clear},
    [STEP_ADD] = {BT_HCI_OP_LE_ADD_DEV_TO_RL, put_add, got_add},
    [STEP_MODE] = {BT_HCI_OP_LE_SET_PRIVACY_MODE, put_mode, got_mode},
    [STEP_TIMEOUT] = {BT_HCI_OP_LE_SET_RPA_TIMEOUT, put_timeout, got_timeout},
    [STEP_ON] = {BT_HCI_OP_LE_SET_ADDR_RES_ENABLE, put_on, got_on},
};

static enum step step_due(const struct rlist_run *run)
{
    if (!run->asked) {
        return run->chosen ? STEP_NONE : STEP_SIZE;
    }
    if (run->on && (run->clear || !run->count)) {
        return STEP_OFF;
    }
    if (run->clear) {
        return STEP_CLEAR;
    }
    if (run->sent < run->count) {
        return STEP_ADD;
    }
    if (run->moded < run->count && has_modes()) {
        return STEP_MODE;
    }
    if (run->count && run->timeout != own_timeout() && hci_has_command(35, 2)) {
        return STEP_TIMEOUT;
    }
    return run->count && !run->on ? STEP_ON : STEP_NONE;
}

static void done(void *arg, uint8_t status, struct rd *ret)
{
    struct rlist_run *run = &rlist_run;
    enum step step = (enum step)run->step;
    if (status == HCI_STATUS_GONE) {
        return;
    }
    if (!status) {
        steps[step].got(ret);
    } else if (step == STEP_ADD && status == BT_HCI_ERR_MEM_CAPACITY_EXCEEDED) {
        run->size = run->sent; // It holds fewer than it said.
        run->count = run->sent;
    } else if (run->failed) {
        *run = (struct rlist_run){.asked = true, .failed = true};
    } else {
        run->asked = true;
        give_up(steps[step].opcode, status);
    }
}

bool rlist_needs_quiet(void)
{
    const struct rlist_run *run = &rlist_run;
    return run->active && run->asked && !per_sync_is_out() && step_due(run) != STEP_NONE;
}

bool rlist_next(struct hci_cmd *cmd, struct wr *params)
{
    struct rlist_run *run = &rlist_run;
    run->active = hci_state() == HCI_READY && is_supported();
    if (!run->active) {
        return false;
    }
    if (!run->chosen && !run->asked && !any_bond()) {
        run->chosen = true; // Nothing to ask the controller for.
    }
    if (!run->chosen && run->asked && !run->failed) {
        choose();
    }
    enum step step = step_due(run);
    bool quiet =
        !adv_is_on() && !ext_adv_is_on() && !scan_is_on() && !init_is_out() && !per_sync_is_out();
    if (step == STEP_NONE || (step != STEP_SIZE && !quiet)) {
        return false;
    }
    run->step = (uint8_t)step;
    if (steps[step].put) {
        steps[step].put(params);
    }
    *cmd = (struct hci_cmd){steps[step].opcode, done, NULL};
    return true;
}

// ---- What others see ----------------------------------------------------------------------------

void rlist_changed(void)
{
    rlist_run.chosen = false;
    hci_cmd_kick();
}

void rlist_lost(void)
{
    rlist_run = (struct rlist_run){0};
}

bool rlist_is_there(void)
{
    return hci_state() == HCI_READY && is_supported();
}

bool rlist_resolves(const bt_addr_le_t *identity)
{
    return rlist_run.active && is_listed(identity, rlist_run.count);
}

uint8_t rlist_own_type(const bt_addr_le_t *own)
{
    bool private = own->type == BT_ADDR_LE_RANDOM && BT_ADDR_IS_RPA(&own->a);
    return private && rlist_run.count ? BT_HCI_OWN_ADDR_RPA_OR_RANDOM : own->type;
}
