// The UARTs (Arm DDI 0479, 4.3): the console's is polled, the controller's fills a ring from its
// interrupt. While the ring is full the interrupt rests, and the UART holds the sender back.
#include <stdbool.h>

#include <breeze/loop.h>
#include <breeze/port.h>

#include "board.h"

struct uart {
    volatile uint32_t data, state, ctrl, intstatus, bauddiv;
};
#define CONSOLE    ((struct uart *)0x40004000)
#define CONTROLLER ((struct uart *)0x40005000)

#define STATE_TX_FULL 0x1U
#define STATE_RX_FULL 0x2U
#define CTRL_TX       0x1U
#define CTRL_RX       0x2U
#define CTRL_RX_INT   0x8U
#define INT_RX        0x2U

#define NVIC_ISER (*(volatile uint32_t *)0xe000e100)
#define RX_IRQ    2

#define BAUD      115200U
#define RING_SIZE 512 // A power of two.

static struct {
    uint8_t octets[RING_SIZE];
    volatile unsigned int in, out; // Counted up for ever; written by the interrupt and by the loop.
} ring;

void uart_start(void)
{
    CONSOLE->bauddiv = BOARD_HZ / BAUD;
    CONSOLE->ctrl = CTRL_TX;
    CONTROLLER->bauddiv = BOARD_HZ / BAUD;
    NVIC_ISER = 1U << RX_IRQ;
}

static void put(struct uart *uart, uint8_t octet)
{
    while (uart->state & STATE_TX_FULL) {
    }
    uart->data = octet;
}

void console_print(const char *text)
{
    while (*text) {
        put(CONSOLE, (uint8_t)*text++);
    }
}

void uart_received(void)
{
    CONTROLLER->intstatus = INT_RX; // Writing clears.
    while (CONTROLLER->state & STATE_RX_FULL) {
        if (ring.in - ring.out == RING_SIZE) {
            CONTROLLER->ctrl &= ~CTRL_RX_INT; // Until uart_recv() has made room.
            break;
        }
        ring.octets[ring.in % RING_SIZE] = (uint8_t)CONTROLLER->data;
        ring.in++;
    }
    breeze_wake();
}

static int uart_open(void *ctx)
{
    ring.in = ring.out = 0;
    CONTROLLER->ctrl = CTRL_TX | CTRL_RX | CTRL_RX_INT;
    return 0;
}

static void uart_close(void *ctx)
{
    CONTROLLER->ctrl = 0;
}

static int uart_send(void *ctx, const uint8_t *packet, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        put(CONTROLLER, packet[i]);
    }
    return 0;
}

static int uart_recv(void *ctx, uint8_t *buf, size_t len)
{
    size_t got = 0;
    while (got < len && ring.out != ring.in) {
        buf[got++] = ring.octets[ring.out % RING_SIZE];
        ring.out++;
    }
    unsigned int key = breeze_port_irq_lock();
    if (!(CONTROLLER->ctrl & CTRL_RX_INT)) { // It rested: what waits in the UART comes now.
        CONTROLLER->ctrl |= CTRL_RX_INT;
        uart_received();
    }
    breeze_port_irq_unlock(key);
    return (int)got;
}

const struct breeze_transport uart_transport = {
    .open = uart_open,
    .close = uart_close,
    .send = uart_send,
    .recv = uart_recv,
};
