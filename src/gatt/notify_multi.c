// Multiple Handle Value Notifications (Vol 3, Part F, 3.4.7.4): only for a peer that wrote the bit
// into its Client Supported Features (svc_gatt.c); others get plain notifications.
#include <errno.h>

#include <zephyr/bluetooth/gatt.h>

#include "att/pdu.h"
#include "gatt/gatt.h"

#define VALUE_HDR_LEN 4 // Handle and length.

static int check(struct bt_conn *conn, unsigned int count,
                 const struct bt_gatt_notify_params *params)
{
    if (!conn || count < 2) {
        return -EINVAL;
    }
    uint16_t mtu = att_mtu_of(conn, params->chan_opt);
    for (unsigned int i = 0; i < count; i++) {
        uint16_t handle;
        int err = gatt_notify_check(conn, &params[i], &handle);
        if (err) {
            return err;
        }
        if (params[i].func != params[0].func || params[i].user_data != params[0].user_data ||
            params[i].chan_opt != params[0].chan_opt) {
            return -EINVAL;
        }
        if (!mtu || params[i].len > mtu - ATT_HDR_LEN) {
            return mtu ? -EMSGSIZE : -ENOTCONN;
        }
    }
    return 0;
}

// How many of the values fit one PDU of this size.
static unsigned int fitting(uint16_t mtu, unsigned int count,
                            const struct bt_gatt_notify_params *params)
{
    size_t used = 1;
    unsigned int n = 0;
    while (n < count && used + VALUE_HDR_LEN + params[n].len <= mtu) {
        used += VALUE_HDR_LEN + params[n].len;
        n++;
    }
    return n;
}

static int send_several(struct att_bearer *bearer, unsigned int count,
                        struct bt_gatt_notify_params *params)
{
    struct bt_conn *conn = bearer->conn;
    struct wr w;
    struct net_buf *pdu = att_pdu_alloc(bearer, &w);
    if (!pdu) {
        return gatt_starved(conn);
    }
    wr_u8(&w, ATT_MULTI_NOTIFICATION);
    for (unsigned int i = 0; i < count; i++) {
        uint16_t handle = 0;
        (void)gatt_notify_check(conn, &params[i], &handle);
        wr_le16(&w, handle);
        wr_le16(&w, params[i].len);
        wr_bytes(&w, params[i].data, params[i].len);
    }
    const struct gatt_tx who = {.func = params->func, .user = params->user_data};
    return gatt_pdu_send(bearer, pdu, &w, &who);
}

int bt_gatt_notify_multiple(struct bt_conn *conn, uint16_t num_params,
                            struct bt_gatt_notify_params params[])
{
    int err = check(conn, num_params, params);
    if (err) {
        return err;
    }
    bool several = gatt_link_of(conn)->features & GATT_FEATURE_MULTI_NOTIFY;
    for (unsigned int i = 0; !err && i < num_params;) {
        struct att_bearer *bearer =
            several ? att_bearer_pick(conn, params->chan_opt, ATT_HANDLE_MAX, params[i].len) : NULL;
        unsigned int n = bearer ? fitting(bearer->mtu, num_params - i, &params[i]) : 0;
        err = n > 1 ? send_several(bearer, n, &params[i]) : bt_gatt_notify_cb(conn, &params[i]);
        i += n > 1 ? n : 1;
    }
    return err;
}
