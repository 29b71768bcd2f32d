// The extensions' way to the host: what the module `_breeze` calls, and what it hands on.
//
// MicroPython's contract (extmod/modbluetooth.h) has no place for these. micropython/bluetooth.py turns
// them into methods, config keys and events (doc/EXTENSIONS.md). Contexts as in backend.h; results are
// 0 or a positive errno of py/mperrno.h; addresses are most significant octet first.
#ifndef BREEZE_MICROPYTHON_EXTEND_H_
#define BREEZE_MICROPYTHON_EXTEND_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// ---- What the backend implements ---------------------------------------------------------------

// Raise the events below, or not; not at first. Survives mp_bluetooth_deinit().
void mpy_ext_events(bool on);

// Delete the bond with a peer, addressed as events address it; with addr NULL all bonds.
// ENODEV; ENOENT: there is none.
int mpy_ext_unpair(uint8_t addr_type, const uint8_t *addr);

// Hand each bond to func; flags: BREEZE_BOND_*. ENODEV.
int mpy_ext_bonds(void (*func)(uint8_t addr_type, const uint8_t *addr, uint8_t flags, void *user),
                  void *user);

// Ask the program for its bonds, if it has not given them yet: its handler is new.
void mpy_ext_load_secrets(void);

// Refuse pairings and bonds whose encryption would be below this level, 1 to 4. EINVAL.
int mpy_ext_level(int level);

// ---- What the backend raises -------------------------------------------------------------------

#define MPY_EXT_IRQ_SUBSCRIBE         0x80 // connection, value handle, notify, indicate
#define MPY_EXT_IRQ_PAIRING_FAILED    0x81 // connection, enum bt_security_err
#define MPY_EXT_IRQ_DISCONNECT_REASON 0x82 // connection, HCI status
#define MPY_EXT_IRQ_NOTIFY_READY      0x83 // connection
#define MPY_EXT_IRQ_PHY               0x84 // connection, tx, rx, HCI status

// Arguments beyond the event's own are 0.
void mpy_ext_on_event(uint8_t event, const uint16_t args[4]);

#endif // BREEZE_MICROPYTHON_EXTEND_H_
