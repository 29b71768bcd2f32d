// What lies above the HCI layer, for its tests: links, an event table, sources and up-calls that
// write down what they are told. Instead of src/api's wiring and state.
#ifndef BREEZE_TESTS_UNIT_HCI_FIXTURE_H_
#define BREEZE_TESTS_UNIT_HCI_FIXTURE_H_

#include "hci/state.h"
#include "script_transport.h"

#define FIX_LINKS CONFIG_BT_MAX_CONN

struct fix {
    struct acl_link links[FIX_LINKS];
    char log[4096]; // What happened, a word each, a space between.
    // Received PDUs.
    unsigned int pdus;
    uint8_t pdu[1100];
    uint16_t pdu_len;
    struct acl_link *pdu_link;
    void (*on_pdu)(struct acl_link *link);
    bool keep_pdus; // Do not give buffers back; they lie in kept[].
    struct net_buf *kept[64];
    unsigned int kept_count;
    bool keep_reports; // The same for advertising reports.
    // Started
    int started, start_err;
    // Commands to send: opcodes, ended by 0.
    uint16_t wish[8];
    unsigned int wish_at;
    uint8_t status; // Of the last one.
    int done_calls;
    uint8_t ret[256];
    size_t ret_len;
    int free_hooks;
    struct loop_source source;
};
extern struct fix fix;
extern struct post conn_post; // Tells of connected and disconnected.

// Controllers of three ages.
extern const struct script_row ctl_40[], ctl_42[], ctl_54[], ctl_shared[];
extern const size_t ctl_40_count, ctl_42_count, ctl_54_count, ctl_shared_count;

// Everything as in a program that just started.
void fix_reset(void);
// hci_start() with this controller and the loop until it is up.
void fix_up(const struct script_row *rows, size_t count);
void fix_up_54(void);
// Run the loop until it would sleep; fix_run_for(): and on for so long.
void fix_run(void);
void fix_run_for(int64_t us);
// hci_stop(), and see that nothing is left: all pools full, no timer.
void fix_down(void);
// Write a word to the log.
void fix_log(const char *word, ...) __attribute__((format(printf, 1, 2)));
// The log is this; it is emptied.
void fix_assert_log(const char *want);
// An L2CAP frame of `len` octets of payload, all `fill`.
struct net_buf *fix_frame(uint16_t len, uint8_t fill);
// Completions of that many packets.
void fix_completed(uint16_t handle, uint16_t count);
// An ACL packet towards the host.
void fix_acl(uint16_t handle_flags, const void *data, size_t len);
void fix_done(struct acl_link *link, void *user, int err);
void fix_connect(uint16_t handle);
void fix_disconnect(uint16_t handle);

#endif // BREEZE_TESTS_UNIT_HCI_FIXTURE_H_
