// One packet's worth of work: read, dispatch, drain (hci_turn); the same without callbacks for a
// wait (hci_pump); sending with a retry where the transport has no room.
//
// Invariant: packets are dispatched in the order of their arrival, but for command answers and
// completions, which a wait dispatches ahead of the rest.
#include <errno.h>

#include "hci/evt.h"
#include "hci/life.h"
#include "hci/state.h"
#include "trace/trace.h"

#define LOG_LAYER LOG_HCI
#include "base/log.h"

// How soon a full transport is tried again if nothing wakes the loop before.
#define RETRY_US 1000

#define ANSWERS_PER_TURN 8

static void retry(struct loop_timer *timer)
{
    // The loop runs a turn after its timers.
}

bool hci_send(const uint8_t *packet, size_t len)
{
    if (!hci_run.open || hci_run.failed) {
        return false;
    }
    int err = hci_run.transport->send(hci_run.transport_ctx, packet, len);
    if (!err) {
        trace_packet(packet, len, false);
        return true;
    }
    if (err == -EAGAIN) {
        hci_run.blocked = true;
        // Restarted only when over: inside a wait no timer runs, and each start would end its
        // sleep.
        if (!loop_timer_running(&hci_run.retry) || hci_run.retry.due_us <= breeze_port_now()) {
            loop_timer_start(&hci_run.retry, RETRY_US, retry);
        }
    } else {
        log_err("transport: error %d", err);
        hci_fail(BREEZE_RESET_TRANSPORT);
    }
    return false;
}

static ALWAYS_INLINE void settle(void)
{
    if (hci_run.failed) {
        hci_life_settle();
    }
}

static ALWAYS_INLINE void drain(void)
{
    if (!sys_slist_is_empty(&hci_run.posts)) {
        (void)post_drain();
    }
}

static ALWAYS_INLINE void command(void)
{
    if (hci_run.cmd.wishes || hci_run.cmd.unsent) {
        hci_cmd_go();
    }
}

// Before anything is read: what failed, what the transport had no room for.
static void prepare(void)
{
    settle();
    if (hci_run.blocked) {
        hci_run.blocked = false;
        hci_cmd_go();
        acl_kick();
        acl_flow_flush();
        if (!hci_run.blocked) {
            loop_timer_stop(&hci_run.retry);
        }
    }
}

// Read one packet; answers are dispatched here.
static enum h4_result read_one(struct net_buf **buf)
{
    *buf = NULL;
    if (!hci_run.open || hci_run.failed) {
        return H4_IDLE;
    }
    enum h4_result result = h4_read(buf);
    if (result == H4_ANSWER) {
        trace_packet(hci_run.h4.answer, hci_run.h4.answer_len, true);
        hci_evt_dispatch(hci_run.h4.answer, hci_run.h4.answer_len, NULL);
    } else if (result == H4_PACKET) {
        trace_packet((*buf)->data, (*buf)->len, true);
    } else if (result == H4_LOST) {
        hci_fail(BREEZE_RESET_LOST_SYNC);
    } else if (result == H4_DEAD) {
        log_err("the transport lost the controller");
        hci_fail(BREEZE_RESET_TRANSPORT);
    }
    return result;
}

// Dispatch a packet; returns a PDU that became whole.
static struct net_buf *dispatch(struct net_buf *buf, struct acl_link **link)
{
    if (buf->data[0] == BT_HCI_H4_ACL) {
        return acl_rx(buf, link);
    }
    hci_evt_dispatch(buf->data, buf->len, buf);
    net_buf_unref(buf);
    return NULL;
}

// The oldest packet that a wait queued, else a new one. Answers on the way to it are dispatched, so
// many at most that a flood of them leaves the loop its turn.
static enum h4_result next_packet(struct net_buf **buf)
{
    if (!sys_slist_is_empty(&hci_run.rx_queue)) {
        *buf = net_buf_slist_get(&hci_run.rx_queue);
        return H4_PACKET;
    }
    enum h4_result result = H4_ANSWER;
    for (int n = 0; n < ANSWERS_PER_TURN && result == H4_ANSWER; n++) {
        result = read_one(buf);
    }
    return result;
}

// Dispatch a packet and deliver what follows from it, a PDU that became whole last.
static void handle(struct net_buf *buf)
{
    struct acl_link *link = NULL;
    struct net_buf *pdu = dispatch(buf, &link);
    uint16_t epoch = pdu ? link->epoch : 0;
    settle();
    command();
    drain();
    if (pdu) {
        acl_deliver(link, epoch, pdu);
    }
}

bool hci_turn(void)
{
    if (hci_run.draining || hci_run.dispatching) {
        return false;
    }
    if (hci_run.failed || hci_run.blocked) {
        prepare();
    }
    drain();
    struct net_buf *buf = NULL;
    enum h4_result result = next_packet(&buf);
    if (buf) {
        handle(buf);
        return true;
    }
    if (result == H4_IDLE && hci_run.cmd.overdue) {
        hci_cmd_lost();
    }
    settle();
    command();
    drain();
    return result == H4_ANSWER || hci_run.failed || h4_can_go_on();
}

enum h4_result hci_pump(void)
{
    prepare();
    hci_cmd_go();
    struct net_buf *buf;
    enum h4_result result = read_one(&buf);
    if (buf) {
        net_buf_slist_put(&hci_run.rx_queue, buf);
        hci_need_turn();
    }
    if (breeze_port_now() >= hci_cmd_deadline()) {
        hci_cmd_late();
    }
    if (result == H4_IDLE && hci_run.cmd.overdue) {
        hci_cmd_lost();
    }
    settle();
    return result;
}

void hci_rx_flush(void)
{
    struct net_buf *buf;
    while ((buf = net_buf_slist_get(&hci_run.rx_queue))) {
        net_buf_unref(buf);
    }
    h4_reset();
}
