// AD structures: length, type, data (Supplement to the Core Specification, Part A; Vol 3, Part C, 11).
#include <errno.h>

#include <zephyr/bluetooth/bluetooth.h>

#include "base/rd.h"
#include "base/wr.h"
#include "gap/gap.h"

size_t bt_data_get_len(const struct bt_data data[], size_t count)
{
    size_t len = 0;
    for (size_t i = 0; i < count; i++) {
        len += BT_DATA_SERIALIZED_SIZE((size_t)data[i].data_len);
    }
    return len;
}

static void write_one(struct wr *to, const struct bt_data *data)
{
    wr_u8(to, (uint8_t)(data->data_len + 1));
    wr_u8(to, data->type);
    wr_bytes(to, data->data, data->data_len);
}

size_t bt_data_serialize(const struct bt_data *input, uint8_t *output)
{
    struct wr to = wr_init(output, BT_DATA_SERIALIZED_SIZE((size_t)input->data_len));
    write_one(&to, input);
    return wr_len(&to);
}

int ad_write(const struct bt_data *data, size_t count, uint8_t *output, size_t room)
{
    if (count && !data) {
        return -EINVAL;
    }
    struct wr to = wr_init(output, room);
    for (size_t i = 0; i < count; i++) {
        // A length octet cannot count more than 254 octets of data.
        if (data[i].data_len == UINT8_MAX || (data[i].data_len && !data[i].data)) {
            return -EINVAL;
        }
        write_one(&to, &data[i]);
    }
    return wr_ok(&to) ? (int)wr_len(&to) : -EINVAL;
}

// The next structure; false at the end, be it the data's, a zero length (legal, Vol 3, Part C, 11)
// or a structure that reaches past the end (hostile 53).
static bool read_one(struct rd *from, struct bt_data *data)
{
    uint8_t len = rd_u8(from);
    struct rd body = rd_sub(from, len);
    data->type = rd_u8(&body);
    data->data_len = (uint8_t)rd_left(&body);
    data->data = rd_take(&body, data->data_len);
    return len && rd_done(&body);
}

void bt_data_parse(struct net_buf_simple *ad, bool (*func)(struct bt_data *data, void *user_data),
                   void *user_data)
{
    struct rd from = rd_init(ad->data, ad->len);
    struct bt_data data;
    bool more = true;
    while (more && rd_left(&from)) {
        more = read_one(&from, &data) && func(&data, user_data);
    }
    ad->len = (uint16_t)rd_left(&from);
    ad->data += from.p - ad->data;
}
