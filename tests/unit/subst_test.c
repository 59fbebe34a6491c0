#include "check.h"

#include "pipe/subst.h"

static struct arena arena;
static const struct doc doc = {.file = "f.yaml"};
static const char *const list[] = {"a.txt", "b c.txt"};
static const struct subst_var vars[] = {{.name = "n", .value = "5"}, {.name = "word", .value = "it's"},
                                        {.name = "in", .list = list, .n = 2}, {.name = "none", .list = list, .n = 0}};

static const char *apply(const char *text, enum subst_mode mode)
{
    static struct err err;
    const struct doc_node node = {.kind = DOC_TEXT, .line = 3, .column = 7, .text = text};
    const char *out;
    err = (struct err){0};
    return subst_apply(&doc, &node, mode, vars, 4, &arena, &out, &err) == 0 ? out : err.msg;
}

static void values_are_put_in(void)
{
    CHECK_STR(apply("head -n ${n}", SUBST_COMMAND), "head -n 5");
    CHECK_STR(apply("x.${n}.${n}", SUBST_TEXT), "x.5.5");
    CHECK_STR(apply("echo ${word}", SUBST_COMMAND), "echo 'it'\\''s'");
    CHECK_STR(apply("${word}", SUBST_TEXT), "it's");
    CHECK_STR(apply("cat ${in}", SUBST_COMMAND), "cat a.txt 'b c.txt'");
    CHECK_STR(apply("cat ${none}-", SUBST_COMMAND), "cat -");
    CHECK_STR(apply("cat  \n\n", SUBST_COMMAND), "cat");
    CHECK_STR(apply("cat \\ \n", SUBST_COMMAND), "cat \\ ");
    CHECK_STR(apply("", SUBST_TEXT), "");
}

static void the_shell_keeps_its_own(void)
{
    static const char command[] = "awk '{ print $1, $NF }' $HOME $(x) $((1 + 2))";
    CHECK_STR(apply(command, SUBST_COMMAND), command);
    CHECK_STR(apply("echo $${x} $$$$ \"$${y}\"", SUBST_COMMAND), "echo ${x} $$ \"${y}\"");
    CHECK_STR(apply("$${n}", SUBST_TEXT), "${n}");
}

static void what_is_refused(void)
{
    CHECK(strstr(apply("${m}", SUBST_TEXT), "f.yaml:3:7: ${m}: no such name, expected one of n, word, in, none"));
    CHECK(strstr(apply("${n:-1}", SUBST_TEXT), "expected ${name}"));
    CHECK(strstr(apply("${n", SUBST_TEXT), "expected ${name}"));
    CHECK(strstr(apply("${}", SUBST_TEXT), "expected ${name}"));
    CHECK(strstr(apply("echo \"${n}\"", SUBST_COMMAND), "${n} stands inside quotes"));
    CHECK(strstr(apply("echo '${n}'", SUBST_COMMAND), "inside quotes"));
    CHECK(strstr(apply("echo `x ${n}`", SUBST_COMMAND), "inside quotes"));
    CHECK(strstr(apply("echo # ${n}", SUBST_COMMAND), "in a comment"));
    CHECK(strstr(apply("echo \\${n}", SUBST_COMMAND), "behind a $ or a backslash"));
    CHECK(strstr(apply("echo $$${word}", SUBST_COMMAND), "behind a $ or a backslash"));
    CHECK(strstr(apply("echo $((1 + ${n}))", SUBST_COMMAND), "in (( ))"));
    CHECK_STR(apply("echo \"$(x ${n})\" 'a'${n}\"b\"", SUBST_COMMAND), "echo \"$(x 5)\" 'a'5\"b\"");
}

static void a_text_cannot_explode(void)
{
    static char value[SUBST_MAX_BYTES / 2 + 1];
    struct subst_var big = {.name = "big", .value = value};
    const struct doc_node node = {.kind = DOC_TEXT, .line = 1, .column = 1, .text = "${big}${big}${big}"};
    struct err err = {0};
    const char *out;
    memset(value, 'x', sizeof value - 1);
    CHECK_EQ(subst_apply(&doc, &node, SUBST_TEXT, &big, 1, &arena, &out, &err), ERR_LIMIT);
}

static void names(void)
{
    CHECK(subst_is_name("a", 1) && subst_is_name("_Z9", 3));
    CHECK(!subst_is_name("", 0) && !subst_is_name("9a", 2) && !subst_is_name("a-b", 3) && !subst_is_name("a b", 3));
    CHECK(!subst_is_name("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 65));
}

int main(void)
{
    CHECK_RUN(values_are_put_in);
    CHECK_RUN(the_shell_keeps_its_own);
    CHECK_RUN(what_is_refused);
    CHECK_RUN(a_text_cannot_explode);
    CHECK_RUN(names);
    arena_done(&arena);
    return check_status();
}
