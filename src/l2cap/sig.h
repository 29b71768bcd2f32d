// The LE signalling channel, CID 0x0005 (Vol 3, Part A, 4).
#ifndef BREEZE_SRC_L2CAP_SIG_H_
#define BREEZE_SRC_L2CAP_SIG_H_

#include <zephyr/net_buf.h>

#include "base/rd.h"
#include "base/wr.h"
#include "conn/conn.h"
#include "l2cap/state.h"

// Codes (4, table 4.2).
#define SIG_REJECT          0x01
#define SIG_DISC_REQ        0x06
#define SIG_DISC_RSP        0x07
#define SIG_PARAM_REQ       0x12
#define SIG_PARAM_RSP       0x13
#define SIG_LE_CONN_REQ     0x14
#define SIG_LE_CONN_RSP     0x15
#define SIG_LE_CREDITS      0x16
#define SIG_CREDIT_CONN_REQ 0x17
#define SIG_CREDIT_CONN_RSP 0x18
#define SIG_RECONF_REQ      0x19
#define SIG_RECONF_RSP      0x1a

#define SIG_HDR_LEN 4

// Reasons of a Command Reject (4.1).
#define REJECT_NOT_UNDERSTOOD 0x0000
#define REJECT_INVALID_CID    0x0002

// One received command. A handler that fills `out` (code and data) has it sent.
struct sig_cmd {
    struct bt_conn *conn;
    struct l2cap_link *link;
    uint8_t ident;
    struct rd data;
    struct wr out;    // Behind the header of the answer.
    uint8_t out_code; // 0: no answer.
    bool update;      // Accepted parameters wait to be used.
    bool opened;      // The answer opens channels: their frames stay behind it.
    struct bt_le_conn_param param;
};

// Handlers of the commands about channels: coc_sig.c and ecred.c, or coc_none.c.
void sig_on_disc_req(struct sig_cmd *cmd);
void sig_on_disc_rsp(struct sig_cmd *cmd);
void sig_on_le_conn_req(struct sig_cmd *cmd);
void sig_on_le_conn_rsp(struct sig_cmd *cmd);
void sig_on_le_credits(struct sig_cmd *cmd);
void sig_on_credit_conn_req(struct sig_cmd *cmd);
void sig_on_credit_conn_rsp(struct sig_cmd *cmd);
void sig_on_reconf_req(struct sig_cmd *cmd);
void sig_on_reconf_rsp(struct sig_cmd *cmd);
// A Command Reject for a request that sig.c did not send: true if somebody had.
bool sig_on_coc_reject(struct sig_cmd *cmd);

// For handlers: answer with Command Reject; count what is ignored.
void sig_reject(struct sig_cmd *cmd, uint16_t reason);
void sig_ignore(struct sig_cmd *cmd);
// An identifier for a request of ours on this link, none that is in use.
uint8_t sig_ident(struct bt_conn *conn);

// Row for l2cap_fixed[]: one C-frame, in the drain; takes the buffer.
void l2cap_sig_recv(struct bt_conn *conn, struct net_buf *pdu);

// Row for acl_tx_free_hooks[]: answers that found no buffer go now.
void l2cap_sig_tx_free(void);

// Row for conn_ups[].
extern const struct conn_up l2cap_conn_up;

#endif // BREEZE_SRC_L2CAP_SIG_H_
