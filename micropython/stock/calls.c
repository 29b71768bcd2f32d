// The calls of the flat API: each leaves a request, whose other half here runs in the host's thread and
// calls the backend.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "extmod/modbluetooth.h"
#include "ports/unix/transport.h"
#include "py/mperrno.h"

#include "breeze_mpy.h"
#include "stock.h"

// ---- Requests -----------------------------------------------------------------------------------

static int submit(int (*run)(struct request *), int32_t a, int32_t b, int32_t c, int32_t d)
{
    struct request request = {.run = run, .n = {a, b, c, d}};
    return request_submit(&request);
}

static int submit_in(int (*run)(struct request *), int32_t a, int32_t b, int32_t c,
                     const void *data, int len)
{
    struct request request = {
        .run = run,
        .n = {a, b, c},
        .in = {(uint8_t *)(len < 0 ? NULL : data)},
        .in_len = {len},
    };
    return request_submit(&request);
}

static int submit_data(int (*run)(struct request *), int32_t a)
{
    struct request request = {.run = run, .n = {a}, .data = true};
    return request_submit(&request);
}

// ---- Life, identity, name ----------------------------------------------------------------------

// What a failed activation means, for a human; the transport's own sentence where it failed.
static void explain(int err)
{
    char text[512];
    if (breeze_unix_transport_error()[0]) {
        snprintf(text, sizeof(text), "%s", breeze_unix_transport_error());
    } else if (err == MP_ETIMEDOUT || err == MP_ENODEV) {
        snprintf(text, sizeof(text),
                 "the controller at BREEZE_HCI=%s does not answer as a Bluetooth controller does; "
                 "check the address and reset it (" BREEZE_UNIX_HINT ")",
                 breeze_unix_transport_name());
    } else {
        snprintf(text, sizeof(text),
                 "the controller at BREEZE_HCI=%s could not be set up: %s (" BREEZE_UNIX_HINT ")",
                 breeze_unix_transport_name(), strerror(err));
    }
    host_error_set(text);
}

static int run_active(struct request *request)
{
    int err;
    if (!request->n[0]) {
        err = mp_bluetooth_deinit();
        events_flush();
        return err;
    }
    host_error_set("");
    err = mp_bluetooth_deinit();
    events_flush();
    err = err ? err : -breeze_unix_setup(host_program());
    err = err ? err : -extend_setup();
    err = err ? err : mp_bluetooth_init();
    if (err) {
        explain(err);
    }
    return err;
}

int breeze_mpy_active(int on)
{
    struct request request = {.run = run_active, .n = {on}, .heavy = true};
    return request_submit(&request);
}

static int run_mac(struct request *request)
{
    uint8_t mac[7];
    mp_bluetooth_get_current_address(&mac[0], &mac[1]);
    int err = request_raised();
    return err ? err : request_result(request, mac, sizeof(mac));
}

int breeze_mpy_mac(void)
{
    return submit_data(run_mac, 0);
}

static int run_set_addr_mode(struct request *request)
{
    mp_bluetooth_set_address_mode((uint8_t)request->n[0]);
    return request_raised();
}

int breeze_mpy_set_addr_mode(int mode)
{
    return submit(run_set_addr_mode, mode, 0, 0, 0);
}

static int run_get_mtu(struct request *request)
{
    int mtu = mp_bluetooth_get_preferred_mtu();
    const uint8_t octets[] = {(uint8_t)mtu, (uint8_t)(mtu >> 8)};
    int err = request_raised();
    return err ? err : request_result(request, octets, sizeof(octets));
}

int breeze_mpy_get_mtu(void)
{
    return submit_data(run_get_mtu, 0);
}

static int run_set_mtu(struct request *request)
{
    int32_t mtu = request->n[0];
    if (mtu < 0 || mtu > UINT16_MAX) {
        return MP_EINVAL;
    }
    return mp_bluetooth_set_preferred_mtu((uint16_t)mtu);
}

int breeze_mpy_set_mtu(int mtu)
{
    return submit(run_set_mtu, mtu, 0, 0, 0);
}

static int run_get_name(struct request *request)
{
    const uint8_t *name = NULL;
    size_t len = mp_bluetooth_gap_get_device_name(&name);
    return request_result(request, name, len);
}

int breeze_mpy_get_name(void)
{
    return submit_data(run_get_name, 0);
}

static int run_set_name(struct request *request)
{
    return mp_bluetooth_gap_set_device_name(request->in[0], (size_t)request->in_len[0]);
}

int breeze_mpy_set_name(const void *name, int len)
{
    return submit_in(run_set_name, 0, 0, 0, name, len);
}

// ---- GAP ---------------------------------------------------------------------------------------

static int run_advertise(struct request *request)
{
    return mp_bluetooth_gap_advertise_start(request->n[0] != 0, request->n[1], request->in[0],
                                            (size_t)request->in_len[0], request->in[1],
                                            (size_t)request->in_len[1]);
}

int breeze_mpy_advertise(int connectable, int interval_us, const void *adv, int adv_len,
                         const void *rsp, int rsp_len)
{
    struct request request = {
        .run = run_advertise,
        .n = {connectable, interval_us},
        .in = {(uint8_t *)(adv_len < 0 ? NULL : adv), (uint8_t *)(rsp_len < 0 ? NULL : rsp)},
        .in_len = {adv_len, rsp_len},
    };
    return request_submit(&request);
}

static int run_advertise_stop(struct request *request)
{
    (void)request;
    mp_bluetooth_gap_advertise_stop();
    return 0;
}

int breeze_mpy_advertise_stop(void)
{
    return submit(run_advertise_stop, 0, 0, 0, 0);
}

static int run_scan(struct request *request)
{
    const int32_t *n = request->n;
    return mp_bluetooth_gap_scan_start(n[0], n[1], n[2], n[3] != 0);
}

int breeze_mpy_scan(int duration_ms, int interval_us, int window_us, int active)
{
    return submit(run_scan, duration_ms, interval_us, window_us, active);
}

static int run_scan_stop(struct request *request)
{
    (void)request;
    return mp_bluetooth_gap_scan_stop();
}

int breeze_mpy_scan_stop(void)
{
    return submit(run_scan_stop, 0, 0, 0, 0);
}

static int run_connect(struct request *request)
{
    const int32_t *n = request->n;
    return mp_bluetooth_gap_peripheral_connect((uint8_t)n[0], request->in[0], n[1], n[2], n[3]);
}

int breeze_mpy_connect(int addr_type, const void *addr, int duration_ms, int min_us, int max_us)
{
    struct request request = {
        .run = run_connect,
        .n = {addr_type, duration_ms, min_us, max_us},
        .in = {(uint8_t *)addr},
        .in_len = {6},
    };
    return request_submit(&request);
}

static int run_connect_cancel(struct request *request)
{
    (void)request;
    return mp_bluetooth_gap_peripheral_connect_cancel();
}

int breeze_mpy_connect_cancel(void)
{
    return submit(run_connect_cancel, 0, 0, 0, 0);
}

static int run_disconnect(struct request *request)
{
    return mp_bluetooth_gap_disconnect((uint16_t)request->n[0]);
}

int breeze_mpy_disconnect(int conn)
{
    return submit(run_disconnect, conn, 0, 0, 0);
}

// ---- GATT server -------------------------------------------------------------------------------

static int run_gatts_read(struct request *request)
{
    const uint8_t *value = NULL;
    size_t len = 0;
    int err = mp_bluetooth_gatts_read((uint16_t)request->n[0], &value, &len);
    return err ? err : request_result(request, value, len);
}

int breeze_mpy_gatts_read(int handle)
{
    return submit_data(run_gatts_read, handle);
}

static int run_gatts_write(struct request *request)
{
    return mp_bluetooth_gatts_write((uint16_t)request->n[0], request->in[0],
                                    (size_t)request->in_len[0], request->n[1] != 0);
}

int breeze_mpy_gatts_write(int handle, const void *data, int len, int send_update)
{
    return submit_in(run_gatts_write, handle, send_update, 0, data, len);
}

static int run_gatts_notify(struct request *request)
{
    const int32_t *n = request->n;
    return mp_bluetooth_gatts_notify_indicate((uint16_t)n[0], (uint16_t)n[1], n[2], request->in[0],
                                              (size_t)request->in_len[0]);
}

int breeze_mpy_gatts_notify(int conn, int handle, int op, const void *data, int len)
{
    return submit_in(run_gatts_notify, conn, handle, op, data, len);
}

static int run_gatts_set_buffer(struct request *request)
{
    const int32_t *n = request->n;
    if (n[1] < 0) {
        return MP_EINVAL;
    }
    return mp_bluetooth_gatts_set_buffer((uint16_t)n[0], (size_t)n[1], n[2] != 0);
}

int breeze_mpy_gatts_set_buffer(int handle, int len, int append)
{
    return submit(run_gatts_set_buffer, handle, len, append, 0);
}

// ---- GATT client -------------------------------------------------------------------------------

// The UUID in the first buffer; NULL for none.
static const mp_obj_bluetooth_uuid_t *uuid_in(const struct request *request,
                                              mp_obj_bluetooth_uuid_t *uuid)
{
    if (!request->in[0]) {
        return NULL;
    }
    *uuid = (mp_obj_bluetooth_uuid_t){.type = (uint8_t)request->in_len[0]};
    memcpy(uuid->data, request->in[0],
           uuid->type < sizeof(uuid->data) ? uuid->type : sizeof(uuid->data));
    return uuid;
}

static int run_discover_services(struct request *request)
{
    mp_obj_bluetooth_uuid_t uuid;
    return mp_bluetooth_gattc_discover_primary_services((uint16_t)request->n[0],
                                                        uuid_in(request, &uuid));
}

int breeze_mpy_discover_services(int conn, const void *uuid, int uuid_len)
{
    return submit_in(run_discover_services, conn, 0, 0, uuid, uuid_len);
}

static int run_discover_characteristics(struct request *request)
{
    mp_obj_bluetooth_uuid_t uuid;
    const int32_t *n = request->n;
    return mp_bluetooth_gattc_discover_characteristics((uint16_t)n[0], (uint16_t)n[1],
                                                       (uint16_t)n[2], uuid_in(request, &uuid));
}

int breeze_mpy_discover_characteristics(int conn, int start, int end, const void *uuid,
                                        int uuid_len)
{
    return submit_in(run_discover_characteristics, conn, start, end, uuid, uuid_len);
}

static int run_discover_descriptors(struct request *request)
{
    const int32_t *n = request->n;
    return mp_bluetooth_gattc_discover_descriptors((uint16_t)n[0], (uint16_t)n[1], (uint16_t)n[2]);
}

int breeze_mpy_discover_descriptors(int conn, int start, int end)
{
    return submit(run_discover_descriptors, conn, start, end, 0);
}

static int run_gattc_read(struct request *request)
{
    return mp_bluetooth_gattc_read((uint16_t)request->n[0], (uint16_t)request->n[1]);
}

int breeze_mpy_gattc_read(int conn, int handle)
{
    return submit(run_gattc_read, conn, handle, 0, 0);
}

static int run_gattc_write(struct request *request)
{
    const int32_t *n = request->n;
    return mp_bluetooth_gattc_write((uint16_t)n[0], (uint16_t)n[1], request->in[0],
                                    (size_t)request->in_len[0], (unsigned int)n[2]);
}

int breeze_mpy_gattc_write(int conn, int handle, const void *data, int len, int mode)
{
    return submit_in(run_gattc_write, conn, handle, mode, data, len);
}

static int run_set_security(struct request *request)
{
    bool on = request->n[1] != 0;
    switch (request->n[0]) {
    case 0:
        mp_bluetooth_set_bonding(on);
        break;
    case 1:
        mp_bluetooth_set_mitm_protection(on);
        break;
    case 2:
        mp_bluetooth_set_le_secure(on);
        break;
    default:
        mp_bluetooth_set_io_capability((uint8_t)request->n[1]);
    }
    return request_raised();
}

int breeze_mpy_set_security(int key, int value)
{
    return submit(run_set_security, key, value, 0, 0);
}

static int run_pair(struct request *request)
{
    return mp_bluetooth_gap_pair((uint16_t)request->n[0]);
}

int breeze_mpy_pair(int conn)
{
    return submit(run_pair, conn, 0, 0, 0);
}

static int run_passkey(struct request *request)
{
    const int32_t *n = request->n;
    return mp_bluetooth_gap_passkey((uint16_t)n[0], (uint8_t)n[1], n[2]);
}

int breeze_mpy_passkey(int conn, int action, int passkey)
{
    return submit(run_passkey, conn, action, passkey, 0);
}

static int run_exchange_mtu(struct request *request)
{
    return mp_bluetooth_gattc_exchange_mtu((uint16_t)request->n[0]);
}

int breeze_mpy_exchange_mtu(int conn)
{
    return submit(run_exchange_mtu, conn, 0, 0, 0);
}
