// Bonds and policies between two whole hosts: who may have one, which gives way, whose they are; fixed
// passkeys.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <breeze/gatt.h>
#include <breeze/id.h>

#include "gatt/state.h"
#include "smp_users.h"

static void bond(void)
{
    start(SMP_IO_NONE, SMP_IO_NONE, NULL);
    assert_int_equal(ask(1, BT_SECURITY_L2), 0);
    run_pairing();
    assert_true(heard[0].bonded && heard[1].bonded);
}

// ---- Whose they are ------------------------------------------------------------------------------------

struct record {
    uint8_t octets[BREEZE_BOND_RECORD_LEN];
    size_t len;
    int err;
};

static void do_export(void *arg)
{
    struct record *record = arg;
    const struct smp_keys *keys = &smp_reg.bonds[0];
    assert_int_equal(breeze_smp_bond_export(keys->id, &keys->addr, record->octets), 0);
    record->len = sizeof(record->octets);
}

static void do_import(void *arg)
{
    struct record *record = arg;
    record->err = breeze_smp_bond_import(record->octets, record->len);
}

struct foreign {
    const uint8_t *octets;
    size_t len;
    int err;
};

static void do_import_foreign(void *arg)
{
    struct foreign *record = arg;
    record->err = breeze_smp_bond_import(record->octets, record->len);
}

static void do_lose(void *arg)
{
    memset(smp_reg.bonds, 0, sizeof(smp_reg.bonds));
}

// A record comes back into the device that it was made in, whole, and into no other.
static void hostile_57_record_of_another_device(void **state)
{
    struct record record;
    bond();
    on(0, do_export, &record);
    on(0, do_lose, NULL);
    on(1, do_lose, NULL);
    on(1, do_import, &record);
    assert_int_equal(record.err, -EACCES);
    assert_int_equal(bonds(1), 0);
    on(0, do_import, &record);
    assert_int_equal(record.err, 0);
    assert_int_equal(bonds(0), 1);
    struct record again;
    on(0, do_export, &again);
    assert_memory_equal(again.octets, record.octets, sizeof(again.octets));
    for (size_t len = 0; len < sizeof(record.octets); len++) {
        record.len = len;
        on(0, do_import, &record);
        assert_int_equal(record.err, -EINVAL);
    }
    pair_stop(&pair);
}

// ---- On another board ------------------------------------------------------------------------------------

// What a program keeps of a bond, and its peripheral's address.
static struct {
    struct record keys;
    uint8_t peer[BREEZE_GATT_KEEP_MAX];
    int peer_len;
    bt_addr_le_t local;
} kept;

static void do_keep(void *arg)
{
    do_export(&kept.keys);
    kept.peer_len = breeze_gatt_keep_export(BT_ID_DEFAULT, &smp_reg.bonds[0].addr, kept.peer);
    assert_in_range(kept.peer_len, 1, BREEZE_GATT_KEEP_MAX);
    assert_int_equal(breeze_smp_bond_local(kept.keys.octets, kept.keys.len, &kept.local), 0);
    assert_int_equal(breeze_smp_bond_local(kept.keys.octets, kept.keys.len - 1, &kept.local),
                     -EINVAL);
    assert_int_equal(breeze_smp_bond_local(kept.keys.octets, kept.keys.len, &kept.local), 0);
    assert_int_equal(breeze_id_set(&kept.local), 0); // It is that already.
}

static void do_be_another_board(void *arg)
{
    bt_addr_le_t other = {BT_ADDR_LE_RANDOM, {{1, 2, 3, 4, 5, 0xc6}}};
    do_lose(NULL);
    memset(&gatt_keep_reg, 0, sizeof(gatt_keep_reg));
    assert_int_equal(breeze_id_set(&other), 0);
}

// Refused as long as it is another device; whole as soon as it is that one.
static void do_restore(void *arg)
{
    do_import(&kept.keys);
    assert_int_equal(kept.keys.err, -EACCES);
    assert_int_equal(breeze_gatt_keep_import(kept.peer, (size_t)kept.peer_len), -EACCES);
    assert_int_equal(breeze_id_set(&kept.local), 0);
    assert_int_equal(breeze_gatt_keep_import(kept.peer, (size_t)kept.peer_len), -ENOENT);
    do_import(&kept.keys);
    assert_int_equal(kept.keys.err, 0);
    assert_int_equal(breeze_gatt_keep_import(kept.peer, (size_t)kept.peer_len), 0);
}

static void do_compare(void *arg)
{
    uint8_t now[BREEZE_GATT_KEEP_MAX];
    int len = breeze_gatt_keep_export(BT_ID_DEFAULT, &smp_reg.bonds[0].addr, now);
    assert_int_equal(len, kept.peer_len);
    assert_memory_equal(now, kept.peer, (size_t)len);
    assert_int_equal(breeze_id_set(BT_ADDR_LE_ANY), -EINVAL);
    kept.local.a.val[0] ^= 1;
    assert_int_equal(breeze_id_set(&kept.local), -EBUSY); // A link has it.
}

// The central comes to the address that it knows and encrypts with the bond; what it was to be
// notified of is as it was.
static void bond_moves_to_another_board(void **state)
{
    bond();
    on(0, do_keep, NULL);
    assert_true(pair_disconnect(&pair, 1));
    on(0, do_be_another_board, NULL);
    on(0, do_restore, NULL);
    forget();
    assert_true(pair_connect(&pair, 6));
    assert_int_equal(ask(1, BT_SECURITY_L2), 0);
    assert_true(pair_until(one_changed, NULL, LIMIT_US));
    assert_int_equal(heard[0].err | heard[1].err, 0);
    assert_int_equal(heard[0].complete | heard[1].complete, 0);
    on(0, do_compare, NULL);
    pair_stop(&pair);
}

struct seal {
    uint8_t *record;
    size_t len;
};

static void do_seal(void *arg)
{
    static const uint8_t key[16] = "Breeze bond 1";
    const struct seal *seal = arg;
    uint8_t check[16];
    crypto_cmac(key, seal->record, seal->len - 4, check);
    memcpy(seal->record + seal->len - 4, check, 4);
}

// What makes a record whole, whatever is in it.
static void seal(uint8_t *record, size_t len)
{
    on(0, do_seal, &(struct seal){record, len});
}

// Sealed like any other, and impossible: what an upgrade, another program or an attacker may have left.
static void hostile_57_whole_records_that_cannot_be(void **state)
{
    static const struct {
        uint8_t at;
        uint8_t octets[16];
        uint8_t len;
    } rows[] = {
        {0, {0}, 1},                // Versions that are none, or of another length,
        {0, {1}, 1},                //
        {0, {4}, 1},                //
        {1, {CONFIG_BT_ID_MAX}, 1}, // an identity that is none,
        {2, {0x80}, 1},             // flags that mean nothing,
        {2, {0x1d}, 1},             //
        {3, {0}, 1},                // sizes of keys,
        {3, {6}, 1},                //
        {3, {17}, 1},               //
        {3, {255}, 1},              //
        {8, {2}, 1},                // kinds of addresses: ours,
        {14, {0x06}, 1},            //
        {15, {2}, 1},               // the peer's,
        {21, {0x06}, 1},            //
        {22, {0}, 16},              // a key of zeroes,
        {2, {0x2c}, 1},             // an IRK of zeroes,
        {2, {0x10}, 1},             // the peer's key of zeroes.
    };
    struct record record;
    bond();
    on(0, do_export, &record);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct record bad = record;
        memcpy(&bad.octets[rows[i].at], rows[i].octets, rows[i].len);
        seal(bad.octets, bad.len);
        on(0, do_lose, NULL);
        on(0, do_import, &bad);
        assert_int_equal(bad.err, -EINVAL);
        assert_int_equal(bonds(0), 0);
    }
    // Two of one address are one.
    for (uint8_t age = 1; age < 3; age++) {
        record.octets[4] = age;
        seal(record.octets, record.len);
        on(0, do_import, &record);
        assert_int_equal(record.err, 0);
        assert_int_equal(bonds(0), 1);
    }
    pair_stop(&pair);
}

// A record of a build with signed writes: what this one has no use for falls away.
static void record_with_keys_that_sign(void **state)
{
    uint8_t signing[BREEZE_BOND_RECORD_LEN + 40];
    struct record record;
    bond();
    on(0, do_export, &record);
    memset(signing, 0x5a, sizeof(signing));
    memcpy(signing, record.octets, sizeof(record.octets) - 4);
    struct foreign later = {signing, sizeof(signing), 0};
    signing[0] = 3;
    on(0, do_lose, NULL);
    on(0, do_import_foreign, &later);
    assert_int_equal(later.err, -EINVAL);
    seal(signing, sizeof(signing));
    on(0, do_import_foreign, &later);
    assert_int_equal(later.err, 0);
    struct record again;
    on(0, do_export, &again);
    assert_memory_equal(again.octets, record.octets, sizeof(again.octets));
    pair_stop(&pair);
}

static uint8_t store_mem[1024];
static struct breeze_settings_ram store;

static void do_store(void *arg)
{
    settings_src_register(&store.store);
    settings_dst_register(&store.store);
}

static void do_save(void *arg)
{
    breeze_settings_ram_init(&store, store_mem, sizeof(store_mem));
    do_store(NULL);
}

static void do_load_keys(void *arg)
{
    settings_load_subtree("bt/keys");
}

static void do_change_local(void *arg)
{
    smp_reg.bonds[0].local.a.val[0] ^= 1;
}

static void do_commit(void *arg)
{
    (void)settings_commit_subtree("bt/keys");
}

// The same with a whole store; and with a bond that was there before the identity was known.
static void hostile_57_store_of_another_device(void **state)
{
    start(SMP_IO_NONE, SMP_IO_NONE, NULL);
    on(0, do_save, NULL);
    assert_int_equal(ask(1, BT_SECURITY_L2), 0);
    run_pairing();
    on(1, do_lose, NULL);
    on(1, do_store, NULL);
    on(1, do_load_keys, NULL);
    assert_int_equal(bonds(1), 0);
    on(0, do_lose, NULL);
    on(0, do_load_keys, NULL);
    assert_int_equal(bonds(0), 1);
    on(0, do_commit, NULL);
    assert_int_equal(bonds(0), 1);
    on(0, do_change_local, NULL);
    on(0, do_commit, NULL);
    assert_int_equal(bonds(0), 0);
    pair_stop(&pair);
}

static int refuse_all(struct settings_store *cs, const char *name, const char *value, size_t len)
{
    return -EIO;
}

static void do_store_that_refuses(void *arg)
{
    static const struct settings_store_itf itf = {.csi_save = refuse_all};
    static struct settings_store refusing = {.cs_itf = &itf};
    settings_dst_register(&refusing);
}

static void do_unpair_all(void *arg)
{
    *(int *)arg = bt_unpair(BT_ID_DEFAULT, NULL);
}

// A store that refuses: a new bond holds as long as the program; whoever deletes one is told that it will
// be back.
static void store_that_refuses(void **state)
{
    int err = 0;
    start(SMP_IO_NONE, SMP_IO_NONE, NULL);
    on(0, do_save, NULL);
    on(1, do_store_that_refuses, NULL);
    assert_int_equal(ask(1, BT_SECURITY_L2), 0);
    run_pairing();
    assert_int_equal(bonds(0), 1);
    assert_int_equal(bonds(1), 1);
    on(0, do_store_that_refuses, NULL);
    for (unsigned int who = 0; who < 2; who++) {
        on(who, do_unpair_all, &err);
        assert_int_equal(err, -EIO);
        assert_int_equal(bonds(who), 0);
        assert_int_equal(heard[who].deleted, 1);
        on(who, do_unpair_all, &err);
        assert_int_equal(err, 0); // Nothing is left to delete.
    }
    on(0, do_store, NULL);
    on(0, do_load_keys, NULL);
    assert_int_equal(bonds(0), 1);
    pair_stop(&pair);
}

// ---- Which gives way --------------------------------------------------------------------------------------

// All places taken: the second one is the one used longest ago.
static void do_fill(void *arg)
{
    struct bt_le_oob oob;
    assert_int_equal(bt_le_oob_get_local(BT_ID_DEFAULT, &oob), 0);
    for (unsigned int i = 0; i < CONFIG_BT_MAX_PAIRED; i++) {
        smp_reg.bonds[i] = (struct smp_keys){
            .flags = SMP_KEYS_USED | SMP_KEYS_OURS,
            .size = 16,
            .addr = {BT_ADDR_LE_RANDOM, {{(uint8_t)i, 2, 3, 4, 5, 0xc6}}},
            .local = oob.addr,
            .age = i == 1 ? 1 : 10 + i,
        };
    }
    smp_reg.age = 100;
}

static void do_kept(void *arg)
{
    unsigned int *missing = arg;
    *missing = 0;
    for (unsigned int i = 0; i < CONFIG_BT_MAX_PAIRED; i++) {
        bt_addr_le_t addr = {BT_ADDR_LE_RANDOM, {{(uint8_t)i, 2, 3, 4, 5, 0xc6}}};
        *missing |= smp_bond_find(BT_ID_DEFAULT, &addr) ? 0 : BIT(i);
    }
}

static void the_oldest_bond_gives_way(void **state)
{
    unsigned int missing = 0;
    for (int replace = 0; replace < 2; replace++) {
        const struct breeze_smp_policy policy = {.replace_oldest = replace};
        start(SMP_IO_NONE, SMP_IO_NONE, &policy);
        curve_ready(0);
        on(0, do_fill, NULL);
        assert_int_equal(ask(1, BT_SECURITY_L2), 0);
        run_pairing();
        assert_int_equal(heard[0].complete, 1);
        assert_int_equal(heard[0].bonded, replace);
        assert_int_equal(heard[0].deleted, replace);
        assert_int_equal(bonds(0), CONFIG_BT_MAX_PAIRED);
        on(0, do_kept, &missing);
        assert_int_equal(missing, replace ? BIT(1) : 0);
        pair_stop(&pair);
    }
}

static void do_unpair_one(void *arg)
{
    const bt_addr_le_t addr = {BT_ADDR_LE_RANDOM, {{2, 2, 3, 4, 5, 0xc6}}};
    assert_int_equal(bt_unpair(BT_ID_DEFAULT, &addr), 0);
    assert_int_equal(bt_unpair(BT_ID_DEFAULT, &addr), 0); // It is gone already.
    assert_int_equal(bt_unpair(CONFIG_BT_ID_MAX, &addr), -EINVAL);
}

static void count_bond(const struct bt_bond_info *info, void *user_data)
{
    (*(unsigned int *)user_data)++;
}

static void do_foreach(void *arg)
{
    bt_foreach_bond(BT_ID_DEFAULT, count_bond, arg);
}

static void one_bond_is_deleted(void **state)
{
    unsigned int missing = 0;
    unsigned int count = 0;
    start(SMP_IO_NONE, SMP_IO_NONE, NULL);
    curve_ready(0);
    on(0, do_fill, NULL);
    on(0, do_unpair_one, NULL);
    assert_int_equal(heard[0].deleted, 1);
    on(0, do_kept, &missing);
    assert_int_equal(missing, BIT(2));
    on(0, do_foreach, &count);
    assert_int_equal(count, CONFIG_BT_MAX_PAIRED - 1);
    pair_stop(&pair);
}

// ---- Who may have one ---------------------------------------------------------------------------------------

static void do_conn_bondable(void *arg)
{
    struct bt_conn *conn = pair_here()->conn;
    assert_int_equal(bt_conn_set_bondable(conn, *(bool *)arg), 0);
    assert_int_equal(bt_conn_set_bondable(conn, true), -EALREADY);
    assert_int_equal(bt_conn_set_bondable(NULL, true), -EINVAL);
}

static void do_bondable(void *arg)
{
    bt_set_bondable(*(bool *)arg);
    assert_int_equal(bt_get_bondable(), *(bool *)arg);
}

// What is said of one connection goes before what is said of all, and ends with it.
static void one_connection_makes_no_bond(void **state)
{
    for (int general = 0; general < 2; general++) {
        bool all = general;
        bool this_one = !general;
        start(SMP_IO_NONE, SMP_IO_NONE, NULL);
        on(0, do_bondable, &all);
        on(0, do_conn_bondable, &this_one);
        assert_int_equal(ask(1, BT_SECURITY_L2), 0);
        run_pairing();
        assert_int_equal(heard[0].bonded, this_one);
        assert_int_equal(heard[1].bonded, this_one);
        assert_true(encrypted());
        assert_true(pair_disconnect(&pair, 1));
        forget();
        assert_true(pair_connect(&pair, 6));
        assert_int_equal(ask(1, BT_SECURITY_L2 | BT_SECURITY_FORCE_PAIR), 0);
        run_pairing();
        // The bond that this_one made lets no Just Works of the peer's replace it.
        assert_int_equal(heard[0].bonded, all);
        assert_int_equal(heard[0].failed, this_one);
        pair_stop(&pair);
    }
}

// A central that has lost its bond, or says so, pairs anew by Just Works.
static void policy_of_pairing_again(void **state)
{
    static const struct {
        uint8_t io; // Of the first pairing.
        bool policy;
        bool replaced;
    } rows[] = {
        {SMP_IO_NONE, false, false},
        {SMP_IO_NONE, true, true},
        {SMP_IO_DISPLAY_YESNO, true, false}, // Never an authenticated one.
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct setup setup = {SMP_IO_NONE, {.repair_just_works = rows[i].policy}};
        start(rows[i].io, rows[i].io, NULL);
        assert_int_equal(ask(1, BT_SECURITY_L2), 0);
        run_pairing();
        struct record before;
        struct record later;
        on(0, do_export, &before);
        assert_true(pair_disconnect(&pair, 1));
        on(1, do_lose, NULL);
        on(0, do_setup, &setup);
        on(1, do_setup, &setup);
        forget();
        assert_true(pair_connect(&pair, 6));
        assert_int_equal(ask(1, BT_SECURITY_L2), 0);
        run_pairing();
        assert_int_equal(heard[0].complete, rows[i].replaced);
        assert_int_equal(heard[0].failed, !rows[i].replaced);
        assert_int_equal(bonds(0), 1);
        on(0, do_export, &later);
        assert_int_equal(!memcmp(&before.octets[22], &later.octets[22], 16), !rows[i].replaced);
        pair_stop(&pair);
    }
}

// ---- Fixed passkeys, and what no policy can be -----------------------------------------------------------------

static void do_passkey(void *arg)
{
    assert_int_equal(bt_passkey_set(1000000), -EINVAL);
    assert_int_equal(bt_passkey_set(*(unsigned int *)arg), 0);
}

static void fixed_passkey(void **state)
{
    unsigned int fixed = 42;
    unsigned int random_again = BT_PASSKEY_INVALID;
    for (int sc = 0; sc < 2; sc++) {
        const struct breeze_smp_policy policy = {.no_sc = !sc};
        start(SMP_IO_DISPLAY_YESNO, SMP_IO_KEYBOARD_DISPLAY, &policy);
        on(0, do_passkey, &fixed);
        assert_int_equal(ask(1, BT_SECURITY_L2), 0);
        run_pairing();
        assert_int_equal(heard[0].shown, 1); // Not compared: it is DisplayOnly now.
        assert_int_equal(heard[0].number, 42);
        assert_int_equal(heard[0].level, sc ? BT_SECURITY_L4 : BT_SECURITY_L2);
        on(0, do_passkey, &random_again);
        forget();
        assert_int_equal(ask(1, BT_SECURITY_L2 | BT_SECURITY_FORCE_PAIR), 0);
        run_pairing();
        assert_int_equal(heard[0].complete, 1);
        assert_int_not_equal(heard[0].number, 42);
        pair_stop(&pair);
    }
}

static void policies_that_cannot_be(void **state)
{
    static const struct breeze_smp_policy none[] = {
        {.min_key_size = 6},
        {.min_key_size = 17},
        {.no_sc = true, .sc_only = true},
    };
    for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
        assert_int_equal(breeze_smp_policy_set(&none[i]), -EINVAL);
    }
    assert_int_equal(breeze_smp_policy_set(NULL), -EINVAL);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(hostile_57_record_of_another_device, after),
        cmocka_unit_test_teardown(hostile_57_store_of_another_device, after),
        cmocka_unit_test_teardown(bond_moves_to_another_board, after),
        cmocka_unit_test_teardown(hostile_57_whole_records_that_cannot_be, after),
        cmocka_unit_test_teardown(record_with_keys_that_sign, after),
        cmocka_unit_test_teardown(store_that_refuses, after),
        cmocka_unit_test_teardown(the_oldest_bond_gives_way, after),
        cmocka_unit_test_teardown(one_bond_is_deleted, after),
        cmocka_unit_test_teardown(one_connection_makes_no_bond, after),
        cmocka_unit_test_teardown(policy_of_pairing_again, after),
        cmocka_unit_test_teardown(fixed_passkey, after),
        cmocka_unit_test(policies_that_cannot_be),
    };
    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
