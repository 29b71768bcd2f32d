// Vendor commands of the virtual air's controllers (README.md, "Vendor commands").
#ifndef BREEZE_AIR_VENDOR_H_
#define BREEZE_AIR_VENDOR_H_

// Read Static Addresses, as Zephyr's controllers have it. No parameters. Returns status, number of
// addresses (1, or 0 when the controller has none), then per address: 6 octets of address,
// 16 octets of identity root (all zero: the air has none).
#define AIR_VENDOR_READ_STATIC_ADDRESSES 0xfc09

// Set Name. Parameters: 1 to 248 octets of UTF-8, no terminator. From now on the controller's
// static random address is the one that belongs to this name, the same in every run of every air,
// and it has no public address (BD_ADDR reads as zeros). Survives HCI Reset. Refused with Command
// Disallowed (0x0c) while advertising, scanning, initiating or connected, and with 0x0b when
// another powered controller on this air has that name already. Returns status and the 6 octets of
// address.
#define AIR_VENDOR_SET_NAME 0xffb0

// Set Radio. Parameters: loss and miss, each 4 octets, in parts per million; 0xffffffff: the air's
// default. Returns status.
#define AIR_VENDOR_SET_RADIO 0xffb1

#endif // BREEZE_AIR_VENDOR_H_
