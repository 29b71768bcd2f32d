// Fuzz target: AD structures from the air. What is parsed lies inside the input and adds up, and
// writing it again gives the same octets.
#include <stdlib.h>

#include "link_fake.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
    const uint8_t *data;
    const uint8_t *at; // Where the next structure must begin.
    const uint8_t *end;
};

static void check(bool ok)
{
    if (!ok) {
        abort();
    }
}

static bool one(struct bt_data *ad, void *user_data)
{
    struct seen *seen = user_data;
    uint8_t again[257];
    check(ad->data == seen->at + 2 || (!ad->data_len && seen->at + 2 <= seen->end));
    check(seen->at + 2 + ad->data_len <= seen->end);
    size_t len = bt_data_serialize(ad, again);
    check(len == (size_t)ad->data_len + 2 && !memcmp(again, seen->at, len));
    check(bt_data_get_len(ad, 1) == len);
    int written = ad_write(ad, 1, again, BT_GAP_ADV_MAX_ADV_DATA_LEN);
    check(written == (len <= BT_GAP_ADV_MAX_ADV_DATA_LEN ? (int)len : -EINVAL));
    seen->at += len;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 1650) {
        return 0;
    }
    // Memory of exactly this size, so that the sanitizer sees every octet read too many.
    uint8_t *copy = malloc(size ? size : 1);
    memcpy(copy, data, size);
    struct seen seen = {copy, copy, copy + size};
    struct net_buf_simple ad = {copy, (uint16_t)size, (uint16_t)size, copy};
    bt_data_parse(&ad, one, &seen);
    check(ad.data >= seen.at && ad.data + ad.len == seen.end);
    free(copy);
    return 0;
}
