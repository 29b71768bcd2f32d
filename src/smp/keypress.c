// Keypress notifications: who shows a passkey sees that the other side's user types (Vol 3, Part H,
// 2.3.5.6.3 and 3.5.8). They say nothing of the passkey, and nothing depends on them: from a peer
// they are taken wherever a passkey may be being typed, and handed on only where both sides offered
// them. They do not prolong the waiting for the peer (hostile 46).
#include <errno.h>

#include "base/rd.h"
#include "smp/state.h"

bool smp_keypress_offered(const struct smp_link *link)
{
    const struct bt_conn_auth_cb *auth = smp_auth(link);
    return smp_reg.policy.keypress || (auth && auth->passkey_display_keypress);
}

static bool both_offered(const struct smp_link *link)
{
    return (link->req[3] & link->rsp[3] & SMP_AUTH_KEYS) != 0;
}

void smp_on_keypress(struct smp_link *link, struct rd *in)
{
    const struct bt_conn_auth_cb *auth = smp_auth(link);
    uint8_t type = rd_u8(in);
    if (link->method == SMP_SHOW && both_offered(link) &&
        type <= BT_CONN_AUTH_KEYPRESS_ENTRY_COMPLETED && auth && auth->passkey_display_keypress) {
        auth->passkey_display_keypress(smp_conn_of(link), (enum bt_conn_auth_keypress)type);
    }
}

int bt_conn_auth_keypress_notify(struct bt_conn *conn, enum bt_conn_auth_keypress type)
{
    struct smp_link *link = conn && conn_is_up(conn) ? smp_link_of(conn) : NULL;
    if (!link || !smp_is_pairing(link) || link->method != SMP_TYPE ||
        !(link->waits & SMP_WAIT_SECRET) ||
        (unsigned int)type > BT_CONN_AUTH_KEYPRESS_ENTRY_COMPLETED) {
        return -EINVAL;
    }
    if (!both_offered(link)) {
        return -ENOTSUP;
    }
    if (link->out_len) {
        return -ENOMEM;
    }
    uint8_t pdu[] = {SMP_KEYPRESS, (uint8_t)type};
    smp_send(link, pdu, sizeof(pdu));
    smp_timer_again(link);
    return 0;
}
