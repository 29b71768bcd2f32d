// Words for HCI error codes and versions, for logs (Vol 1, Part F, 1.3; Assigned Numbers, 2.1).
#include <zephyr/bluetooth/hci.h>
#include <zephyr/sys/util.h>

const char *bt_hci_get_ver_str(uint8_t core_version)
{
    static const char versions[][5] = {"1.0b", "1.1", "1.2", "2.0", "2.1", "3.0", "4.0", "4.1",
                                       "4.2",  "5.0", "5.1", "5.2", "5.3", "5.4", "6.0"};
    return core_version < ARRAY_SIZE(versions) ? versions[core_version] : "unknown";
}

#if CONFIG_BT_HCI_ERR_TO_STR
const char *bt_hci_err_to_str(uint8_t hci_err)
{
    static const struct {
        uint8_t code;
        const char *text;
    } rows[] = {
        {BT_HCI_ERR_SUCCESS, "success"},
        {BT_HCI_ERR_UNKNOWN_CMD, "unknown HCI command"},
        {BT_HCI_ERR_UNKNOWN_CONN_ID, "unknown connection identifier"},
        {BT_HCI_ERR_HW_FAILURE, "hardware failure"},
        {BT_HCI_ERR_AUTH_FAIL, "authentication failure"},
        {BT_HCI_ERR_PIN_OR_KEY_MISSING, "PIN or key missing"},
        {BT_HCI_ERR_MEM_CAPACITY_EXCEEDED, "memory capacity exceeded"},
        {BT_HCI_ERR_CONN_TIMEOUT, "connection timeout"},
        {BT_HCI_ERR_CONN_LIMIT_EXCEEDED, "connection limit exceeded"},
        {BT_HCI_ERR_CONN_ALREADY_EXISTS, "connection already exists"},
        {BT_HCI_ERR_CMD_DISALLOWED, "command disallowed"},
        {BT_HCI_ERR_INSUFFICIENT_RESOURCES, "limited resources"},
        {BT_HCI_ERR_INSUFFICIENT_SECURITY, "rejected for security reasons"},
        {BT_HCI_ERR_UNSUPP_FEATURE_PARAM_VAL, "unsupported feature or parameter value"},
        {BT_HCI_ERR_INVALID_PARAM, "invalid command parameters"},
        {BT_HCI_ERR_REMOTE_USER_TERM_CONN, "remote user terminated connection"},
        {BT_HCI_ERR_REMOTE_LOW_RESOURCES, "remote device low on resources"},
        {BT_HCI_ERR_REMOTE_POWER_OFF, "remote device powers off"},
        {BT_HCI_ERR_LOCALHOST_TERM_CONN, "terminated by local host"},
        {BT_HCI_ERR_REPEATED_ATTEMPTS, "repeated attempts"},
        {BT_HCI_ERR_PAIRING_NOT_ALLOWED, "pairing not allowed"},
        {BT_HCI_ERR_UNSUPP_REMOTE_FEATURE, "unsupported remote feature"},
        {BT_HCI_ERR_INVALID_LL_PARAM, "invalid link layer parameters"},
        {BT_HCI_ERR_UNSPECIFIED, "unspecified error"},
        {BT_HCI_ERR_UNSUPP_LL_PARAM_VAL, "unsupported link layer parameter value"},
        {BT_HCI_ERR_LL_RESP_TIMEOUT, "link layer response timeout"},
        {BT_HCI_ERR_LL_PROC_COLLISION, "link layer procedure collision"},
        {BT_HCI_ERR_ENC_MODE_NOT_ACCEPTABLE, "encryption mode not acceptable"},
        {BT_HCI_ERR_INSTANT_PASSED, "instant passed"},
        {BT_HCI_ERR_PAIRING_NOT_SUPPORTED, "pairing with unit key not supported"},
        {BT_HCI_ERR_DIFF_TRANS_COLLISION, "different transaction collision"},
        {BT_HCI_ERR_PARAM_OUT_OF_MANDATORY_RANGE, "parameter out of mandatory range"},
        {BT_HCI_ERR_CONTROLLER_BUSY, "controller busy"},
        {BT_HCI_ERR_UNACCEPT_CONN_PARAM, "unacceptable connection parameters"},
        {BT_HCI_ERR_ADV_TIMEOUT, "advertising timeout"},
        {BT_HCI_ERR_TERM_DUE_TO_MIC_FAIL, "terminated, MIC failure"},
        {BT_HCI_ERR_CONN_FAIL_TO_ESTAB, "connection failed to be established"},
        {BT_HCI_ERR_UNKNOWN_ADV_IDENTIFIER, "unknown advertising identifier"},
        {BT_HCI_ERR_LIMIT_REACHED, "limit reached"},
        {BT_HCI_ERR_OP_CANCELLED_BY_HOST, "cancelled by host"},
        {BT_HCI_ERR_PACKET_TOO_LONG, "packet too long"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        if (rows[i].code == hci_err) {
            return rows[i].text;
        }
    }
    return "unknown";
}
#endif
