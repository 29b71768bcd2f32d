// The in-process simulation against its contracts (breeze/state.h, breeze/loop.h, breeze/port.h,
// breeze/transport.h), with a host of a few lines in place of Breeze's: state that is switched,
// steps that are due, waits that let the others go on.
#include <errno.h>

#include "rig.h"
#include "sim.h"

#include <breeze/loop.h>
#include <breeze/port.h>
#include <breeze/state.h>
#include <breeze/transport.h>

// The stand-in: all its state is this object.
static struct {
    const struct breeze_transport *transport;
    void *ctx;
    bool wake;
    int64_t deadline;
    unsigned int steps, octets;
    int number;
} host;

static int turns_by_number[8];

size_t breeze_state_size(void)
{
    return sizeof(host);
}

void breeze_state_save(void *to)
{
    memcpy(to, &host, sizeof(host));
}

void breeze_state_load(const void *from)
{
    memcpy(&host, from, sizeof(host));
}

void breeze_state_reset(void)
{
    memset(&host, 0, sizeof(host));
    host.deadline = BREEZE_NEVER;
}

void breeze_wake(void)
{
    host.wake = true;
}

bool breeze_wake_pending(void)
{
    return host.wake;
}

int breeze_transport_set(const struct breeze_transport *transport, void *ctx)
{
    host.transport = transport;
    host.ctx = ctx;
    return 0;
}

int64_t breeze_step(void)
{
    uint8_t buf[64];
    int n;
    host.wake = false;
    host.steps++;
    turns_by_number[host.number]++;
    while ((n = host.transport->recv(host.ctx, buf, sizeof(buf))) > 0) {
        host.octets += (unsigned int)n;
    }
    if (host.deadline <= breeze_port_now()) {
        host.deadline = BREEZE_NEVER;
    }
    return host.deadline;
}

static const uint8_t reset[] = {0x01, 0x03, 0x0c, 0x00};

static void set_number(void *arg)
{
    host.number = *(int *)arg;
}

static void send_reset(void *arg)
{
    assert_int_equal(host.transport->send(host.ctx, reset, sizeof(reset)), 0);
}

static void set_deadline(void *arg)
{
    host.deadline = breeze_port_now() + *(int64_t *)arg;
    breeze_wake(); // as the kernel does when a timer starts outside a turn
}

static struct sim *sim;
static struct sim_host *hosts[3];

static void open_sim(uint32_t latency_us)
{
    sim = sim_new(&(struct air_config){.seed = 4});
    assert_non_null(sim);
    memset(turns_by_number, 0, sizeof(turns_by_number));
    for (int i = 0; i < 3; i++) {
        hosts[i] = sim_host_add(sim, &(struct air_controller_config){.latency_us = latency_us});
        assert_non_null(hosts[i]);
        sim_on(hosts[i], set_number, &i);
    }
    sim_run(sim, 0);
    memset(turns_by_number, 0, sizeof(turns_by_number));
}

static void test_one_at_a_time(void **state)
{
    open_sim(0);
    assert_null(sim_new(&(struct air_config){0}));
    assert_null(sim_current());
    sim_free(sim);
    assert_int_equal(breeze_port_now(), 0);
}

static void expect_number(void *arg)
{
    assert_int_equal(host.number, *(int *)arg);
    assert_ptr_equal(sim_current(), hosts[host.number]);
}

static void nested(void *arg)
{
    int other = 2;
    int self = host.number;
    sim_on(hosts[2], expect_number, &other);
    expect_number(&self);
}

static void test_states_are_apart(void **state)
{
    open_sim(0);
    for (int i = 2; i >= 0; i--) {
        sim_on(hosts[i], expect_number, &i);
    }
    sim_on(hosts[1], nested, NULL);
    assert_null(sim_current());
    sim_free(sim);
}

// A host has a turn when it was woken, when input is there, and at its deadline; else none.
static void test_turns(void **state)
{
    int64_t delay = 5000;
    open_sim(1000);
    sim_run(sim, 1000000);
    assert_int_equal(turns_by_number[0] + turns_by_number[1] + turns_by_number[2], 0);
    sim_on(hosts[1], send_reset, NULL);
    sim_run(sim, 1999);
    assert_int_equal(turns_by_number[1], 0); // a call that woke nobody
    sim_run(sim, 1);
    assert_int_equal(turns_by_number[1], 1);
    sim_on(hosts[0], set_deadline, &delay);
    sim_run(sim, 4999);
    assert_int_equal(turns_by_number[0], 1);
    sim_run(sim, 1);
    assert_int_equal(turns_by_number[0], 2);
    assert_int_equal(turns_by_number[2], 0);
    sim_free(sim);
}

static int64_t woke_at;
static int idle_result;

static void wait_for_answer(void *arg)
{
    int number = host.number;
    send_reset(NULL);
    idle_result = breeze_port_idle(breeze_port_now() + *(int64_t *)arg);
    woke_at = breeze_port_now();
    assert_int_equal(host.number, number);
}

// While one waits, time passes and the others have their turns.
static void test_wait(void **state)
{
    int64_t limit = 1000000, soon = 500, delay = 700;
    open_sim(1000);
    sim_on(hosts[1], set_deadline, &delay);
    sim_on(hosts[0], wait_for_answer, &limit);
    assert_int_equal(idle_result, 0);
    assert_int_equal(woke_at, 2000); // input
    assert_int_equal(turns_by_number[0], 0);
    assert_int_equal(turns_by_number[1], 2);
    sim_on(hosts[2], wait_for_answer, &soon);
    assert_int_equal(woke_at, 2500); // deadline
    sim_free(sim);
}

static void wait_in_wait(void *arg)
{
    int64_t limit = 1000000;
    sim_on(hosts[1], wait_for_answer, &limit);
    wait_for_answer(&limit);
}

static void test_wait_within_another(void **state)
{
    open_sim(1000);
    sim_on(hosts[0], wait_in_wait, NULL);
    assert_int_equal(woke_at, 4000);
    sim_free(sim);
}

static void interrupt_other(void *arg)
{
    sim_interrupt(hosts[0]);
}

static void wait_for_ever(void *arg)
{
    idle_result = breeze_port_idle(BREEZE_NEVER);
}

static void test_interrupt_and_silence(void **state)
{
    open_sim(0);
    sim_on(hosts[1], interrupt_other, NULL);
    sim_on(hosts[0], wait_for_ever, NULL);
    assert_int_equal(idle_result, -EINTR);
    sim_run(sim, 0);
    sim_on(hosts[0], wait_for_ever, NULL); // nothing will ever come
    assert_int_equal(idle_result, -EINTR);
    sim_host_transport_error(hosts[2], -ENODEV);
    sim_free(sim);
}

static bool had_a_turn(void *arg)
{
    return turns_by_number[0] != 0;
}

static void take_entropy(void *arg)
{
    assert_int_equal(breeze_port_entropy(arg, 16), 0);
}

static void test_until_and_entropy(void **state)
{
    uint8_t first[2][16], again[16];
    open_sim(100);
    sim_on(hosts[0], send_reset, NULL);
    assert_true(sim_until(sim, had_a_turn, NULL, 1000000));
    assert_int_equal(breeze_port_now(), 200);
    memset(turns_by_number, 0, sizeof(turns_by_number));
    assert_false(sim_until(sim, had_a_turn, NULL, 5000));
    assert_int_equal(breeze_port_now(), 5200);
    sim_on(hosts[0], take_entropy, first[0]);
    sim_on(hosts[1], take_entropy, first[1]);
    assert_memory_not_equal(first[0], first[1], 16);
    sim_free(sim);
    open_sim(0);
    sim_on(hosts[0], take_entropy, again);
    assert_memory_equal(first[0], again, 16);
    sim_free(sim);
}

static int watched_on, watched_off;

static void count_watch(bool on)
{
    *(on ? &watched_on : &watched_off) += 1;
}

static void test_watch(void **state)
{
    int64_t limit = 1000000;
    open_sim(1000);
    sim_watch(hosts[0], count_watch);
    sim_on(hosts[1], send_reset, NULL);
    sim_run(sim, 10000);
    assert_int_equal(watched_on, 0);
    sim_on(hosts[0], wait_for_answer, &limit);
    assert_int_equal(watched_on, 2); // before and after the wait
    assert_int_equal(watched_off, 2);
    sim_watch(NULL, NULL);
    sim_free(sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_at_a_time),
        cmocka_unit_test(test_states_are_apart),
        cmocka_unit_test(test_turns),
        cmocka_unit_test(test_wait),
        cmocka_unit_test(test_wait_within_another),
        cmocka_unit_test(test_interrupt_and_silence),
        cmocka_unit_test(test_until_and_entropy),
        cmocka_unit_test(test_watch),
    };
    return cmocka_run_group_tests_name("air_sim", tests, NULL, NULL);
}
