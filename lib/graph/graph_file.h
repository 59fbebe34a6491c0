/* graph_file - the index file (.hnsw), formats/hnsw.md: opened without parsing, written in one sequential pass.
 *
 * MAPFILE_MMAP checks header, section table, sizes and the text; every number inside a section is bounded when used.
 * MAPFILE_COPY checks everything: each section's CRC, padding, and graph_check.  So does any load of what cannot be mapped
 * (a pipe, stdin, gzip): it is read whole anyway. */
#ifndef GRAPH_FILE_H
#define GRAPH_FILE_H

#include "fmt/header.h"
#include "fmt/sections.h"
#include "graph/graph.h"
#include "sys/mapfile.h"
#include "sys/output.h"

/* Section types of the frame (fmt/sections.h); formats/hnsw.md says what each holds. */
enum graph_file_section_type {
    GRAPH_FILE_LAYER0 = 1, GRAPH_FILE_FIRST = 2, GRAPH_FILE_UPPER = 3, GRAPH_FILE_VECTORS = 4, GRAPH_FILE_IDS = 5,
    GRAPH_FILE_KEYS = 6, GRAPH_FILE_TEXT = 7,
    GRAPH_FILE_EDGES = 8, GRAPH_FILE_LIVE = 9, GRAPH_FILE_CODES = 10, GRAPH_FILE_ENTRIES = 11, GRAPH_FILE_ORDER = 12
};

extern const struct sections_kind graph_file_kind;

struct graph_file;

/* Open an index; path "-" is stdin.  ERR_DATA, ERR_TRUNCATED or ERR_LIMIT name file, place and reason. */
MUST_CHECK int graph_file_open(struct graph_file **f, const char *path, enum mapfile_load load, struct err *err);
/* The same on bytes in memory (64-byte aligned, outliving f), for tests. */
MUST_CHECK int graph_file_open_memory(struct graph_file **f, const void *bytes, size_t n, const char *name,
                                      enum mapfile_load load, struct err *err);
/* The same on what an open input still has, verified; it stays the caller's. */
MUST_CHECK int graph_file_open_input(struct graph_file **f, struct input *in, struct err *err);
void graph_file_close(struct graph_file *f);

const char *graph_file_name(const struct graph_file *f);
const struct graph *graph_file_graph(const struct graph_file *f);
/* Kind `index`, columns id, key?, vec as the base set's (vec f32), its metas and metric, programs (the last one built it). */
const struct header *graph_file_header(const struct graph_file *f);
const struct sections *graph_file_sections(const struct graph_file *f);

/* The header of an index of g over a base set: kind, columns, the set's metas; programs are the caller's to add. */
MUST_CHECK int graph_file_header_make(struct header *h, const struct graph *g, const struct header *base, struct err *err);

/* Write an index; header as graph_file_header gives it.  out stays the caller's. */
MUST_CHECK int graph_file_write(struct output *out, const struct graph *g, const struct header *header, struct err *err);

#endif
