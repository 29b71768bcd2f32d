// Privacy in the link layer: the resolving list, private addresses made and resolved, privacy modes
// (Core Specification, Vol 6, Part B, 1.3.2 and 6; Vol 4, Part E, 7.8.38 to 7.8.45 and 7.8.77).
//
// A private address of an entry follows from the controller's number, the entry's peer and the
// number of the period since resolution was turned on: nothing is stored, no timer runs. What
// addresses of others resolve to is tried each time; the virtual radio has time.
//
// Simplified: LE Read Peer and Local Resolvable Address tell what this controller would send now.
#include <string.h>

#include <mbedtls/aes.h>

#include "adv.h"
#include "bytes.h"
#include "commands.h"
#include "privacy.h"

#define MEMORY_CAPACITY 0x07
#define MODE_NETWORK    0

static bool any(const uint8_t irk[16])
{
    static const uint8_t zero[16];
    return memcmp(irk, zero, sizeof(zero)) != 0;
}

// 1.3.2.2: the hash of prand; keys and text come least significant octet first.
static void ah(const uint8_t irk[16], const uint8_t prand[3], uint8_t hash[3])
{
    uint8_t key[16], block[16] = {0};
    for (int i = 0; i < 16; i++) {
        key[i] = irk[15 - i];
    }
    for (int i = 0; i < 3; i++) {
        block[15 - i] = prand[i];
    }
    mbedtls_aes_context aes;
    mbedtls_aes_init(&aes);
    (void)mbedtls_aes_setkey_enc(&aes, key, 128);
    (void)mbedtls_aes_crypt_ecb(&aes, MBEDTLS_AES_ENCRYPT, block, block);
    mbedtls_aes_free(&aes);
    for (int i = 0; i < 3; i++) {
        hash[i] = block[15 - i];
    }
}

static bool is_rpa(const struct le_addr *addr)
{
    return addr->type == 1 && (addr->val[5] & 0xc0) == 0x40;
}

static bool made_with(const struct le_addr *addr, const uint8_t irk[16])
{
    uint8_t hash[3];
    if (!is_rpa(addr) || !any(irk)) {
        return false;
    }
    ah(irk, addr->val + 3, hash);
    return !memcmp(hash, addr->val, sizeof(hash));
}

static struct le_addr make(const struct air_controller *controller, const struct resolving *entry,
                           bool local)
{
    const struct privacy *privacy = &controller->privacy;
    int64_t period =
        (controller->air->now - privacy->since) / (privacy->timeout * INT64_C(1000000));
    uint64_t key = air_hash(controller->air->config.seed, controller->id, get32(entry->peer.val));
    uint64_t bits = air_hash(key, (uint64_t)privacy->since, (uint64_t)period * 2 + local);
    struct le_addr addr = {.type = 1};
    put24(addr.val + 3, (uint32_t)(bits | 1)); // never all zeroes, all ones once in 4 million
    addr.val[5] = (uint8_t)((addr.val[5] & 0x3f) | 0x40);
    ah(local ? entry->local_irk : entry->peer_irk, addr.val + 3, addr.val);
    return addr;
}

static struct resolving *find(struct air_controller *controller, const struct le_addr *peer)
{
    struct privacy *privacy = &controller->privacy;
    for (unsigned int i = 0; i < privacy->count; i++) {
        if (addr_equal(&privacy->list[i].peer, peer)) {
            return &privacy->list[i];
        }
    }
    return NULL;
}

// The entry of an identity while resolution is on.
static const struct resolving *entry_of(const struct air_controller *controller,
                                        const struct le_addr *peer)
{
    return controller->privacy.on ? find((struct air_controller *)controller, peer) : NULL;
}

struct who privacy_who(const struct air_controller *controller, const struct le_addr *addr)
{
    const struct privacy *privacy = &controller->privacy;
    struct who who = {.id = *addr, .ok = true};
    for (unsigned int i = 0; privacy->on && i < privacy->count; i++) {
        if (made_with(addr, privacy->list[i].peer_irk)) {
            who.id = privacy->list[i].peer;
            who.resolved = true;
            return who;
        }
    }
    // In network mode a peer with an IRK that shows its identity is ignored (6.2).
    const struct resolving *entry = entry_of(controller, addr);
    who.ok = !entry || !any(entry->peer_irk) || entry->mode != MODE_NETWORK;
    return who;
}

bool privacy_own(const struct air_controller *controller, uint8_t own_type,
                 const struct le_addr *peer, struct le_addr *own)
{
    const struct resolving *entry = own_type > 1 ? entry_of(controller, peer) : NULL;
    if (!entry || !any(entry->local_irk)) {
        return false;
    }
    *own = make(controller, entry, true);
    return true;
}

struct le_addr privacy_target(const struct air_controller *controller, uint8_t own_type,
                              const struct le_addr *peer)
{
    const struct resolving *entry = own_type > 1 ? entry_of(controller, peer) : NULL;
    return entry && any(entry->peer_irk) ? make(controller, entry, false) : *peer;
}

bool privacy_is_us(const struct air_controller *controller, uint8_t own_type,
                   const struct le_addr *peer, const struct le_addr *target)
{
    const struct resolving *entry = own_type > 1 ? entry_of(controller, peer) : NULL;
    return entry && made_with(target, entry->local_irk);
}

void privacy_reset(struct air_controller *controller)
{
    controller->privacy = (struct privacy){.timeout = 900};
}

// Commands

// 7.8.38: not while resolution is on and one of these runs.
static bool in_use(const struct air_controller *controller)
{
    return controller->adv.enabled || ext_any_enabled(controller) ||
           controller->scan.listener.enabled || controller->init.listener.enabled;
}

static bool locked(const struct air_controller *controller)
{
    return controller->privacy.on && in_use(controller);
}

static bool peer_of(const struct call *call, struct le_addr *peer)
{
    peer->type = call->p[0];
    memcpy(peer->val, call->p + 1, 6);
    return peer->type <= 1;
}

uint8_t cmd_add_resolving(struct air_controller *controller, struct call *call)
{
    struct privacy *privacy = &controller->privacy;
    struct resolving entry = {.mode = MODE_NETWORK};
    if (locked(controller)) {
        return HCI_COMMAND_DISALLOWED;
    }
    if (!peer_of(call, &entry.peer) || find(controller, &entry.peer)) {
        return HCI_INVALID_PARAMETERS;
    }
    if (privacy->count == controller->config.resolving_list_size) {
        return MEMORY_CAPACITY;
    }
    memcpy(entry.peer_irk, call->p + 7, 16);
    memcpy(entry.local_irk, call->p + 23, 16);
    privacy->list[privacy->count++] = entry;
    return HCI_SUCCESS;
}

uint8_t cmd_remove_resolving(struct air_controller *controller, struct call *call)
{
    struct privacy *privacy = &controller->privacy;
    struct le_addr peer;
    if (locked(controller)) {
        return HCI_COMMAND_DISALLOWED;
    }
    struct resolving *entry = peer_of(call, &peer) ? find(controller, &peer) : NULL;
    if (!entry) {
        return HCI_UNKNOWN_CONNECTION;
    }
    *entry = privacy->list[--privacy->count];
    return HCI_SUCCESS;
}

uint8_t cmd_clear_resolving(struct air_controller *controller, struct call *call)
{
    if (locked(controller)) {
        return HCI_COMMAND_DISALLOWED;
    }
    controller->privacy.count = 0;
    return HCI_SUCCESS;
}

uint8_t cmd_read_resolving_size(struct air_controller *controller, struct call *call)
{
    *rsp_add(call, 1) = controller->config.resolving_list_size;
    return HCI_SUCCESS;
}

static uint8_t read_rpa(struct air_controller *controller, struct call *call, bool local)
{
    struct le_addr peer;
    const struct resolving *entry = peer_of(call, &peer) ? entry_of(controller, &peer) : NULL;
    if (!entry || !any(local ? entry->local_irk : entry->peer_irk)) {
        return HCI_UNKNOWN_CONNECTION;
    }
    struct le_addr addr = make(controller, entry, local);
    memcpy(rsp_add(call, 6), addr.val, 6);
    return HCI_SUCCESS;
}

uint8_t cmd_read_peer_rpa(struct air_controller *controller, struct call *call)
{
    return read_rpa(controller, call, false);
}

uint8_t cmd_read_local_rpa(struct air_controller *controller, struct call *call)
{
    return read_rpa(controller, call, true);
}

uint8_t cmd_set_resolution(struct air_controller *controller, struct call *call)
{
    if (in_use(controller)) {
        return HCI_COMMAND_DISALLOWED;
    }
    if (call->p[0] > 1) {
        return HCI_INVALID_PARAMETERS;
    }
    controller->privacy.on = call->p[0];
    controller->privacy.since = controller->air->now;
    return HCI_SUCCESS;
}

uint8_t cmd_set_rpa_timeout(struct air_controller *controller, struct call *call)
{
    uint16_t seconds = get16(call->p);
    if (!seconds || seconds > 3600) {
        return HCI_INVALID_PARAMETERS;
    }
    controller->privacy.timeout = seconds;
    controller->privacy.since = controller->air->now;
    return HCI_SUCCESS;
}

uint8_t cmd_set_privacy_mode(struct air_controller *controller, struct call *call)
{
    struct le_addr peer;
    if (locked(controller)) {
        return HCI_COMMAND_DISALLOWED;
    }
    if (call->p[7] > 1) {
        return HCI_INVALID_PARAMETERS;
    }
    struct resolving *entry = peer_of(call, &peer) ? find(controller, &peer) : NULL;
    if (!entry) {
        return HCI_UNKNOWN_CONNECTION;
    }
    entry->mode = call->p[7];
    return HCI_SUCCESS;
}
