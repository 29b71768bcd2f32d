// Identities beyond Zephyr's API: a device that takes over what another one was.
#ifndef BREEZE_ID_H_
#define BREEZE_ID_H_

#include <zephyr/bluetooth/addr.h>

#ifdef __cplusplus
extern "C" {
#endif

// Make this random static address that of identity BT_ID_DEFAULT, in place of the one that bt_enable()
// found: a device whose bonds come back on another board is reached where its peers look for it
// (breeze_smp_bond_local()). The old identity is gone, its IRK with it; bonds that were made with it
// count no more. It lasts as one of bt_id_create() does, in the settings too. 0, also when it is that
// address; -EINVAL: not random static; -EALREADY: another identity of this device; -EAGAIN: before
// bt_enable(), where bt_id_create() does it; -EBUSY: while it advertises, scans, connects or is
// connected. From any context of the host's thread.
int breeze_id_set(const bt_addr_le_t *addr);

#ifdef __cplusplus
}
#endif

#endif // BREEZE_ID_H_
