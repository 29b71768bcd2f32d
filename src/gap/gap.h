// GAP by reconciliation: each of identity, advertiser, initiator and scanner has a wanted and an
// actual state and one function that names the next command on the way (`*_next`, design D).
//
// gap_source asks them in a fixed order (gap.c): the random address before those who use it, and
// whoever must rest before who needs it to. Only one command is in flight at a time (hci/cmd.h), so
// a runner is asked again only after its `done` has changed the actual state.
#ifndef BREEZE_SRC_GAP_GAP_H_
#define BREEZE_SRC_GAP_GAP_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zephyr/bluetooth/addr.h>
#include <zephyr/bluetooth/bluetooth.h>
#include <zephyr/settings/settings.h>

#include "conn/conn.h"
#include "gap/rpa.h"
#include "hci/cmd.h"
#include "hci/evt.h"
#include "hci/hci.h"

// ---- Tables for src/api/wiring.c ----------------------------------------------------------------

extern const struct hci_source gap_source;
extern const struct hci_up gap_hci_up; // Before or after conn_hci_up, as you like.
extern const struct conn_up gap_conn_up;
extern const struct settings_handler_static gap_settings;
// Links, and behind them the scanner's: each level has the rows up to what it does.
#define GAP_EVT_ROWS                                                                               \
    (CONFIG_BT_CONN * 2 + CONFIG_BT_OBSERVER + CONFIG_BT_EXT_ADV * 3 + CONFIG_BT_PER_ADV_SYNC * 4)
extern const struct hci_evt_row gap_evt_rows[];

// The host is up: the controller is ready and there is an identity.
bool gap_is_ready(void);

// What a build leaves out is said below in place of its files, so that whoever asks costs nothing there.

// ---- Advertiser: adv.c --------------------------------------------------------------------------

bool adv_next(struct hci_cmd *cmd, struct wr *params);
void adv_lost(void);
// Advertising_Filter_Policy of these options (Vol 4, Part E, 7.8.5).
#define ADV_OPT_FILTERS (BT_LE_ADV_OPT_FILTER_SCAN_REQ | BT_LE_ADV_OPT_FILTER_CONN)
uint8_t adv_filter_of(uint32_t options);
// The random identity that advertising needs or uses; -1 none.
int adv_random_id(void);
// Its random address keeps the one of this kind, of identity `id`, from the controller.
bool adv_hides(enum own_kind kind, uint8_t id);
bool adv_is_on(void);
// Is identity `id` in use.
bool adv_uses(uint8_t id);
// A central connected: the slot for it (the advertiser's, or a free one), or NULL.
struct bt_conn *adv_connected(void);
// High duty directed advertising ran out (7.7.65.1, status 0x3c).
bool adv_timed_out(void);
void adv_recycled(void);

// Serialise AD structures into `to` (31 octets). Returns the length or -EINVAL.
int ad_write(const struct bt_data *data, size_t count, uint8_t *to, size_t room);

// ---- Resolving list: rlist.c --------------------------------------------------------------------

#if CONFIG_BREEZE_PRIVACY
bool rlist_next(struct hci_cmd *cmd, struct wr *params);
void rlist_lost(void);
// Bonds, our IRK or what we show are others now.
void rlist_changed(void);
// Whoever advertises, scans or initiates rests until the list is as it is to be.
bool rlist_needs_quiet(void);
// The controller can resolve private addresses of ours and of others.
bool rlist_is_there(void);
// The controller knows this peer behind its private addresses, or is about to.
bool rlist_resolves(const bt_addr_le_t *identity);
// Own_Address_Type for the scanner and the initiator that show this address.
uint8_t rlist_own_type(const bt_addr_le_t *own);
#else
static inline void rlist_lost(void)
{
}
static inline void rlist_changed(void)
{
}
static inline bool rlist_needs_quiet(void)
{
    return false;
}
static inline bool rlist_is_there(void)
{
    return false;
}
static inline bool rlist_resolves(const bt_addr_le_t *identity)
{
    return false;
}
static inline uint8_t rlist_own_type(const bt_addr_le_t *own)
{
    return own->type;
}
#endif

// ---- Accept list: accept.c ----------------------------------------------------------------------

#if CONFIG_BT_FILTER_ACCEPT_LIST
bool accept_next(struct hci_cmd *cmd, struct wr *params);
void accept_lost(void);
bool accept_is_empty(void);
bool accept_has(const bt_addr_le_t *addr);
// One on it hides behind private addresses that the controller cannot resolve: the host must look.
bool accept_hides(void);
#else
static inline void accept_lost(void)
{
}
static inline bool accept_is_empty(void)
{
    return true;
}
#endif
// Does somebody use it, or want to.
bool adv_filters(void);
bool scan_filters(void);
bool init_filters(void);

// ---- Initiator: init.c --------------------------------------------------------------------------

#if CONFIG_BT_CENTRAL
bool init_next(struct hci_cmd *cmd, struct wr *params);
void init_lost(void);
// LE Create Connection is wanted or out.
bool init_is_active(void);
// ... and out.
bool init_is_out(void);
// The scanner must rest for it.
bool init_needs_quiet(void);
// It looks for a peer that hides behind private addresses: the scanner shall run, in this way if nobody
// else wants it to, and tell of connectable advertisers.
bool init_seeks(void);
struct bt_le_scan_param init_scan_param(void);
void init_seek_failed(uint8_t status);
void init_seen(const bt_addr_le_t *addr, const bt_addr_le_t *identity);
// A link as central came up: the slot for it; NULL if nobody wants it.
struct bt_conn *init_connected(const bt_addr_le_t *peer);
// ... or it did not. False: nobody was waiting for it.
bool init_failed(uint8_t status);
#else
static inline void init_lost(void)
{
}
static inline bool init_is_active(void)
{
    return false;
}
static inline bool init_is_out(void)
{
    return false;
}
static inline struct bt_conn *init_connected(const bt_addr_le_t *peer)
{
    return NULL;
}
static inline bool init_failed(uint8_t status)
{
    return false;
}
static inline bool init_seeks(void)
{
    return false;
}
#endif

// ---- Scanner: scan.c ----------------------------------------------------------------------------

#if CONFIG_BT_OBSERVER
bool scan_next(struct hci_cmd *cmd, struct wr *params);
void scan_lost(void);
bool scan_is_on(void);
bool scan_on_report(struct rd *params);
// Reports are wanted, by the application or for the initiator.
bool scan_is_wanted(void);
#else
static inline void scan_lost(void)
{
}
static inline bool scan_is_on(void)
{
    return false;
}
static inline bool scan_is_wanted(void)
{
    return false;
}
#endif

// scan_dup.c: was this advertiser (or set of it) reported since the reset, with this event type, which
// is below 16.
void scan_dup_reset(void);
bool scan_dup_seen(const bt_addr_le_t *addr, uint8_t type, uint8_t set);

// A report with all that is known of it goes to whoever listens.
struct bt_le_scan_recv_info;
void scan_tell(struct bt_le_scan_recv_info *info, const uint8_t *data, uint16_t len);

// ---- The extended commands: ext.c, ext_adv.c, ext_scan.c ----------------------------------------
//
// A controller that was given one of them refuses the legacy ones, and the other way round (Vol 4,
// Part E, 3.1.1). So whoever advertises, scans or connects asks here first: functions that return an
// opcode have written its parameters; 0 (or NULL): take the legacy command.

struct adv_run;
struct adv_step;
struct init_run;

// What advertising sets ask for, dBm or BT_GAP_TX_POWER_INVALID (tx_power.c).
int8_t gap_tx_power(void);

#if CONFIG_BT_EXT_ADV
bool ext_used(void);
const struct adv_step *ext_adv_steps(void);
uint16_t ext_adv_put_enable(const struct adv_run *run, bool on, struct wr *params);
uint16_t ext_scan_put_param(const struct bt_le_scan_param *param, struct wr *params);
uint16_t ext_scan_put_enable(bool on, bool filter, struct wr *params);
uint16_t ext_init_put_create(const struct init_run *run, struct wr *params);

bool ext_adv_next(struct hci_cmd *cmd, struct wr *params);
void ext_adv_lost(void);
void ext_scan_lost(void);
bool ext_adv_uses(uint8_t id);
bool ext_adv_is_on(void);
// A set uses the accept list, or is about to.
bool ext_adv_filters(void);
// A link as peripheral whose set is not known yet: true, it is kept until the set is.
bool ext_adv_defers(const struct conn_link *link);
bool ext_adv_on_terminated(struct rd *params);
bool ext_adv_on_scan_request(struct rd *params);
bool ext_scan_on_report(struct rd *params);
#else
static inline bool ext_used(void)
{
    return false;
}
static inline const struct adv_step *ext_adv_steps(void)
{
    return NULL;
}
static inline uint16_t ext_adv_put_enable(const struct adv_run *run, bool on, struct wr *params)
{
    return 0;
}
static inline uint16_t ext_scan_put_param(const struct bt_le_scan_param *param, struct wr *params)
{
    return 0;
}
static inline uint16_t ext_scan_put_enable(bool on, bool filter, struct wr *params)
{
    return 0;
}
static inline uint16_t ext_init_put_create(const struct init_run *run, struct wr *params)
{
    return 0;
}
static inline void ext_adv_lost(void)
{
}
static inline void ext_scan_lost(void)
{
}
static inline bool ext_adv_uses(uint8_t id)
{
    return false;
}
static inline bool ext_adv_is_on(void)
{
    return false;
}
static inline bool ext_adv_filters(void)
{
    return false;
}
static inline bool ext_adv_defers(const struct conn_link *link)
{
    return false;
}
#endif

// ---- Synchronising: per_sync.c ------------------------------------------------------------------

#if CONFIG_BT_PER_ADV_SYNC
bool per_sync_next(struct hci_cmd *cmd, struct wr *params);
void per_sync_lost(void);
// The controller looks for a train: the resolving list may not change (7.8.38).
bool per_sync_is_out(void);
// A train is being looked for: the scanner must run.
bool per_sync_scans(void);
// ... and it cannot.
void per_sync_give_up(void);
bool per_sync_on_established(struct rd *params);
bool per_sync_on_report(struct rd *params);
bool per_sync_on_lost(struct rd *params);
bool per_sync_on_transfer(struct rd *params);
#else
static inline void per_sync_lost(void)
{
}
static inline bool per_sync_is_out(void)
{
    return false;
}
static inline bool per_sync_scans(void)
{
    return false;
}
static inline void per_sync_give_up(void)
{
}
#endif

// ---- New links: link.c --------------------------------------------------------------------------

// Open a link in its slot; NULL: nobody wants it, or there is no slot.
void link_open(const struct conn_link *link, struct bt_conn *conn);
bool link_on_complete(struct rd *params);
bool link_on_enhanced_complete(struct rd *params);

// ---- Settings: settings.c -----------------------------------------------------------------------

// Write one of the values, where settings are in use.
#if CONFIG_BT_SETTINGS
void gap_settings_save_id(void);
void gap_settings_save_name(void);
void gap_settings_save_appearance(void);
void gap_settings_save_irk(const void *irks, size_t len);
#else
static inline void gap_settings_save_id(void)
{
}
static inline void gap_settings_save_name(void)
{
}
static inline void gap_settings_save_appearance(void)
{
}
static inline void gap_settings_save_irk(const void *irks, size_t len)
{
}
#endif
// Taken over from the settings (id.c, name.c); false: not acceptable.
bool id_load(const bt_addr_le_t *addrs, size_t count);
void id_load_done(void);
bool name_load(const char *name, size_t len);

#endif // BREEZE_SRC_GAP_GAP_H_
