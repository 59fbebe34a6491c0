/* The sets, and rows of the output. */
#include "tree/negatives.h"

#include "base/mem.h"
#include "base/num.h"
#include "tree/negatives_inside.h"

#include <inttypes.h>
#include <math.h>
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

/* ---- output ---- */

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
    char decimal[NEGATIVES_NAME];
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
    struct text name = negatives_name(s->keys != NULL, s->ids[negative.id], key, decimal);
    return v->negative(v->ctx, (enum negatives_set)set, name, branch, err);
}
