/* The sets, who is whose positive, and rows of the output. */
#include "tree/negatives.h"

#include "base/mem.h"
#include "base/num.h"
#include "tree/negatives_inside.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- sets ---- */

static int set_new(struct negatives *n, size_t i, struct err *err)
{
    int rc = 0;
    const struct vector_set *s = n->sets[i];
    n->distance = distance_make(n->o->metric, s->dim);
    for (size_t row = 0; s->keys && row < s->n; row++)
        TRY(map_add(&n->keys[i], s->keys[row].p, s->keys[row].n, row, NULL, &(uint64_t *){NULL}, err));
    if (n->o->no_duplicates)
        TRY(twins_make(&n->twins[i], s, err));
    if (n->o->from[i])
        TRY(ball_new(&n->balls[i], s->x, s->n, s->dim, s->stride, n->o->metric, n->o->leaf, n->o->n_threads, err));
out:
    return rc;
}

int negatives_new(struct negatives **out, const struct vector_set *const sets[NEGATIVES_SETS], bool by_key,
                  const struct negatives_options *o, struct err *err)
{
    int rc = 0;
    struct negatives *n = *out = MEM_NEW(struct negatives, err);
    if (!n)
        return ERR_NOMEM;
    n->o = o;
    n->by_key = by_key;
    for (size_t i = 0; i < NEGATIVES_SETS; i++) {
        n->sets[i] = sets[i];
        if (sets[i])
            TRY(set_new(n, i, err));
    }
out:
    if (rc != 0) {
        negatives_free(n);
        *out = NULL;
    }
    return rc;
}

void negatives_free(struct negatives *n)
{
    if (!n)
        return;
    for (size_t i = 0; i < NEGATIVES_SETS; i++) {
        ball_free(n->balls[i]);
        twins_done(&n->twins[i]);
        map_done(&n->keys[i]);
    }
    map_done(&n->queries);
    map_done(&n->documents);
    mem_free(n->links);
    mem_free(n);
}

/* ---- positives ---- */

int negatives_add_positive(struct negatives *n, struct text query, struct text document, struct err *err)
{
    int rc = 0;
    uint64_t *at, *first;
    TRY(map_add(&n->documents, document.p, document.n, n->documents.n, NULL, &at, err));
    TRY(map_add(&n->queries, query.p, query.n, 0, NULL, &first, err));
    TRY(mem_reserve(&n->links, &n->cap_links, n->n_links + 1, sizeof *n->links, err));
    n->links[n->n_links++] = (struct negatives_link){.document = *at, .next = *first};
    *first = n->n_links;
out:
    return rc;
}

int negatives_rows_add(struct negatives_rows *r, uint32_t row, struct err *err)
{
    int rc = mem_reserve(&r->at, &r->cap, r->n + 1, sizeof *r->at, err);
    if (rc != 0 || negatives_rows_has(r, row))
        return rc;
    size_t i = r->n++;
    for (; i > 0 && r->at[i - 1] > row; i--)
        r->at[i] = r->at[i - 1];
    r->at[i] = row;
    return 0;
}

bool negatives_rows_has(const struct negatives_rows *r, uint32_t row)
{
    size_t low = 0, high = r->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (r->at[middle] < row)
            low = middle + 1;
        else
            high = middle;
    }
    return low < r->n && r->at[low] == row;
}

/* The first row with that id or a greater one. */
static size_t row_of_id(const struct vector_set *s, uint64_t id)
{
    size_t low = 0, high = s->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (s->ids[middle] < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int add_id(const struct vector_set *s, uint64_t id, struct negatives_rows *rows, struct err *err)
{
    int rc = 0;
    for (size_t row = row_of_id(s, id); rc == 0 && row < s->n && s->ids[row] == id; row++)
        rc = negatives_rows_add(rows, (uint32_t)row, err);
    return rc;
}

static int add_key(const struct negatives *n, size_t set, struct text key, struct negatives_rows *rows, struct err *err)
{
    const uint64_t *row = map_get(&n->keys[set], key.p, key.n);
    return row ? negatives_rows_add(rows, (uint32_t)*row, err) : 0;
}

/* The item itself. */
static int add_self(const struct negatives *n, const struct negatives_query *q, size_t set, struct negatives_rows *rows,
                    struct err *err)
{
    const struct vector_set *s = n->sets[set];
    return n->by_key && s->keys ? add_key(n, set, q->key, rows, err) : add_id(s, q->id, rows, err);
}

enum { DECIMAL = 24 };

/* A key, or the id in decimal, which then stands in `decimal`. */
static struct text name_of(bool by_key, uint64_t id, struct text key, char decimal[DECIMAL])
{
    return by_key ? key : (struct text){decimal, (size_t)snprintf(decimal, DECIMAL, "%" PRIu64, id)};
}

/* The first link to the query's positives that were given. */
static size_t first_link(const struct negatives *n, const struct negatives_query *q)
{
    char decimal[DECIMAL];
    struct text name = name_of(n->by_key, q->id, q->key, decimal);
    const uint64_t *first = map_get(&n->queries, name.p, name.n);
    return first ? *first : 0;
}

static struct text link_document(const struct negatives *n, size_t link)
{
    struct text document;
    document.p = map_key(&n->documents, n->links[link - 1].document, &document.n);
    return document;
}

static int add_given(const struct negatives *n, const struct negatives_query *q, size_t set, struct negatives_rows *rows,
                     struct err *err)
{
    int rc = 0;
    for (size_t link = first_link(n, q); rc == 0 && link > 0; link = n->links[link - 1].next) {
        struct text document = link_document(n, link);
        uint64_t id;
        if (n->sets[set]->keys)
            rc = add_key(n, set, document, rows, err);
        else if (num_parse_u64(document.p, document.n, 0, UINT64_MAX, &id))
            rc = add_id(n->sets[set], id, rows, err);
    }
    return rc;
}

static int add_twins(const struct negatives *n, const float *x, struct negatives_rows excluded[NEGATIVES_SETS], struct err *err)
{
    int rc = 0;
    for (size_t set = 0; set < NEGATIVES_SETS; set++) {
        size_t at = SIZE_MAX;
        uint32_t row;
        while (n->sets[set] && (row = twins_next(&n->twins[set], x, &at)) != UINT32_MAX)
            TRY(negatives_rows_add(&excluded[set], row, err));
    }
out:
    return rc;
}

int negatives_exclude(const struct negatives *n, const struct negatives_query *q, struct negatives_rows excluded[NEGATIVES_SETS],
                      float *nearest, struct err *err)
{
    int rc = 0;
    const struct vector_set *counter = n->sets[NEGATIVES_COUNTER];
    struct negatives_rows positives = {0};
    *nearest = INFINITY;
    if (counter && n->o->given)
        TRY(add_given(n, q, NEGATIVES_COUNTER, &positives, err));
    else if (counter)
        TRY(add_self(n, q, NEGATIVES_COUNTER, &positives, err));
    for (size_t set = 0; set < NEGATIVES_SETS; set++) {
        excluded[set].n = 0;
        if (n->sets[set])
            TRY(add_self(n, q, set, &excluded[set], err));
        if (n->sets[set])
            TRY(add_given(n, q, set, &excluded[set], err));
    }
    if (n->o->no_duplicates)
        TRY(add_twins(n, q->x, excluded, err));
    for (size_t i = 0; i < positives.n; i++) {
        const float *x = counter->x + positives.at[i] * counter->stride;
        *nearest = fminf(*nearest, distance_one(&n->distance, q->x, x));
        if (n->o->no_duplicates)
            TRY(add_twins(n, x, excluded, err));
    }
out:
    mem_free(positives.at);
    return rc;
}

/* ---- output ---- */

int negatives_tell(const struct negatives *n, const struct negatives_query *q, struct err *err)
{
    int rc = 0;
    char decimal[DECIMAL];
    const struct negatives_visitor *v = n->o->visitor;
    const struct vector_set *counter = n->sets[NEGATIVES_COUNTER];
    struct negatives_rows own = {0};
    TRY(v->query(v->ctx, name_of(n->by_key, q->id, q->key, decimal), err));
    for (size_t link = first_link(n, q); link > 0; link = n->links[link - 1].next)
        TRY(v->positive(v->ctx, link_document(n, link), err));
    if (!n->o->given && counter)
        TRY(add_self(n, q, NEGATIVES_COUNTER, &own, err));
    for (size_t i = 0; i < own.n; i++) {
        size_t row = own.at[i];
        struct text key = counter->keys ? counter->keys[row] : (struct text){0};
        TRY(v->positive(v->ctx, name_of(counter->keys != NULL, counter->ids[row], key, decimal), err));
    }
out:
    mem_free(own.at);
    return rc;
}

int negatives_parse_margin(struct negatives_options *o, const char *text, struct err *err)
{
    size_t n = strlen(text);
    o->has_margin = true;
    o->relative = n > 0 && text[n - 1] == '%';
    if (!num_parse_f64(text, n - o->relative, &o->margin))
        return err_set(err, ERR_USAGE, "margin %s: expected a number, or a number and %%", text);
    o->margin = o->relative ? o->margin / 100 : o->margin;
    return 0;
}

static bool has_negkey(const struct negatives *n)
{
    for (size_t set = 0; set < NEGATIVES_SETS; set++)
        if (n->o->from[set] && !n->sets[set]->keys)
            return false;
    return true;
}

static bool has_text(const struct negatives *n)
{
    for (size_t set = 0; set < NEGATIVES_SETS; set++)
        if (n->o->from[set] && !n->o->texts[set])
            return false;
    return true;
}

int negatives_header(struct header *h, const struct negatives *n, const struct vector_reader *queries,
                     struct err *err)
{
    int rc = 0;
    const char *space = header_meta(vector_reader_header(queries), "space");
    TRY(header_set_kind(h, "negatives", err));
    TRY(header_add_column(h, "id", COLUMN_U64, 1, err));
    if (n->by_key)
        TRY(header_add_column(h, "key", COLUMN_STR, 1, err));
    TRY(header_add_column(h, "set", COLUMN_U8, 1, err));
    TRY(header_add_column(h, "neg", COLUMN_U64, 1, err));
    if (has_negkey(n))
        TRY(header_add_column(h, "negkey", COLUMN_STR, 1, err));
    TRY(header_add_column(h, "dist", COLUMN_F32, 1, err));
    TRY(header_add_column(h, "branch", COLUMN_U8, 1, err));
    if (has_text(n))
        TRY(header_add_column(h, "text", COLUMN_STR, 1, err));
    TRY(header_set_meta(h, "metric", metric_name(n->o->metric), err));
    if (space)
        TRY(header_set_meta(h, "space", space, err));
out:
    return rc;
}

int negatives_put(struct stream_writer *w, const struct negatives *n, const struct negatives_query *q, size_t set,
                  struct neighbour negative, enum negatives_branch branch, struct err *err)
{
    struct cell cells[8];
    size_t i = 0;
    char decimal[DECIMAL];
    const struct vector_set *s = n->sets[set];
    const uint8_t type = (uint8_t)set, how = (uint8_t)branch;
    if (!isfinite(negative.dist))
        return err_set(err, ERR_DATA, "query %" PRIu64 " and vector %" PRIu64 ": their distance is beyond 32-bit floats", q->id,
                       s->ids[negative.id]);
    cells[i++] = (struct cell){&q->id, 1};
    if (n->by_key)
        cells[i++] = (struct cell){q->key.p, q->key.n};
    cells[i++] = (struct cell){&type, 1};
    cells[i++] = (struct cell){&s->ids[negative.id], 1};
    if (has_negkey(n))
        cells[i++] = (struct cell){s->keys[negative.id].p, s->keys[negative.id].n};
    cells[i++] = (struct cell){&negative.dist, 1};
    cells[i++] = (struct cell){&how, 1};
    if (has_text(n))
        cells[i] = (struct cell){n->o->texts[set][negative.id].p, n->o->texts[set][negative.id].n};
    int rc = stream_writer_row(w, cells, err);
    const struct negatives_visitor *v = n->o->visitor;
    if (rc || !v)
        return rc;
    struct text key = s->keys ? s->keys[negative.id] : (struct text){0};
    return v->negative(v->ctx, (enum negatives_set)set, name_of(s->keys != NULL, s->ids[negative.id], key, decimal), branch, err);
}
