// Subscriptions: the CCC descriptor of a peer is written, and what arrives for the value is
// delivered (Vol 3, Part G, 4.10, 4.11 and 4.12.3).
//
// A subscription is on the link's list from the call on, because some servers notify before they
// answer the write. Several subscriptions to one value share its descriptor: what is written is the
// union of what they want, and only when it differs from what the peer has. A subscription that is
// being ended is off the list; its CCC write is the same kind of procedure, with value 0. Those with
// a bonded peer outlast the link (clt_resub.c).
#include <errno.h>

#include "att/db.h"
#include "att/pdu.h"
#include "att/uuid.h"
#include "gatt/clt.h"

#define RENEWAL 0 // op->at of a subscription that outlasted a link.

// What the subscriptions to a value want together; `sent`: only those the peer knows of.
static uint16_t wanted(const struct clt_link *link, uint16_t value_handle, bool sent)
{
    const struct bt_gatt_subscribe_params *sub;
    uint16_t value = 0;
    SYS_SLIST_FOR_EACH_CONTAINER (&link->subs, sub, node) {
        if (sub->value_handle == value_handle &&
            (!sent || atomic_test_bit(sub->flags, BT_GATT_SUBSCRIBE_FLAG_SENT))) {
            value |= sub->value;
        }
    }
    return value;
}

static bool is_on(const struct clt_link *link, const struct bt_gatt_subscribe_params *params)
{
    const sys_snode_t *node;
    SYS_SLIST_FOR_EACH_NODE (&link->subs, node) {
        if (node == &params->node) {
            return true;
        }
    }
    return false;
}

// Off the list, also when a walk is about to come to it.
static bool off(struct clt_link *link, struct bt_gatt_subscribe_params *params)
{
    if (link->sub_next == &params->node) {
        link->sub_next = sys_slist_peek_next(&params->node);
    }
    return sys_slist_find_and_remove(&link->subs, &params->node);
}

// ---- The procedure -----------------------------------------------------------------------------

// The descriptor is not known; op->at is how far the search has got.
static bool searching(const struct bt_gatt_subscribe_params *params)
{
    return params->ccc_handle == BT_GATT_AUTO_DISCOVER_CCC_HANDLE;
}

// When a subscription ends, op->at is what the peer has because of it.
static bool build(struct bt_conn *conn, struct bt_gatt_op *op, struct wr *w)
{
    struct bt_gatt_subscribe_params *params = op->params;
    struct clt_link *link = clt_link_of(conn);
    if (searching(params) && params->value) {
        wr_u8(w, ATT_FIND_INFO_REQ);
        wr_le16(w, op->at);
        wr_le16(w, params->end_handle ? params->end_handle : ATT_HANDLE_MAX);
        return true;
    }
    uint16_t want = wanted(link, params->value_handle, false);
    uint16_t had = wanted(link, params->value_handle, true) | (params->value ? 0 : op->at);
    if (searching(params) || want == had) {
        return false; // The peer has that already.
    }
    wr_u8(w, ATT_WRITE_REQ);
    wr_le16(w, params->ccc_handle);
    wr_le16(w, want);
    return true;
}

// Look for the descriptor among what follows the value, up to the next declaration.
static int on_found(struct bt_gatt_op *op, struct rd *rsp)
{
    struct bt_gatt_subscribe_params *params = op->params;
    uint8_t format = rd_u8(rsp);
    size_t uuid_size = format == 1 ? BT_UUID_SIZE_16 : BT_UUID_SIZE_128;
    uint16_t end_handle = params->end_handle ? params->end_handle : ATT_HANDLE_MAX;
    uint16_t last = 0;
    if (!format || format > 2 || !rd_left(rsp) || rd_left(rsp) % (2 + uuid_size)) {
        return BT_ATT_ERR_INVALID_PDU;
    }
    while (rd_left(rsp)) {
        struct bt_uuid_any uuid;
        uint16_t handle = rd_le16(rsp);
        if (!uuid_get(rsp, uuid_size, &uuid) || handle < op->at || handle <= last ||
            handle > end_handle) {
            return BT_ATT_ERR_INVALID_PDU;
        }
        last = handle;
        if (uuid_is(&uuid.uuid, BT_UUID_GATT_CCC_VAL)) {
            params->ccc_handle = handle;
            return CLT_MORE;
        }
        if (uuid_is(&uuid.uuid, BT_UUID_GATT_CHRC_VAL) || uuid_is_service(&uuid.uuid)) {
            return BT_ATT_ERR_ATTRIBUTE_NOT_FOUND;
        }
    }
    if (last >= end_handle) {
        return BT_ATT_ERR_ATTRIBUTE_NOT_FOUND;
    }
    op->at = (uint16_t)(last + 1);
    return CLT_MORE;
}

static int on_rsp(struct bt_conn *conn, struct bt_gatt_op *op, struct rd *params)
{
    if (searching(op->params)) {
        return on_found(op, params);
    }
    return rd_done(params) ? CLT_DONE : BT_ATT_ERR_INVALID_PDU;
}

static void end(struct bt_conn *conn, struct bt_gatt_op *op, uint8_t err)
{
    struct bt_gatt_subscribe_params *params = op->params;
    struct clt_link *link = clt_link_of(conn);
    atomic_clear_bit(params->flags, BT_GATT_SUBSCRIBE_FLAG_WRITE_PENDING);
    // A renewal that is refused because the database changed (Vol 3, Part G, 2.5.2.1), or that the
    // link did not outlast, takes nothing from what the peer keeps; the application hears of it.
    bool kept =
        op->at == RENEWAL && (err == BT_ATT_ERR_DB_OUT_OF_SYNC || !gatt_link_of(conn)->open);
    bool over = (err && !kept) || !params->value;
    if (over) {
        (void)off(link, params);
    } else {
        atomic_set_bit(params->flags, BT_GATT_SUBSCRIBE_FLAG_SENT);
    }
    bt_gatt_notify_func_t notify = params->notify;
    if (params->subscribe) {
        params->subscribe(conn, err, params);
    }
    if (over && !is_on(link, params)) {
        (void)notify(conn, params, NULL, 0);
    }
}

// Writes of descriptors must not pass each other: on one bearer, where the application does not say
// which.
static unsigned int opt_of(const struct bt_gatt_subscribe_params *params)
{
    return params->chan_opt ? params->chan_opt : BT_ATT_CHAN_OPT_UNENHANCED_ONLY;
}

static const struct clt_proc proc = {"write ccc", build, on_rsp, NULL, end, false};

// Put it on the link's list and have the peer know of it. `at`: where to search, or RENEWAL.
static int begin(struct bt_conn *conn, struct bt_gatt_subscribe_params *params, uint16_t at)
{
    struct clt_link *link = clt_link_of(conn);
    atomic_clear_bit(params->flags, BT_GATT_SUBSCRIBE_FLAG_SENT);
    sys_slist_append(&link->subs, &params->node);
    int err = clt_start(conn, &params->_op, &proc, params, at, opt_of(params));
    if (err) {
        (void)off(link, params);
        return err;
    }
    atomic_set_bit(params->flags, BT_GATT_SUBSCRIBE_FLAG_WRITE_PENDING);
    return 0;
}

// The peer should know already; some forget, so it is told again unless the application trusts it.
int clt_sub_again(struct bt_conn *conn, struct bt_gatt_subscribe_params *params)
{
    if (!atomic_test_bit(params->flags, BT_GATT_SUBSCRIBE_FLAG_NO_RESUB)) {
        return begin(conn, params, RENEWAL);
    }
    atomic_set_bit(params->flags, BT_GATT_SUBSCRIBE_FLAG_SENT);
    sys_slist_append(&clt_link_of(conn)->subs, &params->node);
    return 0;
}

bool clt_sub_is_on(const struct bt_gatt_subscribe_params *params)
{
    for (unsigned int i = 0; i < CONFIG_BT_MAX_CONN; i++) {
        if (is_on(&clt_run.links[i], params)) {
            return true;
        }
    }
    return false;
}

int bt_gatt_subscribe(struct bt_conn *conn, struct bt_gatt_subscribe_params *params)
{
    if (!params || !params->notify || !params->value || !params->value_handle) {
        return -EINVAL;
    }
    if (searching(params) && (params->value_handle == ATT_HANDLE_MAX ||
                              (params->end_handle && params->end_handle <= params->value_handle))) {
        return -EINVAL;
    }
    int err = att_opt_check(params->chan_opt);
    if (err) {
        return err;
    }
    if (!att_mtu_of(conn, opt_of(params))) {
        return -ENOTCONN;
    }
    if (clt_sub_is_on(params)) {
        return is_on(clt_link_of(conn), params) ? -EALREADY : -EBUSY;
    }
    (void)clt_away_drop(params); // A new one, before the kept one was restored.
    return begin(conn, params, (uint16_t)(params->value_handle + 1));
}

int bt_gatt_unsubscribe(struct bt_conn *conn, struct bt_gatt_subscribe_params *params)
{
    if (!params) {
        return -EINVAL;
    }
    if (!att_mtu_of(conn, opt_of(params))) {
        return -ENOTCONN;
    }
    struct clt_link *link = clt_link_of(conn);
    if (!off(link, params) && !clt_away_drop(params)) {
        return -EINVAL;
    }
    (void)clt_withdraw(conn, &params->_op); // A write still under way is overtaken by this one.
    uint16_t had = params->value;
    params->value = 0;
    int err = clt_start(conn, &params->_op, &proc, params, had, opt_of(params));
    if (!err) {
        atomic_set_bit(params->flags, BT_GATT_SUBSCRIBE_FLAG_WRITE_PENDING);
    }
    return err;
}

// ---- Delivery ----------------------------------------------------------------------------------

void clt_notified(struct bt_conn *conn, uint16_t handle, const uint8_t *value, uint16_t len)
{
    struct clt_link *link = clt_link_of(conn);
    link->sub_next = sys_slist_peek_head(&link->subs);
    while (link->sub_next) {
        struct bt_gatt_subscribe_params *sub =
            CONTAINER_OF(link->sub_next, struct bt_gatt_subscribe_params, node);
        link->sub_next = sys_slist_peek_next(&sub->node);
        if (sub->value_handle != handle ||
            (sub->min_security && sub->min_security > bt_conn_get_security(conn))) {
            continue;
        }
        if (sub->notify(conn, sub, value, len) == BT_GATT_ITER_STOP) {
            (void)bt_gatt_unsubscribe(conn, sub);
        }
    }
}

void clt_subs_sweep(struct bt_conn *conn)
{
    struct clt_link *link = clt_link_of(conn);
    sys_snode_t *node;
    while ((node = sys_slist_get(&link->subs)) != NULL) {
        struct bt_gatt_subscribe_params *sub =
            CONTAINER_OF(node, struct bt_gatt_subscribe_params, node);
        if (!clt_away_keep(conn, sub)) {
            atomic_clear_bit(sub->flags, BT_GATT_SUBSCRIBE_FLAG_SENT);
            (void)sub->notify(conn, sub, NULL, 0);
        }
    }
    link->sub_next = NULL;
}
