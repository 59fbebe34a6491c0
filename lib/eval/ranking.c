#include "eval/ranking.h"

#include <inttypes.h>

static int write_examples(struct mine *mine, const struct bm25_source_options *from, struct output *out, struct buf *remarks,
                          struct err *err)
{
    struct tally tally = {0};
    int rc = mine_write(mine, from->passages, &from->rows, out, &tally, err);
    for (size_t i = 0; rc == 0 && i < tally.n_lines; i++)
        rc = buf_printf(remarks, err, "%" PRIu64 " %s\n", tally.lines[i].n, tally.lines[i].what);
    return rc;
}

int ranking_run(const struct ranking_options *o, struct rows *queries, struct output *out, struct buf *remarks, struct err *err)
{
    const struct bm25_rank_output to = {out, o->format, o->level, o->source.build.program, o->source.build.command};
    struct bm25_source source = {0};
    struct bm25_scorer *scorer = NULL;
    struct mine *mine = NULL;
    struct bm25_rank_options rank = o->rank;
    struct bm25_rank_counts counts = {0};
    int rc = 0;
    if (o->mining.n_negatives)
        TRY(mine_new(&mine, &o->mining, err));
    TRY(bm25_source_open(&source, &o->source, err));
    if (source.made)
        TRY(buf_printf(remarks, err, "%zu passages indexed\n", bm25_file_index(source.file)->n));
    TRY(bm25_scorer_new(&scorer, bm25_file_index(source.file), o->params, o->rank.n_threads, err));
    if (mine) {
        rank.write = mine_add;
        rank.ctx = mine;
        TRY(bm25_rank_run(source.file, scorer, queries, &rank, &counts, err));
        TRY(write_examples(mine, &o->source, out, remarks, err));
    } else {
        TRY(bm25_rank_write(source.file, scorer, queries, &rank, &to, &counts, err));
    }
    TRY(buf_printf(remarks, err, "%" PRIu64 " queries, %" PRIu64 " of them without a term of the index\n", counts.n_queries,
                   counts.n_empty));
out:
    mine_free(mine);
    bm25_scorer_free(scorer);
    bm25_source_done(&source);
    return rc;
}
