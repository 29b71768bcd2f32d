// The board: its interrupt handlers and what the program uses of it. Addresses are those of the AN385
// image of Arm's MPS2 (Arm DAI 0385).
#ifndef EXAMPLES_BOARD_H_
#define EXAMPLES_BOARD_H_

#include <breeze/transport.h>

#define BOARD_HZ 25000000U // Of the processor.

// Start the clock of breeze_port_now().
void clock_start(void);
void clock_alarm(void); // SysTick: a sleep is over.

// Ready both UARTs: 0 has the console, 1 the controller.
void uart_start(void);
void uart_received(void); // An octet came from the controller.

void console_print(const char *text);

// H4 to the controller over UART 1.
extern const struct breeze_transport uart_transport;

#endif // EXAMPLES_BOARD_H_
