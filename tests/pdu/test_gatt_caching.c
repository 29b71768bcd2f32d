// Database Hash, robust caching and what is kept of bonded peers, server and client, as PDU scripts
// (Vol 3, Part G, 2.5.2, 7.1 to 7.3).
//
// Handles: GAP 0x0001 to 9; GATT 0x000a: Service Changed b/c, its CCC d, Client Supported Features
// e/f, Database Hash 10/11; the service below 12, its value 13/14, its CCC 15; services registered
// later from 16.
#include "pdu/fake_bond.h"

#include <stdio.h>

#include <breeze/settings.h>

#include "att/state.h"
#include "gatt/clt.h"

static struct bt_conn *conn;

static void secure(void)
{
    fake_secure(conn);
}

static void bond(void)
{
    fake_bond.bonded = true;
    secure();
}

static void leave(void)
{
    fake_leave(conn);
}

static void come_back(void)
{
    conn = fake_come_back(conn);
}

// ---- The server's database -----------------------------------------------------------------------

#define RW (BT_GATT_PERM_READ | BT_GATT_PERM_WRITE)

static uint8_t value = 'v';
static unsigned int reads;
static unsigned int writes;

static ssize_t on_read(struct bt_conn *c, const struct bt_gatt_attr *attr, void *buf, uint16_t len,
                       uint16_t offset)
{
    reads++;
    return bt_gatt_attr_read(c, attr, buf, len, offset, &value, 1);
}

static ssize_t on_write(struct bt_conn *c, const struct bt_gatt_attr *attr, const void *buf,
                        uint16_t len, uint16_t offset, uint8_t flags)
{
    writes++;
    return len;
}

BT_GATT_SERVICE_DEFINE(a_service, BT_GATT_PRIMARY_SERVICE(BT_UUID_DECLARE_16(0xffb0)),
                       BT_GATT_CHARACTERISTIC(BT_UUID_DECLARE_16(0xffb1),
                                              BT_GATT_CHRC_NOTIFY | BT_GATT_CHRC_INDICATE,
                                              RW | BT_GATT_PERM_PREPARE_WRITE, on_read, on_write,
                                              NULL),
                       BT_GATT_CCC(NULL, RW));

static struct bt_gatt_attr extra_attrs[] = {
    BT_GATT_PRIMARY_SERVICE(BT_UUID_DECLARE_16(0xffc0)),
    BT_GATT_CHARACTERISTIC(BT_UUID_DECLARE_16(0xffc1), BT_GATT_CHRC_READ, RW, on_read, NULL, NULL),
};
static struct bt_gatt_service extra = BT_GATT_SERVICE(extra_attrs);

static uint8_t store_mem[512];
static struct breeze_settings_ram store;

static int begin(void **state)
{
    fake_bond_begin();
    breeze_settings_ram_init(&store, store_mem, sizeof(store_mem));
    settings_src_register(&store.store);
    settings_dst_register(&store.store);
    reads = writes = 0;
    fake_begin(BT_CONN_ROLE_PERIPHERAL);
    conn = conn_at(0);
    return 0;
}

static int end(void **state)
{
    fake_end();
    fake_bond_end();
    settings_dst_register(NULL);
    return 0;
}

static void change(void)
{
    assert_int_equal(bt_gatt_service_register(&extra), 0);
}

static void change_back(void)
{
    assert_int_equal(bt_gatt_service_unregister(&extra), 0);
}

// As change(), for a client that asked for robust caching.
static void change_for_robust(void)
{
    ATT(conn, "> 12 0f 00 01 < 13");
    change();
}

static void hash_is(const char *text)
{
    for (unsigned int i = 0; i < GATT_HASH_LEN; i++) {
        unsigned int octet = 0;
        assert_int_equal(sscanf(&text[2 * i], "%2x", &octet), 1);
        assert_int_equal(gatt_hash()[i], octet);
    }
}

// ---- The hash --------------------------------------------------------------------------------------

// Appendix B of Vol 3, Part G: the database and its hash, as a client reads it.
static const struct bt_gatt_attr sample_attrs[] = {
    BT_GATT_PRIMARY_SERVICE(BT_UUID_GAP), // 1
    BT_GATT_CHARACTERISTIC(BT_UUID_GAP_DEVICE_NAME, BT_GATT_CHRC_READ | BT_GATT_CHRC_WRITE, RW,
                           on_read, NULL, NULL),
    BT_GATT_CHARACTERISTIC(BT_UUID_GAP_APPEARANCE, BT_GATT_CHRC_READ, RW, on_read, NULL, NULL),
    BT_GATT_PRIMARY_SERVICE(BT_UUID_GATT), // 6
    BT_GATT_CHARACTERISTIC(BT_UUID_GATT_SC, BT_GATT_CHRC_INDICATE, 0, NULL, NULL, NULL),
    BT_GATT_CCC(NULL, RW),
    BT_GATT_CHARACTERISTIC(BT_UUID_GATT_CLIENT_FEATURES, BT_GATT_CHRC_READ | BT_GATT_CHRC_WRITE, RW,
                           on_read, NULL, NULL),
    BT_GATT_CHARACTERISTIC(BT_UUID_GATT_DB_HASH, BT_GATT_CHRC_READ, RW, on_read, NULL, NULL),
    BT_GATT_PRIMARY_SERVICE(BT_UUID_DECLARE_16(0x1808)), // e
    BT_GATT_INCLUDE_SERVICE((void *)&sample_attrs[19]),
    BT_GATT_CHARACTERISTIC(BT_UUID_DECLARE_16(0x2a18),
                           BT_GATT_CHRC_READ | BT_GATT_CHRC_INDICATE | BT_GATT_CHRC_EXT_PROP, RW,
                           on_read, NULL, NULL),
    BT_GATT_CCC(NULL, RW),
    BT_GATT_CEP(((struct bt_gatt_cep[]){{0}})),
    BT_GATT_SECONDARY_SERVICE(BT_UUID_DECLARE_16(0x180f)), // 14
    BT_GATT_CHARACTERISTIC(BT_UUID_DECLARE_16(0x2a19), BT_GATT_CHRC_READ, RW, on_read, NULL, NULL),
};

static void database_hash_of_the_specification(void **state)
{
    memset(&att_reg, 0, sizeof(att_reg));
    assert_int_equal(db_add(sample_attrs, ARRAY_SIZE(sample_attrs), 0), 1);
    reads = 0;
    hash_is("90a9fbb9bb30888aac8bf5ec482dcaf1");
    assert_int_equal(reads, 0); // Values are no part of it.
}

static void hash_follows_the_services(void **state)
{
    uint8_t before[GATT_HASH_LEN];
    memcpy(before, gatt_hash(), sizeof(before));
    change();
    assert_memory_not_equal(before, gatt_hash(), sizeof(before));
    change_back();
    assert_memory_equal(before, gatt_hash(), sizeof(before));
}

static void gatt_sr_gas_bv_02_c_hash_is_read_by_uuid(void **state)
{
    uint8_t rsp[4 + GATT_HASH_LEN] = {0x09, 0x12, 0x11, 0x00};
    static const uint8_t req[] = {0x08, 0x01, 0x00, 0xff, 0xff, 0x2a, 0x2b};
    struct fake_frame frame;
    memcpy(&rsp[4], gatt_hash(), GATT_HASH_LEN);
    fake_att(conn, req, sizeof(req));
    assert_true(fake_sent(&frame));
    assert_int_equal(frame.len, 4 + sizeof(rsp));
    assert_memory_equal(&frame.data[4], rsp, sizeof(rsp));
    assert_false(fake_sent(&frame));
}

// ---- Robust caching ----------------------------------------------------------------------------------

// Each request by handle; whatever is asked behind the refusal is served.
static void hostile_40_out_of_sync_once(void **state)
{
    static const char *const refused[] = {
        "> 0a 14 00 < 01 0a 14 00 12",
        "> 0c 14 00 00 00 < 01 0c 14 00 12",
        "> 0e 14 00 11 00 < 01 0e 14 00 12",
        "> 20 14 00 11 00 < 01 20 14 00 12",
        "> 12 14 00 61 < 01 12 14 00 12",
        "> 16 14 00 00 00 61 < 01 16 14 00 12",
        "> 08 12 00 ff ff b1 ff < 01 08 12 00 12",
        "> 08 02 00 ff ff 2a 2b < 01 08 02 00 12", // Not all of the database.
        "> 08 01 00 fe ff 2a 2b < 01 08 01 00 12",
    };
    for (unsigned int i = 0; i < ARRAY_SIZE(refused); i++) {
        change_for_robust();
        ATT(conn, refused[i]);
        assert_int_equal(reads + writes, 0);
        ATT(conn, "> 0a 14 00 < 0b 76");
        assert_int_equal(gatt_link_of(conn)->sync, GATT_SYNC_AWARE);
        reads = 0;
        change_back();
        come_back();
    }
}

// Discovery works, and so does what names no handle; a malformed request is malformed.
static void hostile_40_what_is_answered_out_of_sync(void **state)
{
    change_for_robust();
    ATT(conn, "> 04 12 00 12 00 < 05 01 12 00 00 28 > 06 01 00 ff ff 00 28 b0 ff < 07 12 00 15 00"
              "> 10 12 00 15 00 00 28 < 11 06 12 00 15 00 b0 ff"
              "> 08 13 00 13 00 03 28 < 09 07 13 00 30 14 00 b1 ff"
              "> 08 12 00 15 00 02 28 < 01 08 12 00 0a > 02 17 00 < 03 f7 00 > 18 00 < 19"
              "> 0a 14 < 01 0a 00 00 04 > 08 12 00 < 01 08 00 00 04 > 33 < 01 33 00 00 06");
    assert_int_equal(gatt_link_of(conn)->sync, GATT_SYNC_UNAWARE);
    ATT(conn, "> 0a 14 00 < 01 0a 14 00 12");
    change_back();
}

// Commands are ignored, also behind the refusal: only a request shows that it was heard.
static void command_out_of_sync_is_ignored(void **state)
{
    change_for_robust();
    ATT(conn, "> 52 14 00 61 < - > 0a 14 00 < 01 0a 14 00 12 > 52 14 00 61 < -");
    assert_int_equal(writes, 0);
    ATT(conn, "> 02 17 00 < 03 f7 00 > 52 14 00 61 < -");
    assert_int_equal(writes, 1);
    change_back();
}

static int notify(void)
{
    return bt_gatt_notify(conn, &a_service.attrs[1], "n", 1);
}

static void nothing_is_notified_out_of_sync(void **state)
{
    static struct bt_gatt_indicate_params ind;
    ATT(conn, "> 12 15 00 03 00 < 13");
    change_for_robust();
    ind = (struct bt_gatt_indicate_params){.attr = &a_service.attrs[1], .data = "i", .len = 1};
    assert_int_equal(notify(), -EAGAIN);
    assert_int_equal(bt_gatt_indicate(conn, &ind), -EAGAIN);
    assert_int_equal(breeze_gatt_send(conn, 0x14, "b", 1, false, NULL, NULL), -EAGAIN);
    ATT(conn, "> 0a 14 00 < 01 0a 14 00 12");
    assert_int_equal(notify(), -EAGAIN);
    ATT(conn, "> 0a 14 00 < 0b 76");
    assert_int_equal(notify(), 0);
    ATT(conn, "< 1b 14 00 6e");
    change_back();
}

// Reading the hash and one more request.
static void aware_after_the_hash_and_a_request(void **state)
{
    static const uint8_t req[] = {0x08, 0x01, 0x00, 0xff, 0xff, 0x2a, 0x2b};
    struct fake_frame frame;
    change_for_robust();
    fake_att(conn, req, sizeof(req));
    assert_true(fake_sent(&frame));
    assert_int_equal(frame.data[4], 0x09);
    assert_int_equal(gatt_link_of(conn)->sync, GATT_SYNC_TOLD);
    change_back(); // Once more: what it read is old.
    ATT(conn, "> 0a 14 00 < 01 0a 14 00 12 > 0a 14 00 < 0b 76");
    assert_int_equal(gatt_link_of(conn)->sync, GATT_SYNC_AWARE);
}

// A confirmation does it at once, unless something changed behind the indication.
static void aware_after_service_changed(void **state)
{
    ATT(conn, "> 12 0d 00 02 00 < 13");
    change_for_robust();
    ATT(conn, "< 1d 0c 00 16 00 18 00 > 1e > 0a 14 00 < 0b 76");
    change_back();
    ATT(conn, "< 1d 0c 00 16 00 18 00");
    change();
    ATT(conn, "> 1e < 1d 0c 00 16 00 18 00 > 0a 14 00 < 01 0a 14 00 12");
    ATT(conn, "> 1e > 0a 14 00 < 0b 76");
    change_back();
    ATT(conn, "< 1d 0c 00 16 00 18 00 > 1e");
}

static void client_without_robust_caching_is_served(void **state)
{
    change();
    ATT(conn, "> 0a 14 00 < 0b 76 > 12 15 00 01 00 < 13 > 52 14 00 61 < -");
    assert_int_equal(writes, 1);
    assert_int_equal(notify(), 0);
    ATT(conn, "< 1b 14 00 6e");
    change_back();
}

// No attribute at all: the code of nothing.
static void hostile_40_hash_of_an_empty_database(void **state)
{
    memset(&att_reg, 0, sizeof(att_reg));
    hash_is("f92fd762a8efce6d177eef464bc18743");
}

// ---- Bonded peers ----------------------------------------------------------------------------------

static void restart(void)
{
    leave();
    memset(&gatt_keep_reg, 0, sizeof(gatt_keep_reg));
    assert_int_equal(settings_load(), 0);
    conn = fake_connect(0, BT_CONN_ROLE_PERIPHERAL);
}

static void features_and_awareness_last_with_the_bond(void **state)
{
    bond();
    ATT(conn, "> 12 0f 00 05 < 13 > 12 15 00 01 00 < 13");
    for (int i = 0; i < 2; i++) {
        i ? restart() : come_back();
        ATT(conn, "> 0a 0f 00 < 0b 00 > 0a 15 00 < 0b 00 00"); // Anybody could say it is that peer.
        secure();
        ATT(conn, "> 0a 0f 00 < 0b 05 > 0a 15 00 < 0b 01 00 > 0a 14 00 < 0b 76");
    }
    // The database changes while it is away: out of sync as soon as it is known who it is.
    for (int i = 0; i < 2; i++) {
        leave();
        i ? change_back() : change();
        conn = fake_connect(0, BT_CONN_ROLE_PERIPHERAL);
        i ? restart() : (void)0;
        ATT(conn, "> 0a 14 00 < 0b 76");
        secure();
        assert_int_equal(notify(), -EAGAIN);
        ATT(conn, "> 0a 14 00 < 01 0a 14 00 12 > 0a 14 00 < 0b 76");
        come_back(); // It knows now.
        secure();
        ATT(conn, "> 0a 14 00 < 0b 76");
    }
    gatt_conn_up.unbonded(0, &conn->dst);
    fake_bond.bonded = false;
    come_back();
    secure();
    ATT(conn, "> 0a 0f 00 < 0b 00 > 0a 15 00 < 0b 00 00");
}

// The range that changed, from its encryption on until it was confirmed.
static void service_changed_waits_for_a_bonded_peer(void **state)
{
    bond();
    ATT(conn, "> 12 0d 00 02 00 < 13");
    leave();
    change();
    conn = fake_connect(0, BT_CONN_ROLE_PERIPHERAL);
    ATT(conn, "> 0a 14 00 < 0b 76");
    secure();
    ATT(conn, "< 1d 0c 00 16 00 18 00");
    come_back(); // Lost before it was confirmed.
    secure();
    ATT(conn, "< 1d 0c 00 16 00 18 00 > 1e");
    come_back();
    secure();
    ATT(conn, "< -");
    leave(); // There and back again is no change.
    change_back();
    change();
    conn = fake_connect(0, BT_CONN_ROLE_PERIPHERAL);
    secure();
    ATT(conn, "< -");
    change_back();
    ATT(conn, "< 1d 0c 00 16 00 18 00 > 1e");
}

// Over a restart nobody knows what changed: the hash tells whether, and then it is everything.
static void service_changed_after_a_restart(void **state)
{
    bond();
    ATT(conn, "> 12 0d 00 02 00 < 13");
    restart();
    secure();
    ATT(conn, "< -");
    leave();
    change();
    conn = fake_connect(0, BT_CONN_ROLE_PERIPHERAL);
    restart();
    secure();
    ATT(conn, "< 1d 0c 00 01 00 ff ff > 1e");
    restart();
    secure();
    ATT(conn, "< -");
    change_back();
    ATT(conn, "< 1d 0c 00 16 00 18 00 > 1e");
}

// A change between the connection and its encryption.
static void service_changed_before_encryption(void **state)
{
    bond();
    ATT(conn, "> 12 0d 00 02 00 < 13");
    come_back();
    change();
    ATT(conn, "< -");
    secure();
    ATT(conn, "< 1d 0c 00 16 00 18 00 > 1e");
    change_back();
    ATT(conn, "< 1d 0c 00 16 00 18 00 > 1e");
}

static size_t saved;

static int count_saves(struct settings_store *s, const char *name, const char *val, size_t len)
{
    saved++;
    return breeze_settings_ram_save(&store, name, val, len);
}

// Flash wears out: a reconnection where nothing changed writes nothing, also the first after a
// restart.
static void nothing_new_is_not_stored(void **state)
{
    static const struct settings_store_itf itf = {.csi_save = count_saves};
    static struct settings_store counting = {.cs_itf = &itf};
    bond();
    settings_dst_register(&counting);
    saved = 0;
    ATT(conn, "> 12 0d 00 02 00 < 13");
    assert_int_equal(saved, 1);
    come_back();
    secure();
    restart();
    secure();
    come_back();
    secure();
    assert_int_equal(saved, 1);
    ATT(conn, "> 12 0d 00 00 00 < 13");
    assert_int_equal(saved, 2); // Deleted.
}

// Records of other versions and lengths (hostile 57): an old one is taken, without what it lacks.
static void hostile_57_records_of_gatt(void **state)
{
    static const uint8_t v1[] = {1, 0, 0, 0, 0, 0, 0, 0, 0, 0x0d, 0, 2};
    static const uint8_t v3[] = {3, 0, 0, 0, 0, 0, 0, 0, 0, 0x0d, 0, 2};
    uint8_t v2[26 + 3 * GATT_KEEP_MAX + 3] = {2};
    const char *name = "bt/ccc/000000000000000";
    fake_bond.bonded = true;
    assert_int_equal(settings_save_one(name, v3, sizeof(v3)), 0);
    restart();
    assert_false(gatt_keep_reg.peers[0].used);
    for (size_t len = 1; len <= sizeof(v2); len++) {
        assert_int_equal(settings_save_one(name, v2, len), 0);
        restart();
        bool whole = len > 26 && len < sizeof(v2) && (len - 26) % 3 == 0;
        assert_int_equal(gatt_keep_reg.peers[0].used, whole);
    }
    assert_int_equal(settings_save_one(name, v1, sizeof(v1)), 0);
    restart();
    secure();
    ATT(conn, "< 1d 0c 00 01 00 ff ff > 1e > 0a 0d 00 < 0b 02 00");
    restart(); // Written anew.
    secure();
    ATT(conn, "< - > 0a 0d 00 < 0b 02 00");
}

static unsigned int tellings;

static void on_keep(uint8_t id, const bt_addr_le_t *peer)
{
    assert_int_equal(id, conn->id);
    assert_true(bt_addr_le_eq(peer, &conn->dst));
    tellings++;
}

// The same in a store of the application's own, which is told of each change; and a record with an
// octet that is another one, of another length, or of another device.
static void hostile_57_records_of_the_application(void **state)
{
    uint8_t record[BREEZE_GATT_KEEP_MAX];
    settings_dst_register(NULL);
    tellings = 0;
    breeze_gatt_keep_cb_set(on_keep);
    fake_bond.local = (bt_addr_le_t){BT_ADDR_LE_RANDOM, {{1, 2, 3, 4, 5, 0xc6}}};
    bond();
    assert_int_equal(breeze_gatt_keep_export(0, &conn->dst, record), -ENOENT);
    ATT(conn, "> 12 15 00 01 00 < 13");
    assert_int_equal(tellings, 1);
    int len = breeze_gatt_keep_export(0, &conn->dst, record);
    assert_int_equal(len, 17 + GATT_HASH_LEN + 3 + 4);
    for (int i = 0; i < len; i++) {
        record[i] ^= 0x10;
        assert_int_equal(breeze_gatt_keep_import(record, (size_t)len), -EINVAL);
        record[i] ^= 0x10;
        assert_int_equal(breeze_gatt_keep_import(record, (size_t)i), -EINVAL);
    }
    restart();
    secure();
    ATT(conn, "> 0a 15 00 < 0b 00 00");
    fake_bond.local.a.val[0] = 2;
    assert_int_equal(breeze_gatt_keep_import(record, (size_t)len), -EACCES);
    fake_bond.local.a.val[0] = 1;
    fake_bond.bonded = false;
    assert_int_equal(breeze_gatt_keep_import(record, (size_t)len), -ENOENT);
    fake_bond.bonded = true;
    assert_int_equal(breeze_gatt_keep_import(record, (size_t)len), 0);
    come_back();
    secure();
    ATT(conn, "> 0a 15 00 < 0b 01 00");
    tellings = 0;
    breeze_gatt_keep_cb_set(on_keep);
    gatt_conn_up.unbonded(0, &conn->dst);
    assert_int_equal(tellings, 1);
    assert_int_equal(breeze_gatt_keep_export(0, &conn->dst, record), -ENOENT);
    breeze_gatt_keep_cb_set(NULL);
}

// ---- The client's subscriptions ----------------------------------------------------------------------

static struct bt_gatt_subscribe_params sub;
static unsigned int values_heard;
static unsigned int ends_heard;
static unsigned int answers;
static bool ended_away;

static uint8_t on_value(struct bt_conn *c, struct bt_gatt_subscribe_params *params,
                        const void *data, uint16_t len)
{
    *(data ? &values_heard : &ends_heard) += 1;
    ended_away = !data && !c;
    return BT_GATT_ITER_CONTINUE;
}

static void on_subscribed(struct bt_conn *c, uint8_t err, struct bt_gatt_subscribe_params *params)
{
    answers += !err;
}

static void prepare(unsigned int flag)
{
    sub = (struct bt_gatt_subscribe_params){
        .notify = on_value,
        .subscribe = on_subscribed,
        .value = BT_GATT_CCC_NOTIFY,
        .value_handle = 3,
        .ccc_handle = 4,
    };
    if (flag < BT_GATT_SUBSCRIBE_NUM_FLAGS) {
        atomic_set_bit(sub.flags, (int)flag);
    }
    values_heard = ends_heard = answers = 0;
    ended_away = false;
}

static void subscribe(unsigned int flag)
{
    prepare(flag);
    assert_int_equal(bt_gatt_subscribe(conn, &sub), 0);
    ATT(conn, "< 12 04 00 01 00 > 13");
    assert_int_equal(answers, 1);
}

#define NO_FLAG BT_GATT_SUBSCRIBE_NUM_FLAGS

// It is written again, once the bond has encrypted the link.
static void subscription_returns_with_a_bonded_peer(void **state)
{
    bond();
    subscribe(NO_FLAG);
    come_back();
    assert_int_equal(ends_heard, 0);
    ATT(conn, "> 1b 03 00 61 < -");
    assert_int_equal(values_heard, 0); // Nobody has proved anything yet.
    secure();
    ATT(conn, "< 12 04 00 01 00 > 1b 03 00 61 > 13");
    assert_int_equal(answers, 2);
    assert_int_equal(values_heard, 1);
    assert_int_equal(bt_gatt_subscribe(conn, &sub), -EALREADY);
    assert_int_equal(bt_gatt_unsubscribe(conn, &sub), 0);
    ATT(conn, "< 12 04 00 00 00 > 13");
    assert_int_equal(ends_heard, 1);
    come_back();
    secure();
    ATT(conn, "< - > 1b 03 00 61 < -");
    assert_int_equal(values_heard, 1);
}

// A server whose database changed refuses the renewal by handle, and keeps what it has.
static void renewal_out_of_sync(void **state)
{
    bond();
    subscribe(NO_FLAG);
    come_back();
    secure();
    ATT(conn, "< 12 04 00 01 00 > 01 12 04 00 12 > 1b 03 00 61 < -");
    assert_int_equal(values_heard, 1);
    assert_int_equal(answers, 1);
    assert_int_equal(ends_heard, 0);
    come_back();
    secure();
    ATT(conn, "< 12 04 00 01 00");
    come_back(); // The link is lost before the answer.
    assert_int_equal(ends_heard, 0);
    secure();
    ATT(conn, "< 12 04 00 01 00 > 01 12 04 00 03"); // Any other error ends it.
    assert_int_equal(ends_heard, 1);
}

static void subscription_no_resub_trusts_the_server(void **state)
{
    bond();
    subscribe(BT_GATT_SUBSCRIBE_FLAG_NO_RESUB);
    come_back();
    secure();
    ATT(conn, "< - > 1b 03 00 61 < -");
    assert_int_equal(values_heard, 1);
    assert_int_equal(answers, 1);
}

static void subscription_ends_volatile_or_without_bond(void **state)
{
    bond();
    subscribe(BT_GATT_SUBSCRIBE_FLAG_VOLATILE);
    come_back();
    assert_int_equal(ends_heard, 1);
    fake_bond.bonded = false;
    subscribe(NO_FLAG);
    come_back();
    assert_int_equal(ends_heard, 1);
    fake_bond.bonded = true; // One whose write was never answered is not known to the peer.
    prepare(NO_FLAG);
    assert_int_equal(bt_gatt_subscribe(conn, &sub), 0);
    ATT(conn, "< 12 04 00 01 00");
    come_back();
    assert_int_equal(ends_heard, 1);
}

static void kept_subscription_ends_with_bond_or_host(void **state)
{
    bond();
    subscribe(NO_FLAG);
    leave();
    gatt_conn_up.unbonded(0, &conn->dst);
    assert_int_equal(ends_heard, 1);
    assert_true(ended_away);
    conn = fake_connect(0, BT_CONN_ROLE_CENTRAL);
    subscribe(NO_FLAG);
    leave();
    gatt_conn_up.off();
    assert_int_equal(ends_heard, 1);
    assert_true(ended_away);
}

// The application may act before the link is encrypted.
static void kept_subscription_before_encryption(void **state)
{
    bond();
    subscribe(NO_FLAG);
    come_back();
    assert_int_equal(bt_gatt_subscribe(conn, &sub), 0);
    ATT(conn, "< 12 04 00 01 00 > 13");
    secure();
    ATT(conn, "< -");
    come_back();
    assert_int_equal(bt_gatt_unsubscribe(conn, &sub), 0);
    ATT(conn, "< 12 04 00 00 00 > 13");
    assert_int_equal(ends_heard, 1);
    secure();
    ATT(conn, "< -");
}

static void resubscribe_after_a_restart(void **state)
{
    const bt_addr_le_t peer = conn->dst;
    prepare(BT_GATT_SUBSCRIBE_FLAG_NO_RESUB);
    assert_int_equal(bt_gatt_resubscribe(0, &peer, &sub), -EINVAL); // No bond.
    fake_bond.bonded = true;
    sub.ccc_handle = 0;
    assert_int_equal(bt_gatt_resubscribe(0, &peer, &sub), -EINVAL);
    sub.ccc_handle = 4;
    assert_int_equal(bt_gatt_resubscribe(0, &peer, &sub), 0);
    assert_int_equal(bt_gatt_resubscribe(0, &peer, &sub), -EALREADY);
    secure();
    ATT(conn, "< - > 1b 03 00 61 < -");
    assert_int_equal(values_heard, 1);
    assert_int_equal(bt_gatt_resubscribe(0, &peer, &sub), -EALREADY);
    assert_int_equal(bt_gatt_unsubscribe(conn, &sub), 0);
    ATT(conn, "< 12 04 00 00 00 > 13");
    // On a link that is encrypted already.
    prepare(NO_FLAG);
    assert_int_equal(bt_gatt_resubscribe(0, &peer, &sub), 0);
    ATT(conn, "< 12 04 00 01 00 > 13 > 1b 03 00 61 < -");
    assert_int_equal(values_heard, 1);
}

static void kept_subscriptions_are_bounded(void **state)
{
    static struct bt_gatt_subscribe_params many[CONFIG_BT_MAX_PAIRED + 1];
    fake_bond.bonded = true;
    prepare(NO_FLAG);
    for (unsigned int i = 0; i < ARRAY_SIZE(many); i++) {
        const bt_addr_le_t peer = {.type = 1, .a.val = {(uint8_t)i}};
        many[i] = sub;
        int err = bt_gatt_resubscribe(0, &peer, &many[i]);
        assert_int_equal(err, i < CONFIG_BT_MAX_PAIRED ? 0 : -ENOMEM);
    }
    gatt_conn_up.off();
    assert_int_equal(ends_heard, CONFIG_BT_MAX_PAIRED);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(database_hash_of_the_specification),
        CASE(hash_follows_the_services),
        CASE(gatt_sr_gas_bv_02_c_hash_is_read_by_uuid),
        CASE(hostile_40_out_of_sync_once),
        CASE(hostile_40_what_is_answered_out_of_sync),
        CASE(command_out_of_sync_is_ignored),
        CASE(nothing_is_notified_out_of_sync),
        CASE(aware_after_the_hash_and_a_request),
        CASE(aware_after_service_changed),
        CASE(client_without_robust_caching_is_served),
        CASE(hostile_40_hash_of_an_empty_database),
        CASE(features_and_awareness_last_with_the_bond),
        CASE(service_changed_waits_for_a_bonded_peer),
        CASE(service_changed_after_a_restart),
        CASE(service_changed_before_encryption),
        CASE(nothing_new_is_not_stored),
        CASE(hostile_57_records_of_gatt),
        CASE(hostile_57_records_of_the_application),
        CASE(subscription_returns_with_a_bonded_peer),
        CASE(renewal_out_of_sync),
        CASE(subscription_no_resub_trusts_the_server),
        CASE(subscription_ends_volatile_or_without_bond),
        CASE(kept_subscription_ends_with_bond_or_host),
        CASE(kept_subscription_before_encryption),
        CASE(resubscribe_after_a_restart),
        CASE(kept_subscriptions_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
