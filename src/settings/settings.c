// Settings: names, handlers and stores. The host's handlers are in a const table, the application's
// static ones in their section, others in kernel_state; where a name could belong to several, the
// longest wins.
#include <breeze/loop.h>
#include <zephyr/settings/settings.h>

#define LOG_LAYER LOG_KERNEL
#include "base/log.h"
#include "kernel/state.h"
#include "settings/handlers.h"

int settings_name_steq(const char *name, const char *key, const char **next)
{
    size_t len = strlen(key);
    bool match = strncmp(name, key, len) == 0 &&
                 (name[len] == '\0' || name[len] == SETTINGS_NAME_SEPARATOR ||
                  name[len] == SETTINGS_NAME_END);
    if (next) {
        *next = match && name[len] == SETTINGS_NAME_SEPARATOR ? &name[len + 1] : NULL;
    }
    return match;
}

int settings_name_next(const char *name, const char **next)
{
    const char end_marks[] = {SETTINGS_NAME_SEPARATOR, SETTINGS_NAME_END, '\0'};
    size_t len = strcspn(name, end_marks);
    if (next) {
        *next = name[len] == SETTINGS_NAME_SEPARATOR ? &name[len + 1] : NULL;
    }
    return (int)len;
}

int settings_subsys_init(void)
{
    if (kernel_state.settings_ready) {
        return 0;
    }
    breeze_init();
    int err = settings_backend_init ? settings_backend_init() : 0;
    kernel_state.settings_ready = err == 0;
    return err;
}

// A registered handler begins with the same members as a static one.
_Static_assert(offsetof(struct settings_handler, h_export) ==
                   offsetof(struct settings_handler_static, h_export),
               "the two kinds of handler agree up to the link");

static const struct settings_handler_static *handler_view(sys_snode_t *node)
{
    return (const void *)CONTAINER_OF(node, struct settings_handler, node);
}

int settings_handlers_walk(settings_visit_t fn, void *arg)
{
    int result = 0;
    const struct settings_handler_static *const *host = settings_host_handlers;
    for (; host && *host && !result; host++) {
        result = fn(*host, arg);
    }
    STRUCT_SECTION_FOREACH (settings_handler_static, fixed) {
        result = result ? result : fn(fixed, arg);
    }
    sys_snode_t *node;
    SYS_SLIST_FOR_EACH_NODE (&kernel_state.settings_handlers, node) {
        result = result ? result : fn(handler_view(node), arg);
    }
    return result;
}

static int has_name(const struct settings_handler_static *handler, void *name)
{
    return strcmp(handler->name, name) == 0 ? -EEXIST : 0;
}

int settings_register(struct settings_handler *handler)
{
    int err = settings_handlers_walk(has_name, (void *)(uintptr_t)handler->name);
    if (!err) {
        sys_slist_append(&kernel_state.settings_handlers, &handler->node);
    }
    return err;
}

// A name, and the handler with the longest beginning of it so far.
struct lookup {
    const char *name;
    const struct settings_handler_static *best;
};

static int is_better(const struct settings_handler_static *handler, void *arg)
{
    struct lookup *lookup = arg;
    if (settings_name_steq(lookup->name, handler->name, NULL) &&
        (!lookup->best || strlen(handler->name) > strlen(lookup->best->name))) {
        lookup->best = handler;
    }
    return 0;
}

struct settings_handler_static *settings_parse_and_lookup(const char *name, const char **next)
{
    struct lookup lookup = {.name = name};
    (void)settings_handlers_walk(is_better, &lookup);
    if (lookup.best) {
        (void)settings_name_steq(name, lookup.best->name, next);
    }
    return (struct settings_handler_static *)(uintptr_t)lookup.best;
}

void settings_src_register(struct settings_store *cs)
{
    (void)sys_slist_find_and_remove(&kernel_state.settings_sources, &cs->cs_next);
    sys_slist_append(&kernel_state.settings_sources, &cs->cs_next);
}

void settings_dst_register(struct settings_store *cs)
{
    kernel_state.settings_destination = cs;
}

int settings_call_set_handler(const char *name, size_t len, settings_read_cb read_cb,
                              void *read_cb_arg, const struct settings_load_arg *load_arg)
{
    const char *key = name;
    if (load_arg && load_arg->subtree && !settings_name_steq(name, load_arg->subtree, &key)) {
        return 0;
    }
    if (load_arg && load_arg->cb) {
        return load_arg->cb(key, len, read_cb, read_cb_arg, load_arg->param);
    }
    struct settings_handler_static *handler = settings_parse_and_lookup(name, &key);
    if (!handler || !handler->h_set) {
        return 0;
    }
    int err = handler->h_set(key, len, read_cb, read_cb_arg);
    if (err) {
        log_err("setting '%s' was refused: %d", name, err);
    }
    // One bad value does not keep the others from being loaded.
    return 0;
}

static int sources_load(const struct settings_load_arg *arg)
{
    int first = 0;
    struct settings_store *store;
    SYS_SLIST_FOR_EACH_CONTAINER (&kernel_state.settings_sources, store, cs_next) {
        int err = store->cs_itf->csi_load(store, arg);
        first = first ? first : err;
    }
    return first;
}

int settings_load_subtree(const char *subtree)
{
    const struct settings_load_arg arg = {.subtree = subtree};
    int err = sources_load(&arg);
    int commit_err = settings_commit_subtree(subtree);
    return err ? err : commit_err;
}

int settings_load(void)
{
    return settings_load_subtree(NULL);
}

int settings_load_subtree_direct(const char *subtree, settings_load_direct_cb cb, void *param)
{
    const struct settings_load_arg arg = {.subtree = subtree, .cb = cb, .param = param};
    return sources_load(&arg);
}

// Where settings_load_one() puts what it finds.
struct one {
    void *buf;
    size_t buf_len;
    ssize_t result;
};

static int one_take(const char *key, size_t len, settings_read_cb read_cb, void *cb_arg,
                    void *param)
{
    struct one *one = param;
    if (key == NULL) {
        one->result = read_cb(cb_arg, one->buf, MIN(len, one->buf_len));
    }
    return 0;
}

ssize_t settings_load_one(const char *name, void *buf, size_t buf_len)
{
    struct one one = {buf, buf_len, -ENOENT};
    int err = settings_load_subtree_direct(name, one_take, &one);
    return err ? err : one.result;
}

int settings_save_one(const char *name, const void *value, size_t val_len)
{
    struct settings_store *store = kernel_state.settings_destination;
    if (!store) {
        return -ENOENT;
    }
    if (strlen(name) > SETTINGS_MAX_NAME_LEN || val_len > SETTINGS_MAX_VAL_LEN) {
        return -EINVAL;
    }
    return store->cs_itf->csi_save(store, name, value, val_len);
}

int settings_delete(const char *name)
{
    return settings_save_one(name, NULL, 0);
}
