// AD structures and addresses as text.
#include "link_fake.h"

static bool note_data(struct bt_data *data, void *user_data)
{
    fake_note("%02x:%u", data->type, data->data_len);
    return user_data == NULL;
}

static void parse(const void *octets, size_t len, void *user)
{
    // Exactly as many octets as there are, for the sanitizer.
    uint8_t *copy = test_malloc(len ? len : 1);
    memcpy(copy, octets, len);
    struct net_buf_simple ad = {copy, (uint16_t)len, (uint16_t)len, copy};
    bt_data_parse(&ad, note_data, user);
    test_free(copy);
}

static void test_parse(void **state)
{
    parse("\x02\x01\x06\x03\x09"
          "ab\x01\xff",
          9, NULL);
    assert_log("01:1 09:2 ff:0");
    parse("", 0, NULL);
    assert_log("");
    parse("\x02\x01\x06\x03\x09"
          "ab",
          7, (void *)1);
    assert_log("01:1");
}

static void test_hostile_53_ad_structures(void **state)
{
    // Length 0 ends the data early, and legally.
    parse("\x02\x01\x06\x00\x02\x0a\x05", 7, NULL);
    assert_log("01:1");
    parse("\x00", 1, NULL);
    assert_log("");
    // Past the end, type missing.
    parse("\x02\x01\x06\x05\x09"
          "ab",
          7, NULL);
    assert_log("01:1");
    parse("\xff\x01", 2, NULL);
    assert_log("");
    parse("\x01", 1, NULL);
    assert_log("");
    // 31 octets of length 1: fifteen structures without data, and a last one cut off.
    uint8_t ones[31];
    memset(ones, 1, sizeof(ones));
    parse(ones, sizeof(ones), NULL);
    assert_int_equal(strlen(fake.log), 15 * 5 - 1);
    fake.log[0] = '\0';
    // Names that are no UTF-8 and lists of odd length are the application's to judge.
    parse("\x03\x09\xff\xfe\x04\x03\x01\x02\x03", 9, NULL);
    assert_log("09:2 03:3");
}

static void test_serialize(void **state)
{
    const struct bt_data data[] = {BT_DATA_BYTES(BT_DATA_FLAGS, 0x06),
                                   BT_DATA(BT_DATA_NAME_COMPLETE, "ab", 2)};
    assert_int_equal(bt_data_get_len(data, 2), 7);
    assert_int_equal(bt_data_get_len(NULL, 0), 0);
    uint8_t octets[4];
    assert_int_equal(bt_data_serialize(&data[1], octets), 4);
    assert_memory_equal(octets,
                        "\x03\x09"
                        "ab",
                        4);
    assert_int_equal(BT_DATA_SERIALIZED_SIZE(2), 4);
    uint8_t room[7];
    assert_int_equal(ad_write(data, 2, room, 7), 7);
    assert_int_equal(ad_write(data, 2, room, 6), -EINVAL);
    assert_memory_equal(room,
                        "\x02\x01\x06\x03\x09"
                        "a",
                        6);
}

static void test_addr_to_str(void **state)
{
    char text[BT_ADDR_LE_STR_LEN];
    assert_int_equal(bt_addr_to_str(&peer_a.a, text, sizeof(text)), 17);
    assert_string_equal(text, "C6:A5:A4:A3:A2:A1");
    assert_int_equal(bt_addr_le_to_str(&peer_a, text, sizeof(text)), 26);
    assert_string_equal(text, "C6:A5:A4:A3:A2:A1 (random)");
    assert_int_equal(bt_addr_le_to_str(&peer_a, text, 5), 26);
    assert_string_equal(text, "C6:A");
    assert_int_equal(bt_addr_le_to_str(&peer_a, text, 0), 26);
    bt_addr_le_t odd = {0xfe, peer_a.a};
    assert_int_equal(bt_addr_le_to_str(&odd, text, sizeof(text)), 24);
    assert_string_equal(text, "C6:A5:A4:A3:A2:A1 (0xFE)");
    odd.type = BT_ADDR_LE_PUBLIC_ID;
    assert_int_equal(bt_addr_le_to_str(&odd, text, sizeof(text)), 29);
    assert_string_equal(text, "C6:A5:A4:A3:A2:A1 (public-id)");
}

static void test_addr_from_str(void **state)
{
    bt_addr_le_t addr;
    assert_int_equal(bt_addr_le_from_str("c6:A5:a4:A3:a2:A1", "random", &addr), 0);
    assert_true(bt_addr_le_eq(&addr, &peer_a));
    assert_int_equal(bt_addr_le_from_str("C6:A5:A4:A3:A2:A1", "(random-id)", &addr), 0);
    assert_int_equal(addr.type, BT_ADDR_LE_RANDOM_ID);
    static const char *const wrong[] = {"",
                                        "C6:A5:A4:A3:A2",
                                        "C6:A5:A4:A3:A2:A",
                                        "C6:A5:A4:A3:A2:A1:",
                                        "C6-A5:A4:A3:A2:A1",
                                        "G6:A5:A4:A3:A2:A1",
                                        "C6:A5:A4:A3:A2:A1 "};
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        assert_int_equal(bt_addr_from_str(wrong[i], &addr.a), -EINVAL);
    }
    static const char *const types[] = {"", "()", "Random", "rand", "random-", "(random"};
    for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
        assert_int_equal(bt_addr_le_from_str("C6:A5:A4:A3:A2:A1", types[i], &addr), -EINVAL);
    }
    assert_int_equal(bt_addr_from_str(NULL, &addr.a), -EINVAL);
    assert_int_equal(bt_addr_le_from_str("C6:A5:A4:A3:A2:A1", NULL, &addr), -EINVAL);
}

static void test_addr_kinds(void **state)
{
    bt_addr_le_t addr;
    assert_int_equal(bt_addr_le_create_static(&addr), 0);
    assert_int_equal(addr.type, BT_ADDR_LE_RANDOM);
    assert_true(BT_ADDR_IS_STATIC(&addr.a));
    assert_true(bt_addr_le_is_identity(&addr));
    assert_int_equal(bt_addr_le_create_nrpa(&addr), 0);
    assert_true(BT_ADDR_IS_NRPA(&addr.a));
    assert_false(bt_addr_le_is_identity(&addr));
    assert_false(bt_addr_le_is_rpa(&addr));
    BT_ADDR_SET_RPA(&addr.a);
    assert_true(bt_addr_le_is_rpa(&addr));
    assert_true(bt_addr_eq(BT_ADDR_ANY, &BT_ADDR_LE_ANY->a));
    assert_false(bt_addr_le_eq(BT_ADDR_LE_ANY, BT_ADDR_LE_NONE));
    bt_addr_le_t copy;
    bt_addr_le_copy(&copy, &peer_a);
    assert_int_equal(bt_addr_le_cmp(&copy, &peer_a), 0);
    copy.type = BT_ADDR_LE_PUBLIC;
    assert_int_not_equal(bt_addr_le_cmp(&copy, &peer_a), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fake_setup, fake_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_parse),         TEST(test_hostile_53_ad_structures),
        TEST(test_serialize),     TEST(test_addr_to_str),
        TEST(test_addr_from_str), TEST(test_addr_kinds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
