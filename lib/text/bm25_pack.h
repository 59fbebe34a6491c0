/* bm25_pack - a term's postings, one after the other, into the blocks of an index. */
#ifndef BM25_PACK_H
#define BM25_PACK_H

#include "fmt/sections.h"
#include "text/bm25_index.h"

struct bm25_pack {                          /* zero-initialise */
    struct sections_sink *blocks, *postings;
    const uint32_t *lengths;                /* of the documents */
    uint32_t documents[BM25_BLOCK], tfs[BM25_BLOCK];
    size_t n;                               /* of the block in the making */
    uint64_t n_blocks, n_postings;
};

MUST_CHECK int bm25_pack_add(struct bm25_pack *p, uint32_t document, uint32_t tf, struct err *err);
MUST_CHECK int bm25_pack_end(struct bm25_pack *p, struct err *err);     /* of the term */

#endif
