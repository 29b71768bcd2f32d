// bt_disable() in any state, then bt_enable(), 1,000 times: nothing is left over (design D2).
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/cycles.h"

static void hostile_58_disable_in_any_state(void **state)
{
    assert_int_equal(cycles_run(1000), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hostile_58_disable_in_any_state),
    };
    return cmocka_run_group_tests_name("scenario_cycles", tests, NULL, NULL);
}
