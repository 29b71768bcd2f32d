// The parts of the state that only level full has: scanner, initiator, GATT client, channels (state.c).
#include "api/state.h"
#include "gap/state.h"
#include "gatt/state.h"
#include "l2cap/state.h"

struct scan_run scan_run;
struct accept_run accept_run;
struct dup_run dup_run;
struct scan_reg scan_reg;
struct init_run init_run;
struct clt_run clt_run;
struct coc_run coc_run;
struct coc_reg coc_reg;

const struct state_part state_central[] = {
    STATE_PART(scan_run, STATE_RUN),
    STATE_PART(accept_run, STATE_RUN),
    STATE_PART(dup_run, STATE_RUN),
    STATE_PART(scan_reg, STATE_REG),
    STATE_PART(init_run, STATE_RUN),
    STATE_PART(clt_run, STATE_RUN),
    STATE_PART(coc_run, STATE_RUN),
    STATE_PART(coc_reg, STATE_REG),
    STATE_END,
};
