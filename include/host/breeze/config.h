// Every option of the host, with Zephyr's name where Zephyr has one. An application overrides any of
// them in a header of its own, named by -DBREEZE_CONFIG_FILE='"my_config.h"', or with -D. A feature
// level (BREEZE_LEVEL_BEACON, _PERIPHERAL or _FULL, chosen by the build) sets what is left.
//
// Boolean options are 0 or 1. Options that leave files out of the library are marked (files): the
// build decides them by level, and this header only reports them.
#ifndef BREEZE_CONFIG_H_
#define BREEZE_CONFIG_H_

#ifdef BREEZE_CONFIG_FILE
#include BREEZE_CONFIG_FILE
#endif

#if !defined(BREEZE_LEVEL_BEACON) && !defined(BREEZE_LEVEL_PERIPHERAL) &&                          \
    !defined(BREEZE_LEVEL_FULL)
#define BREEZE_LEVEL_FULL 1
#endif

// ---- Roles (files) ----------------------------------------------------------------------------

#if defined(BREEZE_LEVEL_BEACON)
#define CONFIG_BT_BROADCASTER           1 // Advertising.
#define CONFIG_BT_OBSERVER              0 // Scanning.
#define CONFIG_BT_PERIPHERAL            0 // Connectable advertising; links as peripheral.
#define CONFIG_BT_CENTRAL               0 // Creating connections.
#define CONFIG_BT_CONN                  0 // Links at all, with L2CAP, ATT and the GATT server.
#define CONFIG_BT_GATT_CLIENT           0 // Discovery, reads, writes and subscriptions as client.
#define CONFIG_BT_L2CAP_DYNAMIC_CHANNEL 0 // Credit based channels (zephyr/bluetooth/l2cap.h).
#elif defined(BREEZE_LEVEL_PERIPHERAL)
#define CONFIG_BT_BROADCASTER           1
#define CONFIG_BT_OBSERVER              0
#define CONFIG_BT_PERIPHERAL            1
#define CONFIG_BT_CENTRAL               0
#define CONFIG_BT_CONN                  1
#define CONFIG_BT_GATT_CLIENT           0
#define CONFIG_BT_L2CAP_DYNAMIC_CHANNEL 0
#else
#define CONFIG_BT_BROADCASTER           1
#define CONFIG_BT_OBSERVER              1
#define CONFIG_BT_PERIPHERAL            1
#define CONFIG_BT_CENTRAL               1
#define CONFIG_BT_CONN                  1
#define CONFIG_BT_GATT_CLIENT           1
#define CONFIG_BT_L2CAP_DYNAMIC_CHANNEL 1
#endif

// Advertising sets, long advertising data, scanning and connecting on LE Coded PHY (files). Legacy
// advertising, scanning and connecting then use the extended commands where the controller has them. In
// level full, where the build's BREEZE_EXT_ADV may leave it out.
#ifndef CONFIG_BT_EXT_ADV
#define CONFIG_BT_EXT_ADV CONFIG_BT_CENTRAL
#endif

// Periodic advertising: sending it, and synchronising with it (files). It comes with advertising sets.
#define CONFIG_BT_PER_ADV      CONFIG_BT_EXT_ADV
#define CONFIG_BT_PER_ADV_SYNC CONFIG_BT_EXT_ADV

// Connection subrating: links that rest most of their events and are quickly back (files). In level full,
// where the build's BREEZE_SUBRATING may leave it out.
#ifndef CONFIG_BT_SUBRATING
#define CONFIG_BT_SUBRATING CONFIG_BT_CENTRAL
#endif

#define MIN_OF_(a, b) ((a) < (b) ? (a) : (b))

// ---- Links ------------------------------------------------------------------------------------

// Connections at once, in any mix of roles; 1 to 62.
#ifndef CONFIG_BT_MAX_CONN
#define CONFIG_BT_MAX_CONN 4
#endif

// Identity addresses the host can hold; 1 to 8.
#ifndef CONFIG_BT_ID_MAX
#define CONFIG_BT_ID_MAX 1
#endif

// ---- Buffers ----------------------------------------------------------------------------------

// Largest L2CAP payload that is received in one piece, octets: bounds the ATT_MTU; 23 to 1024. 517 lets
// a value of the greatest length travel in one PDU; 247 and its header fill one link layer PDU, and
// level peripheral keeps buffers for no more.
#ifndef CONFIG_BT_L2CAP_RX_MTU
#define CONFIG_BT_L2CAP_RX_MTU (CONFIG_BT_GATT_CLIENT ? 517 : 247)
#endif

// Largest L2CAP payload that is sent in one piece, octets; 23 to 1024.
#ifndef CONFIG_BT_L2CAP_TX_MTU
#define CONFIG_BT_L2CAP_TX_MTU CONFIG_BT_L2CAP_RX_MTU
#endif

// Credit based channels at once, over all connections; 1 to 64.
#ifndef CONFIG_BREEZE_L2CAP_CHAN_MAX
#define CONFIG_BREEZE_L2CAP_CHAN_MAX                                                               \
    MIN_OF_(64, 2 + CONFIG_BT_MAX_CONN * (2 + CONFIG_BT_EATT * CONFIG_BT_EATT_MAX))
#endif

// Largest K-frame payload that a channel lets the peer send, octets; 64 to CONFIG_BT_L2CAP_RX_MTU. 247
// and its header fill one link layer PDU.
#ifndef CONFIG_BREEZE_L2CAP_MPS
#define CONFIG_BREEZE_L2CAP_MPS MIN_OF_(CONFIG_BT_L2CAP_RX_MTU, 247)
#endif
// K-frames that a channel lets the peer have under way while its application takes SDUs as they come; 2
// to 255. From 64 on the frames that give credits cost two per cent of a link's time at most.
#ifndef CONFIG_BREEZE_L2CAP_WINDOW
#define CONFIG_BREEZE_L2CAP_WINDOW 64
#endif

// Ask on every new link for data PDUs of 251 octets, and for the LE 2M PHY, where both sides have them.
#ifndef CONFIG_BT_AUTO_DATA_LEN_UPDATE
#define CONFIG_BT_AUTO_DATA_LEN_UPDATE 1
#endif
#ifndef CONFIG_BT_AUTO_PHY_UPDATE
#define CONFIG_BT_AUTO_PHY_UPDATE 1
#endif

// Buffers for PDUs on their way to the controller; at least 3. An enhanced ATT bearer whose peer
// gives no credits may keep one.
#ifndef CONFIG_BT_L2CAP_TX_BUF_COUNT
#define CONFIG_BT_L2CAP_TX_BUF_COUNT                                                               \
    (4 + CONFIG_BT_MAX_CONN * (1 + CONFIG_BT_EATT * CONFIG_BT_EATT_MAX))
#endif

// Completion callbacks that may be outstanding at once (bt_gatt_notify_cb, ...).
#ifndef CONFIG_BT_CONN_TX_MAX
#define CONFIG_BT_CONN_TX_MAX (CONFIG_BT_L2CAP_TX_BUF_COUNT + 8)
#endif

// ACL buffers towards the host: at least one more than connections, so that a partly received PDU
// on every link leaves one for the next fragment.
#ifndef CONFIG_BT_BUF_ACL_RX_COUNT
#define CONFIG_BT_BUF_ACL_RX_COUNT (CONFIG_BT_MAX_CONN + 4)
#endif

// Buffers for HCI events that wait while an API call waits for its command's answer; at least 4, and
// two more for advertising reports.
#ifndef CONFIG_BT_BUF_EVT_RX_COUNT
#define CONFIG_BT_BUF_EVT_RX_COUNT (CONFIG_BT_OBSERVER ? 6 : 4)
#endif

// Commands of the application (bt_hci_cmd_send) that may be queued at once; 1 or more.
#ifndef CONFIG_BT_BUF_CMD_TX_COUNT
#define CONFIG_BT_BUF_CMD_TX_COUNT 2
#endif

// bt_hci_err_to_str() has words for every error code, not only "".
#ifndef CONFIG_BT_HCI_ERR_TO_STR
#define CONFIG_BT_HCI_ERR_TO_STR 0
#endif

// bt_att_err_to_str() and bt_gatt_err_to_str() have names for error codes, not only "".
#ifndef CONFIG_BT_ATT_ERR_TO_STR
#define CONFIG_BT_ATT_ERR_TO_STR 0
#endif

// ---- GAP --------------------------------------------------------------------------------------

// Name at start, and the longest that bt_set_name() takes, octets without a terminator; 1 to 248.
#ifndef CONFIG_BT_DEVICE_NAME
#define CONFIG_BT_DEVICE_NAME "Breeze"
#endif
#ifndef CONFIG_BT_DEVICE_NAME_MAX
#define CONFIG_BT_DEVICE_NAME_MAX 31
#endif

// Appearance at start (Assigned Numbers, 2.6).
#ifndef CONFIG_BT_DEVICE_APPEARANCE
#define CONFIG_BT_DEVICE_APPEARANCE 0
#endif

// Peripheral Preferred Connection Parameters in the GAP service: intervals in 1.25 ms, latency in
// events, time-out in 10 ms.
#ifndef CONFIG_BT_PERIPHERAL_PREF_MIN_INT
#define CONFIG_BT_PERIPHERAL_PREF_MIN_INT 24
#endif
#ifndef CONFIG_BT_PERIPHERAL_PREF_MAX_INT
#define CONFIG_BT_PERIPHERAL_PREF_MAX_INT 40
#endif
#ifndef CONFIG_BT_PERIPHERAL_PREF_LATENCY
#define CONFIG_BT_PERIPHERAL_PREF_LATENCY 0
#endif
#ifndef CONFIG_BT_PERIPHERAL_PREF_TIMEOUT
#define CONFIG_BT_PERIPHERAL_PREF_TIMEOUT 42
#endif

// How long bt_conn_le_create() tries when its parameters leave it open, seconds; 1 to 655.
#ifndef CONFIG_BT_CREATE_CONN_TIMEOUT
#define CONFIG_BT_CREATE_CONN_TIMEOUT 3
#endif

// The accept list (files); it comes with scanning.
#define CONFIG_BT_FILTER_ACCEPT_LIST CONFIG_BT_OBSERVER

// Entries of the accept list; the controller's list may be shorter. 1 to 255.
#ifndef CONFIG_BREEZE_ACCEPT_LIST_MAX
#define CONFIG_BREEZE_ACCEPT_LIST_MAX 8
#endif

// Advertisers that a scan with BT_LE_SCAN_OPT_FILTER_DUPLICATE remembers; 1 to 4096. 12 octets each.
#ifndef CONFIG_BREEZE_SCAN_DUP_MAX
#define CONFIG_BREEZE_SCAN_DUP_MAX 64
#endif

// A peer may write the name, the appearance, in the GAP service.
#ifndef CONFIG_BT_DEVICE_NAME_GATT_WRITABLE
#define CONFIG_BT_DEVICE_NAME_GATT_WRITABLE 0
#endif
#ifndef CONFIG_BT_DEVICE_APPEARANCE_GATT_WRITABLE
#define CONFIG_BT_DEVICE_APPEARANCE_GATT_WRITABLE 0
#endif

// Advertising sets of the application (bt_le_ext_adv_create) at once, beside the one that
// bt_le_adv_start() uses; 1 to 16.
#ifndef CONFIG_BT_EXT_ADV_MAX_ADV_SET
#define CONFIG_BT_EXT_ADV_MAX_ADV_SET 3
#endif

// Longest advertising data that is put together from fragments, octets; 229 to 1650. Longer ones are
// dropped.
#ifndef CONFIG_BT_EXT_SCAN_BUF_SIZE
#define CONFIG_BT_EXT_SCAN_BUF_SIZE 1650
#endif

// Syncs with periodic advertising at once; 1 to 16.
#ifndef CONFIG_BT_PER_ADV_SYNC_MAX
#define CONFIG_BT_PER_ADV_SYNC_MAX 2
#endif

// Longest periodic advertising data that a sync puts together from fragments, octets; 247 to 1650.
// Longer ones are dropped.
#ifndef CONFIG_BT_PER_ADV_SYNC_BUF_SIZE
#define CONFIG_BT_PER_ADV_SYNC_BUF_SIZE 1650
#endif

// Keep name, appearance and identity in the settings (settings_load() brings them back), and what
// belongs to bonds.
#ifndef CONFIG_BT_SETTINGS
#define CONFIG_BT_SETTINGS (CONFIG_BT_GATT_CLIENT || CONFIG_BT_SMP)
#endif

// ---- Security ---------------------------------------------------------------------------------

// The Security Manager: pairing, encryption, bonds (files; the build's BREEZE_SMP).
#ifndef CONFIG_BT_SMP
#define CONFIG_BT_SMP 0
#endif

// Bonds that are kept at once; 1 to 100.
#ifndef CONFIG_BT_MAX_PAIRED
#define CONFIG_BT_MAX_PAIRED 4
#endif

// Signed writes, as client and as server (files; the build's BREEZE_SIGNING, in level full with the
// Security Manager). Old peers use them on links that are not encrypted; the specification
// advises against them.
#ifndef CONFIG_BT_SIGNING
#define CONFIG_BT_SIGNING 0
#endif

// The controller's own commands do the cryptography of the Security Manager, in place of a library (files; the
// build's BREEZE_CRYPTO=controller): LE Encrypt, P-256, LE Rand.
#ifndef CONFIG_BREEZE_CRYPTO_CONTROLLER
#define CONFIG_BREEZE_CRYPTO_CONTROLLER 0
#endif

// Private addresses of our own, and the controller's resolving list (files; the build's
// BREEZE_PRIVACY).
#ifndef CONFIG_BREEZE_PRIVACY
#define CONFIG_BREEZE_PRIVACY 0
#endif

// Show a resolvable private address from the start, as breeze_privacy_set() (breeze/privacy.h) does
// later.
#ifndef CONFIG_BT_PRIVACY
#define CONFIG_BT_PRIVACY 0
#endif

// How long a private address lasts when bt_le_set_rpa_timeout() was not called, seconds; 1 to 3600.
#ifndef CONFIG_BT_RPA_TIMEOUT
#define CONFIG_BT_RPA_TIMEOUT 900
#endif

// Bonded peers in the controller's resolving list; its own may be shorter. The host finds out by
// itself who the others are. 1 to 255.
#ifndef CONFIG_BREEZE_RESOLVING_LIST_MAX
#define CONFIG_BREEZE_RESOLVING_LIST_MAX MIN_OF_(CONFIG_BT_MAX_PAIRED, 16)
#endif

// Private addresses of others of which it is remembered whose they are; 1 to 4096. 9 octets each.
// Not used with CONFIG_BREEZE_CRYPTO_CONTROLLER, where the controller alone resolves addresses.
#ifndef CONFIG_BREEZE_RPA_CACHE
#define CONFIG_BREEZE_RPA_CACHE (CONFIG_BREEZE_CRYPTO_CONTROLLER ? 1 : 32)
#endif

// ---- ATT and GATT -----------------------------------------------------------------------------

// ATT_MTU that an exchange offers when breeze_mtu_set() was not called; 23 to CONFIG_BT_L2CAP_RX_MTU.
#ifndef CONFIG_BREEZE_ATT_MTU
#define CONFIG_BREEZE_ATT_MTU 247
#endif

// Enhanced ATT bearers: several ATT transactions at once, each over a channel of its own (files; the
// build's BREEZE_EATT, in level full with the Security Manager).
#ifndef CONFIG_BT_EATT
#define CONFIG_BT_EATT 0
#endif

// Enhanced bearers of one connection at once; 1 to 16.
#ifndef CONFIG_BT_EATT_MAX
#define CONFIG_BT_EATT_MAX 3
#endif

// What the link must have for enhanced bearers; 1 to 4. They are always encrypted (Vol 3, Part G,
// 5.3.2), so 1 means 2.
#ifndef CONFIG_BT_EATT_SEC_LEVEL
#define CONFIG_BT_EATT_SEC_LEVEL 1
#endif

// Open CONFIG_BT_EATT_MAX of them on every link that has this security: as central at once, as
// peripheral when the peer's Client Supported Features say that it takes them.
#ifndef CONFIG_BT_EATT_AUTO_CONNECT
#define CONFIG_BT_EATT_AUTO_CONNECT 1
#endif

// Values of Client Characteristic Configuration that are not 0, over all connections.
#ifndef CONFIG_BREEZE_GATT_CCC_MAX
#define CONFIG_BREEZE_GATT_CCC_MAX (CONFIG_BT_MAX_CONN * 8)
#endif

// Of these, how many are kept of each bonded peer with its bond; 1 to 73. 4 octets for each.
#ifndef CONFIG_BREEZE_GATT_KEEP_MAX
#define CONFIG_BREEZE_GATT_KEEP_MAX 8
#endif

// The GATT service has Client Supported Features, by which a peer asks for Multiple Handle Value
// Notifications; without it bt_gatt_notify_multiple() sends one notification for each value.
#ifndef CONFIG_BT_GATT_NOTIFY_MULTIPLE
#define CONFIG_BT_GATT_NOTIFY_MULTIPLE 0
#endif

// Caching by clients: the GATT service has Database Hash and Client Supported Features, and a client
// that asks for robust caching is refused by handle until it knows of a change (Vol 3, Part G,
// 2.5.2). Needs AES-CMAC, which comes with the Security Manager.
#ifndef CONFIG_BT_GATT_CACHING
#define CONFIG_BT_GATT_CACHING CONFIG_BT_SMP
#endif

// The server answers Read Multiple and Read Multiple Variable.
#ifndef CONFIG_BT_GATT_READ_MULTIPLE
#define CONFIG_BT_GATT_READ_MULTIPLE CONFIG_BT_GATT_CLIENT
#endif

// Queues of prepared writes (long and reliable ones): connections that may be in the middle of one
// at once; others get Prepare Queue Full. 0: the server does not take prepared writes. And the
// octets of each: the values, and 6 for each run of pieces that does not continue the one before.
#ifndef CONFIG_BREEZE_ATT_PREPARE_QUEUES
#define CONFIG_BREEZE_ATT_PREPARE_QUEUES (CONFIG_BT_GATT_CLIENT ? CONFIG_BT_MAX_CONN : 0)
#endif
#ifndef CONFIG_BREEZE_ATT_PREPARE_SIZE
#define CONFIG_BREEZE_ATT_PREPARE_SIZE 768
#endif

// Services registered at run time (bt_gatt_service_register) at once.
#ifndef CONFIG_BREEZE_GATT_SERVICES_MAX
#define CONFIG_BREEZE_GATT_SERVICES_MAX 16
#endif

// Services defined at compile time (BT_GATT_SERVICE_DEFINE), GAP and GATT among them; at least 2.
#ifndef CONFIG_BREEZE_GATT_STATIC_MAX
#define CONFIG_BREEZE_GATT_STATIC_MAX 10
#endif

// ---- What follows from the options -------------------------------------------------------------

#define BREEZE_CHECK(cond, sentence) _Static_assert(cond, sentence)

BREEZE_CHECK(CONFIG_BT_MAX_CONN >= 1 && CONFIG_BT_MAX_CONN <= 62,
             "CONFIG_BT_MAX_CONN must be 1 to 62.");
BREEZE_CHECK(CONFIG_BT_ID_MAX >= 1 && CONFIG_BT_ID_MAX <= 8, "CONFIG_BT_ID_MAX must be 1 to 8.");
BREEZE_CHECK(CONFIG_BT_L2CAP_RX_MTU >= 23 && CONFIG_BT_L2CAP_RX_MTU <= 1024,
             "CONFIG_BT_L2CAP_RX_MTU must be 23 to 1024 octets.");
BREEZE_CHECK(CONFIG_BT_L2CAP_TX_MTU >= 23 && CONFIG_BT_L2CAP_TX_MTU <= 1024,
             "CONFIG_BT_L2CAP_TX_MTU must be 23 to 1024 octets.");
BREEZE_CHECK(CONFIG_BREEZE_L2CAP_CHAN_MAX >= 1 && CONFIG_BREEZE_L2CAP_CHAN_MAX <= 64,
             "CONFIG_BREEZE_L2CAP_CHAN_MAX must be 1 to 64.");
BREEZE_CHECK(CONFIG_BREEZE_L2CAP_WINDOW >= 2 && CONFIG_BREEZE_L2CAP_WINDOW <= 255,
             "CONFIG_BREEZE_L2CAP_WINDOW must be 2 to 255.");
BREEZE_CHECK(!CONFIG_BT_L2CAP_DYNAMIC_CHANNEL ||
                 (CONFIG_BREEZE_L2CAP_MPS >= 64 &&
                  CONFIG_BREEZE_L2CAP_MPS <= CONFIG_BT_L2CAP_RX_MTU),
             "CONFIG_BREEZE_L2CAP_MPS must be 64 to CONFIG_BT_L2CAP_RX_MTU.");
BREEZE_CHECK(
    CONFIG_BT_L2CAP_TX_BUF_COUNT >= 3,
    "CONFIG_BT_L2CAP_TX_BUF_COUNT must be at least 3: a request, a response, a notification.");
BREEZE_CHECK(
    CONFIG_BT_BUF_ACL_RX_COUNT > CONFIG_BT_MAX_CONN,
    "CONFIG_BT_BUF_ACL_RX_COUNT must exceed CONFIG_BT_MAX_CONN, or reassembly can deadlock.");
BREEZE_CHECK(CONFIG_BT_BUF_EVT_RX_COUNT >= 4, "CONFIG_BT_BUF_EVT_RX_COUNT must be at least 4.");
BREEZE_CHECK(CONFIG_BT_BUF_CMD_TX_COUNT >= 1, "CONFIG_BT_BUF_CMD_TX_COUNT must be at least 1.");
BREEZE_CHECK(CONFIG_BT_DEVICE_NAME_MAX >= 1 && CONFIG_BT_DEVICE_NAME_MAX <= 248,
             "CONFIG_BT_DEVICE_NAME_MAX must be 1 to 248 octets.");
BREEZE_CHECK(sizeof(CONFIG_BT_DEVICE_NAME) - 1 <= CONFIG_BT_DEVICE_NAME_MAX,
             "CONFIG_BT_DEVICE_NAME is longer than CONFIG_BT_DEVICE_NAME_MAX.");
BREEZE_CHECK(CONFIG_BT_CREATE_CONN_TIMEOUT >= 1 && CONFIG_BT_CREATE_CONN_TIMEOUT <= 655,
             "CONFIG_BT_CREATE_CONN_TIMEOUT must be 1 to 655 seconds.");
BREEZE_CHECK(CONFIG_BT_EXT_ADV_MAX_ADV_SET >= 1 && CONFIG_BT_EXT_ADV_MAX_ADV_SET <= 16,
             "CONFIG_BT_EXT_ADV_MAX_ADV_SET must be 1 to 16.");
BREEZE_CHECK(CONFIG_BT_EXT_SCAN_BUF_SIZE >= 229 && CONFIG_BT_EXT_SCAN_BUF_SIZE <= 1650,
             "CONFIG_BT_EXT_SCAN_BUF_SIZE must be 229 to 1650 octets.");
BREEZE_CHECK(CONFIG_BT_PER_ADV_SYNC_MAX >= 1 && CONFIG_BT_PER_ADV_SYNC_MAX <= 16,
             "CONFIG_BT_PER_ADV_SYNC_MAX must be 1 to 16.");
BREEZE_CHECK(CONFIG_BT_PER_ADV_SYNC_BUF_SIZE >= 247 && CONFIG_BT_PER_ADV_SYNC_BUF_SIZE <= 1650,
             "CONFIG_BT_PER_ADV_SYNC_BUF_SIZE must be 247 to 1650 octets.");
BREEZE_CHECK(CONFIG_BREEZE_ATT_MTU >= 23 && CONFIG_BREEZE_ATT_MTU <= CONFIG_BT_L2CAP_RX_MTU,
             "CONFIG_BREEZE_ATT_MTU must be 23 to CONFIG_BT_L2CAP_RX_MTU.");
BREEZE_CHECK(CONFIG_BT_EATT_MAX >= 1 && CONFIG_BT_EATT_MAX <= 16,
             "CONFIG_BT_EATT_MAX must be 1 to 16.");
BREEZE_CHECK(CONFIG_BT_EATT_SEC_LEVEL >= 1 && CONFIG_BT_EATT_SEC_LEVEL <= 4,
             "CONFIG_BT_EATT_SEC_LEVEL must be 1 to 4.");
BREEZE_CHECK(!CONFIG_BT_EATT || CONFIG_BT_L2CAP_DYNAMIC_CHANNEL,
             "CONFIG_BT_EATT needs channels: level full.");
BREEZE_CHECK(!CONFIG_BT_EATT || CONFIG_BT_MAX_CONN * CONFIG_BT_EATT_MAX <= 62,
             "CONFIG_BT_MAX_CONN times CONFIG_BT_EATT_MAX must be 62 at most.");
BREEZE_CHECK(CONFIG_BREEZE_ACCEPT_LIST_MAX >= 1 && CONFIG_BREEZE_ACCEPT_LIST_MAX <= 255,
             "CONFIG_BREEZE_ACCEPT_LIST_MAX must be 1 to 255.");
BREEZE_CHECK(CONFIG_BREEZE_SCAN_DUP_MAX >= 1 && CONFIG_BREEZE_SCAN_DUP_MAX <= 4096,
             "CONFIG_BREEZE_SCAN_DUP_MAX must be 1 to 4096.");
BREEZE_CHECK(CONFIG_BREEZE_ATT_PREPARE_SIZE >= 518 && CONFIG_BREEZE_ATT_PREPARE_SIZE <= 65535,
             "CONFIG_BREEZE_ATT_PREPARE_SIZE must hold one whole value: at least 518 octets.");
BREEZE_CHECK(CONFIG_BT_MAX_PAIRED >= 1 && CONFIG_BT_MAX_PAIRED <= 100,
             "CONFIG_BT_MAX_PAIRED must be 1 to 100.");
BREEZE_CHECK(CONFIG_BT_RPA_TIMEOUT >= 1 && CONFIG_BT_RPA_TIMEOUT <= 3600,
             "CONFIG_BT_RPA_TIMEOUT must be 1 to 3600 seconds.");
BREEZE_CHECK(CONFIG_BREEZE_RESOLVING_LIST_MAX >= 1 && CONFIG_BREEZE_RESOLVING_LIST_MAX <= 255,
             "CONFIG_BREEZE_RESOLVING_LIST_MAX must be 1 to 255.");
BREEZE_CHECK(CONFIG_BREEZE_RPA_CACHE >= 1 && CONFIG_BREEZE_RPA_CACHE <= 4096,
             "CONFIG_BREEZE_RPA_CACHE must be 1 to 4096.");
BREEZE_CHECK(!CONFIG_BT_SMP || (CONFIG_BT_L2CAP_TX_MTU >= 65 && CONFIG_BT_L2CAP_RX_MTU >= 65),
             "With CONFIG_BT_SMP the L2CAP MTUs must be at least 65 octets: a public key.");
BREEZE_CHECK(!CONFIG_BT_SMP || CONFIG_BT_SETTINGS,
             "CONFIG_BT_SMP keeps bonds in the settings: it needs CONFIG_BT_SETTINGS.");
BREEZE_CHECK(!CONFIG_BT_SIGNING || CONFIG_BT_SMP,
             "CONFIG_BT_SIGNING needs the keys of the Security Manager (BREEZE_SMP).");
BREEZE_CHECK(!CONFIG_BT_GATT_CACHING || CONFIG_BT_SMP,
             "CONFIG_BT_GATT_CACHING needs the AES-CMAC of the Security Manager (BREEZE_SMP).");
BREEZE_CHECK(CONFIG_BREEZE_GATT_KEEP_MAX >= 1 && CONFIG_BREEZE_GATT_KEEP_MAX <= 73,
             "CONFIG_BREEZE_GATT_KEEP_MAX must be 1 to 73: they are one value of the settings.");
BREEZE_CHECK(CONFIG_BREEZE_GATT_STATIC_MAX >= 2,
             "CONFIG_BREEZE_GATT_STATIC_MAX must be at least 2: the GAP and the GATT service.");

#endif // BREEZE_CONFIG_H_
