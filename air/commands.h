// HCI commands: a call and the handlers that the table in commands.c names.
//
// A handler returns the status. It writes its return parameters behind the status into `rsp`;
// they are sent if the status is success, or always if the row says so (`handle first`).
#ifndef BREEZE_AIR_COMMANDS_H_
#define BREEZE_AIR_COMMANDS_H_

#include "controller.h"
#include "link.h"

struct call {
    const uint8_t *p; // parameters; their length has been checked against the row
    uint8_t len;
    uint8_t *rsp;
    uint8_t rsp_len;
};

typedef uint8_t (*command_fn)(struct air_controller *controller, struct call *call);

// cmd_base.c
uint8_t cmd_reset(struct air_controller *, struct call *);
uint8_t cmd_set_event_mask(struct air_controller *, struct call *);
uint8_t cmd_set_event_mask_page_2(struct air_controller *, struct call *);
uint8_t cmd_set_host_flow(struct air_controller *, struct call *);
uint8_t cmd_host_buffer_size(struct air_controller *, struct call *);
uint8_t cmd_host_completed(struct air_controller *, struct call *);
uint8_t cmd_read_version(struct air_controller *, struct call *);
uint8_t cmd_read_commands(struct air_controller *, struct call *);
uint8_t cmd_read_features(struct air_controller *, struct call *);
uint8_t cmd_read_buffer_size(struct air_controller *, struct call *);
uint8_t cmd_read_bd_addr(struct air_controller *, struct call *);
uint8_t cmd_le_set_event_mask(struct air_controller *, struct call *);
uint8_t cmd_le_read_buffer_size(struct air_controller *, struct call *);
uint8_t cmd_le_read_buffer_size_v2(struct air_controller *, struct call *);
uint8_t cmd_le_read_features(struct air_controller *, struct call *);
uint8_t cmd_le_read_states(struct air_controller *, struct call *);
uint8_t cmd_le_encrypt(struct air_controller *, struct call *);
uint8_t cmd_le_rand(struct air_controller *, struct call *);

// cmd_gap.c
uint8_t cmd_set_random_address(struct air_controller *, struct call *);
uint8_t cmd_set_adv_params(struct air_controller *, struct call *);
uint8_t cmd_read_adv_power(struct air_controller *, struct call *);
uint8_t cmd_set_adv_data(struct air_controller *, struct call *);
uint8_t cmd_set_scan_rsp(struct air_controller *, struct call *);
uint8_t cmd_set_adv_enable(struct air_controller *, struct call *);
uint8_t cmd_set_scan_params(struct air_controller *, struct call *);
uint8_t cmd_set_scan_enable(struct air_controller *, struct call *);
uint8_t cmd_create_connection(struct air_controller *, struct call *);
uint8_t cmd_create_cancel(struct air_controller *, struct call *);
uint8_t cmd_read_accept_size(struct air_controller *, struct call *);
uint8_t cmd_clear_accept(struct air_controller *, struct call *);
uint8_t cmd_add_accept(struct air_controller *, struct call *);
uint8_t cmd_remove_accept(struct air_controller *, struct call *);

// cmd_ext.c
uint8_t cmd_set_set_address(struct air_controller *, struct call *);
uint8_t cmd_set_ext_adv_params(struct air_controller *, struct call *);
uint8_t cmd_set_ext_adv_data(struct air_controller *, struct call *);
uint8_t cmd_set_ext_scan_rsp(struct air_controller *, struct call *);
uint8_t cmd_set_ext_adv_enable(struct air_controller *, struct call *);
uint8_t cmd_read_max_adv_data(struct air_controller *, struct call *);
uint8_t cmd_read_set_count(struct air_controller *, struct call *);
uint8_t cmd_remove_set(struct air_controller *, struct call *);
uint8_t cmd_clear_sets(struct air_controller *, struct call *);
uint8_t cmd_set_ext_scan_params(struct air_controller *, struct call *);
uint8_t cmd_set_ext_scan_enable(struct air_controller *, struct call *);
uint8_t cmd_ext_create_connection(struct air_controller *, struct call *);

// cmd_per.c
uint8_t cmd_set_per_params(struct air_controller *, struct call *);
uint8_t cmd_set_per_data(struct air_controller *, struct call *);
uint8_t cmd_set_per_enable(struct air_controller *, struct call *);
uint8_t cmd_create_sync(struct air_controller *, struct call *);
uint8_t cmd_create_sync_cancel(struct air_controller *, struct call *);
uint8_t cmd_terminate_sync(struct air_controller *, struct call *);
uint8_t cmd_add_per(struct air_controller *, struct call *);
uint8_t cmd_remove_per(struct air_controller *, struct call *);
uint8_t cmd_clear_per(struct air_controller *, struct call *);
uint8_t cmd_read_per_size(struct air_controller *, struct call *);
uint8_t cmd_set_per_receive(struct air_controller *, struct call *);
uint8_t cmd_transfer_sync(struct air_controller *, struct call *);
uint8_t cmd_transfer_set(struct air_controller *, struct call *);
uint8_t cmd_set_transfer_params(struct air_controller *, struct call *);
uint8_t cmd_set_default_transfer_params(struct air_controller *, struct call *);

// cmd_link.c
uint8_t cmd_disconnect(struct air_controller *, struct call *);
uint8_t cmd_read_remote_version(struct air_controller *, struct call *);
uint8_t cmd_read_power(struct air_controller *, struct call *);
uint8_t cmd_read_rssi(struct air_controller *, struct call *);
uint8_t cmd_connection_update(struct air_controller *, struct call *);
uint8_t cmd_set_channels(struct air_controller *, struct call *);
uint8_t cmd_read_channels(struct air_controller *, struct call *);
uint8_t cmd_read_remote_features(struct air_controller *, struct call *);
uint8_t cmd_start_encryption(struct air_controller *, struct call *);
uint8_t cmd_ltk_reply(struct air_controller *, struct call *);
uint8_t cmd_ltk_negative(struct air_controller *, struct call *);
uint8_t cmd_param_reply(struct air_controller *, struct call *);
uint8_t cmd_param_negative(struct air_controller *, struct call *);
uint8_t cmd_set_data_length(struct air_controller *, struct call *);
uint8_t cmd_read_default_length(struct air_controller *, struct call *);
uint8_t cmd_write_default_length(struct air_controller *, struct call *);
uint8_t cmd_read_max_length(struct air_controller *, struct call *);
uint8_t cmd_read_phy(struct air_controller *, struct call *);
uint8_t cmd_set_default_phy(struct air_controller *, struct call *);
uint8_t cmd_set_phy(struct air_controller *, struct call *);

// privacy.c
uint8_t cmd_add_resolving(struct air_controller *, struct call *);
uint8_t cmd_remove_resolving(struct air_controller *, struct call *);
uint8_t cmd_clear_resolving(struct air_controller *, struct call *);
uint8_t cmd_read_resolving_size(struct air_controller *, struct call *);
uint8_t cmd_read_peer_rpa(struct air_controller *, struct call *);
uint8_t cmd_read_local_rpa(struct air_controller *, struct call *);
uint8_t cmd_set_resolution(struct air_controller *, struct call *);
uint8_t cmd_set_rpa_timeout(struct air_controller *, struct call *);
uint8_t cmd_set_privacy_mode(struct air_controller *, struct call *);

// p256.c
uint8_t cmd_read_p256(struct air_controller *, struct call *);
uint8_t cmd_generate_dhkey(struct air_controller *, struct call *);
uint8_t cmd_generate_dhkey_v2(struct air_controller *, struct call *);

// subrate.c
uint8_t cmd_set_host_feature(struct air_controller *, struct call *);
uint8_t cmd_set_default_subrate(struct air_controller *, struct call *);
uint8_t cmd_subrate_request(struct air_controller *, struct call *);

// cmd_vendor.c
uint8_t cmd_read_static_addresses(struct air_controller *, struct call *);
uint8_t cmd_set_name(struct air_controller *, struct call *);
uint8_t cmd_set_radio(struct air_controller *, struct call *);

// Helpers
uint8_t *rsp_add(struct call *call, size_t len); // room for return parameters, zeroed
bool between(unsigned int v, unsigned int low, unsigned int high);
// Whether a connection may be created now: a status. `listed`: to any device on the accept list.
uint8_t initiator_state(const struct air_controller *controller, bool listed,
                        const struct le_addr *peer);
bool connection_params_legal(const struct conn_params *params);

#endif // BREEZE_AIR_COMMANDS_H_
