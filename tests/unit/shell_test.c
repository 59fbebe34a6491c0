/* What bash itself makes of our quoting is the judge: values go through a real bash and must come out as one word, unchanged. */
#include "check.h"
#include "scratch.h"

#include "base/rng.h"
#include "pipe/shell.h"
#include "pipe/subst.h"

#include <stdlib.h>

static const char nasty[] = "a'\"\\ \n\t$`(){}[]<>|&;#*?!~=%-_,:@/.^+0\x01\xc3\xa9";

/* Run a bash script that prints words, each with a NUL behind it; the output, to free. */
static char *run_bash(const struct buf *script, size_t *n)
{
    char cmd[3000];
    const char *path = scratch_write("script", script->p, script->n);
    snprintf(cmd, sizeof cmd, "bash '%s' > '%s' 2> '%s'", path, scratch_path("out"), scratch_path("err"));
    CHECK_EQ(system(cmd), 0);
    return scratch_read("out", n);
}

static void random_value(char *value, size_t most, uint64_t item)
{
    size_t n = rng_below(1, RNG_TEST, item * 64, most);
    for (size_t i = 0; i < n; i++)
        value[i] = nasty[rng_below(1, RNG_TEST, item * 64 + i + 1, sizeof nasty - 1)];
    value[n] = '\0';
}

static void quoted_words_come_back(void)
{
    enum { N = 2000 };
    char value[24];
    struct buf script = {0};
    struct err err = {0};
    size_t n;
    for (uint64_t i = 0; i < N; i++) {
        random_value(value, 20, i);
        CHECK_OK(buf_puts(&script, "printf '%s\\0' ", &err), &err);
        CHECK_OK(shell_quote(&script, value, &err), &err);
        CHECK_OK(buf_putc(&script, '\n', &err), &err);
    }
    char *out = run_bash(&script, &n), *p = out;
    for (uint64_t i = 0; i < N && p < out + n; i++, p += strlen(p) + 1) {
        random_value(value, 20, i);
        CHECK_STR(p, value);
    }
    CHECK_EQ(p - out, n);
    free(out);
    buf_done(&script);
}

static void safe_words_stay_plain(void)
{
    struct buf b = {0};
    struct err err = {0};
    CHECK_OK(shell_quote(&b, "a/b-1.5,x=y:z@%_+", &err), &err);
    CHECK_STR(b.p, "a/b-1.5,x=y:z@%_+");
    buf_clear(&b);
    CHECK_OK(shell_quote(&b, "", &err), &err);
    CHECK_STR(b.p, "''");
    buf_done(&b);
}

/* Random commands with ${v} in them: where subst accepts one, bash must see the value whole and run nothing of it. */
static void values_cannot_break_out(void)
{
    static const char *const pieces[] = {"${v}", "${v}", "'", "\"", "\\", "$", "(", ")", "`", " ", "#", "$(", "$((", "))", "$$",
                                         "x", "\n", "<(", "{", "}"};
    static const char *const values[] = {"$(touch PWNED)", "`touch PWNED`", "';touch PWNED;'", "\";touch PWNED;\"",
                                         "\\';touch PWNED;#", ";touch PWNED;", "\ntouch PWNED\n", "a[$(touch PWNED)]",
                                         "'\"`;touch PWNED;\\'$(touch PWNED)\n"};
    enum { N = 20000, PIECES = sizeof pieces / sizeof *pieces };
    struct subst_var var = {.name = "v"};
    struct doc doc = {.file = "f"};
    struct buf script = {0};
    struct err err = {0};
    size_t n_taken = 0, n;
    CHECK_OK(buf_printf(&script, &err, "cd '%s'; touch() { builtin echo x >> PWNED; }; export -f touch; x() { :; }\n",
                        scratch_path(".")), &err);
    for (uint64_t i = 0; i < N; i++) {
        char text[200] = "";
        var.value = values[i % (sizeof values / sizeof *values)];
        size_t n_pieces = 1 + rng_below(2, RNG_TEST, i * 64, 8);
        for (size_t k = 0; k < n_pieces; k++)
            strcat(text, pieces[rng_below(2, RNG_TEST, i * 64 + k + 1, PIECES)]);
        struct doc_node node = {.kind = DOC_TEXT, .line = 1, .column = 1, .text = text};
        struct arena arena = {0};
        struct err ignored = {0};
        const char *out;
        if (strstr(text, "${v}") && subst_apply(&doc, &node, SUBST_COMMAND, &var, 1, &arena, &out, &ignored) == 0 &&
            !shell_check(out, false)) {
            if (n_taken++ % 10 == 0)                              /* bash's parser dies of some of this, so ten to a subshell */
                CHECK_OK(buf_puts(&script, n_taken > 1 ? ")\n(\n" : "(\n", &err), &err);
            CHECK_OK(buf_puts(&script, "eval ", &err), &err);     /* one word for eval: what it holds cannot spill over */
            CHECK_OK(shell_quote(&script, out, &err), &err);
            CHECK_OK(buf_puts(&script, " < /dev/null &> /dev/null; [ ! -e PWNED ] || { builtin echo ", &err), &err);
            CHECK_OK(shell_quote(&script, out, &err), &err);
            CHECK_OK(buf_puts(&script, "; rm PWNED; }\n", &err), &err);
        }
        arena_done(&arena);
    }
    CHECK(n_taken > 500);
    CHECK_OK(buf_puts(&script, ")\ntrue\n", &err), &err);
    char *said = run_bash(&script, &n);
    CHECK_STR(said, "");
    free(said);
    buf_done(&script);
}

static const char *check_filter(const char *command) { return shell_check(command, true); }

static void filters_are_single_commands(void)
{
    static const char *const good[] = {"cat", "sed 's/a|b/;/'", "awk '{ print; x & y }'", "a \"x;y\"", "a x\\;y", "a 2>&1",
                                       "a &> f", "a >| f", "VAR=1 a b", "a <(b | c; d)", "a $(b; c)", "a `b; c`", "a \\\n b",
                                       "a x#y", "(a; b)", "a <<< word",
                                       "a $'it\\'s; fine'", "a \"$(b \"x;\" | c)\""};
    static const char *const bad[] = {"", "  \n", "a; b", "a | b", "a & b", "a &", "a && b", "a || b", "a\nb", "a # b", "a 'x",
                                      "a \"x", "a $(b", "a `b", "a << EOF", "a \\", "a $[1]", "(a"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        CHECK_STR(check_filter(good[i]) ? check_filter(good[i]) : good[i], good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_STR(check_filter(bad[i]) ? "refused" : bad[i], "refused");
    CHECK(shell_check("a; b | c && d # x\ne", false) == NULL);
    CHECK(shell_check("cat << EOF\nEOF\n", false) != NULL);
}

static void programs_are_found(void)
{
    static const char *const cases[][2] = {{"vec-encode -m x", "vec-encode"}, {"A=1 B='x y' sort -n", "sort"}, {"  cat>f", "cat"},
                                           {"./a/b c", "./a/b"}, {"\"x\" y", NULL}, {"$x y", NULL}, {"A=1", NULL}, {"", NULL}};
    const char *name;
    size_t n, at = 0;
    char all[100] = "";
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool found = shell_program(cases[i][0], &name, &n);
        CHECK_EQ(found, cases[i][1] != NULL);
        if (found && cases[i][1])
            CHECK(n == strlen(cases[i][1]) && memcmp(name, cases[i][1], n) == 0);
    }
    while (shell_next_name("a | b-c 'd' e/f", &at, &name, &n))
        snprintf(all + strlen(all), sizeof all - strlen(all), "%.*s,", (int)n, name);
    CHECK_STR(all, "a,b-c,d,e,f,");
}

int main(void)
{
    CHECK_RUN(quoted_words_come_back);
    CHECK_RUN(safe_words_stay_plain);
    CHECK_RUN(values_cannot_break_out);
    CHECK_RUN(filters_are_single_commands);
    CHECK_RUN(programs_are_found);
    scratch_done();
    return check_status();
}
