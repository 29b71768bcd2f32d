// What the files of the MicroPython backend share.
//
// The backend turns MicroPython's contract (extmod/modbluetooth.h) into calls of the host's public
// API, and the host's callbacks into MicroPython's events. It needs nothing else of MicroPython, so
// the same files serve a firmware and the ffi library for the stock interpreter.
//
// Contexts: functions of the contract are called from the thread that runs the host's loop, between
// turns or inside one of our own events. Every event may call any function of the contract; the host
// delivers its callbacks when its state is consistent (design D4), so each of them works there.
//
// Connection handles that MicroPython sees are bt_conn_index() values, 0 to CONFIG_BT_MAX_CONN - 1.
#ifndef BREEZE_MICROPYTHON_BACKEND_H_
#define BREEZE_MICROPYTHON_BACKEND_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <breeze/breeze.h>
#include <zephyr/bluetooth/bluetooth.h>
#include <zephyr/bluetooth/conn.h>
#include <zephyr/bluetooth/gatt.h>
#include <zephyr/bluetooth/uuid.h>
#include <zephyr/kernel.h>

#include "extmod/modbluetooth.h"

#include "needs.h"

// "No connection" and "no address" in events.
#define MPY_NO_CONN      0xffff
#define MPY_NO_ADDR_TYPE 0xff

// Numbers for `status` in events, as the backend most programs were written against uses them: ATT
// errors from 0x100 on, some of the host's own below.
#define MPY_STATUS_ATT      0x100
#define MPY_STATUS_NOT_CONN 7
#define MPY_STATUS_TIMEOUT  13
#define MPY_STATUS_REJECT   16 // An L2CAP channel was not opened.

// Any UUID, in the form the host takes.
union mpy_uuid {
    struct bt_uuid uuid;
    struct bt_uuid_16 u16;
    struct bt_uuid_32 u32;
    struct bt_uuid_128 u128;
};

// A discovery that runs; one per connection.
struct mpy_discovery {
    uint8_t event; // The event at its end; 0: none runs.
    bool filtered; // `uuid` is wanted only.
    union mpy_uuid uuid;
    struct bt_gatt_discover_params params;
    // The last characteristic seen: its end is known when the next one, or the range's end, comes.
    uint16_t end;
    uint16_t value_handle; // 0: none seen.
    uint8_t properties;
    mp_obj_bluetooth_uuid_t chrc_uuid;
};

struct mpy_conn {
    struct bt_conn *conn; // Held reference; NULL: no connection has this handle.
    bool central;         // Our role.
    uint8_t addr_type;
    uint8_t addr[6]; // Most significant octet first.
    bool mtu_busy;   // An exchange that we started runs.
    bool mtu_told;   // The event was raised since it began.
    struct bt_gatt_exchange_params mtu_params;
    struct mpy_discovery discovery;
};

// The connection of a handle; NULL when inactive or not connected.
struct mpy_conn *mpy_conn_get(uint16_t conn_handle);
// The connection of the host's object; NULL before its connect event and after its disconnect event.
struct mpy_conn *mpy_conn_of(struct bt_conn *conn);
uint16_t mpy_conn_handle(const struct mpy_conn *mc);
// The identity of a peer that events address like this: that of a connection that was told so, else the
// address itself.
void mpy_identity(bt_addr_le_t *peer, uint8_t addr_type, const uint8_t *addr);

// Brackets around each callback of the host: what a handler may do at once and what has to wait until
// the host is out of its callbacks hangs on them.
void mpy_enter(void);
void mpy_leave(void);
// True while programs may use the radio and expect events.
bool mpy_on(void);
// True while programs hear of what happens: also of how links end that a lost controller takes along.
bool mpy_tells(void);
// True while any connection is up.
bool mpy_connected(void);
// A host's negative errno (or 0) as MicroPython's.
int mpy_errno(int err);
// The longest value that one PDU takes to a peer, octets: ATT_MTU - 3, and no value is longer than 512.
size_t mpy_value_max(const struct mpy_conn *mc);
// A status of ATT (0: success) as the events carry it.
uint16_t mpy_status(struct bt_conn *conn, uint8_t att_err);
// Bytes the other way round; n octets.
void mpy_reverse(uint8_t *to, const uint8_t *from, size_t n);
// UUIDs across the two worlds. The first returns false for a length that no UUID has.
bool mpy_uuid_to_bt(union mpy_uuid *to, const mp_obj_bluetooth_uuid_t *from);
void mpy_uuid_from_bt(mp_obj_bluetooth_uuid_t *to, const struct bt_uuid *from);

// adv_ext.c
// Advertise with the one extended set, and end that. 0 or a negative errno of the host.
int mpy_adv_ext_start(const struct bt_le_adv_param *param, const uint8_t *adv, size_t adv_len,
                      const uint8_t *rsp, size_t rsp_len);
void mpy_adv_ext_stop(void);
void mpy_adv_ext_reset(void); // The set is gone with the radio.

// gap.c
bool mpy_gap_busy(void);  // Advertising, scanning or connecting.
void mpy_gap_reset(void); // Forget everything; no events.
void mpy_gap_lost(void);  // The controller was lost: end with events.
void mpy_gap_connected(struct bt_conn *conn, uint8_t err); // bt_conn_cb.connected

// Take a connection into the table and raise its connect event (modbluetooth_breeze.c).
void mpy_conn_add(struct bt_conn *conn, bool central, uint8_t addr_type, const uint8_t *addr);

// gatts.c
void mpy_gatts_reset(void); // Unregister and free all services; the host must be off.
// Raise SUBSCRIBE for what this peer subscribed to and was not told of yet.
void mpy_gatts_subscribed(struct bt_conn *conn);
void mpy_gatts_conn_gone(const struct mpy_conn *mc); // Its subscriptions are over.

// security.c
void mpy_security_start(void); // The radio comes up.
void mpy_security_changed(struct bt_conn *conn, bt_security_t level, enum bt_security_err err);
bool mpy_bonding(void); // The program keeps bonds.

// secrets.c
void mpy_secrets_start(void);
void mpy_secrets_load(void); // Ask the program for its bonds, unless it has given them.
void mpy_secrets_bonded(const bt_addr_le_t *peer);
void mpy_secrets_unbonded(const bt_addr_le_t *peer);
void mpy_secrets_addr_chosen(void); // The program chose its address, which stays.

// l2cap.c
void mpy_l2cap_reset(void); // Stop listening and free what is left; the host must be off.

// extend.c
// Raise an event of extend.h, if the program wants those.
void mpy_raise_ext(uint8_t event, uint16_t conn_handle, uint16_t a, uint16_t b, uint16_t c);
void mpy_ext_phy_updated(struct bt_conn *conn, struct bt_conn_le_phy_info *phy);
void mpy_ext_start(void);    // The radio is up: what was chosen for it before.
void mpy_ext_register(void); // Callbacks of the host, once.

// gattc.c
void mpy_gattc_reset(void);
void mpy_gattc_mtu_updated(struct mpy_conn *mc, uint16_t mtu);
void mpy_gattc_register(void); // Notifications of peers, once.

#endif // BREEZE_MICROPYTHON_BACKEND_H_
