// A stand-in for everything below L2CAP: links, buffers, time. Scripts speak for the peer.
#ifndef BREEZE_TESTS_PDU_FAKE_H_
#define BREEZE_TESTS_PDU_FAKE_H_

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <breeze/breeze.h>
#include <breeze/gatt.h>
#include <zephyr/bluetooth/conn.h>
#include <zephyr/bluetooth/gatt.h>

#include "conn/conn.h"

#define FAKE_FRAME_MAX 600

struct fake_frame {
    struct bt_conn *conn;
    size_t len;
    uint8_t data[FAKE_FRAME_MAX];
};

struct fake {
    int64_t now;
    bool tx_dry;    // acl_tx_alloc() has no buffer.
    bool hold_done; // Completions wait for fake_complete().
    bt_security_t security;
    bool has_key;        // There is a key for every link.
    int raise_err;       // What bt_conn_set_security() says,
    unsigned int raises; // ... how often it was called, and with what.
    bt_security_t raised;
    bool accept_params;   // Answer of conn_param_ask().
    unsigned int updates; // Calls of bt_conn_le_param_update().
    uint8_t param_failed; // The status that conn_param_failed() told last.
    struct bt_le_conn_param update;
    struct breeze_stats stats;
};
extern struct fake fake;

// Fresh state of all layers; connection 0 is up (role: ours).
void fake_begin(uint8_t role);
// Every buffer is back, no timer runs, no list holds anything; links go down first.
void fake_end(void);

struct bt_conn *fake_connect(unsigned int index, uint8_t role);
void fake_disconnect(struct bt_conn *conn);

// Play a script on a channel: "> 0a 03 00 < 0b 41 42 > ..." where '>' is from the peer, '<' is what
// must come back, in order. Fails if anything else was sent; "< -" is "nothing", implied at the
// end.
void fake_script(struct bt_conn *conn, uint16_t cid, const char *text, const char *file, int line);
#define ATT(conn, text) fake_script(conn, 0x0004, text, __FILE__, __LINE__)
#define SIG(conn, text) fake_script(conn, 0x0005, text, __FILE__, __LINE__)

// One L2CAP frame from the peer as it is, header included.
void fake_raw(struct bt_conn *conn, const void *data, size_t len);
// One ATT PDU from the peer.
void fake_att(struct bt_conn *conn, const void *data, size_t len);

// The oldest frame that was sent and not yet looked at; false if there is none.
bool fake_sent(struct fake_frame *frame);

// The link has this security now, or it could not be raised.
void fake_security(struct bt_conn *conn, bt_security_t level, enum bt_security_err err);

// Deliver held completions, tell that buffers are free again, let time pass.
void fake_complete(int err);
void fake_tx_free(void);
void fake_time(int64_t us);

#endif // BREEZE_TESTS_PDU_FAKE_H_
