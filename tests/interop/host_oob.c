// The test host's out of band data: ours as lines, the peer's by commands, both given when a pairing asks.
#include <errno.h>

#include <zephyr/bluetooth/bluetooth.h>

#include "host_parts.h"

#define TK_LEN 16

static struct bt_le_oob local;
static struct bt_le_oob_sc_data remote;
static uint8_t tk[TK_LEN];

static void on_request(struct bt_conn *conn, struct bt_conn_oob_info *info)
{
    if (info->type == BT_CONN_OOB_LE_LEGACY) {
        say("oob_given %u %d", bt_conn_index(conn), bt_le_oob_set_legacy_tk(conn, tk));
        return;
    }
    bool ours = info->lesc.oob_config != BT_CONN_OOB_REMOTE_ONLY;
    bool theirs = info->lesc.oob_config != BT_CONN_OOB_LOCAL_ONLY;
    int err = bt_le_oob_set_sc_data(conn, ours ? &local.le_sc_data : NULL, theirs ? &remote : NULL);
    say("oob_given %u %d", bt_conn_index(conn), err);
}

static void on_cancel(struct bt_conn *conn)
{
    say("cancelled %u", bt_conn_index(conn));
}

static const struct bt_conn_auth_cb auth = {.oob_data_request = on_request, .cancel = on_cancel};

int cmd_oob(const struct words *w)
{
    bool has = number_at(w, 1, 0) != 0;
    (void)bt_conn_auth_cb_register(NULL);
    int err = bt_conn_auth_cb_register(&auth);
    bt_le_oob_set_sc_flag(has);
    bt_le_oob_set_legacy_flag(has);
    err = err ? err : bt_le_oob_get_local(BT_ID_DEFAULT, &local);
    say("oob_r %s", hex(local.le_sc_data.r, sizeof(local.le_sc_data.r)));
    say("oob_c %s", hex(local.le_sc_data.c, sizeof(local.le_sc_data.c)));
    return err;
}

int cmd_oob_peer(const struct words *w)
{
    bool whole = bytes_at(w, 1, remote.r, sizeof(remote.r)) == sizeof(remote.r) &&
                 bytes_at(w, 2, remote.c, sizeof(remote.c)) == sizeof(remote.c);
    return whole ? 0 : -EINVAL;
}

int cmd_oob_tk(const struct words *w)
{
    return bytes_at(w, 1, tk, sizeof(tk)) == sizeof(tk) ? 0 : -EINVAL;
}
