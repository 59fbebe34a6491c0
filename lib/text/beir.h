/* beir - a folder of the BEIR benchmark (Thakur et al. 2021): corpus.jsonl, queries.jsonl, qrels/SPLIT.tsv (query-id, corpus-id,
 * score, with a header), .gz too.
 *
 * Into a folder: passages.tsv; for each file of qrels/ queries.SPLIT.tsv and qrels.SPLIT.txt, a query going to each split that
 * judges it; without qrels/ queries.tsv alone.  Memory: the judged ids. */
#ifndef BEIR_H
#define BEIR_H

#include "text/tally.h"

#include <stdbool.h>

/* Has the folder a corpus.jsonl (or .gz)? */
bool beir_is(const char *folder);

/* join: see struct rows_options. */
MUST_CHECK int beir_convert(const char *folder, const char *out, const char *join, struct tally *tally, struct err *err);

#endif
