/* graph_file - the index file (.hnsw), formats/hnsw.md: opened without parsing, written in one sequential pass.
 *
 * MAPFILE_MMAP checks header, section table, sizes and the text; every number inside a section is bounded when used.
 * MAPFILE_COPY checks everything: each section's CRC, padding, and graph_check.  So does any load of what cannot be mapped
 * (a pipe, stdin, gzip): it is read whole anyway. */
#ifndef GRAPH_FILE_H
#define GRAPH_FILE_H

#include "fmt/header.h"
#include "graph/graph.h"
#include "sys/mapfile.h"
#include "sys/output.h"

#define GRAPH_FILE_MAGIC "\x89VPG\r\n\x1a\n"
enum { GRAPH_FILE_MAGIC_BYTES = 8, GRAPH_FILE_VERSION = 1, GRAPH_FILE_HEADER_BYTES = 128, GRAPH_FILE_ENTRY_BYTES = 32,
       GRAPH_FILE_ALIGN = 4096, GRAPH_FILE_MAX_SECTIONS = 124 /* the table ends within the first 4,096 bytes */ };

/* Section types; formats/hnsw.md says what each holds.  A reader refuses a type that it does not know and that has the critical
 * bit, and skips others. */
#define GRAPH_FILE_CRITICAL 0x80000000u
enum graph_file_section_type {
    GRAPH_FILE_LAYER0 = 1, GRAPH_FILE_FIRST = 2, GRAPH_FILE_UPPER = 3, GRAPH_FILE_VECTORS = 4, GRAPH_FILE_IDS = 5,
    GRAPH_FILE_KEYS = 6, GRAPH_FILE_TEXT = 7,
    GRAPH_FILE_EDGES = 8, GRAPH_FILE_LIVE = 9, GRAPH_FILE_CODES = 10, GRAPH_FILE_ENTRIES = 11, GRAPH_FILE_ORDER = 12
};

struct graph_file_section {
    uint32_t type;                 /* with the critical bit */
    uint64_t offset, bytes;
    uint32_t crc;
};

struct graph_file;

/* Are these the first bytes of an index?  (n >= GRAPH_FILE_MAGIC_BYTES to be true.) */
bool graph_file_sniff(const unsigned char *p, size_t n);

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
size_t graph_file_n_sections(const struct graph_file *f);
const struct graph_file_section *graph_file_section(const struct graph_file *f, size_t i);
const char *graph_file_section_name(uint32_t type);    /* "layer0", ...; "unknown" */

/* The header of an index of g over a base set: kind, columns, the set's metas; programs are the caller's to add. */
MUST_CHECK int graph_file_header_make(struct header *h, const struct graph *g, const struct header *base, struct err *err);

/* Write an index; header as graph_file_header gives it.  out stays the caller's. */
MUST_CHECK int graph_file_write(struct output *out, const struct graph *g, const struct header *header, struct err *err);

#endif
