// A link: two ends, the connection events between them (link.c) and the control procedures
// (llcp.c, llcp_enc.c). Core Specification, Vol 6, Part B, 4.5 and 5.
#ifndef BREEZE_AIR_LINK_H_
#define BREEZE_AIR_LINK_H_

#include "controller.h"

enum {
    CENTRAL = 0, // as HCI numbers roles
    PERIPHERAL = 1,
};

#define LL_CONTROL  3
#define LL_START    2
#define LL_CONTINUE 1 // also the empty PDU

#define LL_MAX_OCTETS    251
#define LL_MIN_OCTETS    27
#define LL_MIN_TIME      328
#define LL_MAX_TIME      2120
#define LL_MAX_CODED     17040
#define LL_CONTROL_MAX   35
#define LL_CONTROL_SLOTS 12

// Control procedures in the order in which waiting ones start.
enum procedure {
    PROC_NONE,
    PROC_ENCRYPT,
    PROC_UPDATE,
    PROC_SUBRATE,
    PROC_CHANNEL_MAP,
    PROC_PHY,
    PROC_LENGTH,
    PROC_FEATURES,
    PROC_VERSION,
    PROC_COUNT,
};

// The PDU that an end sends until it is acknowledged.
struct ll_tx {
    bool valid;
    bool sent; // at least once
    bool encrypted;
    bool saturate;
    bool ends_packet; // last PDU of an ACL packet: its buffer is free when this is acknowledged
    uint8_t llid;
    uint8_t len;
    uint8_t data[LL_MAX_OCTETS];
};

struct ll_control {
    uint8_t len;
    uint8_t data[LL_CONTROL_MAX];
};

struct acl_packet {
    struct acl_packet *next;
    size_t len, offset;
    bool start;
    uint8_t data[];
};

// An ACL packet is not cut into pieces smaller than this, but for its last.
static inline unsigned int ll_least_piece(const struct acl_packet *packet)
{
    size_t rest = packet->len - packet->offset;
    return rest < LL_MIN_OCTETS ? (unsigned int)rest : LL_MIN_OCTETS;
}

struct conn_params {
    uint16_t interval_min, interval_max, latency, timeout;
};

struct air_end {
    struct air_link *link;
    struct air_controller *controller;
    uint8_t role;
    bool up;          // this side still holds the link
    bool established; // has received a packet
    uint16_t handle;
    struct le_addr peer;  // identity, if it is known
    bool resolved;        // `peer` hides behind
    struct le_addr shown; // ... the address on the air
    struct le_addr own;   // ours there, if the controller made it

    // Data
    uint8_t sn, nesn;
    uint8_t crc_failures; // in a row within this event
    struct ll_tx cur;
    struct ll_control control[LL_CONTROL_SLOTS];
    unsigned int control_head, control_count;
    struct acl_packet *acl_head, *acl_tail;
    unsigned int acl_count; // buffers in use
    struct hci_queue held;  // received, the host has no buffer yet
    unsigned int host_outstanding;
    uint16_t saturate;
    int64_t last_rx;
    struct air_timer supervision;

    // Termination
    bool terminating;     // TERMINATE_IND queued or sent
    uint8_t leave_reason; // received one: leave as soon as it is acknowledged

    // Procedures of this side
    uint8_t local;
    uint32_t want; // bit per procedure
    struct conn_params update;
    uint8_t phy_tx, phy_rx;        // wanted
    struct subrate_params subrate; // wanted; as central: acceptable
    struct air_timer procedure_timer;
    // Procedures of the peer
    bool param_asked; // the host has a Remote Connection Parameter Request to answer
    bool phy_asked;   // peripheral: waits for PHY_UPDATE_IND after its PHY_RSP
    struct conn_params asked;
    // Knowledge
    bool version_sent, version_known;
    uint8_t version[5];
    bool features_known;
    uint64_t features;
    struct per_past past;
    // Data length
    uint16_t tx_octets, tx_time, rx_octets, rx_time; // this side's wishes
    uint16_t remote_tx_octets, remote_tx_time, remote_rx_octets, remote_rx_time;
    uint16_t eff_tx_octets, eff_tx_time, eff_rx_octets, eff_rx_time; // in force
    // Encryption
    bool encrypted; // for sending
    bool paused;    // no data while keys change
    bool refresh;   // encrypted before
    bool ltk_asked;
    uint8_t ltk[16];     // in use
    uint8_t ltk_new[16]; // central: for the encryption that is wanted
    uint8_t rand[8], ediv[2];

    struct air_link_stats stats;
};

struct instant {
    bool planned;
    bool known; // the peripheral has received it
    uint8_t procedure;
    uint16_t event;
    uint16_t interval, latency, timeout;
    uint64_t channel_map;
    uint8_t phy[2]; // by sender; 0: unchanged
};

// Subrating (4.5.1): the events that are used, counted as air_link.events is, which does not wrap.
struct subrate {
    uint16_t factor; // 1: all of them
    uint64_t base;
    uint16_t latency, continuation, timeout;
};

struct subrate_change {
    bool planned; // LL_SUBRATE_IND is queued or sent
    bool known;   // the peripheral has taken it
    bool acked;   // the central knows that it has arrived
    struct subrate to;
};

struct air_link {
    struct air_link *next;
    struct air *air;
    struct air_end ends[2];
    uint32_t access_address, crc_init;
    uint8_t hop, unmapped, channel;
    bool selection_2;
    uint64_t channel_map;
    uint16_t interval, latency, timeout;
    uint8_t phy[2]; // by sender
    uint16_t event; // connEventCount of the next or running event
    int64_t anchor; // of the same
    int64_t limit;  // nothing of the running event ends after this
    bool in_event, first;
    bool on[2];  // takes part in the running event
    bool split;  // the two sides disagree about an instant: nothing gets through
    bool attend; // the peripheral must not skip the next event
    unsigned int skipped;
    struct subrate subrate;
    struct subrate_change change;
    bool active;             // a PDU that is not empty arrived in the running event
    unsigned int continuing; // that many events more are used
    int64_t last_served;
    uint64_t events;
    struct instant instant;
    struct air_rng rng;
    struct air_timer timer;
};

static inline struct air_end *link_peer(struct air_end *end)
{
    return &end->link->ends[!end->role];
}

// link.c
struct air_end *link_end(const struct air_controller *controller, uint16_t handle);
// A CONNECT_IND was sent at `at` (its end); `heard`: the peripheral received it.
struct link_setup {
    struct air_controller *central, *peripheral;
    struct le_addr central_addr, peripheral_addr; // on the air
    uint8_t central_type, peripheral_type;        // Own_Address_Type
    struct conn_params params;
    uint32_t access_address, crc_init;
    uint8_t hop;
    uint16_t window_offset;
    bool heard;
    bool deaf;      // the central does not know that it was heard
    bool auxiliary; // AUX_CONNECT_REQ: the window opens later (4.5.3), channel selection 2
    uint8_t phy;
};
// No link came of it: LE Connection Complete with this status.
void link_failed(struct air_controller *controller, uint8_t status, uint8_t role);
void link_create(struct air *air, int64_t at, const struct link_setup *setup);
// The transmit window offset (1.25 ms) that keeps a new link away from the central's others.
uint16_t link_window_offset(const struct air_controller *central, int64_t at, uint16_t interval);
// One side leaves; its host is told unless `reason` is 0. The link is freed by link_reap().
void link_end_down(struct air_end *end, int64_t at, uint8_t reason);
void link_reap(struct air_link *link);
// The earliest anchor of a controller's links, AIR_NEVER without any.
int64_t link_next_anchor(const struct air_controller *controller);
unsigned int link_count(const struct air_controller *controller);
unsigned int link_acl_in_use(const struct air_controller *controller);
void link_control_send(struct air_end *end, const uint8_t *data, uint8_t len);
bool link_control_pending(const struct air_end *end);

// exchange.c: one exchange of two PDUs, now. Returns true when the event may go on.
bool link_exchange(struct air_link *link);

// llcp.c
void llcp_init(struct air_end *end);
void llcp_want(struct air_end *end, enum procedure procedure);
void llcp_run(struct air_end *end);
void llcp_done(struct air_end *end);
void llcp_receive(struct air_end *end, int64_t at, const uint8_t *data, uint8_t len);
void llcp_acked(struct air_end *end, int64_t at, const uint8_t *data);
void llcp_apply_instant(struct air_link *link);
void llcp_terminate(struct air_end *end, uint8_t reason);
void llcp_lengths(struct air_end *end, int64_t at);
void llcp_param_reply(struct air_end *end, const struct conn_params *params);
void llcp_reject(struct air_end *end, uint8_t opcode, uint8_t error);
unsigned int llcp_max_octets(const struct air_end *end);
bool llcp_both(struct air_end *end, unsigned int feature);
bool llcp_instant_busy(const struct air_link *link);
uint8_t llcp_collision(const struct air_end *end, enum procedure procedure);

// subrate.c
void subrate_off(struct air_link *link);
// Is the next event used; the anchor of the next one that is; what an event that ends now means for those
// to come.
bool subrate_uses_next(const struct air_link *link);
int64_t subrate_anchor(const struct air_link *link, int64_t interval_us);
void subrate_event_end(struct air_link *link);
void subrate_start(struct air_end *end);
void subrate_fail(struct air_end *end, uint8_t status);
void subrate_acked(struct air_link *link);
void subrate_receive_req(struct air_end *end, int64_t at, const uint8_t *data);
void subrate_receive_ind(struct air_end *end, int64_t at, const uint8_t *data);

// llcp_enc.c
void enc_start(struct air_end *end);
void enc_fail(struct air_end *end, uint8_t status);
void enc_ltk_reply(struct air_end *end, const uint8_t *ltk);
void enc_receive_req(struct air_end *end, int64_t at, const uint8_t *data);
void enc_receive_rsp(struct air_end *end, int64_t at, const uint8_t *data);
void enc_receive_start_req(struct air_end *end, int64_t at, const uint8_t *data);
void enc_receive_start_rsp(struct air_end *end, int64_t at, const uint8_t *data);
void enc_receive_pause_req(struct air_end *end, int64_t at, const uint8_t *data);
void enc_receive_pause_rsp(struct air_end *end, int64_t at, const uint8_t *data);

// Opcodes of control PDUs (2.4.2).
enum {
    LL_CONNECTION_UPDATE_IND = 0x00,
    LL_CHANNEL_MAP_IND = 0x01,
    LL_TERMINATE_IND = 0x02,
    LL_ENC_REQ = 0x03,
    LL_ENC_RSP = 0x04,
    LL_START_ENC_REQ = 0x05,
    LL_START_ENC_RSP = 0x06,
    LL_UNKNOWN_RSP = 0x07,
    LL_FEATURE_REQ = 0x08,
    LL_FEATURE_RSP = 0x09,
    LL_PAUSE_ENC_REQ = 0x0a,
    LL_PAUSE_ENC_RSP = 0x0b,
    LL_VERSION_IND = 0x0c,
    LL_REJECT_IND = 0x0d,
    LL_PERIPHERAL_FEATURE_REQ = 0x0e,
    LL_CONNECTION_PARAM_REQ = 0x0f,
    LL_CONNECTION_PARAM_RSP = 0x10,
    LL_REJECT_EXT_IND = 0x11,
    LL_LENGTH_REQ = 0x14,
    LL_LENGTH_RSP = 0x15,
    LL_PHY_REQ = 0x16,
    LL_PHY_RSP = 0x17,
    LL_PHY_UPDATE_IND = 0x18,
    LL_PERIODIC_SYNC_IND = 0x1c,
    LL_SUBRATE_REQ = 0x26,
    LL_SUBRATE_IND = 0x27,
};

#endif // BREEZE_AIR_LINK_H_
