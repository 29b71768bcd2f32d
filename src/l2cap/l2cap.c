// Basic frames and the table of fixed channels (Vol 3, Part A, 3.1 and 2.1).
//
// A frame whose length field does not match what arrived, or whose channel does not exist, is
// dropped and counted: on fixed channels there is nobody to complain to.
#include "l2cap/l2cap.h"

#include "base/rd.h"
#include "base/wr.h"
#include "hci/hci.h"
#include "l2cap/coc.h"

#define LOG_LAYER LOG_L2CAP
#include "base/log.h"

static const struct l2cap_fixed *fixed_find(uint16_t cid)
{
    for (const struct l2cap_fixed *row = l2cap_fixed; row->cid; row++) {
        if (row->cid == cid) {
            return row;
        }
    }
    return NULL;
}

void l2cap_recv(struct acl_link *link, struct net_buf *pdu)
{
    struct rd r = rd_init(pdu->data, pdu->len);
    uint16_t len = rd_le16(&r);
    uint16_t cid = rd_le16(&r);
    bool whole = rd_ok(&r) && rd_left(&r) == len;
    if (whole && cid >= L2CAP_CID_DYNAMIC && coc_recv(conn_of(link), cid, pdu)) {
        return;
    }
    const struct l2cap_fixed *row = whole ? fixed_find(cid) : NULL;
    if (!row) {
        log_dbg("%u: frame for cid 0x%04x dropped", link->handle, cid);
        hci_stats()->l2cap_dropped++;
        net_buf_unref(pdu);
        return;
    }
    net_buf_pull(pdu, L2CAP_HDR_LEN);
    row->recv(conn_of(link), pdu);
}

struct net_buf *l2cap_tx_alloc(void)
{
    struct net_buf *buf = acl_tx_alloc();
    if (buf) {
        net_buf_reserve(buf, ACL_HEADROOM + L2CAP_HDR_LEN);
    }
    return buf;
}

int l2cap_send(struct bt_conn *conn, uint16_t cid, struct net_buf *sdu, acl_done_t done, void *user)
{
    uint16_t len = sdu->len;
    struct wr w = wr_init(net_buf_push(sdu, L2CAP_HDR_LEN), L2CAP_HDR_LEN);
    wr_le16(&w, len);
    wr_le16(&w, cid);
    return acl_send(&conn->acl, sdu, done, user);
}
