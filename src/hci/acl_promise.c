// Completions of frames that are pulled: remembered with their buffers from the start, so that it is
// known at once whether there is room (acl.h). Only channels of the host itself do that.
#include "hci/state.h"

static struct acl_tx **tx_of(struct net_buf *buf)
{
    return net_buf_user_data(buf);
}

bool acl_promise(struct net_buf *buf, acl_done_t done, void *user)
{
    struct acl_frame none = {0};
    bool ok = !done || acl_frame_done(&none, done, user);
    *tx_of(buf) = none.tx;
    return ok;
}

void acl_promise_keep(struct acl_frame *frame, struct net_buf *buf)
{
    frame->tx = *tx_of(buf);
}

void acl_promise_break(struct acl_link *link, struct net_buf *buf)
{
    struct acl_tx *tx = *tx_of(buf);
    if (tx) {
        tx->gone = true;
        sys_slist_append(&link->tx_done, &tx->node);
        post_set(&link->post, 1);
    }
}

void acl_tx_want(void)
{
    acl_run.tx_starved = true;
}
