// ACL data towards the controller: credits, fragments, completions (acl.h; Vol 4, Part E, 4.1.1 and
// 5.4.2).
//
// Invariants: in_flight of all open links + credits = the controller's buffers; `queued`
// counts the PDUs in all tx_queues; completions of a link are in tx_done in the order in which
// their last fragments left, and a PDU's own is delivered after `acked` has reached its sequence
// number or the link closed.
#include <errno.h>

#include <zephyr/sys/__assert.h>
#include <zephyr/sys/util.h>

#include "hci/life.h"
#include "hci/state.h"

#define LOG_LAYER LOG_HCI
#include "base/log.h"

// Only channels have frames pulled; nothing of it stays in a build without them.
#define PULLS CONFIG_BT_L2CAP_DYNAMIC_CHANNEL

static struct acl_tx **tx_of(struct net_buf *frame)
{
    return net_buf_user_data(frame);
}

// ---- Sending ------------------------------------------------------------------------------------

// A frame with this completion has left in full.
static void left(struct acl_link *link, struct acl_tx *tx)
{
    if (tx) {
        tx->seq = link->sent;
        sys_slist_append(&link->tx_done, &tx->node);
    }
}

// The head of the queue has left in full.
static void head_sent(struct acl_link *link, struct net_buf *frame)
{
    (void)net_buf_slist_get(&link->tx_queue);
    link->started = false;
    link->got++;
    acl_run.queued--;
    left(link, *tx_of(frame));
    net_buf_unref(frame);
}

// Send one ACL packet, whose header goes to the start of `packet`.
static ALWAYS_INLINE bool send_packet(struct acl_link *link, uint8_t *packet, uint16_t len,
                                      bool started)
{
    uint16_t flags = started ? BT_ACL_CONT : BT_ACL_START_NO_FLUSH;
    packet[0] = BT_HCI_H4_ACL;
    wr_put_le16(packet + 1, (uint16_t)bt_acl_handle_pack(link->handle, flags));
    wr_put_le16(packet + 3, len);
    if (!hci_send(packet, (size_t)ACL_HEADROOM + len)) {
        return false;
    }
    link->sent++;
    link->in_flight++;
    acl_run.credits--;
    hci_kept.stats.tx_acl++;
    return true;
}

// Send the next fragment of the queue's head; its header goes over octets that have left already.
static bool send_queued(struct acl_link *link)
{
    struct net_buf *frame =
        CONTAINER_OF(sys_slist_peek_head(&link->tx_queue), struct net_buf, node);
    uint16_t len = MIN(frame->len, hci_run.info.acl_len);
    bool ok = send_packet(link, net_buf_push(frame, ACL_HEADROOM), len, link->started);
    (void)net_buf_pull(frame, ok ? (size_t)ACL_HEADROOM + len : ACL_HEADROOM);
    if (!ok) {
        return false;
    }
    link->started = true;
    link->pull_next = true;
    if (!frame->len) {
        head_sent(link, frame);
    }
    return true;
}

// The same for the frame that was pulled.
static bool send_pulled(struct acl_link *link)
{
    struct acl_frame *frame = &link->frame;
    uint16_t len = MIN(frame->left, hci_run.info.acl_len);
    if (!send_packet(link, frame->at, len, frame->started)) {
        return false;
    }
    link->pull_next = false;
    frame->started = true;
    frame->at += len;
    frame->left -= len;
    if (!frame->left) {
        left(link, frame->tx);
        if (frame->hold) {
            net_buf_unref(frame->hold);
        }
    }
    return true;
}

static void pull_over(struct acl_link *link)
{
    if (link->pull) {
        link->pull = false;
        acl_run.pulls--;
    }
}

// Have a pulled frame under way, if there is one to be had.
static bool pulled(struct acl_link *link)
{
    if (link->frame.left) {
        return true;
    }
    link->frame = (struct acl_frame){0};
    return link->pull && acl_up.pull(link, &link->frame);
}

// Send one fragment of what the link has, frames of the queue and pulled ones in turn.
static bool send_fragment(struct acl_link *link)
{
    bool queued = !sys_slist_is_empty(&link->tx_queue);
    if (!PULLS || link->started || (queued && !link->pull_next && !link->frame.left)) {
        return send_queued(link);
    }
    if (pulled(link)) {
        return send_pulled(link);
    }
    if (queued) {
        return send_queued(link); // Nothing may pass it (or there is nothing).
    }
    pull_over(link);
    return true;
}

static inline bool has_work(const struct acl_link *link)
{
    return !sys_slist_is_empty(&link->tx_queue) || (PULLS && link->pull);
}

// The next link in turn that has something to send.
static struct acl_link *next_link(void)
{
    struct acl_link *link;
    for (unsigned int i = acl_run.turn; (link = acl_up.at(i)); i++) {
        if (has_work(link)) {
            acl_run.turn = (uint16_t)(i + 1);
            return link;
        }
    }
    for (unsigned int i = 0; i < acl_run.turn && (link = acl_up.at(i)); i++) {
        if (has_work(link)) {
            acl_run.turn = (uint16_t)(i + 1);
            return link;
        }
    }
    return NULL;
}

void acl_kick(void)
{
    while ((acl_run.queued || (PULLS && acl_run.pulls)) && acl_run.credits && !hci_run.blocked) {
        struct acl_link *link = next_link();
        if (!link || !send_fragment(link)) {
            return;
        }
    }
}

// Take in what has arrived already, while that makes buffers free.
static struct net_buf *alloc_pumping(void)
{
    struct net_buf *buf = net_buf_alloc_fixed(&acl_run.tx.pool, K_NO_WAIT);
    while (!buf && hci_run.open && !hci_run.dispatching) {
        enum h4_result result = hci_pump();
        buf = net_buf_alloc_fixed(&acl_run.tx.pool, K_NO_WAIT);
        if (result != H4_PACKET && result != H4_ANSWER) {
            break;
        }
    }
    return buf;
}

struct net_buf *acl_tx_alloc(void)
{
    struct net_buf *buf = alloc_pumping();
    if (!buf) {
        acl_run.tx_starved = true;
        return NULL;
    }
    net_buf_reserve(buf, ACL_HEADROOM);
    *tx_of(buf) = NULL;
    return buf;
}

// A place to remember whom to tell; NULL when all are taken.
static struct acl_tx *tx_take(acl_done_t done, void *user)
{
    sys_snode_t *node = sys_slist_get(&acl_run.txs_free);
    if (!node) {
        acl_run.tx_starved = true;
        return NULL;
    }
    struct acl_tx *tx = CONTAINER_OF(node, struct acl_tx, node);
    tx->done = done;
    tx->user = user;
    tx->gone = false;
    return tx;
}

int acl_send(struct acl_link *link, struct net_buf *frame, acl_done_t done, void *user)
{
    if (!link->open) {
        return -ENOTCONN;
    }
    __ASSERT(net_buf_headroom(frame) >= ACL_HEADROOM && frame->len, "frame without headroom");
    struct acl_tx *tx = NULL;
    if (done) {
        tx = tx_take(done, user);
        if (!tx) {
            return -ENOBUFS;
        }
    }
    *tx_of(frame) = tx;
    net_buf_slist_put(&link->tx_queue, frame);
    link->put++;
    if (++acl_run.queued > 1 || (PULLS && acl_run.pulls)) {
        acl_kick();
        return 0;
    }
    while (acl_run.queued && acl_run.credits && !hci_run.blocked && send_queued(link)) {
        // Nobody else has anything to send.
    }
    return 0;
}

bool acl_frame_done(struct acl_frame *frame, acl_done_t done, void *user)
{
    frame->tx = tx_take(done, user);
    return frame->tx != NULL;
}

void acl_pull(struct acl_link *link)
{
    if (link->open && !link->pull) {
        link->pull = true;
        acl_run.pulls++;
    }
    acl_kick();
}

// ---- Completions --------------------------------------------------------------------------------

// Someone who found no buffer or no room for a completion is told in the drain.
static void tell_free(struct post *post, uint16_t bits)
{
    for (void (*const *hook)(void) = acl_tx_free_hooks; *hook; hook++) {
        (*hook)();
    }
}

void acl_tx_freed(void)
{
    if (acl_run.tx_starved && hci_run.state == HCI_READY) {
        acl_run.tx_starved = false;
        acl_run.tx_post.fn = tell_free;
        post_set(&acl_run.tx_post, 1);
    }
}

static bool is_over(const struct acl_link *link, const struct acl_tx *tx)
{
    return tx->gone || (int16_t)(link->acked - tx->seq) >= 0;
}

void acl_link_deliver(struct acl_link *link)
{
    sys_snode_t *node;
    while ((node = sys_slist_peek_head(&link->tx_done))) {
        struct acl_tx *tx = CONTAINER_OF(node, struct acl_tx, node);
        if (!is_over(link, tx)) {
            return;
        }
        (void)sys_slist_get(&link->tx_done);
        struct acl_tx over = *tx;
        sys_slist_append(&acl_run.txs_free, &tx->node);
        acl_tx_freed();
        over.done(link, over.user, over.gone ? -ENOTCONN : 0);
    }
}

static void deliver(struct post *post, uint16_t bits)
{
    acl_link_deliver(CONTAINER_OF(post, struct acl_link, post));
}

// The controller has finished with `count` fragments of a link. It cannot have had more than we
// gave it.
static void complete(struct acl_link *link, uint16_t count)
{
    if (count > link->in_flight) {
        hci_kept.stats.evt_malformed++;
        log_wrn("%u: %u packets completed, %u in flight", link->handle, count, link->in_flight);
        count = link->in_flight;
    }
    link->in_flight -= count;
    link->acked += count;
    acl_run.credits += count;
    sys_snode_t *head = sys_slist_peek_head(&link->tx_done);
    if (head && is_over(link, CONTAINER_OF(head, struct acl_tx, node))) {
        post_set(&link->post, 1);
    }
}

// Number Of Completed Packets (7.7.19).
bool acl_on_completed(struct rd *r)
{
    uint8_t handles = rd_u8(r);
    if (!rd_ok(r) || rd_left(r) < handles * 4u) {
        return false;
    }
    while (handles--) {
        uint16_t handle = bt_acl_handle(rd_le16(r));
        uint16_t count = rd_le16(r);
        struct acl_link *link = acl_up.find(handle);
        if (link && link->open) {
            complete(link, count);
        } else {
            hci_kept.stats.evt_stale++; // Its credit came back when the link ended.
        }
    }
    acl_kick();
    return true;
}

// ---- Links --------------------------------------------------------------------------------------

void acl_link_open(struct acl_link *link, uint16_t handle)
{
    __ASSERT(sys_slist_is_empty(&link->tx_done), "completions of the last life are still due");
    post_clear(&link->post);
    *link = (struct acl_link){.handle = handle, .open = true};
    post_init(&link->post, deliver);
    if (!++acl_run.epoch) {
        acl_run.epoch = 1; // 0 marks buffers of nobody.
    }
    link->epoch = acl_run.epoch;
}

// The frame under way goes back, and there are no more.
static void pull_close(struct acl_link *link)
{
    pull_over(link);
    if (!link->frame.left) {
        return;
    }
    if (link->frame.tx) {
        link->frame.tx->gone = true;
        sys_slist_append(&link->tx_done, &link->frame.tx->node);
    }
    if (link->frame.hold) {
        net_buf_unref(link->frame.hold);
    }
    link->frame = (struct acl_frame){0};
}

void acl_link_close(struct acl_link *link)
{
    if (!link->open) {
        return;
    }
    link->open = false;
    acl_run.credits += link->in_flight; // Vol 4, Part E, 4.1.1: the link's packets are flushed.
    link->in_flight = 0;
    struct acl_tx *tx;
    SYS_SLIST_FOR_EACH_CONTAINER (&link->tx_done, tx, node) {
        tx->gone = !is_over(link, tx);
    }
    struct net_buf *frame;
    while ((frame = net_buf_slist_get(&link->tx_queue))) {
        acl_run.queued--;
        tx = *tx_of(frame);
        if (tx) {
            tx->gone = true;
            sys_slist_append(&link->tx_done, &tx->node);
        }
        net_buf_unref(frame);
    }
    link->started = false;
    if (PULLS) {
        pull_close(link);
    }
    if (link->rx) {
        net_buf_unref(link->rx);
        link->rx = NULL;
    }
    hci_run.acl_rx_done -= link->rx_done;
    link->rx_done = 0;
    if (!sys_slist_is_empty(&link->tx_done)) {
        post_set(&link->post, 1);
    }
    acl_kick();
}

void acl_reset(void)
{
    acl_run.credits = 0;
    acl_run.turn = 0;
    hci_run.acl_rx_done = 0;
    acl_run.tx_starved = false;
    post_clear(&acl_run.tx_post);
    if (!acl_run.txs_made) {
        acl_run.txs_made = true;
        for (size_t i = 0; i < ARRAY_SIZE(acl_run.txs); i++) {
            sys_slist_append(&acl_run.txs_free, &acl_run.txs[i].node);
        }
    }
}

void acl_set_credits(uint16_t count)
{
    acl_run.credits = count;
}
