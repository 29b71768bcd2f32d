// Advertising sets among the files of extended and periodic advertising: their steps. A set's steps are
// done one by one, the lowest bit first; each is one command (ext_adv.c).
#ifndef BREEZE_SRC_GAP_EXT_ADV_H_
#define BREEZE_SRC_GAP_EXT_ADV_H_

#include "gap/state.h"

// Steps, in the order in which they are done.
#define STEP_DISABLE     BIT(0)
#define STEP_REMOVE      BIT(1)
#define STEP_PARAM       BIT(2)
#define STEP_ADDR        BIT(3)
#define STEP_DATA        BIT(4)
#define STEP_RSP         BIT(5)
#define STEP_ENABLE      BIT(6)
#define STEP_PER_DISABLE BIT(7)
#define STEP_PER_PARAM   BIT(8)
#define STEP_PER_DATA    BIT(9)
#define STEP_PER_ENABLE  BIT(10)
// Those that read the application's memory.
#define STEPS_DATA (STEP_DATA | STEP_RSP | STEP_PER_DATA)

struct ext_adv_row {
    uint16_t step; // 0 ends the table.
    uint16_t opcode;
    void (*put)(struct bt_le_ext_adv *set, struct wr *params);
    void (*done)(struct bt_le_ext_adv *set, struct rd *ret); // On success; may be NULL.
};

// Periodic advertising's (per_adv.c).
extern const struct ext_adv_row per_adv_rows[];

// The set's Advertising_Handle.
uint8_t ext_adv_handle(const struct bt_le_ext_adv *set);
// For steps of data: another fragment, or it is complete.
void ext_adv_fragment_taken(struct bt_le_ext_adv *set, struct rd *ret);

// For calls. 0, or why a call with this handle cannot be.
int ext_adv_check(const struct bt_le_ext_adv *adv);
// Put down what a controller that was reset has forgotten, and another address. 0 or a negative errno.
int ext_adv_restore(struct bt_le_ext_adv *set);
// Wait until all steps are done; 0 or a negative errno.
int ext_adv_settle(struct bt_le_ext_adv *set);

#endif // BREEZE_SRC_GAP_EXT_ADV_H_
