// Parts of host.c: directed advertising, and what is known of a peer's controller.
#include <errno.h>
#include <string.h>

#include <zephyr/bluetooth/bluetooth.h>
#include <zephyr/bluetooth/conn.h>

#include "host_parts.h"

int adv_to(const bt_addr_le_t *peer, bool high_duty)
{
    return bt_le_adv_start(high_duty ? BT_LE_ADV_CONN_DIR(peer) : BT_LE_ADV_CONN_DIR_LOW_DUTY(peer),
                           NULL, 0, NULL, 0);
}

int remote_say(uint32_t link)
{
    struct bt_conn *conn = link_at(link);
    struct bt_conn_remote_info info;
    int err = conn ? bt_conn_get_remote_info(conn, &info) : -ENOTCONN;
    if (!err) {
        say("remote %u version=%u manufacturer=%u subversion=%u features=%s", (unsigned int)link,
            info.version, info.manufacturer, info.subversion, hex(info.le.features, 8));
    }
    return err;
}
