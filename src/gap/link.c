// A link came up, or did not: whose is it (Vol 4, Part E, 7.7.65.1 and 7.7.65.10).
//
// As central it belongs to the initiator, as peripheral to the advertiser. A link that nobody wants, or
// for which there is no slot, is disconnected without the application hearing of it. Events that
// cannot be true (hostile 9) are malformed and change nothing.
#include "gap/id.h"
#include "gap/state.h"

#define LOG_LAYER LOG_GAP
#include "base/log.h"

#define HANDLE_MAX 0x0eff

static bool link_failed(uint8_t status)
{
    bool known = status == BT_HCI_ERR_ADV_TIMEOUT ? adv_timed_out() : init_failed(status);
    if (!known) {
        hci_stats()->evt_stale++;
    }
    return true;
}

// It shows the identity address of a peer in network privacy mode.
static bool is_unbelievable(const struct conn_link *link, uint8_t id)
{
    bool shown = link->peer.type <= BT_ADDR_LE_RANDOM && bt_addr_eq(&link->peer_rpa, BT_ADDR_ANY);
    return shown && mode_is_network(id, &link->peer);
}

void link_open(const struct conn_link *link, struct bt_conn *conn)
{
    bool central = link->role == BT_HCI_ROLE_CENTRAL;
    if (!conn) {
        log_inf("%04x: nobody wants this link, or there is no slot", link->handle);
        conn_orphan_add(link->handle, central ? BT_HCI_ERR_REMOTE_USER_TERM_CONN
                                              : BT_HCI_ERR_REMOTE_LOW_RESOURCES);
        return;
    }
    if (is_unbelievable(link, conn->id)) {
        log_inf("%04x: an identity address of a peer that always hides", link->handle);
        conn_orphan_add(link->handle, BT_HCI_ERR_AUTH_FAIL);
        conn->dst = link->peer;
        conn_fail(conn, BT_HCI_ERR_AUTH_FAIL);
        return;
    }
    const bt_addr_le_t *own = gap_id_addr(conn->id);
    conn_open(conn, link, own ? own : BT_ADDR_LE_ANY);
    (void)gap_resolve(conn->id, &conn->dst); // Nobody above sees another address of a bonded peer.
}

static bool link_up(const struct conn_link *link)
{
    if (link->handle > HANDLE_MAX || link->role > BT_HCI_ROLE_PERIPHERAL ||
        link->peer.type > BT_ADDR_LE_RANDOM_ID || conn_by_handle(link->handle)) {
        return false;
    }
    bool central = link->role == BT_HCI_ROLE_CENTRAL;
    if (central || !ext_adv_defers(link)) {
        link_open(link, central ? init_connected(&link->peer) : adv_connected());
    }
    return true;
}

static bool on_complete(struct rd *params, bool enhanced)
{
    struct conn_link link = {0};
    uint8_t status = rd_u8(params);
    link.handle = rd_le16(params);
    link.role = rd_u8(params);
    link.peer.type = rd_u8(params);
    rd_copy(params, link.peer.a.val, BT_ADDR_SIZE);
    if (enhanced) {
        rd_copy(params, link.local_rpa.val, BT_ADDR_SIZE);
        rd_copy(params, link.peer_rpa.val, BT_ADDR_SIZE);
    }
    link.interval = rd_le16(params);
    link.latency = rd_le16(params);
    link.timeout = rd_le16(params);
    (void)rd_u8(params); // Central_Clock_Accuracy
    if (!rd_done(params)) {
        return false;
    }
    bool ok = status ? link_failed(status) : link_up(&link);
    hci_cmd_kick(); // The advertiser, the initiator and the scanner may all go on now.
    return ok;
}

bool link_on_complete(struct rd *params)
{
    return on_complete(params, false);
}

bool link_on_enhanced_complete(struct rd *params)
{
    return on_complete(params, true);
}
