/* view - what vec-view prints of a table: a stream's, or an index's (graph/graph_table.h). */
#ifndef VIEW_H
#define VIEW_H

#include "fmt/tablemap.h"
#include "fmt/viewrows.h"
#include "sys/output.h"

struct view_table {
    const char *name;                 /* of the input, for messages */
    const struct header *header;
    int (*next)(void *ctx, struct block *b, struct err *err);      /* as stream_reader_next */
    const struct meta *(*stats)(void *ctx, size_t *n);              /* of the end record; NULL: there is none */
    void *ctx;
};

/* A stream; the reader stays the caller's. */
struct view_table view_stream(struct stream_reader *r);

/* A table of some of another's columns (tablemap.h), whose header has no programs. */
struct view_choice {
    struct view_table from;
    struct tablemap map;
};
MUST_CHECK int view_choose(struct view_choice *c, const struct view_table *from, const char *columns, struct view_table *to,
                           struct err *err);
void view_choice_done(struct view_choice *c);

/* The header's text, then the first rows in brief. */
MUST_CHECK int view_overview(const struct view_table *t, struct output *out, struct err *err);

/* The first n rows; UINT64_MAX: all. */
MUST_CHECK int view_rows(const struct view_table *t, uint64_t n, enum viewrows_format format, struct output *out,
                         struct err *err);

/* The text twin: header, every row, and `@end ROWS` with the @stat lines of the end record (formats/vps.md §11). */
MUST_CHECK int view_text(const struct view_table *t, struct output *out, struct err *err);

MUST_CHECK int view_header(const struct view_table *t, bool json, struct output *out, struct err *err);
MUST_CHECK int view_provenance(const struct view_table *t, struct output *out, struct err *err);
MUST_CHECK int view_stat(const struct view_table *t, bool json, struct output *out, struct err *err);

/* Read everything; *rows how many there were. */
MUST_CHECK int view_check(const struct view_table *t, uint64_t *rows, struct err *err);

#endif
