// The pools of ACL data (pool.h): PDUs on their way to the controller, fragments from it.
#include "hci/pool.h"

#include "hci/state.h"

static void rx_destroy(struct net_buf *buf)
{
    struct acl_mark mark = *(struct acl_mark *)net_buf_user_data(buf);
    net_buf_destroy(buf);
    if (mark.epoch) {
        acl_rx_freed(mark.handle, mark.epoch);
    }
}

static void tx_destroy(struct net_buf *buf)
{
    net_buf_destroy(buf);
    acl_tx_freed();
}

void acl_pools_init(void)
{
    NET_BUF_POOL_MEMBER_INIT(&acl_run.rx.pool, acl_run.rx.mem, CONFIG_BT_BUF_ACL_RX_COUNT,
                             BT_BUF_ACL_RX_SIZE, sizeof(struct acl_mark), rx_destroy);
    NET_BUF_POOL_MEMBER_INIT(&acl_run.tx.pool, acl_run.tx.mem, CONFIG_BT_L2CAP_TX_BUF_COUNT,
                             HCI_TX_SIZE, sizeof(void *), tx_destroy);
}

struct net_buf *hci_pool_acl_rx(void)
{
    struct net_buf *buf = net_buf_alloc_fixed(&acl_run.rx.pool, K_NO_WAIT);
    if (buf) {
        *(struct acl_mark *)net_buf_user_data(buf) = (struct acl_mark){0};
    }
    return buf;
}

bool hci_pool_acl_rx_empty(void)
{
    return acl_run.rx.pool.avail_count == 0;
}

void acl_pools_level(struct breeze_stats *stats, bool known)
{
    hci_pool_level(&acl_run.rx.pool, &stats->acl_rx_free, &stats->acl_rx_low, known);
    hci_pool_level(&acl_run.tx.pool, &stats->tx_free, &stats->tx_low, known);
}
