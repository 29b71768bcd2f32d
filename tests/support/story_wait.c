// story_wait() of story.h, which needs the virtual air.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "support/pair.h"
#include "support/story.h"

#define LIMIT_US 60000000

static bool told(void *arg)
{
    return strstr(story, arg) != NULL;
}

void story_wait(const char *file, int line, const char *format, ...)
{
    char what[256];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof(what), format, args);
    va_end(args);
    if (!pair_until(told, what, LIMIT_US)) {
        print_error("heard    %s\nmissing  %s\n", story, what);
        _fail(file, line);
    }
}
