// An LE device address with its type: 0 public, 1 random.
#ifndef BREEZE_AIR_ADDR_H_
#define BREEZE_AIR_ADDR_H_

#include <stdint.h>

struct le_addr {
    uint8_t type;
    uint8_t val[6];
};

#endif // BREEZE_AIR_ADDR_H_
