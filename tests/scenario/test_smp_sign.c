// Signed writes between two whole hosts: keys given in a pairing, used on later links without encryption,
// and counters that no restart takes back (Vol 3, Part H, 2.4.5; Vol 3, Part C, 10.4).
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "smp_users.h"

#include "att/pdu.h"
#include "l2cap/l2cap.h"

// What each host's server took.
static struct {
    unsigned int writes;
    uint8_t flags;
    char text[32];
} got[2];

static ssize_t on_write(struct bt_conn *conn, const struct bt_gatt_attr *attr, const void *buf,
                        uint16_t len, uint16_t offset, uint8_t flags)
{
    unsigned int me = here();
    got[me].writes++;
    got[me].flags = flags;
    memset(got[me].text, 0, sizeof(got[me].text));
    memcpy(got[me].text, buf, MIN(len, sizeof(got[me].text) - 1));
    return len;
}

BT_GATT_SERVICE_DEFINE(sign_service, BT_GATT_PRIMARY_SERVICE(BT_UUID_DECLARE_16(0xff00)),
                       BT_GATT_CHARACTERISTIC(BT_UUID_DECLARE_16(0xff01),
                                              BT_GATT_CHRC_AUTH | BT_GATT_CHRC_WRITE,
                                              BT_GATT_PERM_WRITE, NULL, on_write, NULL),
                       BT_GATT_CHARACTERISTIC(BT_UUID_DECLARE_16(0xff02),
                                              BT_GATT_CHRC_AUTH | BT_GATT_CHRC_WRITE,
                                              BT_GATT_PERM_WRITE_ENCRYPT, NULL, on_write, NULL));

// ---- Stores, links, writes ----------------------------------------------------------------------------

static uint8_t store_mem[2][2048];
static struct breeze_settings_ram stores[2];

static void do_store(void *arg)
{
    struct breeze_settings_ram *store = &stores[here()];
    breeze_settings_ram_init(store, store_mem[here()], sizeof(store_mem[0]));
    settings_src_register(&store->store);
    settings_dst_register(&store->store);
}

static void do_restart(void *arg)
{
    memset(smp_reg.bonds, 0, sizeof(smp_reg.bonds));
    settings_load_subtree("bt/keys");
}

static void do_export(void *arg)
{
    const struct smp_keys *keys = &smp_reg.bonds[0];
    assert_int_equal(breeze_smp_bond_export(keys->id, &keys->addr, arg), 0);
}

struct record {
    const uint8_t *octets;
    size_t len;
    int err;
};

static void do_import(void *arg)
{
    struct record *record = arg;
    record->err = breeze_smp_bond_import(record->octets, record->len);
}

static void do_keys(void *arg)
{
    memcpy(arg, &smp_reg.bonds[0], sizeof(struct smp_keys));
}

static void do_dropped(void *arg)
{
    *(uint32_t *)arg = hci_stats()->att_dropped;
}

static uint32_t dropped(unsigned int who)
{
    uint32_t count;
    on(who, do_dropped, &count);
    return count;
}

// A fresh link, not encrypted.
static void reconnect(void)
{
    assert_true(pair_disconnect(&pair, 1));
    forget();
    assert_true(pair_connect(&pair, 6));
    assert_false(encrypted());
}

static void bond(bool sc)
{
    const struct breeze_smp_policy policy = {.no_sc = !sc};
    start(SMP_IO_NONE, SMP_IO_NONE, &policy);
    memset(got, 0, sizeof(got));
    on(0, do_store, NULL);
    on(1, do_store, NULL);
    assert_int_equal(ask(1, BT_SECURITY_L2), 0);
    run_pairing();
    assert_true(heard[0].bonded && heard[1].bonded);
}

struct write {
    const char *text;
    unsigned int attr;
    int err;
};

static void do_write(void *arg)
{
    struct write *write = arg;
    uint16_t handle = bt_gatt_attr_get_handle(&sign_service.attrs[write->attr]);
    write->err = bt_gatt_write_without_response(pair_here()->conn, handle, write->text,
                                                (uint16_t)strlen(write->text), true);
}

static void let_it_arrive(void)
{
    (void)pair_until(never, NULL, 200000);
}

// The error of the call; then what the other side took.
static int write_signed(unsigned int from, const char *text, unsigned int attr)
{
    struct write write = {text, attr, 0};
    on(from, do_write, &write);
    let_it_arrive();
    return write.err;
}

static void assert_taken(unsigned int who, unsigned int writes, const char *text)
{
    assert_int_equal(got[who].writes, writes);
    assert_string_equal(got[who].text, text);
    assert_int_equal(got[who].flags, BT_GATT_WRITE_FLAG_CMD);
}

// ---- Both ways -----------------------------------------------------------------------------------------

static void signed_writes_both_ways(void **state)
{
    for (int sc = 0; sc < 2; sc++) {
        bond(sc);
        struct smp_keys keys[2];
        on(0, do_keys, &keys[0]);
        on(1, do_keys, &keys[1]);
        assert_memory_equal(keys[0].sign.val, keys[1].check.val, 16);
        assert_memory_equal(keys[1].sign.val, keys[0].check.val, 16);
        // An encrypted link needs no signature: a plain command.
        assert_int_equal(write_signed(1, "plain", 2), 0);
        assert_taken(0, 1, "plain");
        on(1, do_keys, &keys[1]);
        assert_int_equal(keys[1].sign.counter, 0);
        reconnect();
        assert_int_equal(write_signed(1, "one", 2), 0);
        assert_taken(0, 2, "one");
        assert_int_equal(write_signed(0, "back", 2), 0);
        assert_taken(1, 1, "back");
        assert_int_equal(write_signed(1, "two", 2), 0);
        assert_taken(0, 3, "two");
        // What is to be encrypted is not written by a signature.
        assert_int_equal(write_signed(1, "secret", 4), 0);
        assert_taken(0, 3, "two");
        assert_int_equal(write_signed(1, "nine octets too", 2), -EMSGSIZE);
        pair_stop(&pair);
    }
}

// Counters go on from what is stored, whatever was used since; many of them share one save.
static void restart_takes_no_counter_back(void **state)
{
    struct smp_keys before;
    struct smp_keys after_it;
    bond(true);
    reconnect();
    for (unsigned int i = 1; i <= 70; i++) {
        assert_int_equal(write_signed(1, "x", 2), 0);
        assert_taken(0, i, "x");
        if (i % 10 == 0) {
            on(1, do_keys, &before);
            on(1, do_restart, NULL);
            on(1, do_keys, &after_it);
            assert_true(after_it.sign.counter >= before.sign.counter);
            on(0, do_keys, &before);
            on(0, do_restart, NULL);
            on(0, do_keys, &after_it);
            assert_int_equal(after_it.check.counter, before.check.counter);
        }
    }
    pair_stop(&pair);
}

// What cannot be stored is neither sent nor taken.
static void do_full(void *arg)
{
    memset(&stores[here()], 0, sizeof(stores[0]));
    breeze_settings_ram_init(&stores[here()], store_mem[here()], 16);
    settings_dst_register(&stores[here()].store);
}

static void full_store_stops_signing(void **state)
{
    bond(true);
    reconnect();
    on(1, do_full, NULL);
    struct smp_keys keys;
    assert_true(write_signed(1, "x", 2) < 0);
    on(1, do_keys, &keys);
    assert_int_equal(keys.sign.counter, 0);
    on(1, do_store, NULL);
    assert_int_equal(write_signed(1, "x", 2), 0);
    assert_taken(0, 1, "x");
    on(0, do_full, NULL);
    assert_int_equal(write_signed(1, "y", 2), 0);
    assert_taken(0, 1, "x");
    pair_stop(&pair);
}

// ---- Hostile -------------------------------------------------------------------------------------------

struct raw {
    uint8_t pdu[40];
    size_t len;
};

static void do_send(void *arg)
{
    const struct raw *raw = arg;
    struct net_buf *buf = l2cap_tx_alloc();
    assert_non_null(buf);
    net_buf_add_mem(buf, raw->pdu, raw->len);
    assert_int_equal(l2cap_send(pair_here()->conn, L2CAP_CID_ATT, buf, NULL, NULL), 0);
}

struct forge {
    struct raw raw;
    uint32_t counter;
};

// A signed write of "z" by this host's key.
static void do_forge(void *arg)
{
    struct forge *forge = arg;
    uint8_t *pdu = forge->raw.pdu;
    uint16_t handle = bt_gatt_attr_get_handle(&sign_service.attrs[2]);
    struct wr w = wr_init(pdu, sizeof(forge->raw.pdu));
    wr_u8(&w, ATT_SIGNED_WRITE_CMD);
    wr_le16(&w, handle);
    wr_u8(&w, 'z');
    size_t len = wr_len(&w);
    wr_le32(&w, forge->counter);
    crypto_sign(smp_reg.bonds[0].sign.val, pdu, len, forge->counter, wr_reserve(&w, 8));
    forge->raw.len = wr_len(&w);
}

static void assert_ignored(const struct raw *raw)
{
    unsigned int writes = got[0].writes;
    uint32_t before = dropped(0);
    on(1, do_send, (void *)raw);
    let_it_arrive();
    assert_int_equal(got[0].writes, writes);
    assert_int_equal(dropped(0), before + 1);
}

static void hostile_39_signed_writes_replayed_and_forged(void **state)
{
    struct forge forge = {.counter = 5};
    bond(true);
    on(1, do_forge, &forge);
    assert_ignored(&forge.raw); // On an encrypted link.
    reconnect();
    for (size_t bit = 0; bit < 8 * forge.raw.len; bit += 3) {
        struct raw bad = forge.raw;
        bad.pdu[bit / 8] ^= (uint8_t)(1U << bit % 8);
        if (bit / 8) { // Another opcode is another PDU.
            assert_ignored(&bad);
        }
    }
    for (size_t len = 3; len < forge.raw.len; len++) {
        struct raw cut = forge.raw;
        cut.len = len;
        assert_ignored(&cut);
    }
    on(1, do_send, &forge.raw);
    let_it_arrive();
    assert_taken(0, 1, "z");
    assert_ignored(&forge.raw); // Again,
    reconnect();
    assert_ignored(&forge.raw); // ... on the next link,
    on(0, do_restart, NULL);
    assert_ignored(&forge.raw); // ... and after a restart.
    for (uint32_t counter = 0; counter < 5; counter++) {
        forge.counter = counter;
        on(1, do_forge, &forge);
        assert_ignored(&forge.raw);
    }
    forge.counter = UINT32_MAX; // It would let all begin anew.
    on(1, do_forge, &forge);
    assert_ignored(&forge.raw);
    forge.counter = 1000;
    on(1, do_forge, &forge);
    on(1, do_send, &forge.raw);
    let_it_arrive();
    assert_taken(0, 2, "z");
    pair_stop(&pair);
}

static void do_lose(void *arg)
{
    memset(smp_reg.bonds, 0, sizeof(smp_reg.bonds));
}

static void hostile_39_signed_write_without_key(void **state)
{
    struct forge forge = {.counter = 5};
    bond(true);
    on(1, do_forge, &forge);
    reconnect();
    on(0, do_lose, NULL);
    assert_ignored(&forge.raw);
    on(1, do_lose, NULL);
    assert_int_equal(write_signed(1, "x", 2), -ENOENT);
    assert_int_equal(got[0].writes, 0);
    pair_stop(&pair);
}

// ---- Records -------------------------------------------------------------------------------------------

static void seal(uint8_t *record, size_t len)
{
    static const uint8_t key[16] = "Breeze bond 1";
    uint8_t check[16];
    crypto_cmac(key, record, len - 4, check);
    memcpy(record + len - 4, check, 4);
}

static void records_of_all_versions(void **state)
{
    uint8_t record[BREEZE_BOND_RECORD_LEN];
    uint8_t again[BREEZE_BOND_RECORD_LEN];
    struct smp_keys keys;
    bond(true);
    reconnect();
    on(1, do_export, record);
    assert_int_equal(write_signed(1, "x", 2), 0);
    // An old record does not take counters of the bond back.
    struct record import = {record, sizeof(record), -1};
    on(1, do_import, &import);
    assert_int_equal(import.err, 0);
    on(1, do_keys, &keys);
    assert_true(keys.sign.counter >= 1);
    // Neither of the receiver's.
    on(0, do_export, record);
    on(0, do_keys, &keys);
    assert_int_equal(keys.check.counter, 1);
    assert_int_equal(write_signed(1, "y", 2), 0);
    on(0, do_import, &import);
    on(0, do_keys, &keys);
    assert_true(keys.check.counter > 1);
    // Alone it comes back whole.
    on(0, do_lose, NULL);
    on(0, do_import, &import);
    assert_int_equal(import.err, 0);
    on(0, do_export, again);
    assert_memory_equal(again, record, sizeof(record));
    // Version 2 has no keys that sign.
    on(0, do_lose, NULL);
    import.len = 110;
    record[0] = 2;
    seal(record, import.len);
    on(0, do_import, &import);
    assert_int_equal(import.err, 0);
    assert_int_equal(write_signed(0, "x", 2), -ENOENT);
    record[0] = 3; // Not of this length.
    seal(record, import.len);
    on(0, do_import, &import);
    assert_int_equal(import.err, -EINVAL);
    pair_stop(&pair);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(signed_writes_both_ways, after),
        cmocka_unit_test_teardown(restart_takes_no_counter_back, after),
        cmocka_unit_test_teardown(full_store_stops_signing, after),
        cmocka_unit_test_teardown(hostile_39_signed_writes_replayed_and_forged, after),
        cmocka_unit_test_teardown(hostile_39_signed_write_without_key, after),
        cmocka_unit_test_teardown(records_of_all_versions, after),
    };
    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
