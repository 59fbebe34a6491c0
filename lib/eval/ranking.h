/* ranking - all of bm25-rank but its command line: an index, from a file or made of passages, queries, and what becomes of the
 * passages found: a ranking that is written, or training examples with hard negatives. */
#ifndef RANKING_H
#define RANKING_H

#include "eval/mine.h"
#include "text/bm25_source.h"

struct ranking_options {
    struct bm25_source_options source;  /* source.passages beside an index: the texts of the examples */
    struct bm25_params params;
    struct bm25_rank_options rank;      /* k, n_threads, progress */
    enum runout_format format;          /* of the ranking */
    int level;                          /* of its zlib */
    struct mine_options mining;         /* n_negatives: 0 for a ranking, else for examples */
};

/* Rank the queries; out stays the caller's to commit.  remarks (zero-initialised, the caller's to free) gets what there is to say
 * beside the output, one a line: how many passages were indexed and queries ranked, what examples lack.
 * Errors: those of bm25_source_open, bm25_rank_write and mine_write. */
MUST_CHECK int ranking_run(const struct ranking_options *o, struct rows *queries, struct output *out, struct buf *remarks,
                           struct err *err);

#endif
