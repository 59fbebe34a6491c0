/* fail_each - the first, second, ... call of a kind fails, until none is left to fail (tests/tools/shim.c; the Makefile lists the
 * programs that are linked with it).  Included before all else. */
#ifndef FAIL_EACH_H
#define FAIL_EACH_H

#include "../tools/shim.c"

#include "../unit/check.h"
#include "base/err.h"

/* what() must return code with a message whenever a call failed, and 0 in the end; after (may be NULL) sees each result. */
static void fail_each(const char *call, const char *how, int code, int (*what)(struct err *err), void (*after)(int rc))
{
    int n = 0;
    for (int fired = 1; fired;) {
        struct err err = {0};
        char plan[40];
        snprintf(plan, sizeof plan, "%s:%d:%s", call, ++n, how);
        shim_set(plan);
        int rc = what(&err);
        fired = atomic_load(&shim.fired);
        shim_set("");
        if (fired ? rc != code || (int)err.code != code || err.msg[0] == '\0' : rc != 0) {
            CHECK_STR(err.msg, plan);          /* shows both */
            CHECK_EQ(rc, fired ? code : 0);
        }
        if (after)
            after(rc);
        CHECK(n < 100000);
    }
    CHECK(n > 1);
}

#endif
