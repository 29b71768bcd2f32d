// A settings store in RAM: for tests, and as the image behind stores that write it somewhere.
#ifndef BREEZE_SETTINGS_H_
#define BREEZE_SETTINGS_H_

#include <zephyr/settings/settings.h>

#ifdef __cplusplus
extern "C" {
#endif

// Records lie back to back in `mem`: length of the name (1 byte), of the value (2 bytes, little-
// endian), the name, the value.
struct breeze_settings_ram {
    struct settings_store store;
    uint8_t *mem;
    size_t size;
    size_t used;
    bool loading; // the handlers run; nothing may be written
};

// An empty store over `mem`; register it with settings_src_register() and settings_dst_register().
void breeze_settings_ram_init(struct breeze_settings_ram *ram, void *mem, size_t size);

// The functions of the store, for others that keep their values in one. Saving: 0; -ENOSPC: no room;
// -EBUSY: called by a handler while loading; -EINVAL: name or value too long.
int breeze_settings_ram_load(struct breeze_settings_ram *ram, const struct settings_load_arg *arg);
int breeze_settings_ram_save(struct breeze_settings_ram *ram, const char *name, const void *value,
                             size_t val_len);
// Whether `len` bytes are records from end to end.
bool breeze_settings_ram_check(const uint8_t *mem, size_t len);

#ifdef __cplusplus
}
#endif

#endif // BREEZE_SETTINGS_H_
