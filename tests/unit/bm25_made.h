/* bm25_made - a text index made on the spot, its checksums made right again after damage, and a search of everything in it. */
#ifndef BM25_MADE_H
#define BM25_MADE_H

#include "base/bytes.h"
#include "base/crc.h"
#include "base/mem.h"
#include "text/bm25_build.h"
#include "text/bm25_file.h"
#include "text/bm25_search.h"

#include <stdio.h>
#include <string.h>

/* An index of n passages of a few words into out.  memory as bm25_build_options has it. */
static inline int made_index(struct output *out, size_t n, uint64_t memory, struct err *err)
{
    const struct bm25_build_options o = {.analyzer = ANALYZER_ENGLISH, .title_boost = 2, .memory = memory};
    struct bm25_builder *b = NULL;
    struct header h = {0};
    uint64_t n_written;
    char id[16], text[64];
    int rc = 0;
    TRY(bm25_builder_new(&b, &o, err));
    for (size_t i = 0; i < n; i++) {
        struct row row = {.id = {id, (size_t)snprintf(id, sizeof id, "d%zu", i)}, .line = i + 1};
        row.text = (struct text){text, (size_t)snprintf(text, sizeof text, "words w%zu w%zu w%zu foxes", i % 3, i % 3, i % 17)};
        if (i % 5 == 0)
            row.title = (struct text){"The title", 9};
        TRY(bm25_builder_add(b, &row, "made", err));
    }
    TRY(bm25_builder_write(b, out, &h, &n_written, err));
out:
    bm25_builder_free(b);
    header_done(&h);
    return rc;
}

/* Right checksums over whatever stands there. */
static inline void made_sign(unsigned char *p, size_t size)
{
    if (size < SECTIONS_HEADER)
        return;
    uint32_t n = bytes_get_u32(p + 12);
    if (n <= SECTIONS_MAX && size >= SECTIONS_ALIGN) {
        for (uint32_t i = 0; i < n; i++) {
            unsigned char *entry = p + SECTIONS_HEADER + i * SECTIONS_ENTRY;
            uint64_t offset = bytes_get_u64(entry + 8), bytes = bytes_get_u64(entry + 16);
            if (offset <= size && bytes <= size - offset)
                bytes_put_u32(entry + 24, crc_update(0, p + offset, bytes));
        }
        bytes_put_u32(p + 120, crc_update(0, p + SECTIONS_HEADER, n * SECTIONS_ENTRY));
    }
    bytes_put_u32(p + 124, crc_update(0, p, 124));
}

/* Search for every term, and for all at once (the first of them), by both ways; look at the keys of what is found. */
static inline int made_search(const struct bm25_index *x, enum bm25_idf idf, struct err *err)
{
    enum { MOST = 64 };
    struct bm25_scorer *scorer = NULL;
    struct bm25_search *s = NULL;
    struct bm25_term terms[MOST];
    struct bm25_found found;
    struct text key;
    size_t n = x->n_terms < MOST ? x->n_terms : MOST;
    int rc = 0;
    TRY(bm25_scorer_new(&scorer, x, (struct bm25_params){0.9, 0.4, idf}, 1, err));
    TRY(bm25_search_new(&s, scorer, 10, err));
    for (size_t from = 0; from <= n; from++) {
        size_t n_terms = from < n ? 1 : n;
        for (size_t i = 0; i < n_terms; i++)
            terms[i] = (struct bm25_term){.number = from < n ? from : i, .times = 1};
        for (int plain = 0; plain < 2; plain++) {
            TRY(plain ? bm25_plain(s, terms, n_terms, &found, err) : bm25_search_run(s, terms, n_terms, &found, err));
            for (size_t i = 0; i < found.n; i++)
                TRY(bm25_key(x, found.at[i].id, &key, err));
        }
        (void)bm25_find(x, "fox", 3);
    }
out:
    bm25_search_free(s);
    bm25_scorer_free(scorer);
    return rc;
}

#endif
