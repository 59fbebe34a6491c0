#include "text/quoted.h"

#include <string.h>

/* Unquote what begins at `at`, behind its first "; *next: behind the last one, NULL where there is none. */
static struct text unquote(char *at, const char *end, char **next)
{
    struct text field = {at, 0};
    char *to = at;
    *next = NULL;
    for (; at < end; at++) {
        if (*at == '"') {
            if (at + 1 == end || at[1] != '"') {
                *next = at + 1;
                break;
            }
            at++;
        }
        *to++ = *at;
    }
    field.n = (size_t)(to - field.p);
    return field;
}

int quoted_split(char *line, size_t n, bool quotes, struct text *fields, size_t max, size_t *n_fields, struct err *err)
{
    char *end = line + n;
    *n_fields = 0;
    for (char *at = line;; at++) {
        struct text field;
        if (quotes && at < end && *at == '"') {
            field = unquote(at + 1, end, &at);
            if (!at)
                return err_set(err, ERR_DATA, "the quote of field %zu does not end in its line", *n_fields + 1);
            if (at < end && *at != '\t')
                return err_set(err, ERR_DATA, "text behind the quote of field %zu, expected a TAB", *n_fields + 1);
        } else {
            char *tab = memchr(at, '\t', (size_t)(end - at));
            field = (struct text){at, (size_t)((tab ? tab : end) - at)};
            at = tab ? tab : end;
        }
        if (*n_fields < max)
            fields[*n_fields] = field;
        ++*n_fields;
        if (at == end)
            return 0;
    }
}
