// What ATT remembers (design D2): bearers in the run part; the preferred MTU, the database's map
// and the authorisation callbacks in the registered part.
#ifndef BREEZE_SRC_ATT_STATE_H_
#define BREEZE_SRC_ATT_STATE_H_

#include <stdint.h>

#include <breeze/config.h>

#include "att/bearer.h"
#include "att/db.h"

// A queue of prepared writes (srv_prepare.c).
struct att_queue {
    const struct bt_conn *conn; // Whose; NULL: free.
    uint16_t len;
    uint16_t last; // Where the last entry begins.
    uint8_t octets[CONFIG_BREEZE_ATT_PREPARE_SIZE];
};

struct att_run {
    struct att_bearer bearers[CONFIG_BT_MAX_CONN]; // The unenhanced ones, by bt_conn_index().
    struct att_queue queues[CONFIG_BREEZE_ATT_PREPARE_QUEUES];
};
extern struct att_run att_run;

struct att_reg {
    uint16_t mtu; // breeze_mtu_set(); 0: CONFIG_BREEZE_ATT_MTU.
    uint16_t db_count;
    struct db_service db[DB_SERVICES_MAX]; // Sorted by start handle, no overlaps.
    const struct bt_gatt_authorization_cb *authorization;
};
extern struct att_reg att_reg;

#endif // BREEZE_SRC_ATT_STATE_H_
