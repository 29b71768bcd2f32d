// The conformance program: its port in virtual time, and the run of all cases.
#include "conformance.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/state.h"

int64_t virtual_now;
unsigned int idle_count;
int idle_error;
unsigned int asserts_failed;
unsigned int errors_logged;
static unsigned int irq_depth;

int64_t breeze_port_now(void)
{
    return virtual_now;
}

unsigned int breeze_port_irq_lock(void)
{
    return irq_depth++;
}

void breeze_port_irq_unlock(unsigned int key)
{
    assert_int_equal(irq_depth, key + 1);
    irq_depth = key;
}

int breeze_port_idle(int64_t until)
{
    idle_count++;
    if (idle_error) {
        int err = idle_error;
        idle_error = 0;
        return err;
    }
    if (breeze_wake_pending()) {
        return 0;
    }
    if (until == BREEZE_NEVER) {
        fail_msg("the shim would sleep for ever");
    }
    virtual_now = MAX(virtual_now, until);
    return 0;
}

int breeze_port_entropy(void *buf, size_t len)
{
    memset(buf, 0x5a, len);
    return 0;
}

void run_for_ms(int64_t ms)
{
    int64_t end = virtual_now + ms * 1000;
    for (;;) {
        int64_t next = breeze_step();
        if (next > end) {
            break;
        }
        virtual_now = MAX(virtual_now, next);
    }
    virtual_now = end;
}

static void note_assert(const char *file, int line, const char *text)
{
    asserts_failed++;
}

static void note_line(enum breeze_log_layer layer, int level, const char *line)
{
    errors_logged += level == BREEZE_LOG_ERR ? 1 : 0;
}

static int case_setup(void **state)
{
    kernel_state_reset();
    breeze_assert_hook(note_assert);
    breeze_log_sink(note_line);
    virtual_now = 1000000;
    idle_count = 0;
    idle_error = 0;
    asserts_failed = 0;
    errors_logged = 0;
    return 0;
}

static void case_run(void **state)
{
    const struct conformance_case *this_case = *state;
    if ((this_case->backends & conformance_backend) == 0) {
        skip();
    }
    this_case->fn();
    assert_int_equal(irq_depth, 0);
}

#define CASES_MAX 200

int main(void)
{
    static const struct conformance_list *const lists[] = {
        &cases_sync, &cases_queue, &cases_mem,   &cases_poll,
        &cases_time, &cases_work,  &cases_reset, &cases_thread,
    };
    static struct CMUnitTest tests[CASES_MAX];
    size_t count = 0;
    for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
        for (size_t k = 0; k < lists[i]->count && count < CASES_MAX; k++) {
            const struct conformance_case *this_case = &lists[i]->cases[k];
            tests[count++] =
                (struct CMUnitTest){this_case->name, case_run, case_setup, NULL, (void *)this_case};
        }
    }
    const char *name =
        conformance_backend == COOP ? "kernel_conformance_coop" : "kernel_conformance_fiber";
    return _cmocka_run_group_tests(name, tests, count, NULL, NULL);
}
