// The Generic Attribute Profile: services that this device offers, and procedures on the services
// of a peer (Vol 3, Parts F and G).
//
// Contexts. Every function may be called from the program's main line and from any callback of the
// host. Every callback runs from the loop, one at a time, when the host's state is consistent; any
// function of the host may be called inside it, also one that removes what the callback is about.
// Data handed to a callback is valid until it returns.
//
// Objects. Attributes and services belong to the program and stay valid while registered.
// Parameters of client procedures, indications and subscriptions belong to the host from a
// successful call until the callback that ends them; members whose names begin with an underscore
// are the host's.
#ifndef ZEPHYR_INCLUDE_BLUETOOTH_GATT_H_
#define ZEPHYR_INCLUDE_BLUETOOTH_GATT_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <zephyr/bluetooth/att.h>
#include <zephyr/bluetooth/conn.h>
#include <zephyr/bluetooth/uuid.h>
#include <zephyr/sys/atomic.h>
#include <zephyr/sys/iterable_sections.h>
#include <zephyr/sys/slist.h>
#include <zephyr/sys/util.h>

#ifdef __cplusplus
extern "C" {
#endif

// ---- Attributes --------------------------------------------------------------------------------

// What a peer may do with an attribute (Vol 3, Part F, 3.2.5). READ and WRITE give access on any
// link; the others give the same access, from a security level on: ENCRYPT from level 2, AUTHEN
// from level 3, LESC from level 4. Of several bits the strictest holds. BT_GATT_PERM_PREPARE_WRITE
// lets a write callback see queued writes early.
enum bt_gatt_perm {
    BT_GATT_PERM_NONE = 0,
    BT_GATT_PERM_READ = BIT(0),
    BT_GATT_PERM_WRITE = BIT(1),
    BT_GATT_PERM_READ_ENCRYPT = BIT(2),
    BT_GATT_PERM_WRITE_ENCRYPT = BIT(3),
    BT_GATT_PERM_READ_AUTHEN = BIT(4),
    BT_GATT_PERM_WRITE_AUTHEN = BIT(5),
    BT_GATT_PERM_PREPARE_WRITE = BIT(6),
    BT_GATT_PERM_READ_LESC = BIT(7),
    BT_GATT_PERM_WRITE_LESC = BIT(8),
};

// What an attribute callback returns to refuse with a BT_ATT_ERR_* code.
#define BT_GATT_ERR(_att_err) (-(_att_err))

// How a write arrived (flags of the write callback): the request may be the preparation of a queued
// write, a command that no answer follows, or the execution of queued writes.
enum {
    BT_GATT_WRITE_FLAG_PREPARE = BIT(0),
    BT_GATT_WRITE_FLAG_CMD = BIT(1),
    BT_GATT_WRITE_FLAG_EXECUTE = BIT(2),
};

struct bt_gatt_attr;

// A peer reads: put at most `len` octets of the value, from `offset` on, into `buf` and return how
// many, or BT_GATT_ERR(). conn is NULL when the host itself reads.
typedef ssize_t (*bt_gatt_attr_read_func_t)(struct bt_conn *conn, const struct bt_gatt_attr *attr,
                                            void *buf, uint16_t len, uint16_t offset);

// A peer writes `len` octets at `offset`: return `len`, or BT_GATT_ERR().
typedef ssize_t (*bt_gatt_attr_write_func_t)(struct bt_conn *conn, const struct bt_gatt_attr *attr,
                                             const void *buf, uint16_t len, uint16_t offset,
                                             uint8_t flags);

// One attribute. `handle` 0 lets the host choose; in services registered at run time it then holds
// the handle while registered. In static services it stays 0: ask bt_gatt_attr_get_handle().
struct bt_gatt_attr {
    const struct bt_uuid *uuid;
    bt_gatt_attr_read_func_t read;
    bt_gatt_attr_write_func_t write;
    void *user_data;
    uint16_t handle;
    uint16_t perm : 15; // BT_GATT_PERM_*
    bool _auto_assigned_handle : 1;
};

// A service defined at compile time.
struct bt_gatt_service_static {
    const struct bt_gatt_attr *attrs;
    size_t attr_count;
    const char *_name; // The symbol's name: static services are ordered by it.
};

// A service registered at run time.
struct bt_gatt_service {
    struct bt_gatt_attr *attrs;
    size_t attr_count;
    sys_snode_t node;
};

// Value of a service declaration as discovery reports it.
struct bt_gatt_service_val {
    const struct bt_uuid *uuid;
    uint16_t end_handle;
};

// Value of an include declaration.
struct bt_gatt_include {
    const struct bt_uuid *uuid;
    uint16_t start_handle;
    uint16_t end_handle;
};

// Value of a characteristic declaration. value_handle 0: the attribute behind the declaration.
struct bt_gatt_chrc {
    const struct bt_uuid *uuid;
    uint16_t value_handle;
    uint8_t properties; // BT_GATT_CHRC_*
};

// Characteristic properties (Vol 3, Part G, 3.3.1.1).
#define BT_GATT_CHRC_BROADCAST          0x01
#define BT_GATT_CHRC_READ               0x02
#define BT_GATT_CHRC_WRITE_WITHOUT_RESP 0x04
#define BT_GATT_CHRC_WRITE              0x08
#define BT_GATT_CHRC_NOTIFY             0x10
#define BT_GATT_CHRC_INDICATE           0x20
#define BT_GATT_CHRC_AUTH               0x40
#define BT_GATT_CHRC_EXT_PROP           0x80

// Characteristic Extended Properties (3.3.3.1).
#define BT_GATT_CEP_RELIABLE_WRITE 0x0001
#define BT_GATT_CEP_WRITABLE_AUX   0x0002
struct bt_gatt_cep {
    uint16_t properties;
};

// Client Characteristic Configuration (3.3.3.3).
#define BT_GATT_CCC_NOTIFY   0x0001
#define BT_GATT_CCC_INDICATE 0x0002
struct bt_gatt_ccc {
    uint16_t flags;
};

// Server Characteristic Configuration (3.3.3.4).
#define BT_GATT_SCC_BROADCAST 0x0001
struct bt_gatt_scc {
    uint16_t flags;
};

// Characteristic Presentation Format (3.3.3.5).
struct bt_gatt_cpf {
    uint8_t format;
    int8_t exponent;
    uint16_t unit;
    uint8_t name_space;
    uint16_t description;
} __packed;

// The program's part of a CCC descriptor that it manages itself. What each peer wrote is kept by
// the host per connection, so one constant object serves any number of hosts.
struct bt_gatt_ccc_managed_user_data {
    // The greatest value over all connections changed to `value`; a peer configured or vanished.
    void (*cfg_changed)(const struct bt_gatt_attr *attr, uint16_t value);
    // A peer wants to set `value`: return sizeof(value), or BT_GATT_ERR() to refuse. May be NULL.
    ssize_t (*cfg_write)(struct bt_conn *conn, const struct bt_gatt_attr *attr, uint16_t value);
    // May this peer be notified: asked before each notification of many. May be NULL.
    bool (*cfg_match)(struct bt_conn *conn, const struct bt_gatt_attr *attr);
};

// ---- Definitions -------------------------------------------------------------------------------

// One attribute of a table; perm is any BT_GATT_PERM_*.
#define BT_GATT_ATTRIBUTE(_uuid, _perm, _read, _write, _user_data)                                 \
    {                                                                                              \
        .uuid = _uuid, .read = _read, .write = _write, .user_data = (void *)(_user_data),          \
        .handle = 0, .perm = _perm,                                                                \
    }

// Service declarations. _service: the service's UUID (for the two macros with an argument that is
// an expression, a pointer to one).
#define BT_GATT_PRIMARY_SERVICE(_service)                                                          \
    BT_GATT_ATTRIBUTE(BT_UUID_GATT_PRIMARY, BT_GATT_PERM_READ, bt_gatt_attr_read_service, NULL,    \
                      _service)
#define BT_GATT_SECONDARY_SERVICE(_service)                                                        \
    BT_GATT_ATTRIBUTE(BT_UUID_GATT_SECONDARY, BT_GATT_PERM_READ, bt_gatt_attr_read_service, NULL,  \
                      _service)

// An include declaration; _service_incl points to the declaration attribute of the other service.
#define BT_GATT_INCLUDE_SERVICE(_service_incl)                                                     \
    BT_GATT_ATTRIBUTE(BT_UUID_GATT_INCLUDE, BT_GATT_PERM_READ, bt_gatt_attr_read_included, NULL,   \
                      _service_incl)

#define BT_GATT_CHRC_INIT(_uuid, _handle, _props)                                                  \
    {                                                                                              \
        .uuid = _uuid, .value_handle = _handle, .properties = _props,                              \
    }

// A characteristic: its declaration and its value, two attributes.
#define BT_GATT_CHARACTERISTIC(_uuid, _props, _perm, _read, _write, _user_data)                    \
    BT_GATT_ATTRIBUTE(BT_UUID_GATT_CHRC, BT_GATT_PERM_READ, bt_gatt_attr_read_chrc, NULL,          \
                      ((const struct bt_gatt_chrc[]){BT_GATT_CHRC_INIT(_uuid, 0U, _props)})),      \
        BT_GATT_ATTRIBUTE(_uuid, _perm, _read, _write, _user_data)

#define BT_GATT_CCC_MANAGED_USER_DATA_INIT(_changed, _write, _match)                               \
    {                                                                                              \
        .cfg_changed = _changed, .cfg_write = _write, .cfg_match = _match,                         \
    }

// A CCC descriptor whose bt_gatt_ccc_managed_user_data the program gives, or one with only a
// callback for changes (may be NULL).
#define BT_GATT_CCC_MANAGED(_ccc, _perm)                                                           \
    BT_GATT_ATTRIBUTE(BT_UUID_GATT_CCC, _perm, bt_gatt_attr_read_ccc, bt_gatt_attr_write_ccc, _ccc)
#define BT_GATT_CCC(_changed, _perm)                                                               \
    BT_GATT_CCC_MANAGED(((const struct bt_gatt_ccc_managed_user_data[]){                           \
                            BT_GATT_CCC_MANAGED_USER_DATA_INIT(_changed, NULL, NULL)}),            \
                        _perm)

// The names these had before Zephyr 4.2.
#define _bt_gatt_ccc bt_gatt_ccc_managed_user_data
#define BT_GATT_CCC_INITIALIZER(_changed, _write, _match)                                          \
    BT_GATT_CCC_MANAGED_USER_DATA_INIT(_changed, _write, _match)

// Extended properties (a struct bt_gatt_cep *), user description (a string), presentation format (a
// struct bt_gatt_cpf *), any other descriptor.
#define BT_GATT_CEP(_value)                                                                        \
    BT_GATT_DESCRIPTOR(BT_UUID_GATT_CEP, BT_GATT_PERM_READ, bt_gatt_attr_read_cep, NULL,           \
                       (void *)_value)
#define BT_GATT_CUD(_value, _perm)                                                                 \
    BT_GATT_DESCRIPTOR(BT_UUID_GATT_CUD, _perm, bt_gatt_attr_read_cud, NULL, (void *)_value)
#define BT_GATT_CPF(_value)                                                                        \
    BT_GATT_DESCRIPTOR(BT_UUID_GATT_CPF, BT_GATT_PERM_READ, bt_gatt_attr_read_cpf, NULL,           \
                       (void *)_value)
#define BT_GATT_DESCRIPTOR(_uuid, _perm, _read, _write, _user_data)                                \
    BT_GATT_ATTRIBUTE(_uuid, _perm, _read, _write, _user_data)

// A service object for bt_gatt_service_register() from an array of attributes.
#define BT_GATT_SERVICE(_attrs)                                                                    \
    {                                                                                              \
        .attrs = _attrs, .attr_count = ARRAY_SIZE(_attrs),                                         \
    }

// Define a service that is part of the database from start to end of the program. Its attributes
// are the array attr_<name>. Static services come behind GAP and GATT, in the order of their names.
#define BT_GATT_SERVICE_DEFINE(_svc, ...)                                                          \
    const struct bt_gatt_attr attr_##_svc[] = {__VA_ARGS__};                                       \
    const STRUCT_SECTION_ITERABLE(bt_gatt_service_static, _svc) = {                                \
        .attrs = attr_##_svc,                                                                      \
        .attr_count = ARRAY_SIZE(attr_##_svc),                                                     \
        ._name = #_svc,                                                                            \
    }

// The same service `_instance_num` times: `_attrs_def(instance)` expands to a braced list of
// attributes for each element of the array `_instances`. _instance_num is a plain number up to 32.
#define Z_BT_GATT_INSTANCE_ATTRS(_n, _name, _instances, _attrs_def)                                \
    static const struct bt_gatt_attr attrs_##_name##_##_n[] = _attrs_def(_instances[_n])
#define Z_BT_GATT_INSTANCE_ITEM(_n, _svc)                                                          \
    {                                                                                              \
        .attrs = attrs_##_svc##_##_n, .attr_count = ARRAY_SIZE(attrs_##_svc##_##_n),               \
        ._name = #_svc,                                                                            \
    }
#define BT_GATT_SERVICE_INSTANCE_DEFINE(_name, _instances, _instance_num, _attrs_def)              \
    BUILD_ASSERT(ARRAY_SIZE(_instances) == _instance_num, "One instance for each service.");       \
    LISTIFY(_instance_num, Z_BT_GATT_INSTANCE_ATTRS, (;), _name, _instances, _attrs_def);          \
    const STRUCT_SECTION_ITERABLE_ARRAY(bt_gatt_service_static, _name, _instance_num) = {          \
        LISTIFY(_instance_num, Z_BT_GATT_INSTANCE_ITEM, (, ), _name)}

// ---- The server --------------------------------------------------------------------------------

// Connection-independent callbacks; kept until bt_gatt_cb_unregister(), also over bt_disable().
struct bt_gatt_cb {
    // An exchange, started by either side, settled the ATT_MTU of a connection: the longest PDU to
    // the peer and from the peer, octets.
    void (*att_mtu_updated)(struct bt_conn *conn, uint16_t tx, uint16_t rx);
    sys_snode_t node;
};
void bt_gatt_cb_register(struct bt_gatt_cb *cb);
// 0, or -ENOENT.
int bt_gatt_cb_unregister(struct bt_gatt_cb *cb);

// Ask the program about each access of a peer, after the permissions allowed it. A member that is
// NULL allows. One set at a time; NULL removes it. 0, or -EALREADY when another set is registered.
struct bt_gatt_authorization_cb {
    bool (*read_authorize)(struct bt_conn *conn, const struct bt_gatt_attr *attr);
    bool (*write_authorize)(struct bt_conn *conn, const struct bt_gatt_attr *attr);
};
int bt_gatt_authorization_cb_register(const struct bt_gatt_authorization_cb *cb);

// Add a service; works at any time, also before bt_enable() and while connected (subscribed peers
// get Service Changed). If the first attribute's handle is not 0, all handles must be given,
// consecutive and free. 0; -EINVAL for an empty or ill-formed table or taken handles; -EALREADY
// when registered; -ENOMEM when CONFIG_BREEZE_GATT_SERVICES_MAX or the handles are used up.
int bt_gatt_service_register(struct bt_gatt_service *svc);
// Remove it; its client configurations are forgotten. 0, or -ENOENT.
int bt_gatt_service_unregister(struct bt_gatt_service *svc);
bool bt_gatt_service_is_registered(const struct bt_gatt_service *svc);

// Iteration. The function returns one of these.
enum {
    BT_GATT_ITER_STOP = 0,
    BT_GATT_ITER_CONTINUE,
};
typedef uint8_t (*bt_gatt_attr_func_t)(const struct bt_gatt_attr *attr, uint16_t handle,
                                       void *user_data);

// Call `func` for every attribute from start to end handle, inclusive, whose type is `uuid` (NULL:
// any) and whose user_data is `attr_data` (NULL: any); at most `num_matches` times (0: no limit).
void bt_gatt_foreach_attr_type(uint16_t start_handle, uint16_t end_handle,
                               const struct bt_uuid *uuid, const void *attr_data,
                               uint16_t num_matches, bt_gatt_attr_func_t func, void *user_data);
static inline void bt_gatt_foreach_attr(uint16_t start_handle, uint16_t end_handle,
                                        bt_gatt_attr_func_t func, void *user_data)
{
    bt_gatt_foreach_attr_type(start_handle, end_handle, NULL, NULL, 0, func, user_data);
}

// The attribute with the next handle, or NULL.
struct bt_gatt_attr *bt_gatt_attr_next(const struct bt_gatt_attr *attr);

// The first attribute of type `uuid` among `attr_count` from `attr` on, or NULL.
struct bt_gatt_attr *bt_gatt_find_by_uuid(const struct bt_gatt_attr *attr, uint16_t attr_count,
                                          const struct bt_uuid *uuid);

// The handle of an attribute that is in the database, else 0.
uint16_t bt_gatt_attr_get_handle(const struct bt_gatt_attr *attr);

// The handle of a characteristic's value, from its declaration; 0 if `attr` is no declaration.
uint16_t bt_gatt_attr_value_handle(const struct bt_gatt_attr *attr);

// Building blocks for read callbacks. bt_gatt_attr_read() answers from `value`, checking the
// offset; the others answer with what the attribute's user_data says.
ssize_t bt_gatt_attr_read(struct bt_conn *conn, const struct bt_gatt_attr *attr, void *buf,
                          uint16_t buf_len, uint16_t offset, const void *value, uint16_t value_len);
ssize_t bt_gatt_attr_read_service(struct bt_conn *conn, const struct bt_gatt_attr *attr, void *buf,
                                  uint16_t len, uint16_t offset);
ssize_t bt_gatt_attr_read_included(struct bt_conn *conn, const struct bt_gatt_attr *attr, void *buf,
                                   uint16_t len, uint16_t offset);
ssize_t bt_gatt_attr_read_chrc(struct bt_conn *conn, const struct bt_gatt_attr *attr, void *buf,
                               uint16_t len, uint16_t offset);
ssize_t bt_gatt_attr_read_ccc(struct bt_conn *conn, const struct bt_gatt_attr *attr, void *buf,
                              uint16_t len, uint16_t offset);
ssize_t bt_gatt_attr_read_cep(struct bt_conn *conn, const struct bt_gatt_attr *attr, void *buf,
                              uint16_t len, uint16_t offset);
ssize_t bt_gatt_attr_read_cud(struct bt_conn *conn, const struct bt_gatt_attr *attr, void *buf,
                              uint16_t len, uint16_t offset);
ssize_t bt_gatt_attr_read_cpf(struct bt_conn *conn, const struct bt_gatt_attr *attr, void *buf,
                              uint16_t len, uint16_t offset);
// The write callback of a CCC descriptor: one or two octets, only the bits 0 and 1 (reserved bits
// are refused with Value Not Allowed), kept per connection.
ssize_t bt_gatt_attr_write_ccc(struct bt_conn *conn, const struct bt_gatt_attr *attr,
                               const void *buf, uint16_t len, uint16_t offset, uint8_t flags);

// A PDU was sent to (for a notification: acknowledged by) the peer, or its link is gone.
typedef void (*bt_gatt_complete_func_t)(struct bt_conn *conn, void *user_data);

struct bt_gatt_notify_params {
    const struct bt_uuid
        *uuid; // Not NULL: the first characteristic value of this type from attr on.
    const struct bt_gatt_attr
        *attr; // Declaration or value of the characteristic; NULL with uuid: all.
    const void *data;
    uint16_t len;
    bt_gatt_complete_func_t func; // May be NULL.
    void *user_data;
    enum bt_att_chan_opt chan_opt;
};

// Notify one peer, or with conn NULL every subscribed one. The data is copied; never waits. 0;
// -EINVAL: not subscribed, or `attr` is not in the database; -ENOENT: no attribute of this uuid;
// -EPERM: the link's security does not allow reading the value; -EMSGSIZE: longer than the ATT_MTU
// allows; -ENOMEM: no buffer now (see breeze_gatt_ready_cb_set()); -ENOTCONN: not connected, or
// nobody is subscribed. Vol 3, Part G, 4.10. Where the value needs an encrypted link and a bond with
// the peer is there, the call asks for the encryption (Vol 3, Part C, 10.3.2): again when
// `security_changed` says that it is there.
int bt_gatt_notify_cb(struct bt_conn *conn, struct bt_gatt_notify_params *params);

// bt_gatt_notify_cb() without a callback: attribute and data. The same errors.
static inline int bt_gatt_notify(struct bt_conn *conn, const struct bt_gatt_attr *attr,
                                 const void *data, uint16_t len)
{
    struct bt_gatt_notify_params params = {.attr = attr, .data = data, .len = len};
    return bt_gatt_notify_cb(conn, &params);
}

// ... for the attribute of this uuid, looked for from `attr` on.
static inline int bt_gatt_notify_uuid(struct bt_conn *conn, const struct bt_uuid *uuid,
                                      const struct bt_gatt_attr *attr, const void *data,
                                      uint16_t len)
{
    struct bt_gatt_notify_params params = {.uuid = uuid, .attr = attr, .data = data, .len = len};
    return bt_gatt_notify_cb(conn, &params);
}

struct bt_gatt_indicate_params;
// A peer confirmed (err 0), or it did not within 30 s or its link was lost (BT_ATT_ERR_UNLIKELY).
typedef void (*bt_gatt_indicate_func_t)(struct bt_conn *conn,
                                        struct bt_gatt_indicate_params *params, uint8_t err);
// The host is done with `params`.
typedef void (*bt_gatt_indicate_params_destroy_t)(struct bt_gatt_indicate_params *params);

struct bt_gatt_indicate_params {
    const struct bt_uuid *uuid;                // As in bt_gatt_notify_params.
    const struct bt_gatt_attr *attr;           //
    bt_gatt_indicate_func_t func;              // Once per peer. May be NULL.
    bt_gatt_indicate_params_destroy_t destroy; // Once, after the last func. May be NULL.
    const void *data;
    uint16_t len;
    uint8_t _ref;
    enum bt_att_chan_opt chan_opt;
};

// Indicate to one peer, or with conn NULL to every subscribed one. One indication per connection is
// on its way and one more may wait; the data is copied. Errors as bt_gatt_notify_cb(); -ENOMEM also
// when one waits already. Vol 3, Part G, 4.11.
int bt_gatt_indicate(struct bt_conn *conn, struct bt_gatt_indicate_params *params);

// Notify one peer of several values in as few PDUs as it takes; a peer that did not say in its Client
// Supported Features that it understands that (CONFIG_BT_GATT_NOTIFY_MULTIPLE) gets one notification
// each. All params name the same func and user_data; func is called once for each PDU. Errors as
// bt_gatt_notify_cb(), -EINVAL also for fewer than two params or no conn; after an error that comes
// late (-ENOMEM) the values before were sent. Vol 3, Part F, 3.4.7.4.
int bt_gatt_notify_multiple(struct bt_conn *conn, uint16_t num_params,
                            struct bt_gatt_notify_params params[]);

// Did this peer write a client configuration with `ccc_type` (BT_GATT_CCC_NOTIFY, _INDICATE) for
// the characteristic of which `attr` is declaration or value.
bool bt_gatt_is_subscribed(struct bt_conn *conn, const struct bt_gatt_attr *attr,
                           uint16_t ccc_type);

// The ATT_MTU of the connection, octets, the largest of its bearers; 0 when there is none.
// bt_gatt_get_uatt_mtu(): of the unenhanced bearer.
uint16_t bt_gatt_get_mtu(struct bt_conn *conn);
uint16_t bt_gatt_get_uatt_mtu(struct bt_conn *conn);

// ---- The client --------------------------------------------------------------------------------
//
// Procedures queue per connection and run one at a time, on each bearer (enum bt_att_chan_opt).
// Each ends exactly once, with its final callback: when it succeeded, when the peer refused, when
// the peer's answer was malformed (BT_ATT_ERR_INVALID_PDU), after 30 s without answer
// (BT_ATT_ERR_UNLIKELY; the connection then carries no further ATT traffic of ours, Vol 3, Part F,
// 3.3.3), or when the link is lost (BT_ATT_ERR_UNLIKELY). The same parameters may be used again in
// that callback. All functions return 0; -EINVAL; -ENOTCONN: no link, or it timed out before;
// -EBUSY: `params` is in use; -ENOTSUP where said. Octets that a procedure sends (`data`) must stay
// valid until its callback.

// The host's part of a procedure.
struct bt_gatt_op {
    sys_snode_t node;
    const void *proc;
    void *params;
    uint16_t at;
    uint16_t len;
    uint8_t stage;
    uint8_t err;
    uint8_t opt; // bt_att_chan_opt
    uint8_t on;  // The bearer that it keeps to: index + 1, 0 none yet.
};

struct bt_gatt_exchange_params {
    // The ATT_MTU of the connection is settled (err 0: ask bt_gatt_get_mtu()).
    void (*func)(struct bt_conn *conn, uint8_t err, struct bt_gatt_exchange_params *params);
    struct bt_gatt_op _op;
};
// Exchange MTU (Vol 3, Part F, 3.4.2): offers breeze_mtu_get(). Also -EALREADY: this side did so
// before.
int bt_gatt_exchange_mtu(struct bt_conn *conn, struct bt_gatt_exchange_params *params);

struct bt_gatt_discover_params;
// One result: `attr->uuid` is the attribute's type, `attr->handle` its handle and `attr->user_data`
// for PRIMARY and SECONDARY a struct bt_gatt_service_val, for INCLUDE a struct bt_gatt_include, for
// CHARACTERISTIC a struct bt_gatt_chrc, for STD_CHAR_DESC the struct of the type asked for, else
// NULL. All of it is valid during the call. attr NULL: finished, params are free again. Return
// BT_GATT_ITER_STOP to end early (no further call).
typedef uint8_t (*bt_gatt_discover_func_t)(struct bt_conn *conn, const struct bt_gatt_attr *attr,
                                           struct bt_gatt_discover_params *params);

enum {
    BT_GATT_DISCOVER_PRIMARY,        // Services; with uuid only those (Vol 3, Part G, 4.4).
    BT_GATT_DISCOVER_SECONDARY,      //
    BT_GATT_DISCOVER_INCLUDE,        // Included services; with uuid only those (4.5.1).
    BT_GATT_DISCOVER_CHARACTERISTIC, // Characteristics; with uuid only those (4.6).
    BT_GATT_DISCOVER_DESCRIPTOR,     // Types in the range, without declarations (4.7).
    BT_GATT_DISCOVER_ATTRIBUTE,      // Types in the range.
    BT_GATT_DISCOVER_STD_CHAR_DESC, // With values; uuid is that of CEP, CCC, SCC or CPF, else -EINVAL.
};

struct bt_gatt_subscribe_params;

struct bt_gatt_discover_params {
    const struct bt_uuid *uuid; // Must stay valid; NULL: all.
    bt_gatt_discover_func_t func;
    union {
        struct {
            uint16_t attr_handle;
            uint16_t start_handle;
            uint16_t end_handle;
        } _included;
        uint16_t start_handle;
    };
    uint16_t end_handle;
    uint8_t type;                                // BT_GATT_DISCOVER_*
    struct bt_gatt_subscribe_params *sub_params; // Unused.
    enum bt_att_chan_opt chan_opt;
    struct bt_gatt_op _op;
};
// Look for attributes of the peer (Vol 3, Part G, 4.4 to 4.7). 0: params belong to the host until
// `func` has been called, in the drain, with attr NULL or has answered BT_GATT_ITER_STOP; -EINVAL:
// no handle range; -ENOTSUP: this type is not offered; -EBUSY: params are in use; -ENOTCONN.
int bt_gatt_discover(struct bt_conn *conn, struct bt_gatt_discover_params *params);

struct bt_gatt_read_params;
// A piece of the value, in order; an empty value gives one piece of length 0. data NULL: finished
// with BT_ATT_ERR_* or 0. Return BT_GATT_ITER_CONTINUE to go on with Read Blob when the piece
// filled the PDU; after BT_GATT_ITER_STOP there is no further call.
typedef uint8_t (*bt_gatt_read_func_t)(struct bt_conn *conn, uint8_t err,
                                       struct bt_gatt_read_params *params, const void *data,
                                       uint16_t length);

struct bt_gatt_read_params {
    bt_gatt_read_func_t func;
    // 0: by_uuid, 1: single, else multiple (then at most as many as fit a request, else -EINVAL).
    size_t handle_count;
    union {
        struct {
            uint16_t handle;
            uint16_t offset; // Not 0: begin with Read Blob.
        } single;
        struct {
            uint16_t *handles; // Must stay valid.
            bool variable;
        } multiple;
        struct {
            uint16_t start_handle; // During func: the handle of the value.
            uint16_t end_handle;
            const struct bt_uuid *uuid; // Must stay valid.
        } by_uuid;
    };
    enum bt_att_chan_opt chan_opt;
    uint16_t _att_mtu;
    struct bt_gatt_op _op;
};
// Read a value, also a long one (Vol 3, Part G, 4.8.1 and 4.8.3); every value of one type in a range
// of handles, one piece each, BT_ATT_ERR_ATTRIBUTE_NOT_FOUND when there is none (4.8.2); the values
// of several handles, in one piece that the caller takes apart (4.8.4), or with `variable` one piece
// each (4.8.5), of which the last may be cut or missing where the ATT_MTU ends.
int bt_gatt_read(struct bt_conn *conn, struct bt_gatt_read_params *params);

struct bt_gatt_write_params;
typedef void (*bt_gatt_write_func_t)(struct bt_conn *conn, uint8_t err,
                                     struct bt_gatt_write_params *params);
struct bt_gatt_write_params {
    bt_gatt_write_func_t func;
    uint16_t handle;
    uint16_t offset; // With more than 0, or length above ATT_MTU - 3, the write is a long one.
    const void *data;
    uint16_t length; // offset + length at most 512, else -EINVAL.
    enum bt_att_chan_opt chan_opt;
    struct bt_gatt_op _op;
};
// Write a value: by Write Request (Vol 3, Part G, 4.9.3) or, when it is long or begins at an offset,
// by queued writes (4.9.4). For several values at once see breeze_gatt_write_reliable().
int bt_gatt_write(struct bt_conn *conn, struct bt_gatt_write_params *params);

// Write Command (4.9.1). The data is copied; `func` (may be NULL) is called when it was
// acknowledged by the link layer or the link is gone. -EMSGSIZE: longer than ATT_MTU - 3; -ENOMEM:
// no buffer now;
// `sign` asks for a Signed Write Command (4.9.2), 12 octets less of value, signed with the key that the
// peer got when it was bonded; on an encrypted link it is a plain Write Command (Part C, 10.4.1). Then
// also -ENOENT: no bond with such a key; -EOVERFLOW: that key is used up; -ENOTSUP: a build without
// CONFIG_BT_SIGNING; what the settings say when they do not keep the sign counter.
int bt_gatt_write_without_response_cb(struct bt_conn *conn, uint16_t handle, const void *data,
                                      uint16_t length, bool sign, bt_gatt_complete_func_t func,
                                      void *user_data);
static inline int bt_gatt_write_without_response(struct bt_conn *conn, uint16_t handle,
                                                 const void *data, uint16_t length, bool sign)
{
    return bt_gatt_write_without_response_cb(conn, handle, data, length, sign, NULL, NULL);
}

// A value arrived. data NULL: the subscription is over (conn NULL: while the peer was away, because
// its bond was deleted or by bt_disable()). Return BT_GATT_ITER_STOP to unsubscribe.
typedef uint8_t (*bt_gatt_notify_func_t)(struct bt_conn *conn,
                                         struct bt_gatt_subscribe_params *params, const void *data,
                                         uint16_t length);
// The peer answered the write of its CCC descriptor.
typedef void (*bt_gatt_subscribe_func_t)(struct bt_conn *conn, uint8_t err,
                                         struct bt_gatt_subscribe_params *params);

// Bits of bt_gatt_subscribe_params.flags.
enum {
    BT_GATT_SUBSCRIBE_FLAG_VOLATILE,      // Ends with the connection, as with a peer not bonded.
    BT_GATT_SUBSCRIBE_FLAG_NO_RESUB,      // The CCC is not written again after a reconnection.
    BT_GATT_SUBSCRIBE_FLAG_WRITE_PENDING, // Set by the host: the CCC is being written.
    BT_GATT_SUBSCRIBE_FLAG_SENT,          // Set by the host: the CCC was written on this link.
    BT_GATT_SUBSCRIBE_NUM_FLAGS
};

// As ccc_handle: find the CCC descriptor first, between value_handle and end_handle (0: to the end
// of the characteristic). `subscribe` hears BT_ATT_ERR_ATTRIBUTE_NOT_FOUND when there is none.
#define BT_GATT_AUTO_DISCOVER_CCC_HANDLE 0x0000

struct bt_gatt_subscribe_params {
    bt_gatt_notify_func_t notify;
    bt_gatt_subscribe_func_t subscribe; // May be NULL.
    uint16_t value_handle;
    uint16_t ccc_handle;
    uint16_t end_handle;
    struct bt_gatt_discover_params *disc_params; // Unused.
    uint16_t value;             // BT_GATT_CCC_NOTIFY, BT_GATT_CCC_INDICATE or both.
    bt_security_t min_security; // Values that arrive on a link below this level are not delivered.
    ATOMIC_DEFINE(flags, BT_GATT_SUBSCRIBE_NUM_FLAGS);
    sys_snode_t node;
    enum bt_att_chan_opt chan_opt;
    struct bt_gatt_op _op;
};
// Write the CCC descriptor and deliver what arrives for value_handle. Several subscriptions to one
// value share one configuration: only the first write and a write that changes it leave. Also
// -EALREADY; -EBUSY: `params` are a subscription on another connection.
//
// With a bonded peer the subscription, once written, outlasts the connection unless it is VOLATILE
// (Vol 3, Part G, 3.3.3.3): `params` stay the host's, and when the bond has encrypted the next link
// values arrive again. The CCC is then written again too, which ends in another call of
// `subscribe`, unless it is NO_RESUB. BT_ATT_ERR_DB_OUT_OF_SYNC there means that services of the
// peer changed: the subscription goes on, but its handles may have become another value's.
int bt_gatt_subscribe(struct bt_conn *conn, struct bt_gatt_subscribe_params *params);
// Write 0 (when no other subscription needs the value) and end the subscription: its notify
// callback is called with data NULL. -EINVAL when it does not exist. One whose peer is away ends
// when the peer is back, or with the bond (bt_unpair()).
int bt_gatt_unsubscribe(struct bt_conn *conn, struct bt_gatt_subscribe_params *params);

// After a restart, or before the first connection: take up a subscription that the bonded peer has
// kept, as if it had been made on a connection before. ccc_handle must be known. 0; -EINVAL: not
// complete, or no bond with this peer; -EALREADY; -ENOMEM.
int bt_gatt_resubscribe(uint8_t id, const bt_addr_le_t *peer,
                        struct bt_gatt_subscribe_params *params);

// End a procedure early: its final callback comes from the loop with BT_ATT_ERR_UNLIKELY, and
// `params` is the host's until then; an answer still under way is thrown away. A long or reliable
// write that had begun is cancelled at the server. Nothing happens when it is not pending, or is
// about to end anyway.
void bt_gatt_cancel(struct bt_conn *conn, void *params);

// The name of an error that a callback returned as BT_GATT_ERR(); never NULL.
static inline const char *bt_gatt_err_to_str(int gatt_err)
{
    return bt_att_err_to_str((uint8_t)(gatt_err < 0 ? -gatt_err : gatt_err));
}

#ifdef __cplusplus
}
#endif

#endif // ZEPHYR_INCLUDE_BLUETOOTH_GATT_H_
