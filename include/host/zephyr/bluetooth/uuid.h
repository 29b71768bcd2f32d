// UUIDs: three sizes of one number space (Vol 3, Part B, 2.5.1), and the assigned numbers that this
// host and ordinary profiles use (Assigned Numbers, 3).
//
// A struct bt_uuid is only the head of one of the three sizes; `type` says which. Octets of the
// 128-bit form are in the order of the air, least significant first.
#ifndef ZEPHYR_INCLUDE_BLUETOOTH_UUID_H_
#define ZEPHYR_INCLUDE_BLUETOOTH_UUID_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zephyr/sys/util.h>

#ifdef __cplusplus
extern "C" {
#endif

// Values of bt_uuid.type.
enum {
    BT_UUID_TYPE_16,
    BT_UUID_TYPE_32,
    BT_UUID_TYPE_128,
};

// Octets of each size on the air.
#define BT_UUID_SIZE_16  2
#define BT_UUID_SIZE_32  4
#define BT_UUID_SIZE_128 16

struct bt_uuid {
    uint8_t type; // BT_UUID_TYPE_*
};

struct bt_uuid_16 {
    struct bt_uuid uuid;
    uint16_t val;
};

struct bt_uuid_32 {
    struct bt_uuid uuid;
    uint32_t val;
};

struct bt_uuid_128 {
    struct bt_uuid uuid;
    uint8_t val[BT_UUID_SIZE_128]; // Least significant octet first.
};

// Any UUID, for memory that must hold whichever size arrives.
struct bt_uuid_any {
    union {
        struct bt_uuid uuid;
        struct bt_uuid_16 u16;
        struct bt_uuid_32 u32;
        struct bt_uuid_128 u128;
    };
};

// Initialisers for the three structs. BT_UUID_INIT_128 takes 16 octets, or BT_UUID_128_ENCODE(...).
#define BT_UUID_INIT_16(value)                                                                     \
    {                                                                                              \
        .uuid = {BT_UUID_TYPE_16}, .val = (value)                                                  \
    }
#define BT_UUID_INIT_32(value)                                                                     \
    {                                                                                              \
        .uuid = {BT_UUID_TYPE_32}, .val = (value)                                                  \
    }
#define BT_UUID_INIT_128(...)                                                                      \
    {                                                                                              \
        .uuid = {BT_UUID_TYPE_128}, .val = { __VA_ARGS__ }                                         \
    }

// A pointer to a constant UUID, usable as initialiser and as argument.
#define BT_UUID_DECLARE_16(value)                                                                  \
    ((const struct bt_uuid *)((const struct bt_uuid_16[]){BT_UUID_INIT_16(value)}))
#define BT_UUID_DECLARE_32(value)                                                                  \
    ((const struct bt_uuid *)((const struct bt_uuid_32[]){BT_UUID_INIT_32(value)}))
#define BT_UUID_DECLARE_128(...)                                                                   \
    ((const struct bt_uuid *)((const struct bt_uuid_128[]){BT_UUID_INIT_128(__VA_ARGS__)}))

// From the head to the whole; the caller has looked at `type`.
#define BT_UUID_16(ptr)  CONTAINER_OF(ptr, struct bt_uuid_16, uuid)
#define BT_UUID_32(ptr)  CONTAINER_OF(ptr, struct bt_uuid_32, uuid)
#define BT_UUID_128(ptr) CONTAINER_OF(ptr, struct bt_uuid_128, uuid)

// The 16 octets of a UUID from its five written groups: 6e400001-b5a3-f393-e0a9-e50e24dcca9e is
// BT_UUID_128_ENCODE(0x6e400001, 0xb5a3, 0xf393, 0xe0a9, 0xe50e24dcca9e).
#define BT_UUID_128_ENCODE(w32, w1, w2, w3, w48)                                                   \
    (((w48) >> 0) & 0xFF), (((w48) >> 8) & 0xFF), (((w48) >> 16) & 0xFF), (((w48) >> 24) & 0xFF),  \
        (((w48) >> 32) & 0xFF), (((w48) >> 40) & 0xFF), (((w3) >> 0) & 0xFF),                      \
        (((w3) >> 8) & 0xFF), (((w2) >> 0) & 0xFF), (((w2) >> 8) & 0xFF), (((w1) >> 0) & 0xFF),    \
        (((w1) >> 8) & 0xFF), (((w32) >> 0) & 0xFF), (((w32) >> 8) & 0xFF),                        \
        (((w32) >> 16) & 0xFF), (((w32) >> 24) & 0xFF)

// Octets of one 16-bit UUID for advertising data, from a *_VAL number.
#define BT_UUID_16_ENCODE(w16) (((w16) >> 0) & 0xFF), (((w16) >> 8) & 0xFF)
#define BT_UUID_32_ENCODE(w32)                                                                     \
    (((w32) >> 0) & 0xFF), (((w32) >> 8) & 0xFF), (((w32) >> 16) & 0xFF), (((w32) >> 24) & 0xFF)

// Room for the longest text of bt_uuid_to_str(), terminator included.
#define BT_UUID_STR_LEN 37

// Compare two UUIDs of any size: 0 if they are the same number (sizes are widened with the
// Bluetooth Base UUID, Vol 3, Part B, 2.5.1), otherwise negative or positive as the numbers order.
int bt_uuid_cmp(const struct bt_uuid *u1, const struct bt_uuid *u2);

// Fill `uuid` (a struct bt_uuid_any, or one large enough) from `data_len` octets of the air: 2, 4
// or 16. False for any other length; nothing is written then.
bool bt_uuid_create(struct bt_uuid *uuid, const uint8_t *data, uint8_t data_len);

// Write the UUID as text: 4 or 8 hexadecimal digits, or the grouped 128-bit form. Cut to `len`,
// always terminated when len > 0.
void bt_uuid_to_str(const struct bt_uuid *uuid, char *str, size_t len);

// ---- Declarations and descriptors of the Attribute Protocol database (Assigned Numbers, 3.6, 3.7)

#define BT_UUID_GATT_PRIMARY_VAL       0x2800
#define BT_UUID_GATT_PRIMARY           BT_UUID_DECLARE_16(BT_UUID_GATT_PRIMARY_VAL)
#define BT_UUID_GATT_SECONDARY_VAL     0x2801
#define BT_UUID_GATT_SECONDARY         BT_UUID_DECLARE_16(BT_UUID_GATT_SECONDARY_VAL)
#define BT_UUID_GATT_INCLUDE_VAL       0x2802
#define BT_UUID_GATT_INCLUDE           BT_UUID_DECLARE_16(BT_UUID_GATT_INCLUDE_VAL)
#define BT_UUID_GATT_CHRC_VAL          0x2803
#define BT_UUID_GATT_CHRC              BT_UUID_DECLARE_16(BT_UUID_GATT_CHRC_VAL)
#define BT_UUID_GATT_CEP_VAL           0x2900
#define BT_UUID_GATT_CEP               BT_UUID_DECLARE_16(BT_UUID_GATT_CEP_VAL)
#define BT_UUID_GATT_CUD_VAL           0x2901
#define BT_UUID_GATT_CUD               BT_UUID_DECLARE_16(BT_UUID_GATT_CUD_VAL)
#define BT_UUID_GATT_CCC_VAL           0x2902
#define BT_UUID_GATT_CCC               BT_UUID_DECLARE_16(BT_UUID_GATT_CCC_VAL)
#define BT_UUID_GATT_SCC_VAL           0x2903
#define BT_UUID_GATT_SCC               BT_UUID_DECLARE_16(BT_UUID_GATT_SCC_VAL)
#define BT_UUID_GATT_CPF_VAL           0x2904
#define BT_UUID_GATT_CPF               BT_UUID_DECLARE_16(BT_UUID_GATT_CPF_VAL)
#define BT_UUID_GATT_CAF_VAL           0x2905
#define BT_UUID_GATT_CAF               BT_UUID_DECLARE_16(BT_UUID_GATT_CAF_VAL)
#define BT_UUID_VALID_RANGE_VAL        0x2906
#define BT_UUID_VALID_RANGE            BT_UUID_DECLARE_16(BT_UUID_VALID_RANGE_VAL)
#define BT_UUID_HIDS_EXT_REPORT_VAL    0x2907
#define BT_UUID_HIDS_EXT_REPORT        BT_UUID_DECLARE_16(BT_UUID_HIDS_EXT_REPORT_VAL)
#define BT_UUID_HIDS_REPORT_REF_VAL    0x2908
#define BT_UUID_HIDS_REPORT_REF        BT_UUID_DECLARE_16(BT_UUID_HIDS_REPORT_REF_VAL)
#define BT_UUID_ES_CONFIGURATION_VAL   0x290b
#define BT_UUID_ES_CONFIGURATION       BT_UUID_DECLARE_16(BT_UUID_ES_CONFIGURATION_VAL)
#define BT_UUID_ES_MEASUREMENT_VAL     0x290c
#define BT_UUID_ES_MEASUREMENT         BT_UUID_DECLARE_16(BT_UUID_ES_MEASUREMENT_VAL)
#define BT_UUID_ES_TRIGGER_SETTING_VAL 0x290d
#define BT_UUID_ES_TRIGGER_SETTING     BT_UUID_DECLARE_16(BT_UUID_ES_TRIGGER_SETTING_VAL)

// ---- Services (Assigned Numbers, 3.4)

#define BT_UUID_GAP_VAL  0x1800
#define BT_UUID_GAP      BT_UUID_DECLARE_16(BT_UUID_GAP_VAL)
#define BT_UUID_GATT_VAL 0x1801
#define BT_UUID_GATT     BT_UUID_DECLARE_16(BT_UUID_GATT_VAL)
#define BT_UUID_IAS_VAL  0x1802
#define BT_UUID_IAS      BT_UUID_DECLARE_16(BT_UUID_IAS_VAL)
#define BT_UUID_LLS_VAL  0x1803
#define BT_UUID_LLS      BT_UUID_DECLARE_16(BT_UUID_LLS_VAL)
#define BT_UUID_TPS_VAL  0x1804
#define BT_UUID_TPS      BT_UUID_DECLARE_16(BT_UUID_TPS_VAL)
#define BT_UUID_CTS_VAL  0x1805
#define BT_UUID_CTS      BT_UUID_DECLARE_16(BT_UUID_CTS_VAL)
#define BT_UUID_HTS_VAL  0x1809
#define BT_UUID_HTS      BT_UUID_DECLARE_16(BT_UUID_HTS_VAL)
#define BT_UUID_DIS_VAL  0x180a
#define BT_UUID_DIS      BT_UUID_DECLARE_16(BT_UUID_DIS_VAL)
#define BT_UUID_HRS_VAL  0x180d
#define BT_UUID_HRS      BT_UUID_DECLARE_16(BT_UUID_HRS_VAL)
#define BT_UUID_BAS_VAL  0x180f
#define BT_UUID_BAS      BT_UUID_DECLARE_16(BT_UUID_BAS_VAL)
#define BT_UUID_BPS_VAL  0x1810
#define BT_UUID_BPS      BT_UUID_DECLARE_16(BT_UUID_BPS_VAL)
#define BT_UUID_HIDS_VAL 0x1812
#define BT_UUID_HIDS     BT_UUID_DECLARE_16(BT_UUID_HIDS_VAL)
#define BT_UUID_RSCS_VAL 0x1814
#define BT_UUID_RSCS     BT_UUID_DECLARE_16(BT_UUID_RSCS_VAL)
#define BT_UUID_CSC_VAL  0x1816
#define BT_UUID_CSC      BT_UUID_DECLARE_16(BT_UUID_CSC_VAL)
#define BT_UUID_CPS_VAL  0x1818
#define BT_UUID_CPS      BT_UUID_DECLARE_16(BT_UUID_CPS_VAL)
#define BT_UUID_ESS_VAL  0x181a
#define BT_UUID_ESS      BT_UUID_DECLARE_16(BT_UUID_ESS_VAL)
#define BT_UUID_UDS_VAL  0x181c
#define BT_UUID_UDS      BT_UUID_DECLARE_16(BT_UUID_UDS_VAL)
#define BT_UUID_IPSS_VAL 0x1820
#define BT_UUID_IPSS     BT_UUID_DECLARE_16(BT_UUID_IPSS_VAL)
#define BT_UUID_OTS_VAL  0x1825
#define BT_UUID_OTS      BT_UUID_DECLARE_16(BT_UUID_OTS_VAL)

// ---- Characteristics (Assigned Numbers, 3.8)

#define BT_UUID_GAP_DEVICE_NAME_VAL           0x2a00
#define BT_UUID_GAP_DEVICE_NAME               BT_UUID_DECLARE_16(BT_UUID_GAP_DEVICE_NAME_VAL)
#define BT_UUID_GAP_APPEARANCE_VAL            0x2a01
#define BT_UUID_GAP_APPEARANCE                BT_UUID_DECLARE_16(BT_UUID_GAP_APPEARANCE_VAL)
#define BT_UUID_GAP_PPF_VAL                   0x2a02
#define BT_UUID_GAP_PPF                       BT_UUID_DECLARE_16(BT_UUID_GAP_PPF_VAL)
#define BT_UUID_GAP_RA_VAL                    0x2a03
#define BT_UUID_GAP_RA                        BT_UUID_DECLARE_16(BT_UUID_GAP_RA_VAL)
#define BT_UUID_GAP_PPCP_VAL                  0x2a04
#define BT_UUID_GAP_PPCP                      BT_UUID_DECLARE_16(BT_UUID_GAP_PPCP_VAL)
#define BT_UUID_GATT_SC_VAL                   0x2a05
#define BT_UUID_GATT_SC                       BT_UUID_DECLARE_16(BT_UUID_GATT_SC_VAL)
#define BT_UUID_ALERT_LEVEL_VAL               0x2a06
#define BT_UUID_ALERT_LEVEL                   BT_UUID_DECLARE_16(BT_UUID_ALERT_LEVEL_VAL)
#define BT_UUID_TPS_TX_POWER_LEVEL_VAL        0x2a07
#define BT_UUID_TPS_TX_POWER_LEVEL            BT_UUID_DECLARE_16(BT_UUID_TPS_TX_POWER_LEVEL_VAL)
#define BT_UUID_BAS_BATTERY_LEVEL_VAL         0x2a19
#define BT_UUID_BAS_BATTERY_LEVEL             BT_UUID_DECLARE_16(BT_UUID_BAS_BATTERY_LEVEL_VAL)
#define BT_UUID_HTS_MEASUREMENT_VAL           0x2a1c
#define BT_UUID_HTS_MEASUREMENT               BT_UUID_DECLARE_16(BT_UUID_HTS_MEASUREMENT_VAL)
#define BT_UUID_HTS_TEMP_TYP_VAL              0x2a1d
#define BT_UUID_HTS_TEMP_TYP                  BT_UUID_DECLARE_16(BT_UUID_HTS_TEMP_TYP_VAL)
#define BT_UUID_HIDS_BOOT_KB_IN_REPORT_VAL    0x2a22
#define BT_UUID_HIDS_BOOT_KB_IN_REPORT        BT_UUID_DECLARE_16(BT_UUID_HIDS_BOOT_KB_IN_REPORT_VAL)
#define BT_UUID_DIS_SYSTEM_ID_VAL             0x2a23
#define BT_UUID_DIS_SYSTEM_ID                 BT_UUID_DECLARE_16(BT_UUID_DIS_SYSTEM_ID_VAL)
#define BT_UUID_DIS_MODEL_NUMBER_VAL          0x2a24
#define BT_UUID_DIS_MODEL_NUMBER              BT_UUID_DECLARE_16(BT_UUID_DIS_MODEL_NUMBER_VAL)
#define BT_UUID_DIS_SERIAL_NUMBER_VAL         0x2a25
#define BT_UUID_DIS_SERIAL_NUMBER             BT_UUID_DECLARE_16(BT_UUID_DIS_SERIAL_NUMBER_VAL)
#define BT_UUID_DIS_FIRMWARE_REVISION_VAL     0x2a26
#define BT_UUID_DIS_FIRMWARE_REVISION         BT_UUID_DECLARE_16(BT_UUID_DIS_FIRMWARE_REVISION_VAL)
#define BT_UUID_DIS_HARDWARE_REVISION_VAL     0x2a27
#define BT_UUID_DIS_HARDWARE_REVISION         BT_UUID_DECLARE_16(BT_UUID_DIS_HARDWARE_REVISION_VAL)
#define BT_UUID_DIS_SOFTWARE_REVISION_VAL     0x2a28
#define BT_UUID_DIS_SOFTWARE_REVISION         BT_UUID_DECLARE_16(BT_UUID_DIS_SOFTWARE_REVISION_VAL)
#define BT_UUID_DIS_MANUFACTURER_NAME_VAL     0x2a29
#define BT_UUID_DIS_MANUFACTURER_NAME         BT_UUID_DECLARE_16(BT_UUID_DIS_MANUFACTURER_NAME_VAL)
#define BT_UUID_CTS_CURRENT_TIME_VAL          0x2a2b
#define BT_UUID_CTS_CURRENT_TIME              BT_UUID_DECLARE_16(BT_UUID_CTS_CURRENT_TIME_VAL)
#define BT_UUID_HIDS_BOOT_KB_OUT_REPORT_VAL   0x2a32
#define BT_UUID_HIDS_BOOT_KB_OUT_REPORT       BT_UUID_DECLARE_16(BT_UUID_HIDS_BOOT_KB_OUT_REPORT_VAL)
#define BT_UUID_HIDS_BOOT_MOUSE_IN_REPORT_VAL 0x2a33
#define BT_UUID_HIDS_BOOT_MOUSE_IN_REPORT     BT_UUID_DECLARE_16(BT_UUID_HIDS_BOOT_MOUSE_IN_REPORT_VAL)
#define BT_UUID_HRS_MEASUREMENT_VAL           0x2a37
#define BT_UUID_HRS_MEASUREMENT               BT_UUID_DECLARE_16(BT_UUID_HRS_MEASUREMENT_VAL)
#define BT_UUID_HRS_BODY_SENSOR_VAL           0x2a38
#define BT_UUID_HRS_BODY_SENSOR               BT_UUID_DECLARE_16(BT_UUID_HRS_BODY_SENSOR_VAL)
#define BT_UUID_HRS_CONTROL_POINT_VAL         0x2a39
#define BT_UUID_HRS_CONTROL_POINT             BT_UUID_DECLARE_16(BT_UUID_HRS_CONTROL_POINT_VAL)
#define BT_UUID_HIDS_INFO_VAL                 0x2a4a
#define BT_UUID_HIDS_INFO                     BT_UUID_DECLARE_16(BT_UUID_HIDS_INFO_VAL)
#define BT_UUID_HIDS_REPORT_MAP_VAL           0x2a4b
#define BT_UUID_HIDS_REPORT_MAP               BT_UUID_DECLARE_16(BT_UUID_HIDS_REPORT_MAP_VAL)
#define BT_UUID_HIDS_CTRL_POINT_VAL           0x2a4c
#define BT_UUID_HIDS_CTRL_POINT               BT_UUID_DECLARE_16(BT_UUID_HIDS_CTRL_POINT_VAL)
#define BT_UUID_HIDS_REPORT_VAL               0x2a4d
#define BT_UUID_HIDS_REPORT                   BT_UUID_DECLARE_16(BT_UUID_HIDS_REPORT_VAL)
#define BT_UUID_HIDS_PROTOCOL_MODE_VAL        0x2a4e
#define BT_UUID_HIDS_PROTOCOL_MODE            BT_UUID_DECLARE_16(BT_UUID_HIDS_PROTOCOL_MODE_VAL)
#define BT_UUID_DIS_PNP_ID_VAL                0x2a50
#define BT_UUID_DIS_PNP_ID                    BT_UUID_DECLARE_16(BT_UUID_DIS_PNP_ID_VAL)
#define BT_UUID_CSC_MEASUREMENT_VAL           0x2a5b
#define BT_UUID_CSC_MEASUREMENT               BT_UUID_DECLARE_16(BT_UUID_CSC_MEASUREMENT_VAL)
#define BT_UUID_CSC_FEATURE_VAL               0x2a5c
#define BT_UUID_CSC_FEATURE                   BT_UUID_DECLARE_16(BT_UUID_CSC_FEATURE_VAL)
#define BT_UUID_SENSOR_LOCATION_VAL           0x2a5d
#define BT_UUID_SENSOR_LOCATION               BT_UUID_DECLARE_16(BT_UUID_SENSOR_LOCATION_VAL)
#define BT_UUID_ELEVATION_VAL                 0x2a6c
#define BT_UUID_ELEVATION                     BT_UUID_DECLARE_16(BT_UUID_ELEVATION_VAL)
#define BT_UUID_PRESSURE_VAL                  0x2a6d
#define BT_UUID_PRESSURE                      BT_UUID_DECLARE_16(BT_UUID_PRESSURE_VAL)
#define BT_UUID_TEMPERATURE_VAL               0x2a6e
#define BT_UUID_TEMPERATURE                   BT_UUID_DECLARE_16(BT_UUID_TEMPERATURE_VAL)
#define BT_UUID_HUMIDITY_VAL                  0x2a6f
#define BT_UUID_HUMIDITY                      BT_UUID_DECLARE_16(BT_UUID_HUMIDITY_VAL)
#define BT_UUID_TRUE_WIND_SPEED_VAL           0x2a70
#define BT_UUID_TRUE_WIND_SPEED               BT_UUID_DECLARE_16(BT_UUID_TRUE_WIND_SPEED_VAL)
#define BT_UUID_RAINFALL_VAL                  0x2a78
#define BT_UUID_RAINFALL                      BT_UUID_DECLARE_16(BT_UUID_RAINFALL_VAL)
#define BT_UUID_UV_INDEX_VAL                  0x2a76
#define BT_UUID_UV_INDEX                      BT_UUID_DECLARE_16(BT_UUID_UV_INDEX_VAL)
#define BT_UUID_HEAT_INDEX_VAL                0x2a7a
#define BT_UUID_HEAT_INDEX                    BT_UUID_DECLARE_16(BT_UUID_HEAT_INDEX_VAL)
#define BT_UUID_DEW_POINT_VAL                 0x2a7b
#define BT_UUID_DEW_POINT                     BT_UUID_DECLARE_16(BT_UUID_DEW_POINT_VAL)
#define BT_UUID_DESC_VALUE_CHANGED_VAL        0x2a7d
#define BT_UUID_DESC_VALUE_CHANGED            BT_UUID_DECLARE_16(BT_UUID_DESC_VALUE_CHANGED_VAL)
#define BT_UUID_CENTRAL_ADDR_RES_VAL          0x2aa6
#define BT_UUID_CENTRAL_ADDR_RES              BT_UUID_DECLARE_16(BT_UUID_CENTRAL_ADDR_RES_VAL)
#define BT_UUID_GATT_CLIENT_FEATURES_VAL      0x2b29
#define BT_UUID_GATT_CLIENT_FEATURES          BT_UUID_DECLARE_16(BT_UUID_GATT_CLIENT_FEATURES_VAL)
#define BT_UUID_GATT_DB_HASH_VAL              0x2b2a
#define BT_UUID_GATT_DB_HASH                  BT_UUID_DECLARE_16(BT_UUID_GATT_DB_HASH_VAL)
#define BT_UUID_GATT_SERVER_FEATURES_VAL      0x2b3a
#define BT_UUID_GATT_SERVER_FEATURES          BT_UUID_DECLARE_16(BT_UUID_GATT_SERVER_FEATURES_VAL)

#ifdef __cplusplus
}
#endif

#endif // ZEPHYR_INCLUDE_BLUETOOTH_UUID_H_
