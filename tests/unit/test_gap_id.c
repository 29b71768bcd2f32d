// Identities: where identity 0 comes from, that it stays, and the controller's random address.
#include "link_fake.h"

static const bt_addr_le_t static_a = {BT_ADDR_LE_RANDOM, {{1, 2, 3, 4, 5, 0xc0}}};
static const bt_addr_le_t static_b = {BT_ADDR_LE_RANDOM, {{9, 2, 3, 4, 5, 0xff}}};

static bt_addr_le_t first(void)
{
    bt_addr_le_t addr = {0};
    size_t count = 1;
    bt_id_get(&addr, &count);
    assert_int_equal(count, 1);
    return addr;
}

static void test_public(void **state)
{
    bt_addr_le_t addr = first();
    assert_int_equal(addr.type, BT_ADDR_LE_PUBLIC);
    assert_memory_equal(addr.a.val, "\6\5\4\3\2\1", 6);
    assert_int_equal(fake.cmd_count, 0);
    size_t count = 9;
    bt_id_get(NULL, &count);
    assert_int_equal(count, 1);
    count = 0;
    bt_id_get(&addr, &count);
    assert_int_equal(count, 0);
}

// Nothing gives an address: a fresh one, told to the controller before anything uses it.
static void test_generated(void **state)
{
    bt_addr_le_t addr = first();
    assert_int_equal(addr.type, BT_ADDR_LE_RANDOM);
    assert_true(BT_ADDR_IS_STATIC(&addr.a));
    assert_int_equal(fake.cmd_count, 1);
    assert_int_equal(fake.cmds[0].opcode, BT_HCI_OP_LE_SET_RANDOM_ADDRESS);
    assert_memory_equal(fake.cmds[0].params, addr.a.val, 6);
    // It stays, whatever the controller and the host go through; and is set anew each time.
    for (int i = 0; i < 3; i++) {
        fake_disable();
        fake_enable();
        bt_addr_le_t now = first();
        assert_true(bt_addr_le_eq(&now, &addr));
    }
    assert_int_equal(fake_cmd_count(BT_HCI_OP_LE_SET_RANDOM_ADDRESS), 4);
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_NCONN, NULL, 0, NULL, 0), 0);
    assert_int_equal(fake_cmd_last(BT_HCI_OP_LE_SET_ADV_PARAM)->params[5], 1);
    assert_int_equal(bt_le_scan_start(BT_LE_SCAN_PASSIVE, NULL), 0);
    assert_int_equal(fake_cmd_last(BT_HCI_OP_LE_SET_SCAN_PARAM)->params[5], 1);
    assert_int_equal(fake_cmd_count(BT_HCI_OP_LE_SET_RANDOM_ADDRESS), 4);
}

static void restart_as(uint16_t manufacturer)
{
    fake_disable();
    gap_reg.id_count = 0;
    hci_run.info.manufacturer = manufacturer;
    fake_forget();
    fake_enable();
}

// A controller of Zephyr's kind keeps an address; others are not asked.
static void test_vendor(void **state)
{
    fake.answers[0] =
        (struct fake_answer){.opcode = 0xfc09, .ret_len = 23, .ret = {1, 1, 2, 3, 4, 5, 0xc0}};
    fake.answer_count = 1;
    restart_as(0x05f1);
    bt_addr_le_t addr = first();
    assert_true(bt_addr_le_eq(&addr, &static_a));
    assert_int_equal(fake.cmds[0].opcode, 0xfc09);
    assert_int_equal(fake.cmds[1].opcode, BT_HCI_OP_LE_SET_RANDOM_ADDRESS);
    restart_as(0x0131); // Infineon's controllers use the same number for something else.
    assert_int_equal(fake_cmd_count(0xfc09), 0);
    addr = first();
    assert_false(bt_addr_le_eq(&addr, &static_a));
}

static void test_vendor_without(void **state)
{
    // Unknown command; none kept; answer too short; not a static address.
    static const struct fake_answer answers[] = {
        {.opcode = 0xfc09, .status = BT_HCI_ERR_UNKNOWN_CMD},
        {.opcode = 0xfc09, .ret_len = 1, .ret = {0}},
        {.opcode = 0xfc09, .ret_len = 4, .ret = {1, 1, 2, 3}},
        {.opcode = 0xfc09, .ret_len = 23, .ret = {1, 1, 2, 3, 4, 5, 0x40}},
        {.opcode = 0xfc09, .ret_len = 0},
    };
    for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
        fake.answers[0] = answers[i];
        fake.answer_count = 1;
        restart_as(0x0059);
        assert_int_equal(fake_cmd_count(0xfc09), 1);
        bt_addr_le_t addr = first();
        assert_true(BT_ADDR_IS_STATIC(&addr.a));
        assert_false(gap_id_busy());
    }
}

static void test_busy_until_answered(void **state)
{
    fake_disable();
    gap_reg.id_count = 0;
    hci_run.info.manufacturer = 0x0059;
    fake.silent = true;
    fake_enable();
    assert_true(gap_id_busy());
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_NCONN, NULL, 0, NULL, 0), -EAGAIN);
    fake.silent = false;
    fake_run();
    assert_false(gap_id_busy());
}

// Before bt_enable() the application may choose.
static void test_create_before_enable(void **state)
{
    fake_disable();
    gap_reg = (struct gap_reg){0};
    bt_addr_le_t addr = static_a;
    bt_addr_le_t fresh = *BT_ADDR_LE_ANY;
    assert_int_equal(bt_id_create(&fresh, NULL), -ENODEV); // No randomness yet.
    assert_int_equal(bt_id_create(&addr, NULL), 0);
    fake_enable();
    addr = first();
    assert_true(bt_addr_le_eq(&addr, &static_a));
    // The settings come too late for that.
    assert_true(id_load(&static_b, 1));
    addr = first();
    assert_true(bt_addr_le_eq(&addr, &static_a));
}

static void test_create_errors(void **state)
{
    uint8_t irk[16] = {0};
    bt_addr_le_t addr = static_a;
    bt_addr_le_t rpa = {BT_ADDR_LE_RANDOM, {{1, 2, 3, 4, 5, 0x40}}};
    assert_int_equal(bt_id_create(&addr, NULL), -ENOMEM); // CONFIG_BT_ID_MAX is 1.
    gap_reg.id_count = 0;
    assert_int_equal(bt_id_create(&addr, irk), -EINVAL);
    assert_int_equal(bt_id_create(&rpa, NULL), -EINVAL);
    addr.type = BT_ADDR_LE_PUBLIC;
    assert_int_equal(bt_id_create(&addr, NULL), -EINVAL);
    addr = *BT_ADDR_LE_ANY;
    assert_int_equal(bt_id_create(&addr, NULL), 0);
    assert_true(BT_ADDR_IS_STATIC(&addr.a));
    assert_int_equal(bt_id_reset(0, NULL, NULL), -EINVAL);
    assert_int_equal(bt_id_reset(1, NULL, NULL), -EINVAL);
    assert_int_equal(bt_id_delete(0), -EINVAL);
    assert_int_equal(bt_id_delete(1), -EINVAL);
}

// From the settings: adopted, and the controller told when nothing uses the old address.
static void test_loaded(void **state)
{
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_NCONN, NULL, 0, NULL, 0), 0);
    fake_forget();
    assert_true(id_load(&static_a, 1));
    id_load_done();
    fake_run();
    bt_addr_le_t addr = first();
    assert_true(bt_addr_le_eq(&addr, &static_a));
    assert_int_equal(fake_cmd_count(BT_HCI_OP_LE_SET_RANDOM_ADDRESS), 0);
    assert_int_equal(bt_le_adv_stop(), 0);
    fake_run();
    assert_memory_equal(fake_cmd_last(BT_HCI_OP_LE_SET_RANDOM_ADDRESS)->params, static_a.a.val, 6);
    assert_int_equal(fake.saves, 0);
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_NCONN, NULL, 0, NULL, 0), 0);
}

static void test_load_refused(void **state)
{
    bt_addr_le_t rpa = {BT_ADDR_LE_RANDOM, {{1, 2, 3, 4, 5, 0x40}}};
    bt_addr_le_t odd = {2, static_a.a};
    bt_addr_le_t before = first();
    assert_false(id_load(&rpa, 1));
    assert_false(id_load(&odd, 1));
    assert_false(id_load(&static_a, 0));
    assert_false(id_load((bt_addr_le_t[]){static_a, static_b}, CONFIG_BT_ID_MAX + 1));
    bt_addr_le_t now = first();
    assert_true(bt_addr_le_eq(&now, &before));
    // Nothing usable was stored: what is used is stored now, once.
    id_load_done();
    id_load_done();
    assert_int_equal(fake.saves, 1);
}

// settings_load() came before bt_enable() and found nothing: the identity that is made then is stored.
static void test_loaded_before_enable(void **state)
{
    fake_disable();
    gap_reg = (struct gap_reg){0};
    id_load_done();
    assert_int_equal(fake.saves, 0);
    fake_enable();
    assert_int_equal(fake.saves, 1);
    fake_disable();
    fake_enable();
    assert_int_equal(fake.saves, 1);
}

// A stored public address is another controller's: today's counts.
static void test_load_public(void **state)
{
    bt_addr_le_t public = {BT_ADDR_LE_PUBLIC, {{1, 1, 1, 1, 1, 1}}};
    bt_addr_le_t before = first();
    assert_true(id_load(&public, 1));
    bt_addr_le_t now = first();
    assert_true(bt_addr_le_eq(&now, &before));
}

// The controller does not take the address: no endless repetition, an error for who needs it.
static void test_random_refused(void **state)
{
    fake_disable();
    fake_forget();
    fake_answer(BT_HCI_OP_LE_SET_RANDOM_ADDRESS, BT_HCI_ERR_CMD_DISALLOWED, 2);
    fake_enable();
    assert_int_equal(fake_cmd_count(BT_HCI_OP_LE_SET_RANDOM_ADDRESS), 1);
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_CONN_FAST_1, NULL, 0, NULL, 0), -EIO);
    assert_int_equal(fake_cmd_count(BT_HCI_OP_LE_SET_RANDOM_ADDRESS), 2);
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_CONN_FAST_1, NULL, 0, NULL, 0), 0);
    assert_int_equal(bt_le_adv_stop(), 0);
    fake_run();
}

int main(void)
{
#define PUBLIC(name) cmocka_unit_test_setup_teardown(name, fake_setup, fake_teardown)
#define RANDOM(name) cmocka_unit_test_setup_teardown(name, fake_setup_random, fake_teardown)
    const struct CMUnitTest tests[] = {
        PUBLIC(test_public),
        RANDOM(test_generated),
        RANDOM(test_vendor),
        RANDOM(test_vendor_without),
        RANDOM(test_busy_until_answered),
        RANDOM(test_create_before_enable),
        RANDOM(test_create_errors),
        RANDOM(test_loaded),
        RANDOM(test_load_refused),
        PUBLIC(test_load_public),
        RANDOM(test_random_refused),
        RANDOM(test_loaded_before_enable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
