// The backend contract of MicroPython's bluetooth module, for builds outside MicroPython.
//
// Same names, numbers and signatures as the firmware's extmod/modbluetooth.h, so that the very same
// backend compiles in both; only what the backend uses is here. Functions of the first part are the
// backend's (micropython/*.c), those of the second are whoever receives events: in a firmware
// MicroPython itself, here the ffi library (stock/events.c).
//
// Addresses cross this line most significant octet first, UUIDs least significant first. int results
// are 0 or a positive errno of py/mperrno.h.
#ifndef BREEZE_STOCK_MODBLUETOOTH_H_
#define BREEZE_STOCK_MODBLUETOOTH_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Octets that the value of a characteristic or descriptor has room for at first.
#define MP_BLUETOOTH_DEFAULT_ATTR_LEN 20

// Flags of characteristics and descriptors.
#define MP_BLUETOOTH_CHARACTERISTIC_FLAG_BROADCAST           0x0001
#define MP_BLUETOOTH_CHARACTERISTIC_FLAG_READ                0x0002
#define MP_BLUETOOTH_CHARACTERISTIC_FLAG_WRITE_NO_RESPONSE   0x0004
#define MP_BLUETOOTH_CHARACTERISTIC_FLAG_WRITE               0x0008
#define MP_BLUETOOTH_CHARACTERISTIC_FLAG_NOTIFY              0x0010
#define MP_BLUETOOTH_CHARACTERISTIC_FLAG_INDICATE            0x0020
#define MP_BLUETOOTH_CHARACTERISTIC_FLAG_READ_ENCRYPTED      0x0200
#define MP_BLUETOOTH_CHARACTERISTIC_FLAG_READ_AUTHENTICATED  0x0400
#define MP_BLUETOOTH_CHARACTERISTIC_FLAG_WRITE_ENCRYPTED     0x1000
#define MP_BLUETOOTH_CHARACTERISTIC_FLAG_WRITE_AUTHENTICATED 0x2000

// Events.
#define MP_BLUETOOTH_IRQ_CENTRAL_CONNECT             1
#define MP_BLUETOOTH_IRQ_CENTRAL_DISCONNECT          2
#define MP_BLUETOOTH_IRQ_GATTS_WRITE                 3
#define MP_BLUETOOTH_IRQ_GATTS_READ_REQUEST          4
#define MP_BLUETOOTH_IRQ_SCAN_RESULT                 5
#define MP_BLUETOOTH_IRQ_SCAN_DONE                   6
#define MP_BLUETOOTH_IRQ_PERIPHERAL_CONNECT          7
#define MP_BLUETOOTH_IRQ_PERIPHERAL_DISCONNECT       8
#define MP_BLUETOOTH_IRQ_GATTC_SERVICE_RESULT        9
#define MP_BLUETOOTH_IRQ_GATTC_SERVICE_DONE          10
#define MP_BLUETOOTH_IRQ_GATTC_CHARACTERISTIC_RESULT 11
#define MP_BLUETOOTH_IRQ_GATTC_CHARACTERISTIC_DONE   12
#define MP_BLUETOOTH_IRQ_GATTC_DESCRIPTOR_RESULT     13
#define MP_BLUETOOTH_IRQ_GATTC_DESCRIPTOR_DONE       14
#define MP_BLUETOOTH_IRQ_GATTC_READ_RESULT           15
#define MP_BLUETOOTH_IRQ_GATTC_READ_DONE             16
#define MP_BLUETOOTH_IRQ_GATTC_WRITE_DONE            17
#define MP_BLUETOOTH_IRQ_GATTC_NOTIFY                18
#define MP_BLUETOOTH_IRQ_GATTC_INDICATE              19
#define MP_BLUETOOTH_IRQ_GATTS_INDICATE_DONE         20
#define MP_BLUETOOTH_IRQ_MTU_EXCHANGED               21
#define MP_BLUETOOTH_IRQ_L2CAP_ACCEPT                22
#define MP_BLUETOOTH_IRQ_L2CAP_CONNECT               23
#define MP_BLUETOOTH_IRQ_L2CAP_DISCONNECT            24
#define MP_BLUETOOTH_IRQ_L2CAP_RECV                  25
#define MP_BLUETOOTH_IRQ_L2CAP_SEND_READY            26
#define MP_BLUETOOTH_IRQ_CONNECTION_UPDATE           27
#define MP_BLUETOOTH_IRQ_ENCRYPTION_UPDATE           28
#define MP_BLUETOOTH_IRQ_GET_SECRET                  29
#define MP_BLUETOOTH_IRQ_SET_SECRET                  30
#define MP_BLUETOOTH_IRQ_PASSKEY_ACTION              31

// IO capabilities, and what a passkey event asks for.
#define MP_BLUETOOTH_IO_CAPABILITY_DISPLAY_ONLY       0
#define MP_BLUETOOTH_IO_CAPABILITY_DISPLAY_YESNO      1
#define MP_BLUETOOTH_IO_CAPABILITY_KEYBOARD_ONLY      2
#define MP_BLUETOOTH_IO_CAPABILITY_NO_INPUT_OUTPUT    3
#define MP_BLUETOOTH_IO_CAPABILITY_KEYBOARD_DISPLAY   4
#define MP_BLUETOOTH_PASSKEY_ACTION_INPUT              2
#define MP_BLUETOOTH_PASSKEY_ACTION_DISPLAY            3
#define MP_BLUETOOTH_PASSKEY_ACTION_NUMERIC_COMPARISON 4

#define MP_BLUETOOTH_ADDRESS_MODE_PUBLIC 0
#define MP_BLUETOOTH_ADDRESS_MODE_RANDOM 1
#define MP_BLUETOOTH_ADDRESS_MODE_RPA    2
#define MP_BLUETOOTH_ADDRESS_MODE_NRPA   3

#define MP_BLUETOOTH_WRITE_MODE_NO_RESPONSE   0
#define MP_BLUETOOTH_WRITE_MODE_WITH_RESPONSE 1

#define MP_BLUETOOTH_GATTS_OP_NOTIFY   1
#define MP_BLUETOOTH_GATTS_OP_INDICATE 2

#define MP_BLUETOOTH_UUID_TYPE_16  2
#define MP_BLUETOOTH_UUID_TYPE_32  4
#define MP_BLUETOOTH_UUID_TYPE_128 16

typedef intptr_t mp_int_t;

typedef struct {
    const void *type;
} mp_obj_base_t;

typedef struct {
    mp_obj_base_t base;
    uint8_t type; // Its length in octets: MP_BLUETOOTH_UUID_TYPE_*.
    uint8_t data[16];
} mp_obj_bluetooth_uuid_t;

// ---- What the backend implements ---------------------------------------------------------------

int mp_bluetooth_init(void);
int mp_bluetooth_deinit(void);
bool mp_bluetooth_is_active(void);
void mp_bluetooth_get_current_address(uint8_t *addr_type, uint8_t *addr);
void mp_bluetooth_set_address_mode(uint8_t addr_mode);
int mp_bluetooth_get_preferred_mtu(void);
int mp_bluetooth_set_preferred_mtu(uint16_t mtu);

size_t mp_bluetooth_gap_get_device_name(const uint8_t **buf);
int mp_bluetooth_gap_set_device_name(const uint8_t *buf, size_t len);
int mp_bluetooth_gap_advertise_start(bool connectable, int32_t interval_us, const uint8_t *adv_data,
                                     size_t adv_data_len, const uint8_t *sr_data,
                                     size_t sr_data_len);
void mp_bluetooth_gap_advertise_stop(void);
int mp_bluetooth_gap_disconnect(uint16_t conn_handle);
int mp_bluetooth_gap_scan_start(int32_t duration_ms, int32_t interval_us, int32_t window_us,
                                bool active_scan);
int mp_bluetooth_gap_scan_stop(void);
int mp_bluetooth_gap_peripheral_connect(uint8_t addr_type, const uint8_t *addr, int32_t duration_ms,
                                        int32_t min_conn_interval_us, int32_t max_conn_interval_us);
int mp_bluetooth_gap_peripheral_connect_cancel(void);

void mp_bluetooth_set_bonding(bool enabled);
void mp_bluetooth_set_mitm_protection(bool enabled);
void mp_bluetooth_set_le_secure(bool enabled);
void mp_bluetooth_set_io_capability(uint8_t capability);
int mp_bluetooth_gap_pair(uint16_t conn_handle);
int mp_bluetooth_gap_passkey(uint16_t conn_handle, uint8_t action, mp_int_t passkey);

int mp_bluetooth_gatts_register_service_begin(bool append);
int mp_bluetooth_gatts_register_service(mp_obj_bluetooth_uuid_t *service_uuid,
                                        mp_obj_bluetooth_uuid_t **characteristic_uuids,
                                        uint16_t *characteristic_flags,
                                        mp_obj_bluetooth_uuid_t **descriptor_uuids,
                                        uint16_t *descriptor_flags, uint8_t *num_descriptors,
                                        uint16_t *handles, size_t num_characteristics);
int mp_bluetooth_gatts_register_service_end(void);
int mp_bluetooth_gatts_read(uint16_t value_handle, const uint8_t **value, size_t *value_len);
int mp_bluetooth_gatts_write(uint16_t value_handle, const uint8_t *value, size_t value_len,
                             bool send_update);
int mp_bluetooth_gatts_notify_indicate(uint16_t conn_handle, uint16_t value_handle, int gatts_op,
                                       const uint8_t *value, size_t value_len);
int mp_bluetooth_gatts_set_buffer(uint16_t value_handle, size_t len, bool append);

int mp_bluetooth_gattc_discover_primary_services(uint16_t conn_handle,
                                                 const mp_obj_bluetooth_uuid_t *uuid);
int mp_bluetooth_gattc_discover_characteristics(uint16_t conn_handle, uint16_t start_handle,
                                                uint16_t end_handle,
                                                const mp_obj_bluetooth_uuid_t *uuid);
int mp_bluetooth_gattc_discover_descriptors(uint16_t conn_handle, uint16_t start_handle,
                                            uint16_t end_handle);
int mp_bluetooth_gattc_read(uint16_t conn_handle, uint16_t value_handle);
int mp_bluetooth_gattc_write(uint16_t conn_handle, uint16_t value_handle, const uint8_t *value,
                             size_t value_len, unsigned int mode);
int mp_bluetooth_gattc_exchange_mtu(uint16_t conn_handle);

int mp_bluetooth_l2cap_listen(uint16_t psm, uint16_t mtu);
int mp_bluetooth_l2cap_connect(uint16_t conn_handle, uint16_t psm, uint16_t mtu);
int mp_bluetooth_l2cap_disconnect(uint16_t conn_handle, uint16_t cid);
// *stalled: this was sent, but no more may be before the channel is ready.
int mp_bluetooth_l2cap_send(uint16_t conn_handle, uint16_t cid, const uint8_t *buf, size_t len,
                            bool *stalled);
// *len: room in buf, then what was read; with buf NULL, what there is to read.
int mp_bluetooth_l2cap_recvinto(uint16_t conn_handle, uint16_t cid, uint8_t *buf, size_t *len);

// ---- What the backend raises -------------------------------------------------------------------

void mp_bluetooth_gap_on_connected_disconnected(uint8_t event, uint16_t conn_handle,
                                                uint8_t addr_type, const uint8_t *addr);
void mp_bluetooth_gap_on_connection_update(uint16_t conn_handle, uint16_t conn_interval,
                                           uint16_t conn_latency, uint16_t supervision_timeout,
                                           uint16_t status);
void mp_bluetooth_gatts_on_encryption_update(uint16_t conn_handle, bool encrypted,
                                             bool authenticated, bool bonded, uint8_t key_size);
// A secret of this type: by key, or (key NULL) the index'th. False: there is none. *value stays good
// until the next event.
bool mp_bluetooth_gap_on_get_secret(uint8_t type, uint8_t index, const uint8_t *key, size_t key_len,
                                    const uint8_t **value, size_t *value_len);
// value NULL: forget it. True: it is kept.
bool mp_bluetooth_gap_on_set_secret(uint8_t type, const uint8_t *key, size_t key_len,
                                    const uint8_t *value, size_t value_len);
void mp_bluetooth_gap_on_passkey_action(uint16_t conn_handle, uint8_t action, mp_int_t passkey);
void mp_bluetooth_gap_on_scan_complete(void);
void mp_bluetooth_gap_on_scan_result(uint8_t addr_type, const uint8_t *addr, uint8_t adv_type,
                                     const int8_t rssi, const uint8_t *data, uint16_t data_len);
void mp_bluetooth_gatts_on_write(uint16_t conn_handle, uint16_t value_handle);
// The ATT error to answer with, 0 to allow.
int mp_bluetooth_gatts_on_read_request(uint16_t conn_handle, uint16_t value_handle);
void mp_bluetooth_gatts_on_indicate_complete(uint16_t conn_handle, uint16_t value_handle,
                                             uint8_t status);
void mp_bluetooth_gatts_on_mtu_exchanged(uint16_t conn_handle, uint16_t value);
void mp_bluetooth_gattc_on_primary_service_result(uint16_t conn_handle, uint16_t start_handle,
                                                  uint16_t end_handle,
                                                  mp_obj_bluetooth_uuid_t *service_uuid);
void mp_bluetooth_gattc_on_characteristic_result(uint16_t conn_handle, uint16_t value_handle,
                                                 uint16_t end_handle, uint8_t properties,
                                                 mp_obj_bluetooth_uuid_t *characteristic_uuid);
void mp_bluetooth_gattc_on_descriptor_result(uint16_t conn_handle, uint16_t handle,
                                             mp_obj_bluetooth_uuid_t *descriptor_uuid);
void mp_bluetooth_gattc_on_discover_complete(uint8_t event, uint16_t conn_handle, uint16_t status);
void mp_bluetooth_gattc_on_data_available(uint8_t event, uint16_t conn_handle,
                                          uint16_t value_handle, const uint8_t **data,
                                          uint16_t *data_len, size_t num);
void mp_bluetooth_gattc_on_read_write_status(uint8_t event, uint16_t conn_handle,
                                             uint16_t value_handle, uint16_t status);
// Not 0: refuse.
int mp_bluetooth_on_l2cap_accept(uint16_t conn_handle, uint16_t cid, uint16_t psm,
                                 uint16_t our_mtu, uint16_t peer_mtu);
void mp_bluetooth_on_l2cap_connect(uint16_t conn_handle, uint16_t cid, uint16_t psm,
                                   uint16_t our_mtu, uint16_t peer_mtu);
void mp_bluetooth_on_l2cap_disconnect(uint16_t conn_handle, uint16_t cid, uint16_t psm,
                                      uint16_t status);
void mp_bluetooth_on_l2cap_send_ready(uint16_t conn_handle, uint16_t cid, uint8_t status);
void mp_bluetooth_on_l2cap_recv(uint16_t conn_handle, uint16_t cid);

#endif // BREEZE_STOCK_MODBLUETOOTH_H_
