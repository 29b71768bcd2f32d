// The twin of l2cap.c in a build without credit based channels.
#include "py/mperrno.h"

#include "backend.h"

void mpy_l2cap_reset(void)
{
}

int mp_bluetooth_l2cap_listen(uint16_t psm, uint16_t mtu)
{
    return MP_EOPNOTSUPP;
}

int mp_bluetooth_l2cap_connect(uint16_t conn_handle, uint16_t psm, uint16_t mtu)
{
    return MP_EOPNOTSUPP;
}

int mp_bluetooth_l2cap_disconnect(uint16_t conn_handle, uint16_t cid)
{
    return MP_EOPNOTSUPP;
}

int mp_bluetooth_l2cap_send(uint16_t conn_handle, uint16_t cid, const uint8_t *buf, size_t len,
                            bool *stalled)
{
    return MP_EOPNOTSUPP;
}

int mp_bluetooth_l2cap_recvinto(uint16_t conn_handle, uint16_t cid, uint8_t *buf, size_t *len)
{
    return MP_EOPNOTSUPP;
}
