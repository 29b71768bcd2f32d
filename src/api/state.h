// The life of the host as the application sees it, and the wiping of all layers' state (design D2).
#ifndef BREEZE_SRC_API_STATE_H_
#define BREEZE_SRC_API_STATE_H_

#include <stdbool.h>
#include <stddef.h>

#include <zephyr/bluetooth/bluetooth.h>

#include "kernel/loop.h"

enum api_phase {
    API_OFF,
    API_STARTING,
    API_ON,
    API_STOPPING,
};

struct api_run {
    enum api_phase phase;
    bool disable_wanted; // bt_disable() was called from a callback.
    int start_err;
    bt_ready_cb_t ready_cb;
    struct loop_source source;
};
extern struct api_run api_run;

// Leave the loop and wipe every run part: the host is as before bt_enable().
void api_off(void);

// A part of the host's state, and who wipes it: nobody, bt_disable(), breeze_forget().
enum state_kind {
    STATE_KEPT,
    STATE_RUN,
    STATE_REG,
};

struct state_part {
    void *at; // NULL ends a group.
    size_t size;
    enum state_kind kind;
};

#define STATE_PART(name, kind)                                                                     \
    {                                                                                              \
        &(name), sizeof(name), kind                                                                \
    }
#define STATE_END                                                                                  \
    {                                                                                              \
        NULL, 0, STATE_KEPT                                                                        \
    }

// The groups; which of them a level has, NULL at the end (level_*.c).
extern const struct state_part state_core[];
extern const struct state_part state_links[];
extern const struct state_part state_central[];
extern const struct state_part state_smp[];
extern const struct state_part state_privacy[];
extern const struct state_part state_ext_adv[];
extern const struct state_part state_eatt[];
extern const struct state_part *const state_groups[];

// Wipe what bt_disable() wipes, and what breeze_forget() wipes.
void state_wipe_run(void);
void state_wipe_reg(void);

#endif // BREEZE_SRC_API_STATE_H_
