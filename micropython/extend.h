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

// The functions of the module `_breeze` and how many arguments each takes: in a firmware (mod_breeze.c)
// and on the stock interpreter (stock/_breeze.py). tests/micropython/test_firmware.py holds both, and
// bluetooth.py, to it.
#define MPY_EXT_CALLS(CALL)                                                                        \
    CALL(events, 1)                                                                                \
    CALL(interrupt, 0)                                                                             \
    CALL(load_secrets, 0)                                                                          \
    CALL(level, 1)                                                                                 \
    CALL(unpair, 2)                                                                                \
    CALL(bonds, 0)                                                                                 \
    CALL(conn_update, 5)                                                                           \
    CALL(conn_info, 1)                                                                             \
    CALL(rssi, 1)                                                                                  \
    CALL(phy, 3)                                                                                   \
    CALL(data_len, 2)                                                                              \
    CALL(addr, 1)                                                                                  \
    CALL(accept_list, 1)                                                                           \
    CALL(advertise_to, 3)                                                                          \
    CALL(advertise_ext, 7)                                                                         \
    CALL(scan, 6)                                                                                  \
    CALL(tx_power, 1)                                                                              \
    CALL(trace, 1)                                                                                 \
    CALL(log, 1)

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

// Links. ENODEV, ENOTCONN, EINVAL (out of range), and what the controller says.
// Ask for parameters, microseconds and milliseconds; the event for connection updates tells the
// outcome, also when they are what they are already.
int mpy_ext_conn_update(uint16_t conn_handle, int32_t min_us, int32_t max_us, int32_t latency,
                        int32_t timeout_ms);
struct mpy_ext_conn_info {
    uint32_t interval_us;
    uint32_t timeout_ms;
    uint16_t latency;
    uint16_t mtu;
    uint8_t role;   // 0 central, 1 peripheral.
    uint8_t phy_tx; // BT_GAP_LE_PHY_*
    uint8_t phy_rx;
    uint8_t level;
    uint8_t key_size; // Octets; 0: not encrypted.
};
int mpy_ext_conn_info(uint16_t conn_handle, struct mpy_ext_conn_info *info);
int mpy_ext_rssi(uint16_t conn_handle, int8_t *rssi);
// Bits of BT_GAP_LE_PHY_*, 0 no wish; the event for PHYs tells the outcome.
int mpy_ext_phy(uint16_t conn_handle, int32_t tx, int32_t rx);
int mpy_ext_data_len(uint16_t conn_handle, int32_t octets);

// Our own random static address, before the first activation. EINVAL (not static), EBUSY (too late).
int mpy_ext_addr(const uint8_t *addr);

// While the list is not empty, advertising answers, and scanning reports, only who is on it. `count`
// times an address type and six octets. EBUSY (advertising or scanning), ENOMEM (too long).
int mpy_ext_accept_list(const uint8_t *list, size_t count);
#define MPY_EXT_ACCEPT_LEN 7

// Advertise to one peer, connectably; with an interval of 0 as often as can be, for 1.28 s.
int mpy_ext_advertise_to(int32_t interval_us, uint8_t addr_type, const uint8_t *addr);

// Advertise with extended PDUs: connectable (245 octets of data), scannable when there is a scan
// response (no advertising data then), or neither (1650); to all, or to one peer.
struct mpy_ext_adv {
    int32_t interval_us;
    bool connectable;
    uint8_t phy; // BT_GAP_LE_PHY_*, 0: LE 1M, then 2M.
    const uint8_t *adv;
    size_t adv_len;
    const uint8_t *rsp;
    size_t rsp_len;
    uint8_t addr_type;
    const uint8_t *addr; // NULL: to all.
};
int mpy_ext_advertise(const struct mpy_ext_adv *ext);

// The power that advertising which begins from now on asks for, dBm; 127: the controller's choice.
// Holds over activations. ENODEV; EINVAL (-127 to 20); EOPNOTSUPP.
int mpy_ext_tx_power(int32_t dbm);

// Scan as MicroPython's contract has it, on other PHYs too (bits; extended advertising is then
// reported, as type 5), with each advertiser only once if wished.
struct mpy_ext_scan {
    int32_t duration_ms;
    int32_t interval_us;
    int32_t window_us;
    bool active;
    bool once;
    int32_t phys; // 0: as the contract.
};
int mpy_ext_scan(const struct mpy_ext_scan *scan);

// ---- What the backend raises -------------------------------------------------------------------

#define MPY_EXT_IRQ_SUBSCRIBE         0x80 // connection, value handle, notify, indicate
#define MPY_EXT_IRQ_PAIRING_FAILED    0x81 // connection, enum bt_security_err
#define MPY_EXT_IRQ_DISCONNECT_REASON 0x82 // connection, HCI status
#define MPY_EXT_IRQ_NOTIFY_READY      0x83 // connection
#define MPY_EXT_IRQ_PHY               0x84 // connection, tx, rx, HCI status

// How many arguments each of these has; in `args` those beyond are 0.
#define MPY_EXT_IRQ_COUNTS                                                                         \
    {                                                                                              \
        4, 2, 2, 1, 4                                                                              \
    }
void mpy_ext_on_event(uint8_t event, const uint16_t args[4]);

#endif // BREEZE_MICROPYTHON_EXTEND_H_
