#include "check.h"

#include "base/buf.h"
#include "pipe/doc.h"

#include <stdlib.h>

static struct err err;

static int parse(struct doc *doc, const char *text)
{
    err = (struct err){0};
    return doc_parse(doc, "f", text, strlen(text), &err);
}

static const char *refusal(const char *text)
{
    struct doc doc;
    int rc = parse(&doc, text);
    doc_done(&doc);
    return rc ? err.msg : "accepted";
}

static void a_tree_with_places(void)
{
    struct doc doc;
    CHECK_OK(parse(&doc, "a: 1\nb:\n  - x\n  - {c: 'd e', f: \"\\n\"}\ng: |\n  one\n  two\nh:\n"), &err);
    const struct doc_node *b = doc_get(doc.root, "b"), *map = b->first->next;
    CHECK_EQ(doc.root->kind, DOC_MAP);
    CHECK_EQ(doc.root->n, 4);
    CHECK_STR(doc_get(doc.root, "a")->text, "1");
    CHECK_EQ(b->kind, DOC_LIST);
    CHECK_EQ(b->n, 2);
    CHECK_EQ(b->key_line, 2);
    CHECK_EQ(map->line, 4);
    CHECK_EQ(map->column, 5);
    CHECK_STR(doc_get(map, "c")->text, "d e");
    CHECK_STR(doc_get(map, "f")->text, "\n");
    CHECK_STR(doc_get(doc.root, "g")->text, "one\ntwo\n");
    CHECK(doc_get(doc.root, "h")->empty);
    CHECK(doc_get(doc.root, "i") == NULL);
    CHECK_STR(doc_kind_name(map), "a map");
    doc_error(&doc, map, &err, "message %d", 7);
    CHECK_STR(err.msg, "f:4:5: message 7");
    doc_done(&doc);
}

static void scalars_stay_text(void)
{
    struct doc doc;
    CHECK_OK(parse(&doc, "[010, no, ~, 1e3, \"\", 0x10]"), &err);
    const char *const want[] = {"010", "no", "~", "1e3", "", "0x10"};
    const struct doc_node *item = doc.root->first;
    for (int i = 0; i < 6 && item; i++, item = item->next) {
        CHECK_STR(item->text, want[i]);
        CHECK(!item->empty);
    }
    doc_done(&doc);
}

static void what_is_refused(void)
{
    CHECK_STR(refusal(""), "f:1:1: nothing, expected a pipeline in YAML");
    CHECK_STR(refusal("# just this\n"), "f:1:1: nothing, expected a pipeline in YAML");
    CHECK(strstr(refusal("a: 1\na: 2\n"), "f:2:1: the key 'a' a second time"));
    CHECK(strstr(refusal("a: &x 1\nb: *x\n"), "f:1:4: the anchor &x"));
    CHECK(strstr(refusal("b: *x\n"), "f:1:4: the alias *x"));
    CHECK(strstr(refusal("a: !!str 1\n"), "f:1:4: the tag"));
    CHECK(strstr(refusal("a: 1\n---\nb: 2\n"), "f:2:1: a second document"));
    CHECK(strstr(refusal("a: 1\n\tb: 2\n"), "a tab at the start of a line"));
    CHECK(strstr(refusal("a: [x ${y}, z]\n"), "needs quotes around it"));
    CHECK(strstr(refusal("a: \"\\0\"\n"), "f:1:4: a NUL byte"));
    CHECK(strstr(refusal("? [a]\n: b\n"), "a list as a key"));
    CHECK(strstr(refusal("a: 1\nb\n"), "not YAML"));
    CHECK(strstr(refusal("a: \x01\n"), "f:1:4: control characters are not allowed"));
    CHECK(strstr(refusal("ab\nc: \xff\n"), "f:2:4: "));
    CHECK(strstr(refusal("a: 1\nb: 'x\n"), "not YAML"));
}

static char *repeat(const char *unit, size_t n)
{
    struct buf b = {0};
    struct err e = {0};
    for (size_t i = 0; i < n; i++)
        CHECK_OK(buf_puts(&b, unit, &e), &e);
    char *copy = strdup(b.p);
    buf_done(&b);
    return copy;
}

static void bombs_are_refused_quickly(void)
{
    static const struct { const char *unit; size_t n; enum err_code code; const char *says; } bombs[] = {
        {"[", 100000, ERR_LIMIT, "nested more than 32 deep"},
        {"{", 100000, ERR_DATA, "a map as a key"},
        {"- ", 100000, ERR_LIMIT, "nested more than 32 deep"},
        {"? ", 100000, ERR_DATA, "a map as a key"},
        {"{a: ", 100000, ERR_LIMIT, "nested more than 32 deep"},
        {"- a\n", 200000, ERR_LIMIT, "more than 100000 items"},
        {"aaaaaaaaaaaaaaaa", 1 << 17, ERR_LIMIT, "more than 1048576 bytes"},
        {"&a ", 100000, ERR_DATA, ""},
        {"*a ", 100000, ERR_DATA, ""},
        {"!", 100000, ERR_DATA, ""},
        {"'", 100001, ERR_DATA, ""},
        {"a: ", 100000, ERR_DATA, ""},
        {"\t", 100000, ERR_DATA, ""},
        {"%", 100000, ERR_DATA, ""},
        {"|\n", 100000, ERR_DATA, ""},
        {"\"\\", 100000, ERR_DATA, ""},
    };
    for (size_t i = 0; i < sizeof bombs / sizeof *bombs; i++) {
        char *text = repeat(bombs[i].unit, bombs[i].n);
        struct doc doc;
        CHECK_EQ(parse(&doc, text), bombs[i].code);
        if (!strstr(err.msg, bombs[i].says))
            CHECK_STR(err.msg, bombs[i].says);
        doc_done(&doc);
        free(text);
    }
    /* Many keys in one map, all different: no quadratic search for doubles. */
    struct buf b = {0};
    struct doc doc;
    for (int i = 0; i < 40000; i++)
        CHECK_OK(buf_printf(&b, &err, "k%d: v\n", i), &err);
    CHECK_OK(parse(&doc, b.p), &err);
    CHECK_EQ(doc.root->n, 40000);
    doc_done(&doc);
    buf_done(&b);
}

static void nesting_up_to_the_limit(void)
{
    char text[2 * DOC_MAX_DEPTH + 1];
    struct doc doc;
    memset(text, '[', DOC_MAX_DEPTH);
    memset(text + DOC_MAX_DEPTH, ']', DOC_MAX_DEPTH);
    text[2 * DOC_MAX_DEPTH] = '\0';
    CHECK_OK(parse(&doc, text), &err);
    doc_done(&doc);
}

int main(void)
{
    CHECK_RUN(a_tree_with_places);
    CHECK_RUN(scalars_stay_text);
    CHECK_RUN(what_is_refused);
    CHECK_RUN(bombs_are_refused_quickly);
    CHECK_RUN(nesting_up_to_the_limit);
    return check_status();
}
