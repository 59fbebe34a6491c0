/* check - what the unit tests are written with.  Each test is a function; CHECK records a failure and goes on.
 *     int main(void) { CHECK_RUN(test_a); CHECK_RUN(test_b); return check_status(); }
 * One TAP line a test; the exit status is the verdict. */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>
#include <string.h>

static int check_failures, check_failed_tests, check_number;

#define CHECK(cond) ((cond) ? (void)0 : (void)(check_failures++, \
    fprintf(stderr, "%s:%d: %s: not true: %s\n", __FILE__, __LINE__, __func__, #cond)))
#define CHECK_EQ(a, b) do { long long check_a = (long long)(a), check_b = (long long)(b); \
    if (check_a != check_b) { check_failures++; \
        fprintf(stderr, "%s:%d: %s: %s is %lld, expected %s = %lld\n", __FILE__, __LINE__, __func__, #a, check_a, #b, \
                check_b); } } while (0)
#define CHECK_STR(a, b) do { const char *check_a = (a), *check_b = (b); \
    if (strcmp(check_a, check_b) != 0) { check_failures++; \
        fprintf(stderr, "%s:%d: %s: \"%s\", expected \"%s\"\n", __FILE__, __LINE__, __func__, check_a, check_b); } } while (0)
/* A call that must succeed: prints the message where it does not. */
#define CHECK_OK(call, errp) do { if ((call) != 0) { check_failures++; \
        fprintf(stderr, "%s:%d: %s: %s: %s\n", __FILE__, __LINE__, __func__, #call, (errp)->msg); } } while (0)
#define CHECK_RUN(test) do { int check_before = check_failures; test(); check_number++; \
        if (check_failures != check_before) check_failed_tests++; \
        printf("%s %d - %s\n", check_failures == check_before ? "ok" : "not ok", check_number, #test); } while (0)
static inline int check_status(void) { printf("1..%d\n", check_number); return check_failed_tests != 0; }

#endif
