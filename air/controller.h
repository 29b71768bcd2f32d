// One controller: its HCI side (hci.c, commands.c, cmd_*.c), its advertiser, scanner and initiator
// (adv.c) and its ends of links (link.c, llcp*.c).
#ifndef BREEZE_AIR_CONTROLLER_H_
#define BREEZE_AIR_CONTROLLER_H_

#include "addr.h"
#include "core.h"
#include "hci.h"
#include "per.h"

struct air_end;

#define AIR_MAX_LINKS       32
#define AIR_MAX_ACCEPT_LIST 64
#define AIR_MAX_WITHOUT     64
#define AIR_DUPLICATES      64
#define AIR_MAX_RESOLVING   32

struct hci_packet {
    struct hci_packet *next;
    int64_t at;
    size_t len;
    uint8_t data[]; // H4: packet type first
};

struct hci_queue {
    struct hci_packet *head, *tail;
    size_t count;
};

// A bonded peer of the host (Vol 6, Part B, 6; privacy.c).
struct resolving {
    struct le_addr peer; // identity
    uint8_t peer_irk[16], local_irk[16];
    uint8_t mode;
};

struct privacy {
    bool on;          // address resolution
    uint16_t timeout; // seconds
    int64_t since;    // the first period of private addresses began
    struct resolving list[AIR_MAX_RESOLVING];
    unsigned int count;
};

// Legacy advertising (Vol 6, Part B, 4.4.2).
struct advertiser {
    struct air_controller *owner;
    unsigned int index; // 0: the legacy advertiser; of an advertising set (ext.c): its number + 1
    bool enabled;
    uint32_t interval_min, interval_max; // 0.625 ms
    uint8_t type;                        // HCI Advertising_Type
    uint8_t own_type;
    struct le_addr peer;
    uint8_t channels; // bit 0: 37
    uint8_t filter;   // bit 0: scan requests, bit 1: connections from the accept list only
    uint8_t data[31], data_len;
    uint8_t scan_rsp[31], scan_rsp_len;
    struct le_addr own;     // in use while enabled
    struct le_addr to;      // whom directed PDUs carry
    int64_t next_event;     // start of the next advertising event, without its random delay
    int64_t stop_at;        // end of high duty cycle directed advertising
    uint8_t channel;        // of the PDU that the timer stands for
    unsigned int starved;   // PDUs in a row that gave way to links
    uint64_t events;        // advertising events since it was enabled
    uint64_t pdus;          // counts PDUs: the number behind their random draws
    struct air_rng rng;     // advDelay
    struct air_timer timer; // next PDU
};

// The receiver of advertising packets, for scanning and for initiating (4.4.3, 4.4.4).
struct listener {
    bool enabled;
    uint8_t phys;                          // of the primary channels: bits 1 << PHY_1M, PHY_CODED
    uint16_t interval, window;             // 0.625 ms
    uint16_t interval_coded, window_coded; // ... on LE Coded
    uint8_t own_type;
    uint8_t filter;
    struct le_addr own;
    int64_t start; // of the first window
};

struct duplicate {
    struct le_addr addr;
    uint8_t type;
    uint16_t adi;
};

struct scanner {
    struct listener listener;
    bool extended; // hears extended advertising and reports in its events
    bool active, active_coded;
    bool filter_duplicates;
    struct air_timer timer; // Duration
    struct duplicate seen[AIR_DUPLICATES];
    unsigned int seen_count;
};

struct init_params {
    uint16_t interval_min, interval_max, latency, timeout;
};

struct initiator {
    struct listener listener; // enabled: a connection is being made
    bool extended;
    struct le_addr peer;
    struct init_params params[4]; // by PHY
};

// What a host accepts when subrating is asked for (Vol 4, Part E, 7.8.123).
struct subrate_params {
    uint16_t min, max, latency, continuation, timeout;
};

// The curve: our private key, and the one result that is on its way (p256.c).
struct p256 {
    bool has_key, busy;
    uint8_t key[32]; // most significant octet first
    uint8_t subevent;
    uint8_t event[1 + 64];
    uint8_t event_len;
    struct air_timer timer;
};

struct ext_set;
#define AIR_MAX_SETS 8

// Legacy and extended commands of advertising, scanning and initiating do not mix (Vol 4, Part E,
// 3.1.1): which of them this host has used since the reset.
enum adv_style {
    STYLE_OPEN,
    STYLE_LEGACY,
    STYLE_EXTENDED,
};

struct air_controller {
    struct air *air;
    struct air_controller *next;
    uint32_t id;
    char name[64];
    struct air_controller_config config;
    uint16_t without_commands[AIR_MAX_WITHOUT];
    bool powered;
    uint32_t loss_ppm, miss_ppm;

    // HCI
    struct hci_queue in;       // from the host, each with its time
    struct hci_queue out;      // towards the host, not yet there
    struct hci_queue ready;    // there, not yet read
    size_t read_offset;        // into the head of `ready`
    struct hci_queue deferred; // events that wait for the response of the command under way
    bool in_command;
    struct air_timer in_timer, out_timer;
    void (*on_ready)(void *ctx);
    void *on_ready_ctx;
    air_filter_fn filter;
    void *filter_ctx;
    struct air_sink trace;
    uint64_t event_mask, event_mask_page_2, le_event_mask;
    bool host_flow;                        // Controller To Host Flow Control
    uint16_t host_acl_len, host_acl_count; // what the host announced; 0: nothing
    unsigned int unread_acl;               // in `out` and `ready`
    unsigned int unread_reports;           // advertising reports there

    // Identity
    bool has_public;
    struct le_addr public_addr, static_addr, random_addr;
    bool random_set;

    // Link layer
    struct air_rng rng;
    int64_t radio_until;  // busy until then
    int64_t listen_until; // a listener that starved has the radio until then
    unsigned int listen_missed;
    enum adv_style style;
    struct advertiser adv;
    struct ext_set *sets[AIR_MAX_SETS];
    struct scanner scan;
    struct initiator init;
    struct privacy privacy;
    struct per_listener per;
    struct p256 p256;
    struct le_addr accept_list[AIR_MAX_ACCEPT_LIST];
    unsigned int accept_count;
    uint64_t channel_map;
    uint16_t default_tx_octets, default_tx_time;
    uint8_t default_tx_phys, default_rx_phys;
    bool subrate_host;             // the host takes part in subrating
    struct subrate_params subrate; // for links to come
    uint16_t next_handle;
    struct air_end *ends[AIR_MAX_LINKS];
};

// controller.c
enum air_level controller_level(const struct air_controller *controller);
uint64_t controller_features(const struct air_controller *controller);
static inline bool controller_has(const struct air_controller *controller, unsigned int feature)
{
    return controller_features(controller) >> feature & 1;
}
uint8_t controller_version(const struct air_controller *controller);
void controller_defaults(struct air_controller *controller); // the state after a reset
void controller_drop_links(struct air_controller *controller);
uint16_t controller_max_octets(const struct air_controller *controller);
uint16_t controller_max_time(const struct air_controller *controller);
// The address that an Own_Address_Type stands for; false when there is none.
bool controller_own_addr(const struct air_controller *controller, uint8_t own_type,
                         struct le_addr *addr);
// Whether HCI may ask for that type.
bool controller_own_type(const struct air_controller *controller, uint8_t own_type);
bool controller_accepts(const struct air_controller *controller, const struct le_addr *addr);
uint32_t controller_loss(const struct air_controller *a, const struct air_controller *b);
uint32_t controller_miss(const struct air_controller *a, const struct air_controller *b);
static inline bool addr_equal(const struct le_addr *a, const struct le_addr *b)
{
    return a->type == b->type && !__builtin_memcmp(a->val, b->val, 6);
}

// LE features (Vol 6, Part B, 4.6).
enum {
    FEAT_ENCRYPTION = 0,
    FEAT_CONN_PARAM_REQ = 1,
    FEAT_EXT_REJECT = 2,
    FEAT_PERIPHERAL_FEATURES = 3,
    FEAT_DATA_LENGTH = 5,
    FEAT_PRIVACY = 6,
    FEAT_PHY_2M = 8,
    FEAT_PHY_CODED = 11,
    FEAT_EXT_ADV = 12,
    FEAT_PER_ADV = 13,
    FEAT_PAST_SENDER = 24,
    FEAT_PAST_RECIPIENT = 25,
    FEAT_SUBRATING = 37,
    FEAT_SUBRATING_HOST = 38,
};

// p256.c
void p256_reset(struct air_controller *controller);

// hci.c
void hci_init(struct air_controller *controller);
void hci_flush(struct air_controller *controller);
// An event, `at` the moment when it happens; dropped if the masks say so.
void hci_event(struct air_controller *controller, int64_t at, uint8_t code, const void *params,
               uint8_t len);
void hci_le_event(struct air_controller *controller, int64_t at, uint8_t subevent,
                  const void *params, uint8_t len);
bool hci_le_event_on(const struct air_controller *controller, uint8_t subevent);
// Data towards the host, cut to what it can hold; `start`: first fragment of an L2CAP PDU. What the
// host has no buffer for is held back until it has (7.3.38).
void hci_acl(struct air_controller *controller, int64_t at, struct air_end *end, bool start,
             const uint8_t *data, size_t len);
void hci_release(struct air_controller *controller);
void hci_drop_held(struct air_end *end);
// Whether one more data PDU of this link may be taken off the air.
bool hci_acl_room(const struct air_controller *controller, const struct air_end *end);
void hci_completed(struct air_controller *controller, int64_t at, uint16_t handle);

// commands.c
void hci_command(struct air_controller *controller, const uint8_t *packet, size_t len);
void hci_supported_commands(const struct air_controller *controller, uint8_t octets[64]);
// link.c
void link_acl_from_host(struct air_controller *controller, const uint8_t *packet, size_t len);

// adv.c
void adv_start(struct advertiser *adv);
void adv_stop(struct advertiser *adv);
// The advertiser that gave way too often: links let it go first, at its timer's time.
const struct advertiser *adv_starving(const struct air_controller *controller);
void scan_start(struct air_controller *controller);
void scan_stop(struct air_controller *controller);
void adv_init(struct air_controller *controller);

// ext.c
void ext_sets_clear(struct air_controller *controller);

#endif // BREEZE_AIR_CONTROLLER_H_
