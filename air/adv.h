// What advertising has in common: legacy PDUs and listening (adv.c), extended advertising (ext.c).
// Core Specification, Vol 6, Part B, 2.3 and 4.4.
#ifndef BREEZE_AIR_ADV_H_
#define BREEZE_AIR_ADV_H_

#include "controller.h"

// HCI Advertising_Type.
enum {
    ADV_IND_TYPE,
    ADV_DIRECT_HIGH_TYPE,
    ADV_SCAN_TYPE,
    ADV_NONCONN_TYPE,
    ADV_DIRECT_LOW_TYPE,
};

// PDU types (2.3).
enum {
    PDU_ADV_IND = 0,
    PDU_ADV_DIRECT_IND = 1,
    PDU_ADV_NONCONN_IND = 2,
    PDU_SCAN_REQ = 3, // and AUX_SCAN_REQ
    PDU_SCAN_RSP = 4,
    PDU_CONNECT_IND = 5, // and AUX_CONNECT_REQ
    PDU_ADV_SCAN_IND = 6,
    PDU_EXTENDED = 7, // ADV_EXT_IND, AUX_ADV_IND, AUX_SCAN_RSP, AUX_CHAIN_IND
    PDU_AUX_CONNECT_RSP = 8,
};

struct adv_kind {
    uint8_t pdu;
    uint8_t report; // Event_Type of the advertising report
    bool connectable, scannable, directed;
};
extern const struct adv_kind adv_kinds[]; // by Advertising_Type

#define UNIT_US                625
#define CHANNEL_GAP_US         400 // from the end of a PDU (and what follows it) to the next channel
#define STARVED_PDUS           3
#define CONNECT_IND_OCTETS     34
#define EXT_CONNECT_RSP_OCTETS 14
#define EXT_DATA_MAX           1650

// One PDU of advertising.
struct adv_pdu {
    uint8_t header[2];
    uint8_t payload[255];
    uint8_t len;
    uint8_t phy;
};

static inline int64_t adv_pdu_airtime(const struct adv_pdu *pdu)
{
    return ll_airtime(pdu->phy, pdu->len);
}

// What a listener would do with a PDU that it hears.
enum intent {
    IGNORE,
    REPORT,
    REQUEST, // report, and ask for the scan response
    CONNECT,
};

enum draw {
    DRAW_PDU,
    DRAW_REQUEST,
    DRAW_RESPONSE,
    DRAW_WINNER,
};

// A PDU on a primary channel.
struct adv_hearing {
    int64_t at, end;
    uint8_t channel, phy;
    bool extended; // only for those who use the extended commands
};

// adv.c
// False: arrived, otherwise missed or broken; a broken one shows in the trace.
bool adv_fails(const struct advertiser *adv, const struct air_controller *other, enum draw what,
               bool *bad_crc);
// Of those who answer, the one with the highest ticket does.
uint64_t adv_ticket(const struct advertiser *adv, const struct air_controller *other);
void adv_record(const struct air_controller *controller, const struct adv_pdu *pdu, int64_t at,
                uint8_t channel, bool bad_crc);
void adv_pdu_start(struct adv_pdu *pdu, uint8_t type, const struct le_addr *tx,
                   const struct le_addr *rx);
void adv_pdu_add(struct adv_pdu *pdu, const uint8_t *data, uint8_t len);
enum intent adv_intent(const struct air_controller *controller, const struct advertiser *adv,
                       const struct adv_kind *kind, const struct adv_hearing *h);
bool adv_seen_before(struct scanner *scan, const struct le_addr *addr, uint8_t type, uint16_t adi);
// The radio is neither busy with a link nor, unless its turn has come, about to be.
bool adv_radio_free(const struct air_controller *controller, int64_t at, int64_t end);
// ... asked by a listener that wants a PDU: it does not starve.
bool adv_served(struct air_controller *controller, int64_t at, int64_t end);
// CONNECT_IND or AUX_CONNECT_REQ, T_IFS after the PDU that ended at `end`. Returns the time when
// the exchange is over.
int64_t adv_connect(struct advertiser *adv, struct air_controller *central, int64_t end,
                    const struct adv_pdu *heard, uint8_t channel);
// The address that a scanner, a central shows to this advertiser; whether it answers them
// (`filter`: the bit of its policy).
struct le_addr adv_scanner_addr(const struct air_controller *scanner, const struct advertiser *adv);
bool adv_allows(const struct advertiser *adv, const struct le_addr *other, uint8_t filter);
struct le_addr adv_central_addr(const struct air_controller *central, const struct advertiser *adv);
// The next channel of this event, or 0; and the next event.
uint8_t adv_channel_after(const struct advertiser *adv, uint8_t channel);
void adv_event_plan(struct advertiser *adv, int64_t earliest);
void adv_due(void *ctx); // the next legacy PDU of the advertiser `ctx`

// An advertising set (Vol 4, Part E, 7.8.53). Its advertiser sends the legacy PDUs; ext.c the others.
struct ext_data {
    uint8_t octets[EXT_DATA_MAX];
    uint16_t len;
    bool open; // more fragments are to come from the host
};

// Periodic advertising of a set (per.c).
struct per_train {
    bool configured, enabled;
    bool running;      // has begun, and goes on without the set's extended advertising
    uint16_t interval; // 1.25 ms
    bool tx_power;
    struct ext_data data;
    uint32_t access_address, crc_init; // differ from one train to the next
    uint16_t event;                    // paEventCounter
    int64_t anchor;                    // of the event under way, or the next one
    uint16_t offset;                   // octets of the data that are out
    uint8_t channel;
    struct air_timer timer; // next PDU
};

enum ext_stage {
    EXT_PRIMARY,  // ADV_EXT_IND on adv.channel
    EXT_AUX,      // AUX_ADV_IND
    EXT_RESPONSE, // AUX_SCAN_RSP
    EXT_CHAIN,    // AUX_CHAIN_IND
};

struct ext_follower {
    uint32_t id; // the controller's
    uint8_t intent;
    bool reporting; // has been given a part of what is on its way
};
#define EXT_FOLLOWERS 64

struct ext_set {
    struct advertiser adv;
    uint8_t handle;
    uint16_t props; // Advertising_Event_Properties
    uint8_t primary_phy, secondary_phy, sid;
    int8_t tx_power;
    bool notify;
    bool has_random;
    struct le_addr random;
    uint16_t did;
    struct ext_data data, rsp;
    int64_t until; // Duration; 0: none
    uint8_t max_events;
    // The event under way
    enum ext_stage stage;
    int64_t aux_at;
    uint8_t aux_channel;
    const struct ext_data *chain; // what is being sent ...
    uint16_t offset;              // ... and how much of it is out
    struct ext_follower followers[EXT_FOLLOWERS];
    unsigned int follower_count;
    struct per_train per;
};

#define EXT_CONNECTABLE 0x01
#define EXT_SCANNABLE   0x02
#define EXT_DIRECTED    0x04
#define EXT_HIGH_DUTY   0x08
#define EXT_LEGACY      0x10
#define EXT_ANONYMOUS   0x20
#define EXT_TX_POWER    0x40
// What a set with periodic advertising is not.
#define PER_NOT (EXT_CONNECTABLE | EXT_SCANNABLE | EXT_LEGACY | EXT_ANONYMOUS)

// What is known of the operation of a command that sets data (7.8.54, 7.8.55, 7.8.62): data that fits,
// for a set that sends it now or does not. `store` throws all away where it does not fit.
uint8_t ext_data_store(struct ext_data *data, bool sending, uint8_t op, const uint8_t *octets,
                       uint8_t len);

struct ext_set *ext_set_find(const struct air_controller *controller, uint8_t handle);

// ext.c
struct ext_report {
    uint16_t event_type;
    struct le_addr addr;
    uint8_t phy, secondary_phy, sid;
    int8_t tx_power;
    uint16_t interval; // of periodic advertising, 0: none
    const struct le_addr *direct;
    const uint8_t *data;
    uint8_t len;
};
// LE Extended Advertising Report (7.7.65.13), one report of at most 229 octets.
#define EXT_REPORT_MAX 229
// The data of a set changes: a chain of it that is under way breaks off.
void ext_data_changes(struct ext_set *set);
void ext_report(struct air_controller *controller, int64_t at, const struct ext_report *report);
const struct advertiser *ext_set_adv(const struct ext_set *set);
bool ext_any_enabled(const struct air_controller *controller);
// The set's data, where its PDUs are legacy ones, is its advertiser's.
void ext_legacy_data(struct ext_set *set);
void ext_set_start(struct ext_set *set, uint16_t duration, uint8_t max_events);
// The most that fits into one AUX_ADV_IND of this set.
unsigned int ext_single_max(const struct ext_set *set);
// For advertisers that belong to a set, nothing for the legacy one: a scan request came; a link came
// up; Duration or Max_Extended_Advertising_Events is reached, which ends the set (true).
void ext_scan_requested(const struct advertiser *adv, const struct le_addr *scanner, int64_t at);
void ext_set_connected(const struct advertiser *adv, int64_t at);
bool ext_set_ended(struct advertiser *adv);
// AUX_CONNECT_RSP; false when the central misses it.
bool ext_connect_rsp(struct advertiser *adv, const struct air_controller *central, int64_t at,
                     uint8_t phy, uint8_t channel);

// per.c
#define SYNC_INFO_OCTETS 18
void per_start(
    struct ext_set *set); // when the set and its train are enabled, and it is not running
void per_stop(struct ext_set *set);
// The data changes: a chain of it that is under way breaks off.
void per_data_changes(struct ext_set *set);
bool per_any_enabled(const struct air_controller *controller);
bool per_fits(const struct ext_set *set); // all data within one interval
// SyncInfo of an AUX_ADV_IND that begins `at` (2.3.4.6).
void per_sync_info(const struct ext_set *set, int64_t at, uint8_t info[SYNC_INFO_OCTETS]);
// A scanner heard this set's SyncInfo.
void per_heard(struct air_controller *controller, const struct ext_set *set);

#endif // BREEZE_AIR_ADV_H_
