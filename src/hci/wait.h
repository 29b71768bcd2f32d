// The one wait of the host (design D3): an API call waits here until the controller answered its
// own commands, never for anything that only an event can end.
#ifndef BREEZE_SRC_HCI_WAIT_H_
#define BREEZE_SRC_HCI_WAIT_H_

#include <stdbool.h>

// Pump the transport while busy(arg): Command Complete, Command Status and Number Of Completed
// Packets are dispatched, everything else stays in order for the loop; no callback runs. Returns
//   0             busy(arg) is false now
//   -EINTR        the port's idle was interrupted (Ctrl-C)
//   -EINPROGRESS  the room for waiting packets ran out
//   -EAGAIN       called where waiting is impossible (hci_may_wait())
//   -ENODEV       the controller was lost
// In all but the first case the operation stays queued and goes on.
int hci_wait(bool (*busy)(void *arg), void *arg);

// Can it wait here: not inside event dispatch, nor in a source that is being asked for its command.
bool hci_may_wait(void);

#endif // BREEZE_SRC_HCI_WAIT_H_
