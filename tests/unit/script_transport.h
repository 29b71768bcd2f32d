// A controller played from a script: a transport for tests, with the port functions under a virtual
// clock. Octets that the host sends are recorded packet by packet; octets for the host lie in one
// stream that is read in pieces of any size.
//
// Three ways to answer: script_inject() puts octets in the stream now; script_expect() and
// script_answer() queue a dialogue, packet by packet; `on_command` answers by program, by default
// from the table of script_controller().
#ifndef BREEZE_TESTS_UNIT_SCRIPT_TRANSPORT_H_
#define BREEZE_TESTS_UNIT_SCRIPT_TRANSPORT_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <breeze/transport.h>

#define SCRIPT_PACKET_MAX 1100
#define SCRIPT_SENT_MAX   400

struct script_packet {
    uint16_t len;
    uint8_t data[SCRIPT_PACKET_MAX];
};

// An answer of the controller: Command Complete with these return parameters, status first.
struct script_row {
    uint16_t opcode;
    uint8_t len;
    uint8_t ret[68];
};

struct script {
    int64_t now;        // The clock; idle moves it.
    int64_t idle_limit; // The test fails when the clock is moved past it.
    bool interrupt;     // The next idle returns -EINTR.
    bool has_entropy;
    unsigned int chunk;     // At most so many octets in one recv(); 0: all.
    uint32_t seed;          // Not 0: pieces of random size.
    int send_err;           // What send() returns ...
    unsigned int send_errs; // ... so many times.
    bool dead;              // recv() says -EIO once the stream is empty.
    bool mute;              // Commands are not answered.
    int opened, closed;
    int (*setup)(void *ctx);
    int open_err;
    const struct script_row *rows;
    size_t row_count;
    // Called for each command instead of the table when set; true: it was answered.
    bool (*on_command)(uint16_t opcode, const uint8_t *params, size_t len);
    unsigned int sent_count;
    struct script_packet sent[SCRIPT_SENT_MAX];
    size_t rx_at, rx_len;
    uint8_t rx[65536];
    // Dialogue: kinds 'e' and 'a' in order.
    unsigned int talk_at, talk_count;
    struct {
        char kind;
        struct script_packet packet;
    } talk[32];
};
extern struct script script;
extern const struct breeze_transport script_transport;

// Forget everything; entropy is there, the clock stands at 1 s.
void script_reset(void);
// Octets for the host, from now on.
void script_inject(const void *octets, size_t len);
#define script_put(...)                                                                            \
    script_inject((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))
// The next packet that the host sends must be this one (once there is a dialogue, every packet must
// be expected) ...
void script_expect_octets(const void *octets, size_t len);
#define script_expect(...)                                                                         \
    script_expect_octets((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))
// ... and then the controller says this.
void script_answer_octets(const void *octets, size_t len);
#define script_answer(...)                                                                         \
    script_answer_octets((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))
// The dialogue was played to its end.
bool script_talk_done(void);

// Command Complete and Command Status.
void script_complete(uint16_t opcode, uint8_t ncmd, const void *ret, size_t len);
void script_status(uint16_t opcode, uint8_t ncmd, uint8_t status);

// Answer from a table; what is not in it gets Unknown HCI Command.
void script_controller(const struct script_row *rows, size_t count);
#define SCRIPT_CONTROLLER(rows) script_controller(rows, sizeof(rows) / sizeof((rows)[0]))

// How often the host sent this command, and the last time it did (NULL: never).
unsigned int script_commands(uint16_t opcode);
const struct script_packet *script_last(uint16_t opcode);
// The i-th ACL packet that the host sent, or NULL.
const struct script_packet *script_acl(unsigned int i);

#endif // BREEZE_TESTS_UNIT_SCRIPT_TRANSPORT_H_
