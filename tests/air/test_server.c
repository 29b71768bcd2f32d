// The program breeze-air and its start on demand, as a user's programs meet them. Each test has a
// directory of its own. BREEZE_AIR names the program.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "rig.h"
#include "start.h"
#include "vendor.h"

#define HANG_MS 20000 // a test that takes longer hangs

struct place {
    char dir[64], socket[96];
};

static void place_make(struct place *place)
{
    strcpy(place->dir, "breeze-air-test.XXXXXX");
    assert_non_null(mkdtemp(place->dir));
    snprintf(place->socket, sizeof(place->socket), "%s/air", place->dir);
}

static void sleep_ms(long ms)
{
    struct timespec time = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&time, NULL);
}

// Run a shell command with $AIR and $SOCKET set; its exit code; its output in `text`.
static int run(const struct place *place, const char *command, char *text, size_t len)
{
    setenv("SOCKET", place->socket, 1);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    size_t n = fread(text, 1, len - 1, pipe);
    text[n] = '\0';
    int status = pclose(pipe);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int air(const struct place *place, const char *arguments, char *text, size_t len)
{
    char command[256];
    snprintf(command, sizeof(command), "\"$BREEZE_AIR\" %s 2>&1", arguments);
    return run(place, command, text, len);
}

static void place_clear(struct place *place)
{
    char text[256], command[128];
    (void)air(place, "stop --socket \"$SOCKET\"", text, sizeof(text));
    snprintf(command, sizeof(command), "rm -rf '%s'", place->dir);
    assert_int_equal(run(place, command, text, sizeof(text)), 0);
}

static int dial(const struct place *place)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", place->socket);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
    return fd;
}

static void read_all(int fd, uint8_t *buf, size_t len)
{
    while (len) {
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        assert_int_equal(poll(&ready, 1, HANG_MS), 1);
        ssize_t n = read(fd, buf, len);
        assert_true(n > 0);
        buf += n;
        len -= (size_t)n;
    }
}

// The next event: code and parameters.
static uint8_t read_event(int fd, uint8_t *params)
{
    uint8_t header[3];
    read_all(fd, header, 3);
    assert_int_equal(header[0], 0x04);
    read_all(fd, params, header[2]);
    return header[1];
}

// Send a command, return the status of its response; parameters (with status) in `rsp`.
static uint8_t request(int fd, uint16_t opcode, const void *params, size_t len, uint8_t *rsp)
{
    uint8_t buf[260] = {0x01};
    uint8_t event[255];
    put16(buf + 1, opcode);
    buf[3] = (uint8_t)len;
    memcpy(buf + 4, params, len);
    assert_int_equal(write(fd, buf, 4 + len), 4 + len);
    for (;;) {
        uint8_t code = read_event(fd, event);
        if (code == EV_COMPLETE && get16(event + 1) == opcode) {
            memcpy(rsp, event + 3, 252);
            return event[3];
        }
        if (code == EV_STATUS && get16(event + 2) == opcode) {
            return event[0];
        }
    }
}

static void wait_event(int fd, uint8_t wanted, uint8_t subevent, uint8_t *params)
{
    while (read_event(fd, params) != wanted || (wanted == 0x3e && params[0] != subevent)) {
    }
}

static void device(int fd, const char *name, uint8_t addr[6])
{
    static const uint8_t all[8] = {0xff, 0xfd, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    uint8_t rsp[256];
    assert_int_equal(request(fd, AIR_VENDOR_SET_NAME, name, strlen(name), rsp), 0);
    memcpy(addr, rsp + 1, 6);
    assert_int_equal(request(fd, OP_RESET, "", 0, rsp), 0);
    assert_int_equal(request(fd, OP_EVENT_MASK, all, 8, rsp), 0);
    assert_int_equal(request(fd, OP_LE_EVENT_MASK, all, 8, rsp), 0);
    assert_int_equal(request(fd, OP_RANDOM_ADDRESS, addr, 6, rsp), 0);
}

static void test_start_status_stop(void **state)
{
    struct place place;
    struct stat info;
    char text[1024];
    place_make(&place);
    assert_int_equal(air(&place, "status --socket \"$SOCKET\"", text, sizeof(text)), 4);
    assert_non_null(strstr(text, "nobody serves"));
    assert_int_equal(air(&place, "--daemon --socket \"$SOCKET\" --linger 60", text, sizeof(text)),
                     0);
    assert_int_equal(stat(place.socket, &info), 0);
    assert_true(S_ISSOCK(info.st_mode));
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(air(&place, "--daemon --socket \"$SOCKET\"", text, sizeof(text)), 3);
    assert_non_null(strstr(text, "serves"));
    assert_int_equal(air(&place, "status --socket \"$SOCKET\"", text, sizeof(text)), 0);
    assert_non_null(strstr(text, "0 devices"));
    assert_int_equal(air(&place, "saturate nobody 27 --socket \"$SOCKET\"", text, sizeof(text)), 0);
    assert_string_equal(text, "0 links of nobody\n");
    assert_int_equal(air(&place, "saturate nobody x --socket \"$SOCKET\"", text, sizeof(text)), 0);
    assert_string_equal(text, "breeze-air knows status, stop and saturate\n");
    assert_int_equal(air(&place, "saturate nobody --socket \"$SOCKET\"", text, sizeof(text)), 2);
    assert_int_equal(air(&place, "stop --socket \"$SOCKET\"", text, sizeof(text)), 0);
    assert_int_equal(stat(place.socket, &info), -1);
    assert_int_equal(air(&place, "stop --socket \"$SOCKET\"", text, sizeof(text)), 4);
    place_clear(&place);
}

static void test_bad_usage_is_one_sentence(void **state)
{
    static const char *const commands[] = {"--level 3.9", "--acl 5:1",  "--loss 101",
                                           "--tcp 70000", "--seed x",   "--linger -1",
                                           "--socket ''", "frobnicate", "--frobnicate"};
    struct place place;
    char text[1024];
    place_make(&place);
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        assert_int_equal(air(&place, commands[i], text, sizeof(text)), 2);
        assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1); // one line
    }
    assert_int_equal(air(&place, "--daemon --socket /nonexistent/air", text, sizeof(text)), 1);
    assert_non_null(strstr(text, "/nonexistent/air"));
    assert_int_equal(air(&place, "--socket \"$SOCKET\" --trace /nonexistent", text, sizeof(text)),
                     1);
    assert_int_equal(air(&place, "--help", text, sizeof(text)), 0);
    place_clear(&place);
}

// Two clients: names give addresses, a link comes up, the one that vanishes lost power.
static void test_two_clients_and_a_vanishing_one(void **state)
{
    struct place place;
    char text[1024];
    uint8_t rsp[256], a_addr[6], b_addr[6], again[6];
    place_make(&place);
    assert_int_equal(air(&place, "--daemon --socket \"$SOCKET\" --linger 60", text, sizeof(text)),
                     0);
    int a = dial(&place);
    int b = dial(&place);
    device(a, "phone", a_addr);
    device(b, "sensor", b_addr);
    assert_memory_not_equal(a_addr, b_addr, 6);
    int c = dial(&place);
    assert_int_equal(request(c, AIR_VENDOR_SET_NAME, "phone", 5, rsp), 0x0b);
    close(c);
    uint8_t adv[15] = {0x20, 0, 0x20, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7, 0};
    assert_int_equal(request(b, OP_ADV_PARAMS, adv, sizeof(adv), rsp), 0);
    assert_int_equal(request(b, OP_ADV_ENABLE, "\1", 1, rsp), 0);
    uint8_t create[25] = {0x10, 0, 0x10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 24, 0, 24, 0, 0, 0, 50, 0};
    memcpy(create + 6, b_addr, 6);
    assert_int_equal(request(a, OP_CREATE, create, sizeof(create), rsp), 0);
    wait_event(a, 0x3e, LE_EV_CONNECTION, rsp);
    assert_int_equal(rsp[1], 0);
    uint8_t acl[] = {0x02, rsp[2], rsp[3], 3, 0, 'a', 'b', 'c'};
    wait_event(b, 0x3e, LE_EV_CONNECTION, rsp);
    assert_int_equal(write(a, acl, 3), 3); // any split
    sleep_ms(20);
    assert_int_equal(write(a, acl + 3, sizeof(acl) - 3), sizeof(acl) - 3);
    read_all(b, rsp, 8);
    assert_memory_equal(rsp + 5, "abc", 3);
    assert_int_equal(air(&place, "status --socket \"$SOCKET\"", text, sizeof(text)), 0);
    assert_non_null(strstr(text, "sensor, 1 link"));
    close(b);
    wait_event(a, EV_DISCONNECTION, 0, rsp);
    assert_int_equal(rsp[3], 0x08);
    // The same name again: the same device.
    b = dial(&place);
    device(b, "sensor", again);
    assert_memory_equal(again, b_addr, 6);
    close(a);
    close(b);
    place_clear(&place);
}

static void test_lost_synchronisation(void **state)
{
    struct place place;
    char text[1024];
    uint8_t rsp[256];
    place_make(&place);
    assert_int_equal(air(&place, "--daemon --socket \"$SOCKET\" --linger 60", text, sizeof(text)),
                     0);
    int fd = dial(&place);
    assert_int_equal(request(fd, OP_RESET, "", 0, rsp), 0);
    assert_int_equal(write(fd, "\x77\x01\x01\x10\x00", 5), 5);
    wait_event(fd, 0x10, 0, rsp);
    assert_int_equal(write(fd, "\x01\x01\x10\x00", 4), 4); // ignored
    assert_int_equal(request(fd, OP_RESET, "", 0, rsp), 0);
    assert_int_equal(request(fd, OP_READ_VERSION, "", 0, rsp), 0);
    close(fd);
    place_clear(&place);
}

static void test_start_on_demand(void **state)
{
    struct place place;
    char text[1024];
    place_make(&place);
    assert_int_equal(breeze_air_start(place.socket, "/nonexistent/breeze-air"), -ENOENT);
    assert_int_equal(breeze_air_start(place.socket, NULL), 0);
    assert_int_equal(breeze_air_start(place.socket, NULL), 0);
    close(dial(&place));
    assert_int_equal(air(&place, "stop --socket \"$SOCKET\"", text, sizeof(text)), 0);
    char far[200];
    memset(far, 'x', sizeof(far));
    far[199] = '\0';
    assert_int_equal(breeze_air_start(far, NULL), -ENAMETOOLONG);
    place_clear(&place);
}

// Many at once: one server.
static void test_started_once(void **state)
{
    struct place place;
    char text[1024];
    pid_t children[6];
    place_make(&place);
    for (int i = 0; i < 6; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (!children[i]) {
            _exit(breeze_air_start(place.socket, NULL) ? 1 : 0);
        }
    }
    for (int i = 0; i < 6; i++) {
        int status;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
    }
    char command[160];
    snprintf(command, sizeof(command), "grep -c '^socket ' '%s.log'", place.socket);
    assert_int_equal(run(&place, command, text, sizeof(text)), 0);
    assert_string_equal(text, "1\n");
    place_clear(&place);
}

// `program | cat` must end when the program does: the daemon keeps no pipe of its starter.
static void test_daemon_keeps_no_pipe(void **state)
{
    struct place place;
    char text[64];
    int fds[2];
    place_make(&place);
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(breeze_air_start(place.socket, NULL), 0);
    close(fds[1]);
    struct pollfd ready = {.fd = fds[0], .events = POLLIN};
    assert_int_equal(poll(&ready, 1, HANG_MS), 1);
    assert_int_equal(read(fds[0], text, sizeof(text)), 0);
    close(fds[0]);
    place_clear(&place);
}

static void test_leaves_after_its_last_client(void **state)
{
    struct place place;
    struct stat info;
    char text[1024];
    uint8_t rsp[256];
    place_make(&place);
    assert_int_equal(air(&place, "--daemon --socket \"$SOCKET\" --linger 0.3", text, sizeof(text)),
                     0);
    int fd = dial(&place);
    assert_int_equal(request(fd, OP_RESET, "", 0, rsp), 0);
    sleep_ms(600);
    assert_int_equal(stat(place.socket, &info), 0); // somebody is there
    close(fd);
    int waited = 0;
    while (!stat(place.socket, &info) && waited < HANG_MS) {
        sleep_ms(20);
        waited += 20;
    }
    assert_in_range(waited, 0, HANG_MS - 1);
    // A new one may come at once.
    assert_int_equal(breeze_air_start(place.socket, NULL), 0);
    place_clear(&place);
}

static void test_tcp_and_pty(void **state)
{
    struct place place;
    char text[1024];
    uint8_t rsp[256];
    place_make(&place);
    assert_int_equal(
        air(&place, "--daemon --socket \"$SOCKET\" --pty --tcp 0 --linger 60", text, sizeof(text)),
        0);
    char command[160], port[32], pty[64];
    snprintf(command, sizeof(command), "sed -n 's/^tcp 127.0.0.1://p' '%s.log'", place.socket);
    assert_int_equal(run(&place, command, port, sizeof(port)), 0);
    assert_true(atoi(port) > 0);
    snprintf(command, sizeof(command), "sed -n 's/^pty //p' '%s.log' | tr -d '\\n'", place.socket);
    assert_int_equal(run(&place, command, pty, sizeof(pty)), 0);
    for (int i = 0; i < 2; i++) { // opened and closed, and again
        int fd = open(pty, O_RDWR | O_NOCTTY | O_CLOEXEC);
        assert_true(fd >= 0);
        assert_int_equal(request(fd, OP_RESET, "", 0, rsp), 0);
        assert_int_equal(air(&place, "status --socket \"$SOCKET\"", text, sizeof(text)), 0);
        assert_non_null(strstr(text, "1 device\n"));
        close(fd);
        sleep_ms(300);
        assert_int_equal(air(&place, "status --socket \"$SOCKET\"", text, sizeof(text)), 0);
        assert_non_null(strstr(text, "0 devices\n"));
    }
    place_clear(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_start_status_stop),
        cmocka_unit_test(test_bad_usage_is_one_sentence),
        cmocka_unit_test(test_two_clients_and_a_vanishing_one),
        cmocka_unit_test(test_lost_synchronisation),
        cmocka_unit_test(test_start_on_demand),
        cmocka_unit_test(test_started_once),
        cmocka_unit_test(test_daemon_keeps_no_pipe),
        cmocka_unit_test(test_leaves_after_its_last_client),
        cmocka_unit_test(test_tcp_and_pty),
    };
    return cmocka_run_group_tests_name("air_server", tests, NULL, NULL);
}
