// The sets of the test host: extended advertising and its reports. Data is told by its length: AD
// structures of octets that test_ext.py knows too (common.py, structures()).
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <zephyr/bluetooth/bluetooth.h>

#include "host_parts.h"

#define SETS     CONFIG_BT_EXT_ADV_MAX_ADV_SET
#define DATA_MAX 1650
#define PART_MAX 250 // octets in one structure

static struct bt_le_ext_adv *sets[SETS];
static uint8_t octets[DATA_MAX];

static int slot_of(const struct bt_le_ext_adv *adv)
{
    for (int i = 0; i < SETS; i++) {
        if (sets[i] == adv) {
            return i;
        }
    }
    return -1;
}

static void on_sent(struct bt_le_ext_adv *adv, struct bt_le_ext_adv_sent_info *info)
{
    say("set_sent %d %u", slot_of(adv), info->num_sent);
}

static void on_connected(struct bt_le_ext_adv *adv, struct bt_le_ext_adv_connected_info *info)
{
    say("set_connected %d %u", slot_of(adv), bt_conn_index(info->conn));
}

static void on_scanned(struct bt_le_ext_adv *adv, struct bt_le_ext_adv_scanned_info *info)
{
    say("set_scanned %d %s", slot_of(adv), addr_text(info->addr));
}

static const struct bt_le_ext_adv_cb set_cb = {
    .sent = on_sent, .connected = on_connected, .scanned = on_scanned};

struct bt_le_ext_adv *set_at(uint32_t slot)
{
    return slot < SETS ? sets[slot] : NULL;
}

size_t structures(struct bt_data *to, size_t len)
{
    size_t count = 0;
    for (size_t i = 0; i < sizeof octets; i++) {
        octets[i] = (uint8_t)(i * 11 + i / 200);
    }
    for (size_t done = 0; done + 2 <= len && count < PARTS_MAX; count++) {
        size_t part = MIN(len - done - 2, PART_MAX);
        to[count] = (struct bt_data){BT_DATA_MANUFACTURER_DATA, (uint8_t)part, octets + done};
        done += part + 2;
    }
    return count;
}

int set_make(uint32_t slot, uint32_t options, uint8_t sid, uint32_t len, bool response)
{
    struct bt_data data[PARTS_MAX];
    size_t count = structures(data, len);
    struct bt_le_adv_param param = BT_LE_ADV_PARAM_INIT(options, 0x30, 0x30, NULL);
    param.sid = sid;
    if (slot >= SETS) {
        return -EINVAL;
    }
    int rc = sets[slot] ? 0 : bt_le_ext_adv_create(&param, &set_cb, &sets[slot]);
    if (rc != 0) {
        return rc;
    }
    return bt_le_ext_adv_set_data(sets[slot], response ? NULL : data, response ? 0 : count,
                                  response ? data : NULL, response ? count : 0);
}

int set_start(uint32_t slot, uint16_t timeout, uint8_t events)
{
    return slot < SETS && sets[slot]
               ? bt_le_ext_adv_start(sets[slot], BT_LE_EXT_ADV_START_PARAM(timeout, events))
               : -EINVAL;
}

int set_stop(uint32_t slot)
{
    return slot < SETS && sets[slot] ? bt_le_ext_adv_stop(sets[slot]) : -EINVAL;
}

int set_remove(uint32_t slot)
{
    int rc = slot < SETS && sets[slot] ? bt_le_ext_adv_delete(sets[slot]) : -EINVAL;
    if (rc == 0) {
        sets[slot] = NULL;
    }
    return rc;
}

void say_octets(const char *what, const uint8_t *data, size_t len)
{
    (void)printf("%s ", what);
    for (size_t i = 0; i < len; i++) {
        (void)printf("%02x", data[i]);
    }
    (void)printf("%s\n", len ? "" : "-");
}

static void on_recv(const struct bt_le_scan_recv_info *info, struct net_buf_simple *buf)
{
    if (info->adv_props & BT_GAP_ADV_PROP_EXT_ADV) {
        char what[80];
        (void)snprintf(what, sizeof what, "set_report %s %u %u %u %u",
                       info->addr->type == BT_ADDR_LE_ANONYMOUS ? "anonymous"
                                                                : addr_text(info->addr),
                       info->adv_props, info->sid, info->primary_phy, info->secondary_phy);
        say_octets(what, buf->data, buf->len);
    }
}

static struct bt_le_scan_cb scan_cb = {.recv = on_recv};

int set_scan(bool active, uint8_t options)
{
    struct bt_le_scan_param param = {
        .type = active ? BT_LE_SCAN_TYPE_ACTIVE : BT_LE_SCAN_TYPE_PASSIVE,
        .options = options,
        .interval = BT_GAP_SCAN_FAST_INTERVAL,
        .window = BT_GAP_SCAN_FAST_INTERVAL,
    };
    int rc = bt_le_scan_cb_register(&scan_cb);
    return rc != 0 && rc != -EEXIST ? rc : bt_le_scan_start(&param, NULL);
}
