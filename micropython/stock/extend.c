// The extensions' calls of the flat API (breeze_mpy.h), and their events: the other half of _breeze.py.
#include <stdlib.h>
#include <string.h>

#include <breeze/config.h>
#include <breeze/log.h>

#include "extend.h"
#include "ports/unix/transport.h"
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

// ---- Links and radio ---------------------------------------------------------------------------

static int submit(int (*run)(struct request *), int32_t a, int32_t b, int32_t c, int32_t d,
                  int32_t e)
{
    struct request request = {.run = run, .n = {a, b, c, d, e}};
    return request_submit(&request);
}

static int run_conn_update(struct request *request)
{
    const int32_t *n = request->n;
    return mpy_ext_conn_update((uint16_t)n[0], n[1], n[2], n[3], n[4]);
}

int breeze_mpy_conn_update(int conn, int min_us, int max_us, int latency, int timeout_ms)
{
    return submit(run_conn_update, conn, min_us, max_us, latency, timeout_ms);
}

static int run_conn_info(struct request *request)
{
    struct mpy_ext_conn_info info;
    int err = mpy_ext_conn_info((uint16_t)request->n[0], &info);
    if (err) {
        return err;
    }
    const uint32_t numbers[] = {
        info.role,   info.interval_us, info.latency, info.timeout_ms, info.mtu,
        info.phy_tx, info.phy_rx,      info.level,   info.key_size,
    };
    request->out = malloc(sizeof(numbers));
    if (!request->out) {
        return MP_ENOMEM;
    }
    memcpy(request->out, numbers, sizeof(numbers));
    request->out_len = sizeof(numbers);
    return 0;
}

int breeze_mpy_conn_info(int conn)
{
    struct request request = {.run = run_conn_info, .n = {conn}, .data = true};
    return request_submit(&request);
}

static int run_rssi(struct request *request)
{
    request->out = malloc(1);
    request->out_len = 1;
    return request->out ? mpy_ext_rssi((uint16_t)request->n[0], (int8_t *)request->out) : MP_ENOMEM;
}

int breeze_mpy_rssi(int conn)
{
    struct request request = {.run = run_rssi, .n = {conn}, .data = true};
    return request_submit(&request);
}

static int run_phy(struct request *request)
{
    return mpy_ext_phy((uint16_t)request->n[0], request->n[1], request->n[2]);
}

int breeze_mpy_phy(int conn, int tx, int rx)
{
    return submit(run_phy, conn, tx, rx, 0, 0);
}

static int run_data_len(struct request *request)
{
    return mpy_ext_data_len((uint16_t)request->n[0], request->n[1]);
}

int breeze_mpy_data_len(int conn, int octets)
{
    return submit(run_data_len, conn, octets, 0, 0, 0);
}

static int run_addr(struct request *request)
{
    return mpy_ext_addr(request->in[0]);
}

int breeze_mpy_addr(const void *addr)
{
    struct request request = {.run = run_addr, .in = {(uint8_t *)addr}, .in_len = {ADDR_LEN}};
    return request_submit(&request);
}

static int run_accept_list(struct request *request)
{
    return mpy_ext_accept_list(request->in[0], (size_t)request->in_len[0] / MPY_EXT_ACCEPT_LEN);
}

int breeze_mpy_accept_list(const void *list, int len)
{
    struct request request = {.run = run_accept_list, .in = {(uint8_t *)list}, .in_len = {len}};
    return request_submit(&request);
}

static int run_advertise_to(struct request *request)
{
    return mpy_ext_advertise_to(request->n[0], (uint8_t)request->n[1], request->in[0]);
}

int breeze_mpy_advertise_to(int interval_us, int addr_type, const void *addr)
{
    struct request request = {
        .run = run_advertise_to,
        .n = {interval_us, addr_type},
        .in = {(uint8_t *)addr},
        .in_len = {ADDR_LEN},
    };
    return request_submit(&request);
}

static int run_advertise_ext(struct request *request)
{
    const int32_t *n = request->n;
    const uint8_t *peer = request->in[2];
    const struct mpy_ext_adv ext = {
        .interval_us = n[0],
        .connectable = n[1] & 1,
        .phy = (uint8_t)(n[1] >> 1),
        .adv = request->in[0],
        .adv_len = (size_t)request->in_len[0],
        .rsp = request->in[1],
        .rsp_len = (size_t)request->in_len[1],
        .addr_type = peer ? peer[0] : 0,
        .addr = peer ? peer + 1 : NULL,
    };
    return mpy_ext_advertise(&ext);
}

int breeze_mpy_advertise_ext(int interval_us, int mode, const void *adv, int adv_len,
                             const void *rsp, int rsp_len, const void *peer, int peer_len)
{
    if (peer_len >= 0 && peer_len != 1 + ADDR_LEN) {
        return MP_EINVAL;
    }
    struct request request = {
        .run = run_advertise_ext,
        .n = {interval_us, mode},
        .in = {(uint8_t *)(adv_len < 0 ? NULL : adv), (uint8_t *)(rsp_len < 0 ? NULL : rsp),
               (uint8_t *)(peer_len < 0 ? NULL : peer)},
        .in_len = {adv_len, rsp_len, peer_len},
    };
    return request_submit(&request);
}

static int run_scan_ext(struct request *request)
{
    const int32_t *n = request->n;
    const struct mpy_ext_scan scan = {
        .duration_ms = n[0],
        .interval_us = n[1],
        .window_us = n[2],
        .active = n[3] & 1,
        .once = n[3] & 2,
        .phys = n[4],
    };
    return mpy_ext_scan(&scan);
}

int breeze_mpy_scan_ext(int duration_ms, int interval_us, int window_us, int how, int phys)
{
    return submit(run_scan_ext, duration_ms, interval_us, window_us, how, phys);
}

static int run_tx_power(struct request *request)
{
    return mpy_ext_tx_power(request->n[0]);
}

int breeze_mpy_tx_power(int dbm)
{
    return submit(run_tx_power, dbm, 0, 0, 0, 0);
}

// ---- Trace and log -----------------------------------------------------------------------------

// What the program chose holds for later activations too, which read the environment.
static struct {
    char *trace; // NULL: as BREEZE_TRACE says.
    char *log;
} chosen;

// A terminated copy of the text that a request has.
static char *text_of(const struct request *request)
{
    char *text = calloc(1, (size_t)request->in_len[0] + 1);
    if (text && request->in_len[0]) {
        memcpy(text, request->in[0], (size_t)request->in_len[0]);
    }
    return text;
}

static int choose(char **place, const struct request *request, int (*apply)(const char *text))
{
    char *text = text_of(request);
    int err = text ? -apply(text) : MP_ENOMEM;
    if (err) {
        free(text);
        return err;
    }
    free(*place);
    *place = text;
    return 0;
}

static int log_apply(const char *text)
{
    return breeze_log_parse(text) ? -MP_EINVAL : 0;
}

int extend_setup(void)
{
    int err = chosen.log ? log_apply(chosen.log) : 0;
    return err || !chosen.trace ? err : breeze_unix_trace(chosen.trace);
}

static int run_trace(struct request *request)
{
    return choose(&chosen.trace, request, breeze_unix_trace);
}

int breeze_mpy_trace(const void *path, int len)
{
    struct request request = {.run = run_trace, .in = {(uint8_t *)path}, .in_len = {len}};
    return request_submit(&request);
}

static int run_log(struct request *request)
{
    return choose(&chosen.log, request, log_apply);
}

int breeze_mpy_log(const void *levels, int len)
{
    struct request request = {.run = run_log, .in = {(uint8_t *)levels}, .in_len = {len}};
    return request_submit(&request);
}
