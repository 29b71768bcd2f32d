// Bring-up against controllers of several ages, and against wrong answers.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "hci_fixture.h"

static uint64_t mask_of(uint16_t opcode)
{
    struct rd r = rd_init(script_last(opcode)->data + 4, 8);
    return rd_le64(&r);
}

static void core_40(void **state)
{
    fix_reset();
    fix_up(ctl_40, ctl_40_count);
    assert_int_equal(fix.start_err, 0);
    assert_int_equal(hci_info()->hci_version, 6);
    assert_int_equal(hci_info()->acl_len, 27);
    assert_int_equal(hci_info()->acl_count, 3);
    assert_false(hci_info()->flow_to_host);
    assert_memory_equal(hci_info()->public_addr.val, "\1\2\3\4\5\6", 6);
    assert_int_equal(hci_info()->le_states, 0x3ffffffffffULL);
    assert_int_equal(script_commands(BT_HCI_OP_LE_READ_MAX_DATA_LEN), 0);
    assert_int_equal(script_commands(BT_HCI_OP_HOST_BUFFER_SIZE), 0);
    assert_int_equal(script_commands(BT_HCI_OP_LE_RAND), 0);
    // What the fixture handles; PHY Update Complete is unknown to this controller.
    assert_int_equal(mask_of(BT_HCI_OP_LE_SET_EVENT_MASK), 0x3);
    assert_int_equal(mask_of(BT_HCI_OP_SET_EVENT_MASK),
                     BIT64(4) | BIT64(15) | BIT64(25) | BIT64(61));
    fix_down();
}

static void core_42(void **state)
{
    fix_reset();
    fix_up(ctl_42, ctl_42_count);
    assert_memory_equal(script_last(BT_HCI_OP_LE_WRITE_DEFAULT_DATA_LEN)->data,
                        "\x01\x24\x20\x04\xfb\x00\x48\x08", 8);
    assert_int_equal(script_commands(BT_HCI_OP_SET_CTL_TO_HOST_FLOW), 0);
    assert_true(hci_has_feature(BT_LE_FEAT_BIT_DLE));
    assert_false(hci_has_feature(200));
    assert_false(hci_has_command(64, 0));
    fix_down();
}

static void core_54(void **state)
{
    fix_up_54();
    assert_true(hci_info()->flow_to_host);
    assert_memory_equal(
        script_last(BT_HCI_OP_HOST_BUFFER_SIZE)->data,
        ((uint8_t[]){1, 0x33, 0x0c, 7, (4 + CONFIG_BT_L2CAP_RX_MTU) & 255,
                     (4 + CONFIG_BT_L2CAP_RX_MTU) >> 8, 0, CONFIG_BT_BUF_ACL_RX_COUNT, 0, 0, 0}),
        11);
    assert_int_equal(mask_of(BT_HCI_OP_LE_SET_EVENT_MASK), 0x803);
    fix_down();
}

static void shared_buffers(void **state)
{
    fix_reset();
    fix_up(ctl_shared, ctl_shared_count);
    assert_int_equal(fix.start_err, 0);
    assert_int_equal(hci_info()->acl_len, 1021);
    assert_int_equal(hci_info()->acl_count, 6);
    assert_memory_equal(script_last(BT_HCI_OP_LE_WRITE_LE_HOST_SUPP)->data + 4, "\x01\x00", 2);
    fix_down();
}

static void random_store_at_bring_up(void **state)
{
    fix_reset();
    script.has_entropy = false;
    fix_up(ctl_40, ctl_40_count);
    assert_int_equal(script_commands(BT_HCI_OP_LE_RAND), 4);
    uint8_t buf[32];
    assert_int_equal(hci_rand(buf, sizeof(buf)), 0);
    fix_down();
}

// One answer of the table replaced.
static struct script_row rows[24];
static size_t replaced(const struct script_row *from, size_t count, struct script_row with)
{
    memcpy(rows, from, count * sizeof(*from));
    for (size_t i = 0; i < count; i++) {
        rows[i] = rows[i].opcode == with.opcode ? with : rows[i];
    }
    return count;
}

static int up_with(const struct script_row *from, size_t count, struct script_row with)
{
    fix_reset();
    fix_up(rows, replaced(from, count, with));
    int err = fix.start_err;
    assert_int_equal(fix.started, 1);
    assert_int_equal(hci_state(), err ? HCI_FAILED : HCI_READY);
    return err;
}

static void hostile_13_buffer_sizes(void **state)
{
    static const struct script_row bad[] = {
        {BT_HCI_OP_LE_READ_BUFFER_SIZE, 4, {0, 0, 0, 4}},
        {BT_HCI_OP_LE_READ_BUFFER_SIZE, 4, {0, 26, 0, 4}},
        {BT_HCI_OP_LE_READ_BUFFER_SIZE, 4, {0, 251, 0, 0}},
    };
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        // Shared buffers instead, where there are any; never a division by nothing.
        assert_int_equal(up_with(ctl_shared, ctl_shared_count, bad[i]), 0);
        assert_int_equal(hci_info()->acl_len, 1021);
        fix_down();
        assert_int_equal(up_with(ctl_54, ctl_54_count, bad[i]), -EIO);
        fix_down();
    }
    assert_int_equal(up_with(ctl_shared, ctl_shared_count,
                             (struct script_row){BT_HCI_OP_READ_BUFFER_SIZE, 8, {0}}),
                     -EIO);
    fix_down();
}

static void hostile_14_data_lengths(void **state)
{
    static const struct script_row bad[] = {
        {BT_HCI_OP_LE_READ_MAX_DATA_LEN, 9, {0}},
        {BT_HCI_OP_LE_READ_MAX_DATA_LEN, 9, {0, 255, 255, 255, 255}},
        {BT_HCI_OP_LE_READ_MAX_DATA_LEN, 9, {0, 251, 0, 1, 0}},
        {BT_HCI_OP_LE_READ_MAX_DATA_LEN, 3, {0, 251, 0}},
        {BT_HCI_OP_LE_READ_MAX_DATA_LEN, 1, {0x0c}},
    };
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        assert_int_equal(up_with(ctl_42, ctl_42_count, bad[i]), 0);
        assert_int_equal(script_commands(BT_HCI_OP_LE_WRITE_DEFAULT_DATA_LEN), 0);
        fix_down();
    }
}

// Every answer of the script cut to every length, and refused.
static void hostile_03_short_return_parameters(void **state)
{
    for (size_t i = 0; i < ctl_54_count; i++) {
        for (uint8_t len = 0; len < ctl_54[i].len; len++) {
            if (ctl_54[i].opcode == BT_HCI_OP_RESET) {
                continue; // A short one is no answer at all: see below.
            }
            struct script_row row = ctl_54[i];
            row.len = len;
            int err = up_with(ctl_54, ctl_54_count, row);
            assert_true(err == 0 || err == -EIO);
            fix_down();
        }
        if (ctl_54[i].opcode != BT_HCI_OP_RESET) {
            struct script_row row = {ctl_54[i].opcode, 1, {0x1f}};
            int err = up_with(ctl_54, ctl_54_count, row);
            assert_true(err == 0 || err == -EIO);
            fix_down();
        }
    }
}

static void flow_control_needs_both(void **state)
{
    assert_int_equal(
        up_with(ctl_54, ctl_54_count, (struct script_row){BT_HCI_OP_HOST_BUFFER_SIZE, 1, {0x12}}),
        0);
    assert_int_equal(script_commands(BT_HCI_OP_SET_CTL_TO_HOST_FLOW), 0);
    assert_false(hci_info()->flow_to_host);
    fix_down();
}

static void dead_controller(void **state)
{
    fix_reset();
    script.mute = true;
    int64_t begin = script.now;
    fix_up(ctl_54, ctl_54_count);
    assert_int_equal(fix.start_err, -ETIMEDOUT);
    assert_in_range(script.now - begin, 5000000, 6000000);
    assert_int_equal(hci_state(), HCI_FAILED);
    assert_int_equal(script.closed, 1);
    fix_down();
}

static void transport_errors(void **state)
{
    fix_reset();
    assert_int_equal(breeze_transport_set(NULL, NULL), 0);
    assert_int_equal(hci_start(NULL), -ENODEV);
    assert_int_equal(breeze_transport_set(&script_transport, NULL), 0);
    script.open_err = -ENOENT;
    assert_int_equal(hci_start(NULL), -ENOENT);
    assert_int_equal(hci_state(), HCI_OFF);
    script.open_err = 0;
    script.send_err = -EPIPE;
    script.send_errs = 1;
    fix_up(ctl_54, ctl_54_count);
    assert_int_equal(fix.start_err, -ENODEV);
    fix.started = 0;
    fix_up(ctl_54, ctl_54_count);
    assert_int_equal(fix.start_err, 0);
    assert_int_equal(breeze_transport_set(NULL, NULL), -EBUSY);
    assert_int_equal(hci_start(NULL), -EALREADY);
    fix_down();
}

// Octets of an earlier session lie in the stream.
static void pitfall_54_stale_octets(void **state)
{
    fix_reset();
    script_put(0x0e, 4, 1, 0x77, 2, 1, 0, 0xff, 0xff, 4, 0x0e, 4, 1, 0x03);
    fix_up(ctl_54, ctl_54_count);
    assert_int_equal(fix.start_err, 0);
    fix_down();
}

static int setup_ok(void *ctx)
{
    struct net_buf *buf = bt_hci_cmd_alloc(K_NO_WAIT);
    (void)net_buf_add_mem(buf, "addr", 4);
    fix_log("setup%d", bt_hci_cmd_send_sync(0xfc01, buf, NULL));
    return 0;
}

static int setup_fails(void *ctx)
{
    return -EPROTO;
}

static const struct script_row *with_vendor(size_t *count)
{
    memcpy(rows, ctl_54, ctl_54_count * sizeof(rows[0]));
    rows[ctl_54_count] = (struct script_row){0xfc01, 1, {0}};
    *count = ctl_54_count + 1;
    return rows;
}

static void setup_step(void **state)
{
    fix_reset();
    size_t count;
    const struct script_row *table = with_vendor(&count);
    script.setup = setup_ok;
    fix_up(table, count);
    fix_assert_log("setup0 ready");
    assert_memory_equal(script.sent[0].data,
                        "\x01\x01\xfc\x04"
                        "addr",
                        8);
    assert_int_equal(script_commands(BT_HCI_OP_RESET), 1);
    // It runs again after a loss: the controller has forgotten.
    script_put(4, 0x10, 1, 7);
    fix_run();
    fix_assert_log("lost setup0 ready");
    assert_int_equal(hci_state(), HCI_READY);
    fix_down();
    fix_reset();
    script.setup = setup_fails;
    script_controller(table, count);
    assert_int_equal(hci_start(NULL), -EPROTO);
    assert_int_equal(hci_state(), HCI_OFF);
    assert_int_equal(script.closed, 1);
}

static void setup_on_a_dead_controller(void **state)
{
    fix_reset();
    script.setup = setup_ok;
    script.mute = true;
    assert_true(hci_start(NULL) < 0);
    assert_int_equal(hci_state(), HCI_OFF);
    fix_assert_log("setup-19");
    fix_down();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(core_40),
        cmocka_unit_test(core_42),
        cmocka_unit_test(core_54),
        cmocka_unit_test(shared_buffers),
        cmocka_unit_test(random_store_at_bring_up),
        cmocka_unit_test(hostile_13_buffer_sizes),
        cmocka_unit_test(hostile_14_data_lengths),
        cmocka_unit_test(hostile_03_short_return_parameters),
        cmocka_unit_test(flow_control_needs_both),
        cmocka_unit_test(dead_controller),
        cmocka_unit_test(transport_errors),
        cmocka_unit_test(pitfall_54_stale_octets),
        cmocka_unit_test(setup_step),
        cmocka_unit_test(setup_on_a_dead_controller),
    };
    return cmocka_run_group_tests_name("hci_bringup", tests, NULL, NULL);
}
