// What the application of a test was told, as text: callbacks tell, the test compares.
#ifndef BREEZE_TESTS_SUPPORT_STORY_H_
#define BREEZE_TESTS_SUPPORT_STORY_H_

extern char story[4096];

__attribute__((format(printf, 1, 2))) void tell(const char *format, ...);

// The whole story is `what`, and begins anew.
#define heard(what) story_heard(what, __FILE__, __LINE__)
void story_heard(const char *what, const char *file, int line);

// In scenarios of a pair (pair.h): let time pass until the story holds this, at most a minute.
#define wait_for(...) story_wait(__FILE__, __LINE__, __VA_ARGS__)
__attribute__((format(printf, 3, 4))) void story_wait(const char *file, int line,
                                                      const char *format, ...);

#endif // BREEZE_TESTS_SUPPORT_STORY_H_
