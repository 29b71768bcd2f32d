// The table of HCI commands (Core Specification, Vol 4, Part E, 7) and its dispatcher.
//
// A row holds everything about a command: opcode, how it is answered, length of its parameters,
// its bit among the supported commands (6.27), the version that brought it, the LE feature it
// belongs to, its handler. A command that the controller's version or configuration lacks is
// unknown. Num_HCI_Command_Packets is always 1.
#include "commands.h"

#include <string.h>

#include "bytes.h"
#include "vendor.h"

enum answer {
    COMPLETE, // Command Complete
    HANDLE,   // ... whose parameters begin with the handle, on errors too
    STATUS,   // Command Status
    SILENT,   // nothing, unless it fails
};

#define ANY_LEN 0xff
#define NO_BIT  0xff
#define ALWAYS  0xff

struct command_row {
    uint16_t opcode;
    uint8_t answer;
    uint8_t len; // ANY_LEN: the handler looks
    uint8_t octet, bit;
    uint8_t level;
    uint8_t feature;
    command_fn fn;
};

#define OP(ogf, ocf) ((ogf) << 10 | (ocf))

static const struct command_row rows[] = {
    // Link control
    {OP(1, 0x006), STATUS, 3, 0, 5, 40, ALWAYS, cmd_disconnect},
    {OP(1, 0x01d), STATUS, 2, 2, 7, 40, ALWAYS, cmd_read_remote_version},
    // Controller and baseband
    {OP(3, 0x001), COMPLETE, 8, 5, 6, 40, ALWAYS, cmd_set_event_mask},
    {OP(3, 0x003), COMPLETE, 0, 5, 7, 40, ALWAYS, cmd_reset},
    {OP(3, 0x02d), HANDLE, 3, 10, 2, 40, ALWAYS, cmd_read_power},
    {OP(3, 0x031), COMPLETE, 1, 10, 5, 40, ALWAYS, cmd_set_host_flow},
    {OP(3, 0x033), COMPLETE, 7, 10, 6, 40, ALWAYS, cmd_host_buffer_size},
    {OP(3, 0x035), SILENT, ANY_LEN, 10, 7, 40, ALWAYS, cmd_host_completed},
    {OP(3, 0x063), COMPLETE, 8, 22, 2, 40, ALWAYS, cmd_set_event_mask_page_2},
    // Informational
    {OP(4, 0x001), COMPLETE, 0, 14, 3, 40, ALWAYS, cmd_read_version},
    {OP(4, 0x002), COMPLETE, 0, 14, 4, 40, ALWAYS, cmd_read_commands},
    {OP(4, 0x003), COMPLETE, 0, 14, 5, 40, ALWAYS, cmd_read_features},
    {OP(4, 0x005), COMPLETE, 0, 14, 7, 40, ALWAYS, cmd_read_buffer_size},
    {OP(4, 0x009), COMPLETE, 0, 15, 1, 40, ALWAYS, cmd_read_bd_addr},
    {OP(5, 0x005), HANDLE, 2, 15, 5, 40, ALWAYS, cmd_read_rssi},
    // LE
    {OP(8, 0x001), COMPLETE, 8, 25, 0, 40, ALWAYS, cmd_le_set_event_mask},
    {OP(8, 0x002), COMPLETE, 0, 25, 1, 40, ALWAYS, cmd_le_read_buffer_size},
    {OP(8, 0x003), COMPLETE, 0, 25, 2, 40, ALWAYS, cmd_le_read_features},
    {OP(8, 0x005), COMPLETE, 6, 25, 4, 40, ALWAYS, cmd_set_random_address},
    {OP(8, 0x006), COMPLETE, 15, 25, 5, 40, ALWAYS, cmd_set_adv_params},
    {OP(8, 0x007), COMPLETE, 0, 25, 6, 40, ALWAYS, cmd_read_adv_power},
    {OP(8, 0x008), COMPLETE, 32, 25, 7, 40, ALWAYS, cmd_set_adv_data},
    {OP(8, 0x009), COMPLETE, 32, 26, 0, 40, ALWAYS, cmd_set_scan_rsp},
    {OP(8, 0x00a), COMPLETE, 1, 26, 1, 40, ALWAYS, cmd_set_adv_enable},
    {OP(8, 0x00b), COMPLETE, 7, 26, 2, 40, ALWAYS, cmd_set_scan_params},
    {OP(8, 0x00c), COMPLETE, 2, 26, 3, 40, ALWAYS, cmd_set_scan_enable},
    {OP(8, 0x00d), STATUS, 25, 26, 4, 40, ALWAYS, cmd_create_connection},
    {OP(8, 0x00e), COMPLETE, 0, 26, 5, 40, ALWAYS, cmd_create_cancel},
    {OP(8, 0x00f), COMPLETE, 0, 26, 6, 40, ALWAYS, cmd_read_accept_size},
    {OP(8, 0x010), COMPLETE, 0, 26, 7, 40, ALWAYS, cmd_clear_accept},
    {OP(8, 0x011), COMPLETE, 7, 27, 0, 40, ALWAYS, cmd_add_accept},
    {OP(8, 0x012), COMPLETE, 7, 27, 1, 40, ALWAYS, cmd_remove_accept},
    {OP(8, 0x013), STATUS, 14, 27, 2, 40, ALWAYS, cmd_connection_update},
    {OP(8, 0x014), COMPLETE, 5, 27, 3, 40, ALWAYS, cmd_set_channels},
    {OP(8, 0x015), HANDLE, 2, 27, 4, 40, ALWAYS, cmd_read_channels},
    {OP(8, 0x016), STATUS, 2, 27, 5, 40, ALWAYS, cmd_read_remote_features},
    {OP(8, 0x017), COMPLETE, 32, 27, 6, 40, ALWAYS, cmd_le_encrypt},
    {OP(8, 0x018), COMPLETE, 0, 27, 7, 40, ALWAYS, cmd_le_rand},
    {OP(8, 0x019), STATUS, 28, 28, 0, 40, FEAT_ENCRYPTION, cmd_start_encryption},
    {OP(8, 0x01a), HANDLE, 18, 28, 1, 40, FEAT_ENCRYPTION, cmd_ltk_reply},
    {OP(8, 0x01b), HANDLE, 2, 28, 2, 40, FEAT_ENCRYPTION, cmd_ltk_negative},
    {OP(8, 0x01c), COMPLETE, 0, 28, 3, 40, ALWAYS, cmd_le_read_states},
    {OP(8, 0x020), HANDLE, 14, 33, 4, 41, FEAT_CONN_PARAM_REQ, cmd_param_reply},
    {OP(8, 0x021), HANDLE, 3, 33, 5, 41, FEAT_CONN_PARAM_REQ, cmd_param_negative},
    {OP(8, 0x022), HANDLE, 6, 33, 6, 42, FEAT_DATA_LENGTH, cmd_set_data_length},
    {OP(8, 0x023), COMPLETE, 0, 33, 7, 42, FEAT_DATA_LENGTH, cmd_read_default_length},
    {OP(8, 0x024), COMPLETE, 4, 34, 0, 42, FEAT_DATA_LENGTH, cmd_write_default_length},
    {OP(8, 0x025), STATUS, 0, 34, 1, 42, ALWAYS, cmd_read_p256},
    {OP(8, 0x026), STATUS, 64, 34, 2, 42, ALWAYS, cmd_generate_dhkey},
    {OP(8, 0x05e), STATUS, 65, 41, 2, 51, ALWAYS, cmd_generate_dhkey_v2},
    {OP(8, 0x027), COMPLETE, 39, 34, 3, 42, FEAT_PRIVACY, cmd_add_resolving},
    {OP(8, 0x028), COMPLETE, 7, 34, 4, 42, FEAT_PRIVACY, cmd_remove_resolving},
    {OP(8, 0x029), COMPLETE, 0, 34, 5, 42, FEAT_PRIVACY, cmd_clear_resolving},
    {OP(8, 0x02a), COMPLETE, 0, 34, 6, 42, FEAT_PRIVACY, cmd_read_resolving_size},
    {OP(8, 0x02b), COMPLETE, 7, 34, 7, 42, FEAT_PRIVACY, cmd_read_peer_rpa},
    {OP(8, 0x02c), COMPLETE, 7, 35, 0, 42, FEAT_PRIVACY, cmd_read_local_rpa},
    {OP(8, 0x02d), COMPLETE, 1, 35, 1, 42, FEAT_PRIVACY, cmd_set_resolution},
    {OP(8, 0x02e), COMPLETE, 2, 35, 2, 42, FEAT_PRIVACY, cmd_set_rpa_timeout},
    {OP(8, 0x04e), COMPLETE, 8, 39, 2, 50, FEAT_PRIVACY, cmd_set_privacy_mode},
    {OP(8, 0x02f), COMPLETE, 0, 35, 3, 42, FEAT_DATA_LENGTH, cmd_read_max_length},
    {OP(8, 0x030), HANDLE, 2, 35, 4, 50, FEAT_PHY_2M, cmd_read_phy},
    {OP(8, 0x031), COMPLETE, 3, 35, 5, 50, FEAT_PHY_2M, cmd_set_default_phy},
    {OP(8, 0x032), STATUS, 7, 35, 6, 50, FEAT_PHY_2M, cmd_set_phy},
    {OP(8, 0x035), COMPLETE, 7, 36, 1, 50, FEAT_EXT_ADV, cmd_set_set_address},
    {OP(8, 0x036), COMPLETE, 25, 36, 2, 50, FEAT_EXT_ADV, cmd_set_ext_adv_params},
    {OP(8, 0x037), COMPLETE, ANY_LEN, 36, 3, 50, FEAT_EXT_ADV, cmd_set_ext_adv_data},
    {OP(8, 0x038), COMPLETE, ANY_LEN, 36, 4, 50, FEAT_EXT_ADV, cmd_set_ext_scan_rsp},
    {OP(8, 0x039), COMPLETE, ANY_LEN, 36, 5, 50, FEAT_EXT_ADV, cmd_set_ext_adv_enable},
    {OP(8, 0x03a), COMPLETE, 0, 36, 6, 50, FEAT_EXT_ADV, cmd_read_max_adv_data},
    {OP(8, 0x03b), COMPLETE, 0, 36, 7, 50, FEAT_EXT_ADV, cmd_read_set_count},
    {OP(8, 0x03c), COMPLETE, 1, 37, 0, 50, FEAT_EXT_ADV, cmd_remove_set},
    {OP(8, 0x03d), COMPLETE, 0, 37, 1, 50, FEAT_EXT_ADV, cmd_clear_sets},
    {OP(8, 0x03e), COMPLETE, 7, 37, 2, 50, FEAT_PER_ADV, cmd_set_per_params},
    {OP(8, 0x03f), COMPLETE, ANY_LEN, 37, 3, 50, FEAT_PER_ADV, cmd_set_per_data},
    {OP(8, 0x040), COMPLETE, 2, 37, 4, 50, FEAT_PER_ADV, cmd_set_per_enable},
    {OP(8, 0x041), COMPLETE, ANY_LEN, 37, 5, 50, FEAT_EXT_ADV, cmd_set_ext_scan_params},
    {OP(8, 0x042), COMPLETE, 6, 37, 6, 50, FEAT_EXT_ADV, cmd_set_ext_scan_enable},
    {OP(8, 0x043), STATUS, ANY_LEN, 37, 7, 50, FEAT_EXT_ADV, cmd_ext_create_connection},
    {OP(8, 0x044), STATUS, 14, 38, 0, 50, FEAT_PER_ADV, cmd_create_sync},
    {OP(8, 0x045), COMPLETE, 0, 38, 1, 50, FEAT_PER_ADV, cmd_create_sync_cancel},
    {OP(8, 0x046), COMPLETE, 2, 38, 2, 50, FEAT_PER_ADV, cmd_terminate_sync},
    {OP(8, 0x047), COMPLETE, 8, 38, 3, 50, FEAT_PER_ADV, cmd_add_per},
    {OP(8, 0x048), COMPLETE, 8, 38, 4, 50, FEAT_PER_ADV, cmd_remove_per},
    {OP(8, 0x049), COMPLETE, 0, 38, 5, 50, FEAT_PER_ADV, cmd_clear_per},
    {OP(8, 0x04a), COMPLETE, 0, 38, 6, 50, FEAT_PER_ADV, cmd_read_per_size},
    {OP(8, 0x059), COMPLETE, 3, 40, 5, 51, FEAT_PER_ADV, cmd_set_per_receive},
    {OP(8, 0x05a), HANDLE, 6, 40, 6, 51, FEAT_PAST_SENDER, cmd_transfer_sync},
    {OP(8, 0x05b), HANDLE, 5, 40, 7, 51, FEAT_PAST_SENDER, cmd_transfer_set},
    {OP(8, 0x05c), HANDLE, 8, 41, 0, 51, FEAT_PAST_RECIPIENT, cmd_set_transfer_params},
    {OP(8, 0x05d), COMPLETE, 6, 41, 1, 51, FEAT_PAST_RECIPIENT, cmd_set_default_transfer_params},
    {OP(8, 0x074), COMPLETE, 2, 44, 1, 53, FEAT_SUBRATING, cmd_set_host_feature},
    {OP(8, 0x07d), COMPLETE, 10, 46, 0, 53, FEAT_SUBRATING, cmd_set_default_subrate},
    {OP(8, 0x07e), STATUS, 12, 46, 1, 53, FEAT_SUBRATING, cmd_subrate_request},
    {OP(8, 0x060), COMPLETE, 0, 41, 5, 52, ALWAYS, cmd_le_read_buffer_size_v2},
    // Vendor (vendor.h)
    {AIR_VENDOR_READ_STATIC_ADDRESSES, COMPLETE, 0, NO_BIT, 0, 40, ALWAYS,
     cmd_read_static_addresses},
    {AIR_VENDOR_SET_NAME, COMPLETE, ANY_LEN, NO_BIT, 0, 40, ALWAYS, cmd_set_name},
    {AIR_VENDOR_SET_RADIO, COMPLETE, 8, NO_BIT, 0, 40, ALWAYS, cmd_set_radio},
};

static bool available(const struct air_controller *controller, const struct command_row *row)
{
    if (row->level > controller_level(controller) ||
        (row->feature != ALWAYS && !controller_has(controller, row->feature))) {
        return false;
    }
    for (size_t i = 0; i < controller->config.without_commands_len; i++) {
        if (controller->config.without_commands[i] == row->opcode) {
            return false;
        }
    }
    return true;
}

static const struct command_row *row_find(const struct air_controller *controller, uint16_t opcode)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].opcode == opcode) {
            return available(controller, &rows[i]) ? &rows[i] : NULL;
        }
    }
    return NULL;
}

void hci_supported_commands(const struct air_controller *controller, uint8_t octets[64])
{
    memset(octets, 0, 64);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].octet != NO_BIT && available(controller, &rows[i])) {
            octets[rows[i].octet] |= (uint8_t)(1u << rows[i].bit);
        }
    }
}

uint8_t *rsp_add(struct call *call, size_t len)
{
    uint8_t *at = call->rsp + call->rsp_len;
    memset(at, 0, len);
    call->rsp_len = (uint8_t)(call->rsp_len + len);
    return at;
}

static void answer_status(struct air_controller *controller, uint16_t opcode, uint8_t status)
{
    uint8_t params[4] = {status, 1};
    put16(params + 2, opcode);
    hci_event(controller, controller->air->now, EVT_COMMAND_STATUS, params, sizeof(params));
}

// Vol 4, Part E, 3.1.1: which of the two families a command belongs to.
static enum adv_style style_of(uint16_t opcode)
{
    if (opcode >= OP(8, 0x006) && opcode <= OP(8, 0x00d)) {
        return STYLE_LEGACY;
    }
    return opcode >= OP(8, 0x035) && opcode <= OP(8, 0x043) ? STYLE_EXTENDED : STYLE_OPEN;
}

// False: the host has used the other family before.
static bool style_fits(struct air_controller *controller, uint16_t opcode)
{
    enum adv_style style = style_of(opcode);
    if (style == STYLE_OPEN) {
        return true;
    }
    if (controller->style == STYLE_OPEN) {
        controller->style = style;
    }
    return controller->style == style;
}

void hci_command(struct air_controller *controller, const uint8_t *packet, size_t len)
{
    uint16_t opcode = get16(packet + 1);
    if (!opcode) {
        return; // NOP is not a command of the host
    }
    const struct command_row *row = row_find(controller, opcode);
    if (!row) {
        answer_status(controller, opcode, HCI_UNKNOWN_COMMAND);
        return;
    }
    uint8_t event[255] = {1};
    put16(event + 1, opcode);
    struct call call = {.p = packet + 4, .len = packet[3], .rsp = event + 4};
    uint8_t status = HCI_INVALID_PARAMETERS;
    if (!style_fits(controller, opcode)) {
        status = HCI_COMMAND_DISALLOWED;
    } else if (row->len == ANY_LEN || row->len == call.len) {
        controller->in_command = true;
        status = row->fn(controller, &call);
        controller->in_command = false;
    }
    if (row->answer == STATUS) {
        answer_status(controller, opcode, status);
    } else if (row->answer != SILENT || status) {
        if (status && row->answer == HANDLE && call.len >= 2) {
            call.rsp_len = 2;
            memcpy(call.rsp, call.p, 2);
        } else if (status) {
            call.rsp_len = 0;
        }
        event[3] = status;
        hci_event(controller, controller->air->now, EVT_COMMAND_COMPLETE, event,
                  (uint8_t)(4 + call.rsp_len));
    }
}
