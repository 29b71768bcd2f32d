// The API of enhanced bearers in a build without them (CONFIG_BT_EATT).
#include <errno.h>

#include <zephyr/bluetooth/att.h>

int bt_eatt_connect(struct bt_conn *conn, size_t num_channels)
{
    return -ENOTSUP;
}

int bt_eatt_disconnect_one(struct bt_conn *conn)
{
    return -ENOTSUP;
}

int bt_eatt_reconfigure(struct bt_conn *conn, uint16_t mtu)
{
    return -ENOTSUP;
}

size_t bt_eatt_count(struct bt_conn *conn)
{
    return 0;
}
