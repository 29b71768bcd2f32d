// The parts of the host's state that private addresses of our own have (state.c).
#include "api/state.h"
#include "gap/state.h"

struct rpa_run rpa_run;
struct rpa_reg rpa_reg;
struct rlist_run rlist_run;

const struct state_part state_privacy[] = {
    STATE_PART(rpa_run, STATE_RUN),
    STATE_PART(rpa_reg, STATE_REG),
    STATE_PART(rlist_run, STATE_RUN),
    STATE_END,
};
