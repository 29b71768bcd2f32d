// The scenarios of pairing and bonding, of what needs keys, and what must hold of them: every link at rest, and no bond
// that is less than whole, in memory or in the settings. Included once, by fault.c, behind its helpers.
#ifndef BREEZE_TESTS_FAULT_FAULT_SMP_H_
#define BREEZE_TESTS_FAULT_FAULT_SMP_H_

#if CONFIG_BT_SMP
#include <breeze/settings.h>
#include <breeze/smp.h>

#include "kernel/state.h"
#include "smp/state.h"

static struct {
    unsigned int paired; // Pairings completed with a bond.
    unsigned int secured;
} smp_sides[2];

static uint8_t smp_store_mem[2][4096];
static struct breeze_settings_ram smp_stores[2];

// The stores, one of which may refuse to save or to delete.
static int store_load(struct settings_store *store, const struct settings_load_arg *arg)
{
    return breeze_settings_ram_load(CONTAINER_OF(store, struct breeze_settings_ram, store), arg);
}

static int store_save(struct settings_store *store, const char *name, const char *val, size_t len)
{
    struct breeze_settings_ram *ram = CONTAINER_OF(store, struct breeze_settings_ram, store);
    bool refused = here() == &sides[fault.victim] && strikes(STORE);
    return refused ? -EIO : breeze_settings_ram_save(ram, name, val, len);
}

static const struct settings_store_itf store_itf = {.csi_load = store_load, .csi_save = store_save};

static int smp_me(void)
{
    return here() == &sides[CENTRAL];
}

// ---- The application ---------------------------------------------------------------------------

static void on_secured(struct bt_conn *conn, bt_security_t level, enum bt_security_err err)
{
    (void)callback();
    smp_sides[smp_me()].secured += !err;
}

BT_CONN_CB_DEFINE(fault_smp_callbacks) = {.security_changed = on_secured};

static void on_number(struct bt_conn *conn, unsigned int passkey)
{
    (void)callback();
    (void)bt_conn_auth_passkey_confirm(conn);
}

static void on_show(struct bt_conn *conn, unsigned int passkey)
{
    (void)callback();
}

static void on_cancelled(struct bt_conn *conn)
{
    (void)callback();
}

static const struct bt_conn_auth_cb smp_auth_cb = {
    .passkey_display = on_show, .passkey_confirm = on_number, .cancel = on_cancelled};

static void smp_ended(void)
{
    struct side *side = callback();
    side->ended += side == &sides[CENTRAL]; // The peripheral's are not begun by a call.
}

static void on_paired(struct bt_conn *conn, bool bonded)
{
    smp_sides[smp_me()].paired += bonded;
    smp_ended();
}

static void on_pairing_failed(struct bt_conn *conn, enum bt_security_err reason)
{
    smp_ended();
}

static struct bt_conn_auth_info_cb smp_infos[2];

static int smp_ready(bool no_sc)
{
    const struct breeze_smp_policy policy = {.no_sc = no_sc};
    struct bt_conn_auth_info_cb *info = &smp_infos[smp_me()];
    struct breeze_settings_ram *ram = &smp_stores[smp_me()];
    info->pairing_complete = on_paired;
    info->pairing_failed = on_pairing_failed;
    (void)bt_conn_auth_info_cb_register(info);
    (void)bt_conn_auth_cb_register(&smp_auth_cb);
    if (!kernel_state.settings_destination) {
        breeze_settings_ram_init(ram, smp_store_mem[smp_me()], sizeof(smp_store_mem[0]));
        ram->store.cs_itf = &store_itf;
        settings_src_register(&ram->store);
        settings_dst_register(&ram->store);
    }
    int err = bt_unpair(BT_ID_DEFAULT, NULL);
    return err ? err : breeze_smp_policy_set(&policy);
}

static int call_ready(void)
{
    return smp_ready(false);
}

static int call_ready_legacy(void)
{
    return smp_ready(true);
}

static int call_pair(void)
{
    return started(here()->conn ? bt_conn_set_security(here()->conn, BT_SECURITY_L2) : -ENOTCONN);
}

// With the bond: there is one, and nothing is paired.
static int call_secure(void)
{
    return here()->conn ? bt_conn_set_security(here()->conn, BT_SECURITY_L2) : -ENOTCONN;
}

// ---- Scenarios ---------------------------------------------------------------------------------

static bool both_grew(size_t member, const unsigned int before[2])
{
    for (int i = 0; i < 2; i++) {
        const unsigned int *what = (const void *)((const char *)&smp_sides[i] + member);
        if (!until(what, before[i] + 1)) {
            return false;
        }
    }
    return true;
}

#define GREW(member, before)                                                                       \
    both_grew((size_t)((char *)&smp_sides[0].member - (char *)smp_sides), before)

static bool scenario_bonding(int (*ready)(void), int who)
{
    unsigned int paired[] = {smp_sides[0].paired, smp_sides[1].paired};
    if (!up() || !does(PERIPHERAL, ready) || !does(CENTRAL, ready) ||
        !link_up(call_advertise, call_create) || !procedure(CENTRAL, call_pair) ||
        !GREW(paired, paired) || !link_down(who)) {
        return false;
    }
    unsigned int secured[] = {smp_sides[0].secured, smp_sides[1].secured};
    return link_up(call_advertise, call_create) && does(who, call_secure) &&
           GREW(secured, secured) && link_down(!who);
}

static bool scenario_pair(void)
{
    return scenario_bonding(call_ready, CENTRAL);
}

static bool scenario_legacy(void)
{
    return scenario_bonding(call_ready_legacy, PERIPHERAL);
}

#if CONFIG_BT_EATT
static int call_bearers(void)
{
    return bt_eatt_count(here()->conn) == CONFIG_BT_EATT_MAX ? 0 : -EAGAIN;
}

static int call_bearer_close(void)
{
    return here()->conn ? bt_eatt_disconnect_one(here()->conn) : -ENOTCONN;
}

static bool bearers_open(void)
{
    int64_t left = STEP_US;
    for (; left > 0 && !(does(PERIPHERAL, call_bearers) && does(CENTRAL, call_bearers));
         left -= TICK_US) {
        pass(TICK_US);
    }
    return left > 0;
}

static bool pair_up(void)
{
    unsigned int paired[] = {smp_sides[0].paired, smp_sides[1].paired};
    return up() && does(PERIPHERAL, call_ready) && does(CENTRAL, call_ready) &&
           link_up(call_advertise, call_create) && procedure(CENTRAL, call_pair) &&
           GREW(paired, paired);
}

// Procedures at once, each on a bearer; the end of one bearer, and of all with the link.
static bool scenario_eatt(void)
{
    value_len = 40;
    return pair_up() && bearers_open() && does(CENTRAL, call_read) &&
           does(CENTRAL, call_write_long) && does(CENTRAL, call_discover) &&
           until(&sides[CENTRAL].ended, sides[CENTRAL].started) &&
           does(CENTRAL, call_bearer_close) && procedure(CENTRAL, call_read) && link_down(CENTRAL);
}
#elif CONFIG_BT_SIGNING
static int call_write_signed(void)
{
    return here()->conn ? bt_gatt_write_without_response(here()->conn, VALUE_HANDLE, big, 8, true)
                        : -ENOTCONN;
}

// A link that is not encrypted, and a key of the bond.
static bool scenario_signed(void)
{
    if (!scenario_bonding(call_ready, CENTRAL) || !link_up(call_advertise, call_create)) {
        return false;
    }
    unsigned int written = sides[PERIPHERAL].written;
    return does(CENTRAL, call_write_signed) && until(&sides[PERIPHERAL].written, written + 1) &&
           does(CENTRAL, call_write_signed) && until(&sides[PERIPHERAL].written, written + 2) &&
           link_down(PERIPHERAL);
}
#endif

// ---- What must hold ----------------------------------------------------------------------------

static bool is_key(const struct smp_ltk *ltk)
{
    static const uint8_t zero[16];
    return memcmp(ltk->val, zero, sizeof(zero)) != 0;
}

static bool is_whole(const struct smp_keys *bond)
{
    const uint8_t both = SMP_KEYS_OURS | SMP_KEYS_THEIRS;
    return (bond->flags & both) == both && bond->size == 16 && is_key(&bond->ours) &&
           (bond->flags & SMP_KEYS_SC ? (bond->flags & SMP_KEYS_AUTH) != 0 : is_key(&bond->theirs));
}

static int stored_one(const char *key, size_t len, settings_read_cb read_cb, void *cb_arg,
                      void *param)
{
    uint8_t record[BREEZE_BOND_RECORD_LEN];
    uint8_t kept[BREEZE_BOND_RECORD_LEN];
    unsigned int *same = param;
    if (len != sizeof(record) || read_cb(cb_arg, record, len) != (ssize_t)len) {
        return 0;
    }
    for (unsigned int i = 0; i < CONFIG_BT_MAX_PAIRED; i++) {
        const struct smp_keys *bond = &smp_reg.bonds[i];
        if ((bond->flags & SMP_KEYS_USED) && !breeze_smp_bond_export(bond->id, &bond->addr, kept)) {
            memcpy(kept + 4, record + 4, 4);                    // Age is stored with a change only,
            *same += !memcmp(kept, record, sizeof(record) - 4); // and checked with it.
        }
    }
    return 0;
}

static void count_half(void *arg)
{
    unsigned int *wrong = arg;
    unsigned int bonds = 0;
    unsigned int same = 0;
    for (unsigned int i = 0; i < CONFIG_BT_MAX_PAIRED; i++) {
        const struct smp_keys *bond = &smp_reg.bonds[i];
        bonds += (bond->flags & SMP_KEYS_USED) != 0;
        *wrong += (bond->flags & SMP_KEYS_USED) && !is_whole(bond);
    }
    for (unsigned int i = 0; i < CONFIG_BT_MAX_CONN; i++) {
        const struct smp_link *link = &smp_run.links[i];
        *wrong += smp_is_pairing(link) || link->waits || link->out_len || link->asked ||
                  link->enc_out || (!link->has_keys && link->keys.flags);
    }
    if (kernel_state.settings_destination) {
        (void)settings_load_subtree_direct("bt/keys", stored_one, &same);
        *wrong += same != bonds && fault.kind != STORE; // What it refused it lacks.
    }
}

#if CONFIG_BT_EATT
#define SMP_OPTIONAL {"eatt", scenario_eatt, AIR_LEVEL_DEFAULT},
#elif CONFIG_BT_SIGNING
#define SMP_OPTIONAL {"signed", scenario_signed, AIR_LEVEL_DEFAULT},
#else
#define SMP_OPTIONAL
#endif
#define SMP_SCENARIOS                                                                              \
    {"pair", scenario_pair, AIR_LEVEL_DEFAULT}, {"legacy", scenario_legacy, AIR_LEVEL_DEFAULT},    \
        SMP_OPTIONAL

#else // No scenarios, and nothing to hold.

static void count_half(void *arg)
{
}

#define SMP_SCENARIOS
#endif

#endif // BREEZE_TESTS_FAULT_FAULT_SMP_H_
