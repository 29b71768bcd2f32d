// Indications (Vol 3, Part G, 4.11; Vol 3, Part F, 3.4.7.2 and 3.4.7.3): per connection one on its
// way and one waiting, whose PDU is built already. Each ends exactly once: confirmed, timed out,
// link lost.
#include <errno.h>

#include <breeze/gatt.h>

#include "att/pdu.h"
#include "gatt/gatt.h"

int gatt_indicate(struct bt_conn *conn, uint16_t handle, const void *data, uint16_t len,
                  const struct gatt_ind *who)
{
    struct att_bearer *bearer = att_bearer_live(conn);
    struct gatt_link *link = gatt_link_of(conn);
    if (!bearer || !link->open) {
        return -ENOTCONN;
    }
    if (len > bearer->mtu - ATT_HDR_LEN) {
        return -EMSGSIZE;
    }
    struct gatt_ind *ind = &link->ind[link->ind[0].used ? 1 : 0];
    struct wr w;
    struct net_buf *pdu = ind->used ? NULL : att_pdu_alloc(bearer, &w);
    if (!pdu) {
        return gatt_starved(conn);
    }
    wr_u8(&w, ATT_INDICATION);
    wr_le16(&w, handle);
    wr_bytes(&w, data, len);
    int err = 0;
    bool first = ind == &link->ind[0];
    if (first) {
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
    ind->pdu = first ? NULL : pdu;
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

// Send the one that waited. If that fails the link is going down, and the sweep ends it.
static void next_send(struct bt_conn *conn, struct gatt_link *link)
{
    struct att_bearer *bearer = att_bearer_live(conn);
    struct net_buf *pdu = link->ind[0].pdu;
    if (!pdu || !bearer) {
        return;
    }
    link->ind[0].pdu = NULL;
    struct wr written = wr_init(net_buf_tail(pdu), 0);
    (void)att_indication_send(bearer, pdu, &written);
}

static struct gatt_ind take(struct gatt_link *link)
{
    struct gatt_ind ind = link->ind[0];
    link->ind[0] = link->ind[1];
    link->ind[1] = (struct gatt_ind){0};
    return ind;
}

static void end_all(struct bt_conn *conn, struct gatt_link *link, int err)
{
    while (link->ind[0].used) {
        struct gatt_ind ind = take(link);
        if (ind.pdu) {
            net_buf_unref(ind.pdu);
        }
        tell(conn, &ind, err);
    }
}

void gatt_indicate_confirmed(struct bt_conn *conn, bool in_time)
{
    struct gatt_link *link = gatt_link_of(conn);
    if (!in_time) {
        end_all(conn, link, -ETIMEDOUT); // The bearer is dead: nothing more is sent (3.3.3).
        return;
    }
    struct gatt_ind ind = take(link);
    next_send(conn, link);
    tell(conn, &ind, 0);
    gatt_changed_send(conn);
    gatt_ready(conn);
}

void gatt_indicate_sweep(struct bt_conn *conn)
{
    end_all(conn, gatt_link_of(conn), -ENOTCONN);
}
