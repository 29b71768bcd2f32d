// Syncs between per_sync.c, which is told of them, and per_api.c, which is called about them.
#ifndef BREEZE_SRC_GAP_PER_SYNC_H_
#define BREEZE_SRC_GAP_PER_SYNC_H_

#include "gap/state.h"

#define SYNC_POST_SYNCED BIT(0)
#define SYNC_POST_STATE  BIT(1)
#define SYNC_POST_TERM   BIT(2)

#define FOR_EACH_SYNC(sync)                                                                        \
    for (struct bt_le_per_adv_sync *sync = per_sync_run.syncs;                                     \
         sync < &per_sync_run.syncs[CONFIG_BT_PER_ADV_SYNC_MAX]; sync++)

// Listeners only come, so a callback leaves the walk alone.
#define FOR_EACH_SYNC_CB(cb)                                                                       \
    struct bt_le_per_adv_sync_cb *cb;                                                              \
    SYS_SLIST_FOR_EACH_CONTAINER (&per_sync_reg.cbs, cb, node)

// A free sync, now WANTED; NULL: none.
struct bt_le_per_adv_sync *per_sync_take(void);
// A sync is over; its owner is told.
void per_sync_ended(struct bt_le_per_adv_sync *sync, uint8_t reason);

#endif // BREEZE_SRC_GAP_PER_SYNC_H_
