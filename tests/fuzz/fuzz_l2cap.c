// Fuzz target: any L2CAP frames on one link, ours in either role, with and without TX buffers; a
// first octet of options, then a list of {length, frame}.
#include "pdu/fake.h"

#include "base/rd.h"
#include "l2cap/l2cap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void forget_sent(void)
{
    struct fake_frame frame;
    while (fake_sent(&frame)) {
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || size > 4000) {
        return 0;
    }
    struct rd r = rd_init(data, size);
    uint8_t options = rd_u8(&r);
    fake_begin(options & 1 ? BT_CONN_ROLE_CENTRAL : BT_CONN_ROLE_PERIPHERAL);
    fake.accept_params = options & 2;
    static const struct bt_le_conn_param param = {6, 12, 0, 42};
    (void)l2cap_param_update_req(conn_at(0), &param);
    while (rd_left(&r)) {
        size_t len = rd_u8(&r);
        fake.tx_dry = (options & 4) && (len & 1);
        len = MIN(len, rd_left(&r));
        fake_raw(conn_at(0), rd_take(&r, len), len);
        forget_sent();
    }
    fake.tx_dry = false;
    fake_tx_free();
    forget_sent();
    fake_end();
    return 0;
}
