#include "text/jsonitems.h"
#include "check.h"

#include <stdio.h>
#include <stdlib.h>

static struct err err;

/* All objects as "line:text;" and then "end", or the message. */
static const char *items(const char *text, size_t n)
{
    static char all[4096];
    struct jsonitems it = {0};
    bool more = true;
    all[0] = '\0';
    err = (struct err){0};
    CHECK_OK(input_open_memory(&it.in, text, n, "in", &err), &err);
    while (more && jsonitems_next(&it, &more, &err) == 0)
        snprintf(all + strlen(all), sizeof all - strlen(all), more ? "%llu:%s;" : "end", (unsigned long long)it.line,
                 it.item.p);
    if (err.code)
        snprintf(all + strlen(all), sizeof all - strlen(all), "%s", err.msg);
    input_close(it.in);
    jsonitems_done(&it);
    return all;
}
#define ITEMS(text) items(text, sizeof text - 1)

static void test_arrays(void)
{
    CHECK_STR(ITEMS("[]"), "end");
    CHECK_STR(ITEMS(" [ \n ] \n"), "end");
    CHECK_STR(ITEMS("[{}]"), "1:{};end");
    CHECK_STR(ITEMS("[\n{\"a\":\n[1, {}]} ,\n\n{\"b\": \"]}\\\"\\\\\"}\n]\n"),
              "2:{\"a\":\n[1, {}]};5:{\"b\": \"]}\\\"\\\\\"};end");
}

static void test_objects_without_an_array(void)
{
    CHECK_STR(ITEMS("{}\n{\"a\": 1}"), "1:{};2:{\"a\": 1};end");
    CHECK_STR(ITEMS("{}{}"), "1:{};1:{};end");
}

static void test_damage(void)
{
    CHECK_STR(ITEMS(""), "in:1: ends too early: inside an array of objects, or before it");
    CHECK_STR(ITEMS("[{}\n"), "1:{};in:2: ends too early: inside an array of objects, or before it");
    CHECK_STR(ITEMS("[{},"), "1:{};in:1: ends too early: inside an array of objects, or before it");
    CHECK_STR(ITEMS("[{\"a]}"), "in:1: ends too early: inside an object");
    CHECK_STR(ITEMS("{}\n{\"a\": \"\\\"}"), "1:{};in:2: ends too early: inside an object");
    CHECK_STR(ITEMS("[{},]"), "1:{};in:1: no { where an object is expected");
    CHECK_STR(ITEMS("[1]"), "in:1: no { where an object is expected");
    CHECK_STR(ITEMS("[{} {}]"), "1:{};in:1: no comma or ] behind an object of the array");
    CHECK_STR(ITEMS("[{}]]"), "1:{};in:1: text behind the end of the array");
    CHECK_STR(ITEMS("{}\n[{}]"), "1:{};in:2: no { where an object is expected");
    CHECK_STR(ITEMS("null"), "in:1: neither [ nor {, expected an array of JSON objects");
    CHECK_STR(ITEMS("[{}\0]"), "1:{};in:1: a NUL between objects");
}

/* Objects at every place with regard to the pieces that are read. */
static void test_pieces(void)
{
    size_t cap = JSONITEMS_CHUNK + 64;
    char *text = malloc(cap);
    for (size_t at = JSONITEMS_CHUNK - 20; at < JSONITEMS_CHUNK + 3; at++) {
        memset(text, ' ', cap);
        text[0] = '[';
        memcpy(text + at, "{\"a\": \"\\\"}\"}, {}]", 17);
        CHECK_STR(items(text, cap), "1:{\"a\": \"\\\"}\"};1:{};end");
    }
    free(text);
}

static void test_an_object_that_is_too_long(void)
{
    size_t n = JSONITEMS_MAX + 2;
    char *text = malloc(n);
    struct jsonitems it = {0};
    bool more;
    memset(text, ' ', n);
    text[0] = '[';
    text[1] = '{';
    for (int too_long = 0; too_long < 2; too_long++) {
        memcpy(text + n - 2 + too_long, "}]", too_long ? 1 : 2);
        text[n - 2] = too_long ? ' ' : '}';
        err = (struct err){0};
        CHECK_OK(input_open_memory(&it.in, text, n, "in", &err), &err);
        CHECK_EQ(jsonitems_next(&it, &more, &err), too_long ? ERR_LIMIT : 0);
        input_close(it.in);
        jsonitems_done(&it);
        it = (struct jsonitems){0};
    }
    free(text);
}

int main(void)
{
    CHECK_RUN(test_arrays);
    CHECK_RUN(test_objects_without_an_array);
    CHECK_RUN(test_damage);
    CHECK_RUN(test_pieces);
    CHECK_RUN(test_an_object_that_is_too_long);
    return check_status();
}
