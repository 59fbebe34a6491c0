#include "fmt/tablemap.h"

#include "base/mem.h"
#include "base/num.h"
#include "fmt/retype.h"

#include <string.h>

static int add_column(struct tablemap *m, const struct header *in, size_t c, struct err *err)
{
    m->from[m->header.n_columns] = c;
    return header_add_column(&m->header, in->columns[c].name, in->columns[c].type, in->columns[c].shape, err);
}

static int no_column(const struct header *in, const char *name, size_t n, struct err *err)
{
    struct buf names = {0};
    int rc = 0;
    for (size_t i = 0; i < in->n_columns; i++)
        TRY(buf_printf(&names, err, "%s%s", i ? ", " : "", in->columns[i].name));
    rc = err_set(err, ERR_DATA, "no column %.*s: there are %s", (int)num_min_size(n, HEADER_MAX_NAME), name, names.p);
out:
    buf_done(&names);
    return rc;
}

static int choose(struct tablemap *m, const struct header *in, const char *columns, struct err *err)
{
    int rc = 0, id = header_column(in, "id");
    size_t n_most = in->n_columns + 1;
    TRY_NEW(m->from, MEM_ARRAY(size_t, n_most, err));
    if (columns && id >= 0) {
        bool named = false;
        for (const char *at = columns; at && !named; at = strchr(at, ','), at = at ? at + 1 : NULL)
            named = strncmp(at, "id", 2) == 0 && (at[2] == ',' || at[2] == '\0');
        if (!named)
            TRY(add_column(m, in, (size_t)id, err));
    }
    for (const char *at = columns; at;) {
        size_t n = strcspn(at, ","), c = 0;
        while (c < in->n_columns && (strlen(in->columns[c].name) != n || memcmp(in->columns[c].name, at, n) != 0))
            c++;
        if (c == in->n_columns)
            return no_column(in, at, n, err);
        TRY(add_column(m, in, c, err));          /* a name twice is refused here */
        at = at[n] ? at + n + 1 : NULL;
    }
    for (size_t i = 0; !columns && i < in->n_columns; i++)
        TRY(add_column(m, in, i, err));
out:
    return rc;
}

static int choose_type(struct tablemap *m, enum column_type type, struct err *err)
{
    int c = header_column(&m->header, "vec");
    if (c < 0 || m->header.columns[c].shape == COLUMN_RAGGED || m->header.columns[c].type == COLUMN_STR)
        return err_set(err, ERR_DATA, "--dtype changes the column vec, which these %s do not have", m->header.kind);
    if (m->header.columns[c].type == type)
        return 0;
    m->typed = c;
    m->old_type = m->header.columns[c].type;
    m->header.columns[c].type = type;
    return 0;
}

int tablemap_init(struct tablemap *m, const struct header *in, const char *columns, int dtype, struct err *err)
{
    int rc = 0;
    *m = (struct tablemap){.typed = -1};
    TRY(header_set_kind(&m->header, in->kind, err));
    TRY(header_copy_metas(&m->header, in, err));
    TRY(choose(m, in, columns, err));
    if (dtype >= 0)
        TRY(choose_type(m, (enum column_type)dtype, err));
    TRY_NEW(m->views, MEM_ZARRAY(struct column_view, m->header.n_columns, err));
out:
    return rc;
}

void tablemap_done(struct tablemap *m)
{
    header_done(&m->header);
    mem_free(m->from);
    mem_free(m->values);
    mem_free(m->views);
    *m = (struct tablemap){.typed = -1};
}

static int convert(struct tablemap *m, const struct block *in, size_t first, size_t n, struct err *err)
{
    const struct column *c = &m->header.columns[m->typed];
    size_t bytes = n * c->shape * column_type_bytes(c->type);
    const char *old = (const char *)in->columns[m->from[m->typed]].values + first * c->shape * column_type_bytes(m->old_type);
    if (bytes > m->cap) {
        mem_free(m->values);
        m->cap = 0;
        m->values = mem_slab(bytes, 1, err);
        if (!m->values)
            return ERR_NOMEM;
        m->cap = bytes;
    }
    size_t bad = retype_values(m->values, c->type, old, m->old_type, n * c->shape);
    if (bad == n * c->shape)
        return 0;
    return err_set(err, ERR_DATA, "row %llu: value %zu cannot be %s",
                   (unsigned long long)(in->first_row + first + bad / c->shape), bad % c->shape, column_type_name(c->type));
}

int tablemap_rows(struct tablemap *m, const struct block *in, size_t first, size_t n, struct block *out, size_t *out_first,
                  struct err *err)
{
    *out = (struct block){.first_row = in->first_row + first, .rows = n, .columns = m->views};
    *out_first = m->typed >= 0 ? 0 : first;
    for (size_t i = 0; i < m->header.n_columns; i++) {
        struct column_view v = in->columns[m->from[i]];
        const struct column *c = &m->header.columns[i];
        if (m->typed >= 0) {      /* all columns begin with the first row, as the converted one does */
            if (v.offsets)
                v.offsets += first;
            else
                v.values = (const char *)v.values + first * c->shape * column_type_bytes(c->type);
        }
        m->views[i] = v;
    }
    if (m->typed < 0)
        return 0;
    int rc = convert(m, in, first, n, err);
    m->views[m->typed].values = m->values;
    return rc;
}
