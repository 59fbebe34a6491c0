#define _GNU_SOURCE   /* qsort_r */
#include "text/bm25_run.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static const char start_mark[4];       /* so that no length at the start looks like gzip to sys/input */

/* The number + 1 of a word's term, 0 where it has none. */
static int number_word(struct bm25_run *r, struct analyzer *a, const char *word, size_t n, uint64_t *number, struct err *err)
{
    const uint64_t *known = map_get(&r->words, word, n);
    const char *term;
    size_t n_term;
    uint64_t *slot;
    bool found;
    int rc = 0;
    if (known) {
        *number = *known;
        return 0;
    }
    *number = 0;
    TRY(analyzer_term(a, word, n, &term, &n_term, err));
    if (n_term > 0) {
        TRY(map_add(&r->terms, term, n_term, r->terms.n, &found, &slot, err));
        *number = *slot + 1;
        if (!found) {
            TRY(mem_reserve(&r->last, &r->cap_last, r->terms.n, sizeof *r->last, err));
            r->last[*slot] = 0;
        }
    }
    TRY(map_add(&r->words, word, n, *number, NULL, NULL, err));
out:
    return rc;
}

int bm25_run_add(struct bm25_run *r, struct analyzer *a, const char *word, size_t n, uint32_t document, uint32_t times,
                 uint64_t *length, struct err *err)
{
    uint64_t number;
    int rc = number_word(r, a, word, n, &number, err);
    if (rc || number == 0)
        return rc;
    *length += times;
    uint32_t *last = &r->last[number - 1];
    if (*last > 0 && r->postings[*last - 1].document == document) {
        r->postings[*last - 1].tf += times;
        return 0;
    }
    if (r->n >= UINT32_MAX - 1)
        return err_set(err, ERR_LIMIT, "more than %u postings in memory", UINT32_MAX - 1);
    if ((rc = mem_reserve(&r->postings, &r->cap, r->n + 1, sizeof *r->postings, err)) != 0)
        return rc;
    r->postings[r->n++] = (struct bm25_run_posting){(uint32_t)number - 1, document, times};
    *last = (uint32_t)r->n;
    return 0;
}

static size_t map_bytes(const struct map *m)
{
    return m->cap * sizeof *m->entries + m->n_slots * sizeof *m->slots + m->pool_cap;
}

size_t bm25_run_bytes(const struct bm25_run *r)
{
    return map_bytes(&r->words) + map_bytes(&r->terms) + r->cap_last * sizeof *r->last + r->cap * sizeof *r->postings +
           r->n * 2 * sizeof(uint32_t) + r->terms.n * 2 * sizeof(uint32_t);
}

static int compare_terms(const void *a, const void *b, void *ctx)
{
    const struct map *terms = ctx;
    size_t n, m;
    const char *p = map_key(terms, *(const uint32_t *)a, &n), *q = map_key(terms, *(const uint32_t *)b, &m);
    int order = memcmp(p, q, n < m ? n : m);
    return order != 0 ? order : (n > m) - (n < m);
}

int bm25_run_write(struct bm25_run *r, struct spill *to, struct err *err)
{
    enum { PENDING = 1 << 16 };
    size_t n_terms = r->terms.n;
    uint32_t *order = NULL, *start = NULL, (*sorted)[2] = NULL;
    struct buf out = {0};
    int rc = 0;
    TRY_NEW(order, MEM_ARRAY(uint32_t, n_terms, err));
    TRY_NEW(start, MEM_ZARRAY(uint32_t, n_terms + 1, err));
    TRY_NEW(sorted, mem_alloc(r->n, sizeof *sorted, err));
    for (size_t i = 0; i < n_terms; i++)
        order[i] = (uint32_t)i;
    qsort_r(order, n_terms, sizeof *order, compare_terms, &r->terms);
    for (size_t i = 0; i < r->n; i++)
        start[r->postings[i].term + 1]++;
    for (size_t i = 0; i < n_terms; i++)
        start[i + 1] += start[i];
    for (size_t i = 0; i < r->n; i++) {
        uint32_t *at = sorted[start[r->postings[i].term]++];      /* then start[t] is where t ends */
        at[0] = r->postings[i].document;
        at[1] = r->postings[i].tf;
    }
    TRY(buf_put(&out, start_mark, sizeof start_mark, err));
    for (size_t i = 0; i < n_terms; i++) {
        uint32_t t = order[i], from = t > 0 ? start[t - 1] : 0, n = start[t] - from, bytes;
        size_t n_bytes;
        const char *term = map_key(&r->terms, t, &n_bytes);
        bytes = (uint32_t)n_bytes;
        TRY(buf_put(&out, &bytes, sizeof bytes, err));
        TRY(buf_put(&out, term, n_bytes, err));
        TRY(buf_put(&out, &n, sizeof n, err));
        TRY(buf_put(&out, sorted[from], n * sizeof *sorted, err));
        if (out.n >= PENDING || i + 1 == n_terms) {
            TRY(spill_write(to, out.p, out.n, err));
            buf_clear(&out);
        }
    }
    bm25_run_done(r);
out:
    buf_done(&out);
    mem_free(order);
    mem_free(start);
    mem_free(sorted);
    return rc;
}

void bm25_run_done(struct bm25_run *r)
{
    map_done(&r->words);
    map_done(&r->terms);
    mem_free(r->postings);
    mem_free(r->last);
    *r = (struct bm25_run){0};
}

/* ---- reading back ---- */

static int read_all(struct bm25_run_reader *r, void *to, size_t n, bool may_end, struct err *err)
{
    size_t got;
    int rc = input_read(r->in, to, n, &got, err);
    r->ended = rc == 0 && got == 0 && may_end;
    if (rc == 0 && got < n && !r->ended)
        rc = err_set(err, ERR_IO, "a temporary file ends too early");
    return rc;
}

int bm25_run_open(struct bm25_run_reader *r, struct spill *from, struct err *err)
{
    char mark[sizeof start_mark];
    int rc = 0;
    *r = (struct bm25_run_reader){0};
    TRY(input_open(&r->in, spill_path(from), err));
    TRY(read_all(r, mark, sizeof mark, false, err));
    TRY(bm25_run_next(r, err));
out:
    if (rc)
        bm25_run_close(r);
    return rc;
}

int bm25_run_next(struct bm25_run_reader *r, struct err *err)
{
    uint32_t bytes = 0;
    int rc = 0;
    TRY(read_all(r, &bytes, sizeof bytes, true, err));
    if (r->ended)
        return 0;
    TRY(mem_reserve(&r->term.p, &r->term.cap, bytes, 1, err));
    r->term.n = bytes;
    TRY(read_all(r, r->term.p, bytes, false, err));
    TRY(read_all(r, &r->n_postings, sizeof r->n_postings, false, err));
out:
    return rc;
}

int bm25_run_read(struct bm25_run_reader *r, uint32_t pairs[][2], size_t n, struct err *err)
{
    return read_all(r, pairs, n * sizeof *pairs, false, err);
}

void bm25_run_close(struct bm25_run_reader *r)
{
    input_close(r->in);
    buf_done(&r->term);
    *r = (struct bm25_run_reader){0};
}
