/* bm25_index - an inverted index of passages as it lies in its file, formats/bm25.md.
 *
 * Documents are numbered 0 .. n-1 in the order of the collection.  A term's postings (document, frequency), documents ascending,
 * are cut into blocks of at most BM25_BLOCK; a block's head says between which documents it lies and bounds its scores for any
 * k1 and b: for four ranges of frequencies the length of the shortest document that has one. */
#ifndef BM25_INDEX_H
#define BM25_INDEX_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

enum { BM25_BLOCK = 128, BM25_RANGES = 4, BM25_NO_TERM = -1 };
#define BM25_MAX_N 0x7FFEFFFFu          /* 2^31 - 2^16 - 1: an offset of two bytes behind it is below 2^31 */

struct bm25_block {
    uint32_t first, last;               /* documents */
    uint64_t offset;                    /* of its postings: n documents less `first` (doc_bytes each), n tf (tf_bytes) */
    uint8_t n, doc_bytes, tf_bytes, zero;   /* 1 .. BM25_BLOCK; 1, 2 or 4; 0 (all are 1), 1, 2 or 4; 0 */
    uint32_t max_tf;
    uint32_t shortest[BM25_RANGES];     /* of the documents with tf 1, 2, 3 to 4, 5 to max_tf; UINT32_MAX where there is none */
};

struct bm25_list {
    uint32_t first_block, df;           /* blocks up to the next list's first_block */
};

struct bm25_index {
    size_t n, n_terms, n_blocks, n_slots;
    uint64_t n_postings, total_length;  /* terms of all documents */
    const uint32_t *lengths;            /* (n) */
    const uint64_t *key_starts, *term_starts;   /* (n + 1), (n_terms + 1) */
    const char *keys, *terms;           /* terms ascending by bytes */
    const uint32_t *slots;              /* (n_slots), a power of two: term number + 1, 0 free */
    const struct bm25_list *lists;      /* (n_terms + 1) */
    const struct bm25_block *blocks;    /* (n_blocks) */
    const unsigned char *postings;
    uint64_t n_key_bytes, n_term_bytes, n_posting_bytes;
    uint32_t analyzer, title_boost;     /* enum analyzer_kind; how often a title's terms count */
};

/* The range of a frequency, and its greatest member within a block. */
static inline size_t bm25_range(uint32_t tf)
{
    return tf <= 2 ? tf - 1 : tf <= 4 ? 2 : 3;
}
static inline uint32_t bm25_range_top(const struct bm25_block *b, size_t range)
{
    static const uint32_t top[] = {1, 2, 4};
    return range < 3 && top[range] < b->max_tf ? top[range] : b->max_tf;
}

/* The slot that a term's search starts from; then the next ones, round the end. */
size_t bm25_slot(const char *term, size_t n, size_t n_slots);

/* A term's number, or BM25_NO_TERM. */
int64_t bm25_find(const struct bm25_index *x, const char *term, size_t n);

/* Term t's blocks: [*first, *end).  ERR_DATA where a mapped file says what cannot be. */
MUST_CHECK int bm25_blocks(const struct bm25_index *x, size_t t, size_t *first, size_t *end, struct err *err);

/* Is the block's head possible?  Then its postings lie within the file. */
MUST_CHECK int bm25_check_block(const struct bm25_index *x, size_t block, struct err *err);

/* Document i of the block less `first`; frequency i. */
static inline uint32_t bm25_get(const unsigned char *p, size_t width, size_t i)
{
    uint32_t x;
    uint16_t x2;
    switch (width) {
    case 1:
        return p[i];
    case 2:
        __builtin_memcpy(&x2, p + 2 * i, sizeof x2);
        return x2;
    default:
        __builtin_memcpy(&x, p + 4 * i, sizeof x);
        return x;
    }
}
static inline uint32_t bm25_offset(const struct bm25_index *x, const struct bm25_block *b, size_t i)
{
    return bm25_get(x->postings + b->offset, b->doc_bytes, i);
}
static inline uint32_t bm25_tf(const struct bm25_index *x, const struct bm25_block *b, size_t i)
{
    return b->tf_bytes == 0 ? 1 : bm25_get(x->postings + b->offset + (size_t)b->n * b->doc_bytes, b->tf_bytes, i);
}

#endif
