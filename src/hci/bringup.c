// Bring-up as a script (Vol 4, Part E, 4.5 and 7.3, 7.4, 7.8): const rows {opcode, must, build,
// done, when}, sent one after the other. It adapts to what the controller says it supports, from
// 4.0 on: a row is skipped when its `when` is false, and only a failing row with `must` ends the
// bring-up.
#include "hci/bringup.h"

#include <errno.h>
#include <string.h>

#include <zephyr/sys/util.h>

#include "hci/evt.h"
#include "hci/life.h"
#include "hci/state.h"

#define LOG_LAYER LOG_HCI
#include "base/log.h"

// Smallest ACL data packet length that a controller may have (7.8.2).
#define ACL_LEN_MIN 27
// Bits of the LMP features, page 0 (Vol 2, Part C, 3.3).
#define LMP_NO_BREDR BIT(5) // In octet 4.

struct row {
    uint16_t opcode;
    bool must;
    void (*build)(struct wr *params); // NULL: no parameters.
    // The return parameters behind the status; false: too short or impossible. NULL: not looked at.
    bool (*done)(struct rd *ret);
    bool (*when)(void); // NULL: always.
};

static bool has_supported_commands(struct rd *r)
{
    rd_copy(r, hci_run.info.commands, sizeof(hci_run.info.commands));
    return rd_ok(r);
}

static bool got_version(struct rd *r)
{
    struct hci_info *info = &hci_run.info;
    info->hci_version = rd_u8(r);
    info->hci_revision = rd_le16(r);
    info->lmp_version = rd_u8(r);
    info->manufacturer = rd_le16(r);
    info->lmp_subversion = rd_le16(r);
    return rd_ok(r);
}

static bool got_reset(struct rd *r)
{
    return true;
}

static bool got_local_features(struct rd *r)
{
    uint8_t features[8];
    rd_copy(r, features, sizeof(features));
    hci_run.dual_mode = rd_ok(r) && !(features[4] & LMP_NO_BREDR);
    return rd_ok(r);
}

static bool got_addr(struct rd *r)
{
    rd_copy(r, hci_run.info.public_addr.val, sizeof(hci_run.info.public_addr.val));
    return rd_ok(r);
}

static bool got_le_features(struct rd *r)
{
    rd_copy(r, hci_run.info.le_features, sizeof(hci_run.info.le_features));
    return rd_ok(r);
}

// Values outside the specification count as "no buffers" (7.8.2): the shared ones are asked for
// then.
static void set_room(uint16_t len, uint16_t count)
{
    bool usable = len >= ACL_LEN_MIN && count > 0;
    hci_run.info.acl_len = usable ? len : 0;
    hci_run.info.acl_count = usable ? count : 0;
}

static bool got_le_room(struct rd *r)
{
    uint16_t len = rd_le16(r);
    set_room(len, rd_u8(r));
    return rd_ok(r);
}

static bool got_shared_room(struct rd *r)
{
    uint16_t len = rd_le16(r);
    (void)rd_u8(r); // SCO
    set_room(len, rd_le16(r));
    return rd_ok(r) && hci_run.info.acl_count > 0;
}

static bool got_states(struct rd *r)
{
    hci_run.info.le_states = rd_le64(r);
    return rd_ok(r);
}

static bool got_max_data_len(struct rd *r)
{
    hci_run.max_tx_octets = rd_le16(r);
    hci_run.max_tx_time = rd_le16(r);
    if (!rd_ok(r) || !IN_RANGE(hci_run.max_tx_octets, ACL_LEN_MIN, 251) ||
        !IN_RANGE(hci_run.max_tx_time, 328, 17040)) {
        hci_run.max_tx_octets = 0; // 7.8.46: impossible, so nothing is suggested.
        return false;
    }
    return true;
}

static bool got_host_buffers(struct rd *r)
{
    hci_run.host_buffers_set = true;
    return true;
}

static bool got_flow(struct rd *r)
{
    hci_run.info.flow_to_host = true;
    return true;
}

static bool got_rand(struct rd *r)
{
    rand_store(NULL, 0, r);
    return true;
}

static void put_event_mask(struct wr *w)
{
    wr_le64(w, hci_evt_mask());
}

static void put_le_event_mask(struct wr *w)
{
    wr_le64(w, hci_evt_le_mask());
}

static void put_le_host_support(struct wr *w)
{
    wr_u8(w, 1);
    wr_u8(w, 0); // Simultaneous LE and BR/EDR: reserved, 0.
}

static void put_data_len(struct wr *w)
{
    wr_le16(w, hci_run.max_tx_octets);
    wr_le16(w, hci_run.max_tx_time);
}

static void put_host_buffers(struct wr *w)
{
    wr_le16(w, 4 + CONFIG_BT_L2CAP_RX_MTU);
    wr_u8(w, 0); // No SCO.
    wr_le16(w, CONFIG_BT_BUF_ACL_RX_COUNT);
    wr_le16(w, 0);
}

static void put_flow(struct wr *w)
{
    wr_u8(w, BT_HCI_CTL_TO_HOST_FLOW_ENABLE);
}

static bool has_local_features(void)
{
    return hci_has_command(14, 5);
}

static bool has_addr(void)
{
    return hci_has_command(15, 1);
}

static bool has_shared_room_only(void)
{
    return IS_ENABLED(CONFIG_BT_CONN) && !hci_run.info.acl_count;
}

static bool has_states(void)
{
    return hci_has_command(28, 3);
}

static bool is_dual_mode(void)
{
    return hci_run.dual_mode && hci_has_command(24, 6);
}

static bool has_max_data_len(void)
{
    return IS_ENABLED(CONFIG_BT_CONN) && hci_has_feature(BT_LE_FEAT_BIT_DLE) &&
           hci_has_command(35, 3);
}

static bool has_default_data_len(void)
{
    return hci_run.max_tx_octets && hci_has_command(34, 0);
}

// All three commands, or none makes sense.
static bool has_flow(void)
{
    return IS_ENABLED(CONFIG_BT_CONN) && hci_has_command(10, 5) && hci_has_command(10, 6) &&
           hci_has_command(10, 7);
}

// The controller tells peers that its host takes part (7.8.115; allowed while there are no links).
#if CONFIG_BT_SUBRATING
static bool has_subrating(void)
{
    return hci_has_feature(BT_LE_FEAT_BIT_CONN_SUBRATING) && hci_has_command(44, 1);
}

static void put_subrating(struct wr *w)
{
    wr_u8(w, BT_LE_FEAT_BIT_CONN_SUBRATING_HOST_SUPP);
    wr_u8(w, 1);
}
#endif

static bool has_host_buffers_set(void)
{
    return hci_run.host_buffers_set;
}

static const struct row rows[] = {
    {BT_HCI_OP_RESET, true, NULL, got_reset, NULL},
    {BT_HCI_OP_READ_LOCAL_VERSION_INFO, true, NULL, got_version, NULL},
    {BT_HCI_OP_READ_SUPPORTED_COMMANDS, false, NULL, has_supported_commands, NULL},
    {BT_HCI_OP_READ_LOCAL_FEATURES, false, NULL, got_local_features, has_local_features},
    {BT_HCI_OP_READ_BD_ADDR, false, NULL, got_addr, has_addr},
    {BT_HCI_OP_LE_WRITE_LE_HOST_SUPP, false, put_le_host_support, NULL, is_dual_mode},
    {BT_HCI_OP_LE_READ_LOCAL_FEATURES, true, NULL, got_le_features, NULL},
    {BT_HCI_OP_LE_READ_BUFFER_SIZE, true, NULL, got_le_room, NULL},
    {BT_HCI_OP_READ_BUFFER_SIZE, true, NULL, got_shared_room, has_shared_room_only},
    {BT_HCI_OP_LE_READ_SUPP_STATES, false, NULL, got_states, has_states},
    {BT_HCI_OP_SET_EVENT_MASK, true, put_event_mask, NULL, NULL},
    {BT_HCI_OP_LE_SET_EVENT_MASK, true, put_le_event_mask, NULL, NULL},
    {BT_HCI_OP_LE_READ_MAX_DATA_LEN, false, NULL, got_max_data_len, has_max_data_len},
    {BT_HCI_OP_LE_WRITE_DEFAULT_DATA_LEN, false, put_data_len, NULL, has_default_data_len},
#if CONFIG_BT_SUBRATING
    {BT_HCI_OP_LE_SET_HOST_FEATURE, false, put_subrating, NULL, has_subrating},
#endif
    {BT_HCI_OP_HOST_BUFFER_SIZE, false, put_host_buffers, got_host_buffers, has_flow},
    {BT_HCI_OP_SET_CTL_TO_HOST_FLOW, false, put_flow, got_flow, has_host_buffers_set},
    // 8 octets each: enough for identities and keys at start; rand.c fills up the rest.
    {BT_HCI_OP_LE_RAND, false, NULL, got_rand, rand_wanted},
    {BT_HCI_OP_LE_RAND, false, NULL, got_rand, rand_wanted},
    {BT_HCI_OP_LE_RAND, false, NULL, got_rand, rand_wanted},
    {BT_HCI_OP_LE_RAND, false, NULL, got_rand, rand_wanted},
};

// Go on behind the current row.
static void advance(void)
{
    do {
        hci_run.script_row++;
    } while (hci_run.script_row < ARRAY_SIZE(rows) && rows[hci_run.script_row].when &&
             !rows[hci_run.script_row].when());
    if (hci_run.script_row == ARRAY_SIZE(rows)) {
        hci_run.script_on = false;
        acl_set_credits(hci_run.info.acl_count);
        log_inf("controller ready: HCI version %u, manufacturer 0x%04x, %u buffers of %u octets",
                hci_run.info.hci_version, hci_run.info.manufacturer, hci_run.info.acl_count,
                hci_run.info.acl_len);
        hci_life_up(0);
    }
}

static void row_done(void *arg, uint8_t status, struct rd *ret)
{
    hci_run.script_waits = false;
    if (!hci_run.script_on || status == HCI_STATUS_GONE) {
        return;
    }
    const struct row *row = &rows[hci_run.script_row];
    bool ok = !status && (!row->done || row->done(ret));
    if (!ok && row->must) {
        log_err("bring-up: command 0x%04x failed, status 0x%02x", row->opcode, status);
        hci_run.script_on = false;
        hci_life_up(-EIO);
        return;
    }
    if (row->opcode == BT_HCI_OP_RESET && !hci_life_reset_done()) {
        hci_run.script_on = false;
        return;
    }
    advance();
}

static bool bringup_next(struct hci_cmd *cmd, struct wr *params)
{
    if (!hci_run.script_on || hci_run.script_waits) {
        return false;
    }
    const struct row *row = &rows[hci_run.script_row];
    if (row->build) {
        row->build(params);
    }
    *cmd = (struct hci_cmd){row->opcode, row_done, NULL};
    hci_run.script_waits = true;
    return true;
}

const struct hci_source bringup_source = {"bring-up", bringup_next};

void bringup_begin(void)
{
    hci_run.info = (struct hci_info){0};
    hci_run.dual_mode = false;
    hci_run.host_buffers_set = false;
    hci_run.max_tx_octets = 0;
    hci_run.script_row = 0;
    hci_run.script_waits = false;
    hci_run.script_on = true;
    rand_start();
    hci_cmd_kick();
}

void bringup_stop(void)
{
    hci_run.script_on = false;
    hci_run.script_waits = false;
}
