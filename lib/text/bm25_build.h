/* bm25_build - an inverted index of passages, in bounded memory.
 *
 * Passages are inverted in stretches that fit the memory (text/bm25_run.h); at the end these are merged term by term.  All parts
 * of the file grow in nameless files in TMPDIR.  Held in memory: a stretch, 4 bytes a passage, 8 to 16 bytes a term, and 128 KiB
 * a stretch while merging.  The file's bytes depend neither on the memory nor on how the input arrives. */
#ifndef BM25_BUILD_H
#define BM25_BUILD_H

#include "fmt/header.h"
#include "sys/output.h"
#include "text/analyzer.h"
#include "text/rows.h"

enum { BM25_BUILD_MAX_RUNS = 512, BM25_BUILD_MAX_BOOST = 1000 };

struct bm25_build_options {
    enum analyzer_kind analyzer;
    uint32_t title_boost;       /* how often each term of a title counts, <= BM25_BUILD_MAX_BOOST; 0: titles are left out */
    uint64_t memory;            /* bytes of a stretch; 0: 512 MiB */
    const char *program, *command;      /* provenance, of bm25_build_rows alone; command NULL: none is written */
};

struct bm25_builder;
MUST_CHECK int bm25_builder_new(struct bm25_builder **b, const struct bm25_build_options *o, struct err *err);
void bm25_builder_free(struct bm25_builder *b);     /* accepts NULL */

/* The next passage.  Its id becomes its key; one that comes twice is ERR_DATA at the end. */
MUST_CHECK int bm25_builder_add(struct bm25_builder *b, const struct row *row, const char *name, struct err *err);

/* All of an input. */
MUST_CHECK int bm25_builder_add_rows(struct bm25_builder *b, struct rows *rows, void (*progress)(uint64_t bytes),
                                     struct err *err);

/* Merge and write the index, once.  header may have programs; kind, column and metas are put in.
 * *n: passages. */
MUST_CHECK int bm25_builder_write(struct bm25_builder *b, struct output *out, struct header *header, uint64_t *n,
                                  struct err *err);

/* All of it at once: an index of an input into out, which stays the caller's to commit.  progress may be NULL. */
MUST_CHECK int bm25_build_rows(struct rows *rows, const struct bm25_build_options *o, void (*progress)(uint64_t bytes),
                               struct output *out, uint64_t *n, struct err *err);

#endif
