// Traps of pairing between two whole hosts: public keys through the smallest buffers there are, and what
// is left of a bond that was deleted.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "smp_users.h"

static const struct setup just_works = {.io = SMP_IO_NONE};

// A public key is a PDU of 65 octets, 69 with its header: three packets of a controller that takes the
// least it may, one at a time, and as many link layer PDUs.
static void pitfall_74_public_key_in_fragments(void **state)
{
    const struct pair_options options[] = {
        {.seed = 12, .controller = {.acl_len = 27, .acl_count = 1, .max_data_octets = 27}},
        {.seed = 13, .controller = {.level = AIR_LEVEL_4_2, .acl_len = 31, .acl_count = 1}},
    };
    for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
        for (unsigned int who = 0; who < 2; who++) {
            forget();
            assert_true(pair_start(&pair, &options[i]));
            on(0, do_setup, (void *)&just_works);
            on(1, do_setup, (void *)&just_works);
            assert_int_equal(ask(who, BT_SECURITY_L2), 0);
            run_pairing();
            assert_true(heard[0].bonded && heard[1].bonded);
            assert_int_equal(heard[0].level, BT_SECURITY_L2);
            pair_stop(&pair);
        }
    }
}

// ---- Bonds that are gone ------------------------------------------------------------------------------

static uint8_t store_mem[2][4096];
static struct breeze_settings_ram stores[2];

static void do_store(void *arg)
{
    struct breeze_settings_ram *store = &stores[here()];
    breeze_settings_ram_init(store, store_mem[here()], sizeof(store_mem[0]));
    settings_src_register(&store->store);
    settings_dst_register(&store->store);
}

static int count_one(const char *key, size_t len, settings_read_cb read_cb, void *cb_arg,
                     void *param)
{
    static const char *const of_peers[] = {"keys/", "ccc/", "cf/", "sc/", "hash/"};
    unsigned int *count = param;
    for (size_t i = 0; i < ARRAY_SIZE(of_peers); i++) {
        *count += !strncmp(key, of_peers[i], strlen(of_peers[i]));
    }
    return 0;
}

static void do_count_stored(void *arg)
{
    *(unsigned int *)arg = 0;
    assert_int_equal(settings_load_subtree_direct("bt", count_one, arg), 0);
}

static unsigned int stored(unsigned int who)
{
    unsigned int count;
    on(who, do_count_stored, &count);
    return count;
}

static void do_unpair(void *arg)
{
    assert_int_equal(bt_unpair(BT_ID_DEFAULT, BT_ADDR_LE_ANY), 0);
}

static void do_subscribed(void *arg)
{
    *(bool *)arg = bt_gatt_is_subscribed(pair_here()->conn, pair_notify_attr(), BT_GATT_CCC_NOTIFY);
}

static bool subscribed(void)
{
    bool is;
    on(0, do_subscribed, &is);
    return is;
}

static bool links_down(void *arg)
{
    return !pair.hosts[0].conn && !pair.hosts[1].conn;
}

static void bond(void)
{
    assert_int_equal(ask(1, BT_SECURITY_L2), 0);
    run_pairing();
    assert_true(heard[0].bonded && heard[1].bonded);
}

// Nothing of a deleted bond is met again: no key, no subscription, no record in the settings.
static void pitfall_77_nothing_stale_of_a_deleted_bond(void **state)
{
    struct pair_options options = {.seed = 14, .subscribe = true};
    forget();
    assert_true(pair_start(&pair, &options));
    for (unsigned int who = 0; who < 2; who++) {
        on(who, do_setup, (void *)&just_works);
        on(who, do_store, NULL);
    }
    bond();
    assert_true(subscribed());
    // It is kept over links and restarts ...
    assert_true(pair_disconnect(&pair, 1));
    assert_true(stored(0) >= 2 && stored(1) >= 1);
    forget();
    assert_true(pair_connect(&pair, 6));
    assert_int_equal(ask(1, BT_SECURITY_L2), 0);
    assert_true(pair_until(one_changed, NULL, LIMIT_US));
    assert_true(subscribed());
    // ... until the bond is deleted, here in the middle of its link.
    on(0, do_unpair, NULL);
    assert_true(pair_until(links_down, NULL, LIMIT_US));
    on(1, do_unpair, NULL);
    assert_int_equal(stored(0), 0);
    assert_int_equal(stored(1), 0);
    assert_int_equal(bonds(0), 0);
    forget();
    assert_true(pair_connect(&pair, 6));
    bond();
    assert_false(subscribed());
    assert_int_equal(bonds(0), 1);
    pair_stop(&pair);
}

static void do_delete(void *arg)
{
    smp_bonds_delete(*(uint8_t *)arg);
}

// What bt_id_reset() and bt_id_delete() do: all bonds of an identity go, and are told of.
static void bonds_go_with_their_identity(void **state)
{
    uint8_t id = 1;
    forget();
    assert_true(pair_start(&pair, &(struct pair_options){.seed = 15, .subscribe = true}));
    for (unsigned int who = 0; who < 2; who++) {
        on(who, do_setup, (void *)&just_works);
        on(who, do_store, NULL);
    }
    bond();
    on(0, do_delete, &id);
    assert_int_equal(bonds(0), 1);
    id = BT_ID_DEFAULT;
    on(0, do_delete, &id);
    assert_int_equal(bonds(0), 0);
    assert_int_equal(heard[0].deleted, 1);
    assert_int_equal(stored(0), 0);
    pair_stop(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(pitfall_74_public_key_in_fragments, after),
        cmocka_unit_test_teardown(pitfall_77_nothing_stale_of_a_deleted_bond, after),
        cmocka_unit_test_teardown(bonds_go_with_their_identity, after),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
