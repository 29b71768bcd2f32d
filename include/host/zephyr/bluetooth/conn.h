// Connections (Core Specification, Vol 6, Part B, 4.5; Vol 3, Part C, 9.3).
//
// A struct bt_conn is counted: whoever keeps a pointer takes a reference and gives it back. The
// host itself holds one from the connection's begin until `disconnected` was delivered; after the
// last one is given back the slot is reused, and `recycled` says so. A connection that is over
// answers -ENOTCONN, also after bt_disable().
//
// Callbacks run from breeze_step(), one at a time, never inside one of these functions, and may call
// all of them. Return values as in bluetooth.h.
#ifndef ZEPHYR_INCLUDE_BLUETOOTH_CONN_H_
#define ZEPHYR_INCLUDE_BLUETOOTH_CONN_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <breeze/config.h>
#include <zephyr/sys/iterable_sections.h>
#include <zephyr/sys/slist.h>
#include <zephyr/sys/util.h>

#include <zephyr/bluetooth/addr.h>
#include <zephyr/bluetooth/gap.h>

#ifdef __cplusplus
extern "C" {
#endif

struct bt_conn;

// ---- Parameters and information -----------------------------------------------------------------

// Vol 4, Part E, 7.8.18: interval 6 to 3200 in 1.25 ms, min <= max; latency 0 to 499 events; timeout
// 10 to 3200 in 10 ms, longer than (1 + latency) * interval_max * 2.
struct bt_le_conn_param {
    uint16_t interval_min;
    uint16_t interval_max;
    uint16_t latency;
    uint16_t timeout;
};

#define BT_LE_CONN_PARAM_INIT(int_min, int_max, lat, to)                                           \
    {                                                                                              \
        .interval_min = (int_min), .interval_max = (int_max), .latency = (lat), .timeout = (to),   \
    }
#define BT_LE_CONN_PARAM(int_min, int_max, lat, to)                                                \
    ((const struct bt_le_conn_param[]){BT_LE_CONN_PARAM_INIT(int_min, int_max, lat, to)})
// 30 to 50 ms, no latency, 4 s.
#define BT_LE_CONN_PARAM_DEFAULT                                                                   \
    BT_LE_CONN_PARAM(BT_GAP_INIT_CONN_INT_MIN, BT_GAP_INIT_CONN_INT_MAX, 0, 400)

// A connection interval (1.25 ms) in other units; milliseconds are cut.
#define BT_CONN_INTERVAL_TO_MS(interval) ((interval)*5U / 4U)
#define BT_CONN_INTERVAL_TO_US(interval) ((interval)*1250U)

// Transmit and receive PHY, BT_GAP_LE_PHY_*.
struct bt_conn_le_phy_info {
    uint8_t tx_phy;
    uint8_t rx_phy;
};

// Largest data PDU payloads (octets) and their time on the air (microseconds).
struct bt_conn_le_data_len_info {
    uint16_t tx_max_len;
    uint16_t tx_max_time;
    uint16_t rx_max_len;
    uint16_t rx_max_time;
};

// Of `factor` connection events only the first is used, but after a PDU with data the next
// `continuation_number` are as well (Vol 6, Part B, 4.5.1).
struct bt_conn_le_subrating_info {
    uint16_t factor; // 1: all events are used.
    uint16_t continuation_number;
};

enum bt_conn_type {
    BT_CONN_TYPE_LE = BIT(0),
    BT_CONN_TYPE_BR = BIT(1),
    BT_CONN_TYPE_SCO = BIT(2),
    BT_CONN_TYPE_ISO = BIT(3),
    BT_CONN_TYPE_ALL = BT_CONN_TYPE_LE | BT_CONN_TYPE_BR | BT_CONN_TYPE_SCO | BT_CONN_TYPE_ISO,
};

enum {
    BT_CONN_ROLE_CENTRAL = 0,
    BT_CONN_ROLE_PERIPHERAL = 1,
};

enum bt_conn_state {
    BT_CONN_STATE_DISCONNECTED, // Also a slot reserved by a connectable advertiser.
    BT_CONN_STATE_CONNECTING,
    BT_CONN_STATE_CONNECTED,
    BT_CONN_STATE_DISCONNECTING,
};

// Vol 3, Part C, 10.2.1.
typedef enum __packed {
    BT_SECURITY_L0, // None at all (BR/EDR service discovery only).
    BT_SECURITY_L1, // No encryption.
    BT_SECURITY_L2, // Encrypted, the peer not authenticated.
    BT_SECURITY_L3, // Encrypted and authenticated.
    BT_SECURITY_L4, // Authenticated, LE Secure Connections, 128 bit key.
    BT_SECURITY_FORCE_PAIR = BIT(7),
} bt_security_t;

enum bt_security_flag {
    BT_SECURITY_FLAG_SC = BIT(0),
    BT_SECURITY_FLAG_OOB = BIT(1),
};

enum bt_security_err {
    BT_SECURITY_ERR_SUCCESS,
    BT_SECURITY_ERR_AUTH_FAIL,
    BT_SECURITY_ERR_PIN_OR_KEY_MISSING,
    BT_SECURITY_ERR_OOB_NOT_AVAILABLE,
    BT_SECURITY_ERR_AUTH_REQUIREMENT,
    BT_SECURITY_ERR_PAIR_NOT_SUPPORTED,
    BT_SECURITY_ERR_PAIR_NOT_ALLOWED,
    BT_SECURITY_ERR_INVALID_PARAM,
    BT_SECURITY_ERR_KEY_REJECTED,
    BT_SECURITY_ERR_UNSPECIFIED,
};

struct bt_security_info {
    bt_security_t level;
    uint8_t enc_key_size;
    enum bt_security_flag flags;
};

struct bt_conn_le_info {
    const bt_addr_le_t *src;   // Our identity address,
    const bt_addr_le_t *dst;   // ... the peer's,
    const bt_addr_le_t *local; // ... and those with which the link was made.
    const bt_addr_le_t *remote;
    uint16_t interval;    // 1.25 ms
    uint32_t interval_us; // The same in microseconds.
    uint16_t latency;     // Events.
    uint16_t timeout;     // 10 ms
    const struct bt_conn_le_phy_info *phy;
    const struct bt_conn_le_data_len_info *data_len;
#if CONFIG_BT_SUBRATING
    const struct bt_conn_le_subrating_info *subrate;
#endif
};

struct bt_conn_info {
    uint8_t type; // BT_CONN_TYPE_LE
    uint8_t role; // BT_CONN_ROLE_*
    uint8_t id;   // Local identity.
    union {
        struct bt_conn_le_info le; // The pointers are good while the caller's reference is.
    };
    enum bt_conn_state state;
    struct bt_security_info security;
};

struct bt_conn_le_remote_info {
    // 8 octets, Vol 6, Part B, 4.6. All zero where they stay unknown: a peripheral whose controller
    // is older than 4.1 cannot ask for them.
    const uint8_t *features;
};

struct bt_conn_remote_info {
    uint8_t type;          // BT_CONN_TYPE_LE
    uint8_t version;       // Of the link layer, Assigned Numbers, 2.1.
    uint16_t manufacturer; // Company identifier.
    uint16_t subversion;
    union {
        struct bt_conn_le_remote_info le;
    };
};

// ---- References and look-up ---------------------------------------------------------------------

// Take a reference; NULL when there is nothing to refer to (NULL, or a slot nobody holds).
struct bt_conn *bt_conn_ref(struct bt_conn *conn);

// Give one back.
void bt_conn_unref(struct bt_conn *conn);

// Call func for each connection of the types in `type` (BT_CONN_TYPE_LE is the only one), in any
// state from CONNECTING on; each is referenced during its call.
void bt_conn_foreach(enum bt_conn_type type, void (*func)(struct bt_conn *conn, void *data),
                     void *data);

// The connection of identity `id` with this peer, created or being created, with a reference for
// the caller; NULL.
struct bt_conn *bt_conn_lookup_addr_le(uint8_t id, const bt_addr_le_t *peer);

// The peer's identity address.
const bt_addr_le_t *bt_conn_get_dst(const struct bt_conn *conn);

// The slot's number, 0 to CONFIG_BT_MAX_CONN - 1. It says nothing about the HCI handle: see
// bt_hci_get_conn_handle().
uint8_t bt_conn_index(const struct bt_conn *conn);

// Is it of one of these types; NULL is of none.
bool bt_conn_is_type(const struct bt_conn *conn, enum bt_conn_type type);

// 0, or -EINVAL (NULL).
int bt_conn_get_info(const struct bt_conn *conn, struct bt_conn_info *info);

// Version and features of the peer's link layer (Vol 6, Part B, 5.1.4 and 5.1.5). The features are
// exchanged on every link, the version when a `remote_info_available` callback is registered or
// after the first call of this. 0; -EBUSY not known yet, `remote_info_available` will tell;
// -ENOTCONN; -EINVAL.
int bt_conn_get_remote_info(struct bt_conn *conn, struct bt_conn_remote_info *remote_info);

// ---- Security (Vol 3, Part C, 10; Vol 3, Part H) -----------------------------------------------

// The security level now.
bt_security_t bt_conn_get_security(const struct bt_conn *conn);

// Ask for a security level, at least: with keys of a bond if they suffice, else (and always with
// BT_SECURITY_FORCE_PAIR) by pairing. A peripheral sends a Security Request. Returns at once;
// `security_changed` tells what came of it, also when the peer does not answer for 30 s. 0, also when
// the link is that secure already; -ENOTCONN; -EINVAL (no such level, or level 3 or 4 and this side can
// show, type and confirm nothing); -EBUSY (it is being done); -EAGAIN (too many failures with this
// peer: later); -ETIMEDOUT (a pairing or a Security Request timed out on this link, which allows no
// other); -ENOTSUP without CONFIG_BT_SMP, as all below is then missing.
int bt_conn_set_security(struct bt_conn *conn, bt_security_t sec);

// Octets of the key in use; 0 on a link that is not encrypted.
uint8_t bt_conn_enc_key_size(const struct bt_conn *conn);

// What the peer's Pairing Request or Response says (Vol 3, Part H, 3.5.1).
struct bt_conn_pairing_feat {
    uint8_t io_capability;
    uint8_t oob_data_flag;
    uint8_t auth_req;
    uint8_t max_enc_key_size;
    uint8_t init_key_dist;
    uint8_t resp_key_dist;
};

// Which out of band data a pairing needs.
struct bt_conn_oob_info {
    enum {
        BT_CONN_OOB_LE_LEGACY,
        BT_CONN_OOB_LE_SC,
    } type;
    union {
        struct {
            enum {
                BT_CONN_OOB_LOCAL_ONLY,  // The peer has ours.
                BT_CONN_OOB_REMOTE_ONLY, // We have the peer's.
                BT_CONN_OOB_BOTH_PEERS,
                BT_CONN_OOB_NO_DATA,
            } oob_config;
        } lesc;
    };
};

// What a user does who types a passkey (Vol 3, Part H, 3.5.8).
enum bt_conn_auth_keypress {
    BT_CONN_AUTH_KEYPRESS_ENTRY_STARTED = 0x00,
    BT_CONN_AUTH_KEYPRESS_DIGIT_ENTERED = 0x01,
    BT_CONN_AUTH_KEYPRESS_DIGIT_ERASED = 0x02,
    BT_CONN_AUTH_KEYPRESS_CLEARED = 0x03,
    BT_CONN_AUTH_KEYPRESS_ENTRY_COMPLETED = 0x04,
};

// What the application can do for a pairing: which members are set decides the IO capability.
//   passkey_display                                      DisplayOnly
//   passkey_display, passkey_confirm                     DisplayYesNo
//   passkey_entry                                        KeyboardOnly
//   passkey_display, passkey_entry, passkey_confirm      KeyboardDisplay
// Without any: NoInputNoOutput. Each may answer at once or later.
struct bt_conn_auth_cb {
    // The peer's features are known: BT_SECURITY_ERR_SUCCESS to go on, else why not.
    enum bt_security_err (*pairing_accept)(struct bt_conn *conn,
                                           const struct bt_conn_pairing_feat *const feat);
    // Show these six digits (leading zeroes too).
    void (*passkey_display)(struct bt_conn *conn, unsigned int passkey);
    // The peer's user, who types the passkey shown here, pressed a key. With this member this side
    // offers such notifications (breeze_smp_policy.keypress: without it too); they come when the peer
    // offered them as well.
    void (*passkey_display_keypress)(struct bt_conn *conn, enum bt_conn_auth_keypress type);
    // Ask the user for the passkey: bt_conn_auth_passkey_entry() or bt_conn_auth_cancel().
    void (*passkey_entry)(struct bt_conn *conn);
    // Ask whether the peer shows the same six digits: bt_conn_auth_passkey_confirm() or _cancel().
    void (*passkey_confirm)(struct bt_conn *conn, unsigned int passkey);
    // Out of band data is needed: bt_le_oob_set_sc_data(), bt_le_oob_set_legacy_tk() or _cancel().
    void (*oob_data_request)(struct bt_conn *conn, struct bt_conn_oob_info *info);
    // What was shown or asked is over: the pairing failed. Needed with any of those.
    void (*cancel)(struct bt_conn *conn);
    // A Just Works pairing that the peer began: bt_conn_auth_pairing_confirm() or _cancel().
    void (*pairing_confirm)(struct bt_conn *conn);
};

// What becomes of pairings and bonds. Members may be NULL.
struct bt_conn_auth_info_cb {
    // All keys are exchanged; bonded: they are kept.
    void (*pairing_complete)(struct bt_conn *conn, bool bonded);
    void (*pairing_failed)(struct bt_conn *conn, enum bt_security_err reason);
    // A bond is gone: bt_unpair(), or the place was needed.
    void (*bond_deleted)(uint8_t id, const bt_addr_le_t *peer);
    sys_snode_t node;
};

// For all connections; NULL takes it back. 0; -EINVAL (`cancel` is missing); -EALREADY.
int bt_conn_auth_cb_register(const struct bt_conn_auth_cb *cb);

// For one connection instead, until it ends; NULL: NoInputNoOutput. Before a pairing. 0; -EINVAL;
// -ENOTCONN; -EALREADY.
int bt_conn_auth_cb_overlay(struct bt_conn *conn, const struct bt_conn_auth_cb *cb);

// 0; -EINVAL (NULL); -EALREADY (registered already; not registered).
int bt_conn_auth_info_cb_register(struct bt_conn_auth_info_cb *cb);
int bt_conn_auth_info_cb_unregister(struct bt_conn_auth_info_cb *cb);

// Answers of the user; cancel also ends a pairing at any other moment. 0, or -EINVAL: the pairing does
// not wait for that, or there is no such passkey (above 999999).
int bt_conn_auth_passkey_entry(struct bt_conn *conn, unsigned int passkey);
int bt_conn_auth_passkey_confirm(struct bt_conn *conn);
int bt_conn_auth_pairing_confirm(struct bt_conn *conn);
int bt_conn_auth_cancel(struct bt_conn *conn);

// Tell the peer, which shows the passkey, what the user here does while typing it; the 30 s of the
// pairing begin anew (Vol 3, Part H, 3.4). 0; -EINVAL (no passkey is asked for; no such type);
// -ENOTSUP (one side did not offer it: breeze_smp_policy.keypress); -ENOMEM: the one before has not
// left yet.
int bt_conn_auth_keypress_notify(struct bt_conn *conn, enum bt_conn_auth_keypress type);

#define BT_PASSKEY_INVALID 0xffffffff
// A passkey to show instead of a random one each time; BT_PASSKEY_INVALID: random again. It makes
// this side DisplayOnly, and is worth little: an attacker needs one try to learn it. 0, -EINVAL.
int bt_passkey_set(unsigned int passkey);

// Whether pairings make bonds: in general (true at first), and for one connection, once.
// 0, -EINVAL, -EALREADY.
void bt_set_bondable(bool enable);
bool bt_get_bondable(void);
int bt_conn_set_bondable(struct bt_conn *conn, bool enable);

// This side has the peer's out of band data: say so in pairings that begin from now on, with Secure
// Connections and legacy.
void bt_le_oob_set_sc_flag(bool enable);
void bt_le_oob_set_legacy_flag(bool enable);

// The temporary key of a legacy pairing, 16 octets. 0, -EINVAL (it is not waited for).
int bt_le_oob_set_legacy_tk(struct bt_conn *conn, const uint8_t *tk);

// ---- Creating and ending ------------------------------------------------------------------------

enum {
    BT_CONN_LE_OPT_NONE = 0,
    BT_CONN_LE_OPT_CODED = BIT(0), // On LE Coded (too); -ENOTSUP without extended advertising.
    BT_CONN_LE_OPT_NO_1M = BIT(1), // With CODED: only there.
};

struct bt_conn_le_create_param {
    uint32_t options;        // BT_CONN_LE_OPT_*
    uint16_t interval;       // Scanning for the peer, 0.625 ms, 4 to 0x4000.
    uint16_t window;         // 4 to interval
    uint16_t interval_coded; // On LE Coded; 0: as interval and window.
    uint16_t window_coded;
    uint16_t timeout; // 10 ms; 0: CONFIG_BT_CREATE_CONN_TIMEOUT.
};

#define BT_CONN_LE_CREATE_PARAM_INIT(_options, _interval, _window)                                 \
    {                                                                                              \
        .options = (_options), .interval = (_interval), .window = (_window), .interval_coded = 0,  \
        .window_coded = 0, .timeout = 0,                                                           \
    }
#define BT_CONN_LE_CREATE_PARAM(_options, _interval, _window)                                      \
    ((const struct bt_conn_le_create_param[]){                                                     \
        BT_CONN_LE_CREATE_PARAM_INIT(_options, _interval, _window)})
// Scanning all the time.
#define BT_CONN_LE_CREATE_CONN                                                                     \
    BT_CONN_LE_CREATE_PARAM(BT_CONN_LE_OPT_NONE, BT_GAP_SCAN_FAST_INTERVAL,                        \
                            BT_GAP_SCAN_FAST_INTERVAL)
// Half of the time.
#define BT_CONN_LE_CREATE_CONN_AUTO                                                                \
    BT_CONN_LE_CREATE_PARAM(BT_CONN_LE_OPT_NONE, BT_GAP_SCAN_FAST_INTERVAL, BT_GAP_SCAN_FAST_WINDOW)

// Begin to create a connection as central, from identity 0. On 0 *conn holds a reference that the
// caller gives back, and `connected` will be called, never within this call: err 0, or the HCI
// status; BT_HCI_ERR_UNKNOWN_CONN_ID when it was cancelled (bt_conn_disconnect()) or create_param's
// time was over. On an error *conn is not touched. -EALREADY while another is being created;
// -EINVAL (parameters, or connected with this peer already); -ENOTSUP (options); -ENOMEM (no slot);
// -EBUSY (advertising uses another identity's random address). Vol 4, Part E, 7.8.12.
int bt_conn_le_create(const bt_addr_le_t *peer, const struct bt_conn_le_create_param *create_param,
                      const struct bt_le_conn_param *conn_param, struct bt_conn **conn);

// Connect to whoever of the accept list (bt_le_filter_accept_list_add()) is heard first, however
// long that takes: one connection, which `connected` brings; for the next one call it again from
// there. A connection slot is held meanwhile. Errors as above; -EINVAL also for an empty list.
// bt_conn_create_auto_stop() ends the search: 0, and `connected` hears BT_HCI_ERR_UNKNOWN_CONN_ID;
// -EINVAL when there is none.
// Vol 3, Part C, 9.3.5.
int bt_conn_le_create_auto(const struct bt_conn_le_create_param *create_param,
                           const struct bt_le_conn_param *conn_param);
int bt_conn_create_auto_stop(void);

// End a connection, or cancel its creation. `reason` (a BT_HCI_ERR_*, those of Vol 4, Part E, 7.1.6:
// 0x05, 0x13, 0x14, 0x15, 0x1a, 0x29, 0x3b) is told to the peer. Waits for the controller's
// answer only: `disconnected` (or `connected` with an error) follows when the link is down. 0,
// also when the connection is already ending; -ENOTCONN; -EINVAL.
int bt_conn_disconnect(struct bt_conn *conn, uint8_t reason);

// Ask for other connection parameters. As central, and as peripheral where both link layers have
// the procedure, through the link layer (Vol 6, Part B, 5.1.1 and 5.1.7), else, as peripheral,
// through L2CAP (Vol 3, Part A, 4.20). `le_param_updated` tells what came of it; nothing is called
// when the peer refuses. 0; -EALREADY (what is asked for is what is); -EINVAL; -ENOTCONN;
// -EBUSY (an L2CAP request is pending).
int bt_conn_le_param_update(struct bt_conn *conn, const struct bt_le_conn_param *param);

// ---- Data length and PHY ------------------------------------------------------------------------

struct bt_conn_le_data_len_param {
    uint16_t tx_max_len;  // Octets, 27 to 251.
    uint16_t tx_max_time; // Microseconds, 328 to 17040.
};

#define BT_CONN_LE_DATA_LEN_PARAM_INIT(len, time)                                                  \
    {                                                                                              \
        .tx_max_len = (len), .tx_max_time = (time),                                                \
    }
#define BT_CONN_LE_DATA_LEN_PARAM(len, time)                                                       \
    ((const struct bt_conn_le_data_len_param[]){BT_CONN_LE_DATA_LEN_PARAM_INIT(len, time)})
#define BT_LE_DATA_LEN_PARAM_DEFAULT                                                               \
    BT_CONN_LE_DATA_LEN_PARAM(BT_GAP_DATA_LEN_DEFAULT, BT_GAP_DATA_TIME_DEFAULT)
#define BT_LE_DATA_LEN_PARAM_MAX                                                                   \
    BT_CONN_LE_DATA_LEN_PARAM(BT_GAP_DATA_LEN_MAX, BT_GAP_DATA_TIME_MAX)

// How Coded PHY is to be sent, if it is.
enum {
    BT_CONN_LE_PHY_OPT_NONE = 0,
    BT_CONN_LE_PHY_OPT_CODED_S2 = BIT(0),
    BT_CONN_LE_PHY_OPT_CODED_S8 = BIT(1),
};

struct bt_conn_le_phy_param {
    uint16_t options;    // BT_CONN_LE_PHY_OPT_*
    uint8_t pref_tx_phy; // Bits of BT_GAP_LE_PHY_*; 0: no wish.
    uint8_t pref_rx_phy;
};

#define BT_CONN_LE_PHY_PARAM_INIT(tx, rx)                                                          \
    {                                                                                              \
        .options = BT_CONN_LE_PHY_OPT_NONE, .pref_tx_phy = (tx), .pref_rx_phy = (rx),              \
    }
#define BT_CONN_LE_PHY_PARAM(tx, rx)                                                               \
    ((const struct bt_conn_le_phy_param[]){BT_CONN_LE_PHY_PARAM_INIT(tx, rx)})
#define BT_CONN_LE_PHY_PARAM_1M    BT_CONN_LE_PHY_PARAM(BT_GAP_LE_PHY_1M, BT_GAP_LE_PHY_1M)
#define BT_CONN_LE_PHY_PARAM_2M    BT_CONN_LE_PHY_PARAM(BT_GAP_LE_PHY_2M, BT_GAP_LE_PHY_2M)
#define BT_CONN_LE_PHY_PARAM_CODED BT_CONN_LE_PHY_PARAM(BT_GAP_LE_PHY_CODED, BT_GAP_LE_PHY_CODED)
#define BT_CONN_LE_PHY_PARAM_ALL                                                                   \
    BT_CONN_LE_PHY_PARAM(BT_GAP_LE_PHY_1M | BT_GAP_LE_PHY_2M | BT_GAP_LE_PHY_CODED,                \
                         BT_GAP_LE_PHY_1M | BT_GAP_LE_PHY_2M | BT_GAP_LE_PHY_CODED)

// Ask for a data length (Vol 6, Part B, 5.1.9). Links are asked for the longest by themselves when
// both sides have it (CONFIG_BT_AUTO_DATA_LEN_UPDATE). Waits for the controller's answer;
// `le_data_len_updated` tells what came of it. 0; -EINVAL; -ENOTCONN; -ENOTSUP; -EALREADY.
int bt_conn_le_data_len_update(struct bt_conn *conn, const struct bt_conn_le_data_len_param *param);

// Ask for PHYs (Vol 6, Part B, 5.1.10). Links are asked for LE 2M by themselves when both sides have it
// (CONFIG_BT_AUTO_PHY_UPDATE). Waits for the controller's answer; `le_phy_updated` tells what came of
// it. 0; -EINVAL; -ENOTCONN; -ENOTSUP and others as the controller says.
int bt_conn_le_phy_update(struct bt_conn *conn, const struct bt_conn_le_phy_param *param);

// ---- Subrating ----------------------------------------------------------------------------------

// In a build with CONFIG_BT_SUBRATING. A link with a short interval that rests all but every n-th of its
// events, and is back at once when there is data (Vol 6, Part B, 4.5.1 and 5.1.20; from 5.3 on).

// What is acceptable: factors 1 to 500, min <= max; latency 0 to 499, in events that are not rested,
// subrate_max * (max_latency + 1) at most 500; continuation 0 to 499 events and less than subrate_max;
// timeout 10 to 3200 in 10 ms.
struct bt_conn_le_subrate_param {
    uint16_t subrate_min;
    uint16_t subrate_max;
    uint16_t max_latency;
    uint16_t continuation_number;
    uint16_t supervision_timeout;
};

// What came of a request, ours or the peer's.
struct bt_conn_le_subrate_changed {
    uint8_t status; // HCI status; if it is not 0, the others are what they were.
    uint16_t factor;
    uint16_t continuation_number;
    uint16_t peripheral_latency;
    uint16_t supervision_timeout; // 10 ms
};

// What we accept as central when a peripheral asks, on links that come up from now on; before the first
// call, and after bt_enable(), no more than a factor of 1. Waits for the controller's answer. 0; -EINVAL;
// -EAGAIN (not enabled); -ENOTSUP (not in the controller). Vol 4, Part E, 7.8.123.
int bt_conn_le_subrate_set_defaults(const struct bt_conn_le_subrate_param *params);

// Ask for subrating, in either role: a central decides by itself, a peripheral asks it. Waits for the
// controller's answer only; `subrate_changed` tells what came of it, status 0x1a or 0x20
// (BT_HCI_ERR_UNSUPP_REMOTE_FEATURE, BT_HCI_ERR_UNSUPP_LL_PARAM_VAL) when the peer refuses. 0;
// -EINVAL, also when supervision_timeout is not longer than 2 * subrate_max * (max_latency + 1)
// intervals; -ENOTCONN; -ENOTSUP (a side lacks it); others as the controller says. Vol 4, Part E, 7.8.124.
int bt_conn_le_subrate_request(struct bt_conn *conn, const struct bt_conn_le_subrate_param *params);

// ---- Callbacks ----------------------------------------------------------------------------------

struct bt_conn_le_cs_capabilities;
struct bt_conn_le_cs_config;
struct bt_conn_le_cs_fae_table;
struct bt_conn_le_cs_procedure_enable_complete;
struct bt_conn_le_cs_subevent_result;
struct bt_conn_le_path_loss_threshold_report;
struct bt_conn_le_tx_power_report;
struct bt_df_conn_iq_samples_report;

// Each member may be NULL. Those marked (-) belong to features that this version does not have;
// they keep Zephyr's layout and are never called.
struct bt_conn_cb {
    // A connection came up (err 0), or its creation ended (err: HCI status; nothing follows but
    // `recycled`). A peripheral that wants to keep conn takes a reference.
    void (*connected)(struct bt_conn *conn, uint8_t err);
    // The link is down; reason: HCI status. Everything else of the connection was delivered before.
    void (*disconnected)(struct bt_conn *conn, uint8_t reason);
    // A slot is free again: the moment to advertise or to connect anew. Not called for a slot
    // that an advertiser only reserved, nor when a create failed within its call.
    void (*recycled)(void);
    // The peer asks for these parameters; the callback may narrow them and return true, or refuse
    // with false. Without any such callback they are accepted.
    bool (*le_param_req)(struct bt_conn *conn, struct bt_le_conn_param *param);
    // The parameters in force have changed: interval 1.25 ms, latency events, timeout 10 ms.
    void (*le_param_updated)(struct bt_conn *conn, uint16_t interval, uint16_t latency,
                             uint16_t timeout);
    // The peer's resolvable private address `rpa` turned out to be `identity`.
    void (*identity_resolved)(struct bt_conn *conn, const bt_addr_le_t *rpa,
                              const bt_addr_le_t *identity);
    // The security level changed, or a request for it failed.
    void (*security_changed)(struct bt_conn *conn, bt_security_t level, enum bt_security_err err);
    // The peer's version and features are known (bt_conn_get_remote_info()).
    void (*remote_info_available)(struct bt_conn *conn, struct bt_conn_remote_info *remote_info);
    // The PHYs in use have changed.
    void (*le_phy_updated)(struct bt_conn *conn, struct bt_conn_le_phy_info *param);
    // The data length in use has changed.
    void (*le_data_len_updated)(struct bt_conn *conn, struct bt_conn_le_data_len_info *info);
    void (*cte_report_cb)(struct bt_conn *conn,
                          const struct bt_df_conn_iq_samples_report *iq_report); // (-)
    void (*tx_power_report)(struct bt_conn *conn,
                            const struct bt_conn_le_tx_power_report *report); // (-)
    void (*path_loss_threshold_report)(
        struct bt_conn *conn, const struct bt_conn_le_path_loss_threshold_report *report); // (-)
    // The subrating has changed, or a request of ours for it failed (bt_conn_le_subrate_request()).
    void (*subrate_changed)(struct bt_conn *conn, const struct bt_conn_le_subrate_changed *params);
    void (*le_cs_read_remote_capabilities_complete)(
        struct bt_conn *conn, uint8_t status, struct bt_conn_le_cs_capabilities *params); // (-)
    void (*le_cs_read_remote_fae_table_complete)(struct bt_conn *conn, uint8_t status,
                                                 struct bt_conn_le_cs_fae_table *params); // (-)
    void (*le_cs_config_complete)(struct bt_conn *conn, uint8_t status,
                                  struct bt_conn_le_cs_config *config);    // (-)
    void (*le_cs_config_removed)(struct bt_conn *conn, uint8_t config_id); // (-)
    void (*le_cs_subevent_data_available)(struct bt_conn *conn,
                                          struct bt_conn_le_cs_subevent_result *result); // (-)
    void (*le_cs_security_enable_complete)(struct bt_conn *conn, uint8_t status);        // (-)
    void (*le_cs_procedure_enable_complete)(
        struct bt_conn *conn, uint8_t status,
        struct bt_conn_le_cs_procedure_enable_complete *params); // (-)
    sys_snode_t _node;
};

// Register cb, which stays in use until unregistered; each event goes to the registered ones in
// order of registration, then to those of BT_CONN_CB_DEFINE. Both may be called while disabled and
// from callbacks; registrations survive bt_disable(). 0; -EINVAL (NULL); -EEXIST; and to unregister
// what is not registered -ENOENT.
int bt_conn_cb_register(struct bt_conn_cb *cb);
int bt_conn_cb_unregister(struct bt_conn_cb *cb);

// Callbacks for the whole life of the program, at file scope:
//     BT_CONN_CB_DEFINE(my_callbacks) = {.connected = on_connected};
#define BT_CONN_CB_DEFINE(_name)                                                                   \
    static const STRUCT_SECTION_ITERABLE(bt_conn_cb, bt_conn_cb_##_name)

#ifdef __cplusplus
}
#endif

#endif // ZEPHYR_INCLUDE_BLUETOOTH_CONN_H_
