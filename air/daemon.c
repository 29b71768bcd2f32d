// The server in the background, and the lock that lets one server at a time own a socket.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "server.h"

// A predecessor that leaves gives up the lock within this time.
#define LOCK_PATIENCE_MS 2000
#define LOCK_POLL_MS     20

static void sleep_ms(long ms)
{
    struct timespec time = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&time, NULL);
}

int daemon_lock(const char *socket_path, int *code, char *error, size_t error_len)
{
    char path[128];
    snprintf(path, sizeof(path), "%s.lock", socket_path);
    *code = EXIT_FAILED;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        snprintf(error, error_len, "cannot create the lock %s: %s", path, strerror(errno));
        return -1;
    }
    for (int waited = 0; flock(fd, LOCK_EX | LOCK_NB); waited += LOCK_POLL_MS) {
        int other = socket_connect(socket_path);
        if (other >= 0 || waited >= LOCK_PATIENCE_MS) {
            close(other >= 0 ? other : fd);
            if (other >= 0) {
                close(fd);
            }
            snprintf(error, error_len, "another breeze-air serves %s already", socket_path);
            *code = EXIT_SERVED;
            return -1;
        }
        sleep_ms(LOCK_POLL_MS);
    }
    return fd;
}

void daemon_report(int report, const char *error)
{
    if (report < 0) {
        return;
    }
    const char *text = error ? error : "ok";
    if (write(report, text, strlen(text)) < 0) {
        perror("breeze-air");
    }
    close(report);
}

// Whatever the program that started us had open (a pipe, say, whose reader waits for its end) must
// not live on in the daemon.
static void close_inherited(int keep)
{
    long max = sysconf(_SC_OPEN_MAX);
    max = max < 0 || max > 65536 ? 65536 : max;
    for (int fd = 3; fd < max; fd++) {
        if (fd != keep) {
            close(fd);
        }
    }
}

// The child: a session of its own, nothing of the terminal kept but its log.
static void detach(const struct server_options *options, int report)
{
    char path[128];
    close_inherited(report);
    setsid();
    snprintf(path, sizeof(path), "%s.log", options->socket_path);
    int log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    dup2(null, 0);
    dup2(log >= 0 ? log : null, 1);
    dup2(log >= 0 ? log : null, 2);
}

static int wait_for_report(int fd, pid_t child)
{
    char text[256];
    size_t len = 0;
    ssize_t n;
    while ((n = read(fd, text + len, sizeof(text) - 1 - len)) > 0 || (n < 0 && errno == EINTR)) {
        len += n > 0 ? (size_t)n : 0;
    }
    text[len] = '\0';
    if (!strcmp(text, "ok")) {
        return EXIT_FINE;
    }
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    fprintf(stderr, "breeze-air: %s\n", len ? text : "ended before it was ready");
    return WIFEXITED(status) && WEXITSTATUS(status) ? WEXITSTATUS(status) : EXIT_FAILED;
}

int daemon_start(const struct server_options *options)
{
    int fds[2];
    if (pipe2(fds, O_CLOEXEC)) {
        perror("breeze-air: pipe");
        return EXIT_FAILED;
    }
    pid_t child = fork();
    if (child < 0) {
        perror("breeze-air: fork");
        return EXIT_FAILED;
    }
    if (!child) {
        detach(options, fds[1]);
        exit(server_run(options, fds[1]));
    }
    close(fds[1]);
    int code = wait_for_report(fds[0], child);
    close(fds[0]);
    return code;
}
