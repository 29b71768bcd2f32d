// The GATT client of the test host: each operation's parameters live here, per link, until its last
// callback; each callback prints one line.
#include <errno.h>
#include <string.h>

#include <zephyr/bluetooth/att.h>
#include <zephyr/bluetooth/conn.h>
#include <zephyr/bluetooth/gatt.h>

#include "host_parts.h"

#define SUBSCRIPTIONS_MAX 4

struct subscription {
    struct bt_gatt_subscribe_params params;
    bool used;
};

static struct client {
    struct bt_gatt_exchange_params exchange;
    struct bt_gatt_discover_params discover;
    struct bt_uuid_128 uuid;
    struct bt_gatt_read_params read;
    struct bt_gatt_write_params write;
    uint8_t value[VALUE_MAX];
    struct subscription subscriptions[SUBSCRIPTIONS_MAX];
    bool exchanging, discovering, reading, writing;
} clients[CONFIG_BT_MAX_CONN];

static struct client *client_of(struct bt_conn *conn)
{
    return &clients[bt_conn_index(conn)];
}

// Take an operation's flag: 0, -ENOTCONN or -EBUSY.
static int begin(uint32_t link, bool *busy)
{
    if (link_at(link) == NULL) {
        return -ENOTCONN;
    }
    if (*busy) {
        return -EBUSY;
    }
    *busy = true;
    return 0;
}

// The operation did not start: give its flag back.
static int end(bool *busy, int rc)
{
    if (rc != 0) {
        *busy = false;
    }
    return rc;
}

// A copy of a UUID that lives as long as the operation.
static const struct bt_uuid *keep_uuid(struct bt_uuid_128 *to, const struct bt_uuid *uuid)
{
    static const size_t sizes[] = {
        [BT_UUID_TYPE_16] = sizeof(struct bt_uuid_16),
        [BT_UUID_TYPE_32] = sizeof(struct bt_uuid_32),
        [BT_UUID_TYPE_128] = sizeof(struct bt_uuid_128),
    };
    (void)memcpy(to, uuid, sizes[uuid->type]);
    return &to->uuid;
}

static const char *uuid_text(const struct bt_uuid *uuid)
{
    static char text[BT_UUID_STR_LEN];
    bt_uuid_to_str(uuid, text, sizeof text);
    return text;
}

// ---- MTU ------------------------------------------------------------------------------------------

static void on_exchanged(struct bt_conn *conn, uint8_t err, struct bt_gatt_exchange_params *params)
{
    client_of(conn)->exchanging = false;
    say("mtu_exchanged %u err=0x%02x mtu=%u", bt_conn_index(conn), err, bt_gatt_get_mtu(conn));
}

int client_mtu(uint32_t link)
{
    struct client *c = &clients[link % CONFIG_BT_MAX_CONN];
    int rc = begin(link, &c->exchanging);
    if (rc != 0) {
        return rc;
    }
    c->exchange.func = on_exchanged;
    return end(&c->exchanging, bt_gatt_exchange_mtu(link_at(link), &c->exchange));
}

// ---- Discovery ------------------------------------------------------------------------------------

static void say_service(unsigned int link, const struct bt_gatt_attr *attr)
{
    const struct bt_gatt_service_val *service = attr->user_data;
    say("service %u %u %u %s", link, attr->handle, service->end_handle, uuid_text(service->uuid));
}

static void say_chrc(unsigned int link, const struct bt_gatt_attr *attr)
{
    const struct bt_gatt_chrc *chrc = attr->user_data;
    say("char %u %u %u 0x%02x %s", link, attr->handle, chrc->value_handle, chrc->properties,
        uuid_text(chrc->uuid));
}

static void say_desc(unsigned int link, const struct bt_gatt_attr *attr)
{
    say("desc %u %u %s", link, attr->handle, uuid_text(attr->uuid));
}

static const struct {
    const char *name;
    uint8_t type;
    void (*print)(unsigned int link, const struct bt_gatt_attr *attr);
} discoveries[] = {
    {"services", BT_GATT_DISCOVER_PRIMARY, say_service},
    {"chars", BT_GATT_DISCOVER_CHARACTERISTIC, say_chrc},
    {"descs", BT_GATT_DISCOVER_DESCRIPTOR, say_desc},
};

static uint8_t on_discovered(struct bt_conn *conn, const struct bt_gatt_attr *attr,
                             struct bt_gatt_discover_params *params)
{
    for (size_t i = 0; i < ARRAY_SIZE(discoveries); i++) {
        if (discoveries[i].type != params->type) {
            continue;
        }
        if (attr != NULL) {
            discoveries[i].print(bt_conn_index(conn), attr);
            return BT_GATT_ITER_CONTINUE;
        }
        client_of(conn)->discovering = false;
        say("discovered %u %s", bt_conn_index(conn), discoveries[i].name);
    }
    return BT_GATT_ITER_STOP;
}

int client_discover(uint32_t link, const char *what, uint16_t first, uint16_t last,
                    const struct bt_uuid *uuid)
{
    struct client *c = &clients[link % CONFIG_BT_MAX_CONN];
    for (size_t i = 0; i < ARRAY_SIZE(discoveries); i++) {
        if (strcmp(discoveries[i].name, what) != 0) {
            continue;
        }
        int rc = begin(link, &c->discovering);
        if (rc != 0) {
            return rc;
        }
        c->discover = (struct bt_gatt_discover_params){
            .uuid = uuid != NULL ? keep_uuid(&c->uuid, uuid) : NULL,
            .func = on_discovered,
            .start_handle = first,
            .end_handle = last,
            .type = discoveries[i].type,
            .chan_opt = (enum bt_att_chan_opt)bearers,
        };
        return end(&c->discovering, bt_gatt_discover(link_at(link), &c->discover));
    }
    return -EINVAL;
}

// ---- Reading and writing ----------------------------------------------------------------------------

static uint8_t on_read(struct bt_conn *conn, uint8_t err, struct bt_gatt_read_params *params,
                       const void *data, uint16_t length)
{
    if (err == 0 && data != NULL) {
        say("value %u %s", bt_conn_index(conn), hex(data, length));
        return BT_GATT_ITER_CONTINUE;
    }
    client_of(conn)->reading = false;
    say("read %u err=0x%02x", bt_conn_index(conn), err);
    return BT_GATT_ITER_STOP;
}

int client_read(uint32_t link, uint16_t handle, uint16_t offset)
{
    struct client *c = &clients[link % CONFIG_BT_MAX_CONN];
    int rc = begin(link, &c->reading);
    if (rc != 0) {
        return rc;
    }
    c->read = (struct bt_gatt_read_params){.func = on_read,
                                           .handle_count = 1,
                                           .single = {.handle = handle, .offset = offset},
                                           .chan_opt = (enum bt_att_chan_opt)bearers};
    return end(&c->reading, bt_gatt_read(link_at(link), &c->read));
}

int client_read_uuid(uint32_t link, const struct bt_uuid *uuid)
{
    struct client *c = &clients[link % CONFIG_BT_MAX_CONN];
    int rc = begin(link, &c->reading);
    if (rc != 0) {
        return rc;
    }
    c->read = (struct bt_gatt_read_params){.func = on_read,
                                           .by_uuid = {1, 0xffff, keep_uuid(&c->uuid, uuid)},
                                           .chan_opt = (enum bt_att_chan_opt)bearers};
    return end(&c->reading, bt_gatt_read(link_at(link), &c->read));
}

static void on_written(struct bt_conn *conn, uint8_t err, struct bt_gatt_write_params *params)
{
    client_of(conn)->writing = false;
    say("written %u %u err=0x%02x", bt_conn_index(conn), params->handle, err);
}

int client_write(uint32_t link, uint16_t handle, const void *value, size_t len)
{
    struct client *c = &clients[link % CONFIG_BT_MAX_CONN];
    int rc = begin(link, &c->writing);
    if (rc != 0) {
        return rc;
    }
    (void)memcpy(c->value, value, len);
    c->write = (struct bt_gatt_write_params){.func = on_written,
                                             .handle = handle,
                                             .data = c->value,
                                             .length = (uint16_t)len,
                                             .chan_opt = (enum bt_att_chan_opt)bearers};
    return end(&c->writing, bt_gatt_write(link_at(link), &c->write));
}

static void on_command_sent(struct bt_conn *conn, void *user_data)
{
    say("write_cmd_sent %u", bt_conn_index(conn));
}

int client_write_cmd(uint32_t link, uint16_t handle, const void *value, size_t len, bool sign)
{
    struct bt_conn *conn = link_at(link);
    return conn == NULL ? -ENOTCONN
                        : bt_gatt_write_without_response_cb(conn, handle, value, (uint16_t)len,
                                                            sign, on_command_sent, NULL);
}

// ---- Subscriptions ----------------------------------------------------------------------------------

static uint8_t on_value(struct bt_conn *conn, struct bt_gatt_subscribe_params *params,
                        const void *data, uint16_t length)
{
    if (data == NULL) {
        say("unsubscribed %u", params->value_handle);
        CONTAINER_OF(params, struct subscription, params)->used = false;
        return BT_GATT_ITER_STOP;
    }
    say("notified %u %u %s", bt_conn_index(conn), params->value_handle, hex(data, length));
    return BT_GATT_ITER_CONTINUE;
}

static void on_subscribed(struct bt_conn *conn, uint8_t err,
                          struct bt_gatt_subscribe_params *params)
{
    say("subscribed %u %u err=0x%02x value=%u", bt_conn_index(conn), params->value_handle, err,
        params->value);
}

static struct subscription *subscription_of(struct client *c, uint16_t value_handle, bool used)
{
    for (size_t i = 0; i < SUBSCRIPTIONS_MAX; i++) {
        struct subscription *s = &c->subscriptions[i];
        if (s->used == used && (!used || s->params.value_handle == value_handle)) {
            return s;
        }
    }
    return NULL;
}

int client_subscribe(uint32_t link, uint16_t value_handle, uint16_t ccc_handle, uint16_t ccc)
{
    struct bt_conn *conn = link_at(link);
    if (conn == NULL) {
        return -ENOTCONN;
    }
    struct subscription *s = subscription_of(client_of(conn), value_handle, false);
    if (s == NULL) {
        return -ENOMEM;
    }
    (void)memset(s, 0, sizeof *s);
    s->params.notify = on_value;
    s->params.subscribe = on_subscribed;
    s->params.value_handle = value_handle;
    s->params.ccc_handle = ccc_handle;
    s->params.value = ccc;
    s->params.chan_opt = (enum bt_att_chan_opt)bearers;
    s->used = true;
    return end(&s->used, bt_gatt_subscribe(conn, &s->params));
}

int client_unsubscribe(uint32_t link, uint16_t value_handle)
{
    struct bt_conn *conn = link_at(link);
    if (conn == NULL) {
        return -ENOTCONN;
    }
    struct subscription *s = subscription_of(client_of(conn), value_handle, true);
    return s == NULL ? -ENOENT : bt_gatt_unsubscribe(conn, &s->params);
}
