// The parts of the host's state that only a central has (state.c).
#include "api/state.h"
#include "gap/state.h"

struct scan_run scan_run;
struct scan_reg scan_reg;
struct init_run init_run;

const struct state_part state_central[] = {
    STATE_PART(scan_run, STATE_RUN),
    STATE_PART(scan_reg, STATE_REG),
    STATE_PART(init_run, STATE_RUN),
    STATE_END,
};
