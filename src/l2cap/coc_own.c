// Sending on channels that the host itself has opened or accepted (coc.h): enhanced ATT bearers. Their
// SDUs are in the buffers of the ACL layer, and their completions are those of its frames.
#include <errno.h>

#include "l2cap/coc.h"

int coc_send(struct coc *coc, struct net_buf *sdu, acl_done_t done, void *user)
{
    if (coc->state != COC_OPEN) {
        return -ENOTCONN;
    }
    if (!acl_promise(sdu, done, user)) {
        return -ENOBUFS;
    }
    coc->own = true;
    net_buf_slist_put(&coc->tx_queue, sdu);
    acl_pull(&coc->conn->acl);
    return 0;
}

unsigned int coc_queued(const struct coc *coc)
{
    const sys_snode_t *node;
    unsigned int count = 0;
    SYS_SLIST_FOR_EACH_NODE (&coc->tx_queue, node) {
        count++;
    }
    return count;
}

bool coc_has_room(const struct coc *coc)
{
    const sys_snode_t *node;
    unsigned int frames = 0;
    SYS_SLIST_FOR_EACH_NODE (&coc->tx_queue, node) {
        const struct net_buf *sdu = CONTAINER_OF(node, struct net_buf, node);
        frames += (sdu->len + BT_L2CAP_SDU_HDR_SIZE + coc->tx_mps - 1u) / coc->tx_mps;
    }
    return coc->state == COC_OPEN && coc->tx_credits > frames;
}

void coc_flush(struct coc *coc)
{
    struct net_buf *sdu;
    while ((sdu = net_buf_slist_get(&coc->tx_queue))) {
        acl_promise_break(&coc->conn->acl, sdu);
        net_buf_unref(sdu);
    }
}
