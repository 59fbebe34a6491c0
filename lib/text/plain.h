/* plain - one collection file, TSV in any column order or JSON lines, to the plain TSV form; and what a folder or file is. */
#ifndef PLAIN_H
#define PLAIN_H

#include "sys/output.h"
#include "text/rows.h"
#include "text/tally.h"

enum plain_source { PLAIN_FILE, PLAIN_WORDNET, PLAIN_BEIR, PLAIN_ARGUANA };

/* What an operand is.  ERR_DATA for a folder that is of none of them. */
MUST_CHECK int plain_source(const char *path, enum plain_source *source, struct err *err);

/* The path of folder/name, or folder/name.gz where only that is there; false where there is neither. */
bool plain_find(char *path, size_t size, const char *folder, const char *name);

/* id TAB text [TAB title] for each good row of r; bad ones go to the tally, under what ("rows left out"), good ones are counted
 * as `counted` ("rows").  visit (may be NULL) sees each good row and says by *keep whether it is written.  A good row with the id
 * of another is ERR_DATA, behind the last row (text/idcheck.h). */
struct plain_visitor {
    int (*row)(void *ctx, const struct row *row, bool *keep, struct err *err);
    void *ctx;
};
MUST_CHECK int plain_copy(struct rows *r, struct output *out, const char *counted, const struct plain_visitor *visit,
                          struct tally *tally, struct err *err);

/* Put a row in its plain form. */
MUST_CHECK int plain_write(struct output *out, const struct row *row, struct tally *tally, struct err *err);

#endif
