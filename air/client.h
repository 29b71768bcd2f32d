// One program on the air: its byte stream, the H4 packets in it, its controller.
#ifndef BREEZE_AIR_CLIENT_H_
#define BREEZE_AIR_CLIENT_H_

#include <stdio.h>

#include "server.h"

#define CLIENT_IN_SIZE (5 + 65535)

enum client_kind {
    CLIENT_STREAM, // Unix or TCP socket: gone when it closes
    CLIENT_PTY,    // stays; a program opens and closes it
};

struct client {
    struct client *next;
    int fd;
    enum client_kind kind;
    bool open;    // pty: a program has it open
    bool closing; // control connection: answer what is in `out`, then close
    bool gone;
    bool lost_sync;
    unsigned int slot; // its number, from 0; the lowest one free
    struct air *air;
    struct air_controller *controller; // from the first H4 byte on
    FILE *trace;
    uint8_t *in;
    size_t in_len;
    uint8_t out[8192];
    size_t out_len, out_done;
    char path[64]; // pty
};

struct client *client_new(int fd, enum client_kind kind);
void client_free(struct client *client);
// The program behind it has gone: the device loses power.
void client_power_off(struct client *client);
// Give whole packets in `in` to the controller; false when it cannot take more now.
bool client_feed(struct client *client);
// Read what is there. False when the other side has gone.
bool client_receive(struct client *client);
// Write what the controller has for the host, as much as goes.
bool client_send(struct client *client);
static inline bool client_wants_write(const struct client *client)
{
    return client->out_len > client->out_done;
}

#endif // BREEZE_AIR_CLIENT_H_
