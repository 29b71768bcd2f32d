// HCI status to errno, in one table (error codes: Vol 1, Part F). The values for answers to
// commands are those that Zephyr documents for bt_hci_cmd_send_sync().
#include <errno.h>

#include <zephyr/sys/util.h>

#include "hci/cmd.h"
#include "hci/hci.h"

static const struct {
    uint8_t status;
    uint8_t err;
} rows[] = {
    {BT_HCI_ERR_SUCCESS, 0},
    {BT_HCI_ERR_CMD_DISALLOWED, EACCES},
    {BT_HCI_ERR_INVALID_PARAM, EINVAL},
    {BT_HCI_ERR_UNSUPP_FEATURE_PARAM_VAL, EINVAL},
    {BT_HCI_ERR_UNKNOWN_CMD, EOPNOTSUPP},
    {BT_HCI_ERR_UNSUPP_REMOTE_FEATURE, EOPNOTSUPP},
    {BT_HCI_ERR_UNKNOWN_CONN_ID, ENOTCONN},
    {BT_HCI_ERR_MEM_CAPACITY_EXCEEDED, ENOMEM},
    {BT_HCI_ERR_INSUFFICIENT_RESOURCES, ENOMEM},
    {BT_HCI_ERR_CONN_LIMIT_EXCEEDED, ECONNREFUSED},
    {BT_HCI_ERR_CONN_ALREADY_EXISTS, EALREADY},
    {BT_HCI_ERR_CONTROLLER_BUSY, EBUSY},
    {HCI_STATUS_GONE, ENODEV},
};

int hci_errno(uint8_t status)
{
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        if (rows[i].status == status) {
            return -rows[i].err;
        }
    }
    return -EIO;
}
