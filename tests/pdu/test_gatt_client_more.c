// The client's procedures for long and several values, includes, descriptor values and automatic
// configuration, against scripted servers; names are the ids of the SIG's GATT test suite.
#include "pdu/fake.h"

#include <stdio.h>

#include "att/state.h"
#include "gatt/state.h"
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

// ---- Discovery ---------------------------------------------------------------------------------

static struct bt_gatt_discover_params disc;

static uint8_t on_found(struct bt_conn *c, const struct bt_gatt_attr *attr,
                        struct bt_gatt_discover_params *params)
{
    if (!attr) {
        tell("end %u;", params->_op.err);
    } else if (params->type == BT_GATT_DISCOVER_INCLUDE) {
        char text[BT_UUID_STR_LEN];
        const struct bt_gatt_include *include = attr->user_data;
        bt_uuid_to_str(include->uuid, text, sizeof(text));
        tell("%u: %u-%u %s;", attr->handle, include->start_handle, include->end_handle, text);
    } else if (bt_uuid_cmp(params->uuid, BT_UUID_GATT_CPF) == 0) {
        const struct bt_gatt_cpf *cpf = attr->user_data;
        tell("%u: %u %d %u %u %u;", attr->handle, cpf->format, cpf->exponent, cpf->unit,
             cpf->name_space, cpf->description);
    } else {
        tell("%u: %u;", attr->handle, ((const struct bt_gatt_ccc *)attr->user_data)->flags);
    }
    return BT_GATT_ITER_CONTINUE;
}

static void discover(uint8_t type, const struct bt_uuid *uuid)
{
    disc = (struct bt_gatt_discover_params){
        .uuid = uuid, .func = on_found, .start_handle = 1, .end_handle = 0x20, .type = type};
    assert_int_equal(bt_gatt_discover(conn, &disc), 0);
}

static void gatt_cl_gad_bv_03_c_includes(void **state)
{
    discover(BT_GATT_DISCOVER_INCLUDE, NULL);
    // The second has a 128-bit UUID, which only its declaration tells.
    ATT(conn, "< 08 01 00 20 00 02 28 > 09 08 02 00 30 00 33 00 0f 18"
              "< 08 03 00 20 00 02 28 > 09 06 03 00 40 00 45 00 04 00 50 00 55 00"
              "< 0a 40 00 > 0b 9e ca dc 24 0e e5 a9 e0 93 f3 a3 b5 01 00 40 6e"
              "< 08 04 00 20 00 02 28 > 01 08 04 00 0a");
    heard("2: 48-51 180f;3: 64-69 6e400001-b5a3-f393-e0a9-e50e24dcca9e;end 0;");
    discover(BT_GATT_DISCOVER_INCLUDE, BT_UUID_DECLARE_16(0x180a));
    ATT(conn, "< 08 01 00 20 00 02 28 > 09 08 02 00 30 00 33 00 0f 18 20 00 34 00 36 00 0a 18");
    heard("32: 52-54 180a;end 0;");
}

static void include_errors(void **state)
{
    discover(BT_GATT_DISCOVER_INCLUDE, NULL);
    ATT(conn, "< 08 01 00 20 00 02 28 > 09 06 03 00 40 00 45 00 < 0a 40 00 > 01 0a 40 00 05");
    heard("end 5;");
    discover(BT_GATT_DISCOVER_INCLUDE, NULL);
    ATT(conn, "< 08 01 00 20 00 02 28 > 09 06 03 00 40 00 45 00 < 0a 40 00 > 0b 01 02 03");
    heard("end 4;");
}

static void gatt_cl_gad_descriptor_values(void **state)
{
    discover(BT_GATT_DISCOVER_STD_CHAR_DESC, BT_UUID_GATT_CCC);
    ATT(conn, "< 08 01 00 20 00 02 29 > 09 04 03 00 01 00 09 00 02 00"
              "< 08 0a 00 20 00 02 29 > 01 08 0a 00 0a");
    heard("3: 1;9: 2;end 0;");
    discover(BT_GATT_DISCOVER_STD_CHAR_DESC, BT_UUID_GATT_CPF);
    ATT(conn, "< 08 01 00 20 00 04 29 > 09 09 20 00 0e fe ad 27 01 00 01");
    heard("32: 14 -2 10157 1 256;end 0;");
}

static void hostile_38_lists_of_declarations(void **state)
{
    static const char *const includes[] = {
        "> 09",
        "> 09 08",
        "> 09 00 02 00",
        "> 09 07 02 00 30 00 33 00 0f",
        "> 09 08 02 00 30 00 33 00 0f",
        "> 09 08 21 00 30 00 33 00 0f 18", // Outside the range.
        "> 09 08 00 00 30 00 33 00 0f 18",
        "> 09 08 02 00 30 00 2f 00 0f 18", // End before start.
        "> 09 06 02 00 00 00 33 00",       // Handle 0.
    };
    for (size_t i = 0; i < ARRAY_SIZE(includes); i++) {
        discover(BT_GATT_DISCOVER_INCLUDE, NULL);
        ATT(conn, "< 08 01 00 20 00 02 28");
        ATT(conn, includes[i]);
        heard("end 4;");
    }
    static const char *const values[] = {
        "> 09",
        "> 09 00",
        "> 09 02 03 00",
        "> 09 05 03 00 01 00 00",
        "> 09 04 03 00 01",
        "> 09 04 21 00 01 00",
        "> 09 04 00 00 01 00",
    };
    for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
        discover(BT_GATT_DISCOVER_STD_CHAR_DESC, BT_UUID_GATT_CCC);
        ATT(conn, "< 08 01 00 20 00 02 29");
        ATT(conn, values[i]);
        heard("end 4;");
    }
    discover(BT_GATT_DISCOVER_STD_CHAR_DESC, BT_UUID_GATT_CCC);
    ATT(conn, "< 08 01 00 20 00 02 29 > 09 04 05 00 01 00 05 00 01 00"); // Twice the same.
    heard("5: 1;end 4;");
}

// ---- Reads -------------------------------------------------------------------------------------

static struct bt_gatt_read_params rd_params;
static bool stop;

static uint8_t on_read(struct bt_conn *c, uint8_t err, struct bt_gatt_read_params *params,
                       const void *data, uint16_t len)
{
    if (!data) {
        tell("done %u;", err);
    } else if (params->handle_count) {
        tell("%.*s;", len, (const char *)data);
    } else {
        tell("%u %.*s;", params->by_uuid.start_handle, len, (const char *)data);
    }
    return stop ? BT_GATT_ITER_STOP : BT_GATT_ITER_CONTINUE;
}

static void by_uuid(void)
{
    static const struct bt_uuid_16 type = BT_UUID_INIT_16(0xff01);
    rd_params = (struct bt_gatt_read_params){.func = on_read, .by_uuid = {1, 0x20, &type.uuid}};
    assert_int_equal(bt_gatt_read(conn, &rd_params), 0);
}

static void gatt_cl_gar_bv_03_c_read_by_uuid(void **state)
{
    stop = false;
    by_uuid();
    ATT(conn, "< 08 01 00 20 00 01 ff > 09 03 03 00 61 05 00 62"
              "< 08 06 00 20 00 01 ff > 01 08 06 00 0a");
    heard("3 a;5 b;done 0;");
    by_uuid();
    ATT(conn, "< 08 01 00 20 00 01 ff > 01 08 01 00 0a");
    heard("done 10;");
    by_uuid();
    ATT(conn, "< 08 01 00 20 00 01 ff > 01 08 07 00 05");
    heard("done 5;");
    stop = true;
    by_uuid();
    ATT(conn, "< 08 01 00 20 00 01 ff > 09 03 03 00 61 05 00 62");
    heard("3 a;");
    stop = false;
}

static void hostile_38_read_by_uuid(void **state)
{
    static const char *const bad[] = {"> 09",
                                      "> 09 01 03",
                                      "> 09 00 03 00",
                                      "> 09 03 03 00 61 05",
                                      "> 09 03 21 00 61",
                                      "> 09 03 00 00 61"};
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        by_uuid();
        ATT(conn, "< 08 01 00 20 00 01 ff");
        ATT(conn, bad[i]);
        heard("done 4;");
    }
    by_uuid();
    ATT(conn, "< 08 01 00 20 00 01 ff > 09 03 03 00 61 < 08 04 00 20 00 01 ff > 09 03 03 00 61");
    heard("3 a;done 4;"); // It would never end.
}

static void multiple(bool variable)
{
    static uint16_t handles[] = {3, 5, 7};
    rd_params = (struct bt_gatt_read_params){
        .func = on_read, .handle_count = 3, .multiple = {handles, variable}};
    assert_int_equal(bt_gatt_read(conn, &rd_params), 0);
}

static void gatt_cl_gar_bv_05_c_read_multiple(void **state)
{
    multiple(false);
    ATT(conn, "< 0e 03 00 05 00 07 00 > 0f 61 62 63");
    heard("abc;done 0;");
    multiple(false);
    ATT(conn, "< 0e 03 00 05 00 07 00 > 01 0e 05 00 02");
    heard("done 2;");
}

static void read_multiple_variable(void **state)
{
    multiple(true);
    ATT(conn, "< 20 03 00 05 00 07 00 > 21 01 00 61 00 00 02 00 62 63");
    heard("a;;bc;done 0;");
    multiple(true); // The response is full: the last value is cut.
    ATT(conn, "< 20 03 00 05 00 07 00 > 21 01 00 61 40 00 62 62 62 62 62 62 62 62 62 62 62 62 62 62"
              "62 62 62");
    heard("a;bbbbbbbbbbbbbbbbb;done 0;");
}

static void hostile_38_read_multiple_variable(void **state)
{
    static const char *const bad[] = {
        "> 21",
        "> 21 01",
        "> 21 01 00 61 00 00",          // Too few values.
        "> 21 01 00 61 00 00 02 00 62", // Cut without need.
        "> 21 00 00 00 00 00 00 00 00",
        "> 21 01 00 61 00 00 ff ff", // Too many.
    };
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        multiple(true);
        ATT(conn, "< 20 03 00 05 00 07 00");
        ATT(conn, bad[i]);
        heard("done 4;");
    }
}

// ---- Writes ------------------------------------------------------------------------------------

static struct bt_gatt_write_params wr_params;
static struct breeze_gatt_reliable_params reliable;

static void on_written(struct bt_conn *c, uint8_t err, struct bt_gatt_write_params *params)
{
    tell("written %u;", err);
}

static void on_reliable(struct bt_conn *c, uint8_t err, struct breeze_gatt_reliable_params *params)
{
    tell("reliable %u;", err);
}

static void write_long(uint16_t offset, const char *text)
{
    wr_params = (struct bt_gatt_write_params){.func = on_written,
                                              .handle = 3,
                                              .offset = offset,
                                              .data = text,
                                              .length = (uint16_t)strlen(text)};
    assert_int_equal(bt_gatt_write(conn, &wr_params), 0);
}

#define PIECE     "61 61 61 61 61 61 61 61 61 61 61 61 61 61 61 61 61 61 " // 18 octets.
#define LONG_TEXT "aaaaaaaaaaaaaaaaaabcd"

static void gatt_cl_gaw_bv_05_c_long_write(void **state)
{
    write_long(0, LONG_TEXT);
    ATT(conn, "< 16 03 00 00 00 " PIECE "> 17 03 00 00 00 " PIECE
              "< 16 03 00 12 00 62 63 64 > 17 03 00 12 00 62 63 64 < 18 01 > 19");
    heard("written 0;");
    write_long(2, "x"); // An offset makes it a long one.
    ATT(conn, "< 16 03 00 02 00 78 > 17 03 00 02 00 78 < 18 01 > 19");
    heard("written 0;");
}

static void gatt_cl_gaw_bi_refused_pieces(void **state)
{
    write_long(0, LONG_TEXT);
    ATT(conn, "< 16 03 00 00 00 " PIECE "> 01 16 03 00 09 < 18 00 > 19");
    heard("written 9;");
    write_long(0, LONG_TEXT);
    ATT(conn, "< 16 03 00 00 00 " PIECE "> 17 03 00 00 00 " PIECE
              "< 16 03 00 12 00 62 63 64 > 17 03 00 12 00 62 63 64 < 18 01 > 01 18 03 00 07 < -");
    heard("written 7;");
}

static void gatt_cl_gaw_bv_06_c_echo_is_compared(void **state)
{
    static const char *const echoes[] = {
        "> 17 < 18 00 > 19",
        "> 17 03 00 02 00 < 18 00 > 19",
        "> 17 03 00 02 00 79 < 18 00 > 19",
        "> 17 03 00 02 00 78 78 < 18 00 > 19",
        "> 17 04 00 02 00 78 < 18 00 > 19",
        "> 17 03 00 03 00 78 < 18 00 > 19",
    };
    // The server is made to forget what it got wrong.
    for (size_t i = 0; i < ARRAY_SIZE(echoes); i++) {
        write_long(2, "x");
        ATT(conn, "< 16 03 00 02 00 78");
        ATT(conn, echoes[i]);
        heard("written 4;");
    }
}

static void gatt_cl_gaw_bv_06_c_reliable_write(void **state)
{
    static const struct breeze_gatt_part parts[] = {{3, 0, 1, "a"}, {5, 4, 2, "bc"}, {7, 0, 0, ""}};
    reliable =
        (struct breeze_gatt_reliable_params){.func = on_reliable, .parts = parts, .count = 3};
    assert_int_equal(breeze_gatt_write_reliable(conn, &reliable), 0);
    assert_int_equal(breeze_gatt_write_reliable(conn, &reliable), -EBUSY);
    ATT(conn,
        "< 16 03 00 00 00 61 > 17 03 00 00 00 61 < 16 05 00 04 00 62 63 > 17 05 00 04 00 62 63"
        "< 16 07 00 00 00 > 17 07 00 00 00 < 18 01 > 19");
    heard("reliable 0;");
    static const struct breeze_gatt_part bad[] = {{3, 500, 13, "aaaaaaaaaaaaa"}};
    reliable.parts = bad;
    reliable.count = 1;
    assert_int_equal(breeze_gatt_write_reliable(conn, &reliable), -EINVAL);
    reliable.count = 0;
    assert_int_equal(breeze_gatt_write_reliable(conn, &reliable), -EINVAL);
}

static void a_long_write_is_cancelled(void **state)
{
    write_long(0, LONG_TEXT);
    ATT(conn, "< 16 03 00 00 00 " PIECE);
    bt_gatt_cancel(conn, &wr_params);
    bt_gatt_cancel(conn, &wr_params);
    // Its answer, the cancellation at the server, and only then somebody else's request.
    rd_params =
        (struct bt_gatt_read_params){.func = on_read, .handle_count = 1, .single = {.handle = 9}};
    assert_int_equal(bt_gatt_read(conn, &rd_params), 0);
    ATT(conn, "> 17 03 00 00 00 " PIECE "< 18 00 > 19 < 0a 09 00 > 0b 61");
    heard("written 14;a;done 0;");
}

static void a_long_write_loses_its_link(void **state)
{
    write_long(0, LONG_TEXT);
    ATT(conn, "< 16 03 00 00 00 " PIECE);
    bt_gatt_cancel(conn, &wr_params);
    fake_disconnect(conn);
    heard("written 14;");
}

// ---- Subscriptions -----------------------------------------------------------------------------

static struct bt_gatt_subscribe_params sub;

static uint8_t on_value(struct bt_conn *c, struct bt_gatt_subscribe_params *params,
                        const void *data, uint16_t len)
{
    if (data) {
        tell("%.*s;", len, (const char *)data);
    } else {
        tell("over;");
    }
    return BT_GATT_ITER_CONTINUE;
}

static void on_subscribed(struct bt_conn *c, uint8_t err, struct bt_gatt_subscribe_params *params)
{
    tell("sub %u ccc %u;", err, params->ccc_handle);
}

static void subscribe(uint16_t end_handle)
{
    sub = (struct bt_gatt_subscribe_params){.notify = on_value,
                                            .subscribe = on_subscribed,
                                            .value_handle = 0x10,
                                            .end_handle = end_handle,
                                            .value = BT_GATT_CCC_NOTIFY};
    assert_int_equal(bt_gatt_subscribe(conn, &sub), 0);
}

static void gatt_cl_gan_bv_01_c_finds_the_configuration(void **state)
{
    subscribe(0x20);
    ATT(conn, "< 04 11 00 20 00 > 05 01 11 00 01 29 < 04 12 00 20 00 > 05 01 12 00 02 29"
              "< 12 12 00 01 00 > 13 > 1b 10 00 61");
    heard("sub 0 ccc 18;a;");
    assert_int_equal(bt_gatt_unsubscribe(conn, &sub), 0);
    ATT(conn, "< 12 12 00 00 00 > 13");
    heard("sub 0 ccc 18;over;");
    sub.value = BT_GATT_CCC_NOTIFY; // Again, with what is known now.
    assert_int_equal(bt_gatt_subscribe(conn, &sub), 0);
    ATT(conn, "< 12 12 00 01 00 > 13");
    heard("sub 0 ccc 18;");
    fake_disconnect(conn);
    heard("over;");
}

// One set of parameters is one subscription: not of two links.
static void parameters_of_another_link(void **state)
{
    struct bt_conn *other = fake_connect(1, BT_CONN_ROLE_CENTRAL);
    subscribe(0x20);
    ATT(conn, "< 04 11 00 20 00 > 05 01 11 00 02 29 < 12 11 00 01 00 > 13");
    heard("sub 0 ccc 17;");
    assert_int_equal(bt_gatt_subscribe(conn, &sub), -EALREADY);
    assert_int_equal(bt_gatt_subscribe(other, &sub), -EBUSY);
    assert_int_equal(bt_gatt_unsubscribe(other, &sub), -EINVAL);
    fake_disconnect(other);
    heard("");
    ATT(conn, "> 1b 10 00 61");
    heard("a;");
    fake_disconnect(conn);
    heard("over;");
}

static void no_configuration_to_find(void **state)
{
    subscribe(0); // Up to the next declaration.
    ATT(conn, "< 04 11 00 ff ff > 05 01 11 00 01 29 12 00 03 28 13 00 02 29");
    heard("sub 10 ccc 0;over;");
    subscribe(0x11);
    ATT(conn, "< 04 11 00 11 00 > 05 01 11 00 01 29");
    heard("sub 10 ccc 0;over;");
    subscribe(0x20);
    ATT(conn, "< 04 11 00 20 00 > 01 04 11 00 0a");
    heard("sub 10 ccc 0;over;");
}

static void hostile_38_search_for_the_configuration(void **state)
{
    static const char *const bad[] = {"> 05",
                                      "> 05 00 11 00",
                                      "> 05 03 11 00 02 29",
                                      "> 05 01 11 00 02",
                                      "> 05 01 10 00 02 29",
                                      "> 05 01 21 00 02 29"};
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        subscribe(0x20);
        ATT(conn, "< 04 11 00 20 00");
        ATT(conn, bad[i]);
        heard("sub 4 ccc 0;over;");
    }
}

static void unsubscribed_during_the_search(void **state)
{
    subscribe(0x20);
    ATT(conn, "< 04 11 00 20 00");
    assert_int_equal(bt_gatt_unsubscribe(conn, &sub), 0);
    ATT(conn, "> 05 01 11 00 02 29 < -"); // Nothing was written, nothing is to be undone.
    heard("sub 0 ccc 0;over;");
}

static void gatt_cl_gan_bv_02_c_multiple_notifications(void **state)
{
    subscribe(0x20);
    ATT(conn, "< 04 11 00 20 00 > 05 01 11 00 02 29 < 12 11 00 01 00 > 13");
    heard("sub 0 ccc 17;");
    ATT(conn, "> 23 10 00 01 00 61 33 00 00 00 10 00 02 00 62 63");
    heard("a;bc;");
}

static void hostile_38_multiple_notifications(void **state)
{
    subscribe(0x20);
    ATT(conn, "< 04 11 00 20 00 > 05 01 11 00 02 29 < 12 11 00 01 00 > 13");
    story[0] = 0;
    ATT(conn, "> 23 > 23 10 > 23 10 00 01 > 23 10 00 02 00 61 > 23 10 00 01 00 61 10"
              "> 23 10 00 01 00 61 00 00 00 00 > 23 10 00 01 00 61 10 00 ff ff < -");
    heard("");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(gatt_cl_gad_bv_03_c_includes),
        CASE(include_errors),
        CASE(gatt_cl_gad_descriptor_values),
        CASE(hostile_38_lists_of_declarations),
        CASE(gatt_cl_gar_bv_03_c_read_by_uuid),
        CASE(hostile_38_read_by_uuid),
        CASE(gatt_cl_gar_bv_05_c_read_multiple),
        CASE(read_multiple_variable),
        CASE(hostile_38_read_multiple_variable),
        CASE(gatt_cl_gaw_bv_05_c_long_write),
        CASE(gatt_cl_gaw_bi_refused_pieces),
        CASE(gatt_cl_gaw_bv_06_c_echo_is_compared),
        CASE(gatt_cl_gaw_bv_06_c_reliable_write),
        CASE(a_long_write_is_cancelled),
        CASE(a_long_write_loses_its_link),
        CASE(gatt_cl_gan_bv_01_c_finds_the_configuration),
        CASE(parameters_of_another_link),
        CASE(no_configuration_to_find),
        CASE(hostile_38_search_for_the_configuration),
        CASE(unsubscribed_during_the_search),
        CASE(gatt_cl_gan_bv_02_c_multiple_notifications),
        CASE(hostile_38_multiple_notifications),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
