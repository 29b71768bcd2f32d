// Fuzz target: events of any code, subevent and parameters, well framed; a list of {code, length,
// parameters}. Between them the host has commands in flight and data on its links.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "hci_fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool vendor(struct net_buf_simple *buf)
{
    return buf->len & 1;
}

static void one_event(struct rd *r)
{
    uint8_t head[3] = {BT_HCI_H4_EVT, rd_u8(r), rd_u8(r)};
    head[2] = (uint8_t)MIN(head[2], rd_left(r));
    script_inject(head, sizeof(head));
    script_inject(rd_take(r, head[2]), head[2]);
    for (int i = 0; i < 40 && (breeze_step() <= script.now || script.rx_at < script.rx_len); i++) {
        fix.log[0] = '\0';
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || size > 2000) {
        return 0;
    }
    fix_reset();
    fix_up(ctl_54, ctl_54_count);
    (void)bt_hci_register_vnd_evt_cb(vendor);
    fix_connect(0x40);
    fix_run();
    script.mute = true;
    fix.wish[0] = 0x2001;
    hci_cmd_kick();
    (void)bt_hci_cmd_send(0xfc01, NULL);
    struct net_buf *frame = fix_frame(300, 1);
    if (frame && acl_send(&fix.links[0], frame, fix_done, (void *)"f")) {
        net_buf_unref(frame);
    }
    struct rd r = rd_init(data, size);
    while (rd_left(&r) >= 2) {
        one_event(&r);
    }
    script.mute = false;
    script.rx_at = script.rx_len;
    fix_run_for(8000000);
    fix.log[0] = '\0';
    fix_down();
    return 0;
}
