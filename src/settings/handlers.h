// All settings handlers: the host's, the application's static ones, those registered at run time.
#ifndef BREEZE_SRC_SETTINGS_HANDLERS_H_
#define BREEZE_SRC_SETTINGS_HANDLERS_H_

#include <zephyr/settings/settings.h>

// The host's handlers, NULL at the end (src/api). Weak: a program without the host has none.
extern const struct settings_handler_static *const settings_host_handlers[]
    __attribute__((__weak__));

// Calls fn for each handler until it returns other than 0, which is returned.
typedef int (*settings_visit_t)(const struct settings_handler_static *handler, void *arg);
int settings_handlers_walk(settings_visit_t fn, void *arg);

#endif // BREEZE_SRC_SETTINGS_HANDLERS_H_
