// breeze-air: the virtual air as a program. Command line and help.
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server.h"

static const char help[] =
    "breeze-air: a virtual Bluetooth LE air. Every program that connects gets a controller of its\n"
    "own (HCI in H4 framing); the controllers hear each other as if they were in one room.\n"
    "\n"
    "usage: breeze-air [options]                     serve until interrupted\n"
    "       breeze-air status [--socket PATH]        who is there\n"
    "       breeze-air stop [--socket PATH]          end the one that serves PATH\n"
    "       breeze-air saturate NAME OCTETS [--socket PATH]\n"
    "                                                fill the links of a device with PDUs of so "
    "many\n"
    "                                                octets from now on; 0 ends that\n"
    "\n"
    "Where to listen (several may be given; without any, the default socket):\n"
    "  --socket PATH     a Unix socket, open to this user only\n"
    "                    (default: $XDG_RUNTIME_DIR/breeze-air.sock, else breeze-air-UID.sock in\n"
    "                    the directory for temporary files)\n"
    "  --tcp PORT        a TCP port on 127.0.0.1; 0 picks a free one and prints it\n"
    "  --pty             a pseudo terminal for one program that wants a UART; prints its path;\n"
    "                    may be repeated\n"
    "\n"
    "The air:\n"
    "  --seed N          seed of all random numbers (default 1)\n"
    "  --loss PERCENT    packets that arrive broken and are repeated (default 0)\n"
    "  --miss PERCENT    packets that are not received at all (default 0)\n"
    "\n"
    "The controllers:\n"
    "  --level VERSION   4.0, 4.1, 4.2, 5.0, 5.1, 5.2, 5.3 or 5.4 (default)\n"
    "  --acl LEN:COUNT   buffers for data from the host (default 251:4)\n"
    "  --latency US      HCI latency in each direction, microseconds (default 0)\n"
    "\n"
    "What to write:\n"
    "  --trace DIR       one btsnoop file per client (btmon -r, Wireshark)\n"
    "  --pcap FILE       every packet on the air (Wireshark)\n"
    "\n"
    "Life:\n"
    "  --linger SECONDS  leave that long after the last client has gone (default: never)\n"
    "  --daemon          go to the background once the socket is ready: own session, log in\n"
    "                    PATH.log, one per socket (lock in PATH.lock)\n"
    "  --help, --version\n"
    "\n"
    "A client that disconnects is a device that lost power: its peers see a supervision time-out.\n"
    "Addresses: the vendor command Set Name gives a controller the static random address that\n"
    "belongs to that name; without it a client has a public address by its number.\n"
    "\n"
    "Two MicroPython programs:  BREEZE_HCI=air:PATH#sensor and BREEZE_HCI=air:PATH#phone\n"
    "Another host, over TCP:    breeze-air --tcp 6402, then tell it tcp:127.0.0.1:6402\n"
    "\n"
    "Exit codes: 0 fine, 1 failed, 2 wrong usage, 3 PATH is served already, 4 nobody serves "
    "PATH.\n";

enum option_code {
    OPT_SOCKET = 256,
    OPT_TCP,
    OPT_PTY,
    OPT_SEED,
    OPT_LOSS,
    OPT_MISS,
    OPT_LEVEL,
    OPT_ACL,
    OPT_LATENCY,
    OPT_TRACE,
    OPT_PCAP,
    OPT_LINGER,
    OPT_DAEMON,
    OPT_HELP,
    OPT_VERSION,
};

static bool parse_number(const char *text, unsigned long long max, unsigned long long *value)
{
    char *end;
    errno = 0;
    *value = strtoull(text, &end, 0);
    return *text >= '0' && *text <= '9' && !*end && !errno && *value <= max;
}

static bool parse_percent(const char *text, uint32_t *ppm)
{
    char *end;
    double value = strtod(text, &end);
    *ppm = (uint32_t)(value * 10000 + 0.5);
    return end != text && !*end && value >= 0 && value <= 100;
}

static bool parse_level(const char *text, enum air_level *level)
{
    static const enum air_level levels[] = {AIR_LEVEL_4_0, AIR_LEVEL_4_1, AIR_LEVEL_4_2,
                                            AIR_LEVEL_5_0, AIR_LEVEL_5_1, AIR_LEVEL_5_2,
                                            AIR_LEVEL_5_3, AIR_LEVEL_5_4};
    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
        char name[16];
        snprintf(name, sizeof(name), "%d.%d", levels[i] / 10, levels[i] % 10);
        if (!strcmp(name, text)) {
            *level = levels[i];
            return true;
        }
    }
    return false;
}

static bool parse_acl(const char *text, struct air_controller_config *config)
{
    unsigned int len, count;
    char rest;
    if (sscanf(text, "%u:%u%c", &len, &count, &rest) != 2) {
        return false;
    }
    config->acl_len = (uint16_t)len;
    config->acl_count = (uint8_t)count;
    return len >= 27 && len <= 65535 && count >= 1 && count <= 255;
}

static bool parse_seconds(const char *text, double *seconds)
{
    char *end;
    *seconds = strtod(text, &end);
    return end != text && !*end && *seconds >= 0;
}

static bool parse_socket(const char *text, struct server_options *options)
{
    if (!*text || strlen(text) >= sizeof(options->socket_path)) {
        return false;
    }
    strcpy(options->socket_path, text);
    return true;
}

static void default_socket(struct server_options *options)
{
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    if (runtime && *runtime && strlen(runtime) < 80) {
        snprintf(options->socket_path, sizeof(options->socket_path), "%s/breeze-air.sock", runtime);
        return;
    }
    const char *tmp = getenv("TMPDIR");
    snprintf(options->socket_path, sizeof(options->socket_path), "%.70s/breeze-air-%u.sock",
             tmp && *tmp ? tmp : P_tmpdir, (unsigned int)getuid());
}

static bool set_option(int code, const char *text, struct server_options *options)
{
    unsigned long long number;
    switch (code) {
    case OPT_SOCKET:
        return parse_socket(text, options);
    case OPT_TCP:
        options->tcp = parse_number(text, 65535, &number);
        options->tcp_port = (unsigned int)number;
        return options->tcp;
    case OPT_PTY:
        return ++options->ptys <= 16;
    case OPT_SEED:
        return parse_number(text, UINT64_MAX, &number) && (options->air.seed = number, true);
    case OPT_LOSS:
        return parse_percent(text, &options->air.loss_ppm);
    case OPT_MISS:
        return parse_percent(text, &options->air.miss_ppm);
    case OPT_LEVEL:
        return parse_level(text, &options->controller.level);
    case OPT_ACL:
        return parse_acl(text, &options->controller);
    case OPT_LATENCY:
        return parse_number(text, 10000000, &number) &&
               (options->controller.latency_us = (uint32_t)number, true);
    case OPT_TRACE:
        options->trace_dir = text;
        return true;
    case OPT_PCAP:
        options->pcap_file = text;
        return true;
    case OPT_LINGER:
        return parse_seconds(text, &options->linger_s);
    case OPT_DAEMON:
        options->daemon = true;
        return true;
    default:
        return false;
    }
}

static const struct option long_options[] = {
    {"socket", required_argument, NULL, OPT_SOCKET},
    {"tcp", required_argument, NULL, OPT_TCP},
    {"pty", no_argument, NULL, OPT_PTY},
    {"seed", required_argument, NULL, OPT_SEED},
    {"loss", required_argument, NULL, OPT_LOSS},
    {"miss", required_argument, NULL, OPT_MISS},
    {"level", required_argument, NULL, OPT_LEVEL},
    {"acl", required_argument, NULL, OPT_ACL},
    {"latency", required_argument, NULL, OPT_LATENCY},
    {"trace", required_argument, NULL, OPT_TRACE},
    {"pcap", required_argument, NULL, OPT_PCAP},
    {"linger", required_argument, NULL, OPT_LINGER},
    {"daemon", no_argument, NULL, OPT_DAEMON},
    {"help", no_argument, NULL, OPT_HELP},
    {"version", no_argument, NULL, OPT_VERSION},
    {0},
};

// Exit code, or -1 to go on.
static int parse_options(int argc, char **argv, struct server_options *options)
{
    for (;;) {
        int index = 0;
        int code = getopt_long(argc, argv, "h", long_options, &index);
        if (code < 0) {
            return -1;
        }
        if (code == 'h' || code == OPT_HELP) {
            fputs(help, stdout);
            return EXIT_FINE;
        }
        if (code == OPT_VERSION) {
            puts("breeze-air " BREEZE_AIR_VERSION);
            return EXIT_FINE;
        }
        if (code == '?') {
            return EXIT_USAGE; // getopt has said why
        }
        if (!set_option(code, optarg, options)) {
            fprintf(stderr, "breeze-air: --%s does not take %s; see breeze-air --help\n",
                    long_options[index].name, optarg ? optarg : "that many");
            return EXIT_USAGE;
        }
    }
}

int main(int argc, char **argv)
{
    struct server_options options = {.air.seed = 1, .linger_s = -1};
    int code = parse_options(argc, argv, &options);
    if (code >= 0) {
        return code;
    }
    const char *verb = optind < argc ? argv[optind] : NULL;
    bool listens = *options.socket_path || options.tcp || options.ptys;
    if (!*options.socket_path && (verb || !listens || options.daemon)) {
        default_socket(&options);
    }
    if (verb && optind + 1 == argc && (!strcmp(verb, "status") || !strcmp(verb, "stop"))) {
        return control_ask(options.socket_path, verb);
    }
    if (verb && optind + 3 == argc && !strcmp(verb, "saturate")) {
        char line[CONTROL_MAX];
        snprintf(line, sizeof(line), "saturate %.60s %.8s", argv[optind + 1], argv[optind + 2]);
        return control_ask(options.socket_path, line);
    }
    if (verb) {
        fprintf(stderr,
                "breeze-air: %s is no command (status, stop, saturate); see breeze-air --help\n",
                verb);
        return EXIT_USAGE;
    }
    return options.daemon ? daemon_start(&options) : server_run(&options, -1);
}
