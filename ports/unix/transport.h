// Transports of the Unix port, chosen by text, and the other environment variables of a program on it.
//
//   BREEZE_HCI    air:PATH#NAME          our virtual air, started if absent; PATH and NAME may be left out
//                 unix:PATH              an H4 stream socket
//                 tcp:HOST:PORT          the same over TCP
//                 uart:/dev/ttyX[,BAUD]  a controller on a serial line, 1000000 8N1 RTS/CTS
//                 hci:N                  a Linux adapter, through its user channel
//   BREEZE_TRACE  a file for a btsnoop trace of everything that crosses HCI
//   BREEZE_LOG    level[,layer=level]..., see breeze_log_parse()
//
// On the air the NAME gives the address. On any other transport the program's settings, its address
// among them, are in $XDG_STATE_HOME/breeze/PROGRAM, else ~/.local/state/breeze/PROGRAM.
//
// All of this runs in the thread of the host's loop. Errors come as a negative errno and a sentence.
#ifndef BREEZE_UNIX_TRANSPORT_H_
#define BREEZE_UNIX_TRANSPORT_H_

// For sentences about a controller that misbehaves.
#define BREEZE_UNIX_HINT "BREEZE_TRACE=FILE records every packet, BREEZE_LOG=debug tells more"

// Do what the three variables say: transport, trace, log, and find the settings. `program` is the
// default NAME of the air and the name of the settings.
// While the host is off. 0 or negative errno; breeze_unix_transport_error() has the sentence.
int breeze_unix_setup(const char *program);

// Choose the transport by `text`, as in BREEZE_HCI; NULL or "": the default air. 0; -EINVAL: no such
// transport; -EBUSY while the host is on.
int breeze_unix_transport(const char *text, const char *program);

// The sentence about what went wrong last, here or when the transport was opened; "" if nothing did.
const char *breeze_unix_transport_error(void);

// The transport that was chosen, as text, complete with its defaults; "" before.
const char *breeze_unix_transport_name(void);

// Write a btsnoop trace to a file from now on; NULL ends it. 0 or negative errno, with a sentence.
int breeze_unix_trace(const char *path);

#endif // BREEZE_UNIX_TRANSPORT_H_
