// What ATT remembers (design D2): bearers in the run part; the preferred MTU, the database's map
// and the authorisation callbacks in the registered part.
#ifndef BREEZE_SRC_ATT_STATE_H_
#define BREEZE_SRC_ATT_STATE_H_

#include <stdint.h>

#include <breeze/config.h>

#include <zephyr/bluetooth/l2cap.h>

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
#if CONFIG_BREEZE_ATT_PREPARE_QUEUES
    struct att_queue queues[CONFIG_BREEZE_ATT_PREPARE_QUEUES];
#endif
};
extern struct att_run att_run;

// ---- Enhanced bearers; only in a build that has them (eatt.c) ----------------------------------

// SDUs that a bearer lets wait for the controller, a power of two; and for each bearer one request that
// waits for its answer, and what comes meanwhile.
#define EATT_QUEUE    4
#define EATT_RX_COUNT (2 * CONFIG_BT_MAX_CONN * CONFIG_BT_EATT_MAX)
#define EATT_RX_SIZE  (CONFIG_BREEZE_ATT_MTU > 64 ? CONFIG_BREEZE_ATT_MTU : 64)

enum eatt_state { EATT_FREE, EATT_ASKED, EATT_ACCEPTED, EATT_OPEN };

struct eatt_bearer {
    struct att_bearer att; // Open while its conn is set.
    struct bt_l2cap_le_chan le;
    struct coc *coc;              // Of the open bearer.
    uint16_t handles[EATT_QUEUE]; // What the SDUs queued last are about,
    uint8_t put;                  // ... how many there ever were.
    uint8_t state;                // enum eatt_state
    uint8_t link;                 // bt_conn_index()
};

struct eatt_link {
    struct eatt_bearer bearers[CONFIG_BT_EATT_MAX];
    struct loop_timer retry;
    uint16_t plain_put; // What we sent on the unenhanced bearer has left when acl.got is here.
    uint8_t goal;
    uint8_t tries;
    uint8_t turn; // The bearer that is asked first.
    bool refused; // The last request, for want of resources.
    bool begun;   // Opened by itself, once per link.
};

struct eatt_run {
    struct eatt_link links[CONFIG_BT_MAX_CONN]; // By bt_conn_index().
    struct {
        struct net_buf_pool pool;
        NET_BUF_POOL_MEMBER(mem, EATT_RX_COUNT, EATT_RX_SIZE, 0);
    } rx;
};
extern struct eatt_run eatt_run;

struct eatt_reg {
    struct bt_l2cap_server server;
};
extern struct eatt_reg eatt_reg;

struct att_reg {
    uint16_t mtu; // breeze_mtu_set(); 0: CONFIG_BREEZE_ATT_MTU.
    uint16_t db_count;
    struct db_service db[DB_SERVICES_MAX]; // Sorted by start handle, no overlaps.
    const struct bt_gatt_authorization_cb *authorization;
};
extern struct att_reg att_reg;

#endif // BREEZE_SRC_ATT_STATE_H_
