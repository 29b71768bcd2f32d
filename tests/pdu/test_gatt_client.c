// The GATT client's procedures against scripted servers, honest and hostile (Vol 3, Part G, 4).
#include "pdu/fake.h"

#include <stdio.h>

#include "att/state.h"
#include "gatt/state.h"
#include "kernel/loop.h"
#include "support/story.h"

static struct bt_conn *conn;

static int begin(void **state)
{
    fake_begin(BT_CONN_ROLE_CENTRAL);
    conn = conn_at(0);
    story[0] = 0;
    return 0;
}

static int end(void **state)
{
    fake_end();
    return 0;
}

// ---- MTU ---------------------------------------------------------------------------------------

static struct bt_gatt_exchange_params exchange;

static void on_exchange(struct bt_conn *c, uint8_t err, struct bt_gatt_exchange_params *params)
{
    tell("mtu %u err %u;", bt_gatt_get_mtu(c), err);
}

static void mtu_exchange(void **state)
{
    exchange.func = on_exchange;
    assert_int_equal(bt_gatt_exchange_mtu(conn, &exchange), 0);
    assert_int_equal(bt_gatt_get_mtu(conn), 23);
    ATT(conn, "< 02 f7 00 > 03 64 00");
    heard("mtu 100 err 0;");
    assert_int_equal(bt_gatt_exchange_mtu(conn, &exchange), -EALREADY);
}

static void hostile_31_both_sides_exchange_at_once(void **state)
{
    exchange.func = on_exchange;
    assert_int_equal(bt_gatt_exchange_mtu(conn, &exchange), 0);
    assert_int_equal(breeze_mtu_set(150), 0); // Too late for this connection: one value both ways.
    ATT(conn, "< 02 f7 00 > 02 b9 00 < 03 f7 00");
    assert_int_equal(bt_gatt_get_mtu(conn), 185);
    ATT(conn, "> 03 b9 00");
    heard("mtu 185 err 0;");
}

static void hostile_31_mtu_responses(void **state)
{
    exchange.func = on_exchange;
    assert_int_equal(bt_gatt_exchange_mtu(conn, &exchange), 0);
    ATT(conn, "< 02 f7 00 > 03 16 00");
    heard("mtu 23 err 4;");
}

static void mtu_exchange_refused(void **state)
{
    exchange.func = on_exchange;
    assert_int_equal(bt_gatt_exchange_mtu(conn, &exchange), 0);
    ATT(conn, "< 02 f7 00 > 01 02 00 00 06");
    heard("mtu 23 err 6;");
}

// ---- Discovery ---------------------------------------------------------------------------------

static struct bt_gatt_discover_params disc;
static unsigned int stop_after;

static uint8_t on_found(struct bt_conn *c, const struct bt_gatt_attr *attr,
                        struct bt_gatt_discover_params *params)
{
    char text[BT_UUID_STR_LEN];
    assert_ptr_equal(params, &disc);
    if (!attr) {
        tell("end;");
        return BT_GATT_ITER_STOP;
    }
    if (params->type == BT_GATT_DISCOVER_PRIMARY || params->type == BT_GATT_DISCOVER_SECONDARY) {
        const struct bt_gatt_service_val *val = attr->user_data;
        bt_uuid_to_str(val->uuid, text, sizeof(text));
        tell("%u-%u %s;", attr->handle, val->end_handle, text);
    } else if (params->type == BT_GATT_DISCOVER_CHARACTERISTIC) {
        const struct bt_gatt_chrc *chrc = attr->user_data;
        bt_uuid_to_str(chrc->uuid, text, sizeof(text));
        tell("%u>%u p%u %s;", attr->handle, chrc->value_handle, chrc->properties, text);
    } else {
        bt_uuid_to_str(attr->uuid, text, sizeof(text));
        tell("%u %s;", attr->handle, text);
    }
    return stop_after && !--stop_after ? BT_GATT_ITER_STOP : BT_GATT_ITER_CONTINUE;
}

static void discover(uint8_t type, const struct bt_uuid *uuid, uint16_t start, uint16_t last)
{
    disc = (struct bt_gatt_discover_params){
        .uuid = uuid, .func = on_found, .start_handle = start, .end_handle = last, .type = type};
    assert_int_equal(bt_gatt_discover(conn, &disc), 0);
}

static void discover_services(void **state)
{
    discover(BT_GATT_DISCOVER_PRIMARY, NULL, 1, 0xffff);
    assert_int_equal(bt_gatt_discover(conn, &disc), -EBUSY);
    ATT(conn, "< 10 01 00 ff ff 00 28 > 11 06 01 00 05 00 00 18 06 00 09 00 01 18"
              "< 10 0a 00 ff ff 00 28"
              "> 11 14 10 00 1f 00 9e ca dc 24 0e e5 a9 e0 93 f3 a3 b5 01 00 40 6e"
              "< 10 20 00 ff ff 00 28 > 01 10 20 00 0a");
    heard("1-5 1800;6-9 1801;16-31 6e400001-b5a3-f393-e0a9-e50e24dcca9e;end;");
    // The last service may reach to the end of all handles: nothing to ask behind it.
    discover(BT_GATT_DISCOVER_PRIMARY, NULL, 1, 0xffff);
    ATT(conn, "< 10 01 00 ff ff 00 28 > 11 06 01 00 ff ff 00 18 < -");
    heard("1-65535 1800;end;");
    discover(BT_GATT_DISCOVER_SECONDARY, NULL, 1, 0xffff);
    ATT(conn, "< 10 01 00 ff ff 01 28 > 01 10 01 00 10");
    heard("end;");
}

static void discover_services_by_uuid(void **state)
{
    discover(BT_GATT_DISCOVER_PRIMARY, BT_UUID_GAP, 1, 0xffff);
    ATT(conn, "< 06 01 00 ff ff 00 28 00 18 > 07 01 00 05 00 20 00 25 00"
              "< 06 26 00 ff ff 00 28 00 18 > 01 06 26 00 0a");
    heard("1-5 1800;32-37 1800;end;");
    discover(BT_GATT_DISCOVER_PRIMARY, BT_UUID_DECLARE_32(0x12345678), 1, 0xffff);
    ATT(conn, "< 06 01 00 ff ff 00 28 fb 34 9b 5f 80 00 00 80 00 10 00 00 78 56 34 12"
              "> 01 06 01 00 0a");
    heard("end;");
}

static void discover_characteristics(void **state)
{
    discover(BT_GATT_DISCOVER_CHARACTERISTIC, NULL, 1, 9);
    ATT(conn, "< 08 01 00 09 00 03 28 > 09 07 02 00 02 03 00 00 2a 04 00 12 05 00 01 2a"
              "< 08 05 00 09 00 03 28"
              "> 09 15 06 00 10 07 00 9e ca dc 24 0e e5 a9 e0 93 f3 a3 b5 03 00 40 6e"
              "< 08 07 00 09 00 03 28 > 01 08 07 00 0a");
    heard("2>3 p2 2a00;4>5 p18 2a01;6>7 p16 6e400003-b5a3-f393-e0a9-e50e24dcca9e;end;");
    discover(BT_GATT_DISCOVER_CHARACTERISTIC, BT_UUID_GAP_APPEARANCE, 1, 5);
    ATT(conn, "< 08 01 00 05 00 03 28 > 09 07 02 00 02 03 00 00 2a 04 00 12 05 00 01 2a"
              "< 08 05 00 05 00 03 28 > 01 08 05 00 0a");
    heard("4>5 p18 2a01;end;");
}

static void pitfall_78_discover_descriptors(void **state)
{
    discover(BT_GATT_DISCOVER_DESCRIPTOR, NULL, 1, 5);
    ATT(conn, "< 04 01 00 05 00 > 05 01 01 00 00 28 02 00 03 28 03 00 00 2a 04 00 02 29"
              "< 04 05 00 05 00"
              "> 05 02 05 00 9e ca dc 24 0e e5 a9 e0 93 f3 a3 b5 01 00 40 6e < -");
    heard("3 2a00;4 2902;5 6e400001-b5a3-f393-e0a9-e50e24dcca9e;end;");
    discover(BT_GATT_DISCOVER_ATTRIBUTE, NULL, 1, 2);
    ATT(conn, "< 04 01 00 02 00 > 05 01 01 00 00 28 02 00 03 28");
    heard("1 2800;2 2803;end;");
    discover(BT_GATT_DISCOVER_DESCRIPTOR, BT_UUID_GATT_CCC, 1, 4);
    ATT(conn, "< 04 01 00 04 00 > 05 01 03 00 00 2a 04 00 02 29");
    heard("4 2902;end;");
}

static void discovery_stops_when_told(void **state)
{
    stop_after = 1;
    discover(BT_GATT_DISCOVER_PRIMARY, NULL, 1, 0xffff);
    ATT(conn, "< 10 01 00 ff ff 00 28 > 11 06 01 00 05 00 00 18 06 00 09 00 01 18 < -");
    heard("1-5 1800;");
    assert_int_equal(loop_timer_count(), 0);
}

static uint8_t on_chain(struct bt_conn *c, const struct bt_gatt_attr *attr,
                        struct bt_gatt_discover_params *params)
{
    // As Zephyr's samples do: from the callback on to the next discovery with the same parameters.
    if (attr && params->type == BT_GATT_DISCOVER_PRIMARY) {
        tell("service;");
        params->uuid = NULL;
        params->start_handle = (uint16_t)(attr->handle + 1);
        params->type = BT_GATT_DISCOVER_CHARACTERISTIC;
        assert_int_equal(bt_gatt_discover(c, params), 0);
        return BT_GATT_ITER_STOP;
    }
    tell(attr ? "characteristic;" : "end;");
    return BT_GATT_ITER_CONTINUE;
}

static void discovery_started_anew_in_its_callback(void **state)
{
    disc = (struct bt_gatt_discover_params){.uuid = BT_UUID_GAP,
                                            .func = on_chain,
                                            .start_handle = 1,
                                            .end_handle = 0xffff,
                                            .type = BT_GATT_DISCOVER_PRIMARY};
    assert_int_equal(bt_gatt_discover(conn, &disc), 0);
    ATT(conn, "< 06 01 00 ff ff 00 28 00 18 > 07 01 00 05 00 20 00 25 00"
              "< 08 02 00 ff ff 03 28 > 09 07 02 00 02 03 00 00 2a"
              "< 08 03 00 ff ff 03 28 > 01 08 03 00 0a");
    heard("service;characteristic;end;");
}

static void discovery_arguments(void **state)
{
    disc = (struct bt_gatt_discover_params){.func = on_found, .start_handle = 1, .end_handle = 9};
    disc.type = BT_GATT_DISCOVER_STD_CHAR_DESC; // Of which type?
    assert_int_equal(bt_gatt_discover(conn, &disc), -EINVAL);
    disc.type = 99;
    assert_int_equal(bt_gatt_discover(conn, &disc), -EINVAL);
    disc.type = BT_GATT_DISCOVER_PRIMARY;
    disc.start_handle = 10;
    assert_int_equal(bt_gatt_discover(conn, &disc), -EINVAL);
    disc.start_handle = 0;
    assert_int_equal(bt_gatt_discover(conn, &disc), -EINVAL);
    disc.start_handle = 1;
    disc.func = NULL;
    assert_int_equal(bt_gatt_discover(conn, &disc), -EINVAL);
    disc.func = on_found;
    assert_int_equal(bt_gatt_discover(NULL, &disc), -ENOTCONN);
    ATT(conn, "< -");
}

// Each line is a response that must end the discovery, with nothing sent after it.
static void bad(uint8_t type, const struct bt_uuid *uuid, const char *rsp, const char *results)
{
    char want[256];
    struct fake_frame frame;
    discover(type, uuid, 0x10, 0x20);
    assert_true(fake_sent(&frame));
    ATT(conn, rsp);
    snprintf(want, sizeof(want), "%send;", results);
    heard(want);
    assert_int_equal(disc._op.err, BT_ATT_ERR_INVALID_PDU);
    assert_int_equal(loop_timer_count(), 0);
}

static void hostile_38_service_lists(void **state)
{
    bad(BT_GATT_DISCOVER_PRIMARY, NULL, "> 11", "");
    bad(BT_GATT_DISCOVER_PRIMARY, NULL, "> 11 06", "");
    bad(BT_GATT_DISCOVER_PRIMARY, NULL, "> 11 00 10 00 11 00 00 18", "");
    bad(BT_GATT_DISCOVER_PRIMARY, NULL, "> 11 01 10", "");
    bad(BT_GATT_DISCOVER_PRIMARY, NULL, "> 11 04 10 00 11 00", "");
    bad(BT_GATT_DISCOVER_PRIMARY, NULL, "> 11 08 10 00 11 00 00 18 00 00", "");
    bad(BT_GATT_DISCOVER_PRIMARY, NULL, "> 11 06 10 00 11 00 00", "");
    bad(BT_GATT_DISCOVER_PRIMARY, NULL, "> 11 06 10 00 11 00 00 18 12", "");
    bad(BT_GATT_DISCOVER_PRIMARY, NULL, "> 11 06 0f 00 11 00 00 18", ""); // Before the range.
    bad(BT_GATT_DISCOVER_PRIMARY, NULL, "> 11 06 21 00 22 00 00 18", ""); // Behind it.
    bad(BT_GATT_DISCOVER_PRIMARY, NULL, "> 11 06 00 00 11 00 00 18", ""); // Handle 0.
    bad(BT_GATT_DISCOVER_PRIMARY, NULL, "> 11 06 11 00 10 00 00 18", ""); // End before start.
    bad(BT_GATT_DISCOVER_PRIMARY, NULL, "> 11 06 10 00 12 00 00 18 12 00 13 00 01 18",
        "16-18 1800;"); // Overlap.
    bad(BT_GATT_DISCOVER_PRIMARY, NULL, "> 11 06 10 00 12 00 00 18 10 00 12 00 00 18",
        "16-18 1800;"); // Repeated.
    bad(BT_GATT_DISCOVER_PRIMARY, BT_UUID_GAP, "> 07", "");
    bad(BT_GATT_DISCOVER_PRIMARY, BT_UUID_GAP, "> 07 10 00 11", "");
    bad(BT_GATT_DISCOVER_PRIMARY, BT_UUID_GAP, "> 07 11 00 10 00", "");
    bad(BT_GATT_DISCOVER_PRIMARY, BT_UUID_GAP, "> 07 01 00 10 00", "");
    bad(BT_GATT_DISCOVER_PRIMARY, BT_UUID_GAP, "> 07 10 00 11 00 11 00 12 00", "16-17 1800;");
}

static void hostile_38_characteristic_lists(void **state)
{
    bad(BT_GATT_DISCOVER_CHARACTERISTIC, NULL, "> 09", "");
    bad(BT_GATT_DISCOVER_CHARACTERISTIC, NULL, "> 09 00", "");
    bad(BT_GATT_DISCOVER_CHARACTERISTIC, NULL, "> 09 01 00", "");
    bad(BT_GATT_DISCOVER_CHARACTERISTIC, NULL, "> 09 07", "");
    bad(BT_GATT_DISCOVER_CHARACTERISTIC, NULL, "> 09 05 10 00 02 11 00", "");
    bad(BT_GATT_DISCOVER_CHARACTERISTIC, NULL, "> 09 07 10 00 02 11 00 00", "");
    bad(BT_GATT_DISCOVER_CHARACTERISTIC, NULL, "> 09 07 10 00 02 11 00 00 2a 12", "");
    bad(BT_GATT_DISCOVER_CHARACTERISTIC, NULL, "> 09 07 0f 00 02 10 00 00 2a", "");
    bad(BT_GATT_DISCOVER_CHARACTERISTIC, NULL, "> 09 07 21 00 02 22 00 00 2a", "");
    bad(BT_GATT_DISCOVER_CHARACTERISTIC, NULL, "> 09 07 10 00 02 10 00 00 2a", ""); // Value first.
    bad(BT_GATT_DISCOVER_CHARACTERISTIC, NULL, "> 09 07 12 00 02 13 00 00 2a 10 00 02 11 00 00 2a",
        "18>19 p2 2a00;");
}

static void hostile_38_information_lists(void **state)
{
    bad(BT_GATT_DISCOVER_DESCRIPTOR, NULL, "> 05", "");
    bad(BT_GATT_DISCOVER_DESCRIPTOR, NULL, "> 05 01", "");
    bad(BT_GATT_DISCOVER_DESCRIPTOR, NULL, "> 05 01 10", "");
    bad(BT_GATT_DISCOVER_DESCRIPTOR, NULL, "> 05 01 10 00 02", "");
    bad(BT_GATT_DISCOVER_DESCRIPTOR, NULL, "> 05 00 10 00 02 29", "");
    bad(BT_GATT_DISCOVER_DESCRIPTOR, NULL, "> 05 03 10 00 02 29", "");
    bad(BT_GATT_DISCOVER_DESCRIPTOR, NULL, "> 05 02 10 00 02 29", "");
    bad(BT_GATT_DISCOVER_DESCRIPTOR, NULL, "> 05 01 0f 00 02 29", "");
    bad(BT_GATT_DISCOVER_DESCRIPTOR, NULL, "> 05 01 21 00 02 29", "");
    bad(BT_GATT_DISCOVER_DESCRIPTOR, NULL, "> 05 01 11 00 02 29 11 00 02 29", "17 2902;");
    bad(BT_GATT_DISCOVER_DESCRIPTOR, NULL, "> 05 01 11 00 02 29 10 00 02 29", "17 2902;");
}

static void hostile_38_stray_answers(void **state)
{
    discover(BT_GATT_DISCOVER_PRIMARY, NULL, 1, 9);
    ATT(conn, "< 10 01 00 09 00 00 28"
              "> 01 08 01 00 0a"                                // An error for another request,
              "> 01 10 01 00"                                   // ... a short one,
              "> 01 10 01 00 0a 00"                             // ... a long one,
              "> 01 00 01 00 0a"                                // ... for no request at all,
              "> 09 07 02 00 02 03 00 00 2a > 0b 41 > 13 < -"); // Other responses.
    heard("");
    assert_int_equal(fake.stats.att_dropped, 7);
    ATT(conn, "> 01 10 01 00 00"); // Error "success" is an error.
    heard("end;");
    assert_int_equal(disc._op.err, BT_ATT_ERR_UNLIKELY);
}

// ---- Read --------------------------------------------------------------------------------------

static struct bt_gatt_read_params rd_params;
static bool read_stops;

static uint8_t on_read(struct bt_conn *c, uint8_t err, struct bt_gatt_read_params *params,
                       const void *data, uint16_t length)
{
    if (!data) {
        tell("done %u;", err);
    } else {
        tell("%u:%.*s;", length, (int)(length > 8 ? 8 : length), (const char *)data);
    }
    return read_stops ? BT_GATT_ITER_STOP : BT_GATT_ITER_CONTINUE;
}

static void start_read(uint16_t handle, uint16_t offset)
{
    rd_params = (struct bt_gatt_read_params){
        .func = on_read, .handle_count = 1, .single = {.handle = handle, .offset = offset}};
    assert_int_equal(bt_gatt_read(conn, &rd_params), 0);
}

static void reads(void **state)
{
    read_stops = false;
    start_read(3, 0);
    ATT(conn, "< 0a 03 00 > 0b 41 42");
    heard("2:AB;done 0;");
    start_read(3, 0);
    ATT(conn, "< 0a 03 00 > 01 0a 03 00 05");
    heard("done 5;");
    start_read(3, 7);
    ATT(conn, "< 0c 03 00 07 00 > 0d 43");
    heard("1:C;done 0;");
}

static void pitfall_72_empty_value_is_a_result(void **state)
{
    read_stops = false;
    start_read(3, 0);
    ATT(conn, "< 0a 03 00 > 0b");
    heard("0:;done 0;");
}

#define FULL "41 42 43 44 45 46 47 48 49 4a 4b 4c 4d 4e 4f 50 51 52 53 54 55 56"

static void long_reads(void **state)
{
    read_stops = false;
    start_read(3, 0);
    ATT(conn, "< 0a 03 00 > 0b" FULL "< 0c 03 00 16 00 > 0d" FULL "< 0c 03 00 2c 00 > 0d 5a");
    heard("22:ABCDEFGH;22:ABCDEFGH;1:Z;done 0;");
    start_read(3, 0); // Exactly one PDU: the server has nothing more, or does not call it long.
    ATT(conn, "< 0a 03 00 > 0b" FULL "< 0c 03 00 16 00 > 0d");
    heard("22:ABCDEFGH;0:;done 0;");
    start_read(3, 0);
    ATT(conn, "< 0a 03 00 > 0b" FULL "< 0c 03 00 16 00 > 01 0c 03 00 0b");
    heard("22:ABCDEFGH;done 0;");
    start_read(3, 0);
    ATT(conn, "< 0a 03 00 > 0b" FULL "< 0c 03 00 16 00 > 01 0c 03 00 0e");
    heard("22:ABCDEFGH;done 14;");
    read_stops = true;
    start_read(3, 0);
    ATT(conn, "< 0a 03 00 > 0b" FULL "< -");
    heard("22:ABCDEFGH;");
}

static void hostile_38_long_read_that_never_ends(void **state)
{
    read_stops = false;
    start_read(3, 0);
    struct fake_frame frame;
    unsigned int requests = 0;
    while (fake_sent(&frame)) {
        uint8_t rsp[23] = {(uint8_t)(frame.data[4] + 1)};
        memset(rsp + 1, 'x', 22);
        requests++;
        assert_true(requests < 100);
        story[0] = 0;
        fake_att(conn, rsp, sizeof(rsp));
    }
    assert_int_equal(requests, 24); // 24 x 22 octets reach 512.
    heard("22:xxxxxxxx;done 0;");
    uint8_t big[40] = {0x0b};
    start_read(3, 0);
    assert_true(fake_sent(&frame));
    fake_att(conn, big, sizeof(big)); // Longer than the ATT_MTU: not even looked at.
    heard("");
    ATT(conn, "> 0b");
    heard("0:;done 0;");
}

static void read_arguments(void **state)
{
    rd_params = (struct bt_gatt_read_params){.func = on_read, .handle_count = 0};
    assert_int_equal(bt_gatt_read(conn, &rd_params), -EINVAL); // No UUID.
    rd_params.handle_count = 12;                               // Do not fit the ATT_MTU of 23.
    assert_int_equal(bt_gatt_read(conn, &rd_params), -EINVAL);
    rd_params.handle_count = 1;
    assert_int_equal(bt_gatt_read(conn, &rd_params), -EINVAL);
    rd_params.func = NULL;
    assert_int_equal(bt_gatt_read(conn, &rd_params), -EINVAL);
}

// ---- Write -------------------------------------------------------------------------------------

static struct bt_gatt_write_params wr_params[3];

static void on_written(struct bt_conn *c, uint8_t err, struct bt_gatt_write_params *params)
{
    tell("written %u err %u;", params->handle, err);
}

static int start_write(unsigned int i, uint16_t handle, const void *data, uint16_t len)
{
    wr_params[i] = (struct bt_gatt_write_params){
        .func = on_written, .handle = handle, .data = data, .length = len};
    return bt_gatt_write(conn, &wr_params[i]);
}

static void writes(void **state)
{
    assert_int_equal(start_write(0, 3, "ab", 2), 0);
    ATT(conn, "< 12 03 00 61 62 > 13");
    heard("written 3 err 0;");
    assert_int_equal(start_write(0, 3, NULL, 0), 0);
    ATT(conn, "< 12 03 00 > 01 12 03 00 03");
    heard("written 3 err 3;");
    assert_int_equal(start_write(0, 3, "a", 1), 0);
    ATT(conn, "< 12 03 00 61 > 13 00"); // Trailing octet.
    heard("written 3 err 4;");
    static uint8_t big[513];
    assert_int_equal(start_write(0, 3, big, sizeof(big)), -EINVAL);
    assert_int_equal(start_write(0, 0, big, 1), -EINVAL);
}

static void procedures_queue_in_order(void **state)
{
    assert_int_equal(start_write(0, 1, "a", 1), 0);
    assert_int_equal(start_write(1, 2, "b", 1), 0);
    assert_int_equal(start_write(2, 3, "c", 1), 0);
    assert_int_equal(bt_gatt_write(conn, &wr_params[1]), -EBUSY);
    ATT(conn, "< 12 01 00 61 > 13 < 12 02 00 62 > 13 < 12 03 00 63 > 13");
    heard("written 1 err 0;written 2 err 0;written 3 err 0;");
}

static void cancelled_procedures_end_once(void **state)
{
    assert_int_equal(start_write(0, 1, "a", 1), 0);
    assert_int_equal(start_write(1, 2, "b", 1), 0);
    assert_int_equal(start_write(2, 3, "c", 1), 0);
    bt_gatt_cancel(conn, &wr_params[0]);
    bt_gatt_cancel(conn, &wr_params[1]);
    bt_gatt_cancel(conn, &wr_params[1]);                          // Not pending: nothing happens.
    assert_int_equal(bt_gatt_write(conn, &wr_params[0]), -EBUSY); // Not told yet.
    // Its answer is waited for before the next request.
    ATT(conn, "< 12 01 00 61 > 13 < 12 03 00 63 > 13");
    heard("written 1 err 14;written 2 err 14;written 3 err 0;");
    assert_int_equal(start_write(0, 4, "d", 1), 0);
    ATT(conn, "< 12 04 00 64 > 13");
    heard("written 4 err 0;");
}

static void link_loss_ends_everything_once(void **state)
{
    assert_int_equal(start_write(0, 1, "a", 1), 0);
    assert_int_equal(start_write(1, 2, "b", 1), 0);
    fake_disconnect(conn);
    heard("written 1 err 14;written 2 err 14;");
    assert_int_equal(start_write(0, 1, "a", 1), -ENOTCONN);
    assert_int_equal(bt_gatt_exchange_mtu(conn, &exchange), -ENOTCONN);
    assert_int_equal(bt_gatt_write_without_response(conn, 3, "x", 1, false), -ENOTCONN);
    struct fake_frame frame;
    assert_true(fake_sent(&frame));
}

static void time_out_kills_the_bearer(void **state)
{
    assert_int_equal(start_write(0, 1, "a", 1), 0);
    assert_int_equal(start_write(1, 2, "b", 1), 0);
    fake_time(29999999);
    heard("");
    fake_time(1);
    heard("written 1 err 14;written 2 err 14;");
    assert_int_equal(start_write(0, 1, "a", 1), -ENOTCONN);
    ATT(conn, "< 12 01 00 61 > 13 < -"); // Too late.
    ATT(conn, "> 0a 05 00 < 0b 41 03");  // The peer is still served.
}

static void requests_wait_for_a_buffer(void **state)
{
    fake.tx_dry = true;
    assert_int_equal(start_write(0, 1, "a", 1), 0);
    ATT(conn, "< -");
    fake_tx_free();
    fake.tx_dry = false;
    fake_tx_free();
    ATT(conn, "< 12 01 00 61 > 13");
    heard("written 1 err 0;");
}

static void on_cmd_sent(struct bt_conn *c, void *user_data)
{
    tell("sent %s;", (const char *)user_data);
}

static void write_commands(void **state)
{
    fake.hold_done = true;
    assert_int_equal(bt_gatt_write_without_response(conn, 3, "x", 1, false), 0);
    assert_int_equal(bt_gatt_write_without_response_cb(conn, 4, "y", 1, false, on_cmd_sent, "y"),
                     0);
    heard("");
    fake_complete(0);
    heard("sent y;");
    ATT(conn, "< 52 03 00 78 < 52 04 00 79");
    uint8_t big[21] = {0};
    assert_int_equal(bt_gatt_write_without_response(conn, 3, big, 21, false), -EMSGSIZE);
    assert_int_equal(bt_gatt_write_without_response(conn, 3, big, 1, true), -ENOTSUP);
    fake.tx_dry = true;
    assert_int_equal(bt_gatt_write_without_response(conn, 3, big, 1, false), -ENOMEM);
}

// ---- Subscriptions -----------------------------------------------------------------------------

static struct bt_gatt_subscribe_params subs[2];
static bool sub_stops;

static uint8_t on_value(struct bt_conn *c, struct bt_gatt_subscribe_params *params,
                        const void *data, uint16_t length)
{
    if (data) {
        tell("s%u %.*s;", (unsigned int)(params - subs), length, (const char *)data);
    } else {
        tell("s%u over;", (unsigned int)(params - subs));
    }
    return sub_stops ? BT_GATT_ITER_STOP : BT_GATT_ITER_CONTINUE;
}

static void on_subscribed(struct bt_conn *c, uint8_t err, struct bt_gatt_subscribe_params *params)
{
    tell("s%u err %u;", (unsigned int)(params - subs), err);
}

static int subscribe(unsigned int i, uint16_t value)
{
    subs[i] = (struct bt_gatt_subscribe_params){.notify = on_value,
                                                .subscribe = on_subscribed,
                                                .value_handle = 0x10,
                                                .ccc_handle = 0x11,
                                                .value = value};
    return bt_gatt_subscribe(conn, &subs[i]);
}

static void subscriptions(void **state)
{
    sub_stops = false;
    assert_int_equal(subscribe(0, BT_GATT_CCC_NOTIFY), 0);
    assert_int_equal(bt_gatt_subscribe(conn, &subs[0]), -EALREADY);
    // Some servers notify before they answer the write.
    ATT(conn, "< 12 11 00 01 00 > 1b 10 00 61 > 13 > 1b 10 00 62 > 1b 10 00 > 1b 12 00 63");
    heard("s0 a;s0 err 0;s0 b;s0 ;");
    ATT(conn, "> 1d 10 00 64 < 1e"); // Indications are confirmed, whatever was asked for,
    heard("s0 d;");
    ATT(conn, "> 1d 99 00 64 < 1e"); // ... and whoever they are for.
    assert_int_equal(bt_gatt_unsubscribe(conn, &subs[0]), 0);
    ATT(conn, "< 12 11 00 00 00 > 1b 10 00 65 > 13");
    heard("s0 err 0;s0 over;");
    assert_int_equal(bt_gatt_unsubscribe(conn, &subs[0]), -EINVAL);
}

static void subscriptions_share_a_descriptor(void **state)
{
    sub_stops = false;
    assert_int_equal(subscribe(0, BT_GATT_CCC_NOTIFY), 0);
    assert_int_equal(subscribe(1, BT_GATT_CCC_NOTIFY), 0);
    ATT(conn, "< 12 11 00 01 00 > 13 < -");
    heard("s0 err 0;s1 err 0;");
    ATT(conn, "> 1b 10 00 61");
    heard("s0 a;s1 a;");
    assert_int_equal(bt_gatt_unsubscribe(conn, &subs[0]), 0);
    ATT(conn, "< -");
    heard("s0 err 0;s0 over;");
    assert_int_equal(subscribe(0, BT_GATT_CCC_INDICATE), 0);
    ATT(conn, "< 12 11 00 03 00 > 13");
    assert_int_equal(bt_gatt_unsubscribe(conn, &subs[1]), 0);
    ATT(conn, "< 12 11 00 02 00 > 13");
    heard("s0 err 0;s1 err 0;s1 over;");
    fake_disconnect(conn);
    heard("s0 over;");
}

static void refused_subscription(void **state)
{
    sub_stops = false;
    assert_int_equal(subscribe(0, BT_GATT_CCC_NOTIFY), 0);
    assert_int_equal(subscribe(1, BT_GATT_CCC_NOTIFY), 0);
    // The second does not lean on the first, which failed: it asks itself.
    ATT(conn, "< 12 11 00 01 00 > 01 12 11 00 05 < 12 11 00 01 00 > 13");
    heard("s0 err 5;s0 over;s1 err 0;");
    assert_int_equal(bt_gatt_unsubscribe(conn, &subs[1]), 0);
    ATT(conn, "< 12 11 00 00 00 > 13");
    heard("s1 err 0;s1 over;");
}

static void subscription_ends_by_its_callback(void **state)
{
    sub_stops = true;
    assert_int_equal(subscribe(0, BT_GATT_CCC_NOTIFY), 0);
    assert_int_equal(subscribe(1, BT_GATT_CCC_NOTIFY), 0);
    ATT(conn, "< 12 11 00 01 00 > 13 > 1b 10 00 61 < 12 11 00 00 00 > 13");
    heard("s0 err 0;s1 err 0;s0 a;s1 a;s0 err 0;s0 over;s1 err 0;s1 over;");
}

static void pitfall_71_unsubscribed_while_the_write_is_under_way(void **state)
{
    sub_stops = false;
    assert_int_equal(subscribe(0, BT_GATT_CCC_NOTIFY), 0);
    assert_int_equal(bt_gatt_unsubscribe(conn, &subs[0]), 0);
    ATT(conn, "< 12 11 00 01 00 > 13 < 12 11 00 00 00 > 13");
    heard("s0 err 0;s0 over;");
    assert_int_equal(subscribe(0, BT_GATT_CCC_NOTIFY), 0);
    bt_gatt_cancel(conn, &subs[0]);
    ATT(conn, "< 12 11 00 01 00 > 13 > 1b 10 00 61");
    heard("s0 err 14;s0 over;");
}

static void subscription_arguments(void **state)
{
    subs[0] = (struct bt_gatt_subscribe_params){.notify = on_value, .value_handle = 1, .value = 1};
    subs[0].end_handle = 1; // No room for the CCC that is to be found.
    assert_int_equal(bt_gatt_subscribe(conn, &subs[0]), -EINVAL);
    subs[0].ccc_handle = 2;
    subs[0].value = 0;
    assert_int_equal(bt_gatt_subscribe(conn, &subs[0]), -EINVAL);
    subs[0].value = 1;
    subs[0].notify = NULL;
    assert_int_equal(bt_gatt_subscribe(conn, &subs[0]), -EINVAL);
    ATT(conn, "< -");
}

static void min_security_of_a_subscription(void **state)
{
    sub_stops = false;
    assert_int_equal(subscribe(0, BT_GATT_CCC_NOTIFY), 0);
    subs[0].min_security = BT_SECURITY_L2;
    ATT(conn, "< 12 11 00 01 00 > 13 > 1b 10 00 61");
    heard("s0 err 0;");
    fake.security = BT_SECURITY_L2;
    ATT(conn, "> 1b 10 00 62");
    heard("s0 b;");
    fake_disconnect(conn);
    heard("s0 over;");
}

static void on_any(struct bt_conn *c, uint16_t handle, const void *data, uint16_t len,
                   bool indication)
{
    tell("any %u %.*s%s;", handle, len, (const char *)data, indication ? "!" : "");
}

static void pitfall_70_every_notification_is_seen(void **state)
{
    static const struct breeze_gatt_any_cb any = {.notified = on_any};
    breeze_gatt_any_cb_set(&any);
    ATT(conn, "> 1b 44 00 61 > 1d 45 00 62 < 1e > 1b 44 00");
    heard("any 68 a;any 69 b!;any 68 ;");
    breeze_gatt_any_cb_set(NULL);
    ATT(conn, "> 1b 44 00 61");
    heard("");
}

static void hostile_38_notifications(void **state)
{
    static const struct breeze_gatt_any_cb any = {.notified = on_any};
    breeze_gatt_any_cb_set(&any);
    ATT(conn, "> 1b 00 00 61 > 1b > 1b 10 > 1d > 1d 10 < -"); // Handle 0, too short.
    ATT(conn, "> 1d 00 00 61 < 1e");                          // Confirmed nevertheless.
    heard("");
    assert_int_equal(fake.stats.att_dropped, 6);
    ATT(conn, "> 1b ff ff 61"); // Unknown, before any subscription: delivered to who wants all.
    heard("any 65535 a;");
}

static void confirmation_waits_for_a_buffer(void **state)
{
    fake.tx_dry = true;
    ATT(conn, "> 1d 10 00 61 < -");
    fake.tx_dry = false;
    fake_tx_free();
    ATT(conn, "< 1e");
    fake_tx_free();
    ATT(conn, "< -");
}

static void both_roles_at_once(void **state)
{
    // The peer's request and ours cross: each is answered.
    assert_int_equal(start_write(0, 3, "a", 1), 0);
    ATT(conn, "< 12 03 00 61 > 0a 05 00 < 0b 41 03 > 13");
    heard("written 3 err 0;");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(mtu_exchange),
        CASE(hostile_31_both_sides_exchange_at_once),
        CASE(hostile_31_mtu_responses),
        CASE(mtu_exchange_refused),
        CASE(discover_services),
        CASE(discover_services_by_uuid),
        CASE(discover_characteristics),
        CASE(pitfall_78_discover_descriptors),
        CASE(discovery_stops_when_told),
        CASE(discovery_started_anew_in_its_callback),
        CASE(discovery_arguments),
        CASE(hostile_38_service_lists),
        CASE(hostile_38_characteristic_lists),
        CASE(hostile_38_information_lists),
        CASE(hostile_38_stray_answers),
        CASE(reads),
        CASE(pitfall_72_empty_value_is_a_result),
        CASE(long_reads),
        CASE(hostile_38_long_read_that_never_ends),
        CASE(read_arguments),
        CASE(writes),
        CASE(procedures_queue_in_order),
        CASE(cancelled_procedures_end_once),
        CASE(link_loss_ends_everything_once),
        CASE(time_out_kills_the_bearer),
        CASE(requests_wait_for_a_buffer),
        CASE(write_commands),
        CASE(subscriptions),
        CASE(subscriptions_share_a_descriptor),
        CASE(refused_subscription),
        CASE(subscription_ends_by_its_callback),
        CASE(pitfall_71_unsubscribed_while_the_write_is_under_way),
        CASE(subscription_arguments),
        CASE(min_security_of_a_subscription),
        CASE(pitfall_70_every_notification_is_seen),
        CASE(hostile_38_notifications),
        CASE(confirmation_waits_for_a_buffer),
        CASE(both_roles_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
