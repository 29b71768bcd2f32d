// The test host's subrating.
#include <errno.h>

#include "host_parts.h"

static void on_changed(struct bt_conn *conn, const struct bt_conn_le_subrate_changed *now)
{
    say("subrate %u %u %u %u %u %u", bt_conn_index(conn), now->status, now->factor,
        now->peripheral_latency, now->continuation_number, now->supervision_timeout);
}

BT_CONN_CB_DEFINE(subrate_callbacks) = {.subrate_changed = on_changed};

static struct bt_conn_le_subrate_param from(const struct words *w, size_t first)
{
    return (struct bt_conn_le_subrate_param){
        .subrate_min = (uint16_t)number_at(w, first, 1),
        .subrate_max = (uint16_t)number_at(w, first + 1, 1),
        .max_latency = (uint16_t)number_at(w, first + 2, 0),
        .continuation_number = (uint16_t)number_at(w, first + 3, 0),
        .supervision_timeout = (uint16_t)number_at(w, first + 4, 400),
    };
}

int cmd_subrate(const struct words *w)
{
    const struct bt_conn_le_subrate_param param = from(w, 2);
    struct bt_conn *conn = link_at(number_at(w, 1, 0));
    return conn ? bt_conn_le_subrate_request(conn, &param) : -ENOTCONN;
}

int cmd_subrate_default(const struct words *w)
{
    const struct bt_conn_le_subrate_param param = from(w, 1);
    return bt_conn_le_subrate_set_defaults(&param);
}
