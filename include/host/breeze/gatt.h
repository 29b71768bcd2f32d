// GATT beyond Zephyr's API: what an interpreter needs whose own handles are all it knows.
#ifndef BREEZE_GATT_H_
#define BREEZE_GATT_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zephyr/bluetooth/gatt.h>

#ifdef __cplusplus
extern "C" {
#endif

// How breeze_gatt_send() ended: err 0 when the peer's link layer acknowledged the notification, or
// the peer confirmed the indication; -ETIMEDOUT when it did not confirm within 30 s; -ENOTCONN when
// the link was lost before. From the loop, exactly once per call that returned 0.
typedef void (*breeze_gatt_sent_t)(struct bt_conn *conn, uint16_t handle, int err, void *user);

// Send a Handle Value Notification or Indication of any handle of the database, whether the peer
// subscribed or not. The data is copied; never waits. `done` may be NULL. 0; -ENOTCONN; -EINVAL: no
// such handle; -EPERM: the link's security does not allow reading the value; -EMSGSIZE: longer than
// ATT_MTU - 3; -ENOMEM: no buffer now, or for an indication one is under way and one waits already.
// Vol 3, Part F, 3.4.7.
int breeze_gatt_send(struct bt_conn *conn, uint16_t handle, const void *data, uint16_t len,
                     bool indication, breeze_gatt_sent_t done, void *user);

// A send function that returned -ENOMEM for this connection is worth trying again. One callback;
// NULL removes it; survives bt_disable(). From the loop.
void breeze_gatt_ready_cb_set(void (*cb)(struct bt_conn *conn));

// Every notification and indication of every connection, subscribed to or not, before the
// subscriptions get it. One set; NULL removes it; survives bt_disable(). Must stay valid. The data
// is valid during the call; indications are confirmed by the host.
struct breeze_gatt_any_cb {
    void (*notified)(struct bt_conn *conn, uint16_t handle, const void *data, uint16_t len,
                     bool indication);
};
void breeze_gatt_any_cb_set(const struct breeze_gatt_any_cb *cb);

// A piece of a reliable write: `length` octets for the value of `handle`, from `offset` on.
struct breeze_gatt_part {
    uint16_t handle;
    uint16_t offset;
    uint16_t length;
    const void *data;
};

struct breeze_gatt_reliable_params {
    // The server wrote all parts (err 0), or it refused and wrote none but, where a value was
    // refused by the program behind it, those before (BT_ATT_ERR_*).
    void (*func)(struct bt_conn *conn, uint8_t err, struct breeze_gatt_reliable_params *params);
    const struct breeze_gatt_part *parts; // They and their data stay valid until func.
    uint8_t count;
    struct bt_gatt_op _op;
};

// Write several values, each checked on its way, all at once (Vol 3, Part G, 4.9.5). Runs and ends
// as the client procedures of <zephyr/bluetooth/gatt.h> do; bt_gatt_cancel() cancels it. 0;
// -EINVAL: no part, handle 0, or beyond the 512 octets of a value; -ENOTCONN; -EBUSY.
int breeze_gatt_write_reliable(struct bt_conn *conn, struct breeze_gatt_reliable_params *params);

// When a peer refuses a request of our client for want of authentication or encryption: raise the
// link's security by a level and ask again, until it is granted or the security cannot be raised;
// only then the procedure ends with the peer's error. Off at first; survives bt_disable().
void breeze_gatt_raise_security(bool enable);

// What the server keeps of a bonded peer beside its keys, as a record for a store of the application's
// own (doc/BONDS.md), the one that the settings hold: its client configurations and features, and the
// hash of the database that it knows. In a build with the Security Manager.
#define BREEZE_GATT_KEEP_MAX (37 + 3 * CONFIG_BREEZE_GATT_KEEP_MAX)
// Write that record, at most BREEZE_GATT_KEEP_MAX octets: how many, or -ENOENT: there is nothing.
int breeze_gatt_keep_export(uint8_t id, const bt_addr_le_t *peer, uint8_t *record);
// Take a record whole or not at all, behind the bond that it belongs to: 0, -EINVAL (damaged, a later
// version), -EACCES (made for an identity address that is not ours), -ENOENT (no such bond), -ENOSPC.
// It counts from the next time that the bond encrypts a link. -EAGAIN of both: as with
// breeze_smp_bond_export().
int breeze_gatt_keep_import(const void *record, size_t len);
// Such a record changed, or is gone (export says -ENOENT). One callback; NULL removes it; survives
// bt_disable(). From the loop, or from within the call that deletes the bond.
void breeze_gatt_keep_cb_set(void (*cb)(uint8_t id, const bt_addr_le_t *peer));

#ifdef __cplusplus
}
#endif

#endif // BREEZE_GATT_H_
