// Queued writes, reads of several values, includes and multiple notifications of the server, as PDU
// scripts that carry the ids of the SIG's GATT test suite.
//
// Handles: GAP 0x0001 to 9, GATT 0x000a to d, with Client Supported Features 0e and 0f behind them
// in the build of this file; then the services below from 0x0010.
#include "pdu/fake.h"

#include <stdio.h>

#include <zephyr/bluetooth/bluetooth.h>

#include "att/state.h"
#include "gatt/state.h"
#include "support/story.h"

static struct bt_conn *conn;
static uint8_t values[3][600];
static uint16_t lens[3];
static bool refuse;
static bool prepare_refused;
static bool remove_in_write;

static unsigned int which(const struct bt_gatt_attr *attr)
{
    return (unsigned int)(uintptr_t)attr->user_data;
}

static ssize_t on_read(struct bt_conn *c, const struct bt_gatt_attr *attr, void *buf, uint16_t len,
                       uint16_t offset)
{
    return bt_gatt_attr_read(c, attr, buf, len, offset, values[which(attr)], lens[which(attr)]);
}

static struct bt_gatt_service dyn;

static ssize_t on_write(struct bt_conn *c, const struct bt_gatt_attr *attr, const void *buf,
                        uint16_t len, uint16_t offset, uint8_t flags)
{
    unsigned int i = which(attr);
    tell("%u@%u+%u f%u;", i, offset, len, flags);
    if (remove_in_write) {
        remove_in_write = false;
        (void)bt_gatt_service_unregister(&dyn);
    }
    if (flags & BT_GATT_WRITE_FLAG_PREPARE) {
        return prepare_refused ? BT_GATT_ERR(0x81) : 0;
    }
    if (refuse) {
        return BT_GATT_ERR(0x80);
    }
    if (offset > lens[i]) {
        return BT_GATT_ERR(BT_ATT_ERR_INVALID_OFFSET);
    }
    memcpy(&values[i][offset], buf, len);
    lens[i] = (uint16_t)(offset + len);
    return len;
}

#define RW (BT_GATT_PERM_READ | BT_GATT_PERM_WRITE)

// 10 secondary service; 11 service, 12 include of 10, 13/14 a, 15/16 b (asked early), 17 CCC of b,
// 18/19 c read only, 1a/1b not readable, 1c CCC of that.
BT_GATT_SERVICE_DEFINE(a_secondary, BT_GATT_SECONDARY_SERVICE(BT_UUID_DECLARE_16(0xffa0)));
BT_GATT_SERVICE_DEFINE(b_primary, BT_GATT_PRIMARY_SERVICE(BT_UUID_DECLARE_16(0xffb0)),
                       BT_GATT_INCLUDE_SERVICE(&attr_a_secondary[0]),
                       BT_GATT_CHARACTERISTIC(BT_UUID_DECLARE_16(0xffb1), BT_GATT_CHRC_WRITE, RW,
                                              on_read, on_write, (void *)0),
                       BT_GATT_CHARACTERISTIC(BT_UUID_DECLARE_16(0xffb2),
                                              BT_GATT_CHRC_WRITE | BT_GATT_CHRC_NOTIFY,
                                              RW | BT_GATT_PERM_PREPARE_WRITE, on_read, on_write,
                                              (void *)1),
                       BT_GATT_CCC(NULL, RW),
                       BT_GATT_CHARACTERISTIC(BT_UUID_DECLARE_16(0xffb3), BT_GATT_CHRC_READ,
                                              BT_GATT_PERM_READ, on_read, NULL, (void *)2),
                       BT_GATT_CHARACTERISTIC(BT_UUID_DECLARE_16(0xffb4), BT_GATT_CHRC_NOTIFY,
                                              BT_GATT_PERM_NONE, NULL, NULL, NULL),
                       BT_GATT_CCC(NULL, RW));

// 1d/1e/1f when registered.
static struct bt_gatt_attr dyn_attrs[] = {
    BT_GATT_PRIMARY_SERVICE(BT_UUID_DECLARE_16(0xffc0)),
    BT_GATT_CHARACTERISTIC(BT_UUID_DECLARE_16(0xffc1), BT_GATT_CHRC_WRITE, RW, on_read, on_write,
                           (void *)0),
};
static struct bt_gatt_service dyn = BT_GATT_SERVICE(dyn_attrs);

static int begin(void **state)
{
    fake_begin(BT_CONN_ROLE_PERIPHERAL);
    conn = conn_at(0);
    story[0] = 0;
    memset(values, 'v', sizeof(values));
    lens[0] = 3;
    lens[1] = 3;
    lens[2] = 3;
    refuse = prepare_refused = remove_in_write = false;
    return 0;
}

static int end(void **state)
{
    fake_end();
    for (unsigned int i = 0; i < CONFIG_BREEZE_ATT_PREPARE_QUEUES; i++) {
        assert_null(att_run.queues[i].conn);
    }
    return 0;
}

// ---- Queued writes -----------------------------------------------------------------------------

static void gatt_sr_gaw_bv_05_c_long_value(void **state)
{
    ATT(conn, "> 16 14 00 00 00 61 62 63 < 17 14 00 00 00 61 62 63"
              "> 16 14 00 03 00 64 65 < 17 14 00 03 00 64 65 > 18 01 < 19");
    heard("0@0+5 f4;"); // Pieces that follow each other arrive as one.
    assert_memory_equal(values[0], "abcde", 5);
    ATT(conn, "> 18 01 < 19"); // Nothing is left.
    heard("");
}

static void gatt_sr_gaw_bv_06_c_reliable_write(void **state)
{
    ATT(conn, "> 16 14 00 00 00 61 < 17 14 00 00 00 61 > 16 16 00 01 00 62 < 17 16 00 01 00 62"
              "> 16 14 00 01 00 63 < 17 14 00 01 00 63 > 18 01 < 19");
    heard("1@1+1 f1;0@0+1 f4;1@1+1 f4;0@1+1 f4;"); // In the order of arrival.
}

static void queue_is_cancelled(void **state)
{
    ATT(conn, "> 16 14 00 00 00 61 < 17 14 00 00 00 61 > 18 00 < 19 > 18 01 < 19");
    heard("");
    assert_int_equal(values[0][0], 'v');
}

static void gatt_sr_gaw_bi_07_to_11_c_refused_pieces(void **state)
{
    ATT(conn, "> 16 ff 00 00 00 61 < 01 16 ff 00 01 > 16 19 00 00 00 61 < 01 16 19 00 03");
    prepare_refused = true;
    ATT(conn, "> 16 16 00 00 00 61 < 01 16 16 00 81 > 18 01 < 19");
    heard("1@0+1 f1;");
}

static void hostile_35_offset_and_length(void **state)
{
    // Judged when executed, before anything is written (Vol 3, Part F, 3.4.6.3).
    ATT(conn, "> 16 14 00 00 00 61 < 17 14 00 00 00 61"
              "> 16 14 00 ff 01 62 63 < 17 14 00 ff 01 62 63 > 18 01 < 01 18 14 00 0d");
    ATT(conn, "> 16 14 00 01 02 61 < 17 14 00 01 02 61 > 18 01 < 01 18 14 00 07");
    ATT(conn, "> 16 14 00 ff ff 61 < 17 14 00 ff ff 61 > 18 01 < 01 18 14 00 07");
    heard("");
    // A gap is the application's to refuse; what it refused stays refused.
    ATT(conn, "> 16 14 00 09 00 61 < 17 14 00 09 00 61 > 18 01 < 01 18 14 00 07 > 18 01 < 19");
    heard("0@9+1 f4;");
    // Overlaps are written in order.
    ATT(conn, "> 16 14 00 00 00 61 62 < 17 14 00 00 00 61 62"
              "> 16 14 00 01 00 63 < 17 14 00 01 00 63 > 18 01 < 19");
    assert_memory_equal(values[0], "ac", 2);
}

static void hostile_35_execute_flags(void **state)
{
    ATT(conn, "> 18 01 < 19 > 18 00 < 19 > 18 02 < 01 18 00 00 04 > 18 ff < 01 18 00 00 04"
              "> 18 01 00 < 01 18 00 00 04");
}

static unsigned int prepare(struct bt_conn *c, uint16_t offset)
{
    struct fake_frame frame;
    uint8_t pdu[23] = {0x16, 0x14, 0, (uint8_t)offset, (uint8_t)(offset >> 8)};
    fake_att(c, pdu, sizeof(pdu));
    assert_true(fake_sent(&frame));
    return frame.data[4] == 0x17 ? 0 : frame.data[8];
}

static void hostile_35_quota(void **state)
{
    // Pieces that do not continue each other use the queue up; the rest is refused, not lost.
    unsigned int taken = 0;
    while (prepare(conn, (uint16_t)(taken * 100)) == 0) {
        taken++;
        assert_in_range(taken, 1, CONFIG_BREEZE_ATT_PREPARE_SIZE);
    }
    assert_int_equal(prepare(conn, 0), BT_ATT_ERR_PREPARE_QUEUE_FULL);
    assert_int_equal(taken, CONFIG_BREEZE_ATT_PREPARE_SIZE / (6 + 18));
    // Another connection has its own queue, and cannot execute this one.
    struct bt_conn *other = fake_connect(1, BT_CONN_ROLE_PERIPHERAL);
    assert_int_equal(prepare(other, 0), 0);
    ATT(other, "> 18 01 < 19");
    heard("0@0+18 f4;");
    assert_int_equal(prepare(other, 0), 0);
    fake_disconnect(other); // With a queue held: end() sees that it came back.
    ATT(conn, "> 18 00 < 19");
    assert_int_equal(prepare(conn, 0), 0);
}

static void hostile_35_empty_pieces_cost_nothing(void **state)
{
    for (unsigned int i = 0; i < 1000; i++) {
        ATT(conn, "> 16 14 00 00 00 < 17 14 00 00 00");
    }
    ATT(conn, "> 18 01 < 19");
    heard("0@0+0 f4;");
}

static void hostile_35_service_goes_away(void **state)
{
    assert_int_equal(bt_gatt_service_register(&dyn), 0);
    ATT(conn, "> 16 1f 00 00 00 61 < 17 1f 00 00 00 61");
    assert_int_equal(bt_gatt_service_unregister(&dyn), 0);
    ATT(conn, "> 18 01 < 01 18 1f 00 01");
    assert_int_equal(bt_gatt_service_register(&dyn), 0);
    remove_in_write = true;
    ATT(conn, "> 16 14 00 00 00 61 < 17 14 00 00 00 61 > 16 1f 00 00 00 61 < 17 1f 00 00 00 61"
              "> 18 01 < 01 18 1f 00 01");
    heard("0@0+1 f4;");
}

static void write_refused_ends_the_rest(void **state)
{
    refuse = true;
    ATT(conn, "> 16 14 00 00 00 61 < 17 14 00 00 00 61 > 16 16 00 00 00 61 < 17 16 00 00 00 61"
              "> 18 01 < 01 18 14 00 80 > 18 01 < 19");
    heard("1@0+1 f1;0@0+1 f4;");
}

static bool deny(struct bt_conn *c, const struct bt_gatt_attr *attr)
{
    return false;
}

static void authorization_of_pieces_and_reads(void **state)
{
    static const struct bt_gatt_authorization_cb cb = {deny, deny};
    assert_int_equal(bt_gatt_authorization_cb_register(&cb), 0);
    ATT(conn, "> 16 14 00 00 00 61 < 01 16 14 00 08 > 0e 14 00 16 00 < 01 0e 14 00 08");
    assert_int_equal(bt_gatt_authorization_cb_register(NULL), 0);
}

// ---- Several values ----------------------------------------------------------------------------

static void gatt_sr_gar_bv_05_c_read_multiple(void **state)
{
    values[1][0] = 'w';
    ATT(conn, "> 0e 14 00 16 00 < 0f 76 76 76 77 76 76");
    ATT(conn, "> 0e 14 00 14 00 05 00 < 0f 76 76 76 76 76 76 41 03");
    lens[0] = 20; // Cut where the ATT_MTU ends.
    ATT(conn, "> 0e 14 00 16 00 < 0f 76 76 76 76 76 76 76 76 76 76 76 76 76 76 76 76 76 76 76 76"
              "77 76");
}

static void gatt_sr_gar_bi_18_to_22_c_read_multiple_refused(void **state)
{
    ATT(conn, "> 0e 14 00 ff 00 < 01 0e ff 00 01 > 0e 1b 00 14 00 < 01 0e 1b 00 02");
    ATT(conn, "> 20 14 00 ff 00 < 01 20 ff 00 01 > 20 1b 00 14 00 < 01 20 1b 00 02");
    ATT(conn, "> 0e 14 00 < 01 0e 00 00 04 > 0e 14 00 16 00 16 < 01 0e 00 00 04");
    lens[0] = 30; // Also behind the point where the response is full.
    ATT(conn, "> 0e 14 00 1b 00 < 01 0e 1b 00 02 > 20 14 00 1b 00 < 01 20 1b 00 02");
}

static void read_multiple_variable(void **state)
{
    lens[0] = 0;
    ATT(conn, "> 20 14 00 16 00 05 00 < 21 00 00 03 00 76 76 76 02 00 41 03");
    lens[0] = 300; // The length is the value's, however little of it fits.
    ATT(conn, "> 20 14 00 16 00 < 21 2c 01 76 76 76 76 76 76 76 76 76 76 76 76 76 76 76 76 76 76 76"
              "76");
    lens[0] = 17; // Room for one octet behind: not even for a length.
    ATT(conn, "> 20 14 00 16 00 < 21 11 00 76 76 76 76 76 76 76 76 76 76 76 76 76 76 76 76 76 03 00"
              "76");
}

static void gatt_sr_gar_bv_04_c_read_long(void **state)
{
    lens[0] = 25;
    ATT(conn,
        "> 0a 14 00 < 0b 76 76 76 76 76 76 76 76 76 76 76 76 76 76 76 76 76 76 76 76 76 76"
        "> 0c 14 00 16 00 < 0d 76 76 76 > 0c 14 00 19 00 < 0d > 0c 14 00 1a 00 < 01 0c 14 00 07"
        "> 0c 14 00 ff ff < 01 0c 14 00 07");
}

// ---- Structure ---------------------------------------------------------------------------------

static void gatt_sr_gad_bv_03_c_includes(void **state)
{
    ATT(conn, "> 08 01 00 ff ff 02 28 < 09 08 12 00 10 00 10 00 a0 ff"
              "> 08 13 00 ff ff 02 28 < 01 08 13 00 0a");
    // A secondary service is no primary one.
    ATT(conn, "> 10 10 00 ff ff 00 28 < 11 06 11 00 1c 00 b0 ff");
    ATT(conn, "> 10 10 00 ff ff 01 28 < 11 06 10 00 10 00 a0 ff");
    ATT(conn, "> 06 01 00 ff ff 00 28 b0 ff < 07 11 00 1c 00"
              "> 06 01 00 ff ff 00 28 a0 ff < 01 06 01 00 0a");
}

// ---- Multiple notifications --------------------------------------------------------------------

static unsigned int sent;

static void on_sent(struct bt_conn *c, void *user)
{
    sent++;
}

static int notify_both(const char *first, const char *second)
{
    struct bt_gatt_notify_params params[] = {
        {.attr = &attr_b_primary[4],
         .data = first,
         .len = (uint16_t)strlen(first),
         .func = on_sent},
        {.attr = &attr_b_primary[9],
         .data = second,
         .len = (uint16_t)strlen(second),
         .func = on_sent},
    };
    return bt_gatt_notify_multiple(conn, 2, params);
}

static void gatt_sr_gan_bv_02_c_multiple_notifications(void **state)
{
    sent = 0;
    assert_int_equal(notify_both("ab", "c"), -EINVAL); // Not subscribed.
    ATT(conn, "> 12 17 00 01 00 < 13 > 12 1c 00 01 00 < 13");
    assert_int_equal(notify_both("ab", "c"), 0); // The peer did not ask for it.
    ATT(conn, "< 1b 16 00 61 62 < 1b 1b 00 63");
    assert_int_equal(sent, 2);
    ATT(conn, "> 12 0f 00 04 < 13");
    assert_int_equal(notify_both("ab", "c"), 0);
    ATT(conn, "< 23 16 00 02 00 61 62 1b 00 01 00 63");
    assert_int_equal(sent, 3);
    // Too much for one PDU.
    assert_int_equal(notify_both("0123456789", "0123456789"), 0);
    ATT(conn, "< 1b 16 00 30 31 32 33 34 35 36 37 38 39 < 1b 1b 00 30 31 32 33 34 35 36 37 38 39");
    assert_int_equal(notify_both("012345678901234567890", ""), -EMSGSIZE);
    fake.tx_dry = true;
    assert_int_equal(notify_both("ab", "c"), -ENOMEM);
    fake.tx_dry = false;
}

static void client_supported_features(void **state)
{
    ATT(conn, "> 0a 0f 00 < 0b 00 > 12 0f 00 05 < 13 > 0a 0f 00 < 0b 05"
              "> 12 0f 00 04 < 01 12 0f 00 13 > 12 0f 00 < 01 12 0f 00 0d > 12 0f 00 07 00 < 13");
    fake_disconnect(conn);
    conn = fake_connect(0, BT_CONN_ROLE_PERIPHERAL);
    ATT(conn, "> 0a 0f 00 < 0b 00");
}

static void name_and_appearance_are_writable(void **state)
{
    ATT(conn, "> 12 03 00 4e 65 77 < 13 > 0a 03 00 < 0b 4e 65 77"
              "> 12 03 00 4e 00 < 01 12 03 00 13 > 12 05 00 40 00 < 13 > 0a 05 00 < 0b 40 00"
              "> 12 05 00 40 < 01 12 05 00 0d > 0a 02 00 < 0b 0a 03 00 00 2a");
    ATT(conn, "> 16 03 00 01 00 61 < 17 03 00 01 00 61 > 18 01 < 01 18 03 00 07");
    ATT(conn,
        "> 16 03 00 00 00 61 62 63 64 65 66 67 68 69 6a 6b 6c 6d 6e 6f 70 71 72"
        "< 17 03 00 00 00 61 62 63 64 65 66 67 68 69 6a 6b 6c 6d 6e 6f 70 71 72"
        "> 16 03 00 12 00 61 62 63 64 65 66 67 68 69 6a 6b 6c 6d 6e"
        "< 17 03 00 12 00 61 62 63 64 65 66 67 68 69 6a 6b 6c 6d 6e > 18 01 < 01 18 03 00 0d");
    assert_int_equal(bt_set_name("Breeze"), 0);
    assert_int_equal(bt_set_appearance(0x0341), 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(gatt_sr_gaw_bv_05_c_long_value),
        CASE(gatt_sr_gaw_bv_06_c_reliable_write),
        CASE(queue_is_cancelled),
        CASE(gatt_sr_gaw_bi_07_to_11_c_refused_pieces),
        CASE(hostile_35_offset_and_length),
        CASE(hostile_35_execute_flags),
        CASE(hostile_35_quota),
        CASE(hostile_35_empty_pieces_cost_nothing),
        CASE(hostile_35_service_goes_away),
        CASE(write_refused_ends_the_rest),
        CASE(authorization_of_pieces_and_reads),
        CASE(gatt_sr_gar_bv_05_c_read_multiple),
        CASE(gatt_sr_gar_bi_18_to_22_c_read_multiple_refused),
        CASE(read_multiple_variable),
        CASE(gatt_sr_gar_bv_04_c_read_long),
        CASE(gatt_sr_gad_bv_03_c_includes),
        CASE(gatt_sr_gan_bv_02_c_multiple_notifications),
        CASE(client_supported_features),
        CASE(name_and_appearance_are_writable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
