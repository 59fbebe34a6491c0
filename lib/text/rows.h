/* rows - collections of texts, row by row: TSV (the plain forms of formats/text.md, other column orders too) or JSON lines
 * (BEIR: _id or id, text or contents, title), from one input after the other, .gz too.  Memory: the longest row.
 *
 * A row comes out as the plain forms have it: valid UTF-8, TAB, CR, LF inside a field a space.  A byte order mark at the start
 * and a CR before the LF are taken off.  A line that is no row is ERR_DATA with "file:line: " in front of its message. */
#ifndef ROWS_H
#define ROWS_H

#include "fmt/stream.h"
#include "sys/input.h"
#include "text/field.h"

/* AUTO: JSON lines where the first byte that is no blank is {; what begins as an array of objects is refused; else TSV. */
enum rows_format { ROWS_AUTO, ROWS_TSV, ROWS_JSONL };
enum rows_column { ROWS_ID, ROWS_TEXT, ROWS_TITLE, ROWS_IGNORED };
enum { ROWS_MAX_COLUMNS = 64, ROWS_MAX_LINE = 16 << 20 };

struct rows_options {
    enum rows_format format;
    enum rows_column columns[ROWS_MAX_COLUMNS];    /* what each column of a TSV is */
    size_t n_columns;                              /* 0: id, text and perhaps a title */
    bool header;                                   /* skip the first line of each TSV */
    bool repair;                                   /* accept NUL and what is not UTF-8, see field.h */
    bool quotes;                                   /* TSV: fields may be quoted, see quoted.h */
    const char *join;                              /* NULL, or what stands between title and text in a text of both */
};

/* Parse "id,title,text" (also "-" for a column to ignore) into o->columns. */
MUST_CHECK int rows_parse_columns(struct rows_options *o, const char *list, struct err *err);

struct row {
    struct text id, text, title;    /* title.p NULL where there is none; valid until the next call */
    uint64_t line;
};

/* Put a title and join in front of the text, which then stands in buf; nothing where there is no title or join is NULL. */
MUST_CHECK int rows_join(struct row *row, const char *join, struct buf *buf, struct err *err);

/* The begin of an input of text: what is no text (a stream of ours, UTF-16, lz4) is refused, a byte order mark taken off. */
MUST_CHECK int rows_start(struct input *in, struct err *err);

struct rows;

/* paths: (n), copied; none = stdin.  Inputs are opened one by one as they are reached. */
MUST_CHECK int rows_open(struct rows **r, const char *const *paths, size_t n, const struct rows_options *o, struct err *err);
void rows_close(struct rows *r);

/* The next row; *row is NULL at the end of the last input. */
MUST_CHECK int rows_next(struct rows *r, const struct row **row, struct err *err);

/* After a failed rows_next: was it only this line?  Then rows_next may be called again and goes on with the line behind it. */
bool rows_may_go_on(const struct rows *r);

/* The place of the last row, for messages; the counts so far; bytes read and to read, for progress (0: not known). */
const char *rows_name(const struct rows *r);
const struct field_counts *rows_counts(const struct rows *r);
uint64_t rows_raw_offset(const struct rows *r);
uint64_t rows_raw_size(const struct rows *r);

#endif
