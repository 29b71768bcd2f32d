// ACL data towards the host: reassembly into the first fragment's buffer, and Controller To Host
// Flow Control (acl.h; Vol 4, Part E, 4.2 and 5.4.2; Vol 3, Part A, 7.2.1).
//
// Invariants: link->rx is a PDU that lacks octets; no buffer is larger than what was announced to
// the controller. A fragment counts as read for flow control when its buffer's last reference goes,
// for a continuation when it has been appended.
#include <zephyr/sys/util.h>

#include "hci/life.h"
#include "hci/state.h"

#define LOG_LAYER LOG_HCI
#include "base/log.h"

// How many buffers are reported at once. What is not reported yet is missing to the controller as much
// as a partial PDU on every link is, and one must be left.
#define FLOW_BATCH                                                                                 \
    MIN((CONFIG_BT_BUF_ACL_RX_COUNT + 1) / 2, CONFIG_BT_BUF_ACL_RX_COUNT - CONFIG_BT_MAX_CONN)

// Longest basic frame that we take, with its header.
#define FRAME_MAX (4 + CONFIG_BT_L2CAP_RX_MTU)

static struct net_buf *drop(struct net_buf *buf)
{
    hci_kept.stats.acl_dropped++;
    net_buf_unref(buf);
    return NULL;
}

static void drop_partial(struct acl_link *link)
{
    if (link->rx) {
        (void)drop(link->rx);
        link->rx = NULL;
    }
}

// Is the PDU in link->rx whole? Too long a one is dropped.
static struct net_buf *whole(struct acl_link *link)
{
    struct net_buf *pdu = link->rx;
    struct rd r = rd_init(pdu->data, pdu->len);
    uint32_t want =
        4u + rd_le16(&r); // The length field may be split itself: 4 octets at least then.
    if (pdu->len > want || want > FRAME_MAX) {
        log_wrn("%u: PDU of %u octets announces %u", link->handle, pdu->len, (unsigned int)want);
        drop_partial(link);
        return NULL;
    }
    link->rx_missing = (uint16_t)(want - pdu->len);
    if (link->rx_missing || !rd_ok(&r)) {
        return NULL;
    }
    link->rx = NULL;
    return pdu;
}

static struct net_buf *start(struct acl_link *link, struct net_buf *buf)
{
    if (link->rx) {
        log_wrn("%u: new PDU while %u octets of the last are missing", link->handle,
                link->rx_missing);
        drop_partial(link);
    }
    link->rx = buf;
    return whole(link);
}

static struct net_buf *append(struct acl_link *link, struct net_buf *buf)
{
    if (!link->rx) {
        return drop(buf); // A continuation of nothing.
    }
    if (net_buf_tailroom(link->rx) < buf->len) {
        drop_partial(link);
        return drop(buf);
    }
    (void)net_buf_add_mem(link->rx, buf->data, buf->len);
    net_buf_unref(buf);
    return whole(link);
}

// Packet boundary flags (5.4.2): what a fragment is. The complete PDU of 11 does not exist in the
// LE.
static struct net_buf *(*const by_boundary[])(struct acl_link *link, struct net_buf *buf) = {
    [BT_ACL_START_NO_FLUSH] = start,
    [BT_ACL_CONT] = append,
    [BT_ACL_START] = start,
    [BT_ACL_COMPLETE] = NULL,
};

struct net_buf *acl_rx(struct net_buf *buf, struct acl_link **link)
{
    struct rd r = rd_init(buf->data, buf->len);
    (void)rd_u8(&r); // Packet type; the framer saw to it that the header is there.
    uint16_t word = rd_le16(&r);
    (void)net_buf_pull(buf, ACL_HEADROOM);
    hci_kept.stats.rx_acl++;
    *link = acl_up.find(bt_acl_handle(word));
    if (!*link || !(*link)->open) {
        return drop(buf);
    }
    *(struct acl_mark *)net_buf_user_data(buf) = (struct acl_mark){(*link)->handle, (*link)->epoch};
    unsigned int flags = bt_acl_flags(word);
    if (!buf->len || bt_acl_flags_bc(flags) || !by_boundary[bt_acl_flags_pb(flags)]) {
        return drop(buf);
    }
    return by_boundary[bt_acl_flags_pb(flags)](*link, buf);
}

void acl_deliver(struct acl_link *link, uint16_t epoch, struct net_buf *pdu)
{
    if (!link->open || link->epoch != epoch) {
        net_buf_unref(pdu); // A callback of the drain before ended the link.
        return;
    }
    hci_run.draining = true;
    acl_up.recv(link, pdu);
    hci_run.draining = false;
    (void)post_drain();
}

// ---- Controller To Host Flow Control ------------------------------------------------------------

static void count_read(struct acl_link *link)
{
    if (!hci_run.info.flow_to_host) {
        return;
    }
    link->rx_done++;
    hci_run.acl_rx_done++;
    if (hci_run.acl_rx_done >= FLOW_BATCH) {
        acl_flow_flush();
    }
}

void acl_rx_freed(uint16_t handle, uint16_t epoch)
{
    struct acl_link *link = hci_run.info.flow_to_host ? acl_up.find(handle) : NULL;
    if (link && link->open && link->epoch == epoch) {
        count_read(link);
    }
}

void acl_rx_skipped(uint16_t handle)
{
    struct acl_link *link = acl_up.find(bt_acl_handle(handle));
    hci_kept.stats.rx_acl++;
    if (link && link->open) {
        drop_partial(link);
        count_read(link);
    }
}

// Host Number Of Completed Packets (7.3.40): no answer comes and no credit is needed. One packet
// for all links that have something.
void acl_flow_flush(void)
{
    if (!hci_run.acl_rx_done || hci_run.state != HCI_READY || hci_run.blocked) {
        return;
    }
    uint8_t packet[BT_BUF_CMD_SIZE(1 + 4 * CONFIG_BT_MAX_CONN)];
    struct wr w = wr_init(packet, sizeof(packet));
    wr_u8(&w, BT_HCI_H4_CMD);
    wr_le16(&w, BT_HCI_OP_HOST_NUM_COMPLETED_PACKETS);
    uint8_t *counts = wr_reserve(&w, 2); // Parameter length and number of handles.
    struct acl_link *link;
    uint8_t handles = 0;
    for (unsigned int i = 0; (link = acl_up.at(i)); i++) {
        if (link->open && link->rx_done) {
            wr_le16(&w, link->handle);
            wr_le16(&w, link->rx_done);
            handles++;
        }
    }
    counts[0] = (uint8_t)(1 + 4 * handles);
    counts[1] = handles;
    if (!hci_send(packet, wr_len(&w))) {
        return; // Tried again when the transport has room.
    }
    for (unsigned int i = 0; (link = acl_up.at(i)); i++) {
        link->rx_done = 0;
    }
    hci_run.acl_rx_done = 0;
}
