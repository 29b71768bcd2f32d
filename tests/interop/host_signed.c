// A service of the test host whose value takes writes with a signature: b5ee0030, b5ee0031 in it.
#include <zephyr/bluetooth/gatt.h>

#include "host_parts.h"

#define OWN_UUID(n)                                                                                \
    BT_UUID_DECLARE_128(                                                                           \
        BT_UUID_128_ENCODE(0xb5ee0000 + (n), 0x1b2f, 0x4c7e, 0x9a55, 0x0123456789ab))

static ssize_t on_write(struct bt_conn *conn, const struct bt_gatt_attr *attr, const void *buf,
                        uint16_t len, uint16_t offset, uint8_t flags)
{
    say("wrote %u flags=0x%02x offset=%u %s", bt_conn_index(conn), flags, offset, hex(buf, len));
    return len;
}

BT_GATT_SERVICE_DEFINE(interop_signed, BT_GATT_PRIMARY_SERVICE(OWN_UUID(0x30)),
                       BT_GATT_CHARACTERISTIC(OWN_UUID(0x31),
                                              BT_GATT_CHRC_WRITE_WITHOUT_RESP | BT_GATT_CHRC_AUTH,
                                              BT_GATT_PERM_WRITE, NULL, on_write, NULL));
