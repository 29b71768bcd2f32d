// The parts of all mutable state of the host (design D2): those of every level are defined here, the
// others in state_links.c and state_central.c; all are wiped, saved and loaded here.
//
// `run` parts are wiped by bt_disable(), `reg` parts by breeze_forget(). Connections are a run part
// that wipes itself, because the application may still hold references to slots.
#include "api/state.h"

#include <string.h>

#include <breeze/state.h>

#include "conn/conn.h"
#include "gap/state.h"
#include "hci/state.h"
#include "kernel/state.h"
#include "trace/state.h"

struct hci_run hci_run;
struct hci_reg hci_reg;
struct hci_kept hci_kept;
struct trace_reg trace_reg;
struct gap_run gap_run;
struct gap_reg gap_reg;
struct api_run api_run;

const struct state_part state_core[] = {
    STATE_PART(hci_kept, STATE_KEPT),
    STATE_PART(trace_reg, STATE_KEPT),
    STATE_PART(kernel_state, STATE_KEPT),
    STATE_PART(hci_run, STATE_RUN),
    STATE_PART(hci_reg, STATE_REG),
    STATE_PART(gap_run, STATE_RUN),
    STATE_PART(gap_reg, STATE_REG),
    STATE_PART(api_run, STATE_RUN),
    STATE_END,
};

// The part after this one; NULL at the end. Starts with *group = state_groups, part = NULL.
static const struct state_part *next(const struct state_part *const **group,
                                     const struct state_part *part)
{
    part = part ? part + 1 : **group;
    while (part && !part->at) {
        part = *++*group;
    }
    return part;
}

#define FOR_EACH_PART(part)                                                                        \
    const struct state_part *const *group = state_groups;                                          \
    for (const struct state_part *part = NULL; (part = next(&group, part));)

static void wipe(enum state_kind kind)
{
    FOR_EACH_PART (part) {
        if (part->kind == kind) {
            memset(part->at, 0, part->size);
        }
    }
}

void state_wipe_run(void)
{
    wipe(STATE_RUN);
    conn_wipe();
}

void state_wipe_reg(void)
{
    wipe(STATE_REG);
}

size_t breeze_state_size(void)
{
    size_t size = 0;
    FOR_EACH_PART (part) {
        size += part->size;
    }
    return size;
}

void breeze_state_save(void *to)
{
    uint8_t *at = to;
    FOR_EACH_PART (part) {
        memcpy(at, part->at, part->size);
        at += part->size;
    }
}

void breeze_state_load(const void *from)
{
    const uint8_t *at = from;
    FOR_EACH_PART (part) {
        memcpy(part->at, at, part->size);
        at += part->size;
    }
}

void breeze_state_reset(void)
{
    FOR_EACH_PART (part) {
        memset(part->at, 0, part->size);
    }
}
