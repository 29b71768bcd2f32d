// Numbers of the Host Controller Interface under Zephyr's names (Vol 4, Part E; error codes Vol 1,
// Part F): what the host uses, and what an application needs for bt_hci_cmd_send_sync().
#ifndef ZEPHYR_BLUETOOTH_HCI_TYPES_H_
#define ZEPHYR_BLUETOOTH_HCI_TYPES_H_

#include <stdbool.h>
#include <stdint.h>

#include <zephyr/bluetooth/addr.h>
#include <zephyr/sys/util.h>
#include <zephyr/toolchain.h>

#ifdef __cplusplus
extern "C" {
#endif

// ---- Packets (Vol 4, Part A, 2; Part E, 5.4) ----------------------------------------------------

#define BT_HCI_H4_NONE 0x00
#define BT_HCI_H4_CMD  0x01
#define BT_HCI_H4_ACL  0x02
#define BT_HCI_H4_SCO  0x03
#define BT_HCI_H4_EVT  0x04
#define BT_HCI_H4_ISO  0x05

#define BT_HCI_CMD_HDR_SIZE 3
#define BT_HCI_EVT_HDR_SIZE 2
#define BT_HCI_ACL_HDR_SIZE 4

// Handle, packet boundary and broadcast flags of an ACL packet's first two octets.
#define bt_acl_handle(h)         ((h)&0x0fff)
#define bt_acl_flags(h)          ((h) >> 12)
#define bt_acl_flags_pb(f)       ((f)&0x03)
#define bt_acl_flags_bc(f)       ((f) >> 2)
#define bt_acl_handle_pack(h, f) ((h) | ((f) << 12))
#define BT_ACL_START_NO_FLUSH    0x00
#define BT_ACL_CONT              0x01
#define BT_ACL_START             0x02
#define BT_ACL_COMPLETE          0x03

// ---- Commands (7.1 to 7.8) ----------------------------------------------------------------------

#define BT_OGF(opcode)   (((opcode) >> 10) & 0x3f)
#define BT_OCF(opcode)   ((opcode)&0x3ff)
#define BT_OP(ogf, ocf)  ((ocf) | ((ogf) << 10))
#define BT_OGF_LINK_CTRL 0x01
#define BT_OGF_BASEBAND  0x03
#define BT_OGF_INFO      0x04
#define BT_OGF_STATUS    0x05
#define BT_OGF_LE        0x08
#define BT_OGF_VS        0x3f
#define BT_OP_NOP        0x0000

#define BT_HCI_OP_DISCONNECT               BT_OP(BT_OGF_LINK_CTRL, 0x0006)
#define BT_HCI_OP_READ_REMOTE_VERSION_INFO BT_OP(BT_OGF_LINK_CTRL, 0x001d)

#define BT_HCI_OP_SET_EVENT_MASK             BT_OP(BT_OGF_BASEBAND, 0x0001)
#define BT_HCI_OP_RESET                      BT_OP(BT_OGF_BASEBAND, 0x0003)
#define BT_HCI_OP_READ_TX_POWER_LEVEL        BT_OP(BT_OGF_BASEBAND, 0x002d)
#define BT_HCI_OP_SET_CTL_TO_HOST_FLOW       BT_OP(BT_OGF_BASEBAND, 0x0031)
#define BT_HCI_OP_HOST_BUFFER_SIZE           BT_OP(BT_OGF_BASEBAND, 0x0033)
#define BT_HCI_OP_HOST_NUM_COMPLETED_PACKETS BT_OP(BT_OGF_BASEBAND, 0x0035)
#define BT_HCI_OP_SET_EVENT_MASK_PAGE_2      BT_OP(BT_OGF_BASEBAND, 0x0063)
#define BT_HCI_OP_LE_WRITE_LE_HOST_SUPP      BT_OP(BT_OGF_BASEBAND, 0x006d)
#define BT_HCI_OP_READ_AUTH_PAYLOAD_TIMEOUT  BT_OP(BT_OGF_BASEBAND, 0x007b)
#define BT_HCI_OP_WRITE_AUTH_PAYLOAD_TIMEOUT BT_OP(BT_OGF_BASEBAND, 0x007c)

#define BT_HCI_OP_READ_LOCAL_VERSION_INFO BT_OP(BT_OGF_INFO, 0x0001)
#define BT_HCI_OP_READ_SUPPORTED_COMMANDS BT_OP(BT_OGF_INFO, 0x0002)
#define BT_HCI_OP_READ_LOCAL_FEATURES     BT_OP(BT_OGF_INFO, 0x0003)
#define BT_HCI_OP_READ_BUFFER_SIZE        BT_OP(BT_OGF_INFO, 0x0005)
#define BT_HCI_OP_READ_BD_ADDR            BT_OP(BT_OGF_INFO, 0x0009)

#define BT_HCI_OP_READ_RSSI BT_OP(BT_OGF_STATUS, 0x0005)

#define BT_HCI_OP_LE_SET_EVENT_MASK           BT_OP(BT_OGF_LE, 0x0001)
#define BT_HCI_OP_LE_READ_BUFFER_SIZE         BT_OP(BT_OGF_LE, 0x0002)
#define BT_HCI_OP_LE_READ_LOCAL_FEATURES      BT_OP(BT_OGF_LE, 0x0003)
#define BT_HCI_OP_LE_SET_RANDOM_ADDRESS       BT_OP(BT_OGF_LE, 0x0005)
#define BT_HCI_OP_LE_SET_ADV_PARAM            BT_OP(BT_OGF_LE, 0x0006)
#define BT_HCI_OP_LE_READ_ADV_CHAN_TX_POWER   BT_OP(BT_OGF_LE, 0x0007)
#define BT_HCI_OP_LE_SET_ADV_DATA             BT_OP(BT_OGF_LE, 0x0008)
#define BT_HCI_OP_LE_SET_SCAN_RSP_DATA        BT_OP(BT_OGF_LE, 0x0009)
#define BT_HCI_OP_LE_SET_ADV_ENABLE           BT_OP(BT_OGF_LE, 0x000a)
#define BT_HCI_OP_LE_SET_SCAN_PARAM           BT_OP(BT_OGF_LE, 0x000b)
#define BT_HCI_OP_LE_SET_SCAN_ENABLE          BT_OP(BT_OGF_LE, 0x000c)
#define BT_HCI_OP_LE_CREATE_CONN              BT_OP(BT_OGF_LE, 0x000d)
#define BT_HCI_OP_LE_CREATE_CONN_CANCEL       BT_OP(BT_OGF_LE, 0x000e)
#define BT_HCI_OP_LE_READ_FAL_SIZE            BT_OP(BT_OGF_LE, 0x000f)
#define BT_HCI_OP_LE_CLEAR_FAL                BT_OP(BT_OGF_LE, 0x0010)
#define BT_HCI_OP_LE_ADD_DEV_TO_FAL           BT_OP(BT_OGF_LE, 0x0011)
#define BT_HCI_OP_LE_REM_DEV_FROM_FAL         BT_OP(BT_OGF_LE, 0x0012)
#define BT_HCI_OP_LE_CONN_UPDATE              BT_OP(BT_OGF_LE, 0x0013)
#define BT_HCI_OP_LE_SET_HOST_CHAN_CLASSIF    BT_OP(BT_OGF_LE, 0x0014)
#define BT_HCI_OP_LE_READ_CHAN_MAP            BT_OP(BT_OGF_LE, 0x0015)
#define BT_HCI_OP_LE_READ_REMOTE_FEATURES     BT_OP(BT_OGF_LE, 0x0016)
#define BT_HCI_OP_LE_ENCRYPT                  BT_OP(BT_OGF_LE, 0x0017)
#define BT_HCI_OP_LE_RAND                     BT_OP(BT_OGF_LE, 0x0018)
#define BT_HCI_OP_LE_START_ENCRYPTION         BT_OP(BT_OGF_LE, 0x0019)
#define BT_HCI_OP_LE_LTK_REQ_REPLY            BT_OP(BT_OGF_LE, 0x001a)
#define BT_HCI_OP_LE_LTK_REQ_NEG_REPLY        BT_OP(BT_OGF_LE, 0x001b)
#define BT_HCI_OP_LE_READ_SUPP_STATES         BT_OP(BT_OGF_LE, 0x001c)
#define BT_HCI_OP_LE_RX_TEST                  BT_OP(BT_OGF_LE, 0x001d)
#define BT_HCI_OP_LE_TX_TEST                  BT_OP(BT_OGF_LE, 0x001e)
#define BT_HCI_OP_LE_TEST_END                 BT_OP(BT_OGF_LE, 0x001f)
#define BT_HCI_OP_LE_CONN_PARAM_REQ_REPLY     BT_OP(BT_OGF_LE, 0x0020)
#define BT_HCI_OP_LE_CONN_PARAM_REQ_NEG_REPLY BT_OP(BT_OGF_LE, 0x0021)
#define BT_HCI_OP_LE_SET_DATA_LEN             BT_OP(BT_OGF_LE, 0x0022)
#define BT_HCI_OP_LE_READ_DEFAULT_DATA_LEN    BT_OP(BT_OGF_LE, 0x0023)
#define BT_HCI_OP_LE_WRITE_DEFAULT_DATA_LEN   BT_OP(BT_OGF_LE, 0x0024)
#define BT_HCI_OP_LE_P256_PUBLIC_KEY          BT_OP(BT_OGF_LE, 0x0025)
#define BT_HCI_OP_LE_GENERATE_DHKEY           BT_OP(BT_OGF_LE, 0x0026)
#define BT_HCI_OP_LE_ADD_DEV_TO_RL            BT_OP(BT_OGF_LE, 0x0027)
#define BT_HCI_OP_LE_REM_DEV_FROM_RL          BT_OP(BT_OGF_LE, 0x0028)
#define BT_HCI_OP_LE_CLEAR_RL                 BT_OP(BT_OGF_LE, 0x0029)
#define BT_HCI_OP_LE_READ_RL_SIZE             BT_OP(BT_OGF_LE, 0x002a)
#define BT_HCI_OP_LE_READ_PEER_RPA            BT_OP(BT_OGF_LE, 0x002b)
#define BT_HCI_OP_LE_READ_LOCAL_RPA           BT_OP(BT_OGF_LE, 0x002c)
#define BT_HCI_OP_LE_SET_ADDR_RES_ENABLE      BT_OP(BT_OGF_LE, 0x002d)
#define BT_HCI_OP_LE_SET_RPA_TIMEOUT          BT_OP(BT_OGF_LE, 0x002e)
#define BT_HCI_OP_LE_READ_MAX_DATA_LEN        BT_OP(BT_OGF_LE, 0x002f)
#define BT_HCI_OP_LE_READ_PHY                 BT_OP(BT_OGF_LE, 0x0030)
#define BT_HCI_OP_LE_SET_DEFAULT_PHY          BT_OP(BT_OGF_LE, 0x0031)
#define BT_HCI_OP_LE_SET_PHY                  BT_OP(BT_OGF_LE, 0x0032)
#define BT_HCI_OP_LE_SET_ADV_SET_RANDOM_ADDR  BT_OP(BT_OGF_LE, 0x0035)
#define BT_HCI_OP_LE_SET_EXT_ADV_PARAM        BT_OP(BT_OGF_LE, 0x0036)
#define BT_HCI_OP_LE_SET_EXT_ADV_DATA         BT_OP(BT_OGF_LE, 0x0037)
#define BT_HCI_OP_LE_SET_EXT_SCAN_RSP_DATA    BT_OP(BT_OGF_LE, 0x0038)
#define BT_HCI_OP_LE_SET_EXT_ADV_ENABLE       BT_OP(BT_OGF_LE, 0x0039)
#define BT_HCI_OP_LE_READ_MAX_ADV_DATA_LEN    BT_OP(BT_OGF_LE, 0x003a)
#define BT_HCI_OP_LE_READ_NUM_ADV_SETS        BT_OP(BT_OGF_LE, 0x003b)
#define BT_HCI_OP_LE_REMOVE_ADV_SET           BT_OP(BT_OGF_LE, 0x003c)
#define BT_HCI_OP_CLEAR_ADV_SETS              BT_OP(BT_OGF_LE, 0x003d)
#define BT_HCI_OP_LE_SET_EXT_SCAN_PARAM       BT_OP(BT_OGF_LE, 0x0041)
#define BT_HCI_OP_LE_SET_EXT_SCAN_ENABLE      BT_OP(BT_OGF_LE, 0x0042)
#define BT_HCI_OP_LE_EXT_CREATE_CONN          BT_OP(BT_OGF_LE, 0x0043)
#define BT_HCI_OP_LE_SET_PRIVACY_MODE         BT_OP(BT_OGF_LE, 0x004e)

// Periodic advertising
#define BT_HCI_OP_LE_SET_PER_ADV_PARAM          BT_OP(BT_OGF_LE, 0x003e)
#define BT_HCI_OP_LE_SET_PER_ADV_DATA           BT_OP(BT_OGF_LE, 0x003f)
#define BT_HCI_OP_LE_SET_PER_ADV_ENABLE         BT_OP(BT_OGF_LE, 0x0040)
#define BT_HCI_OP_LE_PER_ADV_CREATE_SYNC        BT_OP(BT_OGF_LE, 0x0044)
#define BT_HCI_OP_LE_PER_ADV_CREATE_SYNC_CANCEL BT_OP(BT_OGF_LE, 0x0045)
#define BT_HCI_OP_LE_PER_ADV_TERMINATE_SYNC     BT_OP(BT_OGF_LE, 0x0046)
#define BT_HCI_OP_LE_ADD_DEV_TO_PER_ADV_LIST    BT_OP(BT_OGF_LE, 0x0047)
#define BT_HCI_OP_LE_REM_DEV_FROM_PER_ADV_LIST  BT_OP(BT_OGF_LE, 0x0048)
#define BT_HCI_OP_LE_CLEAR_PER_ADV_LIST         BT_OP(BT_OGF_LE, 0x0049)
#define BT_HCI_OP_LE_SET_PER_ADV_RECV_ENABLE    BT_OP(BT_OGF_LE, 0x0059)
#define BT_HCI_OP_LE_PER_ADV_SYNC_TRANSFER      BT_OP(BT_OGF_LE, 0x005a)
#define BT_HCI_OP_LE_PER_ADV_SET_INFO_TRANSFER  BT_OP(BT_OGF_LE, 0x005b)
#define BT_HCI_OP_LE_PAST_PARAM                 BT_OP(BT_OGF_LE, 0x005c)
#define BT_HCI_OP_LE_DEFAULT_PAST_PARAM         BT_OP(BT_OGF_LE, 0x005d)
#define BT_HCI_OP_LE_SET_HOST_FEATURE           BT_OP(BT_OGF_LE, 0x0074)
#define BT_HCI_OP_LE_SET_DEFAULT_SUBRATE        BT_OP(BT_OGF_LE, 0x007d)
#define BT_HCI_OP_LE_SUBRATE_REQUEST            BT_OP(BT_OGF_LE, 0x007e)

// ---- Events (7.7) -------------------------------------------------------------------------------

#define BT_HCI_EVT_UNKNOWN                      0x00
#define BT_HCI_EVT_VENDOR                       0xff
#define BT_HCI_EVT_DISCONN_COMPLETE             0x05
#define BT_HCI_EVT_ENCRYPT_CHANGE               0x08
#define BT_HCI_EVT_REMOTE_VERSION_INFO          0x0c
#define BT_HCI_EVT_CMD_COMPLETE                 0x0e
#define BT_HCI_EVT_CMD_STATUS                   0x0f
#define BT_HCI_EVT_HARDWARE_ERROR               0x10
#define BT_HCI_EVT_NUM_COMPLETED_PACKETS        0x13
#define BT_HCI_EVT_DATA_BUF_OVERFLOW            0x1a
#define BT_HCI_EVT_ENCRYPT_KEY_REFRESH_COMPLETE 0x30
#define BT_HCI_EVT_LE_META_EVENT                0x3e
#define BT_HCI_EVT_AUTH_PAYLOAD_TIMEOUT_EXP     0x57

// Subevents of the LE Meta event (7.7.65).
#define BT_HCI_EVT_LE_CONN_COMPLETE            0x01
#define BT_HCI_EVT_LE_ADVERTISING_REPORT       0x02
#define BT_HCI_EVT_LE_CONN_UPDATE_COMPLETE     0x03
#define BT_HCI_EVT_LE_REMOTE_FEAT_COMPLETE     0x04
#define BT_HCI_EVT_LE_LTK_REQUEST              0x05
#define BT_HCI_EVT_LE_CONN_PARAM_REQ           0x06
#define BT_HCI_EVT_LE_DATA_LEN_CHANGE          0x07
#define BT_HCI_EVT_LE_P256_PUBLIC_KEY_COMPLETE 0x08
#define BT_HCI_EVT_LE_GENERATE_DHKEY_COMPLETE  0x09
#define BT_HCI_EVT_LE_ENH_CONN_COMPLETE        0x0a
#define BT_HCI_EVT_LE_DIRECT_ADV_REPORT        0x0b
#define BT_HCI_EVT_LE_PHY_UPDATE_COMPLETE      0x0c
#define BT_HCI_EVT_LE_EXT_ADVERTISING_REPORT   0x0d
#define BT_HCI_EVT_LE_PER_ADV_SYNC_ESTABLISHED 0x0e
#define BT_HCI_EVT_LE_PER_ADVERTISING_REPORT   0x0f
#define BT_HCI_EVT_LE_PER_ADV_SYNC_LOST        0x10
#define BT_HCI_EVT_LE_SCAN_TIMEOUT             0x11
#define BT_HCI_EVT_LE_ADV_SET_TERMINATED       0x12
#define BT_HCI_EVT_LE_SCAN_REQ_RECEIVED        0x13
#define BT_HCI_EVT_LE_CHAN_SEL_ALGO            0x14
#define BT_HCI_EVT_LE_PAST_RECEIVED            0x18
#define BT_HCI_EVT_LE_SUBRATE_CHANGE           0x23

// ---- Error codes (Vol 1, Part F) ----------------------------------------------------------------

#define BT_HCI_ERR_SUCCESS                      0x00
#define BT_HCI_ERR_UNKNOWN_CMD                  0x01
#define BT_HCI_ERR_UNKNOWN_CONN_ID              0x02
#define BT_HCI_ERR_HW_FAILURE                   0x03
#define BT_HCI_ERR_PAGE_TIMEOUT                 0x04
#define BT_HCI_ERR_AUTH_FAIL                    0x05
#define BT_HCI_ERR_PIN_OR_KEY_MISSING           0x06
#define BT_HCI_ERR_MEM_CAPACITY_EXCEEDED        0x07
#define BT_HCI_ERR_CONN_TIMEOUT                 0x08
#define BT_HCI_ERR_CONN_LIMIT_EXCEEDED          0x09
#define BT_HCI_ERR_SYNC_CONN_LIMIT_EXCEEDED     0x0a
#define BT_HCI_ERR_CONN_ALREADY_EXISTS          0x0b
#define BT_HCI_ERR_CMD_DISALLOWED               0x0c
#define BT_HCI_ERR_INSUFFICIENT_RESOURCES       0x0d
#define BT_HCI_ERR_INSUFFICIENT_SECURITY        0x0e
#define BT_HCI_ERR_BD_ADDR_UNACCEPTABLE         0x0f
#define BT_HCI_ERR_CONN_ACCEPT_TIMEOUT          0x10
#define BT_HCI_ERR_UNSUPP_FEATURE_PARAM_VAL     0x11
#define BT_HCI_ERR_INVALID_PARAM                0x12
#define BT_HCI_ERR_REMOTE_USER_TERM_CONN        0x13
#define BT_HCI_ERR_REMOTE_LOW_RESOURCES         0x14
#define BT_HCI_ERR_REMOTE_POWER_OFF             0x15
#define BT_HCI_ERR_LOCALHOST_TERM_CONN          0x16
#define BT_HCI_ERR_REPEATED_ATTEMPTS            0x17
#define BT_HCI_ERR_PAIRING_NOT_ALLOWED          0x18
#define BT_HCI_ERR_UNKNOWN_LMP_PDU              0x19
#define BT_HCI_ERR_UNSUPP_REMOTE_FEATURE        0x1a
#define BT_HCI_ERR_INVALID_LL_PARAM             0x1e
#define BT_HCI_ERR_UNSPECIFIED                  0x1f
#define BT_HCI_ERR_UNSUPP_LL_PARAM_VAL          0x20
#define BT_HCI_ERR_LL_RESP_TIMEOUT              0x22
#define BT_HCI_ERR_LL_PROC_COLLISION            0x23
#define BT_HCI_ERR_ENC_MODE_NOT_ACCEPTABLE      0x25
#define BT_HCI_ERR_INSTANT_PASSED               0x28
#define BT_HCI_ERR_PAIRING_NOT_SUPPORTED        0x29
#define BT_HCI_ERR_DIFF_TRANS_COLLISION         0x2a
#define BT_HCI_ERR_PARAM_OUT_OF_MANDATORY_RANGE 0x30
#define BT_HCI_ERR_CONTROLLER_BUSY              0x3a
#define BT_HCI_ERR_UNACCEPT_CONN_PARAM          0x3b
#define BT_HCI_ERR_ADV_TIMEOUT                  0x3c
#define BT_HCI_ERR_TERM_DUE_TO_MIC_FAIL         0x3d
#define BT_HCI_ERR_CONN_FAIL_TO_ESTAB           0x3e
#define BT_HCI_ERR_MAC_CONN_FAILED              0x3f
#define BT_HCI_ERR_CLOCK_ADJ_REJECTED           0x40
#define BT_HCI_ERR_SUBMAP_NOT_DEFINED           0x41
#define BT_HCI_ERR_UNKNOWN_ADV_IDENTIFIER       0x42
#define BT_HCI_ERR_LIMIT_REACHED                0x43
#define BT_HCI_ERR_OP_CANCELLED_BY_HOST         0x44
#define BT_HCI_ERR_PACKET_TOO_LONG              0x45
#define BT_HCI_ERR_TOO_LATE                     0x46
#define BT_HCI_ERR_TOO_EARLY                    0x47
#define BT_HCI_ERR_INSUFFICIENT_CHANNELS        0x48

// ---- LE features (Vol 6, Part B, 4.6) -----------------------------------------------------------

#define BT_LE_FEAT_BIT_ENC                0
#define BT_LE_FEAT_BIT_CONN_PARAM_REQ     1
#define BT_LE_FEAT_BIT_EXT_REJ_IND        2
#define BT_LE_FEAT_BIT_PER_INIT_FEAT_XCHG 3
#define BT_LE_FEAT_BIT_PING               4
#define BT_LE_FEAT_BIT_DLE                5
#define BT_LE_FEAT_BIT_PRIVACY            6
#define BT_LE_FEAT_BIT_EXT_SCAN           7
#define BT_LE_FEAT_BIT_PHY_2M             8
#define BT_LE_FEAT_BIT_SMI_TX             9
#define BT_LE_FEAT_BIT_SMI_RX             10
#define BT_LE_FEAT_BIT_PHY_CODED          11
#define BT_LE_FEAT_BIT_EXT_ADV            12
#define BT_LE_FEAT_BIT_PER_ADV            13
#define BT_LE_FEAT_BIT_CHAN_SEL_ALGO_2    14
#define BT_LE_FEAT_BIT_PWR_CLASS_1        15
#define BT_LE_FEAT_BIT_MIN_USED_CHAN_PROC 16
#define BT_LE_FEAT_BIT_PAST_SEND          24
#define BT_LE_FEAT_BIT_PAST_RECV          25
#define BT_LE_FEAT_BIT_CONN_SUBRATING     37
// Set by the host, with LE Set Host Feature.
#define BT_LE_FEAT_BIT_CONN_SUBRATING_HOST_SUPP 38

// ---- Values of parameters -----------------------------------------------------------------------

// HCI and link layer versions (Assigned Numbers, 2.1).
#define BT_HCI_VERSION_4_0 6
#define BT_HCI_VERSION_4_1 7
#define BT_HCI_VERSION_4_2 8
#define BT_HCI_VERSION_5_0 9
#define BT_HCI_VERSION_5_1 10
#define BT_HCI_VERSION_5_2 11
#define BT_HCI_VERSION_5_3 12
#define BT_HCI_VERSION_5_4 13
#define BT_HCI_VERSION_6_0 14

#define BT_HCI_ROLE_CENTRAL    0x00
#define BT_HCI_ROLE_PERIPHERAL 0x01

#define BT_HCI_OWN_ADDR_PUBLIC        0x00
#define BT_HCI_OWN_ADDR_RANDOM        0x01
#define BT_HCI_OWN_ADDR_RPA_OR_PUBLIC 0x02
#define BT_HCI_OWN_ADDR_RPA_OR_RANDOM 0x03

#define BT_HCI_ADV_IND                 0x00
#define BT_HCI_ADV_DIRECT_IND          0x01
#define BT_HCI_ADV_SCAN_IND            0x02
#define BT_HCI_ADV_NONCONN_IND         0x03
#define BT_HCI_ADV_DIRECT_IND_LOW_DUTY 0x04
#define BT_HCI_ADV_SCAN_RSP            0x04

// Advertising_Event_Properties (7.8.53); the first five are those of reports too (7.7.65.13).
#define BT_HCI_LE_ADV_PROP_CONN         BIT(0)
#define BT_HCI_LE_ADV_PROP_SCAN         BIT(1)
#define BT_HCI_LE_ADV_PROP_DIRECT       BIT(2)
#define BT_HCI_LE_ADV_PROP_HI_DC_CONN   BIT(3)
#define BT_HCI_LE_ADV_PROP_LEGACY       BIT(4)
#define BT_HCI_LE_ADV_PROP_ANON         BIT(5)
#define BT_HCI_LE_ADV_PROP_TX_POWER     BIT(6)
#define BT_HCI_LE_ADV_EVT_TYPE_SCAN_RSP BIT(3)
#define BT_HCI_LE_ADV_EVT_TYPE_LEGACY   BIT(4)

// Operation and Fragment_Preference of LE Set Extended Advertising Data (7.8.54).
#define BT_HCI_LE_EXT_ADV_OP_INTERM_FRAG   0x00
#define BT_HCI_LE_EXT_ADV_OP_FIRST_FRAG    0x01
#define BT_HCI_LE_EXT_ADV_OP_LAST_FRAG     0x02
#define BT_HCI_LE_EXT_ADV_OP_COMPLETE_DATA 0x03
#define BT_HCI_LE_EXT_ADV_FRAG_DISABLED    0x01
#define BT_HCI_LE_EXT_ADV_FRAG_MAX_LEN     251
#define BT_HCI_LE_PER_ADV_FRAG_MAX_LEN     252

#define BT_HCI_LE_ADV_DISABLE 0x00
#define BT_HCI_LE_ADV_ENABLE  0x01

#define BT_HCI_LE_SCAN_PASSIVE            0x00
#define BT_HCI_LE_SCAN_ACTIVE             0x01
#define BT_HCI_LE_SCAN_DISABLE            0x00
#define BT_HCI_LE_SCAN_ENABLE             0x01
#define BT_HCI_LE_SCAN_FP_BASIC_NO_FILTER 0x00
#define BT_HCI_LE_SCAN_FP_BASIC_FILTER    0x01
#define BT_HCI_LE_SCAN_FILTER_DUP_DISABLE 0x00
#define BT_HCI_LE_SCAN_FILTER_DUP_ENABLE  0x01

#define BT_HCI_LE_RSSI_NOT_AVAILABLE 0x7f

#define BT_HCI_LE_PHY_1M    0x01
#define BT_HCI_LE_PHY_2M    0x02
#define BT_HCI_LE_PHY_CODED 0x03

// Largest LE data length and its times: 2,120 us on 1M, 17,040 us with Coded PHY (Vol 6, Part B,
// 4.5.10).
#define BT_HCI_LE_MAX_TX_OCTETS_MAX 251
#define BT_HCI_LE_MAX_TX_TIME_MAX   17040

// Controller To Host Flow Control (7.3.38).
#define BT_HCI_CTL_TO_HOST_FLOW_DISABLE 0x00
#define BT_HCI_CTL_TO_HOST_FLOW_ENABLE  0x01

#ifdef __cplusplus
}
#endif

#endif // ZEPHYR_BLUETOOTH_HCI_TYPES_H_
