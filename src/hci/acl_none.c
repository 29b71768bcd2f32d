// The twin of acl.c, acl_rx.c and acl_pool.c in a build without links: there is no data, and
// nothing is sent.
#include "hci/state.h"

void acl_pools_init(void)
{
}

void acl_pools_level(struct breeze_stats *stats, bool known)
{
}

struct net_buf *hci_pool_acl_rx(void)
{
    return NULL;
}

bool hci_pool_acl_rx_empty(void)
{
    return true;
}

void acl_reset(void)
{
}

void acl_set_credits(uint16_t count)
{
}

void acl_kick(void)
{
}

void acl_flow_flush(void)
{
}

void acl_rx_skipped(uint16_t handle)
{
}

struct net_buf *acl_rx(struct net_buf *buf, struct acl_link **link)
{
    hci_kept.stats.acl_dropped++;
    net_buf_unref(buf);
    return NULL;
}

bool acl_on_completed(struct rd *params)
{
    return true;
}

void acl_deliver(struct acl_link *link, uint16_t epoch, struct net_buf *pdu)
{
    net_buf_unref(pdu);
}
