// The buffers of the HCI layer: ACL and events towards the host, PDUs and commands towards the
// controller. Each pool lies in the state struct of its owner and is made when the host starts.
#ifndef BREEZE_SRC_HCI_POOL_H_
#define BREEZE_SRC_HCI_POOL_H_

#include <breeze/breeze.h>
#include <breeze/config.h>
#include <zephyr/bluetooth/buf.h>
#include <zephyr/net_buf.h>

// Whose fragment a received ACL buffer holds, in its user data; epoch 0: nobody's yet.
struct acl_mark {
    uint16_t handle;
    uint16_t epoch;
};

// Packet type, ACL header, basic header, for an enhanced ATT bearer the length of an SDU, payload.
#define HCI_TX_SIZE (5 + 4 + 2 * CONFIG_BT_EATT + CONFIG_BT_L2CAP_TX_MTU)

struct hci_pool_acl {
    struct net_buf_pool pool;
    NET_BUF_POOL_MEMBER(mem, CONFIG_BT_BUF_ACL_RX_COUNT, BT_BUF_ACL_RX_SIZE,
                        sizeof(struct acl_mark));
};

struct hci_pool_evt {
    struct net_buf_pool pool;
    NET_BUF_POOL_MEMBER(mem, CONFIG_BT_BUF_EVT_RX_COUNT, BT_BUF_EVT_RX_SIZE, 0);
};

// User data: the struct acl_tx of the PDU, or NULL.
struct hci_pool_tx {
    struct net_buf_pool pool;
    NET_BUF_POOL_MEMBER(mem, CONFIG_BT_L2CAP_TX_BUF_COUNT, HCI_TX_SIZE, sizeof(void *));
};

struct hci_pool_cmd {
    struct net_buf_pool pool;
    NET_BUF_POOL_MEMBER(mem, CONFIG_BT_BUF_CMD_TX_COUNT, BT_BUF_CMD_TX_SIZE, 0);
};

// Make all pools, all buffers free; the pool of commands only if it does not exist yet.
void hci_pools_init(void);
// ... of which acl_pool.c makes those of ACL data.
void acl_pools_init(void);

// A buffer, empty, or NULL.
struct net_buf *hci_pool_acl_rx(void);
struct net_buf *hci_pool_evt_rx(void);

bool hci_pool_acl_rx_empty(void);

// So few event buffers are left that they are kept for events that must not be lost.
bool hci_pool_evt_scarce(void);

// How many buffers are free, and how few were ever; `known`: *low holds an earlier low.
void hci_pool_level(const struct net_buf_pool *pool, uint16_t *free, uint16_t *low, bool known);
// ... for the pools of ACL data.
void acl_pools_level(struct breeze_stats *stats, bool known);

#endif // BREEZE_SRC_HCI_POOL_H_
