// Connections: the slots, their life and their references (Vol 6, Part B, 4.5; Zephyr's struct
// bt_conn).
//
// A slot is free, or in one of the states of the table in conn.c; only conn_set_state() moves it. A
// slot is reused after its last reference is gone (`recycled`). Upper layers keep what they need per
// connection in arrays of their own, indexed by bt_conn_index(); nothing above is named here.
//
// What a connection owes the controller (disconnect, parameter update, replies, feature exchange) is
// a bit in `want`; the connection source (hci_sources) turns one bit into one command at a time.
#ifndef BREEZE_SRC_CONN_CONN_H_
#define BREEZE_SRC_CONN_CONN_H_

#include <stdbool.h>
#include <stdint.h>

#include <zephyr/bluetooth/conn.h>

#include "hci/acl.h"
#include "hci/cmd.h"
#include "hci/evt.h"
#include "hci/hci.h"
#include "hci/post.h"
#include "kernel/loop.h"

enum conn_state {
    CONN_FREE,
    CONN_INITIATING, // bt_conn_le_create(): LE Create Connection is wanted or out.
    CONN_CONNECTED,
    CONN_DISCONNECTING, // Disconnect is wanted or out.
    CONN_DISCONNECTED,  // Over; `disconnected` may still be due, references may be held.
    CONN_ADVERTISING,   // Reserved by a connectable advertiser; the application does not know it.
};

// What happened and must still be told, in this order (bits of post).
#define CONN_POST_CONNECTED     BIT(0)
#define CONN_POST_PARAM_REQ     BIT(1)
#define CONN_POST_PARAM_UPDATED BIT(2)
#define CONN_POST_PHY           BIT(3)
#define CONN_POST_DATA_LEN      BIT(4)
#define CONN_POST_REMOTE_INFO   BIT(5)
#define CONN_POST_FALLBACK      BIT(6) // Ask for `wanted` through conn_ups[].param_fallback.
#define CONN_POST_PARAM_FAILED  BIT(7)
#define CONN_POST_PHY_FAILED    BIT(8)
#define CONN_POST_SUBRATE       BIT(9)
#define CONN_POST_DISCONNECTED  BIT(14)

// Commands owed to the controller, bits of want; the rows of source.c in this order.
enum conn_want {
    CONN_WANT_DISCONNECT,
    CONN_WANT_PARAM_REPLY,
    CONN_WANT_PARAM_NEG_REPLY,
    CONN_WANT_LTK_NEG_REPLY,
    CONN_WANT_UPDATE,
    CONN_WANT_FEATURES,
    CONN_WANT_VERSION,
    CONN_WANT_DATA_LEN,
    CONN_WANT_PHY,
};

// Flags first: Thumb-1 reaches an octet without further instructions in the first 32 of a struct.
struct bt_conn {
    uint8_t state;  // enum conn_state
    uint8_t index;  // Place among the slots: bt_conn_index() without a division.
    uint8_t role;   // BT_CONN_ROLE_*
    uint8_t id;     // Local identity.
    uint8_t err;    // HCI status of the creation ...
    uint8_t reason; // ... and of the disconnection.
    uint8_t disconnect_reason;
    uint8_t sec_level; // bt_security_t; below BT_SECURITY_L1: not encrypted.
    uint8_t enc_size;  // Octets of the key.
    uint8_t busy;      // The `want` bit whose command is out, as bit number + 1; 0 none.
    uint8_t status;    // HCI status of the last command that an API call waits for.
    bool told;         // The application knows the slot: `recycled` is due at its end.
    bool cancel;       // The creation is to be cancelled (gap/init.c does it) ...
    bool cancelled;    // ... and the controller has answered that.
    bool has_features;
    bool no_features; // They will not come: it is not for us to ask, or the answer was none.
    bool has_version;
    bool version_asked;
    bool updating;        // LE Connection Update accepted, its event not yet here.
    bool phy_asked;       // The application asked for PHYs, the event is not yet here.
    uint8_t param_status; // Why there are no other parameters (CONN_POST_PARAM_FAILED) ...
    uint8_t phy_status;   // ... and no other PHYs.
    uint8_t update_tries; // How often they were asked for again (again.c) ...
    uint8_t phy_tries;    // ... and PHYs; ...
    uint8_t remote_version;
    uint16_t remote_manufacturer;
    uint16_t remote_subversion;
    uint16_t refs;
    uint16_t generation; // Grows each time the slot is taken.
    uint16_t want;       // Commands owed (bits, conn/source.c).
    uint16_t again;      // ... bits of `want` that are due next.
    uint16_t interval;   // 1.25 ms
    uint16_t latency;
    uint16_t timeout; // 10 ms
    struct post post;
    struct acl_link acl;
    bt_addr_le_t dst;    // The peer's identity address.
    bt_addr_le_t remote; // The address the link was made with, theirs and ours: set by who takes
    bt_addr_le_t local;  // ... the slot.
    bt_addr_le_t src;    // Our identity address.
    uint8_t features[8];
    struct bt_le_conn_param wanted; // Parameters asked for.
    struct bt_le_conn_param asked;  // What the peer asks for (CONN_POST_PARAM_REQ).
    struct bt_conn_le_phy_info phy;
    struct bt_conn_le_data_len_info data_len;
    struct {
        uint16_t octets; // Data length to ask for, and its time.
        uint16_t time;
        struct bt_conn_le_phy_param phy; // PHYs to ask for.
    } radio;
#if CONFIG_BT_SUBRATING
    struct {
        struct bt_conn_le_subrating_info now;
        bool asked;     // The application asked, the event is not yet here.
        uint8_t status; // For `subrate_changed`.
    } subrate;
#endif
    // Disconnect was accepted: the event must come (hostile 4). Before: `again`.
    struct loop_timer timer;
};

// A link as LE Connection Complete describes it.
struct conn_link {
    uint16_t handle;
    uint8_t role;
    bt_addr_le_t peer;
    bt_addr_t
        local_rpa; // Private addresses that the controller made, and resolved; all zero: it did not.
    bt_addr_t peer_rpa;
    uint16_t interval;
    uint16_t latency;
    uint16_t timeout;
};

// The layers above, told in the drain, in the table's order, before the application. Defined in
// src/api/wiring.c, NULL at the end.
struct conn_up {
    void (*connected)(struct bt_conn *conn);
    void (*disconnected)(struct bt_conn *conn);
    // A slot became free, in the drain.
    void (*recycled)(void);
    // Ask the peer for parameters where the link layer has no procedure for it (peripheral, Vol 3,
    // Part A, 4.20): 0 when the request left, else a negative errno. One row has it.
    int (*param_fallback)(struct bt_conn *conn, const struct bt_le_conn_param *param);
    // The level of security changed, or it could not be raised.
    void (*security)(struct bt_conn *conn, enum bt_security_err err);
    // A bonded peer's link is encrypted, or was just bonded: what belongs to the bond is
    // valid again. The bond of this peer was deleted.
    void (*secured)(struct bt_conn *conn);
    void (*unbonded)(uint8_t id, const bt_addr_le_t *peer);
    // Is there a key that this link could be encrypted with.
    bool (*has_key)(const struct bt_conn *conn);
    // bt_disable(): all links are gone, and nothing that waits for one to come back may stay.
    void (*off)(void);
    // Members may be NULL.
};
extern const struct conn_up *const conn_ups[];

// The connection of a link.
static inline struct bt_conn *conn_of(struct acl_link *link)
{
    return CONTAINER_OF(link, struct bt_conn, acl);
}

// ---- Slots: conn.c ------------------------------------------------------------------------------

// Take a free slot into `state` (INITIATING, ADVERTISING, CONNECTED by conn_open() at once) with the
// host's reference; NULL when none is free. conn_drop() gives back one that never became a link and
// that the application never got. conn_open(): the link of this slot is up; `own` is our identity,
// `local` of the slot must be set. conn_fail(): its
// creation ended, `connected` will say so. conn_end(): the link is down.
struct bt_conn *conn_take(enum conn_state state);
void conn_drop(struct bt_conn *conn);
void conn_open(struct bt_conn *conn, const struct conn_link *link, const bt_addr_le_t *own);
void conn_fail(struct bt_conn *conn, uint8_t err);
void conn_end(struct bt_conn *conn, uint8_t reason);

// Move a slot's state; asserts that the table allows it.
void conn_set_state(struct bt_conn *conn, enum conn_state state);

// A link that nobody wants: disconnect it without a slot.
void conn_orphan_add(uint16_t handle, uint8_t reason);

// Want a link disconnected, without waiting.
void conn_want_disconnect(struct bt_conn *conn, uint8_t reason);

// The last step of bt_disable(), when all posts are delivered and nothing is in flight: slots that
// the application still references stay, answer -ENOTCONN and return at the last unref.
void conn_wipe(void);

// Is this a parameter set that HCI takes (Vol 4, Part E, 7.8.18).
bool conn_param_valid(const struct bt_le_conn_param *param);

// Ask for conn->wanted through the layers above; does this status of LE Connection Update (its
// Command Status or its event) mean that a peripheral must do so.
int conn_param_fallback(struct bt_conn *conn);
bool conn_param_unsupported(const struct bt_conn *conn, uint8_t status);

// failed.c: a request of the application came to nothing; and telling it so.
void conn_param_failed(struct bt_conn *conn, uint8_t status);
void conn_phy_failed(struct bt_conn *conn, uint8_t status);
void conn_tell_param_failed(struct bt_conn *conn);
void conn_tell_phy_failed(struct bt_conn *conn);

// again.c: have a request repeated if this status says that it met another procedure; it is made for the
// first time now.
bool conn_again(struct bt_conn *conn, enum conn_want want, uint8_t status);
void conn_first(struct bt_conn *conn, enum conn_want want);

// radio.c: what a link whose features are known now should be asked for by itself; the commands.
void conn_radio_auto(struct bt_conn *conn);
void conn_build_data_len(struct bt_conn *conn, struct wr *params);
void conn_build_phy(struct bt_conn *conn, struct wr *params);

// subrate.c: a link without subrating, as new ones are; what bt_conn_get_info() says.
#if CONFIG_BT_SUBRATING
void conn_subrate_reset(struct bt_conn *conn);
void conn_subrate_info(const struct bt_conn *conn, struct bt_conn_le_info *info);
#else
static inline void conn_subrate_reset(struct bt_conn *conn)
{
}
static inline void conn_subrate_info(const struct bt_conn *conn, struct bt_conn_le_info *info)
{
}
#endif

// Owe the controller a command / the application a callback.
void conn_want(struct bt_conn *conn, enum conn_want want);
static inline void conn_post(struct bt_conn *conn, uint16_t bits)
{
    post_set(&conn->post, bits);
}

// Tell the layers above of `secured`, `unbonded`, `off`.
void conn_secured(struct bt_conn *conn);
void conn_unbonded(uint8_t id, const bt_addr_le_t *peer);
void conn_off(void);

// What a link lacks for a level of security: what a server refuses with (Vol 3, Part C, 10.3.1).
enum conn_lack {
    CONN_LACKS_NOTHING,
    CONN_LACKS_AUTHENTICATION, // A pairing, or a better one.
    CONN_LACKS_ENCRYPTION,     // The keys are there: encrypting is enough.
    CONN_LACKS_KEY_SIZE,
};
enum conn_lack conn_lacks(const struct bt_conn *conn, bt_security_t level);

// ---- Tables for src/api/wiring.c ----------------------------------------------------------------

extern const struct hci_source conn_source;
extern const struct hci_evt_row conn_evt_rows[];
#define CONN_EVT_ROWS (CONFIG_BT_CONN ? 10 : 0)
extern const struct hci_evt_row subrate_evt_rows[];
#define SUBRATE_EVT_ROWS 1
// `lost`: every link ends, with reason 0x16 (BT_HCI_ERR_LOCALHOST_TERM_CONN) if it was being
// disconnected, else 0x08 (BT_HCI_ERR_CONN_TIMEOUT): for the application the peer is simply gone.
extern const struct hci_up conn_hci_up;

// For acl_up.find and acl_up.at.
struct acl_link *conn_acl_find(uint16_t handle);
struct acl_link *conn_acl_at(unsigned int i);

// ---- Callbacks of the application: cb.c ----------------------------------------------------------

void conn_cb_connected(struct bt_conn *conn);
void conn_cb_disconnected(struct bt_conn *conn);
void conn_cb_recycled(void);
void conn_cb_param_updated(struct bt_conn *conn);
void conn_cb_phy(struct bt_conn *conn);
void conn_cb_data_len(struct bt_conn *conn);
void conn_cb_subrate(struct bt_conn *conn); // subrate.c
// One event, told to each registration.
void conn_cb_tell(void (*tell)(const struct bt_conn_cb *cb, struct bt_conn *conn),
                  struct bt_conn *conn);
void conn_cb_remote_info(struct bt_conn *conn);
// The peer's features, or version, came, or will not come: tell it when both are over.
void conn_remote_info(struct bt_conn *conn);
void conn_cb_security(struct bt_conn *conn, enum bt_security_err err);
void conn_cb_identity(struct bt_conn *conn, const bt_addr_le_t *rpa);
// Does any registration have `remote_info_available`.
bool conn_cb_wants_remote_info(void);

// By handle (open links only), by index (any slot; walks end at NULL); NULL when there is none.
struct bt_conn *conn_by_handle(uint16_t handle);
struct bt_conn *conn_at(unsigned int index);

// The peer asks for parameters (Remote Connection Parameter Request event, or L2CAP's request): ask
// the application's le_param_req callbacks, which may change them. In the drain. True: accepted.
bool conn_param_ask(struct bt_conn *conn, struct bt_le_conn_param *param);

static inline bool conn_is_up(const struct bt_conn *conn)
{
    return conn->state == CONN_CONNECTED;
}

#endif // BREEZE_SRC_CONN_CONN_H_
