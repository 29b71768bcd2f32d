// A controller's identity, features and power; the parts it consists of are in controller.h.
#include "controller.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "link.h"
#include "privacy.h"

#define NO_MASK         UINT64_C(0x00001fffffffffff) // Vol 4, Part E, 7.3.1: the default
#define LE_DEFAULT_MASK UINT64_C(0x1f)               // 7.8.1
#define ALL_CHANNELS    ((UINT64_C(1) << 37) - 1)

static uint16_t or_default(uint16_t value, uint16_t fallback)
{
    return value ? value : fallback;
}

enum air_level controller_level(const struct air_controller *controller)
{
    return controller->config.level;
}

uint8_t controller_version(const struct air_controller *controller)
{
    // 4.0 is 6, 4.1 is 7, 4.2 is 8, 5.0 is 9 and so on (Assigned Numbers, 2.1).
    int level = controller->config.level;
    return (uint8_t)(level < 50 ? 6 + level - 40 : 9 + level - 50);
}

uint64_t controller_features(const struct air_controller *controller)
{
    int level = controller->config.level;
    uint64_t features = 1u << FEAT_ENCRYPTION;
    if (level >= 41) {
        features |=
            1u << FEAT_CONN_PARAM_REQ | 1u << FEAT_EXT_REJECT | 1u << FEAT_PERIPHERAL_FEATURES;
    }
    if (level >= 42) {
        features |= 1u << FEAT_DATA_LENGTH | 1u << FEAT_PRIVACY;
    }
    if (level >= 50) {
        features |=
            1u << FEAT_PHY_2M | 1u << FEAT_PHY_CODED | 1u << FEAT_EXT_ADV | 1u << FEAT_PER_ADV;
    }
    if (level >= 51) {
        features |= 1u << FEAT_PAST_SENDER | 1u << FEAT_PAST_RECIPIENT;
    }
    if (level >= 53) {
        features |= UINT64_C(1) << FEAT_SUBRATING;
        features |= (uint64_t)controller->subrate_host << FEAT_SUBRATING_HOST;
    }
    return features & ~controller->config.without_features;
}

uint16_t controller_max_octets(const struct air_controller *controller)
{
    return controller_has(controller, FEAT_DATA_LENGTH) ? controller->config.max_data_octets
                                                        : LL_MIN_OCTETS;
}

uint16_t controller_max_time(const struct air_controller *controller)
{
    unsigned int octets = controller_max_octets(controller);
    if (controller_has(controller, FEAT_PHY_CODED) && octets > LL_MIN_OCTETS) {
        return (uint16_t)ll_airtime(PHY_CODED, octets + 4);
    }
    return (uint16_t)ll_airtime(PHY_1M, octets + 4);
}

bool controller_own_addr(const struct air_controller *controller, uint8_t own_type,
                         struct le_addr *addr)
{
    // Types 2 and 3 as well, where the resolving list has nothing better (privacy.c).
    *addr = own_type & 1 ? controller->random_addr : controller->public_addr;
    return own_type & 1 ? controller->random_set : controller->has_public;
}

bool controller_own_type(const struct air_controller *controller, uint8_t own_type)
{
    return own_type <= (controller_has(controller, FEAT_PRIVACY) ? 3 : 1);
}

bool controller_accepts(const struct air_controller *controller, const struct le_addr *addr)
{
    for (unsigned int i = 0; i < controller->accept_count; i++) {
        if (addr_equal(&controller->accept_list[i], addr)) {
            return true;
        }
    }
    return false;
}

static uint32_t larger_ppm(const struct air *air, uint32_t a, uint32_t b, uint32_t fallback)
{
    a = a == AIR_DEFAULT_PPM ? fallback : a;
    b = b == AIR_DEFAULT_PPM ? fallback : b;
    return a > b ? a : b;
}

// A packet between two controllers meets the worse of their conditions.
uint32_t controller_loss(const struct air_controller *a, const struct air_controller *b)
{
    return larger_ppm(a->air, a->loss_ppm, b->loss_ppm, a->air->config.loss_ppm);
}

uint32_t controller_miss(const struct air_controller *a, const struct air_controller *b)
{
    return larger_ppm(a->air, a->miss_ppm, b->miss_ppm, a->air->config.miss_ppm);
}

void air_controller_radio(struct air_controller *controller, uint32_t loss_ppm, uint32_t miss_ppm)
{
    controller->loss_ppm = loss_ppm;
    controller->miss_ppm = miss_ppm;
}

// The state that HCI Reset leaves (Vol 4, Part E, 7.3.2).
void controller_defaults(struct air_controller *controller)
{
    controller->event_mask = NO_MASK;
    controller->event_mask_page_2 = 0;
    controller->le_event_mask = LE_DEFAULT_MASK;
    controller->host_flow = false;
    controller->host_acl_len = 0;
    controller->host_acl_count = 0;
    controller->random_set = false;
    controller->style = STYLE_OPEN;
    ext_sets_clear(controller);
    per_listener_clear(controller);
    scan_stop(controller);
    memset(&controller->scan, 0, sizeof(controller->scan));
    memset(&controller->init, 0, sizeof(controller->init));
    controller->scan.listener.interval = 0x10; // 7.8.10: the default
    controller->scan.listener.window = 0x10;
    controller->accept_count = 0;
    privacy_reset(controller);
    p256_reset(controller);
    controller->channel_map = ALL_CHANNELS;
    controller->subrate_host = false;
    controller->subrate = (struct subrate_params){.min = 1, .max = 1, .timeout = 3200}; // 7.8.123
    controller->default_tx_octets = LL_MIN_OCTETS;
    controller->default_tx_time = LL_MIN_TIME;
    controller->default_tx_phys = 0x07;
    controller->default_rx_phys = 0x07;
    if (!controller_has(controller, FEAT_PHY_CODED)) {
        controller->default_tx_phys = controller->default_rx_phys = 0x03;
    }
    adv_init(controller);
}

// All links are gone for this side at once, without a word to anybody.
void controller_drop_links(struct air_controller *controller)
{
    for (size_t i = 0; i < AIR_MAX_LINKS; i++) {
        struct air_end *end = controller->ends[i];
        if (end) {
            link_end_down(end, controller->air->now, 0);
            link_reap(end->link);
        }
    }
}

void air_controller_power(struct air_controller *controller, bool on)
{
    if (on == controller->powered) {
        return;
    }
    adv_stop(&controller->adv);
    controller_drop_links(controller);
    hci_flush(controller);
    controller->powered = on;
    controller_defaults(controller);
}

void air_address_from_name(const char *name, size_t len, uint8_t address[6])
{
    uint64_t hash = 0xcbf29ce484222325u; // FNV-1a
    for (size_t i = 0; i < len; i++) {
        hash = (hash ^ (uint8_t)name[i]) * 0x100000001b3u;
    }
    uint8_t bytes[8];
    put64(bytes, air_mix(hash));
    memcpy(address, bytes, 6);
    address[5] |= 0xc0; // a static address (Vol 6, Part B, 1.3.2.1)
    address[0] = (uint8_t)(address[0] == 0xff ? 0xfe : address[0] ? address[0] : 1);
}

void air_controller_static_address(const struct air_controller *controller, uint8_t address[6])
{
    memcpy(address, controller->static_addr.val, 6);
}

const char *air_controller_name(const struct air_controller *controller)
{
    return controller->name;
}

unsigned int air_controller_links(const struct air_controller *controller)
{
    return link_count(controller);
}

static void config_copy(struct air_controller *controller,
                        const struct air_controller_config *config)
{
    struct air_controller_config *own = &controller->config;
    *own = *config;
    own->level = config->level ? config->level : AIR_LEVEL_5_4;
    own->acl_len = or_default(config->acl_len, own->level < AIR_LEVEL_4_2 ? 27 : LL_MAX_OCTETS);
    own->acl_count = (uint8_t)or_default(config->acl_count, 4);
    own->max_links = (uint8_t)or_default(config->max_links, 8);
    own->max_links = own->max_links > AIR_MAX_LINKS ? AIR_MAX_LINKS : own->max_links;
    own->accept_list_size = (uint8_t)or_default(config->accept_list_size, 8);
    if (own->accept_list_size > AIR_MAX_ACCEPT_LIST) {
        own->accept_list_size = AIR_MAX_ACCEPT_LIST;
    }
    own->resolving_list_size = (uint8_t)or_default(config->resolving_list_size, 8);
    if (own->resolving_list_size > AIR_MAX_RESOLVING) {
        own->resolving_list_size = AIR_MAX_RESOLVING;
    }
    own->max_data_octets = or_default(config->max_data_octets, LL_MAX_OCTETS);
    size_t without = config->without_commands_len;
    own->without_commands_len = without < AIR_MAX_WITHOUT ? without : AIR_MAX_WITHOUT;
    for (size_t i = 0; i < own->without_commands_len; i++) {
        controller->without_commands[i] = config->without_commands[i];
    }
    own->without_commands = controller->without_commands;
    bool radio = config->radio_own || config->loss_ppm || config->miss_ppm;
    controller->loss_ppm = radio ? config->loss_ppm : AIR_DEFAULT_PPM;
    controller->miss_ppm = radio ? config->miss_ppm : AIR_DEFAULT_PPM;
}

static void identity_set(struct air_controller *controller,
                         const struct air_controller_config *config)
{
    char numbered[32];
    size_t len = 0;
    const char *source = config->name;
    if (!source) {
        static const char prefix[] = "controller ";
        memcpy(numbered, prefix, sizeof(prefix));
        len = sizeof(prefix) - 1;
        for (uint32_t id = controller->id; len < sizeof(numbered) && (id || len == 11); id /= 10) {
            numbered[len++] = (char)('0' + id % 10);
        }
        source = numbered;
    } else {
        len = strlen(source);
    }
    size_t kept = len < sizeof(controller->name) - 1 ? len : sizeof(controller->name) - 1;
    memcpy(controller->name, source, kept);
    controller->static_addr.type = 1;
    air_address_from_name(source, len, controller->static_addr.val);
    if (config->has_static_address) {
        memcpy(controller->static_addr.val, config->static_address, 6);
    }
    controller->has_public = config->has_public_address;
    if (controller->has_public) {
        memcpy(controller->public_addr.val, config->public_address, 6);
    }
}

struct air_controller *air_controller_new(struct air *air,
                                          const struct air_controller_config *config)
{
    struct air_controller *controller = calloc(1, sizeof(*controller));
    if (!controller) {
        return NULL;
    }
    controller->air = air;
    controller->id = air->next_id++;
    config_copy(controller, config);
    identity_set(controller, config);
    controller->config.name = controller->name;
    controller->rng.state = air_hash(air->config.seed, 0x63747231, controller->id);
    controller->adv.owner = controller;
    controller->adv.rng.state = air_hash(air->config.seed, 0x61647631, controller->id);
    hci_init(controller);
    controller->powered = true;
    controller_defaults(controller);
    struct air_controller **at = &air->controllers;
    while (*at) {
        at = &(*at)->next;
    }
    *at = controller;
    return controller;
}

// Links that still name a controller which is gone are dead on its side; their other side must not
// look at it again.
static void forget(struct air_controller *controller)
{
    for (struct air_link *link = controller->air->links; link; link = link->next) {
        for (int side = 0; side < 2; side++) {
            if (link->ends[side].controller == controller) {
                link->ends[side].controller = link->ends[!side].controller;
            }
        }
    }
}

void air_controller_free(struct air_controller *controller)
{
    if (!controller) {
        return;
    }
    air_controller_power(controller, false);
    forget(controller);
    struct air_controller **at = &controller->air->controllers;
    while (*at != controller) {
        at = &(*at)->next;
    }
    *at = controller->next;
    free(controller);
}
