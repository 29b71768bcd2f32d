// GAP: switching the host on, identity, advertising, scanning (Core Specification, Vol 3, Part C).
//
// Calls that change what the controller does wait until it has answered their commands and return
// its verdict. Besides what each function lists they may return:
//   -EAGAIN       the host is not enabled (or the controller is just being reset)
//   -EINTR        the port was interrupted (Ctrl-C) while waiting; a start is undone
//   -EINPROGRESS  a flood of events filled the room for waiting packets; the operation goes on
//   -ENODEV       the controller was lost while waiting
//   -EIO and others of the table in hci.h for a status the controller refused with
// Callbacks run from breeze_step(), one at a time, and may call every function here.
#ifndef ZEPHYR_INCLUDE_BLUETOOTH_BLUETOOTH_H_
#define ZEPHYR_INCLUDE_BLUETOOTH_BLUETOOTH_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <breeze/config.h>
#include <zephyr/net_buf.h>
#include <zephyr/sys/slist.h>
#include <zephyr/sys/util.h>

#include <zephyr/bluetooth/addr.h>
#include <zephyr/bluetooth/gap.h>

#ifdef __cplusplus
extern "C" {
#endif

// ---- On and off ---------------------------------------------------------------------------------

// Called once when bt_enable() has finished: 0, or the errno it failed with.
typedef void (*bt_ready_cb_t)(int err);

// Open the transport and bring the controller up. With cb NULL it returns when the host is ready;
// with a callback it returns at once and the callback tells. 0; -EALREADY when enabled; -ENODEV
// without a transport or when the controller does not answer; what the transport reported.
int bt_enable(bt_ready_cb_t cb);

// End every link and operation, deliver their last callbacks, reset the controller, close the
// transport. What the application registered stays registered. 0 also when a callback calls it (it
// then happens at the top of the next turn of the loop); -EALREADY when not enabled.
int bt_disable(void);

// The host is up and may be used.
bool bt_is_ready(void);

// ---- Name and appearance ------------------------------------------------------------------------

// Set the device name (UTF-8): the GAP service shows it, and so does advertising with
// BT_LE_ADV_OPT_USE_NAME from the next start on. Stored under "bt/name" where settings are
// in use. Works while disabled and survives bt_disable(). 0, -EINVAL (NULL), -ENOMEM (longer than
// CONFIG_BT_DEVICE_NAME_MAX). Vol 3, Part C, 12.1.
int bt_set_name(const char *name);

// The name; never NULL, changes with bt_set_name().
const char *bt_get_name(void);

// The appearance (Vol 3, Part C, 12.2); stored under "bt/appearance". Works while disabled. 0.
uint16_t bt_get_appearance(void);
int bt_set_appearance(uint16_t new_appearance);

// ---- Identities -----------------------------------------------------------------------------------

// The identity every device has.
#define BT_ID_DEFAULT 0

// Copy the identity addresses out; *count says for how many there is room and then how many were
// copied. With addrs NULL only the number is given. Empty before the first bt_enable() (or
// bt_id_create()). Identity 0 is the controller's public address if it has one, else a random
// static address: the stored one ("bt/id", at settings_load()), the one the controller keeps, or a
// fresh one that lasts until the program ends.
void bt_id_get(bt_addr_le_t *addrs, size_t *count);

// Add an identity: with *addr a random static address that one, with addr NULL or *addr all zero a
// fresh one (written to *addr). irk: NULL, 16 octets of zero that are overwritten with a fresh one, or
// the identity resolving key to use, least significant octet first; NULL is all that a build without
// CONFIG_BREEZE_PRIVACY takes. May be called before bt_enable(); the first then becomes identity 0.
// Returns the identity's number; -EINVAL, -EAGAIN (no randomness for a fresh key yet),
// -EALREADY (that address is an identity), -ENOMEM (CONFIG_BT_ID_MAX), -ENODEV (a fresh address
// before the random generator is seeded).
int bt_id_create(bt_addr_le_t *addr, uint8_t *irk);

// Give identity `id` (not 0) another address, as bt_id_create() does. Its links end (0x13, the
// call does not wait for that) and its bonds are deleted. Returns id; -EINVAL, -EALREADY, -EBUSY (advertising with it).
int bt_id_reset(uint8_t id, bt_addr_le_t *addr, uint8_t *irk);

// Remove identity `id` (not 0); its number stays empty until bt_id_reset(), and may be given again
// by bt_id_create() when it was the last. Its links and bonds end as above. 0; -EINVAL, -EALREADY (removed
// before), -EBUSY (advertising with it).
int bt_id_delete(uint8_t id);

// How long a private address lasts, 1 to 3600 seconds from now on (at first CONFIG_BT_RPA_TIMEOUT);
// survives bt_disable(). Which addresses are private: breeze/privacy.h. 0, -EINVAL, or -ENOTSUP in a
// build without CONFIG_BREEZE_PRIVACY. Vol 3, Part C, Appendix A, TGAP(private_addr_int).
int bt_le_set_rpa_timeout(uint16_t new_rpa_timeout);

// ---- Advertising data (Supplement to the Core Specification, Part A) ----------------------------

// One AD structure.
struct bt_data {
    uint8_t type; // BT_DATA_*
    uint8_t data_len;
    const uint8_t *data; // Not copied by the macros; bt_le_adv_start() copies.
};

#define BT_DATA(_type, _data, _data_len)                                                           \
    {                                                                                              \
        .type = (_type), .data_len = (_data_len), .data = (const uint8_t *)(_data),                \
    }

// With the octets given right here.
#define BT_DATA_BYTES(_type, _bytes...)                                                            \
    BT_DATA(_type, ((uint8_t[]){_bytes}), sizeof((uint8_t[]){_bytes}))

// What data of this length takes, length and type included.
#define BT_DATA_SERIALIZED_SIZE(_data_len) ((_data_len) + 2)

// What `count` structures take together, serialised.
size_t bt_data_get_len(const struct bt_data data[], size_t count);

// Write one structure (2 + data_len octets) to output. Returns the octets written.
size_t bt_data_serialize(const struct bt_data *input, uint8_t *output);

// Call func for each structure in ad until it returns false. Consumes ad. A structure of length 0
// ends the data early (legal), one that reaches past the end ends it too. The data func is given
// lies in ad's memory.
void bt_data_parse(struct net_buf_simple *ad, bool (*func)(struct bt_data *data, void *user_data),
                   void *user_data);

// ---- Advertising (Vol 6, Part B, 4.4.2; Vol 4, Part E, 7.8.5 to 7.8.9) ---------------------------

enum {
    BT_LE_ADV_OPT_NONE = 0,
    // Deprecated: connectable, and started again by itself when the link it led to has ended. Use
    // BT_LE_ADV_OPT_CONN.
    BT_LE_ADV_OPT_CONNECTABLE = BIT(0),
    BT_LE_ADV_OPT_ONE_TIME = BIT(1), // Deprecated: with CONNECTABLE, not started again.
    // Connectable: ends when a central connects; the application starts it again if it wants.
    BT_LE_ADV_OPT_CONN = BIT(0) | BIT(1),
    // Advertise with the identity address, even where privacy is on (breeze/privacy.h).
    BT_LE_ADV_OPT_USE_IDENTITY = BIT(2),
    // Deprecated: put the name into the scan response (into the advertising data where there is no
    // scan response), shortened to what is left. Better add BT_DATA_NAME_COMPLETE yourself.
    BT_LE_ADV_OPT_USE_NAME = BIT(3),
    BT_LE_ADV_OPT_DIR_MODE_LOW_DUTY = BIT(4), // Directed advertising at the given interval.
    // Directed advertising goes to a private address of the peer, which must be bonded (-EINVAL): for
    // one that resolves it, as its Central Address Resolution says (Vol 3, Part C, 12.4).
    // -ENOTSUP in a build without CONFIG_BREEZE_PRIVACY.
    BT_LE_ADV_OPT_DIR_ADDR_RPA = BIT(5),
    // Answer scan requests, accept connections, from the accept list only. -ENOTSUP in a build without
    // CONFIG_BT_FILTER_ACCEPT_LIST; -EINVAL for directed advertising. A bonded peer
    // behind private addresses passes only where the controller's resolving list has it.
    BT_LE_ADV_OPT_FILTER_SCAN_REQ = BIT(6),
    BT_LE_ADV_OPT_FILTER_CONN = BIT(7),
    BT_LE_ADV_OPT_NOTIFY_SCAN_REQ = BIT(8), // Callback `scanned`; sets only, -ENOTSUP here.
    BT_LE_ADV_OPT_SCANNABLE = BIT(9),       // Scannable, also without scan response data.
    // 10 to 14: for sets (bt_le_ext_adv_create) only, -EINVAL here.
    BT_LE_ADV_OPT_EXT_ADV = BIT(10),         // Extended PDUs, which legacy scanners do not hear.
    BT_LE_ADV_OPT_NO_2M = BIT(11),           // Secondary channels on LE 1M.
    BT_LE_ADV_OPT_CODED = BIT(12),           // All channels on LE Coded.
    BT_LE_ADV_OPT_ANONYMOUS = BIT(13),       // Without an address; not connectable, not scannable.
    BT_LE_ADV_OPT_USE_TX_POWER = BIT(14),    // Tell the transmit power.
    BT_LE_ADV_OPT_DISABLE_CHAN_37 = BIT(15), // Leave a channel out; not all three.
    BT_LE_ADV_OPT_DISABLE_CHAN_38 = BIT(16),
    BT_LE_ADV_OPT_DISABLE_CHAN_39 = BIT(17),
    BT_LE_ADV_OPT_FORCE_NAME_IN_AD =
        BIT(18), // Deprecated: USE_NAME writes to the advertising data.
    // A non-resolvable private address; -EINVAL with CONN or USE_IDENTITY, -ENOTSUP as above.
    BT_LE_ADV_OPT_USE_NRPA = BIT(19),
    // How LE Coded is to be sent. Sets only, -EINVAL here; for those -ENOTSUP: it takes Advertising
    // Coding Selection in the controller (5.4; Vol 6, Part B, 4.6.38), which this version does not use.
    BT_LE_ADV_OPT_REQUIRE_S2_CODING = BIT(20),
    BT_LE_ADV_OPT_REQUIRE_S8_CODING = BIT(21),
};

struct bt_le_adv_param {
    uint8_t id;                 // Local identity, BT_ID_DEFAULT.
    uint8_t sid;                // Extended advertising only.
    uint8_t secondary_max_skip; // Extended advertising only.
    uint32_t options;           // BT_LE_ADV_OPT_*
    uint32_t interval_min;      // 0.625 ms, 0x20 to 0x4000; not used by high duty directed.
    uint32_t interval_max;
    // Directed advertising to this peer; NULL for undirected. High duty (without
    // DIR_MODE_LOW_DUTY) ends after 1.28 s with `connected` and BT_HCI_ERR_ADV_TIMEOUT.
    const bt_addr_le_t *peer;
};

#define BT_LE_ADV_PARAM_INIT(_options, _int_min, _int_max, _peer)                                  \
    {                                                                                              \
        .id = BT_ID_DEFAULT, .sid = 0, .secondary_max_skip = 0, .options = (_options),             \
        .interval_min = (_int_min), .interval_max = (_int_max), .peer = (_peer),                   \
    }
#define BT_LE_ADV_PARAM(_options, _int_min, _int_max, _peer)                                       \
    ((const struct bt_le_adv_param[]){BT_LE_ADV_PARAM_INIT(_options, _int_min, _int_max, _peer)})

// Connectable, for the first 30 s when a user waits; and for longer times.
#define BT_LE_ADV_CONN_FAST_1                                                                      \
    BT_LE_ADV_PARAM(BT_LE_ADV_OPT_CONN, BT_GAP_ADV_FAST_INT_MIN_1, BT_GAP_ADV_FAST_INT_MAX_1, NULL)
#define BT_LE_ADV_CONN_FAST_2                                                                      \
    BT_LE_ADV_PARAM(BT_LE_ADV_OPT_CONN, BT_GAP_ADV_FAST_INT_MIN_2, BT_GAP_ADV_FAST_INT_MAX_2, NULL)
#define BT_LE_ADV_CONN_DIR(_peer) BT_LE_ADV_PARAM(BT_LE_ADV_OPT_CONN, 0, 0, _peer)
#define BT_LE_ADV_CONN_DIR_LOW_DUTY(_peer)                                                         \
    BT_LE_ADV_PARAM(BT_LE_ADV_OPT_CONN | BT_LE_ADV_OPT_DIR_MODE_LOW_DUTY,                          \
                    BT_GAP_ADV_FAST_INT_MIN_2, BT_GAP_ADV_FAST_INT_MAX_2, _peer)
#define BT_LE_ADV_NCONN                                                                            \
    BT_LE_ADV_PARAM(0, BT_GAP_ADV_FAST_INT_MIN_2, BT_GAP_ADV_FAST_INT_MAX_2, NULL)
#define BT_LE_ADV_NCONN_IDENTITY                                                                   \
    BT_LE_ADV_PARAM(BT_LE_ADV_OPT_USE_IDENTITY, BT_GAP_ADV_FAST_INT_MIN_2,                         \
                    BT_GAP_ADV_FAST_INT_MAX_2, NULL)
// Deprecated ones.
#define BT_LE_ADV_CONN                                                                             \
    BT_LE_ADV_PARAM(BT_LE_ADV_OPT_CONNECTABLE, BT_GAP_ADV_FAST_INT_MIN_2,                          \
                    BT_GAP_ADV_FAST_INT_MAX_2, NULL)
#define BT_LE_ADV_CONN_ONE_TIME                                                                    \
    BT_LE_ADV_PARAM(BT_LE_ADV_OPT_CONNECTABLE | BT_LE_ADV_OPT_ONE_TIME, BT_GAP_ADV_FAST_INT_MIN_2, \
                    BT_GAP_ADV_FAST_INT_MAX_2, NULL)
#define BT_LE_ADV_CONN_NAME                                                                        \
    BT_LE_ADV_PARAM(BT_LE_ADV_OPT_CONNECTABLE | BT_LE_ADV_OPT_USE_NAME, BT_GAP_ADV_FAST_INT_MIN_2, \
                    BT_GAP_ADV_FAST_INT_MAX_2, NULL)
#define BT_LE_ADV_CONN_NAME_AD                                                                     \
    BT_LE_ADV_PARAM(BT_LE_ADV_OPT_CONNECTABLE | BT_LE_ADV_OPT_USE_NAME |                           \
                        BT_LE_ADV_OPT_FORCE_NAME_IN_AD,                                            \
                    BT_GAP_ADV_FAST_INT_MIN_2, BT_GAP_ADV_FAST_INT_MAX_2, NULL)
#define BT_LE_ADV_NCONN_NAME                                                                       \
    BT_LE_ADV_PARAM(BT_LE_ADV_OPT_USE_NAME, BT_GAP_ADV_FAST_INT_MIN_2, BT_GAP_ADV_FAST_INT_MAX_2,  \
                    NULL)

// Advertise. The data is copied. Scannable if connectable, if there is scan response data, or if
// asked for; a connectable advertiser holds one connection slot. 0; -EALREADY while advertising;
// -EINVAL (parameters, an unknown identity, more than 31 octets of either data, a name twice);
// -ENOTSUP (options above; connectable in a build without CONFIG_BT_PERIPHERAL); -ENOMEM (no
// connection slot free); -EBUSY (a connection is being created with another identity).
int bt_le_adv_start(const struct bt_le_adv_param *param, const struct bt_data *ad, size_t ad_len,
                    const struct bt_data *sd, size_t sd_len);

// Replace both data while advertising. 0; -EAGAIN when not advertising; -EINVAL as above, or scan
// response data for an advertiser that was started without being scannable.
int bt_le_adv_update_data(const struct bt_data *ad, size_t ad_len, const struct bt_data *sd,
                          size_t sd_len);

// Stop. 0 also when nothing was advertised. A central that connected before may still be told.
int bt_le_adv_stop(void);

// ---- The accept list (Vol 6, Part B, 4.3.1) ------------------------------------------------------

// Addresses that advertising, scanning and bt_conn_le_create_auto() may be limited to. The list is
// lost with bt_disable(). Each waits for the controller's answer. 0, also for an address that is on
// it already; -EAGAIN when not enabled; -EINVAL (NULL, not a device address); -EBUSY while somebody
// uses the list; -ENOMEM (CONFIG_BREEZE_ACCEPT_LIST_MAX, or the controller's list, is full); -ENOENT
// (removing what is not on it).
int bt_le_filter_accept_list_add(const bt_addr_le_t *addr);
int bt_le_filter_accept_list_remove(const bt_addr_le_t *addr);
int bt_le_filter_accept_list_clear(void);

// ---- Extended advertising (Vol 6, Part B, 4.4.2; Vol 4, Part E, 7.8.52 to 7.8.61) -----------------
//
// In a build with CONFIG_BT_EXT_ADV. Advertising sets live beside what bt_le_adv_start() does, each
// with parameters, data and an address of its own; CONFIG_BT_EXT_ADV_MAX_ADV_SET of them. With
// BT_LE_ADV_OPT_EXT_ADV a set sends extended PDUs, else legacy ones. After bt_disable() a set's
// handle is void (-EINVAL). When a controller had to be reset, sets are stopped and their data is
// gone; the next start or set_data sets the rest up again.

struct bt_le_ext_adv;

struct bt_le_ext_adv_sent_info {
    uint8_t num_sent; // Events, where a number was asked for.
};

struct bt_le_ext_adv_connected_info {
    struct bt_conn *conn;
};

struct bt_le_ext_adv_scanned_info {
    bt_addr_le_t *addr; // Who asked.
};

// What a set's owner is told; members may be NULL.
struct bt_le_ext_adv_cb {
    // The set ended because its time or its number of events was over.
    void (*sent)(struct bt_le_ext_adv *adv, struct bt_le_ext_adv_sent_info *info);
    // A central connected: the set ended. Behind bt_conn_cb.connected.
    void (*connected)(struct bt_le_ext_adv *adv, struct bt_le_ext_adv_connected_info *info);
    // A scan request came (BT_LE_ADV_OPT_NOTIFY_SCAN_REQ).
    void (*scanned)(struct bt_le_ext_adv *adv, struct bt_le_ext_adv_scanned_info *info);
};

struct bt_le_ext_adv_start_param {
    uint16_t timeout;   // 10 ms; 0: none. High duty directed: 1 to 128, 0 stands for 128.
    uint8_t num_events; // 0: no limit. A connectable set begins to count anew when its address rotates.
};

#define BT_LE_EXT_ADV_START_PARAM_INIT(_timeout, _n_evts)                                          \
    {                                                                                              \
        .timeout = (_timeout), .num_events = (_n_evts),                                            \
    }
#define BT_LE_EXT_ADV_START_PARAM(_timeout, _n_evts)                                               \
    ((const struct bt_le_ext_adv_start_param[]){BT_LE_EXT_ADV_START_PARAM_INIT(_timeout, _n_evts)})
#define BT_LE_EXT_ADV_START_DEFAULT BT_LE_EXT_ADV_START_PARAM(0, 0)

#define BT_LE_EXT_ADV_CONN                                                                         \
    BT_LE_ADV_PARAM(BT_LE_ADV_OPT_EXT_ADV | BT_LE_ADV_OPT_CONN, BT_GAP_ADV_FAST_INT_MIN_2,         \
                    BT_GAP_ADV_FAST_INT_MAX_2, NULL)
#define BT_LE_EXT_ADV_SCAN                                                                         \
    BT_LE_ADV_PARAM(BT_LE_ADV_OPT_EXT_ADV | BT_LE_ADV_OPT_SCANNABLE, BT_GAP_ADV_FAST_INT_MIN_2,    \
                    BT_GAP_ADV_FAST_INT_MAX_2, NULL)
#define BT_LE_EXT_ADV_NCONN                                                                        \
    BT_LE_ADV_PARAM(BT_LE_ADV_OPT_EXT_ADV, BT_GAP_ADV_FAST_INT_MIN_2, BT_GAP_ADV_FAST_INT_MAX_2,   \
                    NULL)
#define BT_LE_EXT_ADV_NCONN_IDENTITY                                                               \
    BT_LE_ADV_PARAM(BT_LE_ADV_OPT_EXT_ADV | BT_LE_ADV_OPT_USE_IDENTITY, BT_GAP_ADV_FAST_INT_MIN_2, \
                    BT_GAP_ADV_FAST_INT_MAX_2, NULL)
#define BT_LE_EXT_ADV_CODED_NCONN                                                                  \
    BT_LE_ADV_PARAM(BT_LE_ADV_OPT_EXT_ADV | BT_LE_ADV_OPT_CODED, BT_GAP_ADV_FAST_INT_MIN_2,        \
                    BT_GAP_ADV_FAST_INT_MAX_2, NULL)

// Make a set; *adv is its handle. param is copied, cb (may be NULL) stays in use until the set is
// deleted. 0; -ENOTSUP (a controller without extended advertising; privacy in a build without it, and
// coding options); -EINVAL; -ENOMEM (no set left, here or in the controller).
int bt_le_ext_adv_create(const struct bt_le_adv_param *param, const struct bt_le_ext_adv_cb *cb,
                         struct bt_le_ext_adv **adv);

// Advertise. 0; -EINVAL; -EALREADY; -ENOMEM (connectable, and no connection slot is free); -EACCES
// (scannable with extended PDUs, and no scan response data).
int bt_le_ext_adv_start(struct bt_le_ext_adv *adv, const struct bt_le_ext_adv_start_param *param);

// Stop. 0 also when the set was not advertising. A central that connected before may still be told.
int bt_le_ext_adv_stop(struct bt_le_ext_adv *adv);

// Set both data; what they point at is read until the call returns. With legacy PDUs 31 octets each.
// With extended ones 1650: scannable sets have scan response data only, others advertising data
// only; a connectable set's data must fit into one PDU, at most 245 octets. 0; -EINVAL; -EAGAIN
// (more than 251 octets while advertising). An unfinished call leaves data that cannot be started.
int bt_le_ext_adv_set_data(struct bt_le_ext_adv *adv, const struct bt_data *ad, size_t ad_len,
                           const struct bt_data *sd, size_t sd_len);

// Give a set other parameters; not while it advertises (-EINVAL). Errors of create.
int bt_le_ext_adv_update_param(struct bt_le_ext_adv *adv, const struct bt_le_adv_param *param);

// Take a set away; not while it advertises (-EINVAL). Its handle is void afterwards.
int bt_le_ext_adv_delete(struct bt_le_ext_adv *adv);

// The set's number, 0 to CONFIG_BT_EXT_ADV_MAX_ADV_SET - 1, for arrays of the application.
uint8_t bt_le_ext_adv_get_index(struct bt_le_ext_adv *adv);

enum bt_le_ext_adv_state {
    BT_LE_EXT_ADV_STATE_DISABLED,
    BT_LE_EXT_ADV_STATE_ENABLED,
};

struct bt_le_ext_adv_info {
    uint8_t id;
    int8_t tx_power;          // dBm, as the controller chose it.
    const bt_addr_le_t *addr; // In use.
    enum bt_le_ext_adv_state ext_adv_state;
};

// 0; -EINVAL.
int bt_le_ext_adv_get_info(const struct bt_le_ext_adv *adv, struct bt_le_ext_adv_info *info);

// ---- Scanning (Vol 6, Part B, 4.4.3; Vol 4, Part E, 7.8.10 and 7.8.11) ---------------------------

enum {
    BT_LE_SCAN_OPT_NONE = 0,
    // Report each advertiser once, its scan response apart. The controller is asked to, and the host
    // remembers the last CONFIG_BREEZE_SCAN_DUP_MAX, whatever the controller does.
    BT_LE_SCAN_OPT_FILTER_DUPLICATE = BIT(0),
    BT_LE_SCAN_OPT_FILTER_ACCEPT_LIST = BIT(1), // Only who is on the accept list.
    // Listen on LE Coded (too); -ENOTSUP without a controller with extended advertising.
    BT_LE_SCAN_OPT_CODED = BIT(2),
    BT_LE_SCAN_OPT_NO_1M = BIT(3), // With CODED: only there.
};

enum {
    BT_LE_SCAN_TYPE_PASSIVE = 0x00, // Only listen.
    BT_LE_SCAN_TYPE_ACTIVE = 0x01,  // Ask for scan responses.
};

struct bt_le_scan_param {
    uint8_t type;            // BT_LE_SCAN_TYPE_*
    uint8_t options;         // BT_LE_SCAN_OPT_*
    uint16_t interval;       // 0.625 ms, 4 to 0x4000
    uint16_t window;         // 0.625 ms, 4 to interval
    uint16_t timeout;        // 10 ms, 0 for no limit; the host counts it.
    uint16_t interval_coded; // On LE Coded; 0: as interval and window.
    uint16_t window_coded;
};

// What is known of a report besides its data.
struct bt_le_scan_recv_info {
    const bt_addr_le_t *addr;
    uint8_t sid;         // BT_GAP_SID_INVALID in legacy reports.
    int8_t rssi;         // dBm; BT_GAP_RSSI_INVALID unknown.
    int8_t tx_power;     // BT_GAP_TX_POWER_INVALID in legacy reports.
    uint8_t adv_type;    // BT_GAP_ADV_TYPE_*
    uint16_t adv_props;  // BT_GAP_ADV_PROP_*
    uint16_t interval;   // Periodic advertising, 0 in legacy reports.
    uint8_t primary_phy; // BT_GAP_LE_PHY_*
    uint8_t secondary_phy;
};

struct bt_le_scan_cb {
    // A report, whole: long data has been put together. It lies in the event's or the scanner's
    // buffer and is gone when the callback returns. Each listener finds it unconsumed. May stop the
    // scan: nothing more of the event is then delivered.
    void (*recv)(const struct bt_le_scan_recv_info *info, struct net_buf_simple *buf);
    // The scan ended because param.timeout was over.
    void (*timeout)(void);
    sys_snode_t node;
};

// The callback given with the scan: as recv above, in fewer words.
typedef void bt_le_scan_cb_t(const bt_addr_le_t *addr, int8_t rssi, uint8_t adv_type,
                             struct net_buf_simple *buf);

#define BT_LE_SCAN_PARAM_INIT(_type, _options, _interval, _window)                                 \
    {                                                                                              \
        .type = (_type), .options = (_options), .interval = (_interval), .window = (_window),      \
        .timeout = 0, .interval_coded = 0, .window_coded = 0,                                      \
    }
#define BT_LE_SCAN_PARAM(_type, _options, _interval, _window)                                      \
    ((struct bt_le_scan_param[]){BT_LE_SCAN_PARAM_INIT(_type, _options, _interval, _window)})

#define BT_LE_SCAN_ACTIVE                                                                          \
    BT_LE_SCAN_PARAM(BT_LE_SCAN_TYPE_ACTIVE, BT_LE_SCAN_OPT_FILTER_DUPLICATE,                      \
                     BT_GAP_SCAN_FAST_INTERVAL, BT_GAP_SCAN_FAST_WINDOW)
#define BT_LE_SCAN_ACTIVE_CONTINUOUS                                                               \
    BT_LE_SCAN_PARAM(BT_LE_SCAN_TYPE_ACTIVE, BT_LE_SCAN_OPT_FILTER_DUPLICATE,                      \
                     BT_GAP_SCAN_FAST_INTERVAL_MIN, BT_GAP_SCAN_FAST_WINDOW)
#define BT_LE_SCAN_PASSIVE                                                                         \
    BT_LE_SCAN_PARAM(BT_LE_SCAN_TYPE_PASSIVE, BT_LE_SCAN_OPT_FILTER_DUPLICATE,                     \
                     BT_GAP_SCAN_FAST_INTERVAL, BT_GAP_SCAN_FAST_WINDOW)
#define BT_LE_SCAN_PASSIVE_CONTINUOUS                                                              \
    BT_LE_SCAN_PARAM(BT_LE_SCAN_TYPE_PASSIVE, BT_LE_SCAN_OPT_FILTER_DUPLICATE,                     \
                     BT_GAP_SCAN_FAST_INTERVAL_MIN, BT_GAP_SCAN_FAST_WINDOW)

// Scan; reports go to cb (may be NULL) and to every registered listener. Where the controller
// cannot scan while it creates a connection, a scan that was on rests meanwhile. 0; -EALREADY while
// scanning; -EINVAL (parameters); -ENOTSUP (options above); -EBUSY (a connection is being created
// and the controller cannot do both).
int bt_le_scan_start(const struct bt_le_scan_param *param, bt_le_scan_cb_t cb);

// Stop; no report is delivered after this returned. 0; -EALREADY when not scanning.
int bt_le_scan_stop(void);

// Add and remove a listener; cb stays in use until removed and may be removed from a callback. Works
// while disabled and survives bt_disable(). 0; -EINVAL (NULL); -EEXIST (registered before).
int bt_le_scan_cb_register(struct bt_le_scan_cb *cb);
void bt_le_scan_cb_unregister(struct bt_le_scan_cb *cb);

// ---- Periodic advertising (Vol 6, Part B, 4.4.2.12; Vol 4, Part E, 7.8.61 to 7.8.63) --------------
//
// In a build with CONFIG_BT_PER_ADV. A train of packets at fixed times beside the extended advertising
// of a set that is neither connectable nor scannable nor anonymous. It begins when both are started
// and goes on when the extended advertising is stopped. Calls: 0; -EAGAIN when not enabled; -EINVAL
// (no set, not a set for it, parameters); -ENOTSUP (a controller without); and what is said there.
// When a controller had to be reset, trains are stopped and their data is gone.

enum {
    BT_LE_PER_ADV_OPT_NONE = 0,
    BT_LE_PER_ADV_OPT_USE_TX_POWER = BIT(1), // Tell the transmit power.
    BT_LE_PER_ADV_OPT_INCLUDE_ADI = BIT(2),  // -ENOTSUP.
};

struct bt_le_per_adv_param {
    uint16_t interval_min; // 1.25 ms, 6 to 0xffff
    uint16_t interval_max;
    uint32_t options; // BT_LE_PER_ADV_OPT_*
};

#define BT_LE_PER_ADV_PARAM_INIT(_min, _max, _options)                                             \
    {                                                                                              \
        .interval_min = (_min), .interval_max = (_max), .options = (_options),                     \
    }
#define BT_LE_PER_ADV_PARAM(_min, _max, _options)                                                  \
    ((struct bt_le_per_adv_param[]){BT_LE_PER_ADV_PARAM_INIT(_min, _max, _options)})
// 1 to 1.25 seconds
#define BT_LE_PER_ADV_DEFAULT BT_LE_PER_ADV_PARAM(0x0320, 0x03e8, BT_LE_PER_ADV_OPT_NONE)

// Set up the train; the first call for a set. -EINVAL also while it runs.
int bt_le_per_adv_set_param(struct bt_le_ext_adv *adv, const struct bt_le_per_adv_param *param);

// Set its data, at most 1650 octets, which must be sent within the interval (-EIO); what it points
// at is read until the call returns. -EAGAIN: more than 252 octets while the train runs.
int bt_le_per_adv_set_data(const struct bt_le_ext_adv *adv, const struct bt_data *ad,
                           size_t ad_len);

// Start and stop the train. -EALREADY: it is so.
int bt_le_per_adv_start(struct bt_le_ext_adv *adv);
int bt_le_per_adv_stop(struct bt_le_ext_adv *adv);

// ---- Synchronising with it (Vol 6, Part B, 4.4.3.4; Vol 4, Part E, 7.8.67 to 7.8.73) --------------
//
// In a build with CONFIG_BT_PER_ADV_SYNC. A sync lives from bt_le_per_adv_sync_create(), or from
// `synced` after a transfer, until `term` has returned, which comes exactly once, also after
// bt_le_per_adv_sync_delete() and in bt_disable(). Errors of the calls as above.

struct bt_le_per_adv_sync;

struct bt_le_per_adv_sync_synced_info {
    const bt_addr_le_t *addr;
    uint8_t sid;
    uint16_t interval;     // 1.25 ms
    uint8_t phy;           // BT_GAP_LE_PHY_*
    bool recv_enabled;     // Reports come.
    uint16_t service_data; // Of a transfer ...
    struct bt_conn *conn;  // ... over this link; NULL: by bt_le_per_adv_sync_create().
};

struct bt_le_per_adv_sync_term_info {
    const bt_addr_le_t *addr;
    uint8_t sid;
    uint8_t reason; // HCI error: 0x08 lost, 0x16 ended here, 0x3e not found in time, 0x44 cancelled
};

struct bt_le_per_adv_sync_recv_info {
    const bt_addr_le_t *addr;
    uint8_t sid;
    int8_t tx_power;  // dBm, BT_GAP_TX_POWER_INVALID: unknown
    int8_t rssi;      // dBm
    uint8_t cte_type; // BT_DF_CTE_TYPE_*: always none
};

struct bt_le_per_adv_sync_state_info {
    bool recv_enabled;
};

// What every sync has to tell; members may be NULL.
struct bt_le_per_adv_sync_cb {
    void (*synced)(struct bt_le_per_adv_sync *sync, struct bt_le_per_adv_sync_synced_info *info);
    // The sync is over; its handle is void when all listeners have heard of it.
    void (*term)(struct bt_le_per_adv_sync *sync, const struct bt_le_per_adv_sync_term_info *info);
    // Data, whole; it is gone when the callback returns. Each listener finds it unconsumed.
    void (*recv)(struct bt_le_per_adv_sync *sync, const struct bt_le_per_adv_sync_recv_info *info,
                 struct net_buf_simple *buf);
    // bt_le_per_adv_sync_recv_enable() or _disable() was done.
    void (*state_changed)(struct bt_le_per_adv_sync *sync,
                          const struct bt_le_per_adv_sync_state_info *info);
    sys_snode_t node;
};

// No direction finding here.
#define BT_DF_CTE_TYPE_NONE 0

enum {
    BT_LE_PER_ADV_SYNC_OPT_NONE = 0,
    // Whoever is on the list (bt_le_per_adv_list_add), not addr and sid.
    BT_LE_PER_ADV_SYNC_OPT_USE_PER_ADV_LIST = BIT(0),
    BT_LE_PER_ADV_SYNC_OPT_REPORTING_INITIALLY_DISABLED = BIT(1),
    BT_LE_PER_ADV_SYNC_OPT_FILTER_DUPLICATE = BIT(2), // Where the controller can.
};

struct bt_le_per_adv_sync_param {
    bt_addr_le_t addr;
    uint8_t sid;      // 0 to 15
    uint32_t options; // BT_LE_PER_ADV_SYNC_OPT_*
    uint16_t skip;    // Packets that may be left out after one that was received, up to 0x01f3.
    uint16_t timeout; // 10 ms, 0x000a to 0x4000: without a packet for so long it is lost.
};

// Look for a train, and follow it; *out_sync is the handle. Where no scan runs, one runs until it is
// found; an application's scan is used as it is. There is no time-out: delete it.
// -EBUSY: another one is being looked for; -EALREADY: there is a sync with it; -ENOMEM
// (CONFIG_BT_PER_ADV_SYNC_MAX).
int bt_le_per_adv_sync_create(const struct bt_le_per_adv_sync_param *param,
                              struct bt_le_per_adv_sync **out_sync);

// Give it up; `term` follows.
int bt_le_per_adv_sync_delete(struct bt_le_per_adv_sync *per_adv_sync);

// Add a listener, for good; survives bt_disable(). 0; -EINVAL; -EEXIST.
int bt_le_per_adv_sync_cb_register(struct bt_le_per_adv_sync_cb *cb);

// Have reports, or none; `state_changed` follows. -EALREADY: it is so.
int bt_le_per_adv_sync_recv_enable(struct bt_le_per_adv_sync *per_adv_sync);
int bt_le_per_adv_sync_recv_disable(struct bt_le_per_adv_sync *per_adv_sync);

// The sync's number, 0 to CONFIG_BT_PER_ADV_SYNC_MAX - 1, and the sync with a number or with an
// advertiser; NULL: there is none.
uint8_t bt_le_per_adv_sync_get_index(struct bt_le_per_adv_sync *per_adv_sync);
struct bt_le_per_adv_sync *bt_le_per_adv_sync_lookup_index(uint8_t index);
struct bt_le_per_adv_sync *bt_le_per_adv_sync_lookup_addr(const bt_addr_le_t *adv_addr,
                                                          uint8_t sid);

struct bt_le_per_adv_sync_info {
    bt_addr_le_t addr;
    uint8_t sid;
    uint16_t interval; // 1.25 ms; 0: not found yet
    uint8_t phy;       // BT_GAP_LE_PHY_*
};

// 0; -EINVAL.
int bt_le_per_adv_sync_get_info(struct bt_le_per_adv_sync *per_adv_sync,
                                struct bt_le_per_adv_sync_info *info);

// Hand a sync, or the train of a set of our own that runs, over a link: its other end may follow the
// train without looking for it. service_data is for whatever profile does it. -ENOTCONN; -EOPNOTSUPP
// (the other end cannot); -EACCES (the train does not run).
int bt_le_per_adv_sync_transfer(const struct bt_le_per_adv_sync *per_adv_sync,
                                const struct bt_conn *conn, uint16_t service_data);
int bt_le_per_adv_set_info_transfer(const struct bt_le_ext_adv *adv, const struct bt_conn *conn,
                                    uint16_t service_data);

enum {
    BT_LE_PER_ADV_SYNC_TRANSFER_OPT_NONE = 0,
    BT_LE_PER_ADV_SYNC_TRANSFER_OPT_REPORTING_INITIALLY_DISABLED = BIT(4), // -ENOTSUP.
    BT_LE_PER_ADV_SYNC_TRANSFER_OPT_FILTER_DUPLICATES = BIT(5),
};

struct bt_le_per_adv_sync_transfer_param {
    uint16_t skip; // As in bt_le_per_adv_sync_param
    uint16_t timeout;
    uint32_t options; // BT_LE_PER_ADV_SYNC_TRANSFER_OPT_*
};

// Take what the other end of a link hands over, or of every link to come (NULL); `synced` tells of it.
// Without a free sync it is given back. Lost when the controller had to be reset.
int bt_le_per_adv_sync_transfer_subscribe(const struct bt_conn *conn,
                                          const struct bt_le_per_adv_sync_transfer_param *param);
int bt_le_per_adv_sync_transfer_unsubscribe(const struct bt_conn *conn);

// The controller's list of trains to look for, for BT_LE_PER_ADV_SYNC_OPT_USE_PER_ADV_LIST. Lost when
// the controller had to be reset. -EACCES while a train is looked for; -ENOMEM.
int bt_le_per_adv_list_add(const bt_addr_le_t *addr, uint8_t sid);
int bt_le_per_adv_list_remove(const bt_addr_le_t *addr, uint8_t sid);
int bt_le_per_adv_list_clear(void);

// ---- Bonds (Vol 3, Part C, 9.4; with CONFIG_BT_SMP) ---------------------------------------------

struct bt_bond_info {
    bt_addr_le_t addr; // The peer's identity
};

// Delete the bond of identity `id` with this peer; all of them with addr NULL or BT_ADDR_LE_ANY. A link
// with the peer ends (0x13). 0, also when there is none; -EINVAL (id); what the settings say: the bond is
// gone here, but the store still has it and brings it back after a restart.
int bt_unpair(uint8_t id, const bt_addr_le_t *addr);

// Call func for each bond of identity `id`.
void bt_foreach_bond(uint8_t id, void (*func)(const struct bt_bond_info *info, void *user_data),
                     void *user_data);

// ---- Out of band data (Vol 3, Part H, 2.3.5.6.4; with CONFIG_BT_SMP) ------------------------------

struct bt_le_oob_sc_data {
    uint8_t r[16];
    uint8_t c[16];
};

struct bt_le_oob {
    bt_addr_le_t addr;
    struct bt_le_oob_sc_data le_sc_data;
};

// Our data for a peer, valid until the next call or a failed pairing. It may take as long as a key
// pair does. 0; -EAGAIN, -EINVAL, -EIO. With the controller's cryptography -EAGAIN also says that it is making
// the key pair: a moment later the call succeeds.
int bt_le_oob_get_local(uint8_t id, struct bt_le_oob *oob);

struct bt_conn;

// What a pairing asked for (bt_conn_auth_cb.oob_data_request): our own data that the peer has, the
// peer's that we have; NULL what is not needed. 0, -EINVAL.
int bt_le_oob_set_sc_data(struct bt_conn *conn, const struct bt_le_oob_sc_data *oobd_local,
                          const struct bt_le_oob_sc_data *oobd_remote);

#ifdef __cplusplus
}
#endif

#endif // ZEPHYR_INCLUDE_BLUETOOTH_BLUETOOTH_H_
