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

typedef void (*part_fn)(const struct state_part *part, void *arg);

static void each(part_fn fn, void *arg)
{
    for (const struct state_part *const *group = state_groups; *group; group++) {
        for (const struct state_part *part = *group; part->at; part++) {
            fn(part, arg);
        }
    }
}

static void clear(const struct state_part *part, void *arg)
{
    memset(part->at, 0, part->size);
}

static void clear_kind(const struct state_part *part, void *arg)
{
    if (part->kind == *(const enum state_kind *)arg) {
        clear(part, NULL);
    }
}

void state_wipe_run(void)
{
    enum state_kind kind = STATE_RUN;
    each(clear_kind, &kind);
    conn_wipe();
}

void state_wipe_reg(void)
{
    enum state_kind kind = STATE_REG;
    each(clear_kind, &kind);
}

void breeze_state_reset(void)
{
    each(clear, NULL);
}

static void add_size(const struct state_part *part, void *arg)
{
    *(size_t *)arg += part->size;
}

size_t breeze_state_size(void)
{
    size_t size = 0;
    each(add_size, &size);
    return size;
}

static void save(const struct state_part *part, void *arg)
{
    uint8_t **to = arg;
    memcpy(*to, part->at, part->size);
    *to += part->size;
}

void breeze_state_save(void *to)
{
    uint8_t *at = to;
    each(save, &at);
}

static void load(const struct state_part *part, void *arg)
{
    const uint8_t **from = arg;
    memcpy(part->at, *from, part->size);
    *from += part->size;
}

void breeze_state_load(const void *from)
{
    const uint8_t *at = from;
    each(load, &at);
}
