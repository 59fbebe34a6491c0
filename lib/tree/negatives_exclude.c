/* Who is whose positive, and what is therefore no negative. */
#include "base/mem.h"
#include "base/num.h"
#include "tree/negatives_inside.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

/* ---- names ---- */

struct text negatives_name(bool by_key, uint64_t id, struct text key, char decimal[NEGATIVES_NAME])
{
    return by_key ? key : (struct text){decimal, (size_t)snprintf(decimal, NEGATIVES_NAME, "%" PRIu64, id)};
}

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

/* ---- rows ---- */

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

/* The first link to the query's positives that were given. */
static size_t first_link(const struct negatives *n, const struct negatives_query *q)
{
    char decimal[NEGATIVES_NAME];
    struct text name = negatives_name(n->by_key, q->id, q->key, decimal);
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

int negatives_tell(const struct negatives *n, const struct negatives_query *q, struct err *err)
{
    int rc = 0;
    char decimal[NEGATIVES_NAME];
    const struct negatives_visitor *v = n->o->visitor;
    const struct vector_set *counter = n->sets[NEGATIVES_COUNTER];
    struct negatives_rows own = {0};
    TRY(v->query(v->ctx, negatives_name(n->by_key, q->id, q->key, decimal), err));
    for (size_t link = first_link(n, q); link > 0; link = n->links[link - 1].next)
        TRY(v->positive(v->ctx, link_document(n, link), err));
    if (!n->o->given && counter)
        TRY(add_self(n, q, NEGATIVES_COUNTER, &own, err));
    for (size_t i = 0; i < own.n; i++) {
        size_t row = own.at[i];
        struct text key = counter->keys ? counter->keys[row] : (struct text){0};
        TRY(v->positive(v->ctx, negatives_name(counter->keys != NULL, counter->ids[row], key, decimal), err));
    }
out:
    mem_free(own.at);
    return rc;
}
