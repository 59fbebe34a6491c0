#include "fmt/npyhead.h"

#include "base/num.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *code;           /* NumPy's letter and size */
    enum column_type type;
} types[] = {
    {"f4", COLUMN_F32}, {"f2", COLUMN_F16}, {"f8", COLUMN_F64}, {"i1", COLUMN_I8},  {"u1", COLUMN_U8},
    {"u2", COLUMN_U16}, {"i4", COLUMN_I32}, {"u4", COLUMN_U32}, {"i8", COLUMN_I64}, {"u8", COLUMN_U64},
};
enum { N_TYPES = sizeof types / sizeof *types };

struct scan {
    const char *p, *end;
};

static void skip_blanks(struct scan *s)
{
    while (s->p < s->end && (*s->p == ' ' || *s->p == '\n' || *s->p == '\t'))
        s->p++;
}

static bool take(struct scan *s, char c)
{
    skip_blanks(s);
    if (s->p == s->end || *s->p != c)
        return false;
    s->p++;
    return true;
}

/* A quoted string without escapes. */
static bool take_string(struct scan *s, char *out, size_t cap)
{
    skip_blanks(s);
    if (s->p == s->end || (*s->p != '\'' && *s->p != '"'))
        return false;
    const char *from = s->p + 1, *to = memchr(from, *s->p, (size_t)(s->end - from));
    if (!to || (size_t)(to - from) >= cap)
        return false;
    memcpy(out, from, (size_t)(to - from));
    out[to - from] = '\0';
    s->p = to + 1;
    return true;
}

static bool take_word(struct scan *s, const char *word)
{
    size_t n = strlen(word);
    skip_blanks(s);
    if ((size_t)(s->end - s->p) < n || memcmp(s->p, word, n) != 0)
        return false;
    s->p += n;
    return true;
}

static bool take_shape(struct scan *s, struct npyhead *h)
{
    h->n_dims = 0;
    if (!take(s, '('))
        return false;
    while (!take(s, ')')) {
        skip_blanks(s);
        const char *from = s->p;
        while (s->p < s->end && *s->p >= '0' && *s->p <= '9')
            s->p++;
        if (h->n_dims == 8 || !num_parse_u64(from, (size_t)(s->p - from), 0, UINT64_MAX, &h->shape[h->n_dims]))
            return false;
        h->n_dims++;
        if (!take(s, ',') && (s->p == s->end || *s->p != ')'))
            return false;
    }
    return true;
}

static int set_type(struct npyhead *h, const char *descr, struct err *err)
{
    if (!strchr("<>=|", descr[0]) || descr[0] == '\0')
        return err_set(err, ERR_DATA, "values of type '%s', expected a number such as '<f4'", descr);
    for (size_t i = 0; i < N_TYPES; i++) {
        if (strcmp(descr + 1, types[i].code) == 0) {
            h->type = types[i].type;
            h->swap = descr[0] == '>' && column_type_bytes(h->type) > 1;
            return 0;
        }
    }
    return err_set(err, ERR_DATA, "values of type '%s'%s, expected f2, f4, f8, i1, i4, i8, u1, u2, u4 or u8", descr,
                   descr[1] == 'O' ? " (Python objects)" : descr[1] == 'V' ? " (raw bytes; NumPy has no bfloat16)" : "");
}

int npyhead_parse(struct npyhead *h, const char *text, size_t n, struct err *err)
{
    struct scan s = {text, text + n};
    char key[16], descr[32] = "";
    unsigned seen = 0, bit;
    bool good = take(&s, '{');
    *h = (struct npyhead){0};
    while (good && !take(&s, '}')) {
        good = take_string(&s, key, sizeof key) && take(&s, ':');
        bit = 0;
        if (good && strcmp(key, "descr") == 0) {
            bit = 1;
            skip_blanks(&s);
            if (s.p < s.end && *s.p == '[')
                return err_set(err, ERR_DATA, "an array of structures, expected one of plain numbers");
            good = take_string(&s, descr, sizeof descr);
        } else if (good && strcmp(key, "fortran_order") == 0) {
            bit = 2;
            h->fortran = take_word(&s, "True");
            good = h->fortran || take_word(&s, "False");
        } else if (good && strcmp(key, "shape") == 0) {
            bit = 4;
            good = take_shape(&s, h);
        }
        good = good && bit && !(seen & bit);
        seen |= bit;
        if (good && !take(&s, ','))
            good = s.p < s.end && *s.p == '}';
    }
    skip_blanks(&s);
    if (!good || seen != 7 || s.p != s.end)
        return err_set(err, ERR_DATA, "a NumPy header that cannot be read: %.*s", (int)num_min_size(n, 120), text);
    return set_type(h, descr, err);
}

int npyhead_format(unsigned char out[VECFILE_HEAD], size_t *n, enum column_type type, uint64_t rows, size_t dim, struct err *err)
{
    const char *code = NULL;
    for (size_t i = 0; i < N_TYPES; i++)
        if (types[i].type == type)
            code = types[i].code;
    if (!code)
        return err_set(err, ERR_DATA, "NumPy has no type for %s: choose with --dtype", column_type_name(type));
    char text[VECFILE_HEAD - 10 + 1];
    int used = snprintf(text, sizeof text, "{'descr': '%c%s', 'fortran_order': False, 'shape': (%llu, %zu), }",
                        column_type_bytes(type) == 1 ? '|' : '<', code, (unsigned long long)rows, dim);
    memset(text + used, ' ', sizeof text - (size_t)used);
    text[VECFILE_HEAD - 10 - 1] = '\n';
    memcpy(out, "\x93NUMPY\x01\x00", 8);
    out[8] = VECFILE_HEAD - 10;
    out[9] = 0;
    memcpy(out + 10, text, VECFILE_HEAD - 10);
    *n = VECFILE_HEAD;
    return 0;
}
