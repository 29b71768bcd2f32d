// The parts of the host's state that enhanced ATT bearers have (state.c).
#include "api/state.h"
#include "att/state.h"

struct eatt_run eatt_run;
struct eatt_reg eatt_reg;

const struct state_part state_eatt[] = {
    STATE_PART(eatt_run, STATE_RUN),
    STATE_PART(eatt_reg, STATE_REG),
    STATE_END,
};
