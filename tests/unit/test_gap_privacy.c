// Private addresses: ours by kind and in time, through the legacy commands; those of bonded peers.
#include "link_fake.h"

#include <stdio.h>

#include "crypto/crypto.h"

struct rpa_run rpa_run;
struct rpa_reg rpa_reg;
struct resolve_run resolve_run;
struct rlist_run rlist_run;
struct crypto_run crypto_run;
int (*const crypto_entropy)(void *buf, size_t len) = hci_rand;

#define SECONDS 1000000LL

static struct gap_bond bonds[CONFIG_BT_MAX_PAIRED];
static uint8_t irks[CONFIG_BT_MAX_PAIRED][16];
static unsigned int bond_count;

static bool bond_at(unsigned int place, struct gap_bond *bond)
{
    if (place < bond_count) {
        *bond = bonds[place];
    }
    return place < bond_count;
}

bool (*const gap_bond_at)(unsigned int place, struct gap_bond *bond) = bond_at;
void (*const gap_bonds_delete)(uint8_t id) = NULL; // No identity goes here.

static void bonds_make(unsigned int count)
{
    bond_count = count;
    for (unsigned int i = 0; i < count; i++) {
        memset(irks[i], (int)(0x11 + i), sizeof(irks[i]));
        bonds[i] = (struct gap_bond){
            .addr = {BT_ADDR_LE_PUBLIC, {{(uint8_t)i, 1, 2, 3, 4, 5}}},
            .irk = irks[i],
            .age = i,
        };
    }
    gap_bonds_changed();
}

static bt_addr_le_t rpa_of(const uint8_t *irk, uint8_t salt)
{
    bt_addr_le_t addr = {BT_ADDR_LE_RANDOM, {{0, 0, 0, salt, 0x5a, 0x42}}};
    crypto_ah(irk, addr.a.val + 3, addr.a.val);
    return addr;
}

static uint32_t blocks(void)
{
    return hci_stats()->rpa_blocks;
}

static int setup(void **state)
{
    memset(&rpa_run, 0, sizeof(rpa_run));
    memset(&rpa_reg, 0, sizeof(rpa_reg));
    memset(&resolve_run, 0, sizeof(resolve_run));
    memset(&rlist_run, 0, sizeof(rlist_run));
    bonds_make(0);
    return fake_setup(state);
}

static int setup_random(void **state)
{
    int err = setup(state);
    return err ? err : fake_setup_random(state);
}

// The random address that the controller was given last.
static bt_addr_t given(void)
{
    bt_addr_t addr;
    const struct fake_cmd *cmd = fake_cmd_last(BT_HCI_OP_LE_SET_RANDOM_ADDRESS);
    assert_non_null(cmd);
    memcpy(addr.val, cmd->params, sizeof(addr.val));
    return addr;
}

static bool is_ours(const bt_addr_t *addr)
{
    uint8_t hash[3];
    crypto_ah(rpa_reg.irks[0], addr->val + 3, hash);
    return BT_ADDR_IS_RPA(addr) && !memcmp(hash, addr->val, 3);
}

// ---- Ours ---------------------------------------------------------------------------------------

static void test_choice(void **state)
{
    assert_int_equal(breeze_privacy_get(), BREEZE_PRIVACY_NONE);
    assert_int_equal(breeze_privacy_set((enum breeze_privacy)3), -EINVAL);
    assert_int_equal(breeze_privacy_set(BREEZE_PRIVACY_NRPA), 0);
    assert_int_equal(breeze_privacy_get(), BREEZE_PRIVACY_NRPA);
    assert_int_equal(bt_le_set_rpa_timeout(0), -EINVAL);
    assert_int_equal(bt_le_set_rpa_timeout(3601), -EINVAL);
    assert_int_equal(bt_le_set_rpa_timeout(3600), 0);
    // Nobody needs an address: none is made, no timer runs.
    assert_int_equal(fake.cmd_count, 0);
    assert_int_equal(loop_timer_count(), 0);
}

// Advertising pauses, the controller gets another address, advertising goes on: every 900 s.
static void test_advertising_rotates(void **state)
{
    bt_addr_t before;
    assert_int_equal(breeze_privacy_set(BREEZE_PRIVACY_RPA), 0);
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_CONN_FAST_1, NULL, 0, NULL, 0), 0);
    before = given();
    assert_true(is_ours(&before));
    assert_int_equal(fake_cmd_last(BT_HCI_OP_LE_SET_ADV_PARAM)->params[5], 1); // random
    for (int i = 0; i < 5; i++) {
        fake_forget();
        fake_sleep(899 * SECONDS);
        assert_int_equal(fake.cmd_count, 0);
        fake_sleep(1 * SECONDS);
        assert_int_equal(fake.cmds[0].opcode, BT_HCI_OP_LE_SET_ADV_ENABLE);
        assert_int_equal(fake.cmds[0].params[0], 0);
        assert_int_equal(fake.cmds[1].opcode, BT_HCI_OP_LE_SET_RANDOM_ADDRESS);
        const struct fake_cmd *last = &fake.cmds[fake.cmd_count - 1];
        assert_int_equal(last->opcode, BT_HCI_OP_LE_SET_ADV_ENABLE);
        assert_int_equal(last->params[0], 1);
        bt_addr_t now = given();
        assert_true(is_ours(&now));
        assert_false(bt_addr_eq(&now, &before));
        before = now;
    }
    assert_int_equal(bt_le_adv_stop(), 0);
    // At rest the last one runs out, and none follows it.
    fake_forget();
    fake_sleep(3600 * SECONDS);
    assert_int_equal(fake.cmd_count, 0);
    assert_int_equal(loop_timer_count(), 0);
}

// The link that came just before the advertiser rested was made with the address from before.
static void test_connection_while_resting(void **state)
{
    assert_int_equal(breeze_privacy_set(BREEZE_PRIVACY_RPA), 0);
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_CONN_FAST_1, NULL, 0, NULL, 0), 0);
    bt_addr_t before = given();
    fake_forget();
    fake.silent = true;
    fake_sleep(900 * SECONDS); // "Stop" is out.
    assert_int_equal(fake.cmds[0].opcode, BT_HCI_OP_LE_SET_ADV_ENABLE);
    fake_connected(0, 1, BT_HCI_ROLE_PERIPHERAL, &peer_a);
    fake.silent = false;
    fake_run();
    struct bt_conn *conn = conn_by_handle(1);
    assert_non_null(conn);
    assert_true(bt_addr_eq(&conn->local.a, &before));
    assert_int_equal(conn->local.type, BT_ADDR_LE_RANDOM);
    assert_int_equal(conn->src.type, BT_ADDR_LE_PUBLIC);
    assert_false(gap_run.adv.on || gap_run.adv.want);
    fake_disconnected(1, 0x13);
}

static void test_identity_and_nrpa_by_option(void **state)
{
    static const struct bt_le_adv_param nrpa = {
        .options = BT_LE_ADV_OPT_USE_NRPA, .interval_min = 0x20, .interval_max = 0x20};
    assert_int_equal(breeze_privacy_set(BREEZE_PRIVACY_RPA), 0);
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_NCONN_IDENTITY, NULL, 0, NULL, 0), 0);
    assert_int_equal(fake_cmd_count(BT_HCI_OP_LE_SET_RANDOM_ADDRESS), 0);
    assert_int_equal(fake_cmd_last(BT_HCI_OP_LE_SET_ADV_PARAM)->params[5], 0);
    assert_int_equal(bt_le_adv_stop(), 0);
    assert_int_equal(bt_le_adv_start(&nrpa, NULL, 0, NULL, 0), 0);
    bt_addr_t addr = given();
    assert_true(BT_ADDR_IS_NRPA(&addr));
    fake_sleep(900 * SECONDS);
    bt_addr_t next = given();
    assert_true(BT_ADDR_IS_NRPA(&next));
    assert_false(bt_addr_eq(&next, &addr));
    assert_int_equal(bt_le_adv_stop(), 0);
    struct bt_le_adv_param wrong = nrpa;
    wrong.options |= BT_LE_ADV_OPT_CONN;
    assert_int_equal(bt_le_adv_start(&wrong, NULL, 0, NULL, 0), -EINVAL);
    wrong.options = BT_LE_ADV_OPT_USE_NRPA | BT_LE_ADV_OPT_USE_IDENTITY;
    assert_int_equal(bt_le_adv_start(&wrong, NULL, 0, NULL, 0), -EINVAL);
}

static void test_scanning_rotates(void **state)
{
    assert_int_equal(breeze_privacy_set(BREEZE_PRIVACY_RPA), 0);
    assert_int_equal(bt_le_set_rpa_timeout(10), 0);
    assert_int_equal(bt_le_scan_start(BT_LE_SCAN_ACTIVE, NULL), 0);
    assert_int_equal(fake_cmd_last(BT_HCI_OP_LE_SET_SCAN_PARAM)->params[5], 1);
    for (int i = 0; i < 3; i++) {
        bt_addr_t before = given();
        fake_forget();
        fake_sleep(10 * SECONDS);
        assert_int_equal(fake.cmd_count, 3); // Off, address, on.
        bt_addr_t now = given();
        assert_true(is_ours(&now));
        assert_false(bt_addr_eq(&now, &before));
        assert_true(scan_run.on);
    }
    assert_int_equal(bt_le_scan_stop(), 0);
}

// An initiator that waits for long rests as well: cancelled, and created anew with the next address.
static void test_initiating_rotates(void **state)
{
    static const struct bt_conn_le_create_param param = {
        .interval = 0x60, .window = 0x60, .timeout = 3000};
    struct bt_conn *conn;
    assert_int_equal(breeze_privacy_set(BREEZE_PRIVACY_RPA), 0);
    assert_int_equal(bt_le_set_rpa_timeout(10), 0);
    assert_int_equal(bt_conn_le_create(&peer_a, &param, BT_LE_CONN_PARAM_DEFAULT, &conn), 0);
    for (int i = 0; i < 2; i++) {
        bt_addr_t before = given();
        fake_forget();
        fake_sleep(10 * SECONDS);
        assert_int_equal(fake.cmds[0].opcode, BT_HCI_OP_LE_CREATE_CONN_CANCEL);
        assert_int_equal(fake.cmd_count, 1);
        fake_connected(BT_HCI_ERR_UNKNOWN_CONN_ID, 0, 0, BT_ADDR_LE_ANY);
        assert_int_equal(fake.cmd_count, 3); // Address, create.
        assert_int_equal(fake.cmds[2].opcode, BT_HCI_OP_LE_CREATE_CONN);
        bt_addr_t now = given();
        assert_false(bt_addr_eq(&now, &before));
        assert_true(bt_addr_eq(&conn->local.a, &now));
    }
    // The time it was given counts over all of that.
    fake_forget();
    fake_sleep(10 * SECONDS);
    assert_int_equal(fake.cmds[0].opcode, BT_HCI_OP_LE_CREATE_CONN_CANCEL);
    fake_connected(BT_HCI_ERR_UNKNOWN_CONN_ID, 0, 0, BT_ADDR_LE_ANY);
    assert_int_equal(conn->state, CONN_DISCONNECTED);
    bt_conn_unref(conn);
    assert_false(init_is_active());
}

// The event of a cancellation that was only a rest stays away: it goes on all the same.
static void hostile_04_rest_without_event(void **state)
{
    static const struct bt_conn_le_create_param param = {
        .interval = 0x60, .window = 0x60, .timeout = 3000};
    struct bt_conn *conn;
    assert_int_equal(breeze_privacy_set(BREEZE_PRIVACY_RPA), 0);
    assert_int_equal(bt_le_set_rpa_timeout(10), 0);
    assert_int_equal(bt_conn_le_create(&peer_a, &param, BT_LE_CONN_PARAM_DEFAULT, &conn), 0);
    fake_sleep(10 * SECONDS);
    fake_forget();
    fake_sleep(1 * SECONDS);
    assert_int_equal(fake_cmd_count(BT_HCI_OP_LE_CREATE_CONN), 1);
    assert_int_equal(bt_conn_disconnect(conn, 0x13), 0);
    fake_run();
    fake_connected(BT_HCI_ERR_UNKNOWN_CONN_ID, 0, 0, BT_ADDR_LE_ANY);
    bt_conn_unref(conn);
}

// A random static identity while nothing is private, a private address while something is.
static void test_random_identity(void **state)
{
    bt_addr_t identity = given();
    assert_true(BT_ADDR_IS_STATIC(&identity));
    assert_int_equal(breeze_privacy_set(BREEZE_PRIVACY_RPA), 0);
    fake_run();
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_CONN_FAST_1, NULL, 0, NULL, 0), 0);
    bt_addr_t addr = given();
    assert_true(is_ours(&addr));
    assert_int_equal(bt_le_adv_stop(), 0);
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_NCONN_IDENTITY, NULL, 0, NULL, 0), 0);
    addr = given();
    assert_true(bt_addr_eq(&addr, &identity));
    // The controller has one random address: who advertises with it decides.
    struct bt_conn *conn;
    assert_int_equal(
        bt_conn_le_create(&peer_a, BT_CONN_LE_CREATE_CONN, BT_LE_CONN_PARAM_DEFAULT, &conn),
        -EBUSY);
    assert_int_equal(bt_le_adv_stop(), 0);
}

static void test_irk(void **state)
{
    uint8_t irk[16] = {0};
    static const uint8_t mine[16] = {1, 2, 3, 4, 5};
    bt_addr_le_t addr = *BT_ADDR_LE_ANY;
    gap_reg.id_count = 0;
    assert_int_equal(bt_id_create(&addr, irk), 0);
    assert_memory_equal(rpa_reg.irks[0], irk, 16);
    assert_memory_not_equal(irk, (uint8_t[16]){0}, 16);
    // A bond's record, and settings, bring back what peers know us by ...
    own_irk_restore(0, mine);
    assert_memory_equal(own_irk(0), mine, 16);
    // ... but for what the application gave.
    memset(irk, 7, sizeof(irk));
    addr = *BT_ADDR_LE_ANY;
    gap_reg.id_count = 0;
    assert_int_equal(bt_id_create(&addr, irk), 0);
    own_irk_restore(0, mine);
    assert_memory_equal(own_irk(0), irk, 16);
}

static void hostile_57_stored_irks(void **state)
{
    static const uint8_t stored[33] = {9, 9, 9};
    assert_false(own_irk_load(stored, 15));
    assert_false(own_irk_load(stored, 17));
    assert_false(own_irk_load(stored, 32)); // More than identities.
    assert_true(own_irk_load(stored, 0));
    assert_true(own_irk_load(stored, 16));
    assert_memory_equal(own_irk(0), stored, 16);
    fake.saves = 0;
    own_irk_load_done();
    assert_int_equal(fake.saves, 0);
}

// ---- Peers' -------------------------------------------------------------------------------------

// Vol 3, Part H, D.7.
static void test_ah_sample(void **state)
{
    static const uint8_t irk[16] = {0x9b, 0x7d, 0x39, 0x0a, 0xa6, 0x10, 0x10, 0x34,
                                    0x05, 0xad, 0xc8, 0x57, 0xa3, 0x34, 0x02, 0xec};
    bt_addr_le_t addr = {BT_ADDR_LE_RANDOM, {{0xaa, 0xfb, 0x0d, 0x94, 0x81, 0x70}}};
    bonds_make(3);
    memcpy(irks[2], irk, sizeof(irk));
    assert_true(gap_resolve(BT_ID_DEFAULT, &addr));
    assert_true(bt_addr_le_eq(&addr, &bonds[2].addr));
}

// At most an AES block for each of N bonds, one look-up for an address that was met.
static void hostile_55_resolution_with_many_bonds(void **state)
{
    bonds_make(100);
    uint32_t start = blocks();
    bt_addr_le_t addr = rpa_of(irks[99], 1);
    const bt_addr_le_t met = addr;
    assert_true(gap_resolve(BT_ID_DEFAULT, &addr));
    assert_true(bt_addr_le_eq(&addr, &bonds[99].addr));
    assert_int_equal(blocks() - start, 100);
    for (int i = 0; i < 50; i++) {
        addr = met;
        assert_true(gap_resolve(BT_ID_DEFAULT, &addr));
    }
    assert_int_equal(blocks() - start, 100);
    // A stranger, many times.
    static const uint8_t strange[16] = {0xee};
    start = blocks();
    for (int i = 0; i < 50; i++) {
        addr = rpa_of(strange, 7);
        assert_false(gap_resolve(BT_ID_DEFAULT, &addr));
    }
    assert_int_equal(blocks() - start, 100);
    // What is not a resolvable private address costs nothing.
    start = blocks();
    addr = peer_a;
    assert_false(gap_resolve(BT_ID_DEFAULT, &addr));
    addr = peer_b;
    addr.a.val[5] = 0x42;
    assert_false(gap_resolve(BT_ID_DEFAULT, &addr));
    assert_int_equal(blocks(), start);
}

static void test_changed_bonds(void **state)
{
    bonds_make(2);
    bt_addr_le_t addr = rpa_of(irks[1], 3);
    const bt_addr_le_t met = addr;
    assert_true(gap_resolve(BT_ID_DEFAULT, &addr));
    bonds_make(1);
    addr = met;
    assert_false(gap_resolve(BT_ID_DEFAULT, &addr));
    bonds_make(2);
    bonds[1].id = 1; // Another identity's bond.
    gap_bonds_changed();
    assert_false(gap_resolve(BT_ID_DEFAULT, &addr));
}

static bt_addr_le_t heard;
static unsigned int reports;

static void on_report(const bt_addr_le_t *addr, int8_t rssi, uint8_t type,
                      struct net_buf_simple *buf)
{
    heard = *addr;
    reports++;
}

static void report(const bt_addr_le_t *addr, uint8_t type)
{
    uint8_t evt[11] = {1, type, addr->type};
    memcpy(evt + 3, addr->a.val, 6);
    assert_true(
        fake_event(BT_HCI_EVT_LE_META_EVENT, BT_HCI_EVT_LE_ADVERTISING_REPORT, evt, sizeof(evt)));
    fake_run();
}

static void test_reports_show_identities(void **state)
{
    bonds_make(5);
    reports = 0;
    assert_int_equal(bt_le_scan_start(BT_LE_SCAN_PASSIVE, on_report), 0);
    bt_addr_le_t rpa = rpa_of(irks[4], 1);
    report(&rpa, BT_GAP_ADV_TYPE_ADV_IND);
    assert_true(bt_addr_le_eq(&heard, &bonds[4].addr));
    // It is one advertiser, whatever it calls itself.
    rpa = rpa_of(irks[4], 2);
    report(&rpa, BT_GAP_ADV_TYPE_ADV_IND);
    assert_int_equal(reports, 1);
    bt_addr_le_t resolved = {BT_ADDR_LE_PUBLIC_ID, bonds[3].addr.a}; // By the controller.
    report(&resolved, BT_GAP_ADV_TYPE_ADV_IND);
    assert_true(bt_addr_le_eq(&heard, &bonds[3].addr));
    assert_int_equal(bt_le_scan_stop(), 0);
}

// Reachable by its identity: looked for first, then connected to by the address it has now.
static void test_connect_to_hidden_peer(void **state)
{
    struct bt_conn *conn;
    bonds_make(2);
    fake_forget();
    assert_int_equal(
        bt_conn_le_create(&bonds[1].addr, BT_CONN_LE_CREATE_CONN, BT_LE_CONN_PARAM_DEFAULT, &conn),
        0);
    fake_run();
    assert_int_equal(fake_cmd_count(BT_HCI_OP_LE_CREATE_CONN), 0);
    assert_int_equal(fake_cmd_last(BT_HCI_OP_LE_SET_SCAN_ENABLE)->params[0], 1);
    bt_addr_le_t rpa = rpa_of(irks[0], 1);
    report(&rpa, BT_GAP_ADV_TYPE_ADV_IND); // Somebody else.
    assert_int_equal(fake_cmd_count(BT_HCI_OP_LE_CREATE_CONN), 0);
    rpa = rpa_of(irks[1], 1);
    report(&rpa, BT_GAP_ADV_TYPE_ADV_NONCONN_IND);
    assert_int_equal(fake_cmd_count(BT_HCI_OP_LE_CREATE_CONN), 0);
    report(&rpa, BT_GAP_ADV_TYPE_ADV_IND);
    const struct fake_cmd *create = fake_cmd_last(BT_HCI_OP_LE_CREATE_CONN);
    assert_non_null(create);
    assert_int_equal(create->params[4], 0);
    assert_memory_equal(create->params + 5, &rpa, 7);
    assert_int_equal(fake_cmd_last(BT_HCI_OP_LE_SET_SCAN_ENABLE)->params[0], 0);
    // It went on to another address before it heard us: it is looked for again.
    fake_sleep(1 * SECONDS);
    fake_connected(BT_HCI_ERR_UNKNOWN_CONN_ID, 0, 0, BT_ADDR_LE_ANY);
    assert_int_equal(fake_cmd_last(BT_HCI_OP_LE_SET_SCAN_ENABLE)->params[0], 1);
    rpa = rpa_of(irks[1], 2);
    report(&rpa, BT_GAP_ADV_TYPE_ADV_IND);
    fake_connected(0, 5, BT_HCI_ROLE_CENTRAL, &rpa);
    assert_true(bt_addr_le_eq(bt_conn_get_dst(conn), &bonds[1].addr));
    assert_true(bt_addr_le_eq(&conn->remote, &rpa));
    assert_int_equal(conn->state, CONN_CONNECTED);
    bt_conn_unref(conn);
    fake_disconnected(5, 0x13);
}

// Nobody comes: `connected` says so after the time that was given.
static void test_hidden_peer_is_absent(void **state)
{
    struct bt_conn *conn;
    bonds_make(1);
    assert_int_equal(
        bt_conn_le_create(&bonds[0].addr, BT_CONN_LE_CREATE_CONN, BT_LE_CONN_PARAM_DEFAULT, &conn),
        0);
    fake_sleep(CONFIG_BT_CREATE_CONN_TIMEOUT * SECONDS);
    assert_int_equal(conn->state, CONN_DISCONNECTED);
    assert_int_equal(conn->err, BT_HCI_ERR_UNKNOWN_CONN_ID);
    bt_conn_unref(conn);
    assert_false(scan_run.on);
}

static void test_scan_refused_while_seeking(void **state)
{
    struct bt_conn *conn;
    bonds_make(1);
    fake_answer(BT_HCI_OP_LE_SET_SCAN_PARAM, BT_HCI_ERR_CMD_DISALLOWED, 0);
    assert_int_equal(
        bt_conn_le_create(&bonds[0].addr, BT_CONN_LE_CREATE_CONN, BT_LE_CONN_PARAM_DEFAULT, &conn),
        0);
    fake_run();
    assert_int_equal(conn->state, CONN_DISCONNECTED);
    bt_conn_unref(conn);
    assert_false(init_is_active());
}

// A scan of the application's and the look-out share the scanner.
static void test_scan_beside_seeking(void **state)
{
    struct bt_conn *conn;
    bonds_make(1);
    reports = 0;
    assert_int_equal(
        bt_conn_le_create(&bonds[0].addr, BT_CONN_LE_CREATE_CONN, BT_LE_CONN_PARAM_DEFAULT, &conn),
        0);
    fake_run();
    assert_int_equal(bt_le_scan_start(BT_LE_SCAN_ACTIVE, on_report), 0);
    assert_int_equal(fake_cmd_last(BT_HCI_OP_LE_SET_SCAN_PARAM)->params[0], 1);
    assert_int_equal(bt_le_scan_stop(), 0);
    assert_true(scan_run.on);
    report(&peer_a, BT_GAP_ADV_TYPE_ADV_IND);
    assert_int_equal(reports, 0);
    assert_int_equal(bt_conn_disconnect(conn, 0x13), 0);
    fake_run();
    assert_false(scan_run.on);
    bt_conn_unref(conn);
}

// The accept list's work is the host's where one on it hides.
static void test_accept_list(void **state)
{
    static const struct bt_le_scan_param param = {
        .options = BT_LE_SCAN_OPT_FILTER_ACCEPT_LIST, .interval = 16, .window = 16};
    bonds_make(2);
    reports = 0;
    assert_int_equal(bt_le_filter_accept_list_add(&bonds[0].addr), 0);
    assert_int_equal(bt_le_scan_start(&param, on_report), 0);
    assert_int_equal(fake_cmd_last(BT_HCI_OP_LE_SET_SCAN_PARAM)->params[6], 0);
    report(&peer_a, BT_GAP_ADV_TYPE_ADV_IND);
    bt_addr_le_t rpa = rpa_of(irks[1], 1);
    report(&rpa, BT_GAP_ADV_TYPE_ADV_IND);
    assert_int_equal(reports, 0);
    rpa = rpa_of(irks[0], 1);
    report(&rpa, BT_GAP_ADV_TYPE_ADV_IND);
    assert_int_equal(reports, 1);
    assert_int_equal(bt_le_scan_stop(), 0);
    assert_int_equal(bt_conn_le_create_auto(BT_CONN_LE_CREATE_CONN_AUTO, BT_LE_CONN_PARAM_DEFAULT),
                     0);
    fake_run();
    report(&rpa, BT_GAP_ADV_TYPE_ADV_IND);
    const struct fake_cmd *create = fake_cmd_last(BT_HCI_OP_LE_CREATE_CONN);
    assert_int_equal(create->params[4], 0);
    assert_memory_equal(create->params + 5, &rpa, 7);
    fake_connected(0, 5, BT_HCI_ROLE_CENTRAL, &rpa);
    assert_true(bt_addr_le_eq(&conn_by_handle(5)->dst, &bonds[0].addr));
    fake_disconnected(5, 0x13);
}

static void test_directed_to_private_address(void **state)
{
    bonds_make(1);
    struct bt_le_adv_param param = {
        .options =
            BT_LE_ADV_OPT_CONN | BT_LE_ADV_OPT_DIR_MODE_LOW_DUTY | BT_LE_ADV_OPT_DIR_ADDR_RPA,
        .interval_min = 0x20,
        .interval_max = 0x20,
        .peer = &peer_b,
    };
    assert_int_equal(breeze_privacy_set(BREEZE_PRIVACY_RPA), 0);
    assert_int_equal(bt_le_adv_start(&param, NULL, 0, NULL, 0), -EINVAL); // No bond.
    param.peer = &bonds[0].addr;
    assert_int_equal(bt_le_adv_start(&param, NULL, 0, NULL, 0), 0);
    bt_addr_le_t first;
    memcpy(&first, fake_cmd_last(BT_HCI_OP_LE_SET_ADV_PARAM)->params + 6, 7);
    bt_addr_le_t addr = first;
    assert_true(gap_resolve(BT_ID_DEFAULT, &addr));
    fake_sleep(900 * SECONDS); // Both change.
    memcpy(&addr, fake_cmd_last(BT_HCI_OP_LE_SET_ADV_PARAM)->params + 6, 7);
    assert_false(bt_addr_le_eq(&addr, &first));
    assert_true(gap_resolve(BT_ID_DEFAULT, &addr));
    assert_int_equal(bt_le_adv_stop(), 0);
}

// LE Enhanced Connection Complete: identity and both private addresses from the controller.
static void test_enhanced_connection_complete(void **state)
{
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_CONN_FAST_1, NULL, 0, NULL, 0), 0);
    static const uint8_t evt[] = {0,    7,    0,    1,    BT_ADDR_LE_RANDOM_ID,
                                  1,    2,    3,    4,    5,
                                  0xc6, 0x11, 0x12, 0x13, 0x14,
                                  0x15, 0x56, 0x21, 0x22, 0x23,
                                  0x24, 0x25, 0x66, 24,   0,
                                  0,    0,    42,   0,    0};
    assert_true(
        fake_event(BT_HCI_EVT_LE_META_EVENT, BT_HCI_EVT_LE_ENH_CONN_COMPLETE, evt, sizeof(evt)));
    fake_run();
    struct bt_conn *conn = conn_by_handle(7);
    assert_int_equal(conn->dst.type, BT_ADDR_LE_RANDOM);
    assert_memory_equal(conn->dst.a.val, evt + 5, 6);
    assert_memory_equal(conn->local.a.val, evt + 11, 6);
    assert_memory_equal(conn->remote.a.val, evt + 17, 6);
    assert_int_equal(conn->remote.type, BT_ADDR_LE_RANDOM);
    fake_disconnected(7, 0x13);
}

// ---- The controller's resolving list ------------------------------------------------------------

// A controller that has one, for so many entries.
static void list_of(uint8_t size)
{
    static const uint8_t bits[][2] = {{34, 3}, {34, 5}, {34, 6}, {35, 1}, {35, 2}, {39, 2}};
    hci_run.info.le_features[0] |= BIT(BT_LE_FEAT_BIT_PRIVACY);
    for (size_t i = 0; i < ARRAY_SIZE(bits); i++) {
        hci_run.info.commands[bits[i][0]] |= (uint8_t)BIT(bits[i][1]);
    }
    fake.answers[fake.answer_count++] =
        (struct fake_answer){.opcode = BT_HCI_OP_LE_READ_RL_SIZE, .ret_len = 1, .ret = {size}};
    gap_bonds_changed();
    fake_forget();
    fake_run();
}

static void assert_cmds(const uint16_t *opcodes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(fake.cmds[i].opcode, opcodes[i]);
    }
    assert_int_equal(fake.cmd_count, count);
}

static void test_list_without_bonds(void **state)
{
    list_of(8);
    assert_int_equal(fake.cmd_count, 0);
}

static void test_list_is_written(void **state)
{
    static const uint16_t first[] = {
        BT_HCI_OP_LE_READ_RL_SIZE,        BT_HCI_OP_LE_ADD_DEV_TO_RL,
        BT_HCI_OP_LE_SET_PRIVACY_MODE,    BT_HCI_OP_LE_SET_RPA_TIMEOUT,
        BT_HCI_OP_LE_SET_ADDR_RES_ENABLE,
    };
    static const uint16_t more[] = {BT_HCI_OP_LE_ADD_DEV_TO_RL, BT_HCI_OP_LE_SET_PRIVACY_MODE};
    static const uint16_t less[] = {
        BT_HCI_OP_LE_SET_ADDR_RES_ENABLE, BT_HCI_OP_LE_CLEAR_RL,
        BT_HCI_OP_LE_ADD_DEV_TO_RL,       BT_HCI_OP_LE_SET_PRIVACY_MODE,
        BT_HCI_OP_LE_SET_ADDR_RES_ENABLE,
    };
    static const uint16_t none[] = {BT_HCI_OP_LE_SET_ADDR_RES_ENABLE, BT_HCI_OP_LE_CLEAR_RL};
    bonds_make(1);
    list_of(8);
    assert_cmds(first, ARRAY_SIZE(first));
    const uint8_t *add = fake.cmds[1].params;
    assert_memory_equal(add, &bonds[0].addr, 7);
    assert_memory_equal(add + 7, irks[0], 16);
    assert_memory_equal(add + 23, (uint8_t[16]){0}, 16); // We do not hide.
    assert_int_equal(fake.cmds[2].params[7], 1);         // Device privacy.
    assert_false(gap_is_hidden(&bonds[0].addr));
    fake_forget();
    bonds_make(2);
    fake_run();
    assert_cmds(more, ARRAY_SIZE(more));
    fake_forget();
    bonds_make(1);
    fake_run();
    assert_cmds(less, ARRAY_SIZE(less));
    fake_forget();
    bonds_make(0);
    fake_run();
    assert_cmds(none, ARRAY_SIZE(none));
}

// All rest while it changes, and go on (7.8.38).
static void test_list_takes_a_rest(void **state)
{
    static const uint16_t order[] = {
        BT_HCI_OP_LE_SET_ADV_ENABLE,  BT_HCI_OP_LE_SET_SCAN_ENABLE,
        BT_HCI_OP_LE_ADD_DEV_TO_RL,   BT_HCI_OP_LE_SET_PRIVACY_MODE,
        BT_HCI_OP_LE_SET_RPA_TIMEOUT, BT_HCI_OP_LE_SET_ADDR_RES_ENABLE,
        BT_HCI_OP_LE_SET_ADV_PARAM,   BT_HCI_OP_LE_SET_ADV_ENABLE,
        BT_HCI_OP_LE_SET_SCAN_ENABLE,
    };
    list_of(8);
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_CONN_FAST_1, NULL, 0, NULL, 0), 0);
    assert_int_equal(bt_le_scan_start(BT_LE_SCAN_PASSIVE, NULL), 0);
    rlist_run.asked = true;
    rlist_run.size = 8;
    bonds_make(1);
    fake_forget();
    fake_run();
    assert_cmds(order, ARRAY_SIZE(order));
    assert_true(gap_run.adv.on && scan_run.on);
    assert_int_equal(bt_le_scan_stop(), 0);
    assert_int_equal(bt_le_adv_stop(), 0);
}

// An initiator that is out rests as well.
static void test_list_and_initiator(void **state)
{
    struct bt_conn *conn;
    bonds_make(1);
    list_of(8);
    assert_int_equal(
        bt_conn_le_create(&bonds[0].addr, BT_CONN_LE_CREATE_CONN, BT_LE_CONN_PARAM_DEFAULT, &conn),
        0);
    const struct fake_cmd *create = fake_cmd_last(BT_HCI_OP_LE_CREATE_CONN);
    assert_memory_equal(create->params + 5, &bonds[0].addr, 7); // By identity.
    fake_forget();
    bonds_make(2);
    fake_run();
    assert_int_equal(fake.cmds[0].opcode, BT_HCI_OP_LE_CREATE_CONN_CANCEL);
    assert_int_equal(fake.cmd_count, 1);
    fake_connected(BT_HCI_ERR_UNKNOWN_CONN_ID, 0, 0, BT_ADDR_LE_ANY);
    assert_int_equal(fake_cmd_count(BT_HCI_OP_LE_ADD_DEV_TO_RL), 1);
    assert_int_equal(fake.cmds[fake.cmd_count - 1].opcode, BT_HCI_OP_LE_CREATE_CONN);
    assert_int_equal(bt_conn_disconnect(conn, 0x13), 0);
    fake_run();
    fake_connected(BT_HCI_ERR_UNKNOWN_CONN_ID, 0, 0, BT_ADDR_LE_ANY);
    bt_conn_unref(conn);
}

// 100 bonds, a list of 8: those used last are on it, the host finds the others.
static void privacy_with_100_bonds_and_a_list_of_8(void **state)
{
    bonds_make(100);
    list_of(8);
    assert_int_equal(fake_cmd_count(BT_HCI_OP_LE_ADD_DEV_TO_RL), 8);
    assert_true(gap_is_hidden(&bonds[91].addr));
    assert_false(gap_is_hidden(&bonds[92].addr));
    assert_false(gap_is_hidden(&bonds[99].addr));
    bt_addr_le_t addr = rpa_of(irks[5], 1);
    assert_true(gap_resolve(BT_ID_DEFAULT, &addr));
}

// The list ends before it should: what is on it counts, and resolution is turned on.
static void hostile_07_list_that_is_full_early(void **state)
{
    bonds_make(4);
    fake_answer(BT_HCI_OP_LE_ADD_DEV_TO_RL, 0, 1);
    fake_answer(BT_HCI_OP_LE_ADD_DEV_TO_RL, BT_HCI_ERR_MEM_CAPACITY_EXCEEDED, 0);
    list_of(8);
    assert_int_equal(rlist_run.count, 1);
    assert_true(rlist_run.on);
    assert_int_equal(fake_cmd_count(BT_HCI_OP_LE_ADD_DEV_TO_RL), 2);
    assert_false(gap_is_hidden(&bonds[0].addr));
    assert_true(gap_is_hidden(&bonds[1].addr));
}

// Whatever is refused, the host goes on without the list; no command is repeated for ever.
static void hostile_07_list_that_refuses(void **state)
{
    static const uint16_t opcodes[] = {
        BT_HCI_OP_LE_ADD_DEV_TO_RL,
        BT_HCI_OP_LE_SET_PRIVACY_MODE,
        BT_HCI_OP_LE_SET_RPA_TIMEOUT,
        BT_HCI_OP_LE_SET_ADDR_RES_ENABLE,
    };
    for (size_t i = 0; i < ARRAY_SIZE(opcodes); i++) {
        bonds_make(0);
        fake_disable();
        fake_enable();
        fake.answer_count = 0;
        bonds_make(2);
        fake_answer(opcodes[i], BT_HCI_ERR_CMD_DISALLOWED, 0);
        list_of(8);
        assert_in_range(fake.cmd_count, 1, 10);
        assert_true(gap_is_hidden(&bonds[0].addr));
        assert_int_equal(bt_le_adv_start(BT_LE_ADV_CONN_FAST_1, NULL, 0, NULL, 0), 0);
        assert_int_equal(bt_le_adv_stop(), 0);
    }
}

// Who hides gives the controller its key, and lets it choose the address for peers on the list.
static void test_list_while_hiding(void **state)
{
    bonds_make(1);
    assert_int_equal(breeze_privacy_set(BREEZE_PRIVACY_RPA), 0);
    assert_int_equal(bt_le_set_rpa_timeout(77), 0);
    list_of(8);
    assert_memory_equal(fake_cmd_last(BT_HCI_OP_LE_ADD_DEV_TO_RL)->params + 23, own_irk(0), 16);
    assert_int_equal(fake_cmd_last(BT_HCI_OP_LE_SET_RPA_TIMEOUT)->params[0], 77);
    assert_int_equal(bt_le_scan_start(BT_LE_SCAN_ACTIVE, NULL), 0);
    assert_int_equal(fake_cmd_last(BT_HCI_OP_LE_SET_SCAN_PARAM)->params[5],
                     BT_HCI_OWN_ADDR_RPA_OR_RANDOM);
    assert_int_equal(bt_le_scan_stop(), 0);
}

int main(void)
{
#define TEST(name)   cmocka_unit_test_setup_teardown(name, setup, fake_teardown)
#define RANDOM(name) cmocka_unit_test_setup_teardown(name, setup_random, fake_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_choice),
        TEST(test_advertising_rotates),
        TEST(test_connection_while_resting),
        TEST(test_identity_and_nrpa_by_option),
        TEST(test_scanning_rotates),
        TEST(test_initiating_rotates),
        TEST(hostile_04_rest_without_event),
        RANDOM(test_random_identity),
        TEST(test_irk),
        TEST(hostile_57_stored_irks),
        TEST(test_ah_sample),
        TEST(hostile_55_resolution_with_many_bonds),
        TEST(test_changed_bonds),
        TEST(test_reports_show_identities),
        TEST(test_connect_to_hidden_peer),
        TEST(test_hidden_peer_is_absent),
        TEST(test_scan_refused_while_seeking),
        TEST(test_scan_beside_seeking),
        TEST(test_accept_list),
        TEST(test_directed_to_private_address),
        TEST(test_enhanced_connection_complete),
        TEST(test_list_without_bonds),
        TEST(test_list_is_written),
        TEST(test_list_takes_a_rest),
        TEST(test_list_and_initiator),
        TEST(privacy_with_100_bonds_and_a_list_of_8),
        TEST(hostile_07_list_that_is_full_early),
        TEST(hostile_07_list_that_refuses),
        TEST(test_list_while_hiding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
