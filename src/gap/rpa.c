// Our own addresses (rpa.h; Vol 6, Part B, 1.3.2; Vol 3, Part C, 10.7): IRKs, private addresses,
// and when they change.
//
// Private addresses are made when somebody needs one and last until the timer, which runs from the
// first one made, drops them all; they are made anew when somebody still needs one. So a device at rest
// makes none. All advertising sets of an identity show the same one: several that change at once would
// name each other.
//
// With the controller's cryptography an address is made where its AES may be waited for: the first one when
// a call wants it (own_prepare()), the others, for as long as the host is on, in the drain. Until a new one is
// there the old one stays.
#include <errno.h>
#include <string.h>

#include <zephyr/bluetooth/bluetooth.h>

#include "crypto/crypto.h"
#include "gap/id.h"
#include "gap/state.h"
#include "hci/wait.h"

#define LOG_LAYER LOG_GAP
#include "base/log.h"

#define TIMEOUT_MAX 3600 // 7.8.45

static void renew(struct post *post, uint16_t bits);

// These identities' addresses are to change.
static void outdated(uint8_t ids)
{
    if (!CONFIG_BREEZE_CRYPTO_CONTROLLER) {
        rpa_run.made &= (uint8_t)~ids;
    } else if (rpa_run.made & ids) {
        rpa_run.post.fn = renew;
        post_set(&rpa_run.post, 1);
    }
}

// ---- Identity resolving keys --------------------------------------------------------------------

static bool is_zero(const uint8_t irk[16])
{
    static const uint8_t zero[16];
    return !memcmp(irk, zero, sizeof(zero));
}

// Addresses that were made with other keys are over.
static void irk_set(uint8_t id, const uint8_t irk[16])
{
    memcpy(rpa_reg.irks[id], irk, sizeof(rpa_reg.irks[id]));
    outdated((uint8_t)BIT(id));
    rpa_reg.unsaved = true;
    rlist_changed();
}

static void save(void)
{
    if (rpa_reg.unsaved && gap_reg.id_stores) {
        rpa_reg.unsaved = false;
        gap_settings_save_irk(rpa_reg.irks, gap_reg.id_count * sizeof(rpa_reg.irks[0]));
    }
}

const uint8_t *own_irk(uint8_t id)
{
    uint8_t fresh[16];
    if (!is_zero(rpa_reg.irks[id])) {
        return rpa_reg.irks[id];
    }
    if (crypto_rand(fresh, sizeof(fresh)) || is_zero(fresh)) {
        return NULL;
    }
    irk_set(id, fresh);
    save();
    return rpa_reg.irks[id];
}

void own_irk_restore(uint8_t id, const uint8_t irk[16])
{
    if (!(rpa_reg.given & BIT(id)) && !is_zero(irk) && memcmp(rpa_reg.irks[id], irk, 16)) {
        irk_set(id, irk);
        hci_cmd_kick();
    }
}

int own_irk_assign(uint8_t id, uint8_t *irk)
{
    own_irk_forget(id);
    if (irk && !is_zero(irk)) {
        irk_set(id, irk);
        rpa_reg.given |= (uint8_t)BIT(id);
    } else if (irk) {
        const uint8_t *fresh = own_irk(id);
        if (!fresh) {
            return -EAGAIN;
        }
        memcpy(irk, fresh, 16);
    }
    save();
    return 0;
}

void own_irk_forget(uint8_t id)
{
    static const uint8_t none[16];
    rpa_reg.given &= (uint8_t)~BIT(id);
    irk_set(id, none);
}

bool own_irk_load(const uint8_t *value, size_t len)
{
    if (len % 16 || len > sizeof(rpa_reg.irks)) {
        return false;
    }
    for (uint8_t id = 0; id < len / 16; id++) {
        own_irk_restore(id, value + 16 * id);
    }
    rpa_reg.unsaved = false;
    return true;
}

void own_irk_load_done(void)
{
    save();
}

// ---- Addresses ----------------------------------------------------------------------------------

uint16_t own_timeout(void)
{
    return rpa_reg.timeout ? rpa_reg.timeout : CONFIG_BT_RPA_TIMEOUT;
}

static void expired(struct loop_timer *timer)
{
    rpa_run.made_nrpa = false;
    outdated(UINT8_MAX);
    hci_cmd_kick();
}

static void made(void)
{
    if (!loop_timer_running(&rpa_run.timer)) {
        loop_timer_start(&rpa_run.timer, own_timeout() * 1000000LL, expired);
    }
}

// The random bits are neither all 0 nor all 1 (1.3.2.2).
static bool is_plain(const uint8_t *random, size_t len)
{
    uint8_t any = random[len - 1] & 0x3f;
    uint8_t all = random[len - 1] | 0xc0;
    for (size_t i = 0; i + 1 < len; i++) {
        any |= random[i];
        all &= random[i];
    }
    return !any || all == 0xff;
}

static bool random_bits(uint8_t *to, size_t len)
{
    do {
        int err = crypto_rand(to, len);
        if (err) {
            log_err("no private address: %d", err);
            return false;
        }
    } while (is_plain(to, len));
    return true;
}

static const bt_addr_le_t *nrpa(void)
{
    bt_addr_le_t *addr = &rpa_run.nrpa;
    if (!rpa_run.made_nrpa) {
        if (!random_bits(addr->a.val, BT_ADDR_SIZE)) {
            return NULL;
        }
        addr->type = BT_ADDR_LE_RANDOM;
        BT_ADDR_SET_NRPA(&addr->a);
        rpa_run.made_nrpa = true;
        made();
    }
    return addr;
}

// A fresh address of whoever has this IRK.
static bool rpa_make(const uint8_t irk[16], bt_addr_le_t *addr)
{
    if ((CONFIG_BREEZE_CRYPTO_CONTROLLER && !hci_may_wait()) || !random_bits(addr->a.val + 3, 3)) {
        return false;
    }
    addr->type = BT_ADDR_LE_RANDOM;
    BT_ADDR_SET_RPA(&addr->a);
    crypto_ah(irk, addr->a.val + 3, addr->a.val);
    return crypto_ok();
}

// In the drain, with the controller's cryptography only.
static void renew(struct post *post, uint16_t bits)
{
    bt_addr_le_t fresh;
    for (uint8_t id = 0; id < CONFIG_BT_ID_MAX; id++) {
        if (is_zero(rpa_reg.irks[id])) {
            rpa_run.made &= (uint8_t)~BIT(id);
        } else if ((rpa_run.made & BIT(id)) && rpa_make(rpa_reg.irks[id], &fresh)) {
            rpa_run.rpas[id] = fresh;
        }
    }
    if (rpa_run.made) {
        made();
    }
    hci_cmd_kick();
}

#if CONFIG_BREEZE_CRYPTO_CONTROLLER
bool own_prepare(enum own_kind kind, uint8_t id)
{
    if (rpa_run.post.bits && hci_may_wait()) {
        post_clear(&rpa_run.post);
        renew(&rpa_run.post, 1);
    }
    return own_addr(kind, id) != NULL;
}
#endif

static const bt_addr_le_t *rpa(uint8_t id)
{
    if (!(rpa_run.made & BIT(id))) {
        const uint8_t *irk = own_irk(id);
        if (!irk || !rpa_make(irk, &rpa_run.rpas[id])) {
            return NULL;
        }
        rpa_run.made |= (uint8_t)BIT(id);
        made();
    }
    return &rpa_run.rpas[id];
}

bool own_aim(uint32_t adv_options, uint8_t id, const bt_addr_le_t *peer, bt_addr_le_t *to)
{
    struct gap_bond bond;
    if (!(adv_options & BT_LE_ADV_OPT_DIR_ADDR_RPA)) {
        *to = *peer;
        return true;
    }
    return gap_find_behind_rpa(id, peer, &bond) && rpa_make(bond.irk, to);
}

const bt_addr_le_t *own_addr(enum own_kind kind, uint8_t id)
{
    if (!gap_id_addr(id)) {
        return NULL;
    }
    if (kind == OWN_NRPA) {
        return nrpa();
    }
    return kind == OWN_RPA ? rpa(id) : gap_id_addr(id);
}

void own_lost(void)
{
    loop_timer_stop(&rpa_run.timer);
    rpa_run.made = 0;
    rpa_run.made_nrpa = false;
}

// ---- Which kind ---------------------------------------------------------------------------------

enum own_kind own_kind(void)
{
    static const enum own_kind kinds[] = {
        [BREEZE_PRIVACY_NONE] = OWN_IDENTITY,
        [BREEZE_PRIVACY_RPA] = OWN_RPA,
        [BREEZE_PRIVACY_NRPA] = OWN_NRPA,
    };
    return kinds[breeze_privacy_get()];
}

int own_kind_of(uint32_t adv_options)
{
    if (adv_options & BT_LE_ADV_OPT_USE_NRPA) {
        bool wrong = adv_options & (BT_LE_ADV_OPT_CONNECTABLE | BT_LE_ADV_OPT_USE_IDENTITY);
        return wrong ? -EINVAL : (int)OWN_NRPA;
    }
    return adv_options & BT_LE_ADV_OPT_USE_IDENTITY ? OWN_IDENTITY : (int)own_kind();
}

// ---- The API ------------------------------------------------------------------------------------

int breeze_privacy_set(enum breeze_privacy privacy)
{
    if ((unsigned int)privacy > BREEZE_PRIVACY_NRPA) {
        return -EINVAL;
    }
    uint8_t before = rpa_reg.privacy;
    rpa_reg.privacy = (uint8_t)(privacy + 1);
    if (gap_is_ready() && !own_prepare(own_kind(), BT_ID_DEFAULT)) {
        rpa_reg.privacy = before;
        return -EAGAIN;
    }
    rlist_changed();
    return 0;
}

enum breeze_privacy breeze_privacy_get(void)
{
    enum breeze_privacy first = CONFIG_BT_PRIVACY ? BREEZE_PRIVACY_RPA : BREEZE_PRIVACY_NONE;
    return rpa_reg.privacy ? (enum breeze_privacy)(rpa_reg.privacy - 1) : first;
}

int breeze_privacy_addr(bt_addr_le_t *addr)
{
    const bt_addr_le_t *own = addr && gap_is_ready() ? own_addr(own_kind(), BT_ID_DEFAULT) : NULL;
    if (!own) {
        return addr ? -EAGAIN : -EINVAL;
    }
    *addr = *own;
    return 0;
}

int bt_le_set_rpa_timeout(uint16_t new_rpa_timeout)
{
    if (!new_rpa_timeout || new_rpa_timeout > TIMEOUT_MAX) {
        return -EINVAL;
    }
    rpa_reg.timeout = new_rpa_timeout;
    if (loop_timer_running(&rpa_run.timer)) {
        loop_timer_start(&rpa_run.timer, new_rpa_timeout * 1000000LL, expired);
    }
    hci_cmd_kick();
    return 0;
}
