// The Unix port: what a program needs beyond <breeze/port.h>. Watched file descriptors and Ctrl-C are
// in watch.h, the choice of a transport in transport.h.
#ifndef BREEZE_UNIX_H_
#define BREEZE_UNIX_H_

#ifdef __cplusplus
extern "C" {
#endif

// Keep settings in this file, as source and destination (call before settings_load()). It is written
// anew as a whole for each change and put in place by a rename: after a power loss it is the old or
// the new one. A file that does not exist is an empty one. 0; -ENAMETOOLONG; -EBADMSG: the file is
// damaged or of another version (logged; nothing of it is used, and it is not overwritten); another
// errno from the system.
int breeze_unix_settings_file(const char *path);

#ifdef __cplusplus
}
#endif

#endif // BREEZE_UNIX_H_
