/* Steps, for each batch of queries:
 *  1. what is excluded for each query
 *  2. for those that have a draw of the hard branch: their nearest in each set, k of them, without what is excluded; as long as
 *     that leaves too few of a set that has more, again with four times k
 *  3. the draws, in order. */
#include "base/mem.h"
#include "base/num.h"
#include "base/rng.h"
#include "tree/negatives_inside.h"

#include <math.h>
#include <string.h>

enum { BATCH = 4096, BATCH_PLACES = 1 << 22, GROWTH = 4 };

/* Of a set, for one query: its nearest admissible rows. */
struct nearest {
    struct neighbour *at;       /* (need) */
    size_t n;
    bool complete;              /* as many as are needed, or all there are */
};

struct draft {
    struct negatives_query query;
    struct negatives_rows excluded[NEGATIVES_SETS];
    struct nearest nearest[NEGATIVES_SETS];
    float least;                /* the hard branch's margin: nothing nearer */
    bool is_hard;               /* has it a draw of the hard branch? */
};

struct drawer {
    const struct negatives *n;
    struct stream_writer *w;
    struct negatives_report *report;
    size_t need;
    struct draft *drafts;       /* (batch) */
    struct neighbour *places;   /* (batch, NEGATIVES_SETS, need) */
    uint32_t *active;           /* (batch) drafts that are searched for */
};

/* ---- randomness ---- */

struct negatives_draw negatives_draw_make(uint64_t seed, uint64_t id, size_t i)
{
    enum { WORDS = 8 };
    uint32_t words[WORDS];
    rng_words(seed, RNG_NEGATIVE, id, (uint64_t)i * WORDS, words, WORDS);
    return (struct negatives_draw){.u = (double)(((uint64_t)words[0] << 32 | words[1]) >> 11) * 0x1p-53, .set = words[2] & 1,
                                   .words = {words[4], words[5]}};
}

uint32_t negatives_draw_below(const struct negatives_draw *d, size_t n)
{
    return (uint32_t)(((uint64_t)d->words[0] * n + ((uint64_t)d->words[1] * n >> 32)) >> 32);
}

static bool draw_is_random(const struct negatives_options *o, const struct negatives_draw *d)
{
    return d->u < o->rate;
}

/* ---- 2. the nearest ---- */

static void keep_admissible(const struct drawer *d, struct draft *draft, size_t set, const struct neighbour *found, size_t k)
{
    struct nearest *nearest = &draft->nearest[set];
    nearest->n = 0;
    for (size_t i = 0; i < k && nearest->n < d->need; i++)
        if (found[i].dist >= draft->least && !negatives_rows_has(&draft->excluded[set], found[i].id))
            nearest->at[nearest->n++] = found[i];
    nearest->complete = nearest->n == d->need || k == d->n->sets[set]->n;
}

/* The active drafts in one set; those that are complete are active no more. */
static int search_active(struct drawer *d, size_t set, size_t k, size_t *n_active, struct err *err)
{
    int rc = 0;
    const struct vector_set *s = d->n->sets[set];
    float *x = NULL;
    struct neighbour *found = NULL;
    size_t piece = num_max_size(1, num_min_size(*n_active, BATCH_PLACES / k)), n_left = 0;
    TRY_NEW(x, MEM_SLAB(float, piece * s->stride, err));
    TRY_NEW(found, mem_alloc(piece, k * sizeof *found, err));
    for (size_t first = 0; first < *n_active; first += piece) {
        size_t n = num_min_size(piece, *n_active - first);
        for (size_t i = 0; i < n; i++)
            memcpy(x + i * s->stride, d->drafts[d->active[first + i]].query.x, s->dim * sizeof *x);
        TRY(ball_search(d->n->balls[set], x, n, s->stride, k, d->n->o->n_threads, found, err));
        for (size_t i = 0; i < n; i++) {
            struct draft *draft = &d->drafts[d->active[first + i]];
            keep_admissible(d, draft, set, found + i * k, k);
            if (!draft->nearest[set].complete)
                d->active[n_left++] = d->active[first + i];
        }
    }
    *n_active = n_left;
out:
    mem_free(x);
    mem_free(found);
    return rc;
}

static int find_nearest(struct drawer *d, size_t n_drafts, size_t set, struct err *err)
{
    int rc = 0;
    size_t n_active = 0, n = d->n->sets[set]->n, k = d->need + 2;
    for (size_t i = 0; i < n_drafts; i++)
        if (d->drafts[i].is_hard)
            d->active[n_active++] = (uint32_t)i;
    for (; n > 0 && n_active > 0; k *= GROWTH)
        TRY(search_active(d, set, num_min_size(k, n), &n_active, err));
out:
    return rc;
}

/* ---- 3. the draws ---- */

/* The nearest that was not passed yet, over both sets; SIZE_MAX: none. */
static size_t nearer_set(struct draft *draft, const size_t at[NEGATIVES_SETS])
{
    size_t best = SIZE_MAX;
    for (size_t set = 0; set < NEGATIVES_SETS; set++) {
        const struct nearest *nearest = &draft->nearest[set];
        if (at[set] < nearest->n &&
            (best == SIZE_MAX || nearest->at[at[set]].dist < draft->nearest[best].at[at[best]].dist))
            best = set;
    }
    return best;
}

static size_t take_hard(struct draft *draft, size_t at[NEGATIVES_SETS], struct neighbour *taken)
{
    for (;;) {
        size_t set = nearer_set(draft, at);
        if (set == SIZE_MAX)
            return SIZE_MAX;
        *taken = draft->nearest[set].at[at[set]++];
        if (!negatives_rows_has(&draft->excluded[set], taken->id))    /* by an earlier draw */
            return set;
    }
}

static size_t n_admissible(const struct drawer *d, const struct draft *draft, size_t set)
{
    return d->n->o->from[set] ? d->n->sets[set]->n - draft->excluded[set].n : 0;
}

static size_t take_random(const struct drawer *d, const struct draft *draft, const struct negatives_draw *draw,
                          struct neighbour *taken)
{
    size_t set = draw->set;
    if (n_admissible(d, draft, set) == 0)
        set = NEGATIVES_SETS - 1 - set;
    size_t n = n_admissible(d, draft, set);
    if (n == 0)
        return SIZE_MAX;
    uint32_t row = negatives_draw_below(draw, n);
    for (size_t i = 0; i < draft->excluded[set].n && draft->excluded[set].at[i] <= row; i++)
        row++;
    const struct vector_set *s = d->n->sets[set];
    *taken = (struct neighbour){distance_one(&d->n->distance, draft->query.x, s->x + row * s->stride), row};
    return set;
}

static int draw_all(struct drawer *d, struct draft *draft, struct err *err)
{
    int rc = 0;
    const struct negatives_options *o = d->n->o;
    size_t at[NEGATIVES_SETS] = {0};
    for (size_t i = 0; draft->is_hard && i < o->skip_top; i++) {
        size_t set = nearer_set(draft, at);
        if (set != SIZE_MAX)
            at[set]++;
    }
    for (size_t i = 0; i < o->count; i++) {
        const struct negatives_draw draw = negatives_draw_make(o->seed, draft->query.id, i);
        bool random = draw_is_random(o, &draw);
        struct neighbour taken;
        size_t set = random ? take_random(d, draft, &draw, &taken) : take_hard(draft, at, &taken);
        if (set == SIZE_MAX) {
            d->report->n_missing++;
            continue;
        }
        *(random ? &d->report->n_random : &d->report->n_hard) += 1;
        TRY(negatives_rows_add(&draft->excluded[set], taken.id, err));
        TRY(negatives_put(d->w, d->n, &draft->query, set, taken, random ? NEGATIVES_RANDOM : NEGATIVES_HARD, err));
    }
out:
    return rc;
}

/* ---- a batch ---- */

static int draft_make(struct drawer *d, struct draft *draft, const struct vector_batch *b, size_t i, struct err *err)
{
    const struct negatives_options *o = d->n->o;
    float nearest;
    draft->query = (struct negatives_query){.id = b->ids[i], .key = b->keys ? b->keys[i] : (struct text){0},
                                            .x = b->x + i * b->stride};
    int rc = negatives_exclude(d->n, &draft->query, draft->excluded, &nearest, err);
    bool has_positive = nearest < INFINITY;
    d->report->n_without_positive += !has_positive;
    draft->least = -INFINITY;
    if (o->has_margin && has_positive)
        draft->least = (float)((double)nearest + o->margin * (o->relative ? fabs((double)nearest) : 1));
    draft->is_hard = false;
    for (size_t j = 0; j < o->count && !draft->is_hard; j++) {
        const struct negatives_draw draw = negatives_draw_make(o->seed, draft->query.id, j);
        draft->is_hard = !draw_is_random(o, &draw);
    }
    for (size_t set = 0; set < NEGATIVES_SETS; set++)
        draft->nearest[set] = (struct nearest){.at = d->places + (i * NEGATIVES_SETS + set) * d->need};
    return rc;
}

static int draw_batch(struct drawer *d, const struct vector_batch *b, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; i < b->n; i++)
        TRY(draft_make(d, &d->drafts[i], b, i, err));
    for (size_t set = 0; set < NEGATIVES_SETS; set++)
        if (d->n->o->from[set])
            TRY(find_nearest(d, b->n, set, err));
    const struct negatives_visitor *v = d->n->o->visitor;
    for (size_t i = 0; i < b->n; i++) {
        if (v)
            TRY(negatives_tell(d->n, &d->drafts[i].query, err));
        TRY(draw_all(d, &d->drafts[i], err));
        if (v)
            TRY(v->end(v->ctx, err));
    }
    d->report->n_queries += b->n;
out:
    return rc;
}

int negatives_write(struct stream_writer *w, struct negatives *n, struct vector_reader *queries, struct negatives_report *report,
                    struct err *err)
{
    int rc = 0;
    struct vector_batch b = {0};
    struct drawer d = {.n = n, .w = w, .report = report};
    if (n->o->upstream)
        return negatives_write_upstream(w, n, queries, report, err);
    for (size_t set = 0; set < NEGATIVES_SETS; set++)
        if (n->o->from[set])
            d.need = num_max_size(d.need, num_min_size(n->o->count + n->o->skip_top, n->sets[set]->n));
    size_t batch = num_max_size(1, num_min_size(BATCH, BATCH_PLACES / num_max_size(1, d.need)));
    TRY_NEW(d.drafts, MEM_ZARRAY(struct draft, batch, err));
    TRY_NEW(d.places, mem_alloc(batch * NEGATIVES_SETS, d.need * sizeof *d.places, err));
    TRY_NEW(d.active, MEM_ARRAY(uint32_t, batch, err));
    for (;;) {
        TRY(vector_reader_next(queries, batch, &b, err));
        if (b.n == 0)
            break;
        TRY(draw_batch(&d, &b, err));
        if (n->o->progress)
            n->o->progress(report->n_queries);
    }
out:
    for (size_t i = 0; d.drafts && i < batch; i++)
        for (size_t set = 0; set < NEGATIVES_SETS; set++)
            mem_free(d.drafts[i].excluded[set].at);
    mem_free(d.drafts);
    mem_free(d.places);
    mem_free(d.active);
    vector_batch_done(&b);
    return rc;
}
