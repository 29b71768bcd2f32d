// Addresses as text, and fresh random ones (zephyr/bluetooth/addr.h; Vol 6, Part B, 1.3.2).
#include <errno.h>
#include <stddef.h>

#include <zephyr/bluetooth/addr.h>
#include <zephyr/sys/util.h>

#include "base/wr.h"
#include "hci/hci.h"

const bt_addr_t bt_addr_any = {{0}};
const bt_addr_t bt_addr_none = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
const bt_addr_le_t bt_addr_le_any = {0, {{0}}};
const bt_addr_le_t bt_addr_le_none = {0, {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}}};

static const struct {
    uint8_t type;
    const char *name;
} types[] = {
    {BT_ADDR_LE_PUBLIC, "public"},
    {BT_ADDR_LE_RANDOM, "random"},
    {BT_ADDR_LE_PUBLIC_ID, "public-id"},
    {BT_ADDR_LE_RANDOM_ID, "random-id"},
};

static const char digits[] = "0123456789ABCDEF";

// Cut `text` to the caller's room; the length of the whole.
static int text_copy(const struct wr *text, char *str, size_t len)
{
    size_t whole = wr_len(text);
    if (len) {
        size_t take = MIN(whole, len - 1);
        memcpy(str, text->start, take);
        str[take] = '\0';
    }
    return (int)whole;
}

static void write_hex(struct wr *text, uint8_t octet)
{
    wr_u8(text, (uint8_t)digits[octet >> 4]);
    wr_u8(text, (uint8_t)digits[octet & 0x0f]);
}

static void write_addr(struct wr *text, const bt_addr_t *addr)
{
    for (size_t i = BT_ADDR_SIZE; i-- > 0;) {
        write_hex(text, addr->val[i]);
        if (i) {
            wr_u8(text, ':');
        }
    }
}

static void write_type(struct wr *text, uint8_t type)
{
    for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
        if (types[i].type == type) {
            wr_bytes(text, types[i].name, strlen(types[i].name));
            return;
        }
    }
    wr_bytes(text, "0x", 2);
    write_hex(text, type);
}

int bt_addr_to_str(const bt_addr_t *addr, char *str, size_t len)
{
    char memory[BT_ADDR_STR_LEN];
    struct wr text = wr_init(memory, sizeof(memory));
    write_addr(&text, addr);
    return text_copy(&text, str, len);
}

int bt_addr_le_to_str(const bt_addr_le_t *addr, char *str, size_t len)
{
    char memory[BT_ADDR_LE_STR_LEN];
    struct wr text = wr_init(memory, sizeof(memory));
    write_addr(&text, &addr->a);
    wr_bytes(&text, " (", 2);
    write_type(&text, addr->type);
    wr_u8(&text, ')');
    return text_copy(&text, str, len);
}

static int digit_of(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int bt_addr_from_str(const char *str, bt_addr_t *addr)
{
    if (!str || !addr || strlen(str) != BT_ADDR_STR_LEN - 1) {
        return -EINVAL;
    }
    bt_addr_t read;
    for (size_t i = 0; i < BT_ADDR_SIZE; i++) {
        int high = digit_of(str[3 * i]);
        int low = digit_of(str[3 * i + 1]);
        char end = str[3 * i + 2];
        if (high < 0 || low < 0 || end != (i + 1 < BT_ADDR_SIZE ? ':' : '\0')) {
            return -EINVAL;
        }
        read.val[BT_ADDR_SIZE - 1 - i] = (uint8_t)(high << 4 | low);
    }
    *addr = read;
    return 0;
}

int bt_addr_le_from_str(const char *str, const char *type, bt_addr_le_t *addr)
{
    if (!type || !addr) {
        return -EINVAL;
    }
    size_t len = strlen(type);
    if (len >= 2 && type[0] == '(' && type[len - 1] == ')') {
        type++;
        len -= 2;
    }
    for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
        if (strlen(types[i].name) == len && !memcmp(types[i].name, type, len)) {
            int err = bt_addr_from_str(str, &addr->a);
            if (!err) {
                addr->type = types[i].type;
            }
            return err;
        }
    }
    return -EINVAL;
}

int bt_addr_le_create_nrpa(bt_addr_le_t *addr)
{
    int err = hci_rand(addr->a.val, BT_ADDR_SIZE);
    if (!err) {
        addr->type = BT_ADDR_LE_RANDOM;
        BT_ADDR_SET_NRPA(&addr->a);
    }
    return err;
}

int bt_addr_le_create_static(bt_addr_le_t *addr)
{
    int err = hci_rand(addr->a.val, BT_ADDR_SIZE);
    if (!err) {
        addr->type = BT_ADDR_LE_RANDOM;
        BT_ADDR_SET_STATIC(&addr->a);
    }
    return err;
}
