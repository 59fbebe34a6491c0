#include "text/jsonitems.h"
#include "base/mem.h"

static int fail(const struct jsonitems *it, enum err_code code, const char *what, struct err *err)
{
    return err_set(err, code, "%s:%llu: %s", input_name(it->in), (unsigned long long)it->at_line + 1, what);
}

/* Make it->chunk[it->at] a byte that was not yet looked at; it->n is 0 at the end of the input. */
static int fill(struct jsonitems *it, struct err *err)
{
    int rc = 0;
    if (it->at < it->n)
        return 0;
    if (!it->chunk)
        TRY_NEW(it->chunk, mem_alloc(JSONITEMS_CHUNK, 1, err));
    it->at = 0;
    TRY(input_read(it->in, it->chunk, JSONITEMS_CHUNK, &it->n, err));
out:
    return rc;
}

/* The next byte that is no blank, not yet taken; '\0' at the end. */
static int look(struct jsonitems *it, char *c, struct err *err)
{
    int rc = 0;
    for (;; it->at++) {
        TRY(fill(it, err));
        *c = it->n ? it->chunk[it->at] : '\0';
        if (*c == '\n')
            it->at_line++;
        else if (*c != ' ' && *c != '\t' && *c != '\r')
            break;
    }
    if (it->n && *c == '\0')
        TRY(fail(it, ERR_DATA, "a NUL between objects", err));
out:
    return rc;
}

/* Before an item: the [ and the commas.  *more: an item follows. */
static int before_item(struct jsonitems *it, bool *more, struct err *err)
{
    int rc = 0;
    char c;
    TRY(look(it, &c, err));
    if (!it->in_array && it->n_items == 0 && c == '[') {
        it->in_array = true;
        it->at++;
        TRY(look(it, &c, err));
        *more = c != ']';
    } else if (it->in_array) {
        *more = c == ',';
        if (c != '\0' && c != ',' && c != ']')
            TRY(fail(it, ERR_DATA, "no comma or ] behind an object of the array", err));
        if (c == ',') {
            it->at++;
            TRY(look(it, &c, err));
        }
    } else {
        *more = c != '\0' || it->n_items == 0;
    }
    if (c == '\0' && (*more || it->in_array))
        TRY(fail(it, ERR_TRUNCATED, "ends too early: inside an array of objects, or before it", err));
    if (*more && c != '{')
        TRY(fail(it, ERR_DATA, it->n_items || it->in_array ? "no { where an object is expected" :
                               "neither [ nor {, expected an array of JSON objects", err));
    if (!*more && it->in_array) {
        it->at++;
        TRY(look(it, &c, err));
        if (c != '\0')
            TRY(fail(it, ERR_DATA, "text behind the end of the array", err));
    }
out:
    return rc;
}

struct scan {
    size_t depth;
    bool in_string, escaped;
};

/* Bytes up to the one that ends the object, that included, or all n; *end: it was found. */
static size_t scan_item(struct scan *s, const char *p, size_t n, uint64_t *lines, bool *end)
{
    for (size_t i = 0; i < n; i++) {
        char c = p[i];
        if (c == '\n')
            ++*lines;
        if (s->in_string) {
            if (s->escaped)
                s->escaped = false;
            else if (c == '\\')
                s->escaped = true;
            else if (c == '"')
                s->in_string = false;
        } else if (c == '"') {
            s->in_string = true;
        } else if (c == '{' || c == '[') {
            s->depth++;
        } else if ((c == '}' || c == ']') && --s->depth == 0) {
            *end = true;
            return i + 1;
        }
    }
    return n;
}

int jsonitems_next(struct jsonitems *it, bool *more, struct err *err)
{
    int rc = 0;
    struct scan s = {0};
    bool end = false;
    *more = false;
    if (it->ended)
        return 0;
    TRY(before_item(it, more, err));
    it->ended = !*more;
    buf_clear(&it->item);
    it->line = it->at_line + 1;
    while (*more && !end) {
        TRY(fill(it, err));
        if (it->n == 0)
            TRY(fail(it, ERR_TRUNCATED, "ends too early: inside an object", err));
        size_t used = scan_item(&s, it->chunk + it->at, it->n - it->at, &it->at_line, &end);
        if (it->item.n + used > JSONITEMS_MAX)
            TRY(fail(it, ERR_LIMIT, "an object of more than 16777216 bytes", err));
        TRY(buf_put(&it->item, it->chunk + it->at, used, err));
        it->at += used;
    }
    it->n_items += *more;
out:
    return rc;
}

void jsonitems_done(struct jsonitems *it)
{
    buf_done(&it->item);
    mem_free(it->chunk);
    it->chunk = NULL;
}
