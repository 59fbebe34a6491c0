#include "sys/clock.h"

#include "check.h"

#include <time.h>

static void test_time_goes_on(void)
{
    uint64_t last = clock_ns(), start = last;
    int back = 0;
    for (int i = 0; i < 100000; i++) {
        uint64_t now = clock_ns();
        back += now < last;
        last = now;
    }
    CHECK_EQ(back, 0);
    nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
    uint64_t slept = clock_ns() - start;
    CHECK(slept >= 20000000 && slept < 60000000000u);
}

int main(void)
{
    CHECK_RUN(test_time_goes_on);
    return check_status();
}
