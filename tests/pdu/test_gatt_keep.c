// What the server keeps of bonded peers when the world around it changes: services take the place of
// others, bonds are lost, there is more than there is room for.
//
// Handles: GAP and GATT to 0x0011, Service Changed c, its CCC d; the service below 12, its value
// 13/14, its CCC 15; services registered later from 16.
#include "pdu/fake_bond.h"

#include "gatt/gatt.h"

static struct bt_conn *conn;

#define RW (BT_GATT_PERM_READ | BT_GATT_PERM_WRITE)

BT_GATT_SERVICE_DEFINE(a_service, BT_GATT_PRIMARY_SERVICE(BT_UUID_DECLARE_16(0xffb0)),
                       BT_GATT_CHARACTERISTIC(BT_UUID_DECLARE_16(0xffb1), BT_GATT_CHRC_NOTIFY, 0,
                                              NULL, NULL, NULL),
                       BT_GATT_CCC(NULL, RW));

static int begin(void **state)
{
    fake_bond_begin();
    fake_begin(BT_CONN_ROLE_PERIPHERAL);
    conn = conn_at(0);
    return 0;
}

static int end(void **state)
{
    fake_end();
    fake_bond_end();
    return 0;
}

static void come_back(void)
{
    conn = fake_come_back(conn);
    fake_secure(conn);
}

// Services that took the place of others while the peer was away: what stands at the handle that it
// configured is not what it configured.
static struct bt_gatt_attr old_attrs[] = {
    BT_GATT_PRIMARY_SERVICE(BT_UUID_DECLARE_16(0xffd0)),
    BT_GATT_CHARACTERISTIC(BT_UUID_DECLARE_16(0xffd1), BT_GATT_CHRC_NOTIFY, 0, NULL, NULL, NULL),
    BT_GATT_CCC(NULL, RW),
};
static struct bt_gatt_attr new_attrs[] = {
    BT_GATT_PRIMARY_SERVICE(BT_UUID_DECLARE_16(0xffd8)),
    BT_GATT_CHARACTERISTIC(BT_UUID_DECLARE_16(0xffd9), BT_GATT_CHRC_NOTIFY, 0, NULL, NULL, NULL),
    BT_GATT_CCC(NULL, RW),
};
static struct bt_gatt_service old_service = BT_GATT_SERVICE(old_attrs);
static struct bt_gatt_service new_service = BT_GATT_SERVICE(new_attrs);

static void hostile_57_configuration_of_another_service(void **state)
{
    fake_bond.bonded = true;
    fake_secure(conn);
    ATT(conn, "> 12 0d 00 02 00 < 13");
    assert_int_equal(bt_gatt_service_register(&old_service), 0);
    ATT(conn, "< 1d 0c 00 16 00 19 00 > 1e"
              "> 12 15 00 01 00 < 13 > 12 19 00 01 00 < 13");
    // The same one, registered again: it is what it was.
    fake_leave(conn);
    assert_int_equal(bt_gatt_service_unregister(&old_service), 0);
    assert_int_equal(bt_gatt_service_register(&old_service), 0);
    conn = fake_connect(0, BT_CONN_ROLE_PERIPHERAL);
    fake_secure(conn);
    ATT(conn, "> 0a 15 00 < 0b 01 00 > 0a 19 00 < 0b 01 00");
    for (int connected = 0; connected < 2; connected++) {
        struct bt_gatt_service *before = connected ? &new_service : &old_service;
        struct bt_gatt_service *after = connected ? &old_service : &new_service;
        if (!connected) {
            fake_leave(conn);
        }
        assert_int_equal(bt_gatt_service_unregister(before), 0);
        assert_int_equal(bt_gatt_service_register(after), 0);
        if (connected) {
            ATT(conn, "< 1d 0c 00 16 00 19 00");
            fake_leave(conn);
        }
        conn = fake_connect(0, BT_CONN_ROLE_PERIPHERAL);
        fake_secure(conn);
        ATT(conn, "< 1d 0c 00 16 00 19 00 > 0a 15 00 < 0b 01 00 > 0a 19 00 < 0b 00 00 > 1e");
        assert_int_equal(bt_gatt_notify(conn, &after->attrs[1], "n", 1), -EINVAL);
        ATT(conn, "> 12 19 00 01 00 < 13");
    }
    assert_int_equal(bt_gatt_service_unregister(&old_service), 0);
}

static void fill_places(bool bonded)
{
    for (unsigned int i = 0; i < CONFIG_BT_MAX_PAIRED; i++) {
        gatt_keep_reg.peers[i] = (struct gatt_keep){
            .used = true, .features = 1, .addr = {.type = 1, .a.val = {(uint8_t)(i + 1), 2}}};
    }
    fake_bond.bonded = bonded;
}

// What is left of peers whose bonds are lost does not keep a new one out, what is of bonded ones does.
static void hostile_57_records_without_bonds(void **state)
{
    const bt_addr_le_t peer = conn->dst;
    for (int all_bonded = 0; all_bonded < 2; all_bonded++) {
        fill_places(all_bonded);
        fake_bond.only = all_bonded ? NULL : &peer;
        fake_bond.bonded = true;
        fake_secure(conn);
        ATT(conn, "> 12 15 00 01 00 < 13");
        come_back();
        ATT(conn, all_bonded ? "> 0a 15 00 < 0b 00 00" : "> 0a 15 00 < 0b 01 00");
        come_back();
    }
}

// As many as are kept, and one more.
static void only_so_many_are_kept(void **state)
{
    struct gatt_keep *keep = &gatt_keep_reg.peers[0];
    fake_bond.bonded = true;
    fake_secure(conn);
    for (unsigned int i = 0; i <= GATT_KEEP_MAX; i++) {
        gatt_run.ccc[i] = (struct gatt_ccc){
            .handle = (uint16_t)(0x100 + i), .value = 1, .next = gatt_link_of(conn)->ccc};
        gatt_link_of(conn)->ccc = (uint16_t)(i + 1);
    }
    gatt_keep_written(conn);
    assert_true(keep->used);
    assert_int_equal(keep->count, GATT_KEEP_MAX);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(hostile_57_configuration_of_another_service),
        CASE(hostile_57_records_without_bonds),
        CASE(only_so_many_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
