// The four functions of breeze/port.h on a Cortex-M: a free-running timer is the clock, SysTick the
// alarm that ends a sleep (Arm DDI 0479, 4.4; Arm DDI 0419, B3.3).
#include <errno.h>

#include <breeze/loop.h>
#include <breeze/port.h>

#include "board.h"

#define TIMER_CTRL   (*(volatile uint32_t *)0x40000000)
#define TIMER_VALUE  (*(volatile uint32_t *)0x40000004) // Counts down.
#define TIMER_RELOAD (*(volatile uint32_t *)0x40000008)

#define SYST_CSR (*(volatile uint32_t *)0xe000e010)
#define SYST_RVR (*(volatile uint32_t *)0xe000e014)
#define SYST_CVR (*(volatile uint32_t *)0xe000e018)

#define SYST_ON  0x7U // Enabled, with interrupt, from the processor's clock.
#define SYST_MAX 0xffffff

#define CYCLES_US (BOARD_HZ / 1000000)

// The timer made 64 bits wide. It comes round every 171 s, and no sleep is longer than SysTick: 0.7 s.
static struct {
    uint32_t seen;
    int64_t cycles;
} clock;

void clock_start(void)
{
    TIMER_RELOAD = 0xffffffff;
    TIMER_VALUE = 0xffffffff;
    TIMER_CTRL = 1;
}

void clock_alarm(void)
{
    SYST_CSR = 0;
}

unsigned int breeze_port_irq_lock(void)
{
    unsigned int key;
    __asm__ volatile("mrs %0, primask\n\tcpsid i" : "=r"(key)::"memory");
    return key;
}

void breeze_port_irq_unlock(unsigned int key)
{
    __asm__ volatile("msr primask, %0\n\tisb" ::"r"(key) : "memory");
}

int64_t breeze_port_now(void)
{
    unsigned int key = breeze_port_irq_lock();
    uint32_t now = 0xffffffff - TIMER_VALUE;
    clock.cycles += now - clock.seen;
    clock.seen = now;
    int64_t us = clock.cycles / CYCLES_US;
    breeze_port_irq_unlock(key);
    return us;
}

int breeze_port_idle(int64_t until)
{
    // An interrupt that comes between the look and the sleep ends the sleep, although it is kept out;
    // it is served when they are let in again.
    unsigned int key = breeze_port_irq_lock();
    int64_t left = until - breeze_port_now();
    if (left > 0 && !breeze_wake_pending()) {
        SYST_RVR = left > SYST_MAX / CYCLES_US ? SYST_MAX : (uint32_t)left * CYCLES_US;
        SYST_CVR = 0;
        SYST_CSR = SYST_ON;
        __asm__ volatile("dsb\n\twfi" ::: "memory");
        SYST_CSR = 0;
    }
    breeze_port_irq_unlock(key);
    return 0;
}

// This machine has no source; the host asks the controller.
int breeze_port_entropy(void *buf, size_t len)
{
    return -ENODEV;
}
