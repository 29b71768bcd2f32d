// What handlers do on request: commit, export for a save of everything, and values given to and
// taken from them without a store.
#include <zephyr/settings/settings.h>

#include "kernel/state.h"
#include "settings/handlers.h"

// Handlers that have something in a subtree (NULL: all), what to do with them, the first error.
struct visit {
    const char *subtree;
    int (*fn)(const struct settings_handler_static *handler);
    int first;
};

static int visit_one(const struct settings_handler_static *handler, void *arg)
{
    struct visit *visit = arg;
    if (!visit->subtree || settings_name_steq(handler->name, visit->subtree, NULL)) {
        int err = visit->fn(handler);
        visit->first = visit->first ? visit->first : err;
    }
    return 0;
}

static int handlers_each(const char *subtree, int (*fn)(const struct settings_handler_static *))
{
    struct visit visit = {.subtree = subtree, .fn = fn};
    (void)settings_handlers_walk(visit_one, &visit);
    return visit.first;
}

static int handler_commit(const struct settings_handler_static *handler)
{
    return handler->h_commit ? handler->h_commit() : 0;
}

int settings_commit_subtree(const char *subtree)
{
    return handlers_each(subtree, handler_commit);
}

int settings_commit(void)
{
    return settings_commit_subtree(NULL);
}

static int handler_export(const struct settings_handler_static *handler)
{
    return handler->h_export ? handler->h_export(settings_save_one) : 0;
}

int settings_save_subtree(const char *subtree)
{
    struct settings_store *store = kernel_state.settings_destination;
    if (!store) {
        return -ENOENT;
    }
    int err = store->cs_itf->csi_save_start ? store->cs_itf->csi_save_start(store) : 0;
    if (err) {
        return err;
    }
    err = handlers_each(subtree, handler_export);
    int end_err = store->cs_itf->csi_save_end ? store->cs_itf->csi_save_end(store) : 0;
    return err ? err : end_err;
}

int settings_save(void)
{
    return settings_save_subtree(NULL);
}

struct span {
    const void *data;
    size_t len;
};

static ssize_t span_read(void *cb_arg, void *data, size_t len)
{
    const struct span *span = cb_arg;
    size_t take = MIN(len, span->len);
    memcpy(data, span->data, take);
    return (ssize_t)take;
}

int settings_runtime_set(const char *name, const void *data, size_t len)
{
    const char *key;
    struct settings_handler_static *handler = settings_parse_and_lookup(name, &key);
    if (!handler) {
        return -EINVAL;
    }
    struct span span = {data, len};
    return handler->h_set ? handler->h_set(key, len, span_read, &span) : -ENOTSUP;
}

int settings_runtime_get(const char *name, void *data, size_t len)
{
    const char *key;
    struct settings_handler_static *handler = settings_parse_and_lookup(name, &key);
    if (!handler) {
        return -EINVAL;
    }
    return handler->h_get ? handler->h_get(key, data, (int)len) : -ENOTSUP;
}

int settings_runtime_commit(const char *name)
{
    struct settings_handler_static *handler = settings_parse_and_lookup(name, NULL);
    if (!handler) {
        return -EINVAL;
    }
    return handler->h_commit ? handler->h_commit() : 0;
}
