// The parts of the host's state that go with links (state.c).
#include "api/state.h"
#include "att/state.h"
#include "conn/state.h"
#include "gatt/state.h"
#include "hci/state.h"
#include "l2cap/state.h"

struct acl_run acl_run;
struct conn_run conn_run;
struct conn_reg conn_reg;
struct l2cap_run l2cap_run;
struct att_run att_run;
struct att_reg att_reg;
struct gatt_run gatt_run;
struct gatt_reg gatt_reg;

const struct state_part state_links[] = {
    STATE_PART(acl_run, STATE_RUN),
    STATE_PART(conn_run, STATE_KEPT),
    STATE_PART(conn_reg, STATE_REG),
    STATE_PART(l2cap_run, STATE_RUN),
    STATE_PART(att_run, STATE_RUN),
    STATE_PART(att_reg, STATE_REG),
    STATE_PART(gatt_run, STATE_RUN),
    STATE_PART(gatt_reg, STATE_REG),
    STATE_END,
};
