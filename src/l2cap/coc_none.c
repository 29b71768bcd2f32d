// The twin of the channel files in a build without them: requests are refused as a host does on which
// no server listens, responses are those of nobody (Vol 3, Part A, 4.6, 4.22 and 4.25).
#include "l2cap/coc.h"
#include "l2cap/l2cap.h"
#include "l2cap/sig.h"

void sig_on_disc_req(struct sig_cmd *cmd)
{
    uint16_t dcid = rd_le16(&cmd->data);
    uint16_t scid = rd_le16(&cmd->data);
    sig_reject(cmd, REJECT_INVALID_CID);
    wr_le16(&cmd->out, dcid);
    wr_le16(&cmd->out, scid);
}

void sig_on_disc_rsp(struct sig_cmd *cmd)
{
    sig_ignore(cmd);
}

void sig_on_le_conn_req(struct sig_cmd *cmd)
{
    cmd->out_code = SIG_LE_CONN_RSP;
    wr_le64(&cmd->out, 0); // DCID, MTU, MPS, credits: none.
    wr_le16(&cmd->out, COC_NO_SPSM);
}

void sig_on_le_conn_rsp(struct sig_cmd *cmd)
{
    sig_ignore(cmd);
}

void sig_on_le_credits(struct sig_cmd *cmd)
{
    sig_ignore(cmd); // Of a channel that does not exist (4.24).
}

void sig_on_credit_conn_req(struct sig_cmd *cmd)
{
    sig_reject(cmd, REJECT_NOT_UNDERSTOOD);
}

void sig_on_credit_conn_rsp(struct sig_cmd *cmd)
{
    sig_ignore(cmd);
}

void sig_on_reconf_req(struct sig_cmd *cmd)
{
    sig_reject(cmd, REJECT_NOT_UNDERSTOOD);
}

void sig_on_reconf_rsp(struct sig_cmd *cmd)
{
    sig_ignore(cmd);
}

bool sig_on_coc_reject(struct sig_cmd *cmd)
{
    return false;
}
