// Starting breeze-air on demand: what a transport "air:PATH" does when nobody serves PATH.
#ifndef BREEZE_AIR_START_H_
#define BREEZE_AIR_START_H_

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

// Make sure that a breeze-air serves `socket_path`: return at once when one answers, else start one
// in the background (--daemon --linger 5), once, however many programs ask at the same moment (file
// lock in PATH.start). `program`: path of breeze-air, or NULL to look at $BREEZE_AIR, beside the
// library or program that contains this function, in ../bin from there, and in PATH.
//
// Returns 0; -ENOENT: no breeze-air found; -ENAMETOOLONG; -ETIMEDOUT: started, but it does not
// answer; other negative errno of the start. PATH.log says more. Blocks for at most about 10 s.
int breeze_air_start(const char *socket_path, const char *program);

// The path of the program that breeze_air_start() would take. 0 or -ENOENT.
int breeze_air_find(const char *program, char *path, size_t len);

#ifdef __cplusplus
}
#endif

#endif // BREEZE_AIR_START_H_
