// bt_disable() in any state, then bt_enable(): for the test of it and for the bench that counts.
#ifndef BREEZE_TESTS_SUPPORT_CYCLES_H_
#define BREEZE_TESTS_SUPPORT_CYCLES_H_

// Run `count` cycles over every state and at every delay of a fixed sequence. After each
// bt_disable() whatever is left over counts: timers that run, connections that are held, callbacks
// that never came. Returns the number of leftovers, -1 when a step did not work.
int cycles_run(unsigned int count);

#endif // BREEZE_TESTS_SUPPORT_CYCLES_H_
