#include "base/err.h"

#include "check.h"

#include <errno.h>

static void test_first_message_wins(void)
{
    struct err err = { 0 };
    CHECK_EQ(err_set(&err, ERR_DATA, "row %d", 7), ERR_DATA);
    CHECK_EQ(err_set(&err, ERR_IO, "later"), ERR_IO);
    CHECK_EQ(err.code, ERR_DATA);
    CHECK_STR(err.msg, "row 7");
}

static void test_prefix(void)
{
    struct err err = { 0 };
    err_set(&err, ERR_LIMIT, "too many rows");
    CHECK_EQ(err_prefix(&err, "%s: ", "a.vps"), ERR_LIMIT);
    CHECK_STR(err.msg, "a.vps: too many rows");
}

static void test_null_is_allowed(void)
{
    CHECK_EQ(err_set(NULL, ERR_USAGE, "x"), ERR_USAGE);
    errno = EIO;
    CHECK_EQ(err_sys(NULL, "x"), ERR_IO);
    CHECK(err_prefix(NULL, "x") < 0);
}

static void test_system_errors(void)
{
    struct err err = { 0 };
    errno = ENOENT;
    CHECK_EQ(err_sys(&err, "%s: cannot open", "f"), ERR_IO);
    CHECK_STR(err.msg, "f: cannot open: No such file or directory");
    err = (struct err){ 0 };
    errno = ENOMEM;
    CHECK_EQ(err_sys(&err, "map"), ERR_NOMEM);
}

static void test_long_messages_are_cut(void)
{
    struct err err = { 0 };
    char text[3000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    errno = EIO;
    err_sys(&err, "%s", text);
    CHECK_EQ(strlen(err.msg), sizeof err.msg - 1);
    err_prefix(&err, "%s", "name: ");
    CHECK_EQ(strlen(err.msg), sizeof err.msg - 1);
    CHECK(strncmp(err.msg, "name: xxx", 9) == 0);
    err_prefix(&err, "%s", text);
    CHECK_EQ(strlen(err.msg), sizeof err.msg - 1);
}

static void test_exit_statuses(void)
{
    CHECK_EQ(err_status(ERR_NONE), 0);
    CHECK_EQ(err_status(ERR_USAGE), 2);
    CHECK_EQ(err_status(ERR_DATA), 3);
    CHECK_EQ(err_status(ERR_TRUNCATED), 3);
    CHECK_EQ(err_status(ERR_LIMIT), 3);
    CHECK_EQ(err_status(ERR_IO), 4);
    CHECK_EQ(err_status(ERR_NOMEM), 4);
    CHECK_EQ(err_status(ERR_INTERNAL), 5);
}

int main(void)
{
    CHECK_RUN(test_first_message_wins);
    CHECK_RUN(test_prefix);
    CHECK_RUN(test_null_is_allowed);
    CHECK_RUN(test_system_errors);
    CHECK_RUN(test_long_messages_are_cut);
    CHECK_RUN(test_exit_statuses);
    return check_status();
}
