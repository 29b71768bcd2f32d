// The command engine (cmd.h; Vol 4, Part E, 4.4).
//
// Invariants: one command in flight at most; its packet stays in hci_run.cmd_packet until the
// transport took it. The timer runs exactly while an answer or, after an answer with no credit,
// credit is due.
#include "hci/cmd.h"

#include <zephyr/sys/__assert.h>
#include <zephyr/sys/util.h>

#include "hci/bringup.h"
#include "hci/evt.h"
#include "hci/life.h"
#include "hci/state.h"

#define LOG_LAYER LOG_HCI
#include "base/log.h"

// How long a controller may take. The specification leaves it to the host (Vol 4, Part E, 4.4); HCI
// Reset may include the start of a radio.
#define ANSWER_US 2000000
#define RESET_US  5000000

// The engine's own sources; those of the layers above come behind them.
static const struct hci_source *const own_sources[] = {&user_cmd_source, &rand_source};

static const struct hci_source *source_at(unsigned int i)
{
    return i < ARRAY_SIZE(own_sources) ? own_sources[i] : hci_sources[i - ARRAY_SIZE(own_sources)];
}

// Ask every source once, beginning behind the one that was served last.
static bool ask_round(struct hci_cmd *cmd, struct wr *params)
{
    unsigned int first = hci_run.cmd.turn;
    const struct hci_source *source;
    for (unsigned int i = first; (source = source_at(i)); i++) {
        if (source->next(cmd, params)) {
            hci_run.cmd.turn = i + 1;
            return true;
        }
    }
    for (unsigned int i = 0; i < first && (source = source_at(i)); i++) {
        if (source->next(cmd, params)) {
            hci_run.cmd.turn = i + 1;
            return true;
        }
    }
    hci_run.cmd.turn = 0;
    return false;
}

static bool ask(struct hci_cmd *cmd, struct wr *params)
{
    if (hci_run.state == HCI_READY) {
        return ask_round(cmd, params);
    }
    if (hci_run.in_setup) {
        return user_cmd_source.next(cmd, params);
    }
    return bringup_source.next(cmd, params) ||
           (hci_run.state == HCI_STARTING && user_cmd_source.next(cmd, params));
}

static void late(struct loop_timer *timer)
{
    hci_cmd_late();
}

static void deadline_in(int64_t us)
{
    hci_run.cmd.overdue = false;
    loop_timer_start(&hci_run.cmd.timer, us, late);
}

static void deadline_gone(void)
{
    hci_run.cmd.overdue = false;
    loop_timer_stop(&hci_run.cmd.timer);
}

void hci_cmd_lost(void)
{
    log_err("the controller did not answer command 0x%04x", hci_run.cmd.cmd.opcode);
    hci_fail(BREEZE_RESET_CMD_TIMEOUT);
}

// A program that did not run for a while (a debugger, a busy machine, flash being erased) finds the
// time over and the answer waiting. So what the transport holds is read before the controller is
// blamed; one that talks without end but does not answer has as long again.
void hci_cmd_late(void)
{
    if (hci_run.cmd.overdue) {
        hci_cmd_lost();
        return;
    }
    deadline_in(ANSWER_US);
    hci_run.cmd.overdue = true;
}

static void push(void)
{
    struct hci_cmd_run *c = &hci_run.cmd;
    if (hci_send(hci_run.cmd_packet, c->unsent)) {
        c->unsent = 0;
        hci_kept.stats.tx_commands++;
    }
}

static void launch(const struct hci_cmd *cmd, size_t params_len)
{
    struct hci_cmd_run *c = &hci_run.cmd;
    struct wr head = wr_init(hci_run.cmd_packet, BT_BUF_CMD_SIZE(0));
    wr_u8(&head, BT_HCI_H4_CMD);
    wr_le16(&head, cmd->opcode);
    wr_u8(&head, (uint8_t)params_len);
    c->cmd = *cmd;
    c->busy = true;
    c->credit = false;
    c->unsent = (uint16_t)(BT_BUF_CMD_SIZE(0) + params_len);
    bool reset = cmd->opcode == BT_HCI_OP_RESET;
    if (reset) {
        h4_resync();
    }
    deadline_in(reset ? RESET_US : ANSWER_US);
    log_dbg("command 0x%04x, %u octets", cmd->opcode, (unsigned int)params_len);
    push();
}

void hci_cmd_kick(void)
{
    hci_run.cmd.wishes = true;
    if (hci_run.cmd.asking) {
        hci_need_turn();
        return;
    }
    hci_cmd_go();
}

void hci_cmd_go(void)
{
    struct hci_cmd_run *c = &hci_run.cmd;
    if (!hci_run.open || hci_run.failed || hci_run.blocked) {
        return;
    }
    if (c->unsent) {
        push();
        return;
    }
    if (c->busy || !c->credit || !c->wishes) {
        return;
    }
    struct hci_cmd cmd = {0};
    struct wr params = wr_init(hci_run.cmd_packet + BT_BUF_CMD_SIZE(0), 255);
    c->wishes = false;
    c->asking = true;
    bool found = ask(&cmd, &params);
    c->asking = false;
    c->wishes = c->wishes || found;
    if (found) {
        __ASSERT(wr_ok(&params), "command parameters longer than 255 octets");
        launch(&cmd, wr_len(&params));
    }
}

bool hci_cmd_busy(void)
{
    return hci_run.cmd.busy;
}

int64_t hci_cmd_deadline(void)
{
    return loop_timer_running(&hci_run.cmd.timer) ? hci_run.cmd.timer.due_us : BREEZE_NEVER;
}

static void finish(uint8_t status, struct rd *ret)
{
    struct hci_cmd done = hci_run.cmd.cmd;
    hci_run.cmd.busy = false;
    hci_run.cmd.unsent = 0;
    if (done.done) {
        done.done(done.arg, status, ret);
    }
}

void hci_cmd_reset(void)
{
    deadline_gone();
    hci_run.cmd.credit = true;
    if (hci_run.cmd.busy) {
        struct rd none = rd_init("", 0);
        finish(HCI_STATUS_GONE, &none);
    }
}

// An answer came. Num_HCI_Command_Packets is the controller's word on credit in any of them.
static void answer(uint16_t opcode, uint8_t ncmd, uint8_t status, struct rd *ret)
{
    struct hci_cmd_run *c = &hci_run.cmd;
    c->credit = ncmd > 0;
    if (c->busy && !c->unsent && opcode == c->cmd.opcode) {
        deadline_gone();
        if (status) {
            log_wrn("command 0x%04x: status 0x%02x", opcode, status);
        }
        finish(status, ret);
    } else if (opcode != BT_OP_NOP) {
        hci_kept.stats.evt_stale++;
        log_wrn("answer to command 0x%04x that nobody waits for", opcode);
    }
    if (!c->busy) {
        if (c->credit) {
            deadline_gone();
        } else if (!loop_timer_running(&c->timer)) {
            deadline_in(ANSWER_US);
        }
    }
    hci_cmd_kick();
}

bool hci_cmd_on_complete(struct rd *r)
{
    uint8_t ncmd = rd_u8(r);
    uint16_t opcode = rd_le16(r);
    if (!rd_ok(r)) {
        return false;
    }
    bool empty = rd_left(r) == 0;
    uint8_t status = rd_u8(r);
    answer(opcode, ncmd, empty ? BT_HCI_ERR_UNSPECIFIED : status, r);
    return !empty || opcode == BT_OP_NOP;
}

bool hci_cmd_on_status(struct rd *r)
{
    uint8_t status = rd_u8(r);
    uint8_t ncmd = rd_u8(r);
    uint16_t opcode = rd_le16(r);
    if (!rd_ok(r)) {
        return false;
    }
    struct rd none = rd_init("", 0);
    answer(opcode, ncmd, status, &none);
    return true;
}
