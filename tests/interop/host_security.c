// The test host's user for pairings, and what it hears of them.
#include <errno.h>

#include <breeze/smp.h>
#include <zephyr/bluetooth/bluetooth.h>

#include "host_parts.h"

static unsigned int index_of(struct bt_conn *conn)
{
    return bt_conn_index(conn);
}

static void on_changed(struct bt_conn *conn, bt_security_t level, enum bt_security_err err)
{
    say("security %u %u %u", index_of(conn), level, err);
}

BT_CONN_CB_DEFINE(security_callbacks) = {.security_changed = on_changed};

static void on_show(struct bt_conn *conn, unsigned int passkey)
{
    say("show %u %u", index_of(conn), passkey);
}

static void on_type(struct bt_conn *conn)
{
    say("type %u", index_of(conn));
}

static void on_compare(struct bt_conn *conn, unsigned int passkey)
{
    say("compare %u %u", index_of(conn), passkey);
}

static void on_cancel(struct bt_conn *conn)
{
    say("cancelled %u", index_of(conn));
}

// By the number of the IO capability (Vol 3, Part H, 3.5.1).
static const struct bt_conn_auth_cb ios[] = {
    {.passkey_display = on_show, .cancel = on_cancel},
    {.passkey_display = on_show, .passkey_confirm = on_compare, .cancel = on_cancel},
    {.passkey_entry = on_type, .cancel = on_cancel},
    {.cancel = NULL},
    {.passkey_display = on_show,
     .passkey_entry = on_type,
     .passkey_confirm = on_compare,
     .cancel = on_cancel},
};

static void on_complete(struct bt_conn *conn, bool bonded)
{
    say("paired %u %u", index_of(conn), bonded);
}

static void on_failed(struct bt_conn *conn, enum bt_security_err reason)
{
    say("pairing_failed %u %u", index_of(conn), reason);
}

static struct bt_conn_auth_info_cb info = {
    .pairing_complete = on_complete,
    .pairing_failed = on_failed,
};

int security_io(uint32_t io, bool sc, bool repair)
{
    struct breeze_smp_policy policy = {.no_sc = !sc, .repair_just_works = repair};
    if (io >= ARRAY_SIZE(ios)) {
        return -EINVAL;
    }
    (void)bt_conn_auth_info_cb_register(&info);
    (void)bt_conn_auth_cb_register(NULL);
    int err = bt_conn_auth_cb_register(&ios[io]);
    return err ? err : breeze_smp_policy_set(&policy);
}

int security_set(uint32_t link, uint32_t level)
{
    struct bt_conn *conn = link_at(link);
    return conn ? bt_conn_set_security(conn, (bt_security_t)level) : -ENOTCONN;
}

int security_answer(uint32_t link, const char *what, uint32_t passkey)
{
    struct bt_conn *conn = link_at(link);
    if (!conn) {
        return -ENOTCONN;
    }
    switch (what[0]) {
    case 'p':
        return bt_conn_auth_passkey_entry(conn, passkey);
    case 'y':
        return bt_conn_auth_passkey_confirm(conn);
    default:
        return bt_conn_auth_cancel(conn);
    }
}

int security_unpair(void)
{
    return bt_unpair(BT_ID_DEFAULT, NULL);
}
