#include "pipe/subst.h"
#include "base/buf.h"
#include "pipe/shell.h"

#include <stdio.h>
#include <string.h>

bool subst_is_name(const char *name, size_t n)
{
    if (n == 0 || n > 64 || (name[0] >= '0' && name[0] <= '9'))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!((name[i] | 32) >= 'a' && (name[i] | 32) <= 'z') && !(name[i] >= '0' && name[i] <= '9') && name[i] != '_')
            return false;
    return true;
}

static int unknown_name(const struct doc *doc, const struct doc_node *text, const char *name, size_t n,
                        const struct subst_var *vars, size_t n_vars, struct err *err)
{
    char known[300] = "";
    for (size_t i = 0, used = 0; i < n_vars && used < sizeof known; i++)
        used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "", vars[i].name);
    return doc_error(doc, text, err, "${%.*s}: no such name, expected one of %s", (int)n, name, known);
}

static int put_value(struct buf *b, const struct subst_var *v, enum subst_mode mode, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; !rc && i < (v->value ? 1 : v->n); i++) {
        const char *word = v->value ? v->value : v->list[i];
        if (i)
            rc = buf_putc(b, ' ', err);
        if (!rc)
            rc = mode == SUBST_COMMAND ? shell_quote(b, word, err) : buf_puts(b, word, err);
    }
    return rc;
}

static const char *where_not(const struct shell_scan *scan)
{
    return shell_scan_context(scan) == SHELL_COMMENT ? "in a comment"
         : shell_scan_context(scan) <= SHELL_ARITHMETIC
         ? "where quoting would not protect it: behind a $ or a backslash, or in (( ))"
         : "inside quotes: it is quoted by itself, so write it outside of them";
}

int subst_apply(const struct doc *doc, const struct doc_node *text, enum subst_mode mode, const struct subst_var *vars, size_t n,
                struct arena *arena, const char **out, struct err *err)
{
    struct buf b = {0};
    struct shell_scan scan = {0};
    int rc = 0;
    for (const char *p = text->text; *p;) {
        if (p[0] == '$' && p[1] == '{') {
            const char *name = p + 2;
            size_t len = strcspn(name, "}");
            if (!subst_is_name(name, len) || name[len] != '}') {
                rc = doc_error(doc, text, err, "'%.40s': expected ${name}; for the shell's own write $${...}", p);
                goto out;
            }
            const struct subst_var *v = vars;
            while (v < vars + n && (strlen(v->name) != len || memcmp(v->name, name, len) != 0))
                v++;
            if (v == vars + n)
                rc = unknown_name(doc, text, name, len, vars, n, err);
            else if (mode == SUBST_COMMAND && !shell_scan_takes_value(&scan))
                rc = doc_error(doc, text, err, "${%s} stands %s", v->name, where_not(&scan));
            TRY(rc ? rc : put_value(&b, v, mode, err));
            shell_scan_next(&scan, 'x');
            p = name + len + 1;
        } else {
            TRY(buf_putc(&b, *p, err));
            shell_scan_next(&scan, *p);
            p += p[0] == '$' && p[1] == '$' ? 2 : 1;
        }
        if (b.n > SUBST_MAX_BYTES) {
            rc = err_set(err, ERR_LIMIT, "%s:%u:%u: more than %d bytes with its values put in", doc->file, text->line,
                         text->column, SUBST_MAX_BYTES);
            goto out;
        }
    }
    while (mode == SUBST_COMMAND && b.n && strchr(" \t\n", b.p[b.n - 1]) && !(b.n > 1 && b.p[b.n - 2] == '\\'))
        b.n--;
    char *copy;
    TRY_NEW(copy, arena_take(arena, b.n + 1, 1, err));
    memcpy(copy, b.n ? b.p : "", b.n);
    copy[b.n] = '\0';
    *out = copy;
out:
    buf_done(&b);
    return rc;
}
