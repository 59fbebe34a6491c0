#include "text/bm25_search.h"
#include "base/mem.h"
#include "base/num.h"
#include "text/bm25_kernel.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WINDOW_MIN = 4096, WINDOW_POSTINGS = 2048 };

struct cursor {
    const struct bm25_term *term;
    size_t block;                   /* the first one that may hold a document of the window or behind it */
    float bound;                    /* of its addends in the window; 0: none there */
};

struct bm25_search {
    const struct bm25_scorer *scorer;
    const struct bm25_kernel *kernel;
    struct bm25_step step;
    struct cursor *cursors;
    size_t cap_cursors, n_cursors;
    struct neighbour *top;          /* (cap_top): the best so far, dist = -score */
    size_t k, n_top, cap_top;
    float threshold;                /* the k-th score so far, 0 before there are k */
    uint32_t n_postings, n_blocks;
    struct neighbour picked[BM25_WINDOW];
    struct bm25_window window;
};

int bm25_search_new(struct bm25_search **out, const struct bm25_scorer *scorer, size_t k, struct err *err)
{
    struct bm25_search *s = *out = mem_slab(1, sizeof *s, err);
    if (!s)
        return ERR_NOMEM;
    s->scorer = scorer;
    s->kernel = bm25_kernel_best();
    s->k = num_min_size(k, scorer->index->n);
    s->cap_top = 2 * s->k + 1024;
    if (!(s->top = MEM_ARRAY(struct neighbour, s->cap_top, err))) {
        bm25_search_free(s);
        *out = NULL;
        return ERR_NOMEM;
    }
    return 0;
}

void bm25_search_free(struct bm25_search *s)
{
    if (!s)
        return;
    mem_free(s->cursors);
    mem_free(s->top);
    mem_free(s);
}

/* ---- the best so far ---- */

/* Drop most of what is not among the k best, in three passes: only steps of a histogram that reach into them are kept.  Selecting
 * alone took twice the time of adding the postings up. */
static void thin(struct neighbour *a, size_t *n, size_t k)
{
    enum { STEPS = 256 };
    uint32_t counts[STEPS] = {0};
    float low = a[0].dist, high = low;
    for (size_t i = 1; i < *n; i++) {
        low = a[i].dist < low ? a[i].dist : low;
        high = a[i].dist > high ? a[i].dist : high;
    }
    float scale = high > low ? (float)(STEPS - 1) / (high - low) : 0;
    if (!isfinite(scale))
        return;
    for (size_t i = 0; i < *n; i++)
        counts[(int)((a[i].dist - low) * scale)]++;
    int last = 0;
    for (size_t sum = counts[0]; sum < k; sum += counts[last])
        last++;
    size_t kept = 0;
    for (size_t i = 0; i < *n; i++) {
        a[kept] = a[i];
        kept += (int)((a[i].dist - low) * scale) <= last;
    }
    *n = kept;
}

/* Keep the k best; the k-th's score is what others must pass: they come later, and of equals the earlier document is better. */
static void settle(struct bm25_search *s)
{
    if (s->n_top < s->k || s->k == 0)
        return;
    if (s->n_top > 2 * s->k)
        thin(s->top, &s->n_top, s->k);
    neighbour_select(s->top, s->n_top, s->k);
    s->n_top = s->k;
    float worst = s->top[0].dist;
    for (size_t i = 1; i < s->k; i++)
        worst = s->top[i].dist > worst ? s->top[i].dist : worst;
    s->threshold = -worst;
}

static void push(struct bm25_search *s, struct neighbour scored)
{
    if (s->n_top == s->cap_top)
        settle(s);
    if (scored.id < s->scorer->index->n)        /* always, but in a damaged file */
        s->top[s->n_top++] = (struct neighbour){-scored.dist, scored.id};
}

static void finish(struct bm25_search *s, struct bm25_found *found)
{
    settle(s);
    neighbour_sort(s->top, s->n_top);
    *found = (struct bm25_found){s->top, s->n_top, s->n_postings, s->n_blocks};
}

/* ---- a query ---- */

static int start(struct bm25_search *s, struct bm25_term *terms, size_t n, bool *positive, struct err *err)
{
    const struct bm25_index *x = s->scorer->index;
    int rc = 0;
    s->n_top = 0;
    s->n_postings = s->n_blocks = 0;
    s->threshold = 0;
    s->n_cursors = n;
    TRY(mem_reserve(&s->cursors, &s->cap_cursors, n, sizeof *s->cursors, err));
    for (size_t i = 0; i < n; i++) {
        struct bm25_term *t = &terms[i];
        TRY(bm25_blocks(x, t->number, &t->first_block, &t->end_block, err));
        t->df = x->lists[t->number].df;
        if (t->df > x->n || (t->df + (uint64_t)BM25_BLOCK - 1) / BM25_BLOCK != t->end_block - t->first_block) {
            rc = err_set(err, ERR_DATA, "term %zu: %u postings in %zu blocks", t->number, t->df, t->end_block - t->first_block);
            goto out;
        }
        TRY(bm25_check_block(x, t->first_block, err));
        s->cursors[i] = (struct cursor){.term = t, .block = t->first_block};
    }
    s->step = bm25_weigh(s->scorer, terms, n, positive);
out:
    return rc;
}

/* The first posting of a block from `from` on whose document is not below `document`. */
static size_t find_document(const struct bm25_index *x, const struct bm25_block *b, size_t from, uint32_t document)
{
    size_t to = b->n;
    uint32_t offset = document - b->first;
    while (from < to) {
        size_t mid = (from + to) / 2;
        if (bm25_offset(x, b, mid) < offset)
            from = mid + 1;
        else
            to = mid;
    }
    return from;
}

/* Move on to the window from base to end-1: bounds of its blocks.  *next: the first document of the list, where none is in it. */
static int enter(struct bm25_search *s, struct cursor *c, uint32_t base, uint64_t end, uint32_t *next, struct err *err)
{
    const struct bm25_index *x = s->scorer->index;
    const struct bm25_term *t = c->term;
    const float *least = s->scorer->least;
    float x_least = __builtin_inff();
    c->bound = 0;
    while (c->block < t->end_block && x->blocks[c->block].last < base)
        c->block++;
    if (c->block < t->end_block && x->blocks[c->block].first >= end)
        *next = x->blocks[c->block].first < *next ? x->blocks[c->block].first : *next;
    for (size_t i = c->block; i < t->end_block && x->blocks[i].first < end; i++) {
        int rc = bm25_check_block(x, i, err);
        if (rc)
            return rc;
        x_least = least[i] < x_least ? least[i] : x_least;
    }
    if (x_least < __builtin_inff())
        c->bound = bm25_addend(t, s->step, x_least);
    return 0;
}

/* Add a list's postings of the window. */
static void accumulate(struct bm25_search *s, const struct cursor *c, uint32_t base, uint64_t end)
{
    const struct bm25_index *x = s->scorer->index;
    struct bm25_run_of run = {.scorer = s->scorer, .term = c->term, .step = s->step, .base = base};
    for (size_t i = c->block; i < c->term->end_block && x->blocks[i].first < end; i++) {
        const struct bm25_block *b = run.block = &x->blocks[i];
        run.from = b->first < base ? find_document(x, b, 0, base) : 0;
        run.to = b->last >= end ? find_document(x, b, run.from, (uint32_t)end) : b->n;
        s->kernel->add(&run, &s->window);
        s->n_postings += (uint32_t)(run.to - run.from);
        s->n_blocks++;
    }
}

/* What a list adds to a document; i is a block not behind it. */
static float look_up(struct bm25_search *s, const struct bm25_term *t, size_t i, uint32_t document)
{
    const struct bm25_index *x = s->scorer->index;
    const struct bm25_block *b = &x->blocks[i];
    size_t at = find_document(x, b, 0, document);
    if (at == b->n || b->first + bm25_offset(x, b, at) != document)
        return 0;
    s->n_postings++;
    return bm25_addend(t, s->step, s->scorer->norms[document] * bm25_inverse(s->scorer, bm25_tf(x, b, at)));
}

/* Complete the picked documents by a list that was set aside; `rest` is what those after it can add.  Who cannot pass goes. */
static size_t complete(struct bm25_search *s, const struct cursor *c, size_t n, float rest)
{
    const struct bm25_index *x = s->scorer->index;
    size_t kept = 0, block = c->block;
    for (size_t i = 0; i < n; i++) {
        struct neighbour p = s->picked[i];
        if (!(p.dist + c->bound + rest > s->threshold))
            continue;
        while (block < c->term->end_block && x->blocks[block].last < p.id)
            block++;
        if (block < c->term->end_block && x->blocks[block].first <= p.id)
            p.dist += look_up(s, c->term, block, p.id);
        s->picked[kept] = p;
        kept += p.dist + rest > s->threshold;
    }
    return kept;
}

static int compare_bounds(const void *a, const void *b)
{
    const struct cursor *x = a, *y = b;
    return x->bound != y->bound ? (x->bound < y->bound ? -1 : 1)
                                : (x->term->number > y->term->number) - (x->term->number < y->term->number);
}

static void sort_by_bound(struct cursor *c, size_t n)
{
    if (n > 64)
        qsort(c, n, sizeof *c, compare_bounds);
    for (size_t i = 1; i < n; i++) {
        struct cursor x = c[i];
        size_t j = i;
        for (; j > 0 && compare_bounds(&c[j - 1], &x) > 0; j--)
            c[j] = c[j - 1];
        c[j] = x;
    }
}

/* One window, all cursors entered. */
static void search_window(struct bm25_search *s, uint32_t base, uint64_t end)
{
    size_t aside = 0;
    float rest = 0;
    sort_by_bound(s->cursors, s->n_cursors);
    for (; aside < s->n_cursors && rest + s->cursors[aside].bound <= s->threshold; aside++)
        rest += s->cursors[aside].bound;
    if (aside == s->n_cursors)
        return;
    for (size_t i = aside; i < s->n_cursors; i++)
        accumulate(s, &s->cursors[i], base, end);
    size_t n = s->kernel->pick(&s->window, s->threshold - rest, base, s->picked);
    for (size_t i = aside; i > 0 && n > 0; i--) {
        rest -= s->cursors[i - 1].bound;
        n = complete(s, &s->cursors[i - 1], n, rest);
    }
    for (size_t i = 0; i < n; i++)
        push(s, s->picked[i]);
    if (s->threshold == 0 || s->n_top >= s->k + s->k / 2)
        settle(s);
}

/* Documents of a window: small ones have tighter bounds, large ones more postings for the cost of a window. */
static uint64_t window_size(const struct bm25_search *s)
{
    uint64_t n_postings = 1, size = WINDOW_MIN, n = s->scorer->index->n;
    for (size_t i = 0; i < s->n_cursors; i++)
        n_postings += s->cursors[i].term->df;
    while (size < BM25_WINDOW && size * n_postings < n * WINDOW_POSTINGS)
        size *= 2;
    return size;
}

int bm25_search_run(struct bm25_search *s, struct bm25_term *terms, size_t n, struct bm25_found *found, struct err *err)
{
    uint64_t n_documents = s->scorer->index->n;
    bool positive;
    int rc = start(s, terms, n, &positive, err);
    if (rc == 0 && !positive)
        return bm25_plain(s, terms, n, found, err);
    uint64_t size = rc == 0 ? window_size(s) : 0;
    for (uint64_t base = 0, end; rc == 0 && base < n_documents; base = end) {
        uint32_t next = UINT32_MAX;
        bool any = false;
        end = base + size < n_documents ? base + size : n_documents;
        for (size_t i = 0; rc == 0 && i < n; i++) {
            rc = enter(s, &s->cursors[i], (uint32_t)base, end, &next, err);
            any |= s->cursors[i].bound > 0;
        }
        if (rc == 0 && any)
            search_window(s, (uint32_t)base, end);
        else
            end = next;             /* UINT32_MAX: all lists have ended */
    }
    if (rc == 0)
        finish(s, found);
    return rc;
}

/* ---- the reference ---- */

static int score_term(struct bm25_search *s, const struct bm25_term *t, float *scores, unsigned char *has, struct err *err)
{
    const struct bm25_index *x = s->scorer->index;
    for (size_t i = t->first_block; i < t->end_block; i++) {
        const struct bm25_block *b = &x->blocks[i];
        int rc = bm25_check_block(x, i, err);
        if (rc)
            return rc;
        for (size_t j = 0; j < b->n; j++) {
            uint64_t document = (uint64_t)b->first + bm25_offset(x, b, j);
            if (document >= x->n)
                return err_set(err, ERR_DATA, "block %zu: passage %" PRIu64 " of %zu", i, document, x->n);
            scores[document] += bm25_addend(t, s->step, s->scorer->norms[document] * bm25_inverse(s->scorer, bm25_tf(x, b, j)));
            has[document] = 1;
        }
        s->n_postings += b->n;
        s->n_blocks++;
    }
    return 0;
}

int bm25_plain(struct bm25_search *s, struct bm25_term *terms, size_t n, struct bm25_found *found, struct err *err)
{
    size_t n_documents = s->scorer->index->n;
    unsigned char *has = NULL;
    float *scores = NULL;
    bool positive;
    int rc = 0;
    TRY(start(s, terms, n, &positive, err));
    TRY_NEW(scores, MEM_ZARRAY(float, n_documents, err));
    TRY_NEW(has, MEM_ZARRAY(unsigned char, n_documents, err));
    for (size_t i = 0; i < n; i++)
        TRY(score_term(s, &terms[i], scores, has, err));
    for (size_t i = 0; i < n_documents; i++)
        if (has[i])
            push(s, (struct neighbour){scores[i], (uint32_t)i});
    finish(s, found);
out:
    mem_free(scores);
    mem_free(has);
    return rc;
}
