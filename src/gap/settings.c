// What GAP keeps in the settings: "bt/id" (identity addresses), "bt/irk" (their keys), "bt/name",
// "bt/appearance"
// (zephyr/settings/settings.h). settings_load() brings them back, before bt_enable() or any time
// after; an identity it does not find is written. Without any settings backend all of it is quiet.
#include <errno.h>
#include <string.h>

#include <zephyr/settings/settings.h>
#include <zephyr/sys/byteorder.h>

#include "gap/state.h"

#define LOG_LAYER LOG_GAP
#include "base/log.h"

#if CONFIG_BT_SETTINGS

// Each value as it is stored: addresses as type and 6 octets, text without terminator, 16 bits
// little-endian. A value of another length is refused (hostile 57).
static int load_id(const uint8_t *value, size_t len)
{
    bt_addr_le_t addrs[CONFIG_BT_ID_MAX];
    size_t count = len / sizeof(addrs[0]);
    if (len % sizeof(addrs[0]) || count > ARRAY_SIZE(addrs)) {
        return -EINVAL;
    }
    memcpy(addrs, value, len);
    return id_load(addrs, count) ? 0 : -EINVAL;
}

static int load_irk(const uint8_t *value, size_t len)
{
    return own_irk_load(value, len) ? 0 : -EINVAL;
}

static int load_name(const uint8_t *value, size_t len)
{
    return name_load((const char *)value, len) ? 0 : -EINVAL;
}

static int load_appearance(const uint8_t *value, size_t len)
{
    if (len != 2) {
        return -EINVAL;
    }
    gap_reg.appearance = sys_get_le16(value);
    gap_reg.appearance_set = true;
    return 0;
}

static const struct {
    const char *key;
    int (*load)(const uint8_t *value, size_t len);
} rows[] = {
    {"id", load_id},
    {"irk", load_irk},
    {"name", load_name},
    {"appearance", load_appearance},
};

#define IRK_LEN   16
#define VALUE_MAX MAX(CONFIG_BT_DEVICE_NAME_MAX, CONFIG_BT_ID_MAX *IRK_LEN)

static int on_set(const char *key, size_t len, settings_read_cb read_cb, void *cb_arg)
{
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        if (settings_name_steq(key, rows[i].key, NULL)) {
            uint8_t value[VALUE_MAX];
            if (len > sizeof(value)) {
                return -EINVAL;
            }
            ssize_t got = read_cb(cb_arg, value, sizeof(value));
            int err = got < 0 ? (int)got : rows[i].load(value, (size_t)got);
            if (err) {
                log_wrn("bt/%s from the settings: %d", key, err);
            }
            return err;
        }
    }
    return -ENOENT;
}

static int on_commit(void)
{
    id_load_done();
    return 0;
}

const struct settings_handler_static gap_settings = {
    .name = "bt",
    .h_set = on_set,
    .h_commit = on_commit,
};

static void save(const char *key, const void *value, size_t len)
{
    int err = settings_save_one(key, value, len);
    if (err) {
        log_dbg("%s not saved: %d", key, err);
    }
}

void gap_settings_save_id(void)
{
    save("bt/id", gap_reg.ids, gap_reg.id_count * sizeof(gap_reg.ids[0]));
}

void gap_settings_save_irk(const void *irks, size_t len)
{
    save("bt/irk", irks, len);
}

void gap_settings_save_name(void)
{
    const char *name = bt_get_name();
    save("bt/name", name, strlen(name));
}

void gap_settings_save_appearance(void)
{
    uint8_t value[2];
    sys_put_le16(gap_reg.appearance, value);
    save("bt/appearance", value, sizeof(value));
}

#endif
