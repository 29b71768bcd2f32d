// What GATT remembers (design D2). The run part: per link the indications, the client's procedures
// and subscriptions; client configurations; who wants to hear of a sent PDU. The registered part:
// the application's callbacks (services are in the database's map, att/state.h).
#ifndef BREEZE_SRC_GATT_STATE_H_
#define BREEZE_SRC_GATT_STATE_H_

#include <stdbool.h>
#include <stdint.h>

#include <breeze/config.h>
#include <breeze/gatt.h>
#include <zephyr/net_buf.h>

#include "hci/post.h"

// Who hears of a sent notification or command.
struct gatt_tx {
    struct gatt_tx *next; // Free list.
    bt_gatt_complete_func_t func;
    breeze_gatt_sent_t sent; // Instead of func, with the handle.
    void *user;
    uint16_t handle;
    uint8_t opt; // bt_att_chan_opt
};

// An indication, on its way or (pdu set) waiting for the one before it.
struct gatt_ind {
    bool used;
    uint8_t where; // On its way: the bearer's index; else what it may use, bt_att_chan_opt.
    uint16_t handle;
    struct net_buf *pdu;
    struct bt_gatt_indicate_params *params; // Who hears of the end: these,
    breeze_gatt_sent_t sent;                // ... or this.
    void *user;
};

// Change-awareness of a client (Vol 3, Part G, 2.5.2.1).
enum gatt_sync {
    GATT_SYNC_AWARE,
    GATT_SYNC_UNAWARE, // The database changed.
    GATT_SYNC_TOLD,    // It was told, or read the hash: its next request makes it aware.
};

// One on its way on each bearer, and one that waits.
#define GATT_INDS (2 + CONFIG_BT_EATT * CONFIG_BT_EATT_MAX)

struct gatt_link {
    struct post post;
    bool open;
    bool changing;    // Service Changed is to be confirmed.
    bool starved;     // A call of the application found no buffer.
    bool asked;       // For encryption, for what it may not notify yet.
    uint8_t features; // Client Supported Features that the peer wrote.
    uint8_t sync;     // enum gatt_sync: does it know the database as it is.
    uint16_t ccc;     // Its configurations: index + 1 of the first in gatt_run.ccc, 0 none.
    struct gatt_ind ind[GATT_INDS]; // In order; those in use first.
    uint16_t changed_start;         // Range for Service Changed, 0 none.
    uint16_t changed_end;
};

// What one peer wrote to one CCC descriptor; value 0: free.
struct gatt_ccc {
    uint16_t handle;       // Of the descriptor,
    uint16_t value_handle; // and of the value that it configures.
    uint16_t next;         // Of the same connection: index + 1, 0 none.
    uint8_t conn;
    uint8_t value;
};

struct gatt_run {
    struct gatt_link links[CONFIG_BT_MAX_CONN]; // By bt_conn_index().
    struct gatt_ccc ccc[CONFIG_BREEZE_GATT_CCC_MAX];
    struct gatt_tx tx[CONFIG_BT_CONN_TX_MAX];
    struct gatt_tx *tx_free; // Slots given back ...
    uint16_t tx_fresh;       // ... and how many of the array were ever used.
};
extern struct gatt_run gatt_run;

// The client's part of a link; not there in a build without a client.
struct clt_link {
    uint8_t out;                // Bearers with the request of a procedure.
    bool handling;              // The callback of `op` may be running.
    uint8_t raising_err;        // The error that `raising` ends with if there is no more security.
    bool queue_stale;           // The server holds pieces of a write that was given up,
    uint8_t stale_on;           // ... sent on the bearer with this index.
    sys_slist_t queue;          // Client procedures (bt_gatt_op) that wait their turn.
    struct bt_gatt_op *op;      // The one whose answer is handled.
    struct bt_gatt_op *raising; // In the queue, whose head waits for more security.
    sys_slist_t ended;          // Procedures whose end must still be told.
    sys_slist_t subs;           // bt_gatt_subscribe_params
    sys_snode_t *sub_next;      // Where a walk over subs that calls the application goes on.
};

// Subscriptions with a bonded peer that is away (clt_resub.c).
struct clt_away {
    uint8_t id;
    bt_addr_le_t addr;
    sys_slist_t subs; // Empty: free.
};

struct clt_run {
    struct clt_link links[CONFIG_BT_MAX_CONN]; // By bt_conn_index().
#if CONFIG_BT_SMP
    struct clt_away away[CONFIG_BT_MAX_PAIRED];
#endif
};
extern struct clt_run clt_run;

// What the server keeps of a bonded peer with its bond (ccc_keep.c).
#define GATT_KEEP_MAX CONFIG_BREEZE_GATT_KEEP_MAX
#define GATT_HASH_LEN 16
struct gatt_keep {
    bool used;
    uint8_t id;
    uint8_t features; // Client Supported Features
    uint8_t count;    // of ccc
    bt_addr_le_t addr;
    uint8_t hash[GATT_HASH_LEN]; // Of the database that it knows.
    struct {
        uint16_t handle;
        uint8_t value;
    } ccc[GATT_KEEP_MAX];
    // Not stored: what changed since it knew the database, 0 nothing, as far as we were there.
    uint16_t changed_start;
    uint16_t changed_end;
};
struct gatt_keep_reg {
    struct gatt_keep peers[CONFIG_BT_MAX_PAIRED];
    bool hash_known;
    uint8_t hash[GATT_HASH_LEN]; // Of the database.
    void (*cb)(uint8_t id, const bt_addr_le_t *peer);
};
extern struct gatt_keep_reg gatt_keep_reg;

struct gatt_reg {
    bool raise;           // breeze_gatt_raise_security()
    uint16_t static_cnt;  // Static services in the database; 0: not built yet.
    sys_slist_t cbs;      // bt_gatt_cb
    sys_snode_t *cb_next; // Where a walk over them goes on.
    const struct breeze_gatt_any_cb *any;
    void (*ready)(struct bt_conn *conn);
};
extern struct gatt_reg gatt_reg;

#endif // BREEZE_SRC_GATT_STATE_H_
