#include "text/bm25_index.h"

#include <inttypes.h>
#include <string.h>

size_t bm25_slot(const char *term, size_t n, size_t n_slots)
{
    uint64_t h = 0xCBF29CE484222325u;       /* FNV-1a */
    for (size_t i = 0; i < n; i++)
        h = (h ^ (unsigned char)term[i]) * 0x100000001B3u;
    return (size_t)(h ^ h >> 32) & (n_slots - 1);
}

int64_t bm25_find(const struct bm25_index *x, const char *term, size_t n)
{
    size_t at = bm25_slot(term, n, x->n_slots);
    for (size_t probes = 0; probes < x->n_slots; probes++, at = (at + 1) & (x->n_slots - 1)) {
        uint32_t slot = x->slots[at];
        if (slot == 0 || slot > x->n_terms)
            break;
        uint64_t from = x->term_starts[slot - 1], to = x->term_starts[slot];
        if (from <= to && to <= x->n_term_bytes && to - from == n && memcmp(x->terms + from, term, n) == 0)
            return (int64_t)slot - 1;
    }
    return BM25_NO_TERM;
}

int bm25_blocks(const struct bm25_index *x, size_t t, size_t *first, size_t *end, struct err *err)
{
    *first = x->lists[t].first_block;
    *end = x->lists[t + 1].first_block;
    if (*first >= *end || *end > x->n_blocks)
        return err_set(err, ERR_DATA, "term %zu has the blocks %zu to %zu of %zu", t, *first, *end, x->n_blocks);
    return 0;
}

int bm25_check_block(const struct bm25_index *x, size_t block, struct err *err)
{
    const struct bm25_block *b = &x->blocks[block];
    uint64_t bytes = (uint64_t)b->n * ((uint64_t)b->doc_bytes + b->tf_bytes);
    if (b->n < 1 || b->n > BM25_BLOCK || b->first > b->last || b->last >= x->n ||
        (b->doc_bytes != 1 && b->doc_bytes != 2 && b->doc_bytes != 4) || b->tf_bytes > 4 || b->tf_bytes == 3 ||
        b->offset > x->n_posting_bytes || bytes > x->n_posting_bytes - b->offset)
        return err_set(err, ERR_DATA, "block %zu: %u postings of the documents %u to %u at %" PRIu64 ": out of range", block,
                       b->n, b->first, b->last, b->offset);
    return 0;
}
