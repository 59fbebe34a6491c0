#include "text/bm25_build.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/version.h"
#include "text/bm25_file.h"
#include "text/bm25_pack.h"
#include "text/bm25_run.h"
#include "text/idcheck.h"

#include <string.h>

enum { DEFAULT_MEMORY = 512 << 20, MERGE_PAIRS = 1 << 12 };

struct bm25_builder {
    struct bm25_build_options options;
    struct analyzer *analyzer;
    struct words words;
    struct idcheck *ids;
    struct bm25_run run;
    struct spill *runs[BM25_BUILD_MAX_RUNS];
    size_t n_runs;
    uint32_t *lengths;
    size_t cap_lengths;
    struct bm25_index index;            /* what is known so far */
    struct sections_sink sinks[BM25_N_TYPES - 1];
    uint64_t *term_starts;
    size_t cap_term_starts;
    /* merging */
    struct bm25_run_reader *readers;
    size_t n_readers;
    uint32_t (*pairs)[2];
};

static struct sections_sink *sink(struct bm25_builder *b, enum bm25_section type)
{
    return &b->sinks[type - 1];
}

int bm25_builder_new(struct bm25_builder **out, const struct bm25_build_options *o, struct err *err)
{
    int rc = 0;
    uint64_t zero = 0;
    struct bm25_builder *b = *out = MEM_NEW(struct bm25_builder, err);
    if (!b)
        return ERR_NOMEM;
    b->options = *o;
    if (o->memory == 0)
        b->options.memory = DEFAULT_MEMORY;
    b->index.analyzer = o->analyzer;
    b->index.title_boost = o->title_boost;
    TRY(analyzer_new(&b->analyzer, o->analyzer, err));
    TRY(idcheck_open(&b->ids, 0, err));
    TRY(sections_put(sink(b, BM25_KEY_STARTS), &zero, sizeof zero, err));
    TRY(sections_put(sink(b, BM25_TERM_STARTS), &zero, sizeof zero, err));
out:
    if (rc) {
        bm25_builder_free(b);
        *out = NULL;
    }
    return rc;
}

void bm25_builder_free(struct bm25_builder *b)
{
    if (!b)
        return;
    analyzer_free(b->analyzer);
    words_done(&b->words);
    idcheck_close(b->ids);
    bm25_run_done(&b->run);
    for (size_t i = 0; i < b->n_readers; i++)
        bm25_run_close(&b->readers[i]);
    for (size_t i = 0; i < b->n_runs; i++)
        spill_close(b->runs[i]);
    for (size_t i = 0; i < BM25_N_TYPES - 1; i++)
        sections_sink_done(&b->sinks[i]);
    mem_free(b->readers);
    mem_free(b->pairs);
    mem_free(b->lengths);
    mem_free(b->term_starts);
    mem_free(b);
}

static int flush_run(struct bm25_builder *b, struct err *err)
{
    int rc = 0;
    if (b->run.n == 0)
        return 0;
    if (b->n_runs == BM25_BUILD_MAX_RUNS)
        return err_set(err, ERR_NOMEM, "more than %d stretches of the memory allowed: allow more (--max-memory)",
                       BM25_BUILD_MAX_RUNS);
    TRY(spill_open(&b->runs[b->n_runs], err));
    b->n_runs++;
    TRY(bm25_run_write(&b->run, b->runs[b->n_runs - 1], err));
out:
    return rc;
}

static int add_text(struct bm25_builder *b, struct text text, uint32_t times, uint64_t *length, struct err *err)
{
    int rc = analyzer_words(b->analyzer, &b->words, text.p, text.n, err);
    for (size_t i = 0, n; rc == 0 && i < b->words.n; i++) {
        const char *word = words_at(&b->words, i, &n);
        rc = bm25_run_add(&b->run, b->analyzer, word, n, (uint32_t)b->index.n, times, length, err);
    }
    return rc;
}

int bm25_builder_add(struct bm25_builder *b, const struct row *row, const char *name, struct err *err)
{
    int rc = 0;
    uint64_t length = 0;
    if (b->index.n >= BM25_MAX_N)
        return err_set(err, ERR_LIMIT, "more than %u passages", BM25_MAX_N);
    TRY(idcheck_add(b->ids, row->id.p, row->id.n, name, row->line, err));
    if (row->title.p && b->options.title_boost > 0)
        TRY(add_text(b, row->title, b->options.title_boost, &length, err));
    TRY(add_text(b, row->text, 1, &length, err));
    if (length > UINT32_MAX)
        return err_set(err, ERR_LIMIT, "%s:%llu: a passage of more than %u terms", name, (unsigned long long)row->line,
                       UINT32_MAX);
    TRY(mem_reserve(&b->lengths, &b->cap_lengths, b->index.n + 1, sizeof *b->lengths, err));
    b->lengths[b->index.n++] = (uint32_t)length;
    b->index.total_length += length;
    TRY(sections_put(sink(b, BM25_KEYS), row->id.p, row->id.n, err));
    TRY(sections_put(sink(b, BM25_KEY_STARTS), &sink(b, BM25_KEYS)->bytes, sizeof(uint64_t), err));
    if (bm25_run_bytes(&b->run) >= b->options.memory)
        TRY(flush_run(b, err));
out:
    return rc;
}

int bm25_builder_add_rows(struct bm25_builder *b, struct rows *rows, void (*progress)(uint64_t bytes), struct err *err)
{
    const struct row *row;
    int rc;
    while ((rc = rows_next(rows, &row, err)) == 0 && row) {
        if ((rc = bm25_builder_add(b, row, rows_name(rows), err)) != 0)
            break;
        if (progress && b->index.n % 256 == 0)
            progress(rows_raw_offset(rows));
    }
    return rc;
}

/* ---- merging ---- */

static int compare(const struct buf *a, const struct buf *b)
{
    int order = memcmp(a->p, b->p, num_min_size(a->n, b->n));
    return order != 0 ? order : (a->n > b->n) - (a->n < b->n);
}

static int add_postings(struct bm25_builder *b, struct bm25_run_reader *r, struct bm25_pack *pack, struct err *err)
{
    int rc = 0;
    for (size_t left = r->n_postings, part; left > 0; left -= part) {
        part = num_min_size(left, MERGE_PAIRS);
        TRY(bm25_run_read(r, b->pairs, part, err));
        for (size_t i = 0; i < part; i++)
            TRY(bm25_pack_add(pack, b->pairs[i][0], b->pairs[i][1], err));
    }
    TRY(bm25_run_next(r, err));
out:
    return rc;
}

/* The postings of the term that comes next, from every stretch that has it: they are in the order of the documents. */
static int merge_term(struct bm25_builder *b, const struct bm25_run_reader *least, struct bm25_pack *pack, struct buf *term,
                      struct err *err)
{
    int rc = 0;
    uint64_t before = pack->n_postings;
    struct bm25_list list = {.first_block = (uint32_t)pack->n_blocks};
    struct bm25_index *x = &b->index;
    buf_clear(term);
    TRY(buf_put(term, least->term.p, least->term.n, err));
    TRY(mem_reserve(&b->term_starts, &b->cap_term_starts, x->n_terms + 2, sizeof *b->term_starts, err));
    TRY(sections_put(sink(b, BM25_TERMS), term->p, term->n, err));
    b->term_starts[0] = 0;
    b->term_starts[++x->n_terms] = sink(b, BM25_TERMS)->bytes;
    TRY(sections_put(sink(b, BM25_TERM_STARTS), &b->term_starts[x->n_terms], sizeof(uint64_t), err));
    for (size_t i = 0; i < b->n_readers; i++)
        if (!b->readers[i].ended && compare(&b->readers[i].term, term) == 0)
            TRY(add_postings(b, &b->readers[i], pack, err));
    TRY(bm25_pack_end(pack, err));
    list.df = (uint32_t)(pack->n_postings - before);
    TRY(sections_put(sink(b, BM25_LISTS), &list, sizeof list, err));
    if (pack->n_blocks >= UINT32_MAX - 1 || x->n_terms >= UINT32_MAX / 2 - 1)
        rc = err_set(err, ERR_LIMIT, "%zu terms in %llu blocks: more than an index holds", x->n_terms,
                     (unsigned long long)pack->n_blocks);
out:
    return rc;
}

static int merge(struct bm25_builder *b, struct err *err)
{
    struct bm25_pack pack = {.blocks = sink(b, BM25_BLOCKS), .postings = sink(b, BM25_POSTINGS), .lengths = b->lengths};
    struct buf term = {0};
    int rc = 0;
    TRY_NEW(b->readers, MEM_ZARRAY(struct bm25_run_reader, b->n_runs, err));
    TRY_NEW(b->pairs, mem_alloc(MERGE_PAIRS, sizeof *b->pairs, err));
    for (; b->n_readers < b->n_runs; b->n_readers++)
        TRY(bm25_run_open(&b->readers[b->n_readers], b->runs[b->n_readers], err));
    for (;;) {
        const struct bm25_run_reader *least = NULL;
        for (size_t i = 0; i < b->n_readers; i++)
            if (!b->readers[i].ended && (!least || compare(&b->readers[i].term, &least->term) < 0))
                least = &b->readers[i];
        if (!least)
            break;
        TRY(merge_term(b, least, &pack, &term, err));
    }
    struct bm25_list end = {.first_block = (uint32_t)pack.n_blocks};
    TRY(sections_put(sink(b, BM25_LISTS), &end, sizeof end, err));
    b->index.n_blocks = (size_t)pack.n_blocks;
    b->index.n_postings = pack.n_postings;
out:
    buf_done(&term);
    return rc;
}

/* The hash table of the terms; their bytes come back from where they wait. */
static int put_slots(struct bm25_builder *b, struct err *err)
{
    struct bm25_index *x = &b->index;
    struct sections_sink *terms = sink(b, BM25_TERMS);
    struct input *in = NULL;
    struct buf term = {0};
    uint32_t *slots = NULL;
    size_t n_slots = 2, got;
    int rc = 0;
    while (n_slots < 2 * x->n_terms)
        n_slots *= 2;
    TRY_NEW(slots, MEM_ZARRAY(uint32_t, n_slots, err));
    if (x->n_terms > 0) {
        TRY(sections_flush(terms, err));
        TRY(input_open(&in, spill_path(terms->spill), err));
    }
    for (size_t t = 0; t < x->n_terms; t++) {
        size_t n = (size_t)(b->term_starts[t + 1] - b->term_starts[t]);
        TRY(mem_reserve(&term.p, &term.cap, n, 1, err));
        TRY(input_read(in, term.p, n, &got, err));
        if (got < n) {
            rc = err_set(err, ERR_IO, "a temporary file ends too early");
            goto out;
        }
        size_t at = bm25_slot(term.p, n, n_slots);
        while (slots[at] != 0)
            at = (at + 1) & (n_slots - 1);
        slots[at] = (uint32_t)t + 1;
    }
    TRY(sections_put(sink(b, BM25_SLOTS), slots, n_slots * sizeof *slots, err));
out:
    input_close(in);
    buf_done(&term);
    mem_free(slots);
    return rc;
}

int bm25_builder_write(struct bm25_builder *b, struct output *out, struct header *header, uint64_t *n, struct err *err)
{
    int rc = 0;
    TRY(idcheck_end(b->ids, err));
    TRY(flush_run(b, err));
    TRY(merge(b, err));
    TRY(put_slots(b, err));
    TRY(sections_put(sink(b, BM25_LENGTHS), b->lengths, b->index.n * sizeof *b->lengths, err));
    TRY(bm25_file_header_make(header, &b->index, err));
    TRY(bm25_file_write(out, &b->index, header, b->sinks, err));
    *n = b->index.n;
out:
    return rc;
}

int bm25_build_rows(struct rows *rows, const struct bm25_build_options *o, void (*progress)(uint64_t bytes), struct output *out,
                    uint64_t *n, struct err *err)
{
    struct bm25_builder *builder = NULL;
    struct header h = {0};
    int rc = 0;
    if (o->command)
        TRY(header_add_program(&h, o->program, VECPIPE_VERSION, o->command, NULL, 0, err));
    TRY(bm25_builder_new(&builder, o, err));
    TRY(bm25_builder_add_rows(builder, rows, progress, err));
    TRY(bm25_builder_write(builder, out, &h, n, err));
out:
    bm25_builder_free(builder);
    header_done(&h);
    return rc;
}
