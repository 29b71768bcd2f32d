// H4 over a serial line: uart:/dev/ttyX[,BAUD], 8 data bits, no parity, one stop bit, RTS/CTS.
// Core Specification, Vol 4, Part A, 3.
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "transport_impl.h"

#define DEFAULT_BAUD 1000000

static const struct {
    long baud;
    speed_t speed;
} speeds[] = {
    {9600, B9600},       {19200, B19200},     {38400, B38400},     {57600, B57600},
    {115200, B115200},   {230400, B230400},   {460800, B460800},   {500000, B500000},
    {576000, B576000},   {921600, B921600},   {1000000, B1000000}, {1152000, B1152000},
    {1500000, B1500000}, {2000000, B2000000}, {2500000, B2500000}, {3000000, B3000000},
    {3500000, B3500000}, {4000000, B4000000},
};

// The device's path and speed; false when the text has no such form.
static bool parse(const char *rest, char *path, speed_t *speed)
{
    const char *comma = strchr(rest, ',');
    size_t len = comma ? (size_t)(comma - rest) : strlen(rest);
    if (len == 0 || len >= TRANSPORT_TEXT) {
        return false;
    }
    memcpy(path, rest, len);
    path[len] = '\0';
    char *end = NULL;
    long baud = comma ? strtol(comma + 1, &end, 10) : DEFAULT_BAUD;
    if (comma && (end == comma + 1 || *end)) {
        return false;
    }
    for (size_t i = 0; i < sizeof(speeds) / sizeof(speeds[0]); i++) {
        if (speeds[i].baud == baud) {
            *speed = speeds[i].speed;
            return true;
        }
    }
    return false;
}

static int uart_check(const char *rest)
{
    char path[TRANSPORT_TEXT];
    speed_t speed;
    if (!parse(rest, path, &speed)) {
        return transport_fail(EINVAL,
                              "BREEZE_HCI=uart:%s needs a device and perhaps a usual speed: "
                              "uart:/dev/ttyACM0 or uart:/dev/ttyUSB0,115200",
                              rest);
    }
    return 0;
}

static int set_line(int fd, speed_t speed)
{
    struct termios line;
    if (tcgetattr(fd, &line)) {
        return -errno;
    }
    cfmakeraw(&line);
    line.c_cflag |= CLOCAL | CREAD | CRTSCTS;
    line.c_cflag &= ~(tcflag_t)CSTOPB;
    if (cfsetispeed(&line, speed) || cfsetospeed(&line, speed) || tcsetattr(fd, TCSANOW, &line)) {
        return -errno;
    }
    (void)tcflush(fd, TCIOFLUSH);
    (void)ioctl(fd, TIOCEXCL);
    return 0;
}

static const char *help_for(int err)
{
    switch (err) {
    case EACCES:
        return "sudo usermod -aG dialout $USER gives you the right, after a new login";
    case EBUSY:
        return "another program has it open; close that one";
    case ENOTTY:
        return "it is no serial line";
    default:
        return "ls /dev/tty* shows what there is";
    }
}

static int uart_open(const char *rest)
{
    char path[TRANSPORT_TEXT];
    speed_t speed = B1000000;
    (void)parse(rest, path, &speed);
    int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    int err = fd < 0 ? -errno : set_line(fd, speed);
    if (err) {
        if (fd >= 0) {
            close(fd);
        }
        return transport_fail(-err, "%s cannot be used (%s): %s", path, strerror(-err),
                              help_for(-err));
    }
    return fd;
}

const struct transport_kind transport_uart = {
    .prefix = "uart",
    .check = uart_check,
    .open = uart_open,
};
