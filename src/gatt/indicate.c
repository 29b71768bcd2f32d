// Indications (Vol 3, Part G, 4.11; Vol 3, Part F, 3.4.7.2 and 3.4.7.3): per connection one on its
// way on each bearer, of different handles, and one waiting, whose PDU is built already. Each ends
// exactly once: confirmed, timed out, bearer or link lost.
#include <errno.h>

#include <breeze/gatt.h>

#include "att/pdu.h"
#include "gatt/gatt.h"

// Is one of this handle on its way: a second one would overtake it.
static bool under_way(const struct gatt_link *link, uint16_t handle)
{
    for (unsigned int i = 0; i < GATT_INDS && link->ind[i].used; i++) {
        if (link->ind[i].handle == handle && !link->ind[i].pdu) {
            return true;
        }
    }
    return false;
}

// A bearer on which an indication of so many octets may leave now; NULL. `mtu`: the largest there is.
static struct att_bearer *idle_bearer(struct bt_conn *conn, unsigned int opt, uint16_t len,
                                      uint16_t *mtu)
{
    struct att_bearer *idle = NULL;
    struct att_bearer *bearer = NULL;
    *mtu = 0;
    while ((bearer = att_bearer_next(conn, bearer)) != NULL) {
        if (!att_is_live(bearer) || !att_opt_allows(opt, bearer)) {
            continue;
        }
        *mtu = MAX(*mtu, bearer->mtu);
        if (!idle && !bearer->ind_wait && len <= bearer->mtu - ATT_HDR_LEN &&
            (!CONFIG_BT_EATT || eatt_has_room(bearer))) {
            idle = bearer;
        }
    }
    return idle;
}

// The first place that is free, behind those in use; NULL when one waits already.
static struct gatt_ind *place(struct gatt_link *link)
{
    for (unsigned int i = 0; i < GATT_INDS && !link->ind[i].pdu; i++) {
        if (!link->ind[i].used) {
            return &link->ind[i];
        }
    }
    return NULL;
}

// The PDU of an indication: for a bearer, or (NULL) for any of that MTU.
static struct net_buf *ind_alloc(const struct att_bearer *bearer, uint16_t mtu, struct wr *w)
{
    const struct att_bearer any = {.mtu = mtu};
    return att_pdu_alloc(bearer ? bearer : &any, w);
}

int gatt_indicate(struct bt_conn *conn, uint16_t handle, const void *data, uint16_t len,
                  const struct gatt_ind *who)
{
    struct gatt_link *link = gatt_link_of(conn);
    uint16_t mtu = 0;
    struct att_bearer *bearer = link->open ? idle_bearer(conn, who->where, len, &mtu) : NULL;
    if (!mtu) {
        return -ENOTCONN;
    }
    if (len > mtu - ATT_HDR_LEN) {
        return -EMSGSIZE;
    }
    struct gatt_ind *ind = place(link);
    struct wr w;
    bearer = under_way(link, handle) ? NULL : bearer;
    struct net_buf *pdu = ind ? ind_alloc(bearer, mtu, &w) : NULL;
    if (!pdu) {
        return gatt_starved(conn);
    }
    wr_u8(&w, ATT_INDICATION);
    wr_le16(&w, handle);
    wr_bytes(&w, data, len);
    int err = 0;
    if (bearer) {
        err = att_indication_send(bearer, pdu, &w);
    } else {
        net_buf_add(pdu, wr_len(&w));
    }
    if (err) {
        return err == -ENOBUFS ? gatt_starved(conn) : err;
    }
    *ind = *who;
    ind->used = true;
    ind->handle = handle;
    ind->pdu = bearer ? NULL : pdu;
    ind->where = bearer ? bearer->index : who->where;
    return 0;
}

static void tell(struct bt_conn *conn, const struct gatt_ind *ind, int err)
{
    struct bt_gatt_indicate_params *params = ind->params;
    if (ind->sent) {
        ind->sent(conn, ind->handle, err, ind->user);
    }
    if (!params) {
        return;
    }
    params->_ref--;
    bool last = !params->_ref;
    bt_gatt_indicate_params_destroy_t destroy = params->destroy;
    if (params->func) {
        params->func(conn, params, err ? BT_ATT_ERR_UNLIKELY : 0);
    }
    if (last && destroy) {
        destroy(params);
    }
}

static struct gatt_ind take(struct gatt_link *link, unsigned int i)
{
    struct gatt_ind ind = link->ind[i];
    for (; i + 1 < GATT_INDS; i++) {
        link->ind[i] = link->ind[i + 1];
    }
    link->ind[i] = (struct gatt_ind){0};
    return ind;
}

static void end(struct bt_conn *conn, struct gatt_link *link, unsigned int i, int err)
{
    struct gatt_ind ind = take(link, i);
    if (ind.pdu) {
        net_buf_unref(ind.pdu);
    }
    tell(conn, &ind, err);
}

// The one that waits; GATT_INDS: none.
static unsigned int waiting(const struct gatt_link *link)
{
    unsigned int i = 0;
    while (i < GATT_INDS && !link->ind[i].pdu) {
        i++;
    }
    return i;
}

// Send the one that waits if it may leave now; `err` ends it if what could carry it is gone. If
// sending fails the link or the bearer is going down, which ends it.
static void next_send(struct bt_conn *conn, int err)
{
    struct gatt_link *link = gatt_link_of(conn);
    unsigned int i = waiting(link);
    if (i == GATT_INDS || under_way(link, link->ind[i].handle)) {
        return;
    }
    struct gatt_ind *ind = &link->ind[i];
    uint16_t mtu;
    uint16_t len = (uint16_t)(ind->pdu->len - ATT_HDR_LEN);
    struct att_bearer *bearer = idle_bearer(conn, ind->where, len, &mtu);
    if (!bearer) {
        if (!mtu || len > mtu - ATT_HDR_LEN) {
            end(conn, link, i, err);
        }
        return;
    }
    struct net_buf *pdu = ind->pdu;
    struct wr written = wr_init(net_buf_tail(pdu), 0);
    ind->pdu = NULL;
    ind->where = bearer->index;
    (void)att_indication_send(bearer, pdu, &written);
}

void gatt_indicate_next(struct bt_conn *conn)
{
    next_send(conn, -ENOTCONN);
}

void gatt_indicate_over(struct att_bearer *bearer, int err)
{
    struct bt_conn *conn = bearer->conn;
    struct gatt_link *link = gatt_link_of(conn);
    unsigned int i = 0;
    while (i < GATT_INDS && (link->ind[i].pdu || link->ind[i].where != bearer->index)) {
        i++;
    }
    if (i == GATT_INDS || !link->ind[i].used) {
        return;
    }
    struct gatt_ind ind = take(link, i);
    if (err) {
        tell(conn, &ind, err);
        next_send(conn, err);
        return;
    }
    next_send(conn, err);
    tell(conn, &ind, 0);
    gatt_changed_send(conn);
    gatt_ready(conn);
}

// Without a confirmation the bearer is dead: nothing more is sent on it (3.3.3).
void gatt_indicate_confirmed(struct att_bearer *bearer, bool in_time)
{
    gatt_indicate_over(bearer, in_time ? 0 : -ETIMEDOUT);
}

void gatt_indicate_sweep(struct bt_conn *conn)
{
    struct gatt_link *link = gatt_link_of(conn);
    while (link->ind[0].used) {
        end(conn, link, 0, -ENOTCONN);
    }
}
