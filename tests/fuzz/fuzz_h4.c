// Fuzz target: any stream of octets from a controller that is up and has two links. The first octet
// says how the stream is cut. Whatever comes, the host survives, and is quiet and whole after
// hci_stop().
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "hci_fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void settle(void)
{
    for (int i = 0; i < 3000; i++) {
        if (breeze_step() > script.now && script.rx_at == script.rx_len) {
            break;
        }
        fix.log[0] = '\0';
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size || size > 4000) {
        return 0;
    }
    fix_reset();
    fix_up(ctl_54, ctl_54_count);
    fix_connect(0x40);
    fix_connect(0x41);
    settle();
    for (int i = 0; i < 3; i++) {
        struct net_buf *frame = fix_frame(60, 1);
        if (frame && acl_send(&fix.links[0], frame, fix_done, (void *)"f")) {
            net_buf_unref(frame);
        }
    }
    script.chunk = data[0] & 0x0f;
    script.seed = data[0] & 0x10 ? data[0] : 0;
    script_inject(data + 1, size - 1);
    settle();
    script.seed = 0;
    script.rx_at = script.rx_len;
    fix_run_for(8000000); // Time enough for a reset.
    fix.log[0] = '\0';
    fix_down();
    return 0;
}
