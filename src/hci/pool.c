// The pools of pool.h, and the levels of the statistics.
#include "hci/pool.h"

#include "hci/state.h"

// Event buffers that advertising reports may not take.
#define EVT_RESERVE 2

static void acl_rx_destroy(struct net_buf *buf)
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

void hci_pools_init(void)
{
    NET_BUF_POOL_MEMBER_INIT(&hci_run.acl_rx.pool, hci_run.acl_rx.mem, CONFIG_BT_BUF_ACL_RX_COUNT,
                             BT_BUF_ACL_RX_SIZE, sizeof(struct acl_mark), acl_rx_destroy);
    NET_BUF_POOL_MEMBER_INIT(&hci_run.evt_rx.pool, hci_run.evt_rx.mem, CONFIG_BT_BUF_EVT_RX_COUNT,
                             BT_BUF_EVT_RX_SIZE, 0, NULL);
    NET_BUF_POOL_MEMBER_INIT(&hci_run.tx.pool, hci_run.tx.mem, CONFIG_BT_L2CAP_TX_BUF_COUNT,
                             HCI_TX_SIZE, sizeof(void *), tx_destroy);
    if (!hci_kept.cmd_pool.pool.buf_count) {
        NET_BUF_POOL_MEMBER_INIT(&hci_kept.cmd_pool.pool, hci_kept.cmd_pool.mem,
                                 CONFIG_BT_BUF_CMD_TX_COUNT, BT_BUF_CMD_TX_SIZE, 0, NULL);
    }
}

struct net_buf *hci_pool_acl_rx(void)
{
    struct net_buf *buf = net_buf_alloc_fixed(&hci_run.acl_rx.pool, K_NO_WAIT);
    if (buf) {
        *(struct acl_mark *)net_buf_user_data(buf) = (struct acl_mark){0};
    }
    return buf;
}

struct net_buf *hci_pool_evt_rx(void)
{
    return net_buf_alloc_fixed(&hci_run.evt_rx.pool, K_NO_WAIT);
}

bool hci_pool_evt_scarce(void)
{
    return hci_run.evt_rx.pool.avail_count <= EVT_RESERVE;
}

static void level(const struct net_buf_pool *pool, uint16_t *free, uint16_t *low, bool known)
{
    *free = pool->avail_count;
    *low = known ? MIN(*low, pool->min_avail_count) : pool->min_avail_count;
}

struct breeze_stats *hci_stats(void)
{
    struct breeze_stats *s = &hci_kept.stats;
    if (hci_run.tx.pool.buf_count) {
        level(&hci_run.acl_rx.pool, &s->acl_rx_free, &s->acl_rx_low, hci_kept.levels_known);
        level(&hci_run.evt_rx.pool, &s->evt_rx_free, &s->evt_rx_low, hci_kept.levels_known);
        level(&hci_run.tx.pool, &s->tx_free, &s->tx_low, hci_kept.levels_known);
        hci_kept.levels_known = true;
    }
    return s;
}
