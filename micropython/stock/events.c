// Events on their way to Python: the queue, the pump's state, answers.
//
// Invariants: events are delivered in the order the backend raised them. A callback of the host that
// must be answered, or whose value the handler must see before it changes (a write), waits in park()
// until Python answered; it serves calls meanwhile, so that the handler may call anything. A pump
// that died (Ctrl-C tore it away) loses at most the event it had; its answer is the default.
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "extmod/modbluetooth.h"

#include "breeze_mpy.h"
#include "helper.h"
#include "stock.h"

#define QUEUE_HIGH   2048 // Events: above, the host is not served (back-pressure to the peers).
#define QUEUE_SCAN   512  // Above, scan results are dropped.
#define PARK_SECONDS 20   // A handler that takes longer gets the default answer.

struct entry {
    struct entry *next;
    struct breeze_mpy_event event;
    uint8_t data[];
};

static struct {
    struct entry *head;
    struct entry **tail;
    unsigned int count;
    uint32_t next_token;
    uint32_t parked; // The token that the host's thread waits for; 0 none.
    bool answered;
    int answer;
    uint8_t data[256]; // An answer in octets: a secret.
    size_t data_len;
    uint32_t delivered; // The token that Python has and has not answered.
    int shown;          // Octets of the last event in Python's buffer.
} queue;

bool events_urgent(void)
{
    return atomic_load(&helper.waiting) && atomic_load(&helper.pump) != PUMP_RUNNING;
}

bool events_full(void)
{
    return queue.count > QUEUE_HIGH;
}

// The lock is held.
static void push(struct entry *entry)
{
    if (!queue.tail) {
        queue.tail = &queue.head;
    }
    *queue.tail = entry;
    queue.tail = &entry->next;
    queue.count++;
    atomic_store(&stock.active,
                 mp_bluetooth_is_active()); // As of this event, not of the turn's end.
    atomic_store(&helper.waiting, (int)queue.count);
    if (atomic_load(&helper.pump) == PUMP_IDLE) {
        helper_wake();
    }
    pthread_cond_broadcast(&stock.changed);
}

// The lock is held.
static struct entry *pop(void)
{
    struct entry *entry = queue.head;
    if (entry) {
        queue.head = entry->next;
        queue.count--;
        if (!queue.head) {
            queue.tail = &queue.head;
        }
        atomic_store(&helper.waiting, (int)queue.count);
    }
    return entry;
}

void events_flush(void)
{
    pthread_mutex_lock(&stock.lock);
    struct entry *entry;
    while ((entry = pop())) {
        free(entry);
    }
    pthread_mutex_unlock(&stock.lock);
}

static struct entry *entry_new(uint8_t event, const void *a, size_t a_len, const void *b,
                               size_t b_len)
{
    if (!atomic_load(&stock.handler)) {
        return NULL;
    }
    struct entry *entry = calloc(1, sizeof(*entry) + a_len + b_len);
    if (!entry) {
        return NULL;
    }
    entry->event.event = event;
    entry->event.len = (uint16_t)(a_len + b_len);
    if (a_len) {
        memcpy(entry->data, a, a_len);
    }
    if (b_len) {
        memcpy(entry->data + a_len, b, b_len);
    }
    return entry;
}

static void post(struct entry *entry)
{
    if (entry) {
        pthread_mutex_lock(&stock.lock);
        push(entry);
        pthread_mutex_unlock(&stock.lock);
    }
}

void events_post(uint8_t event, const uint16_t args[4])
{
    struct entry *entry = entry_new(event, NULL, 0, NULL, 0);
    if (entry) {
        memcpy(entry->event.arg, args, 4 * sizeof(args[0]));
    }
    post(entry);
}

static void post_args(uint8_t event, uint16_t a, uint16_t b, uint16_t c)
{
    const uint16_t args[4] = {a, b, c, 0};
    events_post(event, args);
}

// In a callback of the host: wait for Python's answer; the default when nobody answers.
static int park(struct entry *entry)
{
    if (!entry) {
        return 0;
    }
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    time_t end = now.tv_sec + PARK_SECONDS;
    pthread_mutex_lock(&stock.lock);
    queue.next_token = queue.next_token < INT32_MAX ? queue.next_token + 1 : 1;
    queue.parked = entry->event.token = queue.next_token;
    queue.answered = false;
    queue.answer = 0;
    queue.data_len = 0;
    push(entry);
    while (!queue.answered && !atomic_load(&stock.quit) && now.tv_sec < end) {
        if (request_heavy_waiting()) {
            break; // The radio goes down: nobody needs the answer.
        }
        if (!request_serve(false)) {
            stock_wait(100);
        }
        clock_gettime(CLOCK_MONOTONIC, &now);
    }
    queue.parked = 0;
    int answer = queue.answered ? queue.answer : 0;
    pthread_mutex_unlock(&stock.lock);
    return answer;
}

// The lock is held.
static void answer(uint32_t token, int value)
{
    if (token == queue.delivered) {
        queue.delivered = 0;
    }
    if (token && token == queue.parked) {
        queue.answered = true;
        queue.answer = value;
        pthread_cond_broadcast(&stock.changed);
    }
}

static struct entry *entry_args(uint8_t event, const uint16_t args[EVENT_ARGS])
{
    struct entry *entry = entry_new(event, NULL, 0, NULL, 0);
    if (entry) {
        memcpy(entry->event.arg, args, sizeof(entry->event.arg));
    }
    return entry;
}

void event_post(uint8_t event, const uint16_t args[EVENT_ARGS])
{
    post(entry_args(event, args));
}

int event_ask(uint8_t event, const uint16_t args[EVENT_ARGS])
{
    return park(entry_args(event, args));
}

// ---- Python's side -----------------------------------------------------------------------------

int breeze_mpy_pump_begin(void)
{
    atomic_store(&helper.pump, PUMP_RUNNING);
    helper_touch();
    return 0;
}

int breeze_mpy_next_event(void *buf, int size)
{
    sigset_t old;
    guard_enter(&old);
    pthread_mutex_lock(&stock.lock);
    memset(buf, 0xa5, (size_t)(queue.shown < size ? queue.shown : size));
    queue.shown = 0;
    helper_touch();
    answer(queue.delivered, 0);
    struct entry *entry = pop();
    if (entry) {
        size_t room = (size_t)size - sizeof(entry->event);
        entry->event.len = entry->event.len < room ? entry->event.len : (uint16_t)room;
        memcpy(buf, &entry->event, sizeof(entry->event));
        memcpy((uint8_t *)buf + sizeof(entry->event), entry->data, entry->event.len);
        queue.shown = (int)(sizeof(entry->event) + entry->event.len);
        queue.delivered = entry->event.token;
    } else {
        atomic_store(&helper.pump, PUMP_IDLE);
    }
    pthread_mutex_unlock(&stock.lock);
    free(entry);
    guard_leave(&old);
    return entry != NULL;
}

int breeze_mpy_answer(unsigned int token, int value)
{
    sigset_t old;
    guard_enter(&old);
    pthread_mutex_lock(&stock.lock);
    answer(token, value);
    pthread_mutex_unlock(&stock.lock);
    guard_leave(&old);
    return 0;
}

int breeze_mpy_answer_data(unsigned int token, const void *data, int len)
{
    sigset_t old;
    guard_enter(&old);
    pthread_mutex_lock(&stock.lock);
    bool fits = len > 0 && (size_t)len <= sizeof(queue.data);
    if (fits && token && token == queue.parked) {
        memcpy(queue.data, data, (size_t)len);
        queue.data_len = (size_t)len;
    }
    answer(token, fits);
    pthread_mutex_unlock(&stock.lock);
    guard_leave(&old);
    return 0;
}

int breeze_mpy_set_handler(int on)
{
    atomic_store(&stock.handler, on != 0);
    return 0;
}

// ---- The backend's side ------------------------------------------------------------------------

void mp_bluetooth_gap_on_connected_disconnected(uint8_t event, uint16_t conn_handle,
                                                uint8_t addr_type, const uint8_t *addr)
{
    struct entry *entry = entry_new(event, addr, 6, NULL, 0);
    if (entry) {
        entry->event.arg[0] = conn_handle;
        entry->event.arg[1] = addr_type;
    }
    post(entry);
}

void mp_bluetooth_gap_on_connection_update(uint16_t conn_handle, uint16_t conn_interval,
                                           uint16_t conn_latency, uint16_t supervision_timeout,
                                           uint16_t status)
{
    struct entry *entry = entry_new(MP_BLUETOOTH_IRQ_CONNECTION_UPDATE, NULL, 0, NULL, 0);
    if (entry) {
        const uint16_t args[] = {conn_handle, conn_interval, conn_latency, supervision_timeout,
                                 status};
        memcpy(entry->event.arg, args, sizeof(args));
    }
    post(entry);
}

void mp_bluetooth_gatts_on_encryption_update(uint16_t conn_handle, bool encrypted,
                                             bool authenticated, bool bonded, uint8_t key_size)
{
    struct entry *entry = entry_new(MP_BLUETOOTH_IRQ_ENCRYPTION_UPDATE, NULL, 0, NULL, 0);
    if (entry) {
        const uint16_t args[] = {conn_handle, encrypted, authenticated, bonded, key_size};
        memcpy(entry->event.arg, args, sizeof(args));
    }
    post(entry);
}

// Arguments: type, index, whether there is a key.
bool mp_bluetooth_gap_on_get_secret(uint8_t type, uint8_t index, const uint8_t *key, size_t key_len,
                                    const uint8_t **value, size_t *value_len)
{
    struct entry *entry = entry_new(MP_BLUETOOTH_IRQ_GET_SECRET, key, key ? key_len : 0, NULL, 0);
    if (entry) {
        entry->event.arg[0] = type;
        entry->event.arg[1] = index;
        entry->event.arg[2] = key != NULL;
    }
    bool found = park(entry) && queue.data_len;
    *value = queue.data;
    *value_len = queue.data_len;
    return found;
}

// Arguments: type, octets of the key, whether there is a value. Nobody waits for the answer to a
// deletion: a handler may be what asked for it, and cannot answer before it returns.
bool mp_bluetooth_gap_on_set_secret(uint8_t type, const uint8_t *key, size_t key_len,
                                    const uint8_t *value, size_t value_len)
{
    struct entry *entry =
        entry_new(MP_BLUETOOTH_IRQ_SET_SECRET, key, key_len, value, value ? value_len : 0);
    if (entry) {
        entry->event.arg[0] = type;
        entry->event.arg[1] = (uint16_t)key_len;
        entry->event.arg[2] = value != NULL;
    }
    if (!value) {
        post(entry);
        return true;
    }
    return park(entry) != 0;
}

void mp_bluetooth_gap_on_passkey_action(uint16_t conn_handle, uint8_t action, mp_int_t passkey)
{
    const uint32_t number = (uint32_t)passkey;
    struct entry *entry =
        entry_new(MP_BLUETOOTH_IRQ_PASSKEY_ACTION, &number, sizeof(number), NULL, 0);
    if (entry) {
        entry->event.arg[0] = conn_handle;
        entry->event.arg[1] = action;
    }
    post(entry);
}

void mp_bluetooth_gap_on_scan_complete(void)
{
    post_args(MP_BLUETOOTH_IRQ_SCAN_DONE, 0, 0, 0);
}

void mp_bluetooth_gap_on_scan_result(uint8_t addr_type, const uint8_t *addr, uint8_t adv_type,
                                     const int8_t rssi, const uint8_t *data, uint16_t data_len)
{
    if (atomic_load(&helper.waiting) > QUEUE_SCAN) {
        return; // Python does not keep up; there will be more.
    }
    struct entry *entry = entry_new(MP_BLUETOOTH_IRQ_SCAN_RESULT, addr, 6, data, data_len);
    if (entry) {
        entry->event.arg[0] = addr_type;
        entry->event.arg[1] = adv_type;
        entry->event.rssi = rssi;
    }
    post(entry);
}

// The handler reads the value of this write: the host may not take the next one before.
void mp_bluetooth_gatts_on_write(uint16_t conn_handle, uint16_t value_handle)
{
    struct entry *entry = entry_new(MP_BLUETOOTH_IRQ_GATTS_WRITE, NULL, 0, NULL, 0);
    if (entry) {
        entry->event.arg[0] = conn_handle;
        entry->event.arg[1] = value_handle;
    }
    (void)park(entry);
}

int mp_bluetooth_gatts_on_read_request(uint16_t conn_handle, uint16_t value_handle)
{
    struct entry *entry = entry_new(MP_BLUETOOTH_IRQ_GATTS_READ_REQUEST, NULL, 0, NULL, 0);
    if (entry) {
        entry->event.arg[0] = conn_handle;
        entry->event.arg[1] = value_handle;
    }
    return park(entry);
}

void mp_bluetooth_gatts_on_indicate_complete(uint16_t conn_handle, uint16_t value_handle,
                                             uint8_t status)
{
    post_args(MP_BLUETOOTH_IRQ_GATTS_INDICATE_DONE, conn_handle, value_handle, status);
}

void mp_bluetooth_gatts_on_mtu_exchanged(uint16_t conn_handle, uint16_t value)
{
    post_args(MP_BLUETOOTH_IRQ_MTU_EXCHANGED, conn_handle, value, 0);
}

static void post_uuid(uint8_t event, const mp_obj_bluetooth_uuid_t *uuid, const uint16_t args[4])
{
    struct entry *entry = entry_new(event, uuid->data, uuid->type, NULL, 0);
    if (entry) {
        memcpy(entry->event.arg, args, 4 * sizeof(args[0]));
    }
    post(entry);
}

void mp_bluetooth_gattc_on_primary_service_result(uint16_t conn_handle, uint16_t start_handle,
                                                  uint16_t end_handle,
                                                  mp_obj_bluetooth_uuid_t *service_uuid)
{
    const uint16_t args[4] = {conn_handle, start_handle, end_handle, 0};
    post_uuid(MP_BLUETOOTH_IRQ_GATTC_SERVICE_RESULT, service_uuid, args);
}

void mp_bluetooth_gattc_on_characteristic_result(uint16_t conn_handle, uint16_t value_handle,
                                                 uint16_t end_handle, uint8_t properties,
                                                 mp_obj_bluetooth_uuid_t *characteristic_uuid)
{
    const uint16_t args[4] = {conn_handle, end_handle, value_handle, properties};
    post_uuid(MP_BLUETOOTH_IRQ_GATTC_CHARACTERISTIC_RESULT, characteristic_uuid, args);
}

void mp_bluetooth_gattc_on_descriptor_result(uint16_t conn_handle, uint16_t handle,
                                             mp_obj_bluetooth_uuid_t *descriptor_uuid)
{
    const uint16_t args[4] = {conn_handle, handle, 0, 0};
    post_uuid(MP_BLUETOOTH_IRQ_GATTC_DESCRIPTOR_RESULT, descriptor_uuid, args);
}

void mp_bluetooth_gattc_on_discover_complete(uint8_t event, uint16_t conn_handle, uint16_t status)
{
    post_args(event, conn_handle, status, 0);
}

void mp_bluetooth_gattc_on_data_available(uint8_t event, uint16_t conn_handle,
                                          uint16_t value_handle, const uint8_t **data,
                                          uint16_t *data_len, size_t num)
{
    struct entry *entry =
        entry_new(event, data[0], data_len[0], num > 1 ? data[1] : NULL, num > 1 ? data_len[1] : 0);
    if (entry) {
        entry->event.arg[0] = conn_handle;
        entry->event.arg[1] = value_handle;
    }
    post(entry);
}

void mp_bluetooth_gattc_on_read_write_status(uint8_t event, uint16_t conn_handle,
                                             uint16_t value_handle, uint16_t status)
{
    post_args(event, conn_handle, value_handle, status);
}
