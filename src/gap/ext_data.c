// Advertising data as octets, from wherever it lies (Supplement, Part A; Vol 3, Part C, 11): nothing
// holds a copy of long data.
#include <errno.h>

#include "gap/ext_data.h"

int ext_payload_list(struct ext_payload *payload, const struct bt_data *data, size_t count)
{
    size_t len = 0;
    if (count && !data) {
        return -EINVAL;
    }
    for (size_t i = 0; i < count; i++) {
        if (data[i].data_len == UINT8_MAX || (data[i].data_len && !data[i].data)) {
            return -EINVAL;
        }
        len += BT_DATA_SERIALIZED_SIZE(data[i].data_len);
        if (len > BT_GAP_ADV_MAX_EXT_ADV_DATA_LEN) {
            return -EINVAL;
        }
    }
    *payload = (struct ext_payload){.list = data, .count = count, .len = (uint16_t)len};
    return 0;
}

int ext_payload_raw(struct ext_payload *payload, const uint8_t *data, size_t len)
{
    if ((len && !data) || len > BT_GAP_ADV_MAX_EXT_ADV_DATA_LEN) {
        return -EINVAL;
    }
    *payload = (struct ext_payload){.raw = data, .len = (uint16_t)len};
    return 0;
}

uint8_t ext_payload_next(const struct ext_payload *payload, uint16_t offset, uint16_t max,
                         uint16_t *len)
{
    uint16_t left = payload->len - offset;
    bool last = left <= max;
    *len = MIN(left, max);
    if (last) {
        return offset ? BT_HCI_LE_EXT_ADV_OP_LAST_FRAG : BT_HCI_LE_EXT_ADV_OP_COMPLETE_DATA;
    }
    return offset ? BT_HCI_LE_EXT_ADV_OP_INTERM_FRAG : BT_HCI_LE_EXT_ADV_OP_FIRST_FRAG;
}

static void put_list(struct wr *to, const struct bt_data *data, size_t count, size_t skip,
                     size_t len)
{
    for (; count && len; data++, count--) {
        const uint8_t head[] = {(uint8_t)(data->data_len + 1), data->type};
        const struct {
            const uint8_t *at;
            size_t len;
        } parts[] = {{head, sizeof(head)}, {data->data, data->data_len}};
        for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
            size_t from = MIN(skip, parts[i].len);
            size_t take = MIN(parts[i].len - from, len);
            if (take) {
                wr_bytes(to, parts[i].at + from, take);
            }
            skip -= from;
            len -= take;
        }
    }
}

void ext_payload_put(const struct ext_payload *payload, struct wr *to, size_t offset, size_t len)
{
    if (payload->raw) {
        wr_bytes(to, payload->raw + offset, len);
    } else {
        put_list(to, payload->list, payload->count, offset, len);
    }
}
