// Privacy in the link layer: the controller's side of private addresses (privacy.c).
#ifndef BREEZE_AIR_PRIVACY_H_
#define BREEZE_AIR_PRIVACY_H_

#include "controller.h"

// Who an address belongs to, as this controller's resolving list has it.
struct who {
    struct le_addr id; // the identity address, or the address itself
    bool resolved;
    bool ok; // false: to be ignored, for it should have hidden (network privacy mode)
};
struct who privacy_who(const struct air_controller *controller, const struct le_addr *addr);

// For Own_Address_Type 2 and 3: the private address to show to this peer. False: there is no entry
// with a local IRK, the fall-back counts.
bool privacy_own(const struct air_controller *controller, uint8_t own_type,
                 const struct le_addr *peer, struct le_addr *own);
// The address that directed advertising to this peer carries.
struct le_addr privacy_target(const struct air_controller *controller, uint8_t own_type,
                              const struct le_addr *peer);
// Whether directed advertising of this peer to a private address is for us.
bool privacy_is_us(const struct air_controller *controller, uint8_t own_type,
                   const struct le_addr *peer, const struct le_addr *target);

void privacy_reset(struct air_controller *controller);

#endif // BREEZE_AIR_PRIVACY_H_
