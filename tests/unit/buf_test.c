#include "base/buf.h"

#include "check.h"

#include <stdint.h>

static void test_text_grows(void)
{
    struct err err = { 0 };
    struct buf b = { 0 };
    for (int i = 0; i < 1000; i++) {
        CHECK_OK(buf_putc(&b, (char)('a' + i % 26), &err), &err);
        CHECK_EQ(b.p[b.n], '\0');
    }
    CHECK_EQ(strlen(b.p), 1000);
    buf_clear(&b);
    CHECK_STR(b.p, "");
    CHECK_OK(buf_puts(&b, "x=", &err), &err);
    CHECK_OK(buf_printf(&b, &err, "%d;", 42), &err);
    CHECK_OK(buf_put(&b, "a\0b", 3, &err), &err);
    CHECK_EQ(b.n, 8);
    CHECK(memcmp(b.p, "x=42;a\0b", 9) == 0);
    buf_done(&b);
    CHECK(!b.p && b.n == 0 && b.cap == 0);
    buf_clear(&b);
}

static void test_long_printf(void)
{
    struct err err = { 0 };
    struct buf b = { 0 };
    for (int n = 250; n <= 260; n++) {   /* around the small buffer on the stack */
        buf_clear(&b);
        CHECK_OK(buf_printf(&b, &err, "%*d", n, 7), &err);
        CHECK_EQ(b.n, n);
        CHECK_EQ(strlen(b.p), n);
        CHECK_EQ(b.p[n - 1], '7');
    }
    CHECK_OK(buf_printf(&b, &err, "%*d", 100000, 7), &err);
    CHECK_EQ(b.n, 260 + 100000);
    buf_done(&b);
}

static void test_empty_put(void)
{
    struct err err = { 0 };
    struct buf b = { 0 };
    CHECK_OK(buf_put(&b, NULL, 0, &err), &err);
    CHECK_STR(b.p, "");
    CHECK_EQ(buf_put(&b, "x", SIZE_MAX, &err), ERR_NOMEM);
    CHECK_STR(b.p, "");
    buf_done(&b);
}

int main(void)
{
    CHECK_RUN(test_text_grows);
    CHECK_RUN(test_long_printf);
    CHECK_RUN(test_empty_put);
    return check_status();
}
