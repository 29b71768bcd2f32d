// See client.h. H4 framing on streams: any split; an unknown type byte is lost synchronisation,
// which a controller reports with Hardware Error and which HCI Reset ends (Core Specification,
// Vol 4, Part A, 4 and 5).
#include "client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bytes.h"
#include "hci.h"

struct client *client_new(int fd, enum client_kind kind)
{
    struct client *client = calloc(1, sizeof(*client));
    uint8_t *in = malloc(CLIENT_IN_SIZE);
    if (!client || !in) {
        free(client);
        free(in);
        return NULL;
    }
    client->fd = fd;
    client->kind = kind;
    client->in = in;
    return client;
}

void client_power_off(struct client *client)
{
    air_controller_free(client->controller);
    client->controller = NULL;
    if (client->trace) {
        fclose(client->trace);
        client->trace = NULL;
    }
    client->in_len = 0;
    client->out_len = client->out_done = 0;
    client->lost_sync = false;
}

void client_free(struct client *client)
{
    client_power_off(client);
    close(client->fd);
    free(client->in);
    free(client);
}

// Octets of the packet at the start of `in`; 0: more are needed to know; SIZE_MAX: no packet.
static size_t packet_len(const uint8_t *in, size_t have)
{
    static const struct {
        uint8_t header, len_at, len_size;
    } types[] = {[1] = {4, 3, 1}, [2] = {5, 3, 2}, [3] = {4, 3, 1}, [5] = {5, 3, 2}};
    uint8_t type = in[0];
    if (type >= sizeof(types) / sizeof(types[0]) || !types[type].header) {
        return SIZE_MAX;
    }
    if (have < types[type].header) {
        return 0;
    }
    unsigned int body =
        types[type].len_size == 2 ? get16(in + types[type].len_at) : in[types[type].len_at];
    if (type == 5) {
        body &= 0x3fff;
    }
    return types[type].header + body;
}

static void consume(struct client *client, size_t len)
{
    client->in_len -= len;
    memmove(client->in, client->in + len, client->in_len);
}

static void lose_sync(struct client *client)
{
    static const uint8_t hardware_error[] = {H4_EVENT, EVT_HARDWARE_ERROR, 1, 0x01};
    client->lost_sync = true;
    (void)air_hci_inject(client->controller, AIR_TO_HOST, hardware_error, sizeof(hardware_error),
                         0);
}

// Drop everything before the next HCI Reset.
static bool find_reset(struct client *client)
{
    static const uint8_t reset[] = {H4_COMMAND, 0x03, 0x0c, 0x00};
    const uint8_t *at = memmem(client->in, client->in_len, reset, sizeof(reset));
    if (at) {
        consume(client, (size_t)(at - client->in));
        client->lost_sync = false;
        return true;
    }
    if (client->in_len >= sizeof(reset)) {
        consume(client, client->in_len - (sizeof(reset) - 1));
    }
    return false;
}

bool client_feed(struct client *client)
{
    while (client->controller && client->in_len) {
        if (client->lost_sync && !find_reset(client)) {
            return true;
        }
        size_t len = packet_len(client->in, client->in_len);
        if (len == SIZE_MAX) {
            lose_sync(client);
            continue;
        }
        if (!len || len > client->in_len) {
            return true;
        }
        // SCO and ISO data are skipped: these controllers have none.
        if (client->in[0] <= H4_ACL &&
            air_hci_write(client->controller, client->in, len) == -EAGAIN) {
            return false;
        }
        consume(client, len);
    }
    return true;
}

bool client_receive(struct client *client)
{
    size_t room = CLIENT_IN_SIZE - client->in_len;
    if (!room) {
        return true;
    }
    ssize_t n = read(client->fd, client->in + client->in_len, room);
    if (n > 0) {
        client->in_len += (size_t)n;
        return true;
    }
    return n < 0 && (errno == EAGAIN || errno == EINTR);
}

bool client_send(struct client *client)
{
    for (;;) {
        if (client->out_done == client->out_len) {
            client->out_done = client->out_len = 0;
            if (client->controller) {
                client->out_len =
                    (size_t)air_hci_read(client->controller, client->out, sizeof(client->out));
            }
        }
        if (!client->out_len) {
            return !client->closing;
        }
        ssize_t n =
            write(client->fd, client->out + client->out_done, client->out_len - client->out_done);
        if (n < 0) {
            return errno == EAGAIN || errno == EINTR;
        }
        client->out_done += (size_t)n;
    }
}
