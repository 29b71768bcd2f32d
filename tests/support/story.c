// See story.h.
#include "support/story.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

char story[4096];

void tell(const char *format, ...)
{
    va_list args;
    size_t len = strlen(story);
    va_start(args, format);
    vsnprintf(story + len, sizeof(story) - len, format, args);
    va_end(args);
}

void story_heard(const char *what, const char *file, int line)
{
    if (strcmp(story, what) != 0) {
        print_error("heard    %s\nexpected %s\n", story, what);
        _fail(file, line);
    }
    story[0] = 0;
}
