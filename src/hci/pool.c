// The pools of events and commands (pool.h), and the levels of the statistics.
#include "hci/pool.h"

#include "hci/state.h"

// Event buffers that advertising reports may not take.
#define EVT_RESERVE 2

void hci_pools_init(void)
{
    acl_pools_init();
    NET_BUF_POOL_MEMBER_INIT(&hci_run.evt_rx.pool, hci_run.evt_rx.mem, CONFIG_BT_BUF_EVT_RX_COUNT,
                             BT_BUF_EVT_RX_SIZE, 0, NULL);
    if (!hci_kept.cmd_pool.pool.buf_count) {
        NET_BUF_POOL_MEMBER_INIT(&hci_kept.cmd_pool.pool, hci_kept.cmd_pool.mem,
                                 CONFIG_BT_BUF_CMD_TX_COUNT, BT_BUF_CMD_TX_SIZE, 0, NULL);
    }
}

struct net_buf *hci_pool_evt_rx(void)
{
    return net_buf_alloc_fixed(&hci_run.evt_rx.pool, K_NO_WAIT);
}

bool hci_pool_evt_scarce(void)
{
    return hci_run.evt_rx.pool.avail_count <= EVT_RESERVE;
}

void hci_pool_level(const struct net_buf_pool *pool, uint16_t *free, uint16_t *low, bool known)
{
    *free = pool->avail_count;
    *low = known ? MIN(*low, pool->min_avail_count) : pool->min_avail_count;
}

struct breeze_stats *hci_stats(void)
{
    struct breeze_stats *s = &hci_kept.stats;
    if (hci_run.evt_rx.pool.buf_count) {
        hci_pool_level(&hci_run.evt_rx.pool, &s->evt_rx_free, &s->evt_rx_low,
                       hci_kept.levels_known);
        acl_pools_level(s, hci_kept.levels_known);
        hci_kept.levels_known = true;
    }
    return s;
}
