#include "text/pylist.h"
#include "check.h"

#include <stdio.h>
#include <stdlib.h>

static struct err err;
static struct pylist list;

/* The strings as "a|b|", or the message; a copy ends where its memory ends. */
static const char *parse(const char *text)
{
    static char all[2048];
    size_t n = strlen(text);
    char *copy = malloc(n ? n : 1);
    memcpy(copy, text, n);
    err = (struct err){0};
    all[0] = '\0';
    if (pylist_parse(&list, copy, n, &err) != 0) {
        CHECK_EQ(err.code, ERR_DATA);
        snprintf(all, sizeof all, "%s", err.msg);
    }
    for (size_t i = 0; err.code == 0 && i < list.n; i++)
        snprintf(all + strlen(all), sizeof all - strlen(all), "%.*s|", (int)list.items[i].n, list.items[i].p);
    free(copy);
    return all;
}

static void test_lists(void)
{
    CHECK_STR(parse("[]"), "");
    CHECK_STR(parse(" [ ] "), "");
    CHECK_STR(parse("['']"), "|");
    CHECK_STR(parse("['a', \"b's\" ,'c',]"), "a|b's|c|");
    CHECK_STR(parse("['a \"b\"', '[x], y']"), "a \"b\"|[x], y|");
}

static void test_escapes(void)
{
    CHECK_STR(parse("['it\\'s', \"say \\\"x\\\"\", 'a\\\\b']"), "it's|say \"x\"|a\\b|");
    CHECK_STR(parse("['\\a\\b\\f\\n\\r\\t\\v']"), "\a\b\f\n\r\t\v|");
    CHECK_STR(parse("['\\x41\\101\\7z\\u00e9\\U0001F600']"), "AA\7z\xC3\xA9\xF0\x9F\x98\x80|");
    CHECK_STR(parse("['\\q\\[']"), "\\q\\[|");
    CHECK_STR(parse("['\\ud83d', '\\U00110000']"), "\xEF\xBF\xBD|\xEF\xBF\xBD|");
    CHECK_STR(parse("['\\1234']"), "S4|");
    parse("['a\\0b']");
    CHECK_EQ(list.items[0].n, 3);
    CHECK(memcmp(list.items[0].p, "a\0b", 3) == 0);
}

static void test_what_is_no_list_of_strings(void)
{
    static const struct { const char *text, *message; } bad[] = {
        {"", "no [, at byte 0 of a list of strings"},
        {"'a'", "no [, at byte 0 of a list of strings"},
        {"[", "no string, at byte 1 of a list of strings"},
        {"[,]", "no string, at byte 1 of a list of strings"},
        {"['a', , 'b']", "no string, at byte 6 of a list of strings"},
        {"['a' 'b']", "no , or ], at byte 5 of a list of strings"},
        {"['a'", "no , or ], at byte 4 of a list of strings"},
        {"['a", "ends inside a string, at byte 3 of a list of strings"},
        {"['a\\", "ends behind a backslash, at byte 4 of a list of strings"},
        {"['a'] x", "text behind the ], at byte 6 of a list of strings"},
        {"[1]", "no string, at byte 1 of a list of strings"},
        {"[['a']]", "no string, at byte 1 of a list of strings"},
        {"[b'a']", "no string, at byte 1 of a list of strings"},
        {"['\\x4']", "too few hexadecimal digits, at byte 5 of a list of strings"},
        {"['\\N{DASH}']", "\\N, a character by its name, which is not known here, at byte 4 of a list of strings"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_STR(parse(bad[i].text), bad[i].message);
}

int main(void)
{
    CHECK_RUN(test_lists);
    CHECK_RUN(test_escapes);
    CHECK_RUN(test_what_is_no_list_of_strings);
    pylist_done(&list);
    return check_status();
}
