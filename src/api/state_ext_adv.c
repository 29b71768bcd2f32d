// The parts of the host's state that extended and periodic advertising have (state.c).
#include "api/state.h"
#include "gap/state.h"

struct ext_adv_run ext_adv_run;
struct ext_scan_run ext_scan_run;
struct per_sync_run per_sync_run;
struct per_sync_reg per_sync_reg;

const struct state_part state_ext_adv[] = {
    STATE_PART(ext_adv_run, STATE_RUN),
    STATE_PART(ext_scan_run, STATE_RUN),
    STATE_PART(per_sync_run, STATE_RUN),
    STATE_PART(per_sync_reg, STATE_REG),
    STATE_END,
};
