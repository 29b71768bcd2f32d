// The program breeze-air: options, the server loop, its life as a daemon, its control commands.
#ifndef BREEZE_AIR_SERVER_H_
#define BREEZE_AIR_SERVER_H_

#include <stdbool.h>
#include <stddef.h>

#include "air.h"

// Exit codes.
enum {
    EXIT_FINE = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 2,
    EXIT_SERVED = 3,     // another one serves this socket
    EXIT_NOT_SERVED = 4, // status, stop: nobody does
};

struct server_options {
    char socket_path[108]; // empty: none
    bool tcp;
    unsigned int tcp_port;
    unsigned int ptys;
    struct air_config air;
    struct air_controller_config controller; // what every client gets
    const char *trace_dir;
    const char *pcap_file;
    double linger_s; // negative: never leave
    bool daemon;
};

// Serve until told to stop; `report` is -1 or the pipe to the parent that waits for the start.
int server_run(const struct server_options *options, int report);

// daemon.c
// Run the server in a session of its own; returns in the parent, with the exit code.
int daemon_start(const struct server_options *options);
// Tell the waiting parent how the start went (NULL: well), once; -1: nobody waits.
void daemon_report(int report, const char *error);
// Take the lock of a socket: its descriptor, or -1 with `code` set and the reason printed.
int daemon_lock(const char *socket_path, int *code, char *error, size_t error_len);

// control.c
// Ask the server at `socket_path`; prints the answer. Returns an exit code.
int control_ask(const char *socket_path, const char *verb);
#define CONTROL_PREFIX "breeze-air "
#define CONTROL_MAX    128 // Octets of a line.

// Connect to a Unix socket: descriptor or negative errno.
int socket_connect(const char *path);

#endif // BREEZE_AIR_SERVER_H_
