// The parts of all mutable state of the host (design D2): defined here, wiped, saved and loaded here.
//
// `run` parts are wiped by bt_disable(), `reg` parts by breeze_forget(). Connections are a run part
// that wipes itself, because the application may still hold references to slots.
#include "api/state.h"

#include <string.h>

#include <breeze/state.h>

#include "att/state.h"
#include "conn/state.h"
#include "gap/state.h"
#include "gatt/state.h"
#include "hci/state.h"
#include "kernel/state.h"
#include "l2cap/state.h"
#include "trace/state.h"

struct hci_run hci_run;
struct hci_reg hci_reg;
struct hci_kept hci_kept;
struct trace_reg trace_reg;
struct conn_run conn_run;
struct conn_reg conn_reg;
struct gap_run gap_run;
struct gap_reg gap_reg;
struct l2cap_run l2cap_run;
struct att_run att_run;
struct att_reg att_reg;
struct gatt_run gatt_run;
struct gatt_reg gatt_reg;
struct api_run api_run;

enum { KEPT, RUN, REG };

#define PART(name, kind)                                                                           \
    {                                                                                              \
        &(name), sizeof(name), kind                                                                \
    }

static const struct {
    void *at;
    size_t size;
    int kind;
} parts[] = {
    PART(hci_kept, KEPT), PART(trace_reg, KEPT), PART(kernel_state, KEPT), PART(conn_run, KEPT),
    PART(hci_run, RUN),   PART(hci_reg, REG),    PART(conn_reg, REG),      PART(gap_run, RUN),
    PART(gap_reg, REG),   PART(l2cap_run, RUN),  PART(att_run, RUN),       PART(att_reg, REG),
    PART(gatt_run, RUN),  PART(gatt_reg, REG),   PART(api_run, RUN),
};

#define PARTS (sizeof(parts) / sizeof(parts[0]))

static void wipe(int kind)
{
    for (size_t i = 0; i < PARTS; i++) {
        if (parts[i].kind == kind) {
            memset(parts[i].at, 0, parts[i].size);
        }
    }
}

void state_wipe_run(void)
{
    wipe(RUN);
    conn_wipe();
}

void state_wipe_reg(void)
{
    wipe(REG);
}

size_t breeze_state_size(void)
{
    size_t size = 0;
    for (size_t i = 0; i < PARTS; i++) {
        size += parts[i].size;
    }
    return size;
}

void breeze_state_save(void *to)
{
    uint8_t *at = to;
    for (size_t i = 0; i < PARTS; i++) {
        memcpy(at, parts[i].at, parts[i].size);
        at += parts[i].size;
    }
}

void breeze_state_load(const void *from)
{
    const uint8_t *at = from;
    for (size_t i = 0; i < PARTS; i++) {
        memcpy(parts[i].at, at, parts[i].size);
        at += parts[i].size;
    }
}

void breeze_state_reset(void)
{
    for (size_t i = 0; i < PARTS; i++) {
        memset(parts[i].at, 0, parts[i].size);
    }
}
