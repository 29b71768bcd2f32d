// All mutable state of the Security Manager (design D2), and what its files share. smp_run is wiped
// by bt_disable(); bonds, callbacks and the policy are in smp_reg. All zero is a valid state of both.
#ifndef BREEZE_SRC_SMP_STATE_H_
#define BREEZE_SRC_SMP_STATE_H_

#include <string.h>

#include <breeze/smp.h>
#include <zephyr/bluetooth/bluetooth.h>

#include "crypto/crypto.h"
#include "gap/rpa.h"
#include "hci/post.h"
#include "kernel/loop.h"
#include "smp/smp.h"

// PDU codes (3.3) and lengths with the code.
enum smp_code {
    SMP_PAIRING_REQ = 0x01,
    SMP_PAIRING_RSP = 0x02,
    SMP_CONFIRM = 0x03,
    SMP_RANDOM = 0x04,
    SMP_FAILED = 0x05,
    SMP_ENC_INFO = 0x06,
    SMP_CENTRAL_ID = 0x07,
    SMP_ID_INFO = 0x08,
    SMP_ID_ADDR = 0x09,
    SMP_SIGN_INFO = 0x0a,
    SMP_SECURITY_REQ = 0x0b,
    SMP_PUBLIC_KEY = 0x0c,
    SMP_DHKEY_CHECK = 0x0d,
    SMP_KEYPRESS = 0x0e,
};
#define SMP_PDU_MAX     65
#define SMP_FEATURE_LEN 7

// Reasons of Pairing Failed (3.5.5).
enum smp_reason {
    SMP_REASON_PASSKEY = 0x01,
    SMP_REASON_OOB = 0x02,
    SMP_REASON_AUTH_REQ = 0x03,
    SMP_REASON_CONFIRM = 0x04,
    SMP_REASON_NOT_SUPPORTED = 0x05,
    SMP_REASON_KEY_SIZE = 0x06,
    SMP_REASON_CMD = 0x07,
    SMP_REASON_UNSPECIFIED = 0x08,
    SMP_REASON_REPEATED = 0x09,
    SMP_REASON_PARAMS = 0x0a,
    SMP_REASON_DHKEY = 0x0b,
    SMP_REASON_NUMERIC = 0x0c,
    SMP_REASON_KEY_REJECTED = 0x0f,
    SMP_REASON_BUSY = 0x10,
    SMP_REASON_NONE = 0xff, // Nothing to send: the link is gone, or the peer said it.
};

// AuthReq (3.5.1) and key distribution (3.6.1).
#define SMP_AUTH_BONDING 0x01
#define SMP_AUTH_MITM    0x04
#define SMP_AUTH_SC      0x08
#define SMP_AUTH_KEYS    0x10 // Keypress notifications
#define SMP_DIST_ENC     0x01
#define SMP_DIST_ID      0x02
#define SMP_DIST_SIGN    0x04
// What this build gives and takes.
#define SMP_DIST_OPTIONAL (CONFIG_BT_SIGNING ? SMP_DIST_SIGN : 0)
#define SMP_DIST_ALL      (SMP_DIST_ENC | SMP_DIST_ID | SMP_DIST_OPTIONAL)

enum smp_io {
    SMP_IO_DISPLAY_ONLY,
    SMP_IO_DISPLAY_YESNO,
    SMP_IO_KEYBOARD_ONLY,
    SMP_IO_NONE,
    SMP_IO_KEYBOARD_DISPLAY,
};

enum smp_method {
    SMP_JUST_WORKS,
    SMP_NUMERIC,
    SMP_SHOW, // This side shows the passkey.
    SMP_TYPE, // This side's user types it.
    SMP_OOB,
};

enum smp_state {
    SMP_IDLE,
    SMP_REQUESTED, // Central: waits for Pairing Response.
    SMP_KEY,       // Waits for the peer's public key,
    SMP_CONFIRMED, // ... confirm value,
    SMP_RANDOMED,  // ... random value,
    SMP_CHECKED,   // ... DHKey check,
    SMP_LOCAL,     // ... for this side: user, curve.
    SMP_ENCRYPTING,
    SMP_KEYS, // Waits for the peer's keys.
    SMP_DEAD, // Timed out: nothing more on this link (3.4).
};

// What this side still owes a pairing.
#define SMP_WAIT_PAIR   BIT(0) // Our key pair
#define SMP_WAIT_DH     BIT(1)
#define SMP_WAIT_SECRET BIT(2) // Passkey or out of band data
#define SMP_WAIT_USER   BIT(3) // A yes

struct smp_ltk {
    uint8_t val[16];
    uint8_t rand[8];
    uint16_t ediv;
};

// A key that signs, zeroes: none. Counters below `counter` are spent.
struct smp_csrk {
    uint8_t val[16];
    uint32_t counter;
};

// Keys that a pairing made. With Secure Connections `ours` serves both roles.
#define SMP_KEYS_USED   BIT(0) // A bond: the place is taken.
#define SMP_KEYS_AUTH   BIT(1)
#define SMP_KEYS_SC     BIT(2)
#define SMP_KEYS_OURS   BIT(3) // `ours`: we are the peripheral.
#define SMP_KEYS_THEIRS BIT(4) // `theirs`: we are the central.
#define SMP_KEYS_IRK    BIT(5)
#define SMP_KEYS_KNOWN  BIT(6) // The peer has our IRK.
struct smp_keys {
    uint8_t id;
    uint8_t flags;      // SMP_KEYS_*
    uint8_t size;       // Octets, 7 to 16
    bt_addr_le_t addr;  // The peer's identity,
    bt_addr_le_t local; // and ours that it knows.
    struct smp_ltk ours;
    struct smp_ltk theirs;
    uint8_t irk[16];
    uint32_t age; // Grows with use.
#if CONFIG_BT_SIGNING
    struct smp_csrk sign;  // We sign with it; the stored record says that counters below
    uint32_t sign_stored;  // ... this one are spent.
    struct smp_csrk check; // The peer signs with it.
#endif
};

// Flags first, as in struct hci_run.
struct smp_link {
    uint8_t state;     // enum smp_state
    uint8_t waits;     // SMP_WAIT_*
    uint8_t waits_for; // Of these, what `then` needs.
    uint8_t bondable;  // bt_conn_set_bondable(): 0 not said, 1 no, 2 yes
    bool overlaid;     // `overlay` is to be asked.
    uint8_t required;  // Level asked for on this side.
    bool asked;        // Security Request sent, nothing came of it yet.
    bool peer_began;
    bool sc;
    bool bonding;
    bool user_asked; // A callback asked the user: `cancel` tells when that is over.
    uint8_t method;  // enum smp_method
    uint8_t round;
    uint8_t send; // SMP_DIST_* still to send, to receive.
    uint8_t receive;
    bool got_half; // Of a key that comes in two PDUs, the first has come.
    bool has_keys; // `keys` are there.
    bool given;    // Our keys are in `out`: the pairing is complete when they have arrived.
    // Encryption
    uint8_t cmds; // Commands owed (bits, enc.c)
    bool enc_out; // The controller has a key from us: an event will come.
    uint8_t enc_status;
    uint8_t enc_level; // What the link is when it succeeds.
    uint8_t enc_size;
    uint8_t out_len; // Of `out`,
    uint8_t in_air;  // ... and of those that were sent, how many are on their way.
    uint8_t failures;
    uint16_t attempt; // Grows with each pairing: callbacks may end one.
    void (*then)(struct smp_link *link);
    const struct bt_conn_auth_cb *overlay;
    struct post post;
    struct loop_timer timer;
    uint8_t req[7];      // Pairing Request and Response as sent.
    uint8_t rsp[7];      //
    uint8_t secret[16];  // TK; passkey; OOB: the peer's r
    uint8_t local_r[16]; // OOB: ours
    uint8_t own_rand[16];
    uint8_t peer_rand[16];
    uint8_t own_confirm[16];
    uint8_t peer_confirm[16]; // Also the peer's DHKey check.
    uint8_t peer_pub[64];     // X, Y
    uint8_t dh[32];
    uint8_t mackey[16];
    uint8_t stk[16];      // The key of SMP_ENCRYPTING
    struct smp_keys keys; // What this pairing makes; later, without a bond, what it made.
    struct smp_ltk enc;   // The key to start with or to reply.
    // PDUs that found no buffer: length, PDU, ...
    uint8_t out[3 * (SMP_PDU_MAX + 1)];
    // Failed attempts of this peer (`failures`); they outlast the link.
    bt_addr_le_t failed_peer;
    int64_t refuse_until;
};

#define SMP_POST_ENC     BIT(0)
#define SMP_POST_TIMEOUT BIT(1)

struct smp_run {
    bool pair_valid;
    bool pair_stale; // A pairing failed with it: the next one makes another.
    struct post curve_post;
    uint8_t priv[32];
    uint8_t pub[64]; // X, Y, least significant octet first.
    uint8_t oob_r[16];
    struct smp_link links[CONFIG_BT_MAX_CONN]; // By bt_conn_index().
};
extern struct smp_run smp_run;

struct smp_reg {
    bool not_bondable;
    bool passkey_fixed;
    bool oob_sc; // bt_le_oob_set_sc_flag(), bt_le_oob_set_legacy_flag()
    bool oob_legacy;
    uint32_t passkey;
    uint32_t age; // Of the bond that was used last.
    struct breeze_smp_policy policy;
    const struct bt_conn_auth_cb *auth;
    sys_slist_t infos; // bt_conn_auth_info_cb
    struct bt_conn_auth_info_cb *info_next;
    struct smp_keys bonds[CONFIG_BT_MAX_PAIRED];
};
extern struct smp_reg smp_reg;

// A key of zeroes is none: whoever sends it, or stores it, has the link encrypted for everybody.
static inline bool smp_is_key(const uint8_t val[16])
{
    static const uint8_t none[16];
    return memcmp(val, none, sizeof(none)) != 0;
}

static inline struct smp_link *smp_link_of(const struct bt_conn *conn)
{
    return &smp_run.links[bt_conn_index(conn)];
}

static inline struct bt_conn *smp_conn_of(const struct smp_link *link)
{
    return conn_at((unsigned int)(link - smp_run.links));
}

static inline bool smp_is_pairing(const struct smp_link *link)
{
    return link->state != SMP_IDLE && link->state != SMP_DEAD;
}

static inline bool smp_is_central(const struct smp_link *link)
{
    return smp_conn_of(link)->role == BT_CONN_ROLE_CENTRAL;
}

// ---- base.c ---------------------------------------------------------------------------------------

void smp_send(struct smp_link *link, const void *pdu, size_t len);
void smp_send_value(struct smp_link *link, enum smp_code code, const uint8_t *value, size_t len);
void smp_flush(struct smp_link *link);
// Wait for the peer, within the 30 s that begin anew.
void smp_expect(struct smp_link *link, enum smp_state state);
void smp_timer_again(struct smp_link *link);
// Go on with `then` as soon as nothing of `waits` (SMP_WAIT_*) is missing. Something of it is here.
void smp_hold(struct smp_link *link, uint8_t waits, void (*then)(struct smp_link *link));
void smp_arrived(struct smp_link *link, uint8_t wait);
// End a pairing: tell the peer (unless SMP_REASON_NONE) and the application.
void smp_fail(struct smp_link *link, uint8_t reason, enum bt_security_err err);
void smp_failed(struct smp_link *link, enum smp_reason reason);
// Forget a pairing; keys that it made stay.
void smp_clear(struct smp_link *link);
enum bt_security_err smp_err_of(uint8_t reason);
// Have the curve worked on, in the drain; make the key pair at once (not in dispatch).
void smp_curve_kick(void);
// 0; -EINPROGRESS: smp_curve_up() will follow; -EIO.
int smp_curve_pair(void);
// crypto_p256_up().
void smp_curve_up(bool lost);
// Drop a key pair with which a pairing failed, unless one of another link is at it.
void smp_curve_renew(const struct smp_link *link);

// ---- features.c -----------------------------------------------------------------------------------

// Pairing Request or Response, whole.
uint8_t *smp_features_own(struct smp_link *link);
uint8_t *smp_features_peer(struct smp_link *link);
int smp_pair_start(struct smp_link *link);
void smp_on_pairing_req(struct smp_link *link, struct rd *in);
void smp_on_pairing_rsp(struct smp_link *link, struct rd *in);
void smp_on_security_req(struct smp_link *link, struct rd *in);

// Secure Connections: by policy, and by what the cryptography can do.
bool smp_has_sc(void);

// ---- keypress.c -----------------------------------------------------------------------------------

// Does this side offer keypress notifications.
bool smp_keypress_offered(const struct smp_link *link);
void smp_on_keypress(struct smp_link *link, struct rd *in);

// ---- pair.c ---------------------------------------------------------------------------------------

// The features are known.
void smp_phase_2(struct smp_link *link);
// The link is encrypted with the key of phase 2.
void smp_pair_encrypted(struct smp_link *link);

// ---- dist.c ---------------------------------------------------------------------------------------

void smp_dist_begin(struct smp_link *link);
// Is a PDU of this key what comes now: its first, or (half) its second. If not the pairing has failed.
bool smp_dist_expected(struct smp_link *link, uint8_t key, bool half);
// This key is here, whole.
void smp_dist_got(struct smp_link *link, uint8_t key);
// All PDUs that were sent have arrived.
void smp_keys_sent(struct smp_link *link);
void smp_on_enc_info(struct smp_link *link, struct rd *in);
void smp_on_central_id(struct smp_link *link, struct rd *in);
void smp_on_id_info(struct smp_link *link, struct rd *in);
void smp_on_id_addr(struct smp_link *link, struct rd *in);

// ---- method.c -------------------------------------------------------------------------------------

enum smp_io smp_io_of(const struct smp_link *link);
// What the table says for two IO capabilities, as seen from this side.
enum smp_method smp_method_of(uint8_t initiator_io, uint8_t responder_io, bool sc, bool central);
enum smp_method smp_method(const struct smp_link *link);
bt_security_t smp_level(enum smp_method method, bool sc, uint8_t size);
bt_security_t smp_keys_level(const struct smp_keys *keys);
uint8_t smp_min_size(void);

// ---- enc.c ----------------------------------------------------------------------------------------

// Central: encrypt with this key, for this level.
void smp_encrypt(struct smp_link *link, const struct smp_ltk *ltk, uint8_t level, uint8_t size);
// The keys for a link: its bond's or those of this connection; NULL.
struct smp_keys *smp_keys_of(struct smp_link *link);
// Encrypt with known keys, if they do for this level. False: they do not.
bool smp_encrypt_known(struct smp_link *link, uint8_t level);

// ---- bond.c, store.c ------------------------------------------------------------------------------

struct smp_keys *smp_bond_find(uint8_t id, const bt_addr_le_t *addr);
// May these keys take the place of what is known of that identity (hostile 48).
bool smp_bond_may_replace(const struct smp_link *link, const struct smp_keys *old);
// Keep keys. False: no room.
bool smp_bond_put(const struct smp_keys *keys);
void smp_bond_used(struct smp_keys *bond);
// 0, or why the store still has it.
int smp_bond_delete(struct smp_keys *bond);
// Made for an identity address that is not ours: says so. Never true while ours is not known.
bool smp_bond_is_foreign(const struct smp_keys *bond);
// Drop such bonds from memory.
void smp_bonds_check(void);

// 0, or what the settings say: -ENOENT, there is no store.
int smp_store_save(const struct smp_keys *bond);
int smp_store_delete(const struct smp_keys *bond); // 0 also without a store.

// ---- sign.c, sign_none.c ----------------------------------------------------------------------------

// The keys that sign, in a record of a bond; 40 octets.
#define SMP_SIGN_RECORD_LEN 40
void smp_sign_put(const struct smp_keys *bond, struct wr *w);
void smp_sign_get(struct smp_keys *bond, struct rd *r);
// `keys` are about to take the place of `old`: counters of keys that they share do not go back.
void smp_sign_merge(struct smp_keys *keys, const struct smp_keys *old);
// In a build with signed writes. Make our key and send it; false: no randomness.
bool smp_sign_give(struct smp_link *link);
void smp_on_sign_info(struct smp_link *link, struct rd *in);

// ---- api.c ----------------------------------------------------------------------------------------

const struct bt_conn_auth_cb *smp_auth(const struct smp_link *link);
void smp_tell_complete(struct bt_conn *conn, bool bonded);
void smp_tell_failed(struct bt_conn *conn, enum bt_security_err err);
void smp_tell_deleted(uint8_t id, const bt_addr_le_t *peer);
bool smp_bondable(const struct smp_link *link);

#endif // BREEZE_SRC_SMP_STATE_H_
