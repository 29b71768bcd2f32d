// Numbers of the Generic Access Profile: advertising data types, flags, appearances, timings, PHYs
// (Assigned Numbers, 2.3 and 2.6; Core Specification, Vol 3, Part C; its Supplement, Part A).
#ifndef ZEPHYR_INCLUDE_BLUETOOTH_GAP_H_
#define ZEPHYR_INCLUDE_BLUETOOTH_GAP_H_

#include <zephyr/sys/util.h>

#ifdef __cplusplus
extern "C" {
#endif

// ---- Advertising data types (Assigned Numbers, 2.3) --------------------------------------------

#define BT_DATA_FLAGS                    0x01
#define BT_DATA_UUID16_SOME              0x02
#define BT_DATA_UUID16_ALL               0x03
#define BT_DATA_UUID32_SOME              0x04
#define BT_DATA_UUID32_ALL               0x05
#define BT_DATA_UUID128_SOME             0x06
#define BT_DATA_UUID128_ALL              0x07
#define BT_DATA_NAME_SHORTENED           0x08
#define BT_DATA_NAME_COMPLETE            0x09
#define BT_DATA_TX_POWER                 0x0a
#define BT_DATA_DEVICE_CLASS             0x0d
#define BT_DATA_SIMPLE_PAIRING_HASH_C192 0x0e
#define BT_DATA_SIMPLE_PAIRING_RAND_C192 0x0f
#define BT_DATA_DEVICE_ID                0x10
#define BT_DATA_SM_TK_VALUE              0x10
#define BT_DATA_SM_OOB_FLAGS             0x11
#define BT_DATA_PERIPHERAL_INT_RANGE     0x12
#define BT_DATA_SOLICIT16                0x14
#define BT_DATA_SOLICIT128               0x15
#define BT_DATA_SVC_DATA16               0x16
#define BT_DATA_PUB_TARGET_ADDR          0x17
#define BT_DATA_RAND_TARGET_ADDR         0x18
#define BT_DATA_GAP_APPEARANCE           0x19
#define BT_DATA_ADV_INT                  0x1a
#define BT_DATA_LE_BT_DEVICE_ADDRESS     0x1b
#define BT_DATA_LE_ROLE                  0x1c
#define BT_DATA_SIMPLE_PAIRING_HASH      0x1d
#define BT_DATA_SIMPLE_PAIRING_RAND      0x1e
#define BT_DATA_SOLICIT32                0x1f
#define BT_DATA_SVC_DATA32               0x20
#define BT_DATA_SVC_DATA128              0x21
#define BT_DATA_LE_SC_CONFIRM_VALUE      0x22
#define BT_DATA_LE_SC_RANDOM_VALUE       0x23
#define BT_DATA_URI                      0x24
#define BT_DATA_INDOOR_POS               0x25
#define BT_DATA_TRANS_DISCOVER_DATA      0x26
#define BT_DATA_LE_SUPPORTED_FEATURES    0x27
#define BT_DATA_CHANNEL_MAP_UPDATE_IND   0x28
#define BT_DATA_MESH_PROV                0x29
#define BT_DATA_MESH_MESSAGE             0x2a
#define BT_DATA_MESH_BEACON              0x2b
#define BT_DATA_BIG_INFO                 0x2c
#define BT_DATA_BROADCAST_CODE           0x2d
#define BT_DATA_CSIS_RSI                 0x2e
#define BT_DATA_ADV_INT_LONG             0x2f
#define BT_DATA_BROADCAST_NAME           0x30
#define BT_DATA_ENCRYPTED_AD_DATA        0x31
#define BT_DATA_PAWR_TIMING_INFO         0x32
#define BT_DATA_ESL                      0x34
#define BT_DATA_3D_INFO                  0x3d
#define BT_DATA_MANUFACTURER_DATA        0xff

// Bits of BT_DATA_FLAGS (Supplement, Part A, 1.3).
#define BT_LE_AD_LIMITED  0x01
#define BT_LE_AD_GENERAL  0x02
#define BT_LE_AD_NO_BREDR 0x04

// ---- Appearances (Assigned Numbers, 2.6: category in bits 6 up, sub-category below) ------------

#define BT_APPEARANCE_UNKNOWN                      0x0000
#define BT_APPEARANCE_GENERIC_PHONE                0x0040
#define BT_APPEARANCE_GENERIC_COMPUTER             0x0080
#define BT_APPEARANCE_COMPUTER_DESKTOP_WORKSTATION 0x0081
#define BT_APPEARANCE_COMPUTER_SERVER_CLASS        0x0082
#define BT_APPEARANCE_COMPUTER_LAPTOP              0x0083
#define BT_APPEARANCE_COMPUTER_TABLET              0x0087
#define BT_APPEARANCE_GENERIC_WATCH                0x00c0
#define BT_APPEARANCE_SPORTS_WATCH                 0x00c1
#define BT_APPEARANCE_SMARTWATCH                   0x00c2
#define BT_APPEARANCE_GENERIC_CLOCK                0x0100
#define BT_APPEARANCE_GENERIC_DISPLAY              0x0140
#define BT_APPEARANCE_GENERIC_REMOTE               0x0180
#define BT_APPEARANCE_GENERIC_EYEGLASSES           0x01c0
#define BT_APPEARANCE_GENERIC_TAG                  0x0200
#define BT_APPEARANCE_GENERIC_KEYRING              0x0240
#define BT_APPEARANCE_GENERIC_MEDIA_PLAYER         0x0280
#define BT_APPEARANCE_GENERIC_BARCODE_SCANNER      0x02c0
#define BT_APPEARANCE_GENERIC_THERMOMETER          0x0300
#define BT_APPEARANCE_THERMOMETER_EAR              0x0301
#define BT_APPEARANCE_GENERIC_HEART_RATE           0x0340
#define BT_APPEARANCE_HEART_RATE_BELT              0x0341
#define BT_APPEARANCE_GENERIC_BLOOD_PRESSURE       0x0380
#define BT_APPEARANCE_GENERIC_HID                  0x03c0
#define BT_APPEARANCE_HID_KEYBOARD                 0x03c1
#define BT_APPEARANCE_HID_MOUSE                    0x03c2
#define BT_APPEARANCE_HID_JOYSTICK                 0x03c3
#define BT_APPEARANCE_HID_GAMEPAD                  0x03c4
#define BT_APPEARANCE_HID_DIGITIZER_TABLET         0x03c5
#define BT_APPEARANCE_HID_CARD_READER              0x03c6
#define BT_APPEARANCE_HID_DIGITAL_PEN              0x03c7
#define BT_APPEARANCE_HID_BARCODE_SCANNER          0x03c8
#define BT_APPEARANCE_GENERIC_GLUCOSE              0x0400
#define BT_APPEARANCE_GENERIC_WALKING              0x0440
#define BT_APPEARANCE_GENERIC_CYCLING              0x0480
#define BT_APPEARANCE_CYCLING_COMPUTER             0x0481
#define BT_APPEARANCE_CYCLING_SPEED                0x0482
#define BT_APPEARANCE_CYCLING_CADENCE              0x0483
#define BT_APPEARANCE_CYCLING_POWER                0x0484
#define BT_APPEARANCE_CYCLING_SPEED_CADENCE        0x0485
#define BT_APPEARANCE_GENERIC_CONTROL_DEVICE       0x04c0
#define BT_APPEARANCE_CONTROL_SWITCH               0x04c1
#define BT_APPEARANCE_CONTROL_BUTTON               0x04c5
#define BT_APPEARANCE_GENERIC_NETWORK_DEVICE       0x0500
#define BT_APPEARANCE_GENERIC_SENSOR               0x0540
#define BT_APPEARANCE_SENSOR_MOTION                0x0541
#define BT_APPEARANCE_SENSOR_AIR_QUALITY           0x0542
#define BT_APPEARANCE_SENSOR_TEMPERATURE           0x0543
#define BT_APPEARANCE_SENSOR_HUMIDITY              0x0544
#define BT_APPEARANCE_SENSOR_LEAK                  0x0545
#define BT_APPEARANCE_SENSOR_SMOKE                 0x0546
#define BT_APPEARANCE_SENSOR_OCCUPANCY             0x0547
#define BT_APPEARANCE_SENSOR_CONTACT               0x0548
#define BT_APPEARANCE_MULTISENSOR                  0x0555
#define BT_APPEARANCE_GENERIC_LIGHT_FIXTURE        0x0580
#define BT_APPEARANCE_GENERIC_FAN                  0x05c0
#define BT_APPEARANCE_GENERIC_HVAC                 0x0600
#define BT_APPEARANCE_GENERIC_AIR_CONDITIONING     0x0640
#define BT_APPEARANCE_GENERIC_HUMIDIFIER           0x0680
#define BT_APPEARANCE_GENERIC_HEATING              0x06c0
#define BT_APPEARANCE_GENERIC_ACCESS_CONTROL       0x0700
#define BT_APPEARANCE_GENERIC_MOTORIZED_DEVICE     0x0740
#define BT_APPEARANCE_GENERIC_POWER_DEVICE         0x0780
#define BT_APPEARANCE_GENERIC_LIGHT_SOURCE         0x07c0
#define BT_APPEARANCE_GENERIC_WINDOW_COVERING      0x0800
#define BT_APPEARANCE_GENERIC_AUDIO_SINK           0x0840
#define BT_APPEARANCE_GENERIC_AUDIO_SOURCE         0x0880
#define BT_APPEARANCE_GENERIC_PULSE_OXIMETER       0x0c40
#define BT_APPEARANCE_GENERIC_WEIGHT_SCALE         0x0c80
#define BT_APPEARANCE_GENERIC_INSULIN_PUMP         0x0d40
#define BT_APPEARANCE_GENERIC_OUTDOOR_SPORTS       0x1440

// ---- Timings (Vol 3, Part C, Appendix A; advertising and scanning in 0.625 ms, else stated) ----

#define BT_GAP_SCAN_FAST_INTERVAL_MIN 0x0030 // 30 ms
#define BT_GAP_SCAN_FAST_INTERVAL     0x0060 // 60 ms
#define BT_GAP_SCAN_FAST_WINDOW       0x0030 // 30 ms
#define BT_GAP_SCAN_SLOW_INTERVAL_1   0x0800 // 1.28 s
#define BT_GAP_SCAN_SLOW_WINDOW_1     0x0012 // 11.25 ms
#define BT_GAP_SCAN_SLOW_INTERVAL_2   0x1000 // 2.56 s
#define BT_GAP_SCAN_SLOW_WINDOW_2     0x0024 // 22.5 ms
#define BT_GAP_ADV_FAST_INT_MIN_1     0x0030 // 30 ms
#define BT_GAP_ADV_FAST_INT_MAX_1     0x0060 // 60 ms
#define BT_GAP_ADV_FAST_INT_MIN_2     0x00a0 // 100 ms
#define BT_GAP_ADV_FAST_INT_MAX_2     0x00f0 // 150 ms
#define BT_GAP_ADV_SLOW_INT_MIN       0x0640 // 1 s
#define BT_GAP_ADV_SLOW_INT_MAX       0x0780 // 1.2 s
#define BT_GAP_INIT_CONN_INT_MIN      0x0018 // 30 ms, in 1.25 ms
#define BT_GAP_INIT_CONN_INT_MAX      0x0028 // 50 ms, in 1.25 ms

// Conversions; those to milliseconds cut.
#define BT_GAP_ADV_INTERVAL_TO_US(interval) ((interval)*625U)
#define BT_GAP_ADV_INTERVAL_TO_MS(interval) ((interval)*5U / 8U)
#define BT_GAP_US_TO_ADV_INTERVAL(us)       ((us) / 625U)
#define BT_GAP_MS_TO_ADV_INTERVAL(ms)       ((ms)*8U / 5U)
#define BT_GAP_US_TO_SCAN_INTERVAL(us)      ((us) / 625U)
#define BT_GAP_MS_TO_SCAN_INTERVAL(ms)      ((ms)*8U / 5U)
#define BT_GAP_US_TO_SCAN_WINDOW(us)        ((us) / 625U)
#define BT_GAP_MS_TO_SCAN_WINDOW(ms)        ((ms)*8U / 5U)
#define BT_GAP_US_TO_CONN_INTERVAL(us)      ((us) / 1250U)
#define BT_GAP_MS_TO_CONN_INTERVAL(ms)      ((ms)*4U / 5U)
#define BT_GAP_US_TO_CONN_TIMEOUT(us)       ((us) / 10000U)
#define BT_GAP_MS_TO_CONN_TIMEOUT(ms)       ((ms) / 10U)
#define BT_GAP_US_TO_CONN_EVENT_LEN(us)     ((us) / 625U)
#define BT_GAP_MS_TO_CONN_EVENT_LEN(ms)     ((ms)*8U / 5U)

// ---- PHYs and data lengths (Vol 6, Part B, 2.4 and 4.5.10) --------------------------------------

enum {
    BT_GAP_LE_PHY_NONE = 0,
    BT_GAP_LE_PHY_1M = BIT(0),
    BT_GAP_LE_PHY_2M = BIT(1),
    BT_GAP_LE_PHY_CODED = BIT(2),
    BT_GAP_LE_PHY_CODED_S8 = BIT(3),
    BT_GAP_LE_PHY_CODED_S2 = BIT(4),
};

#define BT_GAP_DATA_LEN_DEFAULT  0x001b // Octets of payload ...
#define BT_GAP_DATA_LEN_MAX      0x00fb
#define BT_GAP_DATA_TIME_DEFAULT 0x0148 // ... and microseconds on the air.
#define BT_GAP_DATA_TIME_MAX     0x4290

// ---- Advertising reports ------------------------------------------------------------------------

// What kind of PDU a report is of (Vol 4, Part E, 7.7.65.2); EXT_ADV for extended reports.
enum {
    BT_GAP_ADV_TYPE_ADV_IND = 0x00,         // Connectable and scannable, undirected.
    BT_GAP_ADV_TYPE_ADV_DIRECT_IND = 0x01,  // Connectable, directed.
    BT_GAP_ADV_TYPE_ADV_SCAN_IND = 0x02,    // Scannable, not connectable.
    BT_GAP_ADV_TYPE_ADV_NONCONN_IND = 0x03, // Neither.
    BT_GAP_ADV_TYPE_SCAN_RSP = 0x04,        // The answer to an active scan.
    BT_GAP_ADV_TYPE_EXT_ADV = 0x05,
};

// Properties of what was received.
enum {
    BT_GAP_ADV_PROP_CONNECTABLE = BIT(0),
    BT_GAP_ADV_PROP_SCANNABLE = BIT(1),
    BT_GAP_ADV_PROP_DIRECTED = BIT(2),
    BT_GAP_ADV_PROP_SCAN_RESPONSE = BIT(3),
    BT_GAP_ADV_PROP_EXT_ADV = BIT(4),
};

#define BT_GAP_ADV_MAX_ADV_DATA_LEN            31 // Octets, legacy advertising.
#define BT_GAP_ADV_MAX_EXT_ADV_DATA_LEN        1650
#define BT_GAP_TX_POWER_INVALID                0x7f
#define BT_GAP_RSSI_INVALID                    0x7f
#define BT_GAP_SID_INVALID                     0xff
#define BT_GAP_NO_TIMEOUT                      0x0000
#define BT_GAP_ADV_HIGH_DUTY_CYCLE_MAX_TIMEOUT 128 // 1.28 s, in 10 ms

#ifdef __cplusplus
}
#endif

#endif // ZEPHYR_INCLUDE_BLUETOOTH_GAP_H_
