// The extensions' calls of the flat API (breeze_mpy.h), and their events: the other half of _breeze.py.
#include <stdlib.h>
#include <string.h>

#include <breeze/config.h>

#include "extend.h"
#include "py/mperrno.h"

#include "breeze_mpy.h"
#include "stock.h"

#define ADDR_LEN 6
#define BOND_LEN (1 + ADDR_LEN + 1)

// ---- Events ------------------------------------------------------------------------------------

static int run_events(struct request *request)
{
    mpy_ext_events(request->n[0] != 0);
    return 0;
}

int breeze_mpy_events(int on)
{
    struct request request = {.run = run_events, .n = {on}};
    return request_submit(&request);
}

void mpy_ext_on_event(uint8_t event, const uint16_t args[4])
{
    events_post(event, args);
}

// ---- Bonds and security ------------------------------------------------------------------------

static int run_unpair(struct request *request)
{
    return mpy_ext_unpair((uint8_t)request->n[0], request->in[0]);
}

int breeze_mpy_unpair(int addr_type, const void *addr, int addr_len)
{
    if (addr_len >= 0 && addr_len != ADDR_LEN) {
        return MP_EINVAL;
    }
    struct request request = {
        .run = run_unpair,
        .n = {addr_type},
        .in = {(uint8_t *)(addr_len < 0 ? NULL : addr)},
        .in_len = {addr_len},
    };
    return request_submit(&request);
}

static void add_bond(uint8_t addr_type, const uint8_t *addr, uint8_t flags, void *user)
{
    struct request *request = user;
    if (request->out_len + BOND_LEN <= CONFIG_BT_MAX_PAIRED * BOND_LEN) {
        uint8_t *to = request->out + request->out_len;
        to[0] = addr_type;
        memcpy(to + 1, addr, ADDR_LEN);
        to[1 + ADDR_LEN] = flags;
        request->out_len += BOND_LEN;
    }
}

static int run_bonds(struct request *request)
{
    request->out = malloc(CONFIG_BT_MAX_PAIRED * BOND_LEN);
    return request->out ? mpy_ext_bonds(add_bond, request) : MP_ENOMEM;
}

int breeze_mpy_bonds(void)
{
    struct request request = {.run = run_bonds, .data = true};
    return request_submit(&request);
}

static int run_load_secrets(struct request *request)
{
    (void)request;
    mpy_ext_load_secrets();
    return 0;
}

int breeze_mpy_load_secrets(void)
{
    struct request request = {.run = run_load_secrets};
    return request_submit(&request);
}

static int run_level(struct request *request)
{
    return mpy_ext_level(request->n[0]);
}

int breeze_mpy_level(int level)
{
    struct request request = {.run = run_level, .n = {level}};
    return request_submit(&request);
}
