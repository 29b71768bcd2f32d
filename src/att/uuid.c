// UUIDs: comparison, text, and their octets in PDUs (Vol 3, Part B, 2.5.1).
#include "att/uuid.h"

#include <string.h>

// The Bluetooth Base UUID, 00000000-0000-1000-8000-00805f9b34fb; the short forms are its last four
// octets here.
static const uint8_t base_uuid[12] = {0xfb, 0x34, 0x9b, 0x5f, 0x80, 0x00,
                                      0x00, 0x80, 0x00, 0x10, 0x00, 0x00};

static uint32_t short_val(const struct bt_uuid *uuid)
{
    return uuid->type == BT_UUID_TYPE_16 ? BT_UUID_16(uuid)->val : BT_UUID_32(uuid)->val;
}

static void widen(const struct bt_uuid *uuid, uint8_t to[BT_UUID_SIZE_128])
{
    if (uuid->type == BT_UUID_TYPE_128) {
        memcpy(to, BT_UUID_128(uuid)->val, BT_UUID_SIZE_128);
        return;
    }
    struct wr w = wr_init(to, BT_UUID_SIZE_128);
    wr_bytes(&w, base_uuid, sizeof(base_uuid));
    wr_le32(&w, short_val(uuid));
}

int bt_uuid_cmp(const struct bt_uuid *u1, const struct bt_uuid *u2)
{
    if (u1->type != BT_UUID_TYPE_128 && u2->type != BT_UUID_TYPE_128) {
        uint32_t a = short_val(u1);
        uint32_t b = short_val(u2);
        return a == b ? 0 : a < b ? -1 : 1;
    }
    uint8_t a[BT_UUID_SIZE_128];
    uint8_t b[BT_UUID_SIZE_128];
    widen(u1, a);
    widen(u2, b);
    for (int i = BT_UUID_SIZE_128 - 1; i >= 0; i--) {
        if (a[i] != b[i]) {
            return a[i] < b[i] ? -1 : 1;
        }
    }
    return 0;
}

bool bt_uuid_create(struct bt_uuid *uuid, const uint8_t *data, uint8_t data_len)
{
    struct rd r = rd_init(data, data_len);
    struct bt_uuid_any *any = CONTAINER_OF(uuid, struct bt_uuid_any, uuid);
    switch (data_len) {
    case BT_UUID_SIZE_16:
        uuid->type = BT_UUID_TYPE_16;
        any->u16.val = rd_le16(&r);
        return true;
    case BT_UUID_SIZE_32:
        uuid->type = BT_UUID_TYPE_32;
        any->u32.val = rd_le32(&r);
        return true;
    case BT_UUID_SIZE_128:
        uuid->type = BT_UUID_TYPE_128;
        rd_copy(&r, any->u128.val, BT_UUID_SIZE_128);
        return true;
    default:
        return false;
    }
}

// `digits` hexadecimal digits of the octets that end at `from`, most significant first.
static void put_hex(struct wr *w, const uint8_t *from, unsigned int digits)
{
    static const char hex[] = "0123456789abcdef";
    for (; digits; digits -= 2, from--) {
        wr_u8(w, (uint8_t)hex[*from >> 4]);
        wr_u8(w, (uint8_t)hex[*from & 15]);
    }
}

void bt_uuid_to_str(const struct bt_uuid *uuid, char *str, size_t len)
{
    static const uint8_t groups[] = {8, 4, 4, 4, 12};
    char text[BT_UUID_STR_LEN];
    struct wr w = wr_init(text, sizeof(text));
    uint8_t octets[BT_UUID_SIZE_128];
    widen(uuid, octets);
    const uint8_t *at = &octets[BT_UUID_SIZE_128 - 1];
    if (uuid->type == BT_UUID_TYPE_128) {
        for (unsigned int i = 0; i < ARRAY_SIZE(groups); at -= groups[i] / 2, i++) {
            if (i) {
                wr_u8(&w, '-');
            }
            put_hex(&w, at, groups[i]);
        }
    } else if (uuid->type == BT_UUID_TYPE_32) {
        put_hex(&w, at, 8);
    } else {
        put_hex(&w, at - 2, 4);
    }
    wr_u8(&w, 0);
    if (len) {
        size_t take = wr_len(&w) < len ? wr_len(&w) : len;
        memcpy(str, text, take);
        str[take - 1] = '\0';
    }
}

uint8_t uuid_len(const struct bt_uuid *uuid)
{
    return uuid->type == BT_UUID_TYPE_16 ? BT_UUID_SIZE_16 : BT_UUID_SIZE_128;
}

void uuid_put(struct wr *w, const struct bt_uuid *uuid)
{
    if (uuid->type == BT_UUID_TYPE_16) {
        wr_le16(w, BT_UUID_16(uuid)->val);
        return;
    }
    uint8_t octets[BT_UUID_SIZE_128];
    widen(uuid, octets);
    wr_bytes(w, octets, sizeof(octets));
}

bool uuid_get(struct rd *r, size_t len, struct bt_uuid_any *uuid)
{
    if (len != BT_UUID_SIZE_16 && len != BT_UUID_SIZE_128) {
        return false;
    }
    const uint8_t *octets = rd_take(r, len);
    return octets && bt_uuid_create(&uuid->uuid, octets, (uint8_t)len);
}
