// Level full: everything.
#include "api/state.h"

const struct state_part *const state_groups[] = {
    state_core,    state_links,   state_smp,  state_privacy,
    state_central, state_ext_adv, state_eatt, NULL,
};
