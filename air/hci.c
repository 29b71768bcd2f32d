// The HCI pipe of a controller: H4 packets with their latency in both directions, event masks, flow
// control towards the host (Core Specification, Vol 4, Part E, 4.1 and 7.3.38 to 7.3.40).
//
// A packet towards the host waits in `out` until its time, then in `ready` until it is read; it is
// written to the trace when it becomes ready, so a trace is in order of time. Events of one moment
// keep the order in which they were made. Events made while a command runs follow its response.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "controller.h"
#include "link.h"

// Towards the controller this many packets may be under way (commands have their own credit).
#define IN_QUEUE_MAX 64
// ... and none is taken from a host that leaves this many unread.
#define OUT_QUEUE_MAX 512
// A host that does not read: reports beyond this are dropped; data beyond it is not acknowledged
// on the air, as a controller behind a UART with flow control behaves.
#define UNREAD_MAX     64
#define UNREAD_ACL_MAX 32
#define ACL_HEADER     5

static struct hci_packet *packet_new(int64_t at, size_t len)
{
    struct hci_packet *packet = malloc(sizeof(*packet) + len);
    if (!packet) {
        abort();
    }
    packet->at = at;
    packet->len = len;
    return packet;
}

// Insert in order of time, behind those of the same time.
static void queue_put(struct hci_queue *queue, struct hci_packet *packet)
{
    queue->count++;
    if (!queue->tail || queue->tail->at <= packet->at) {
        packet->next = NULL;
        *(queue->tail ? &queue->tail->next : &queue->head) = packet;
        queue->tail = packet;
        return;
    }
    struct hci_packet **at = &queue->head;
    while ((*at)->at <= packet->at) {
        at = &(*at)->next;
    }
    packet->next = *at;
    *at = packet;
}

static struct hci_packet *queue_get(struct hci_queue *queue)
{
    struct hci_packet *packet = queue->head;
    queue->head = packet->next;
    queue->count--;
    if (!queue->head) {
        queue->tail = NULL;
    }
    return packet;
}

static void queue_clear(struct hci_queue *queue)
{
    while (queue->head) {
        free(queue_get(queue));
    }
}

static bool packet_is_report(const struct hci_packet *packet)
{
    return packet->len > 3 && packet->data[0] == H4_EVENT && packet->data[1] == EVT_LE_META &&
           (packet->data[3] == LE_ADVERTISING_REPORT || packet->data[3] == LE_EXT_REPORT ||
            packet->data[3] == LE_PER_REPORT);
}

static void count_unread(struct air_controller *controller, const struct hci_packet *packet, int by)
{
    if (packet->data[0] == H4_ACL) {
        controller->unread_acl += (unsigned int)by;
    } else if (packet_is_report(packet)) {
        controller->unread_reports += (unsigned int)by;
    }
}

// Towards the host

static void out_put(struct air_controller *controller, struct hci_packet *packet)
{
    count_unread(controller, packet, 1);
    queue_put(&controller->out, packet);
    struct air_timer *timer = &controller->out_timer;
    if (!timer->slot || timer->at > controller->out.head->at) {
        air_timer_set(controller->air, timer, controller->out.head->at);
    }
}

static void out_due(void *ctx)
{
    struct air_controller *controller = ctx;
    int64_t now = controller->air->now;
    while (controller->out.head && controller->out.head->at <= now) {
        struct hci_packet *packet = queue_get(&controller->out);
        if (controller->trace.write) {
            btsnoop_packet(&controller->trace, packet->at, AIR_TO_HOST, packet->data, packet->len);
        }
        packet->at = 0; // `ready` is in order of arrival
        queue_put(&controller->ready, packet);
    }
    if (controller->out.head) {
        air_timer_set(controller->air, &controller->out_timer, controller->out.head->at);
    }
    if (controller->on_ready) {
        controller->on_ready(controller->on_ready_ctx);
    }
}

static void send_to_host(struct air_controller *controller, struct hci_packet *packet)
{
    if (controller->filter && controller->filter(controller->filter_ctx, AIR_TO_HOST, packet->data,
                                                 packet->len) == AIR_DROP) {
        free(packet);
        return;
    }
    out_put(controller, packet);
}

static bool event_masked(const struct air_controller *controller, uint8_t code)
{
    if (code == EVT_COMMAND_COMPLETE || code == EVT_COMMAND_STATUS ||
        code == EVT_COMPLETED_PACKETS || code == EVT_VENDOR || !code || code > 0x40) {
        return false; // these have no bit (7.3.1)
    }
    return !(controller->event_mask >> (code - 1) & 1);
}

void hci_event(struct air_controller *controller, int64_t at, uint8_t code, const void *params,
               uint8_t len)
{
    if (!controller->powered || event_masked(controller, code)) {
        return;
    }
    struct hci_packet *packet = packet_new(at + controller->config.latency_us, 3 + (size_t)len);
    packet->data[0] = H4_EVENT;
    packet->data[1] = code;
    packet->data[2] = len;
    if (len) {
        memcpy(packet->data + 3, params, len);
    }
    if (packet_is_report(packet) && controller->unread_reports >= UNREAD_MAX) {
        free(packet);
    } else if (controller->in_command) {
        queue_put(&controller->deferred, packet);
    } else {
        send_to_host(controller, packet);
    }
}

bool hci_le_event_on(const struct air_controller *controller, uint8_t subevent)
{
    return !event_masked(controller, EVT_LE_META) &&
           controller->le_event_mask >> (subevent - 1) & 1;
}

void hci_le_event(struct air_controller *controller, int64_t at, uint8_t subevent,
                  const void *params, uint8_t len)
{
    if (!hci_le_event_on(controller, subevent)) {
        return;
    }
    uint8_t buf[256] = {subevent};
    memcpy(buf + 1, params, len);
    hci_event(controller, at, EVT_LE_META, buf, (uint8_t)(len + 1));
}

void hci_completed(struct air_controller *controller, int64_t at, uint16_t handle)
{
    uint8_t params[5] = {1};
    put16(params + 1, handle);
    put16(params + 3, 1);
    hci_event(controller, at, EVT_COMPLETED_PACKETS, params, sizeof(params));
}

// How many octets of ACL data the host takes in one packet.
static size_t host_acl_len(const struct air_controller *controller)
{
    return controller->host_acl_len ? controller->host_acl_len : SIZE_MAX;
}

// Packets that the host still holds; those of links that are gone count no more (7.3.40).
static unsigned int host_outstanding(const struct air_controller *controller)
{
    unsigned int count = 0;
    for (size_t i = 0; i < AIR_MAX_LINKS; i++) {
        count += controller->ends[i] ? controller->ends[i]->host_outstanding : 0;
    }
    return count;
}

static bool host_has_buffer(const struct air_controller *controller)
{
    return !controller->host_flow || host_outstanding(controller) < controller->host_acl_count;
}

// Send what the host has buffers for, links in turn.
void hci_release(struct air_controller *controller)
{
    for (size_t i = 0; i < AIR_MAX_LINKS; i++) {
        struct air_end *end = controller->ends[i];
        while (end && end->held.head && host_has_buffer(controller)) {
            struct hci_packet *packet = queue_get(&end->held);
            int64_t soonest = controller->air->now + controller->config.latency_us;
            packet->at = packet->at > soonest ? packet->at : soonest;
            end->host_outstanding += controller->host_flow;
            send_to_host(controller, packet);
        }
    }
}

bool hci_acl_room(const struct air_controller *controller, const struct air_end *end)
{
    return controller->unread_acl < UNREAD_ACL_MAX && !end->held.head;
}

void hci_acl(struct air_controller *controller, int64_t at, struct air_end *end, bool start,
             const uint8_t *data, size_t len)
{
    size_t max = host_acl_len(controller);
    do {
        size_t part = len < max ? len : max;
        struct hci_packet *packet =
            packet_new(at + controller->config.latency_us, ACL_HEADER + part);
        packet->data[0] = H4_ACL;
        put16(packet->data + 1, (uint16_t)(end->handle | (start ? 2 : 1) << 12));
        put16(packet->data + 3, (uint16_t)part);
        if (part) {
            memcpy(packet->data + ACL_HEADER, data, part);
        }
        queue_put(&end->held, packet);
        data += part;
        len -= part;
        start = false;
    } while (len);
    hci_release(controller);
}

void hci_drop_held(struct air_end *end)
{
    queue_clear(&end->held);
}

// From the host

static int packet_check(const uint8_t *packet, size_t len)
{
    if (len >= 4 && packet[0] == H4_COMMAND) {
        return len == 4u + packet[3] ? 0 : -EINVAL;
    }
    if (len >= ACL_HEADER && packet[0] == H4_ACL) {
        return len == ACL_HEADER + (size_t)get16(packet + 3) ? 0 : -EINVAL;
    }
    return -EINVAL;
}

static void in_put(struct air_controller *controller, const uint8_t *data, size_t len,
                   int64_t delay_us)
{
    struct hci_packet *packet = packet_new(controller->air->now + delay_us, len);
    memcpy(packet->data, data, len);
    queue_put(&controller->in, packet);
    air_timer_set(controller->air, &controller->in_timer, controller->in.head->at);
}

static void in_due(void *ctx)
{
    struct air_controller *controller = ctx;
    int64_t now = controller->air->now;
    while (controller->in.head && controller->in.head->at <= now) {
        struct hci_packet *packet = queue_get(&controller->in);
        if (packet->data[0] == H4_COMMAND) {
            hci_command(controller, packet->data, packet->len);
        } else {
            link_acl_from_host(controller, packet->data, packet->len);
        }
        free(packet);
        while (controller->deferred.head) {
            send_to_host(controller, queue_get(&controller->deferred));
        }
    }
    if (controller->in.head) {
        air_timer_set(controller->air, &controller->in_timer, controller->in.head->at);
    }
}

int air_hci_write(struct air_controller *controller, const uint8_t *packet, size_t len)
{
    if (!controller->powered) {
        return -ENODEV;
    }
    int err = packet_check(packet, len);
    if (err) {
        return err;
    }
    if (controller->in.count >= IN_QUEUE_MAX ||
        controller->out.count + controller->ready.count >= OUT_QUEUE_MAX) {
        return -EAGAIN;
    }
    if (controller->trace.write) {
        btsnoop_packet(&controller->trace, controller->air->now, AIR_TO_CONTROLLER, packet, len);
    }
    if (!controller->filter ||
        controller->filter(controller->filter_ctx, AIR_TO_CONTROLLER, packet, len) == AIR_PASS) {
        in_put(controller, packet, len, controller->config.latency_us);
    }
    return 0;
}

int air_hci_inject(struct air_controller *controller, enum air_dir dir, const uint8_t *packet,
                   size_t len, int64_t delay_us)
{
    if (!controller->powered) {
        return -ENODEV;
    }
    if (dir == AIR_TO_CONTROLLER) {
        int err = packet_check(packet, len);
        if (!err) {
            in_put(controller, packet, len, delay_us);
        }
        return err;
    }
    if (!len) {
        return -EINVAL;
    }
    struct hci_packet *out = packet_new(controller->air->now + delay_us, len);
    memcpy(out->data, packet, len);
    out_put(controller, out);
    return 0;
}

int air_hci_read(struct air_controller *controller, uint8_t *buf, size_t len)
{
    size_t done = 0;
    while (done < len && controller->ready.head) {
        struct hci_packet *packet = controller->ready.head;
        size_t left = packet->len - controller->read_offset;
        size_t part = left < len - done ? left : len - done;
        memcpy(buf + done, packet->data + controller->read_offset, part);
        done += part;
        controller->read_offset += part;
        if (part == left) {
            count_unread(controller, packet, -1);
            controller->read_offset = 0;
            free(queue_get(&controller->ready));
        }
    }
    return (int)done;
}

bool air_hci_pending(const struct air_controller *controller)
{
    return controller->ready.head != NULL;
}

void air_hci_discard(struct air_controller *controller)
{
    for (struct hci_packet *p = controller->ready.head; p; p = p->next) {
        count_unread(controller, p, -1);
    }
    queue_clear(&controller->ready);
    controller->read_offset = 0;
}

void air_hci_on_ready(struct air_controller *controller, void (*fn)(void *ctx), void *ctx)
{
    controller->on_ready = fn;
    controller->on_ready_ctx = ctx;
}

void air_hci_filter(struct air_controller *controller, air_filter_fn filter, void *ctx)
{
    controller->filter = filter;
    controller->filter_ctx = ctx;
}

void hci_init(struct air_controller *controller)
{
    controller->in_timer = (struct air_timer){.fn = in_due, .ctx = controller};
    controller->out_timer = (struct air_timer){.fn = out_due, .ctx = controller};
}

// Drop everything under way in both directions (power off).
void hci_flush(struct air_controller *controller)
{
    air_timer_stop(controller->air, &controller->in_timer);
    air_timer_stop(controller->air, &controller->out_timer);
    queue_clear(&controller->in);
    queue_clear(&controller->out);
    queue_clear(&controller->ready);
    queue_clear(&controller->deferred);
    controller->read_offset = 0;
    controller->unread_acl = 0;
    controller->unread_reports = 0;
}
