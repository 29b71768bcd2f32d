// A Bluetooth LE peripheral in C on a bare loop: a thermometer that notifies once a second.
//
// Only breeze_unix_setup() belongs to Unix. On a board call breeze_transport_set() with its transport,
// give the port's functions (breeze/port.h), and keep the rest.
#include <stdio.h>

#include <breeze/breeze.h>
#include <zephyr/bluetooth/bluetooth.h>
#include <zephyr/bluetooth/conn.h>
#include <zephyr/bluetooth/gatt.h>
#include <zephyr/kernel.h>
#include <zephyr/settings/settings.h>
#include <zephyr/sys/byteorder.h>

#include <transport.h>

static int16_t centidegrees = 2150; // The unit of the Temperature characteristic.

static ssize_t read_temperature(struct bt_conn *conn, const struct bt_gatt_attr *attr, void *buf,
                                uint16_t len, uint16_t offset)
{
    uint8_t value[2];
    sys_put_le16((uint16_t)centidegrees, value);
    return bt_gatt_attr_read(conn, attr, buf, len, offset, value, sizeof(value));
}

BT_GATT_SERVICE_DEFINE(sensing, BT_GATT_PRIMARY_SERVICE(BT_UUID_ESS),
                       BT_GATT_CHARACTERISTIC(BT_UUID_TEMPERATURE,
                                              BT_GATT_CHRC_READ | BT_GATT_CHRC_NOTIFY,
                                              BT_GATT_PERM_READ, read_temperature, NULL, NULL),
                       BT_GATT_CCC(NULL, BT_GATT_PERM_READ | BT_GATT_PERM_WRITE));

static const struct bt_data ad[] = {
    BT_DATA_BYTES(BT_DATA_FLAGS, BT_LE_AD_GENERAL | BT_LE_AD_NO_BREDR),
    BT_DATA_BYTES(BT_DATA_UUID16_ALL, BT_UUID_16_ENCODE(BT_UUID_ESS_VAL)),
    BT_DATA(BT_DATA_NAME_COMPLETE, "thermometer", 11),
};

static void advertise(void)
{
    int err = bt_le_adv_start(BT_LE_ADV_CONN_FAST_1, ad, ARRAY_SIZE(ad), NULL, 0);
    printf(err ? "advertising failed: %d\n" : "advertising\n", err);
}

static void connected(struct bt_conn *conn, uint8_t err)
{
    char addr[BT_ADDR_LE_STR_LEN];
    bt_addr_le_to_str(bt_conn_get_dst(conn), addr, sizeof(addr));
    printf("connected by %s\n", addr);
}

static void disconnected(struct bt_conn *conn, uint8_t reason)
{
    printf("disconnected: reason 0x%02x\n", reason);
}

// The slot of the connection is free again: somebody else may come.
static void recycled(void)
{
    advertise();
}

BT_CONN_CB_DEFINE(callbacks) = {
    .connected = connected,
    .disconnected = disconnected,
    .recycled = recycled,
};

static void measure(struct k_work *work)
{
    uint8_t value[2];
    centidegrees = centidegrees < 2500 ? centidegrees + 1 : 2150;
    sys_put_le16((uint16_t)centidegrees, value);
    // To everybody who subscribed; -ENOTCONN when nobody did.
    (void)bt_gatt_notify(NULL, &sensing.attrs[1], value, sizeof(value));
    (void)k_work_schedule(k_work_delayable_from_work(work), K_SECONDS(1));
}

static K_WORK_DELAYABLE_DEFINE(measurement, measure);

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    int err = breeze_unix_setup("thermometer");
    err = err ? err : bt_enable(NULL);
    if (err) {
        printf("no Bluetooth: %d. %s\n", err, breeze_unix_transport_error());
        return 1;
    }
    (void)settings_load(); // The identity of the last run.
    advertise();
    (void)k_work_schedule(&measurement, K_SECONDS(1));
    while (!err) {
        err = breeze_port_idle(breeze_step());
    }
    return bt_disable() != 0;
}
