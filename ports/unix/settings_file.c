// Settings in a file. The file is the image of a RAM store behind a header:
//
//     "BRZS", version (2 bytes), 0 (2 bytes), length of the image (4), CRC-32 of the image (4), image
//
// all little-endian. It is read and checked as a whole before any value is used, and written as a
// whole to a second file that is synced and then renamed over the first (and the folder synced), so
// that a power loss leaves the old file or the new one.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include <breeze/log.h>
#include <breeze/settings.h>
#include <zephyr/sys/byteorder.h>

#include "breeze_unix.h"

#define MAGIC        "BRZS"
#define VERSION      1
#define HEADER_BYTES 16
#define IMAGE_BYTES  32768

static struct {
    struct settings_store store;
    struct breeze_settings_ram ram;
    uint8_t file[HEADER_BYTES + IMAGE_BYTES];
    uint8_t before[IMAGE_BYTES]; // the image before a change that may fail
    char path[PATH_MAX];
    bool batch;  // between save_start and save_end
    int refused; // why the file may not be used
} settings;

static uint32_t crc32_of(const uint8_t *data, size_t len)
{
    uint32_t crc = UINT32_MAX;
    while (len--) {
        crc ^= *data++;
        for (int bit = 0; bit < 8; bit++) {
            crc = (crc >> 1) ^ (crc & 1 ? 0xedb88320U : 0);
        }
    }
    return ~crc;
}

static void log_failed(const char *what, int err)
{
    if (breeze_log_on(LOG_PORT, BREEZE_LOG_ERR)) {
        breeze_log_print(LOG_PORT, BREEZE_LOG_ERR, "settings file %s: %s: %s", settings.path, what,
                         strerror(-err));
    }
}

// Write all of it; 0 or a negative errno.
static int write_all(int fd, const uint8_t *data, size_t len)
{
    while (len > 0) {
        ssize_t written = write(fd, data, len);
        if (written < 0 && errno != EINTR) {
            return -errno;
        }
        data += written > 0 ? written : 0;
        len -= written > 0 ? (size_t)written : 0;
    }
    return 0;
}

// Read to the end of the file, at most `len`; the count or a negative errno.
static ssize_t read_all(int fd, uint8_t *data, size_t len)
{
    size_t total = 0;
    while (total < len) {
        ssize_t got = read(fd, data + total, len - total);
        if (got == 0) {
            break;
        }
        if (got < 0 && errno != EINTR) {
            return -errno;
        }
        total += got > 0 ? (size_t)got : 0;
    }
    return (ssize_t)total;
}

// The renamed file is there for good only when its folder is on the disk, too.
static void folder_sync(void)
{
    char path[PATH_MAX];
    memcpy(path, settings.path, sizeof(path));
    int fd = open(dirname(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        (void)fsync(fd);
        close(fd);
    }
}

static int file_put(const char *temporary)
{
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) {
        return -errno;
    }
    int err = write_all(fd, settings.file, HEADER_BYTES + settings.ram.used);
    if (err == 0 && fsync(fd) < 0) {
        err = -errno;
    }
    if (close(fd) < 0 && err == 0) {
        err = -errno;
    }
    if (err == 0 && rename(temporary, settings.path) < 0) {
        err = -errno;
    }
    if (err) {
        (void)unlink(temporary);
    }
    return err;
}

static int file_write(void)
{
    char temporary[PATH_MAX + 8];
    snprintf(temporary, sizeof(temporary), "%s.new", settings.path);
    uint8_t *header = settings.file;
    memcpy(header, MAGIC, 4);
    sys_put_le16(VERSION, &header[4]);
    sys_put_le16(0, &header[6]);
    sys_put_le32((uint32_t)settings.ram.used, &header[8]);
    sys_put_le32(crc32_of(settings.ram.mem, settings.ram.used), &header[12]);
    int err = file_put(temporary);
    if (err) {
        log_failed("cannot be written", err);
        return err;
    }
    folder_sync();
    return 0;
}

// Whether what was read is a whole file of ours.
static bool file_valid(size_t len)
{
    const uint8_t *header = settings.file;
    const uint8_t *image = header + HEADER_BYTES;
    return len >= HEADER_BYTES && memcmp(header, MAGIC, 4) == 0 &&
           sys_get_le16(&header[4]) == VERSION && sys_get_le16(&header[6]) == 0 &&
           sys_get_le32(&header[8]) == len - HEADER_BYTES &&
           sys_get_le32(&header[12]) == crc32_of(image, len - HEADER_BYTES) &&
           breeze_settings_ram_check(image, len - HEADER_BYTES);
}

static int file_read(void)
{
    int fd = open(settings.path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return errno == ENOENT ? 0 : -errno;
    }
    ssize_t len = read_all(fd, settings.file, sizeof(settings.file));
    uint8_t beyond;
    bool longer = len >= 0 && read_all(fd, &beyond, 1) != 0;
    close(fd);
    if (len < 0) {
        return (int)len;
    }
    if (longer || !file_valid((size_t)len)) {
        return -EBADMSG;
    }
    settings.ram.used = (size_t)len - HEADER_BYTES;
    return 0;
}

static int store_load(struct settings_store *cs, const struct settings_load_arg *arg)
{
    return settings.refused ? settings.refused : breeze_settings_ram_load(&settings.ram, arg);
}

static int store_save(struct settings_store *cs, const char *name, const char *value,
                      size_t val_len)
{
    if (settings.refused) {
        return settings.refused;
    }
    size_t used_before = settings.ram.used;
    memcpy(settings.before, settings.ram.mem, used_before);
    int err = breeze_settings_ram_save(&settings.ram, name, value, val_len);
    bool same = settings.ram.used == used_before &&
                memcmp(settings.before, settings.ram.mem, used_before) == 0;
    if (err || same || settings.batch) {
        return err;
    }
    err = file_write();
    if (err) {
        memcpy(settings.ram.mem, settings.before, used_before);
        settings.ram.used = used_before;
    }
    return err;
}

static int store_save_start(struct settings_store *cs)
{
    settings.batch = true;
    return settings.refused;
}

static int store_save_end(struct settings_store *cs)
{
    settings.batch = false;
    return settings.refused ? settings.refused : file_write();
}

static const struct settings_store_itf file_itf = {
    .csi_load = store_load,
    .csi_save_start = store_save_start,
    .csi_save = store_save,
    .csi_save_end = store_save_end,
};

int breeze_unix_settings_file(const char *path)
{
    if (strlen(path) >= sizeof(settings.path) - 4) {
        return -ENAMETOOLONG;
    }
    settings.store = (struct settings_store){.cs_itf = &file_itf};
    settings.batch = false;
    snprintf(settings.path, sizeof(settings.path), "%s", path);
    breeze_settings_ram_init(&settings.ram, settings.file + HEADER_BYTES, IMAGE_BYTES);
    settings.refused = file_read();
    if (settings.refused) {
        log_failed(settings.refused == -EBADMSG ? "damaged or of another version, not used"
                                                : "cannot be read",
                   settings.refused);
    }
    settings_src_register(&settings.store);
    settings_dst_register(&settings.store);
    return settings.refused;
}
