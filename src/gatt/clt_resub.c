// Subscriptions that outlast a link: a bonded server keeps its clients' configurations (Vol 3, Part G,
// 3.3.3.3), so the client keeps what belongs to them. At the loss of the link they go to a list of
// the peer's; when the bond encrypts the next link they return to it, never before.
//
// Each is handed back once, with its notify callback: when it is unsubscribed, when the bond is
// deleted, by bt_disable().
#include <errno.h>

#include <breeze/smp.h>

#include "att/bearer.h"
#include "gatt/clt.h"

static bool is_bonded(uint8_t id, const bt_addr_le_t *peer)
{
    return breeze_smp_bond_flags(id, peer) >= 0;
}

static struct clt_away *away_find(uint8_t id, const bt_addr_le_t *peer)
{
    for (unsigned int i = 0; i < CONFIG_BT_MAX_PAIRED; i++) {
        struct clt_away *away = &clt_run.away[i];
        if (!sys_slist_is_empty(&away->subs) && away->id == id &&
            bt_addr_le_eq(&away->addr, peer)) {
            return away;
        }
    }
    return NULL;
}

// The peer's list, or a free one for it.
static struct clt_away *away_for(uint8_t id, const bt_addr_le_t *peer)
{
    struct clt_away *away = away_find(id, peer);
    for (unsigned int i = 0; !away && i < CONFIG_BT_MAX_PAIRED; i++) {
        if (sys_slist_is_empty(&clt_run.away[i].subs)) {
            away = &clt_run.away[i];
            away->id = id;
            away->addr = *peer;
        }
    }
    return away;
}

bool clt_away_keep(struct bt_conn *conn, struct bt_gatt_subscribe_params *params)
{
    if (!atomic_test_bit(params->flags, BT_GATT_SUBSCRIBE_FLAG_SENT) ||
        atomic_test_bit(params->flags, BT_GATT_SUBSCRIBE_FLAG_VOLATILE) ||
        !is_bonded(conn->id, &conn->dst)) {
        return false;
    }
    struct clt_away *away = away_for(conn->id, &conn->dst);
    if (away) {
        sys_slist_append(&away->subs, &params->node);
    }
    return away != NULL;
}

bool clt_away_drop(struct bt_gatt_subscribe_params *params)
{
    bool dropped = false;
    for (unsigned int i = 0; i < CONFIG_BT_MAX_PAIRED; i++) {
        dropped = sys_slist_find_and_remove(&clt_run.away[i].subs, &params->node) || dropped;
    }
    return dropped;
}

static bool is_kept(const struct bt_gatt_subscribe_params *params)
{
    for (unsigned int i = 0; i < CONFIG_BT_MAX_PAIRED; i++) {
        const sys_snode_t *node;
        SYS_SLIST_FOR_EACH_NODE (&clt_run.away[i].subs, node) {
            if (node == &params->node) {
                return true;
            }
        }
    }
    return false;
}

void clt_secured(struct bt_conn *conn)
{
    struct clt_away *away = away_find(conn->id, &conn->dst);
    sys_snode_t *node;
    while (away && (node = sys_slist_get(&away->subs)) != NULL) {
        struct bt_gatt_subscribe_params *params =
            CONTAINER_OF(node, struct bt_gatt_subscribe_params, node);
        if (clt_sub_again(conn, params)) {
            (void)params->notify(conn, params, NULL, 0);
        }
    }
}

static void give_back(struct clt_away *away)
{
    sys_snode_t *node;
    while ((node = sys_slist_get(&away->subs)) != NULL) {
        struct bt_gatt_subscribe_params *params =
            CONTAINER_OF(node, struct bt_gatt_subscribe_params, node);
        atomic_clear_bit(params->flags, BT_GATT_SUBSCRIBE_FLAG_SENT);
        (void)params->notify(NULL, params, NULL, 0);
    }
}

void clt_unbonded(uint8_t id, const bt_addr_le_t *peer)
{
    struct clt_away *away = away_find(id, peer);
    if (away) {
        give_back(away);
    }
}

void clt_off(void)
{
    for (unsigned int i = 0; i < CONFIG_BT_MAX_PAIRED; i++) {
        give_back(&clt_run.away[i]);
    }
}

int bt_gatt_resubscribe(uint8_t id, const bt_addr_le_t *peer,
                        struct bt_gatt_subscribe_params *params)
{
    if (!peer || !params || !params->notify || !params->value || !params->value_handle ||
        !params->ccc_handle || !is_bonded(id, peer)) {
        return -EINVAL;
    }
    if (clt_sub_is_on(params) || is_kept(params)) {
        return -EALREADY;
    }
    struct clt_away *away = away_for(id, peer);
    if (!away) {
        return -ENOMEM;
    }
    sys_slist_append(&away->subs, &params->node);
    atomic_set_bit(params->flags, BT_GATT_SUBSCRIBE_FLAG_SENT);
    struct bt_conn *conn = bt_conn_lookup_addr_le(id, peer);
    if (conn) {
        if (conn_is_up(conn) && bt_conn_get_security(conn) >= BT_SECURITY_L2) {
            clt_secured(conn);
        }
        bt_conn_unref(conn);
    }
    return 0;
}
