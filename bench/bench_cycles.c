// What is left over after 1,000 cycles of bt_disable() in every state. Prints "name value".
#include <stdio.h>

#include "support/cycles.h"

int main(void)
{
    int left = cycles_run(1000);
    if (left < 0) {
        return 1;
    }
    printf("cycles.enable_disable.leaks %d\n", left);
    return 0;
}
