// Settings: values under names like "bt/keys/aabb", kept by back ends and handed to handlers.
//
// A handler owns a subtree ("bt"); a name's part below it is its key. Loading calls h_set for each
// stored value and then h_commit. Values are kept by stores: sources are read, one destination is
// written. <breeze/settings.h> has a store in RAM; ports have others.
//
// Names are at most SETTINGS_MAX_NAME_LEN bytes, values SETTINGS_MAX_VAL_LEN.
#ifndef ZEPHYR_SETTINGS_SETTINGS_H_
#define ZEPHYR_SETTINGS_SETTINGS_H_

#include <breeze/kernel_config.h>
#include <zephyr/sys/iterable_sections.h>
#include <zephyr/sys/slist.h>
#include <zephyr/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SETTINGS_NAME_SEPARATOR '/'
#define SETTINGS_NAME_END       '='
#define SETTINGS_MAX_DIR_DEPTH  8

// Reads up to `len` bytes of the value from its start. Returns how many, or a negative errno.
typedef ssize_t (*settings_read_cb)(void *cb_arg, void *data, size_t len);

// A handler. Members may be NULL. `key` is the name below the handler's (NULL: the name itself).
struct settings_handler {
    const char *name;
    // Give the current value of a key: its length, or a negative errno.
    int (*h_get)(const char *key, char *val, int val_len_max);
    // Take a stored value of `len` bytes through read_cb. 0, or a negative errno (logged).
    int (*h_set)(const char *key, size_t len, settings_read_cb read_cb, void *cb_arg);
    // All values have been handed over.
    int (*h_commit)(void);
    // Hand every value to save to export_func under its full name.
    int (*h_export)(int (*export_func)(const char *name, const void *val, size_t val_len));
    sys_snode_t node;
};

struct settings_handler_static {
    const char *name;
    int (*h_get)(const char *key, char *val, int val_len_max);
    int (*h_set)(const char *key, size_t len, settings_read_cb read_cb, void *cb_arg);
    int (*h_commit)(void);
    int (*h_export)(int (*export_func)(const char *name, const void *val, size_t val_len));
};

#define SETTINGS_STATIC_HANDLER_DEFINE(_hname, _tree, _get, _set, _commit, _export)                \
    const STRUCT_SECTION_ITERABLE(settings_handler_static, settings_handler_##_hname) = {          \
        .name = _tree,                                                                             \
        .h_get = _get,                                                                             \
        .h_set = _set,                                                                             \
        .h_commit = _commit,                                                                       \
        .h_export = _export,                                                                       \
    }

// Start the subsystem; calls settings_backend_init() if the program has one. 0, or what that
// returned.
int settings_subsys_init(void);
// Optional, the program's or a port's: register the stores. 0 or a negative errno.
int settings_backend_init(void) __attribute__((__weak__));
// Add a handler. 0; -EEXIST: one of that name is there.
int settings_register(struct settings_handler *handler);

// Read all sources and hand the values to the handlers (of one subtree; to one callback), then
// commit (not for _direct). 0, or the first error of a source or of a commit.
typedef int (*settings_load_direct_cb)(const char *key, size_t len, settings_read_cb read_cb,
                                       void *cb_arg, void *param);
int settings_load(void);
int settings_load_subtree(const char *subtree);
int settings_load_subtree_direct(const char *subtree, settings_load_direct_cb cb, void *param);
// One value into `buf`. Its length, cut to the buffer's; -ENOENT: there is none.
ssize_t settings_load_one(const char *name, void *buf, size_t buf_len);

// Write what the handlers export. 0, or the first error; -ENOENT: no destination.
int settings_save(void);
int settings_save_subtree(const char *subtree);
// Write one value; a length of 0 deletes it. 0; -ENOENT: no destination; -EINVAL: name or value too
// long; the store's error.
int settings_save_one(const char *name, const void *value, size_t val_len);
int settings_delete(const char *name);
// Call the handlers' h_commit. 0 or the first error.
int settings_commit(void);
int settings_commit_subtree(const char *subtree);

// Give a value to the handler of its name, get it from there, without any store. -EINVAL: nobody
// has that name; -ENOTSUP: the handler has no such function.
int settings_runtime_set(const char *name, const void *data, size_t len);
int settings_runtime_get(const char *name, void *data, size_t len);
int settings_runtime_commit(const char *name);

// Whether `name` begins with `key` as whole parts; *next (may be NULL) is what follows the
// separator, NULL if nothing. Returns 1 or 0.
int settings_name_steq(const char *name, const char *key, const char **next);
// Length of the first part; *next is what follows its separator, NULL if nothing.
int settings_name_next(const char *name, const char **next);
// The handler with the longest name that `name` begins with; *next is the key.
struct settings_handler_static *settings_parse_and_lookup(const char *name, const char **next);

// Stores.
struct settings_load_arg {
    const char *subtree;
    settings_load_direct_cb cb; // NULL: the handlers
    void *param;
};
struct settings_store_itf;
struct settings_store {
    sys_snode_t cs_next;
    const struct settings_store_itf *cs_itf;
};
struct settings_store_itf {
    // Call settings_call_set_handler() for each value. 0, or a negative errno with none called.
    int (*csi_load)(struct settings_store *cs, const struct settings_load_arg *arg);
    // Optional: several csi_save() follow.
    int (*csi_save_start)(struct settings_store *cs);
    // Write one value, delete it if val_len is 0.
    int (*csi_save)(struct settings_store *cs, const char *name, const char *value, size_t val_len);
    int (*csi_save_end)(struct settings_store *cs);
    void *(*csi_storage_get)(struct settings_store *cs);
};
void settings_src_register(struct settings_store *cs);
void settings_dst_register(struct settings_store *cs);
int settings_call_set_handler(const char *name, size_t len, settings_read_cb read_cb,
                              void *read_cb_arg, const struct settings_load_arg *load_arg);

#ifdef __cplusplus
}
#endif

#endif // ZEPHYR_SETTINGS_SETTINGS_H_
