// The flat API of L2CAP channels, and their events on the way to Python.
//
// Two events are waited for: ACCEPT for its answer, and DISCONNECT so that the program has heard
// the end of a channel before another one can have its CID.
#include <stdlib.h>

#include "extmod/modbluetooth.h"
#include "py/mperrno.h"

#include "breeze_mpy.h"
#include "stock.h"

static bool in_range(int32_t number)
{
    return number >= 0 && number <= UINT16_MAX;
}

// ---- Calls -------------------------------------------------------------------------------------

static int run_listen(struct request *request)
{
    const int32_t *n = request->n;
    return in_range(n[0]) ? mp_bluetooth_l2cap_listen((uint16_t)n[0], (uint16_t)n[1]) : MP_EINVAL;
}

int breeze_mpy_l2cap_listen(int psm, int mtu)
{
    struct request request = {.run = run_listen, .n = {psm, mtu}};
    return request_submit(&request);
}

static int run_connect(struct request *request)
{
    const int32_t *n = request->n;
    if (!in_range(n[0]) || !in_range(n[1])) {
        return MP_EINVAL;
    }
    return mp_bluetooth_l2cap_connect((uint16_t)n[0], (uint16_t)n[1], (uint16_t)n[2]);
}

int breeze_mpy_l2cap_connect(int conn, int psm, int mtu)
{
    struct request request = {.run = run_connect, .n = {conn, psm, mtu}};
    return request_submit(&request);
}

static int run_disconnect(struct request *request)
{
    const int32_t *n = request->n;
    if (!in_range(n[0]) || !in_range(n[1])) {
        return MP_EINVAL;
    }
    return mp_bluetooth_l2cap_disconnect((uint16_t)n[0], (uint16_t)n[1]);
}

int breeze_mpy_l2cap_disconnect(int conn, int cid)
{
    struct request request = {.run = run_disconnect, .n = {conn, cid}};
    return request_submit(&request);
}

static int run_send(struct request *request)
{
    const int32_t *n = request->n;
    bool stalled = false;
    if (!in_range(n[0]) || !in_range(n[1])) {
        return MP_EINVAL;
    }
    int err = mp_bluetooth_l2cap_send((uint16_t)n[0], (uint16_t)n[1], request->in[0],
                                      (size_t)request->in_len[0], &stalled);
    return err ? err : stalled ? BREEZE_MPY_STALLED : 0;
}

int breeze_mpy_l2cap_send(int conn, int cid, const void *data, int len)
{
    struct request request = {
        .run = run_send,
        .n = {conn, cid},
        .in = {(uint8_t *)data},
        .in_len = {len},
    };
    return request_submit(&request);
}

static int run_recv(struct request *request)
{
    const int32_t *n = request->n;
    if (!in_range(n[0]) || !in_range(n[1])) {
        return MP_EINVAL;
    }
    size_t len = 0;
    int err = mp_bluetooth_l2cap_recvinto((uint16_t)n[0], (uint16_t)n[1], NULL, &len);
    if (err) {
        return err;
    }
    len = len < (size_t)n[2] ? len : (size_t)n[2];
    request->out = malloc(len + 1);
    if (!request->out) {
        return MP_ENOMEM;
    }
    err = mp_bluetooth_l2cap_recvinto((uint16_t)n[0], (uint16_t)n[1], request->out, &len);
    request->out_len = len;
    return err;
}

int breeze_mpy_l2cap_recv(int conn, int cid, int size)
{
    struct request request = {.run = run_recv, .n = {conn, cid, size}, .data = true};
    return request_submit(&request);
}

static int run_available(struct request *request)
{
    const int32_t *n = request->n;
    size_t len = 0;
    if (!in_range(n[0]) || !in_range(n[1])) {
        return MP_EINVAL;
    }
    int err = mp_bluetooth_l2cap_recvinto((uint16_t)n[0], (uint16_t)n[1], NULL, &len);
    const uint8_t octets[] = {(uint8_t)len, (uint8_t)(len >> 8)};
    return err ? err : request_result(request, octets, sizeof(octets));
}

int breeze_mpy_l2cap_available(int conn, int cid)
{
    struct request request = {.run = run_available, .n = {conn, cid}, .data = true};
    return request_submit(&request);
}

// ---- Events ------------------------------------------------------------------------------------

int mp_bluetooth_on_l2cap_accept(uint16_t conn_handle, uint16_t cid, uint16_t psm, uint16_t our_mtu,
                                 uint16_t peer_mtu)
{
    const uint16_t args[EVENT_ARGS] = {conn_handle, cid, psm, our_mtu, peer_mtu};
    return event_ask(MP_BLUETOOTH_IRQ_L2CAP_ACCEPT, args);
}

void mp_bluetooth_on_l2cap_connect(uint16_t conn_handle, uint16_t cid, uint16_t psm,
                                   uint16_t our_mtu, uint16_t peer_mtu)
{
    const uint16_t args[EVENT_ARGS] = {conn_handle, cid, psm, our_mtu, peer_mtu};
    event_post(MP_BLUETOOTH_IRQ_L2CAP_CONNECT, args);
}

void mp_bluetooth_on_l2cap_disconnect(uint16_t conn_handle, uint16_t cid, uint16_t psm,
                                      uint16_t status)
{
    const uint16_t args[EVENT_ARGS] = {conn_handle, cid, psm, status};
    (void)event_ask(MP_BLUETOOTH_IRQ_L2CAP_DISCONNECT, args);
}

void mp_bluetooth_on_l2cap_send_ready(uint16_t conn_handle, uint16_t cid, uint8_t status)
{
    const uint16_t args[EVENT_ARGS] = {conn_handle, cid, status};
    event_post(MP_BLUETOOTH_IRQ_L2CAP_SEND_READY, args);
}

void mp_bluetooth_on_l2cap_recv(uint16_t conn_handle, uint16_t cid)
{
    const uint16_t args[EVENT_ARGS] = {conn_handle, cid};
    event_post(MP_BLUETOOTH_IRQ_L2CAP_RECV, args);
}
