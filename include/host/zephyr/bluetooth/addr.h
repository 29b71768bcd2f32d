// Bluetooth device addresses: types, comparison, text (Core Specification, Vol 6, Part B, 1.3).
//
// Addresses are stored as they travel over HCI, least significant octet first; text is written most
// significant octet first. Nothing here needs bt_enable() except bt_addr_le_create_*().
#ifndef ZEPHYR_INCLUDE_BLUETOOTH_ADDR_H_
#define ZEPHYR_INCLUDE_BLUETOOTH_ADDR_H_

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

// Address types as HCI has them.
#define BT_ADDR_LE_PUBLIC     0x00
#define BT_ADDR_LE_RANDOM     0x01
#define BT_ADDR_LE_PUBLIC_ID  0x02 // Public identity, resolved from a private address.
#define BT_ADDR_LE_RANDOM_ID  0x03 // Static random identity, resolved from a private address.
#define BT_ADDR_LE_UNRESOLVED 0xFE // A private address that the controller could not resolve.
#define BT_ADDR_LE_ANONYMOUS  0xFF // Advertising without an address.

// Octets of an address, and with its type.
#define BT_ADDR_SIZE    6
#define BT_ADDR_LE_SIZE 7

typedef struct {
    uint8_t val[BT_ADDR_SIZE];
} bt_addr_t;

typedef struct {
    uint8_t type; // BT_ADDR_LE_*
    bt_addr_t a;
} bt_addr_le_t;

// The all-zero and the all-ones address, as wildcards.
extern const bt_addr_t bt_addr_any;
extern const bt_addr_t bt_addr_none;
extern const bt_addr_le_t bt_addr_le_any;
extern const bt_addr_le_t bt_addr_le_none;
#define BT_ADDR_ANY     (&bt_addr_any)
#define BT_ADDR_NONE    (&bt_addr_none)
#define BT_ADDR_LE_ANY  (&bt_addr_le_any)
#define BT_ADDR_LE_NONE (&bt_addr_le_none)

// Order two addresses as memcmp() does: negative, 0 (the same), positive.
static inline int bt_addr_cmp(const bt_addr_t *a, const bt_addr_t *b)
{
    return memcmp(a, b, sizeof(*a));
}

static inline bool bt_addr_eq(const bt_addr_t *a, const bt_addr_t *b)
{
    return bt_addr_cmp(a, b) == 0;
}

// The same with the type; addresses of different types differ.
static inline int bt_addr_le_cmp(const bt_addr_le_t *a, const bt_addr_le_t *b)
{
    return memcmp(a, b, sizeof(*a));
}

static inline bool bt_addr_le_eq(const bt_addr_le_t *a, const bt_addr_le_t *b)
{
    return bt_addr_le_cmp(a, b) == 0;
}

static inline void bt_addr_copy(bt_addr_t *dst, const bt_addr_t *src)
{
    memcpy(dst, src, sizeof(*dst));
}

static inline void bt_addr_le_copy(bt_addr_le_t *dst, const bt_addr_le_t *src)
{
    memcpy(dst, src, sizeof(*dst));
}

// The kind of a *random* address by its two most significant bits (Vol 6, Part B, 1.3.2).
#define BT_ADDR_IS_RPA(a)    (((a)->val[5] & 0xc0) == 0x40) // Resolvable private.
#define BT_ADDR_IS_NRPA(a)   (((a)->val[5] & 0xc0) == 0x00) // Non-resolvable private.
#define BT_ADDR_IS_STATIC(a) (((a)->val[5] & 0xc0) == 0xc0) // Static.

#define BT_ADDR_SET_RPA(a)    ((a)->val[5] = (((a)->val[5] & 0x3f) | 0x40))
#define BT_ADDR_SET_NRPA(a)   ((a)->val[5] &= 0x3f)
#define BT_ADDR_SET_STATIC(a) ((a)->val[5] |= 0xc0)

// A fresh random non-resolvable private, or static, address. 0, or -ENODEV before the random
// generator is seeded (bt_enable()).
int bt_addr_le_create_nrpa(bt_addr_le_t *addr);
int bt_addr_le_create_static(bt_addr_le_t *addr);

// A resolvable private address.
static inline bool bt_addr_le_is_rpa(const bt_addr_le_t *addr)
{
    return addr->type == BT_ADDR_LE_RANDOM && BT_ADDR_IS_RPA(&addr->a);
}

// An address that stays with its device: public, or random static.
static inline bool bt_addr_le_is_identity(const bt_addr_le_t *addr)
{
    return addr->type == BT_ADDR_LE_PUBLIC ||
           (addr->type == BT_ADDR_LE_RANDOM && BT_ADDR_IS_STATIC(&addr->a));
}

// Room for the text of an address, its terminator included; the second with " (public-id)".
#define BT_ADDR_STR_LEN    18
#define BT_ADDR_LE_STR_LEN 30

// Write "C0:FF:EE:00:00:01", or "C0:FF:EE:00:00:01 (random)", cut to `len` octets with the
// terminator. Returns the length of the whole text without terminator, as snprintf() does.
int bt_addr_to_str(const bt_addr_t *addr, char *str, size_t len);
int bt_addr_le_to_str(const bt_addr_le_t *addr, char *str, size_t len);

// Read such text; hexadecimal digits in either case. `type` is "public", "random", "public-id" or
// "random-id", in parentheses or not. 0, or -EINVAL.
int bt_addr_from_str(const char *str, bt_addr_t *addr);
int bt_addr_le_from_str(const char *str, const char *type, bt_addr_le_t *addr);

#ifdef __cplusplus
}
#endif

#endif // ZEPHYR_INCLUDE_BLUETOOTH_ADDR_H_
