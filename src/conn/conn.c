// The connection slots: their states, references, and what they deliver (conn.h).
//
// Invariants: only conn_set_state() changes a state, along the table. A slot is FREE exactly while
// nobody holds a reference. The host holds one from conn_take() until the slot's last delivery
// (`connected` with an error, or `disconnected`) or conn_drop(), and one more for each command of
// source.c that is in flight. Vol 6, Part B, 4.5; design D2 and D4.
#include <errno.h>
#include <string.h>

#include <zephyr/sys/__assert.h>

#include "conn/state.h"

#define LOG_LAYER LOG_CONN
#include "base/log.h"

// ---- States -------------------------------------------------------------------------------------

// Where each state may go. Unused where asserts are off.
static const uint8_t state_next[] __maybe_unused = {
    [CONN_FREE] = BIT(CONN_INITIATING) | BIT(CONN_ADVERTISING),
    [CONN_INITIATING] = BIT(CONN_CONNECTED) | BIT(CONN_DISCONNECTED) | BIT(CONN_FREE),
    [CONN_ADVERTISING] = BIT(CONN_CONNECTED) | BIT(CONN_DISCONNECTED) | BIT(CONN_FREE),
    [CONN_CONNECTED] = BIT(CONN_DISCONNECTING) | BIT(CONN_DISCONNECTED),
    // Back when the controller refuses the Disconnect command.
    [CONN_DISCONNECTING] = BIT(CONN_CONNECTED) | BIT(CONN_DISCONNECTED),
    [CONN_DISCONNECTED] = BIT(CONN_FREE),
};

void conn_set_state(struct bt_conn *conn, enum conn_state state)
{
    __ASSERT(state_next[conn->state] & BIT(state), "connection: %u to %u", conn->state, state);
    log_dbg("conn %u: state %u to %u", bt_conn_index(conn), conn->state, state);
    conn->state = state;
}

// ---- References ---------------------------------------------------------------------------------

static void recycled_deliver(struct post *post, uint16_t bits)
{
    while (conn_run.recycled) {
        conn_run.recycled--;
        for (const struct conn_up *const *up = conn_ups; *up; up++) {
            if ((*up)->recycled) {
                (*up)->recycled();
            }
        }
        conn_cb_recycled();
    }
}

struct bt_conn *bt_conn_ref(struct bt_conn *conn)
{
    if (!conn || !conn->refs) {
        return NULL;
    }
    conn->refs++;
    return conn;
}

void bt_conn_unref(struct bt_conn *conn)
{
    __ASSERT(conn && conn->refs, "bt_conn_unref() without a reference");
    if (!conn || !conn->refs || --conn->refs) {
        return;
    }
    conn_set_state(conn, CONN_FREE);
    // After bt_disable() nobody waits for a slot.
    if (conn->told && hci_state() != HCI_OFF) {
        conn_run.recycled++;
        conn_run.recycled_post.fn = recycled_deliver;
        post_set(&conn_run.recycled_post, 1);
    }
}

// ---- Deliveries ---------------------------------------------------------------------------------

static void deliver_connected(struct bt_conn *conn)
{
    conn->told = true;
    if (!conn->err) {
        for (const struct conn_up *const *up = conn_ups; *up; up++) {
            if ((*up)->connected) {
                (*up)->connected(conn);
            }
        }
    }
    conn_cb_connected(conn);
    if (conn->err) {
        bt_conn_unref(conn);
    }
}

static void deliver_param_req(struct bt_conn *conn)
{
    if (conn->state != CONN_CONNECTED) {
        return;
    }
    bool ok = conn_param_ask(conn, &conn->asked);
    conn_want(conn, ok ? CONN_WANT_PARAM_REPLY : CONN_WANT_PARAM_NEG_REPLY);
}

static void deliver_fallback(struct bt_conn *conn)
{
    int err = conn_param_fallback(conn);
    if (err) {
        log_wrn("%04x: no parameter update through L2CAP: %d", conn->acl.handle, err);
        conn_param_failed(conn, BT_HCI_ERR_UNSPECIFIED);
    }
}

static void deliver_disconnected(struct bt_conn *conn)
{
    for (const struct conn_up *const *up = conn_ups; *up; up++) {
        if ((*up)->disconnected) {
            (*up)->disconnected(conn);
        }
    }
    conn_cb_disconnected(conn);
    bt_conn_unref(conn);
}

// In the order in which things are told.
static const struct {
    uint16_t bit;
    void (*fn)(struct bt_conn *conn);
} deliveries[] = {
    {CONN_POST_CONNECTED, deliver_connected},
    {CONN_POST_PARAM_REQ, deliver_param_req},
    {CONN_POST_PARAM_UPDATED, conn_cb_param_updated},
    {CONN_POST_PHY, conn_cb_phy},
    {CONN_POST_DATA_LEN, conn_cb_data_len},
    {CONN_POST_REMOTE_INFO, conn_cb_remote_info},
    {CONN_POST_FALLBACK, deliver_fallback},
    {CONN_POST_PARAM_FAILED, conn_tell_param_failed},
    {CONN_POST_PHY_FAILED, conn_tell_phy_failed},
#if CONFIG_BT_SUBRATING
    {CONN_POST_SUBRATE, conn_cb_subrate},
#endif
    {CONN_POST_DISCONNECTED, deliver_disconnected},
};

static void conn_deliver(struct post *post, uint16_t bits)
{
    struct bt_conn *conn = CONTAINER_OF(post, struct bt_conn, post);
    (void)bt_conn_ref(conn); // A callback may give back the last reference.
    for (size_t i = 0; i < ARRAY_SIZE(deliveries); i++) {
        if (bits & deliveries[i].bit) {
            deliveries[i].fn(conn);
        }
    }
    bt_conn_unref(conn);
}

// ---- Slots --------------------------------------------------------------------------------------

struct bt_conn *conn_at(unsigned int index)
{
    if (index >= CONFIG_BT_MAX_CONN) {
        return NULL;
    }
    conn_run.slots[index].index = (uint8_t)index; // Also of a slot that was never taken.
    return &conn_run.slots[index];
}

static bool has_handle(const struct bt_conn *conn, uint16_t handle)
{
    return conn->acl.handle == handle && conn->acl.open;
}

// Controllers number their links in a row, so each has its place in `found`; whatever else a controller
// does costs a look at every slot.
struct acl_link *conn_acl_find(uint16_t handle)
{
    uint8_t *found = &conn_run.found[handle % ARRAY_SIZE(conn_run.found)];
    if (has_handle(&conn_run.slots[*found], handle)) {
        return &conn_run.slots[*found].acl;
    }
    for (uint8_t i = 0; i < CONFIG_BT_MAX_CONN; i++) {
        if (has_handle(&conn_run.slots[i], handle)) {
            *found = i;
            return &conn_run.slots[i].acl;
        }
    }
    return NULL;
}

struct bt_conn *conn_by_handle(uint16_t handle)
{
    struct acl_link *link = conn_acl_find(handle);
    return link ? conn_of(link) : NULL;
}

struct acl_link *conn_acl_at(unsigned int i)
{
    return i < CONFIG_BT_MAX_CONN ? &conn_run.slots[i].acl : NULL;
}

struct bt_conn *conn_take(enum conn_state state)
{
    for (size_t i = 0; i < CONFIG_BT_MAX_CONN; i++) {
        struct bt_conn *conn = &conn_run.slots[i];
        if (conn->state == CONN_FREE) {
            uint16_t generation = conn->generation;
            memset(conn, 0, sizeof(*conn));
            conn->generation = (uint16_t)(generation + 1);
            conn->index = (uint8_t)i;
            conn->refs = 1;
            post_init(&conn->post, conn_deliver);
            conn_set_state(conn, state);
            return conn;
        }
    }
    return NULL;
}

void conn_drop(struct bt_conn *conn)
{
    __ASSERT(conn->refs == 1, "dropped connection is referenced");
    conn->told = false;
    bt_conn_unref(conn);
}

// The link layer's values for a new link (Vol 6, Part B, 4.5.10; 1M PHY).
static void link_defaults(struct bt_conn *conn)
{
    conn->phy = (struct bt_conn_le_phy_info){BT_GAP_LE_PHY_1M, BT_GAP_LE_PHY_1M};
    conn->data_len =
        (struct bt_conn_le_data_len_info){BT_GAP_DATA_LEN_DEFAULT, BT_GAP_DATA_TIME_DEFAULT,
                                          BT_GAP_DATA_LEN_DEFAULT, BT_GAP_DATA_TIME_DEFAULT};
    conn_subrate_reset(conn);
}

void conn_open(struct bt_conn *conn, const struct conn_link *link, const bt_addr_le_t *own)
{
    conn_set_state(conn, CONN_CONNECTED);
    conn->role = link->role;
    conn->remote = link->peer;
    conn->dst = link->peer;
    conn->dst.type &= 1; // Types 2 and 3 are identities that the controller resolved.
    if (!bt_addr_eq(&link->peer_rpa, BT_ADDR_ANY)) {
        conn->remote = (bt_addr_le_t){BT_ADDR_LE_RANDOM, link->peer_rpa};
    }
    if (!bt_addr_eq(&link->local_rpa, BT_ADDR_ANY)) {
        conn->local = (bt_addr_le_t){BT_ADDR_LE_RANDOM, link->local_rpa};
    }
    conn->src = *own;
    conn->interval = link->interval;
    conn->latency = link->latency;
    conn->timeout = link->timeout;
    link_defaults(conn);
    acl_link_open(&conn->acl, link->handle);
    conn_post(conn, CONN_POST_CONNECTED);
    // A peripheral may ask only where its controller can (Vol 6, Part B, 4.6.1).
    if (conn->role == BT_CONN_ROLE_CENTRAL || hci_has_feature(BT_LE_FEAT_BIT_PER_INIT_FEAT_XCHG)) {
        conn_want(conn, CONN_WANT_FEATURES);
    } else {
        conn->no_features = true;
    }
    if (conn_cb_wants_remote_info()) {
        conn->version_asked = true;
        conn_want(conn, CONN_WANT_VERSION);
    }
}

void conn_fail(struct bt_conn *conn, uint8_t err)
{
    conn_set_state(conn, CONN_DISCONNECTED);
    conn->err = err;
    conn_post(conn, CONN_POST_CONNECTED);
}

void conn_end(struct bt_conn *conn, uint8_t reason)
{
    conn_set_state(conn, CONN_DISCONNECTED);
    loop_timer_stop(&conn->timer);
    conn->want = 0;
    conn->updating = false;
    conn->reason = reason;
    // Completions of what was sent come before all that this connection still has to tell.
    uint16_t bits = conn->post.bits;
    post_clear(&conn->post);
    acl_link_close(&conn->acl);
    conn_post(conn, bits | CONN_POST_DISCONNECTED);
    hci_cmd_kick();
}

void conn_orphan_add(uint16_t handle, uint8_t reason)
{
    for (size_t i = 0; i < CONN_ORPHANS; i++) {
        if (!conn_run.orphans[i].reason) {
            conn_run.orphans[i] = (struct conn_orphan){handle, reason};
            hci_cmd_kick();
            return;
        }
    }
    log_wrn("%04x: too many links that nobody wants", handle);
}

static void hci_lost(void)
{
    memset(conn_run.orphans, 0, sizeof(conn_run.orphans));
    for (size_t i = 0; i < CONFIG_BT_MAX_CONN; i++) {
        struct bt_conn *conn = &conn_run.slots[i];
        if (conn->state == CONN_DISCONNECTING) {
            conn_end(conn, BT_HCI_ERR_LOCALHOST_TERM_CONN);
        } else if (conn->state == CONN_CONNECTED) {
            conn_end(conn, BT_HCI_ERR_CONN_TIMEOUT);
        }
    }
}

const struct hci_up conn_hci_up = {.lost = hci_lost};

void conn_wipe(void)
{
    for (size_t i = 0; i < CONFIG_BT_MAX_CONN; i++) {
        struct bt_conn *conn = &conn_run.slots[i];
        __ASSERT(!conn->post.bits && !conn->busy, "connection wiped while it owes something");
        if (!conn->refs) {
            uint16_t generation = conn->generation;
            memset(conn, 0, sizeof(*conn));
            conn->generation = generation;
        }
    }
    memset(conn_run.orphans, 0, sizeof(conn_run.orphans));
    conn_run.recycled_post = (struct post){0};
    conn_run.recycled = 0;
}
