#include "text/quoted.h"
#include "check.h"

#include <stdio.h>
#include <stdlib.h>

static struct err err;

/* The fields as "a|b|c", or the message; a copy ends where its memory ends. */
static const char *split(const char *text, bool quotes)
{
    static char all[2048];
    struct text f[4];
    size_t n = strlen(text), n_fields;
    char *line = malloc(n ? n : 1);
    memcpy(line, text, n);
    err = (struct err){0};
    all[0] = '\0';
    if (quoted_split(line, n, quotes, f, 4, &n_fields, &err) != 0) {
        CHECK_EQ(err.code, ERR_DATA);
        snprintf(all, sizeof all, "%s", err.msg);
    } else {
        for (size_t i = 0; i < n_fields && i < 4; i++)
            snprintf(all + strlen(all), sizeof all - strlen(all), "%s%.*s", i ? "|" : "", (int)f[i].n, f[i].p);
        if (n_fields > 4)
            snprintf(all + strlen(all), sizeof all - strlen(all), "|+%zu", n_fields - 4);
    }
    free(line);
    return all;
}

static void test_without_quotes(void)
{
    CHECK_STR(split("", false), "");
    CHECK_STR(split("a\tb\t", false), "a|b|");
    CHECK_STR(split("\"a\t\"\"b\"", false), "\"a|\"\"b\"");
    CHECK_STR(split("1\t2\t3\t4\t5\t6", false), "1|2|3|4|+2");
}

static void test_quotes(void)
{
    CHECK_STR(split("1\t\"Aaron ( or ; \"\"Ahron\"\")\"\tAaron", true), "1|Aaron ( or ; \"Ahron\")|Aaron");
    CHECK_STR(split("\"a\tb\"\t\"\"\tc\"d\"", true), "a\tb||c\"d\"");
    CHECK_STR(split("\"\"\"\"", true), "\"");
    CHECK_STR(split("\"\"", true), "");
    CHECK_STR(split("a\t", true), "a|");
}

static void test_bad_quotes(void)
{
    CHECK_STR(split("a\t\"b", true), "the quote of field 2 does not end in its line");
    CHECK_STR(split("\"", true), "the quote of field 1 does not end in its line");
    CHECK_STR(split("\"\"\"", true), "the quote of field 1 does not end in its line");
    CHECK_STR(split("\"a\"b\tc", true), "text behind the quote of field 1, expected a TAB");
}

int main(void)
{
    CHECK_RUN(test_without_quotes);
    CHECK_RUN(test_quotes);
    CHECK_RUN(test_bad_quotes);
    return check_status();
}
