// The engine of the GATT client: procedures of one connection run one at a time, in order (Vol 3,
// Part F, 3.3.2). Each kind of procedure is a const row and a file of its own.
//
// A procedure's state is the bt_gatt_op inside the application's parameters: `at` is where it has
// got to, and once its first request has left it keeps to that bearer. While an answer is handled the
// application may do anything with the parameters: withdraw them, or start them anew. So after each
// callback an on_rsp function looks whether `link->op` is still its op; if not it returns CLT_GONE
// and touches nothing.
#ifndef BREEZE_SRC_GATT_CLT_H_
#define BREEZE_SRC_GATT_CLT_H_

#include "base/rd.h"
#include "base/wr.h"
#include "gatt/gatt.h"

// What on_rsp returns: an ATT error code that ends the procedure, or one of these.
enum {
    CLT_DONE = 0,
    CLT_MORE = 0x100, // Another request follows.
    CLT_STOP,         // The application wants no more, not even an end.
    CLT_GONE,         // The parameters are not this procedure's any more.
};

struct clt_proc {
    const char *name;
    // Write the next request, opcode first. False: there is nothing to ask, the procedure is over.
    bool (*build)(struct bt_conn *conn, struct bt_gatt_op *op, struct wr *w);
    // The response's parameters. Must check them to the last octet before they are used.
    int (*on_rsp)(struct bt_conn *conn, struct bt_gatt_op *op, struct rd *params);
    // What an error of the peer means: itself, or 0 for a regular end. NULL: itself.
    uint8_t (*on_err)(const struct bt_gatt_op *op, uint8_t err);
    // The final callback. The op belongs to nobody any more.
    void (*end)(struct bt_conn *conn, struct bt_gatt_op *op, uint8_t err);
    // It leaves prepared writes in the server's queue when it ends early.
    bool queues;
};

// Queue a procedure that begins at `at`, on the bearers that `opt` (bt_att_chan_opt) allows. 0,
// -ENOTCONN, -EBUSY, or att_opt_check().
int clt_start(struct bt_conn *conn, struct bt_gatt_op *op, const struct clt_proc *proc,
              void *params, uint16_t at, unsigned int opt);

// The ATT_MTU of the bearer that it is on.
uint16_t clt_mtu(const struct bt_conn *conn, const struct bt_gatt_op *op);

// Take a procedure out wherever it is; false if it is not pending.
bool clt_withdraw(struct bt_conn *conn, struct bt_gatt_op *op);

// clt_subscribe.c: end or keep all of a lost link; put a kept one on its link again; is it on any
// link.
void clt_subs_sweep(struct bt_conn *conn);
int clt_sub_again(struct bt_conn *conn, struct bt_gatt_subscribe_params *params);
bool clt_sub_is_on(const struct bt_gatt_subscribe_params *params);

// clt_resub.c: keep a subscription of a lost link; take one out. False: it is not (to be) kept.
bool clt_away_keep(struct bt_conn *conn, struct bt_gatt_subscribe_params *params);
bool clt_away_drop(struct bt_gatt_subscribe_params *params);

// clt_discover.c: give one result to the application. 0: go on; CLT_STOP; CLT_GONE.
int clt_discovered(struct bt_conn *conn, struct bt_gatt_op *op, const struct bt_uuid *type,
                   uint16_t handle, void *value);
// A discovery ends regularly when nothing (more) is found.
uint8_t clt_discover_on_err(const struct bt_gatt_op *op, uint8_t err);
void clt_discover_end(struct bt_conn *conn, struct bt_gatt_op *op, uint8_t err);
// The head of a list whose items are `fixed` octets and a UUID: the UUID's length, 0 for a malformed
// one.
size_t clt_list_uuid_size(struct rd *list, size_t fixed);
// The next request, or the end, after a list whose last handle was `last`.
int clt_discover_next(struct bt_gatt_op *op, uint16_t last);

extern const struct clt_proc clt_services;
extern const struct clt_proc clt_services_by_uuid;
extern const struct clt_proc clt_characteristics;
extern const struct clt_proc clt_descriptors;
extern const struct clt_proc clt_includes;
extern const struct clt_proc clt_std_descs;

// clt_signed.c, in a build with signed writes: send a Signed Write Command.
int clt_write_signed(struct bt_conn *conn, uint16_t handle, const void *data, uint16_t len,
                     const struct gatt_tx *who);

// clt_std_desc.c: is this a descriptor type whose value is known.
bool clt_std_desc_known(const struct bt_uuid *uuid);

// Rows of other files than those that start them, and the ends that they share.
extern const struct clt_proc clt_read_by_uuid;
extern const struct clt_proc clt_read_multi;
extern const struct clt_proc clt_read_multi_var;
extern const struct clt_proc clt_write_long;
void clt_read_end(struct bt_conn *conn, struct bt_gatt_op *op, uint8_t err);
void clt_write_end(struct bt_conn *conn, struct bt_gatt_op *op, uint8_t err);

#endif // BREEZE_SRC_GATT_CLT_H_
