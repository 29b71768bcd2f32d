// Randomness for the application.
#ifndef ZEPHYR_BLUETOOTH_CRYPTO_H_
#define ZEPHYR_BLUETOOTH_CRYPTO_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Fill a buffer with octets fit for keys: from the machine's source of entropy or, where the port
// has none, from the controller's generator (LE Rand, Vol 4, Part E, 7.8.23), for whose commands it
// waits if the store has run low. 0; -ENODEV: neither exists; -EAGAIN: Bluetooth is off, or the
// store is empty where the caller must not wait; else as bt_hci_cmd_send_sync(). On an error the
// buffer's content is undefined.
int bt_rand(void *buf, size_t len);

#ifdef __cplusplus
}
#endif

#endif // ZEPHYR_BLUETOOTH_CRYPTO_H_
