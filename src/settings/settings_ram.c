// A settings store in RAM. Its image is read with the checked reader, because stores built on it
// fill it from files.
#include <breeze/settings.h>

#define LOG_LAYER LOG_KERNEL
#include "base/log.h"
#include "base/rd.h"
#include "base/wr.h"
#include "kernel/state.h"

struct record {
    const uint8_t *name;
    const uint8_t *value;
    size_t name_len;
    size_t value_len;
};

// The next record; false at the end or when the rest is none.
static bool record_next(struct rd *r, struct record *record)
{
    if (rd_left(r) == 0) {
        return false;
    }
    record->name_len = rd_u8(r);
    record->value_len = rd_le16(r);
    record->name = rd_take(r, record->name_len);
    record->value = rd_take(r, record->value_len);
    return rd_ok(r);
}

bool breeze_settings_ram_check(const uint8_t *mem, size_t len)
{
    struct rd r = rd_init(mem, len);
    struct record record;
    while (record_next(&r, &record)) {
        if (record.name_len == 0 || record.name_len > SETTINGS_MAX_NAME_LEN ||
            memchr(record.name, '\0', record.name_len) != NULL ||
            record.value_len > SETTINGS_MAX_VAL_LEN) {
            return false;
        }
    }
    return rd_done(&r);
}

static ssize_t record_read(void *cb_arg, void *data, size_t len)
{
    const struct record *record = cb_arg;
    size_t take = MIN(len, record->value_len);
    memcpy(data, record->value, take);
    return (ssize_t)take;
}

int breeze_settings_ram_load(struct breeze_settings_ram *ram, const struct settings_load_arg *arg)
{
    struct rd r = rd_init(ram->mem, ram->used);
    struct record record;
    int err = 0;
    bool nested = ram->loading;
    ram->loading = true;
    while (err == 0 && record_next(&r, &record)) {
        char name[SETTINGS_MAX_NAME_LEN + 1];
        memcpy(name, record.name, record.name_len);
        name[record.name_len] = '\0';
        err = settings_call_set_handler(name, record.value_len, record_read, &record, arg);
    }
    ram->loading = nested;
    return err < 0 ? err : 0;
}

// Cut a record out of the image, if it is there.
static void record_remove(struct breeze_settings_ram *ram, const char *name)
{
    struct rd r = rd_init(ram->mem, ram->used);
    struct record record;
    const uint8_t *start = r.p;
    while (record_next(&r, &record)) {
        if (record.name_len == strlen(name) && memcmp(record.name, name, record.name_len) == 0) {
            memmove(ram->mem + (start - ram->mem), r.p, rd_left(&r));
            ram->used -= (size_t)(r.p - start);
            return;
        }
        start = r.p;
    }
}

// Bytes that a record of this name takes now.
static size_t record_size(const struct breeze_settings_ram *ram, const char *name)
{
    struct rd r = rd_init(ram->mem, ram->used);
    struct record record;
    while (record_next(&r, &record)) {
        if (record.name_len == strlen(name) && memcmp(record.name, name, record.name_len) == 0) {
            return 3 + record.name_len + record.value_len;
        }
    }
    return 0;
}

int breeze_settings_ram_save(struct breeze_settings_ram *ram, const char *name, const void *value,
                             size_t val_len)
{
    size_t name_len = strlen(name);
    if (ram->loading) {
        log_err("setting '%s' saved while settings are loaded", name);
        return -EBUSY;
    }
    if (name_len == 0 || name_len > SETTINGS_MAX_NAME_LEN || val_len > SETTINGS_MAX_VAL_LEN) {
        return -EINVAL;
    }
    size_t rest = ram->size - ram->used + record_size(ram, name);
    if (val_len > 0 && rest < 3 + name_len + val_len) {
        return -ENOSPC;
    }
    record_remove(ram, name);
    if (val_len > 0) {
        struct wr w = wr_init(ram->mem + ram->used, ram->size - ram->used);
        wr_u8(&w, (uint8_t)name_len);
        wr_le16(&w, (uint16_t)val_len);
        wr_bytes(&w, name, name_len);
        wr_bytes(&w, value, val_len);
        __ASSERT_NO_MSG(wr_ok(&w));
        ram->used += wr_len(&w);
    }
    return 0;
}

static int store_load(struct settings_store *cs, const struct settings_load_arg *arg)
{
    return breeze_settings_ram_load(CONTAINER_OF(cs, struct breeze_settings_ram, store), arg);
}

static int store_save(struct settings_store *cs, const char *name, const char *value,
                      size_t val_len)
{
    return breeze_settings_ram_save(CONTAINER_OF(cs, struct breeze_settings_ram, store), name,
                                    value, val_len);
}

static const struct settings_store_itf ram_itf = {.csi_load = store_load, .csi_save = store_save};

void breeze_settings_ram_init(struct breeze_settings_ram *ram, void *mem, size_t size)
{
    *ram = (struct breeze_settings_ram){.store = {.cs_itf = &ram_itf}, .mem = mem, .size = size};
}
