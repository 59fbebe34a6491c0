/* bm25_file - the text index file (.bm25), formats/bm25.md: opened without parsing, written in one sequential pass.
 *
 * MAPFILE_MMAP checks the frame, every length, and the section text; numbers inside the other sections are bounded when used.
 * MAPFILE_COPY checks everything.  So does any load of what cannot be mapped (a pipe, stdin, gzip): it is read whole anyway. */
#ifndef BM25_FILE_H
#define BM25_FILE_H

#include "fmt/header.h"
#include "fmt/sections.h"
#include "fmt/stream.h"
#include "sys/mapfile.h"
#include "text/bm25_index.h"

enum bm25_section { BM25_TEXT = 1, BM25_LENGTHS, BM25_KEY_STARTS, BM25_KEYS, BM25_TERM_STARTS, BM25_TERMS, BM25_SLOTS, BM25_LISTS,
                    BM25_BLOCKS, BM25_POSTINGS, BM25_N_TYPES };
extern const struct sections_kind bm25_file_kind;

struct bm25_file;

/* path "-" is stdin. */
MUST_CHECK int bm25_file_open(struct bm25_file **f, const char *path, enum mapfile_load load, struct err *err);
/* The same on bytes in memory (64-byte aligned, outliving f). */
MUST_CHECK int bm25_file_open_memory(struct bm25_file **f, const void *bytes, size_t n, const char *name, enum mapfile_load load,
                                     struct err *err);
void bm25_file_close(struct bm25_file *f);      /* accepts NULL */

const char *bm25_file_name(const struct bm25_file *f);
const struct bm25_index *bm25_file_index(const struct bm25_file *f);
/* Kind `bm25`, column key, the metas analyzer and title_boost, programs (the last one built it). */
const struct header *bm25_file_header(const struct bm25_file *f);

/* The header's own fields and the section text, for the writer. */
MUST_CHECK int bm25_file_write(struct output *out, const struct bm25_index *x, const struct header *header,
                               struct sections_sink sinks[BM25_N_TYPES - 1], struct err *err);
MUST_CHECK int bm25_file_header_make(struct header *h, const struct bm25_index *x, struct err *err);

/* Is everything inside as formats/bm25.md §4 says?  Cost: linear. */
MUST_CHECK int bm25_check(const struct bm25_index *x, struct err *err);

/* A document's key; ERR_DATA where a mapped file says what cannot be. */
MUST_CHECK int bm25_key(const struct bm25_index *x, uint32_t document, struct text *key, struct err *err);

#endif
