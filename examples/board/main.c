// A Bluetooth LE peripheral on a bare board: it tells, when asked and once a second to who subscribed,
// for how many seconds it has been running.
#include <breeze/breeze.h>
#include <zephyr/bluetooth/bluetooth.h>
#include <zephyr/bluetooth/conn.h>
#include <zephyr/bluetooth/gatt.h>
#include <zephyr/kernel.h>
#include <zephyr/sys/byteorder.h>

#include "board.h"

#define OWN_UUID(n)                                                                                \
    BT_UUID_DECLARE_128(                                                                           \
        BT_UUID_128_ENCODE(0x5a1e0100 + (n), 0xbee2, 0x4e5a, 0x8f00, 0x0242ac120002))

static uint8_t uptime[4];

static ssize_t read_uptime(struct bt_conn *conn, const struct bt_gatt_attr *attr, void *buf,
                           uint16_t len, uint16_t offset)
{
    sys_put_le32((uint32_t)(k_uptime_get() / 1000), uptime);
    return bt_gatt_attr_read(conn, attr, buf, len, offset, uptime, sizeof(uptime));
}

BT_GATT_SERVICE_DEFINE(clock_service, BT_GATT_PRIMARY_SERVICE(OWN_UUID(0)),
                       BT_GATT_CHARACTERISTIC(OWN_UUID(1), BT_GATT_CHRC_READ | BT_GATT_CHRC_NOTIFY,
                                              BT_GATT_PERM_READ, read_uptime, NULL, NULL),
                       BT_GATT_CCC(NULL, BT_GATT_PERM_READ | BT_GATT_PERM_WRITE));

static const struct bt_data ad[] = {
    BT_DATA_BYTES(BT_DATA_FLAGS, BT_LE_AD_GENERAL | BT_LE_AD_NO_BREDR),
    BT_DATA(BT_DATA_NAME_COMPLETE, "board", 5),
};

static void advertise(void)
{
    int err = bt_le_adv_start(BT_LE_ADV_CONN_FAST_1, ad, ARRAY_SIZE(ad), NULL, 0);
    console_print(err ? "cannot advertise\n" : "advertising\n");
}

static void connected(struct bt_conn *conn, uint8_t err)
{
    console_print("connected\n");
}

static void disconnected(struct bt_conn *conn, uint8_t reason)
{
    console_print("disconnected\n");
}

BT_CONN_CB_DEFINE(callbacks) = {
    .connected = connected,
    .disconnected = disconnected,
    .recycled = advertise, // The slot of the connection is free again.
};

static void second(struct k_work *work)
{
    sys_put_le32((uint32_t)(k_uptime_get() / 1000), uptime);
    (void)bt_gatt_notify(NULL, &clock_service.attrs[1], uptime, sizeof(uptime));
    (void)k_work_schedule(k_work_delayable_from_work(work), K_SECONDS(1));
}

static K_WORK_DELAYABLE_DEFINE(seconds, second);

int main(void)
{
    clock_start();
    uart_start();
    (void)breeze_transport_set(&uart_transport, NULL);
    if (bt_enable(NULL)) {
        console_print("no controller\n");
        return 1;
    }
    advertise();
    (void)k_work_schedule(&seconds, K_SECONDS(1));
    for (;;) {
        (void)breeze_port_idle(breeze_step());
    }
}
