// Out of band data (Vol 3, Part H, 2.3.5.4 and 2.3.5.6.4): ours to give away, the peer's to take in.
#include <errno.h>
#include <string.h>

#include "gap/id.h"
#include "hci/hci.h"
#include "smp/state.h"

// Our r stays the same until the next call: data that was shown must stay true.
int bt_le_oob_get_local(uint8_t id, struct bt_le_oob *oob)
{
    if (hci_state() != HCI_READY) {
        return -EAGAIN;
    }
    const bt_addr_le_t *addr = own_addr(own_kind(), id);
    if (!oob || !addr) {
        return -EINVAL;
    }
    smp_curve_renew(NULL);
    int err = crypto_rand(smp_run.oob_r, sizeof(smp_run.oob_r));
    err = err ? err : smp_curve_pair();
    if (err) {
        return err == -EINPROGRESS ? -EAGAIN : err;
    }
    oob->addr = *addr;
    memcpy(oob->le_sc_data.r, smp_run.oob_r, sizeof(oob->le_sc_data.r));
    crypto_f4(smp_run.pub, smp_run.pub, smp_run.oob_r, 0, oob->le_sc_data.c);
    return crypto_ok() ? 0 : -EIO;
}

void bt_le_oob_set_sc_flag(bool enable)
{
    smp_reg.oob_sc = enable;
}

void bt_le_oob_set_legacy_flag(bool enable)
{
    smp_reg.oob_legacy = enable;
}

static struct smp_link *waiting(struct bt_conn *conn, bool sc)
{
    struct smp_link *link = conn && conn_is_up(conn) ? smp_link_of(conn) : NULL;
    bool waits = link && smp_is_pairing(link) && link->method == SMP_OOB && link->sc == sc &&
                 (link->waits & SMP_WAIT_SECRET);
    return waits ? link : NULL;
}

int bt_le_oob_set_legacy_tk(struct bt_conn *conn, const uint8_t *tk)
{
    struct smp_link *link = waiting(conn, false);
    if (!link || !tk) {
        return -EINVAL;
    }
    memcpy(link->secret, tk, sizeof(link->secret));
    smp_arrived(link, SMP_WAIT_SECRET);
    return 0;
}

int bt_le_oob_set_sc_data(struct bt_conn *conn, const struct bt_le_oob_sc_data *oobd_local,
                          const struct bt_le_oob_sc_data *oobd_remote)
{
    struct smp_link *link = waiting(conn, true);
    if (!link) {
        return -EINVAL;
    }
    uint8_t own_flag = (smp_is_central(link) ? link->req : link->rsp)[2];
    uint8_t peer_flag = (smp_is_central(link) ? link->rsp : link->req)[2];
    if ((own_flag && !oobd_remote) || (peer_flag && !oobd_local)) {
        return -EINVAL;
    }
    if (oobd_local) {
        memcpy(link->local_r, oobd_local->r, sizeof(link->local_r));
    }
    if (own_flag) {
        uint8_t c[16];
        crypto_f4(link->peer_pub, link->peer_pub, oobd_remote->r, 0, c);
        bool ok = crypto_ok();
        if (!ok || memcmp(c, oobd_remote->c, sizeof(c))) {
            smp_failed(link, ok ? SMP_REASON_CONFIRM : SMP_REASON_UNSPECIFIED);
            return 0;
        }
        memcpy(link->secret, oobd_remote->r, sizeof(link->secret));
    }
    smp_arrived(link, SMP_WAIT_SECRET);
    return 0;
}
