// The twin of security.c in a build without the Security Manager.
#include "py/mperrno.h"

#include "backend.h"
#include "extend.h"

void mpy_security_start(void)
{
}

void mpy_secrets_load(void)
{
}

void mpy_secrets_addr_chosen(void)
{
}

void mpy_security_changed(struct bt_conn *conn, bt_security_t level, enum bt_security_err err)
{
}

void mp_bluetooth_set_bonding(bool enabled)
{
}

void mp_bluetooth_set_mitm_protection(bool enabled)
{
}

void mp_bluetooth_set_le_secure(bool enabled)
{
}

void mp_bluetooth_set_io_capability(uint8_t capability)
{
}

int mp_bluetooth_gap_pair(uint16_t conn_handle)
{
    return MP_EOPNOTSUPP;
}

int mp_bluetooth_gap_passkey(uint16_t conn_handle, uint8_t action, mp_int_t passkey)
{
    return MP_EOPNOTSUPP;
}

int mpy_ext_level(int level)
{
    return level == BT_SECURITY_L1 ? 0 : MP_EOPNOTSUPP;
}

void mpy_ext_load_secrets(void)
{
}

int mpy_ext_bonds(void (*func)(uint8_t addr_type, const uint8_t *addr, uint8_t flags, void *user),
                  void *user)
{
    return MP_EOPNOTSUPP;
}

int mpy_ext_unpair(uint8_t addr_type, const uint8_t *addr)
{
    return MP_EOPNOTSUPP;
}
