// All mutable state of the HCI layer (design D2).
//
// struct hci_run lives from hci_start() to hci_stop() and is wiped by bt_disable(): all zero is a
// valid state. struct hci_reg is what the application registered. struct hci_kept outlives both:
// the transport, the counters, and the pool of command buffers, which the application may still
// hold.
#ifndef BREEZE_SRC_HCI_STATE_H_
#define BREEZE_SRC_HCI_STATE_H_

#include <breeze/breeze.h>
#include <zephyr/bluetooth/buf.h>
#include <zephyr/bluetooth/hci.h>
#include <zephyr/net_buf.h>
#include <zephyr/sys/slist.h>

#include "hci/acl.h"
#include "hci/cmd.h"
#include "hci/h4.h"
#include "hci/hci.h"
#include "hci/pool.h"
#include "hci/post.h"
#include "kernel/loop.h"

#define HCI_RAND_STORE 32

// The command engine (cmd.c); the packet is at the end of struct hci_run.
struct hci_cmd_run {
    bool busy;       // `cmd` is in flight (or unsent).
    bool credit;     // The controller takes one more command.
    bool wishes;     // A source may have a command.
    bool asking;     // A source is being asked: it may announce another wish, but not be asked anew.
    bool overdue;    // The time is over; what the transport still holds is read first.
    uint16_t unsent; // Octets of the packet that the transport had no room for.
    uint16_t turn;   // The source that is asked first.
    struct hci_cmd cmd;
    struct loop_timer timer;
};

// A command of the application (user_cmd.c).
struct hci_user_cmd {
    sys_snode_t node; // In hci_run.user_queue while it waits for its turn.
    struct net_buf *buf;
    uint16_t opcode;
    uint8_t state; // USER_*
    uint8_t status;
};

// Who hears of a completed PDU (acl.c).
struct acl_tx {
    sys_snode_t node;
    acl_done_t done;
    void *user;
    uint16_t seq; // link->sent after its last fragment.
    bool gone;    // The link closed first.
};

// Flags first, arrays last: Thumb-1 reaches an octet without further instructions in the first 32 of
// a struct, a word in the first 128.
struct hci_run {
    // Life (life.c)
    uint8_t state;   // enum hci_state
    bool open;       // The transport is open.
    bool in_setup;   // Its setup step runs.
    bool setup_done; // ... and has run since the last loss.
    uint8_t failed;  // A failure that waits for its treatment: reason + 1.
    uint8_t reason;  // Of the loss being recovered from.
    bool recovered;
    // Script (bringup.c)
    bool script_on;
    bool script_waits;
    uint8_t script_row;
    bool dual_mode; // The controller has BR/EDR too.
    bool host_buffers_set;
    // Turn (turn.c)
    bool dispatching;
    bool draining;
    bool blocked; // The transport had no room; `retry` wakes the loop.
    // Randomness (rand.c)
    bool rand_wanted; // The port has no entropy.
    bool rand_busy;
    uint8_t rand_len;       // Of rand[].
    uint16_t losses;        // Grows at each, so that a wait sees it.
    uint16_t max_tx_octets; // What the controller can do; 0 unknown.
    uint16_t max_tx_time;
    uint16_t
        acl_rx_done; // Received fragments, of all links, that the controller may count as read.
    struct hci_cmd_run cmd;
    void (*started)(int err);
    const struct breeze_transport *transport;
    void *transport_ctx;
    struct net_buf *evt_buf; // Of the event in dispatch.
    sys_slist_t rx_queue;    // Packets read during a wait, in order.
    sys_slist_t posts;
    sys_slist_t user_queue; // Commands of the application.
    sys_slist_t vnd_queue;  // Buffers of vendor events.
    struct post life_post;
    struct post vnd_post;
    struct loop_timer retry;
    struct hci_info info;
    struct h4 h4;
    struct hci_user_cmd user[CONFIG_BT_BUF_CMD_TX_COUNT];
    uint8_t rand[HCI_RAND_STORE];
    uint8_t cmd_packet[BT_BUF_CMD_TX_SIZE]; // Of `cmd`.
    struct hci_pool_evt evt_rx;
};
extern struct hci_run hci_run;

// ACL data (acl.c, acl_pool.c); not there in a build without links.
struct acl_run {
    uint16_t credits; // Packets that the controller has room for.
    uint16_t queued;  // PDUs in the queues of all links.
    uint16_t pulls;   // Links with frames to pull.
    uint16_t turn;    // The link that is asked first.
    uint16_t epoch;
    bool tx_starved; // Someone found no TX buffer.
    bool txs_made;   // txs are in txs_free or in use.
    sys_slist_t txs_free;
    struct post tx_post; // Calls acl_tx_free_hooks.
    struct acl_tx txs[CONFIG_BT_CONN_TX_MAX];
    struct hci_pool_acl rx;
    struct hci_pool_tx tx;
};
extern struct acl_run acl_run;

struct hci_reg {
    breeze_reset_cb_t reset_cb;
    bt_hci_vnd_evt_cb_t *vnd_cb;
};
extern struct hci_reg hci_reg;

struct hci_kept {
    const struct breeze_transport *transport;
    void *transport_ctx;
    struct breeze_stats stats;
    bool levels_known; // The levels of `stats` were filled in once.
    struct hci_pool_cmd cmd_pool;
};
extern struct hci_kept hci_kept;

#endif // BREEZE_SRC_HCI_STATE_H_
