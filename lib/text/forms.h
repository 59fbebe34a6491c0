/* forms - the plain forms (formats/text.md) that a conversion writes: some of five kinds into a folder, or one into a file.
 *
 * Readers of foreign collections (dpr, questions, triples, topics, control, arguana, judgement) write all they have; what is not
 * wanted goes nowhere. */
#ifndef FORMS_H
#define FORMS_H

#include "sys/input.h"
#include "text/idcheck.h"
#include "text/outset.h"
#include "text/rows.h"

enum forms_kind { FORMS_PASSAGES, FORMS_QUERIES, FORMS_QRELS, FORMS_ANSWERS, FORMS_EXAMPLES, FORMS_N };
enum { FORMS_ALL = (1 << FORMS_N) - 1 };
extern const char *const forms_names[];      /* "passages", "queries", ...; NULL behind the last */

struct forms {
    struct tally *tally;
    const char *join;                        /* see struct rows_options */
    struct output *files[FORMS_N];           /* NULL: not wanted */
    struct outset set;
    struct idcheck *ids;
    struct buf scratch;
    uint64_t n_records;                      /* of all inputs so far, bad ones too: the id of what comes without one */
};

/* The kinds (bits) as files of the folder `path`: KIND.tsv, or KIND.SPLIT.tsv where split is not NULL, .txt for qrels, .jsonl for
 * examples; passages.tsv has no split.  forms_done accepts what was zeroed. */
MUST_CHECK int forms_open_folder(struct forms *f, const char *path, unsigned kinds, const char *split, struct err *err);
/* One kind into a file; NULL: stdout. */
MUST_CHECK int forms_open_file(struct forms *f, const char *path, enum forms_kind kind, struct err *err);
/* Publish.  ERR_DATA where forms_id saw an id twice. */
MUST_CHECK int forms_commit(struct forms *f, struct err *err);
void forms_done(struct forms *f);

/* ERR_DATA where an id is empty or has a blank, which qrels cannot hold. */
MUST_CHECK int forms_check_id(struct text id, struct err *err);
/* The same, and note it with its place: an id must not come twice. */
MUST_CHECK int forms_id(struct forms *f, struct text id, const char *name, uint64_t line, struct err *err);

/* One line: id, text and perhaps title of a passage or query; n fields of answers; a judgement. */
MUST_CHECK int forms_row(struct forms *f, enum forms_kind kind, struct row row, struct err *err);
MUST_CHECK int forms_answers(struct forms *f, const struct text *fields, size_t n, struct err *err);
MUST_CHECK int forms_judgement(struct forms *f, struct text query, struct text passage, long long grade, struct err *err);

/* Call fn for each line of an input (without CR and LF), header: but the first.  What fn says of a line with ERR_DATA or
 * ERR_LIMIT is a bad line, counted as `bad`. */
typedef int forms_line_fn(struct forms *f, char *line, size_t n, struct err *err);
MUST_CHECK int forms_lines(struct forms *f, struct input *in, bool header, const char *bad, forms_line_fn *fn, struct err *err);

/* A failure at a line: bad content goes to the tally under `bad` with "file:line: " in front, all else is returned. */
MUST_CHECK int forms_bad(struct forms *f, struct input *in, uint64_t line, const char *bad, struct err *err);

#endif
