#include "text/bm25_rank.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/version.h"
#include "sys/par.h"
#include "text/analyzer.h"

#include <stdlib.h>
#include <string.h>

enum { BATCH_QUERIES = 64, BATCH_BYTES = 1 << 20 };

struct query {
    uint64_t id;
    size_t key, key_bytes, text, text_bytes;    /* in the batch's bytes */
    size_t first, n;                            /* of its passages */
    uint32_t n_postings, n_blocks;
    bool empty;
};

struct batch {
    struct buf bytes;
    struct query queries[BATCH_QUERIES];
    size_t n, n_found, cap_nn, cap_dist, cap_keys;
    uint64_t raw_offset;
    uint64_t *nn;
    float *dist;
    struct text *keys;
};

struct worker {
    struct analyzer *analyzer;
    struct words words;
    struct bm25_search *search;
    uint32_t *numbers;
    struct bm25_term *terms;
    size_t cap_numbers, cap_terms;
};

struct ranking {
    const struct bm25_file *file;
    const struct bm25_scorer *scorer;
    struct rows *rows;
    const struct bm25_rank_options *o;
    struct bm25_rank_counts *counts;
    struct worker *workers;
    uint64_t next_id;
    struct buf joined;
};

static void drop(void *ctx, void *batch)
{
    struct batch *b = batch;
    (void)ctx;
    buf_done(&b->bytes);
    mem_free(b->nn);
    mem_free(b->dist);
    mem_free(b->keys);
    mem_free(b);
}

static int read_query(struct ranking *r, struct batch *b, const struct row *row, struct err *err)
{
    int rc = 0;
    struct row joined = *row;
    TRY(rows_join(&joined, " ", &r->joined, err));
    b->queries[b->n] = (struct query){.id = r->next_id++, .key = b->bytes.n, .key_bytes = row->id.n,
                                      .text = b->bytes.n + row->id.n, .text_bytes = joined.text.n};
    TRY(buf_put(&b->bytes, row->id.p, row->id.n, err));
    TRY(buf_put(&b->bytes, joined.text.p, joined.text.n, err));
    b->n++;
out:
    return rc;
}

static int read_batch(void *ctx, void **batch, struct err *err)
{
    struct ranking *r = ctx;
    struct batch *b = MEM_NEW(struct batch, err);
    const struct row *row = NULL;
    int rc = b ? 0 : ERR_NOMEM;
    while (rc == 0 && b->n < BATCH_QUERIES && b->bytes.n < BATCH_BYTES && (rc = rows_next(r->rows, &row, err)) == 0 && row)
        rc = read_query(r, b, row, err);
    if (b)
        b->raw_offset = rows_raw_offset(r->rows);
    if (b && (rc || b->n == 0)) {
        drop(NULL, b);
        b = NULL;
    }
    *batch = b;
    return rc;
}

static int compare_numbers(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* The terms of a text that the index has, each once, with how often. */
static int find_terms(struct worker *w, const struct bm25_index *x, const char *text, size_t n, size_t *n_terms, struct err *err)
{
    int rc = 0;
    size_t n_numbers = 0;
    *n_terms = 0;
    TRY(analyzer_words(w->analyzer, &w->words, text, n, err));
    TRY(mem_reserve(&w->numbers, &w->cap_numbers, w->words.n, sizeof *w->numbers, err));
    TRY(mem_reserve(&w->terms, &w->cap_terms, w->words.n, sizeof *w->terms, err));
    for (size_t i = 0; i < w->words.n; i++) {
        size_t n_word, n_term;
        const char *term, *word = words_at(&w->words, i, &n_word);
        TRY(analyzer_term(w->analyzer, word, n_word, &term, &n_term, err));
        int64_t number = n_term > 0 ? bm25_find(x, term, n_term) : BM25_NO_TERM;
        if (number != BM25_NO_TERM)
            w->numbers[n_numbers++] = (uint32_t)number;
    }
    qsort(w->numbers, n_numbers, sizeof *w->numbers, compare_numbers);
    for (size_t i = 0; i < n_numbers; i++) {
        if (i > 0 && w->numbers[i] == w->numbers[i - 1])
            w->terms[*n_terms - 1].times++;
        else
            w->terms[(*n_terms)++] = (struct bm25_term){.number = w->numbers[i], .times = 1};
    }
out:
    return rc;
}

static int search_batch(void *ctx, void *batch, int worker, struct err *err)
{
    struct ranking *r = ctx;
    struct batch *b = batch;
    struct worker *w = &r->workers[worker];
    const struct bm25_index *x = bm25_file_index(r->file);
    struct bm25_found found;
    size_t n_terms;
    int rc = 0;
    if (!w->analyzer)
        TRY(analyzer_new(&w->analyzer, (enum analyzer_kind)x->analyzer, err));
    if (!w->search)
        TRY(bm25_search_new(&w->search, r->scorer, r->o->k, err));
    for (size_t i = 0; i < b->n; i++) {
        struct query *q = &b->queries[i];
        TRY(find_terms(w, x, b->bytes.p + q->text, q->text_bytes, &n_terms, err));
        TRY((r->o->plain ? bm25_plain : bm25_search_run)(w->search, w->terms, n_terms, &found, err));
        *q = (struct query){q->id, q->key, q->key_bytes, q->text, q->text_bytes, b->n_found, found.n, found.n_postings,
                            found.n_blocks, n_terms == 0};
        TRY(mem_reserve(&b->nn, &b->cap_nn, b->n_found + found.n, sizeof *b->nn, err));
        TRY(mem_reserve(&b->dist, &b->cap_dist, b->n_found + found.n, sizeof *b->dist, err));
        TRY(mem_reserve(&b->keys, &b->cap_keys, b->n_found + found.n, sizeof *b->keys, err));
        for (size_t j = 0; j < found.n; j++, b->n_found++) {
            b->nn[b->n_found] = found.at[j].id;
            b->dist[b->n_found] = found.at[j].dist;
            TRY(bm25_key(x, found.at[j].id, &b->keys[b->n_found], err));
        }
    }
out:
    return rc ? err_prefix(err, "%s: ", bm25_file_name(r->file)) : 0;
}

static int write_batch(void *ctx, void *batch, struct err *err)
{
    struct ranking *r = ctx;
    const struct batch *b = batch;
    for (size_t i = 0; i < b->n; i++) {
        const struct query *q = &b->queries[i];
        const struct bm25_answer answer = {
            .row = {.id = q->id, .key = {b->bytes.p + q->key, q->key_bytes}, .n = q->n, .nn = b->nn + q->first,
                    .dist = b->dist + q->first, .nnkeys = b->keys + q->first, .ndc = q->n_postings, .hops = q->n_blocks},
            .query = {b->bytes.p + q->text, q->text_bytes}};
        int rc = r->o->write(r->o->ctx, &answer, err);
        if (rc)
            return rc;
        r->counts->n_queries++;
        r->counts->n_empty += q->empty;
    }
    if (r->o->progress)
        r->o->progress(b->raw_offset);
    return 0;
}

int bm25_rank_run(const struct bm25_file *file, const struct bm25_scorer *scorer, struct rows *queries,
                  const struct bm25_rank_options *o, struct bm25_rank_counts *counts, struct err *err)
{
    static const struct par_pipe_steps steps = {read_batch, search_batch, write_batch, drop};
    struct ranking r = {.file = file, .scorer = scorer, .rows = queries, .o = o, .counts = counts};
    int rc = 0;
    TRY_NEW(r.workers, MEM_ZARRAY(struct worker, (size_t)o->n_threads, err));
    TRY(par_pipe(o->n_threads, &steps, &r, err));
out:
    for (int i = 0; r.workers && i < o->n_threads; i++) {
        struct worker *w = &r.workers[i];
        analyzer_free(w->analyzer);
        words_done(&w->words);
        bm25_search_free(w->search);
        mem_free(w->numbers);
        mem_free(w->terms);
    }
    mem_free(r.workers);
    buf_done(&r.joined);
    return rc;
}

int bm25_rank_header(struct header *h, const struct bm25_file *file, struct bm25_params params, size_t k,
                     struct neighbours_options *o, struct err *err)
{
    char number[NUM_TEXT];
    int rc = 0;
    *o = (struct neighbours_options){.has_key = true, .has_nnkey = true, .metric = METRIC_IP, .k = k};
    TRY(header_copy_metas(h, bm25_file_header(file), err));
    TRY(neighbours_header(h, o, err));
    TRY(header_set_meta(h, "scorer", "bm25", err));
    TRY(header_set_meta(h, "idf", bm25_idf_names[params.idf], err));
    num_format_f64(number, params.k1);
    TRY(header_set_meta(h, "k1", number, err));
    num_format_f64(number, params.b);
    TRY(header_set_meta(h, "b", number, err));
out:
    return rc;
}

static int write_row(void *run, const struct bm25_answer *answer, struct err *err)
{
    return runout_write(run, &answer->row, err);
}

int bm25_rank_write(const struct bm25_file *file, const struct bm25_scorer *scorer, struct rows *queries,
                    const struct bm25_rank_options *o, const struct bm25_rank_output *to, struct bm25_rank_counts *counts,
                    struct err *err)
{
    const struct header *parent = bm25_file_header(file);
    struct bm25_rank_options each = *o;
    struct neighbours_options neighbours;
    struct header h = {0};
    struct runout run = {0};
    int rc = 0;
    each.write = write_row;
    each.ctx = &run;
    TRY(bm25_rank_header(&h, file, scorer->params, o->k, &neighbours, err));
    if (to->command)
        TRY(header_add_program(&h, to->program, VECPIPE_VERSION, to->command, &parent, 1, err));
    TRY(runout_open(&run, to->out, &h, &neighbours, to->format, to->level, err));
    TRY(bm25_rank_run(file, scorer, queries, &each, counts, err));
    TRY(runout_end(&run, err));
out:
    runout_done(&run);
    header_done(&h);
    return rc;
}
