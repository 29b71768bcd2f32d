// All mutable state of the connections (design D2).
//
// conn_run is not wiped as a whole: conn_wipe() keeps the slots that the application still
// references. All zero is a valid state of both.
#ifndef BREEZE_SRC_CONN_STATE_H_
#define BREEZE_SRC_CONN_STATE_H_

#include <breeze/conn.h>

#include "conn/conn.h"

// Links without a slot that are waiting for their Disconnect to be sent.
#define CONN_ORPHANS 4

struct conn_orphan {
    uint16_t handle;
    uint8_t reason; // 0: the place is free.
};

struct conn_run {
    uint8_t recycled;  // How many `recycled` are due.
    uint8_t found[16]; // By the last bits of a handle: the slot where such a one was found last.
    struct post recycled_post;
    struct conn_orphan orphans[CONN_ORPHANS];
    struct bt_conn slots[CONFIG_BT_CONN ? CONFIG_BT_MAX_CONN : 1];
};
extern struct conn_run conn_run;

struct conn_reg {
    sys_slist_t cbs;         // bt_conn_cb
    struct bt_conn_cb *next; // Where the walk that is under way goes on; unregistering moves it.
    const struct breeze_conn_failed_cb *failed;
};
extern struct conn_reg conn_reg;

#endif // BREEZE_SRC_CONN_STATE_H_
