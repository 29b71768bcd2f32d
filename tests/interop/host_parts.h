// The parts of the test host: host.c (commands, links, advertising, scanning), host_client.c (GATT
// client), host_server.c (its services), host_security.c (pairing), host_more.c (the rest).
#ifndef INTEROP_HOST_PARTS_H_
#define INTEROP_HOST_PARTS_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zephyr/bluetooth/bluetooth.h>
#include <zephyr/bluetooth/conn.h>
#include <zephyr/bluetooth/uuid.h>

#include "host_words.h"

#define LINES_MAX 64  // commands that wait
#define AD_MAX    8   // AD structures of one advertisement
#define VALUE_MAX 512 // octets of a value
#define PARTS_MAX 7   // AD structures of 1650 octets

// Print one line of output.
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

// Bytes in hexadecimal ("-": none), valid until the next call.
const char *hex(const void *data, size_t len);

// An address as AA:BB:CC:DD:EE:FF/random, valid until the next call.
const char *addr_text(const bt_addr_le_t *addr);

// The link with this index; NULL when there is none.
struct bt_conn *link_at(uint32_t index);

// Directed advertising; version and features of a link's other controller as a line, -EBUSY: not yet
// (host_gap.c).
int adv_to(const bt_addr_le_t *peer, bool high_duty);
int remote_say(uint32_t link);

// Client operations, one of a kind at a time on each link: -EBUSY. All results come as lines.
int client_mtu(uint32_t link);
int client_discover(uint32_t link, const char *what, uint16_t first, uint16_t last,
                    const struct bt_uuid *uuid);
int client_read(uint32_t link, uint16_t handle, uint16_t offset);
int client_read_uuid(uint32_t link, const struct bt_uuid *uuid);
int client_write(uint32_t link, uint16_t handle, const void *value, size_t len);
int client_write_cmd(uint32_t link, uint16_t handle, const void *value, size_t len, bool sign);
int client_subscribe(uint32_t link, uint16_t value_handle, uint16_t ccc_handle, uint16_t ccc);
int client_unsubscribe(uint32_t link, uint16_t value_handle);

// The server: values filled in, callbacks registered.
void server_start(void);
// Start sending `count` notifications of `len` octets that count from 0.
int server_notify(uint32_t link, uint32_t count, uint32_t len);
// Send what is left of them as far as there is room.
void server_pump(void);
int server_indicate(uint32_t link, const void *value, size_t len);
// Another service comes or goes.
int server_extra(bool there);

// Which bearers all of these use from now on (bt_att_chan_opt).
extern uint32_t bearers;

// The one channel (host_l2cap.c).
int chan_listen(uint16_t psm);
int chan_connect(uint32_t link, uint16_t psm, bool enhanced, uint32_t level);
int chan_expect(uint32_t octets);
int chan_send(uint32_t octets);
int chan_close(void);
// Up to five enhanced channels that send back what comes (host_ecred.c); those that ended may be
// used again.
int ecred_listen(uint16_t psm);
int ecred_connect(uint32_t link, uint16_t psm, uint32_t count);
int ecred_reconfigure(uint16_t mtu);
void ecred_free(void);

// Pairing: IO capability by number, with Secure Connections or legacy, the peer may pair anew by Just
// Works; the level wanted; the user's answer: passkey, yes or cancel; all bonds forgotten.
int security_io(uint32_t io, bool sc, bool repair);
int security_set(uint32_t link, uint32_t level);
int security_answer(uint32_t link, const char *what, uint32_t passkey);
int security_unpair(void);
// Commands: oob HAS_PEERS (says ours), oob_peer R C, oob_tk TK.
int cmd_oob(const struct words *w);
int cmd_oob_peer(const struct words *w);
int cmd_oob_tk(const struct words *w);

// Commands: subrate CONN MIN MAX LATENCY CONTINUATION TIMEOUT; subrate_default MIN ...
int cmd_subrate(const struct words *w);
int cmd_subrate_default(const struct words *w);

// Advertising sets (host_ext.c): `len` octets of data, advertised or in the scan response.
int set_make(uint32_t slot, uint32_t options, uint8_t sid, uint32_t len, bool response);
int set_start(uint32_t slot, uint16_t timeout, uint8_t events);
int set_stop(uint32_t slot);
int set_remove(uint32_t slot);
int set_scan(bool active, uint8_t options);
struct bt_le_ext_adv *set_at(uint32_t slot);
// AD structures of `len` octets in all; of 1 octet there is none.
size_t structures(struct bt_data *to, size_t len);
// Print a line with octets of any number at its end.
void say_octets(const char *what, const uint8_t *data, size_t len);

// Periodic advertising (host_per.c): intervals in 1.25 ms.
int per_make(uint32_t slot, uint16_t interval, uint32_t len);
int per_stop(uint32_t slot);
int sync_make(const bt_addr_le_t *addr, uint8_t sid);
int sync_end(void);
// Take trains over links to come; give the train of a set of our `own`, or the sync.
int past_take(void);
int past_give(uint32_t link, bool own, uint32_t slot, uint16_t service_data);

#endif // INTEROP_HOST_PARTS_H_
