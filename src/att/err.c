// The names of ATT error codes, where the build wants them.
#include <stddef.h>

#include <zephyr/bluetooth/att.h>

#if CONFIG_BT_ATT_ERR_TO_STR

#define NAME(code) [BT_ATT_ERR_##code] = "BT_ATT_ERR_" #code

static const char *const names[] = {
    NAME(SUCCESS),
    NAME(INVALID_HANDLE),
    NAME(READ_NOT_PERMITTED),
    NAME(WRITE_NOT_PERMITTED),
    NAME(INVALID_PDU),
    NAME(AUTHENTICATION),
    NAME(NOT_SUPPORTED),
    NAME(INVALID_OFFSET),
    NAME(AUTHORIZATION),
    NAME(PREPARE_QUEUE_FULL),
    NAME(ATTRIBUTE_NOT_FOUND),
    NAME(ATTRIBUTE_NOT_LONG),
    NAME(ENCRYPTION_KEY_SIZE),
    NAME(INVALID_ATTRIBUTE_LEN),
    NAME(UNLIKELY),
    NAME(INSUFFICIENT_ENCRYPTION),
    NAME(UNSUPPORTED_GROUP_TYPE),
    NAME(INSUFFICIENT_RESOURCES),
    NAME(DB_OUT_OF_SYNC),
    NAME(VALUE_NOT_ALLOWED),
};

// 0xfc on: common profile and service errors.
static const char *const common[] = {
    "BT_ATT_ERR_WRITE_REQ_REJECTED",
    "BT_ATT_ERR_CCC_IMPROPER_CONF",
    "BT_ATT_ERR_PROCEDURE_IN_PROGRESS",
    "BT_ATT_ERR_OUT_OF_RANGE",
};

const char *bt_att_err_to_str(uint8_t att_err)
{
    if (att_err < sizeof(names) / sizeof(names[0])) {
        return names[att_err];
    }
    return att_err >= BT_ATT_ERR_WRITE_REQ_REJECTED
               ? common[att_err - BT_ATT_ERR_WRITE_REQ_REJECTED]
               : "(unknown)";
}
#endif
