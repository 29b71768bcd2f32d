// Which of its addresses a device shows (Vol 3, Part C, 10.7 and 10.8; Vol 6, Part B, 1.3.2). Zephyr
// decides this at compile time by CONFIG_BT_PRIVACY; here that option only says how it begins.
#ifndef BREEZE_PRIVACY_H_
#define BREEZE_PRIVACY_H_

#include <stdint.h>

#include <zephyr/bluetooth/addr.h>

#ifdef __cplusplus
extern "C" {
#endif

enum breeze_privacy {
    BREEZE_PRIVACY_NONE, // The identity address.
    // A resolvable private address, another one every CONFIG_BT_RPA_TIMEOUT seconds
    // (bt_le_set_rpa_timeout()). Peers that are bonded from now on get to know the identity behind it.
    BREEZE_PRIVACY_RPA,
    // A non-resolvable private address, another one as often. Nobody can know the device again.
    BREEZE_PRIVACY_NRPA,
};

// Choose for advertising, scanning and connections that begin from now on; survives bt_disable().
// Advertising may ask for something else (BT_LE_ADV_OPT_USE_IDENTITY, BT_LE_ADV_OPT_USE_NRPA). 0;
// -EINVAL; -ENOTSUP: in a build without it (BREEZE_PRIVACY).
int breeze_privacy_set(enum breeze_privacy privacy);

// What was chosen; before that CONFIG_BT_PRIVACY decides.
enum breeze_privacy breeze_privacy_get(void);

// The address that whoever advertises, scans or connects shows now, as breeze_privacy_set() has it. 0,
// -EINVAL, or -EAGAIN: there is none yet (bt_enable()).
int breeze_privacy_addr(bt_addr_le_t *addr);

// How a bonded peer that has an identity resolving key is met (Vol 6, Part B, 4.7).
enum breeze_privacy_mode {
    BREEZE_PRIVACY_MODE_DEVICE, // Behind its private addresses, and by its identity address; so at first.
    // Behind its private addresses only: whoever shows its identity address is not heard in scans, and
    // a link made with that ends at once with `connected` and BT_HCI_ERR_AUTH_FAIL, if the controller
    // lets it come up. For peers that always hide, it keeps others from playing their part.
    BREEZE_PRIVACY_MODE_NETWORK,
};

// Choose for a bonded peer of local identity `id`. It lasts until the bond is deleted or the program ends,
// over bt_disable() too; it is not stored with the bond. The controller does it for those on its
// resolving list (LE Set Privacy Mode, Vol 4, Part E, 7.8.77), the host for the others. Controllers
// before 5.0 have network privacy for everyone on their list. 0; -EINVAL; -ENOENT: no such bond, or
// one without a key; -ENOTSUP as above. Any context.
int breeze_privacy_mode_set(uint8_t id, const bt_addr_le_t *peer, enum breeze_privacy_mode mode);

// What was chosen for it.
enum breeze_privacy_mode breeze_privacy_mode_get(uint8_t id, const bt_addr_le_t *peer);

#ifdef __cplusplus
}
#endif

#endif // BREEZE_PRIVACY_H_
