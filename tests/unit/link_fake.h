// A small stand-in for src/hci below src/conn and src/gap: a controller that answers each command as
// the test says, events by hand, time by hand.
#ifndef BREEZE_TESTS_UNIT_LINK_FAKE_H_
#define BREEZE_TESTS_UNIT_LINK_FAKE_H_

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <zephyr/bluetooth/bluetooth.h>
#include <zephyr/bluetooth/conn.h>
#include <zephyr/bluetooth/hci.h>

#include "conn/state.h"
#include "gap/id.h"
#include "gap/state.h"
#include "hci/cmd.h"
#include "hci/evt.h"
#include "hci/hci.h"
#include "hci/post.h"
#include "hci/state.h"

struct fake_cmd {
    uint16_t opcode;
    uint8_t len;
    uint8_t params[64];
};

// How the controller answers one opcode, from now on; count 0: always.
struct fake_answer {
    uint16_t opcode;
    uint8_t status;
    uint8_t count;
    uint8_t ret_len;
    uint8_t ret[32];
};

struct fake {
    struct fake_cmd cmds[128];
    size_t cmd_count;
    struct fake_answer answers[8];
    size_t answer_count;
    int wait_err; // What hci_wait() returns before anything happens, when not 0.
    bool silent;  // Commands stay unanswered.
    unsigned int wait_calls;
    unsigned int saves;    // Values written to the settings.
    unsigned int evt_refs; // References to held events that are not given back.
    int fallback_err;
    unsigned int fallback_calls;
    struct bt_le_conn_param fallback_param;
    char log[512]; // What happened, a word each, in order.
    int64_t now;
};
extern struct fake fake;

// A controller that just came up: public address 01:02:03:04:05:06 as identity, or none.
int fake_setup(void **state);
int fake_setup_random(void **state);
// Checks that nothing is left: no slot, no timer, no post, no event.
int fake_teardown(void **state);

// bt_disable() and bt_enable() as src/api does them, without the transport.
void fake_disable(void);
void fake_enable(void);

void fake_answer(uint16_t opcode, uint8_t status, uint8_t count);
// Let the controller answer all that is asked of it, and deliver.
void fake_run(void);
// One event, without delivering; the handler's verdict.
bool fake_event(uint8_t code, uint8_t sub, const void *params, size_t len);
// Move time on, run timers, and then all that follows.
void fake_sleep(int64_t us);
// Append a word to fake.log.
void fake_note(const char *format, ...);

// Commands that were sent since the last call of fake_forget(), in order.
const struct fake_cmd *fake_cmd_last(uint16_t opcode);
size_t fake_cmd_count(uint16_t opcode);
void fake_forget(void);

// Events, delivered as well.
void fake_connected(uint8_t status, uint16_t handle, uint8_t role, const bt_addr_le_t *peer);
void fake_disconnected(uint16_t handle, uint8_t reason);

#define assert_log(text)                                                                           \
    do {                                                                                           \
        assert_string_equal(fake.log, text);                                                       \
        fake.log[0] = '\0';                                                                        \
    } while (0)

extern const bt_addr_le_t peer_a;
extern const bt_addr_le_t peer_b;

#endif // BREEZE_TESTS_UNIT_LINK_FAKE_H_
