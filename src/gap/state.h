// All mutable state of GAP (design D2): what ends in _run is wiped by bt_disable(), what ends in
// _reg is what the application registered or set. All zero is a valid state of each. The scanner's
// and the initiator's are there in a central only.
#ifndef BREEZE_SRC_GAP_STATE_H_
#define BREEZE_SRC_GAP_STATE_H_

#include "gap/gap.h"
#include "gap/rpa.h"
#include "kernel/loop.h"

struct id_run {
    bool busy;       // Identity 0 is not known yet ...
    bool asked;      // ... and the controller was asked for one.
    bool random_set; // The controller's random address is `random`.
    bool refused;    // It did not take the last one.
    bt_addr_t random;
};

#define ADV_DIRTY_PARAM BIT(0)
#define ADV_DIRTY_ADDR  BIT(1) // The set's own address, with the extended commands.
#define ADV_DIRTY_AD    BIT(2)
#define ADV_DIRTY_SD    BIT(3)

struct adv_run {
    bool want;            // The application wants it ...
    bool on;              // ... and the controller does it.
    bool resume;          // To be started again after the link (deprecated options).
    uint8_t dirty;        // What the controller has yet to be told, ADV_DIRTY_*.
    bool data_sent;       // A step's command is in flight.
    uint8_t status;       // HCI status of the last command that failed.
    uint8_t type;         // Advertising_Type
    uint8_t channels;     // Advertising_Channel_Map
    uint8_t ad_len;       // Of ad[],
    uint8_t sd_len;       // ... and of sd[].
    enum own_kind own;    // The kind of address it shows,
    bt_addr_le_t local;   // ... and the one that the controller was given.
    bt_addr_le_t peer;    // Whom directed advertising is for,
    bt_addr_le_t to;      // ... and the address of theirs that it goes to.
    struct bt_conn *conn; // The slot for who connects.
    struct bt_le_adv_param param;
    uint8_t ad[BT_GAP_ADV_MAX_ADV_DATA_LEN];
    uint8_t sd[BT_GAP_ADV_MAX_ADV_DATA_LEN];
};

struct adv_step {
    uint8_t dirty; // ADV_DIRTY_*; 0 ends the table.
    uint16_t opcode;
    void (*build)(const struct adv_run *run, struct wr *params);
};

// An advertising set of the application (ext_adv.c).
struct bt_le_ext_adv {
    struct post post; // First: a post is its set.
    bool used;
    bool on;
    bool bare;     // The controller does not know it (any more).
    bool rests;    // It is off while the resolving list changes, no longer.
    bool per_set;  // Its periodic advertising has parameters,
    bool per_on;   // ... and is enabled (per_adv.c).
    uint16_t todo; // Steps to be done, the lowest bit first (ext_adv.h) ...
    uint16_t busy; // ... and the one whose command is out.
    uint8_t status;
    uint8_t num_sent;
    uint8_t num_events;
    uint16_t timeout;
    int64_t ends_us; // When that is over; 0: it does not count yet.
    uint16_t props;
    int8_t tx_power;
    enum own_kind own;  // The kind of address it shows,
    bt_addr_le_t local; // ... and the one that the controller was given.
    struct bt_le_adv_param param;
    struct bt_le_per_adv_param per_param;
    bt_addr_le_t peer; // Whom directed advertising is for,
    bt_addr_le_t to;   // ... and the address of theirs that it goes to.
    const struct bt_le_ext_adv_cb *cb;
    struct bt_conn *conn; // The slot for who connects ...
    struct bt_conn *told; // ... and who did, referenced until the owner has heard of it.
    bt_addr_le_t scanned;
};

// Data of an advertiser, in the application's memory: AD structures or octets.
struct ext_payload {
    const struct bt_data *list;
    size_t count;
    const uint8_t *raw; // NULL: the list.
    uint16_t len;       // As octets.
};

// The data that a call is handing over; set NULL: none.
struct ext_adv_data {
    struct bt_le_ext_adv *set;
    struct ext_payload payloads[3]; // Advertising data, scan response data, periodic data
    uint16_t offset;                // Of the next fragment.
    uint16_t sent;                  // How much is in the one that is out.
};

struct ext_adv_run {
    bool deferred; // A link that waits to hear which set it belongs to.
    struct loop_timer timer;
    struct conn_link link;
    struct ext_adv_data data;
    struct bt_le_ext_adv sets[CONFIG_BT_EXT_ADV_MAX_ADV_SET];
};
extern struct ext_adv_run ext_adv_run;

// Long data that is being put together (ext_scan.c).
struct ext_source {
    bool used;
    uint8_t sid;
    bt_addr_le_t addr;
};
#define EXT_SKIPS 4

struct ext_scan_run {
    uint8_t report_count;
    uint8_t next_skip;
    bool overflow; // `data` is too long, or a part was lost: the rest is dropped.
    uint16_t len;  // Of `data`.
    struct post post;
    struct net_buf *evt;      // Holds the octets of
    struct rd reports;        // ... reports that are due.
    struct ext_source source; // Whose data is in `data`.
    uint32_t dropped;         // adv_dropped when we looked last.
    int64_t last_us;
    struct ext_source skips[EXT_SKIPS]; // Others, whose beginning was dropped.
    uint8_t data[CONFIG_BT_EXT_SCAN_BUF_SIZE];
};
extern struct ext_scan_run ext_scan_run;

// Following periodic advertising (per_sync.c).
enum sync_state {
    SYNC_FREE,
    SYNC_WANTED, // LE Periodic Advertising Create Sync is to be sent.
    SYNC_OUT,    // It was accepted.
    SYNC_SYNCED,
    SYNC_ENDED, // `term` is to be told.
};

struct bt_le_per_adv_sync {
    struct post post; // First: a post is its sync.
    uint8_t state;    // enum sync_state
    bool owned;       // The application has its handle.
    bool gone;        // It is to be given up,
    bool asked;       // ... and the controller was asked to.
    bool busy;        // A command is out.
    bool silent;      // Reports are off.
    bool overflow;    // What is being put together is dropped.
    uint8_t status;
    uint8_t reason;
    uint8_t phy; // As HCI numbers them.
    uint16_t handle;
    uint16_t interval;
    struct bt_le_per_adv_sync_param param; // addr and sid: of the train, once it is found.
    struct bt_conn *conn;                  // Of a transfer, referenced until it was told.
    uint16_t service_data;
    uint16_t len;
    uint8_t data[CONFIG_BT_PER_ADV_SYNC_BUF_SIZE];
};

struct per_sync_run {
    bool orphaned; // A sync that nobody wants is to be ended:
    uint16_t orphan;
    struct post post;
    struct net_buf *evt; // Holds the octets of
    struct rd report;    // ... a report that is due.
    uint32_t dropped;    // adv_dropped when we looked last.
    struct bt_le_per_adv_sync syncs[CONFIG_BT_PER_ADV_SYNC_MAX];
};
extern struct per_sync_run per_sync_run;

struct per_sync_reg {
    sys_slist_t cbs; // bt_le_per_adv_sync_cb
};
extern struct per_sync_reg per_sync_reg;

struct scan_run {
    bool want;
    bool on;
    bool dirty;  // Parameters have yet to be set.
    bool others; // They are those of a scan that only per_sync_scans() wants.
    uint8_t status;
    uint8_t own_type; // Own_Address_Type that was set.
    bool seeking;     // For the initiator, when it last was looked at.
    bool filters;     // The host does the accept list's work,
    bool listed;      // ... or the controller does.
    uint8_t report_count;
    struct bt_le_scan_param param;
    bt_le_scan_cb_t *cb;
    struct net_buf *evt; // Holds the octets of
    struct rd reports;   // ... reports that are due.
    struct post post;
    struct loop_timer timer;
};
extern struct scan_run scan_run;

struct scan_reg {
    sys_slist_t cbs;            // bt_le_scan_cb
    struct bt_le_scan_cb *next; // Where the walk that is under way goes on.
};
extern struct scan_reg scan_reg;

enum init_state {
    INIT_IDLE,
    INIT_SEEKING,    // The peer hides: the scanner looks for it.
    INIT_WANTED,     // LE Create Connection is to be sent.
    INIT_OUT,        // It was accepted.
    INIT_CANCELLING, // LE Create Connection Cancel was sent.
};

struct init_run {
    uint8_t state; // enum init_state
    bool quiet;    // The controller cannot initiate while it scans.
    bool any;      // Whoever is on the accept list (bt_conn_le_create_auto()).
    bool waiting;  // bt_conn_le_create() waits and cleans up itself.
    bool seeks; // Whom it is for hides behind private addresses that the controller cannot resolve.
    bool rests; // Its cancellation is not the end: it goes on behind it.
    uint8_t status;
    struct bt_conn *conn;
    bt_addr_le_t target; // The address to connect to.
    struct bt_conn_le_create_param param;
    struct bt_le_conn_param conn_param;
    struct loop_timer timer; // How long all of it may take,
    struct loop_timer grace; // ... and this step.
};
extern struct init_run init_run;
// By Initiator_Filter_Policy, or to `target`.
static inline bool init_by_list(const struct init_run *run)
{
    return run->any && !run->seeks;
}

// The controller's filter accept list (accept.c).
struct accept_run {
    bool clearing;
    bool removing;
    uint8_t status; // HCI status of the last change.
    uint8_t count;
    uint8_t sent; // How many of the list the controller has.
    bt_addr_le_t removed;
    bt_addr_le_t list[CONFIG_BREEZE_ACCEPT_LIST_MAX];
};
extern struct accept_run accept_run;

// What a scan has reported (scan_dup.c).
#define DUP_KEY_LEN (2 + BT_ADDR_SIZE)
struct dup_run {
    uint16_t count;
    uint16_t oldest;
    uint16_t buckets[CONFIG_BREEZE_SCAN_DUP_MAX];
    struct {
        uint16_t next;
        uint8_t key[DUP_KEY_LEN];
    } entries[CONFIG_BREEZE_SCAN_DUP_MAX];
};
extern struct dup_run dup_run;

// Our private addresses (rpa.c): those in use, and what they are made with.
struct rpa_run {
    uint8_t made; // Bits of identities whose `rpas` is there.
    bool made_nrpa;
    bt_addr_le_t nrpa;
    struct loop_timer timer;
    struct post post; // With the controller's cryptography: they are to be made anew.
    bt_addr_le_t rpas[CONFIG_BT_ID_MAX];
};
extern struct rpa_run rpa_run;

struct rpa_reg {
    uint8_t privacy; // enum breeze_privacy + 1; 0: nobody said.
    uint8_t given;   // Bits of identities whose IRK the application gave.
    bool unsaved;
    uint16_t timeout; // Seconds; 0: CONFIG_BT_RPA_TIMEOUT.
    uint8_t network_count;
    struct {
        uint8_t id;
        bt_addr_le_t addr;
    } network[CONFIG_BT_MAX_PAIRED]; // Peers in network privacy mode (mode.c).
    uint8_t irks[CONFIG_BT_ID_MAX][16];
};
extern struct rpa_reg rpa_reg;

// For each report: no call where nobody is in network privacy mode.
static inline bool mode_any(void)
{
    return CONFIG_BREEZE_PRIVACY && rpa_reg.network_count;
}

// The controller's resolving list (rlist.c).
struct rlist_entry {
    bt_addr_le_t addr;
    uint8_t bond; // Its place.
    uint32_t mark;
};
struct rlist_run {
    bool active; // The controller has one, and is ready.
    bool asked;  // `size` is known.
    bool chosen; // `list` is what it is to be.
    bool failed; // Something was refused: it is left alone.
    bool clear;  // The controller's is to be written anew.
    bool on;     // Address resolution is on.
    uint8_t size;
    uint8_t count;
    uint8_t sent;
    uint8_t moded;
    uint8_t step;     // Whose command is out.
    uint16_t told;    // The time-out in it,
    uint16_t timeout; // ... and the one that the controller has taken.
    struct rlist_entry list[CONFIG_BREEZE_RESOLVING_LIST_MAX];
};
extern struct rlist_run rlist_run;

// Whose the private addresses are that were met (resolve.c).
struct resolved {
    bool used;
    uint8_t id;
    uint8_t bond; // Place of the bond.
    bt_addr_t addr;
};
struct resolve_run {
    struct resolved cache[CONFIG_BREEZE_RPA_CACHE];
};
extern struct resolve_run resolve_run;

struct gap_run {
    struct id_run id;
    struct adv_run adv;
};
extern struct gap_run gap_run;

struct gap_reg {
    uint8_t id_count;
    bool id_fixed;  // Identity 0 was given by the application or the settings ...
    bool id_loaded; // ... by the settings.
    bool id_stores; // settings_load() has run: a new identity 0 is to be stored.
    bool name_set;
    bool appearance_set;
    bool tx_power_set;
    int8_t tx_power; // dBm, that advertising asks for (breeze_adv_tx_power_set()).
    uint16_t appearance;
    bt_addr_le_t ids[CONFIG_BT_ID_MAX];
    char name[CONFIG_BT_DEVICE_NAME_MAX + 1];
};
extern struct gap_reg gap_reg;

#endif // BREEZE_SRC_GAP_STATE_H_
