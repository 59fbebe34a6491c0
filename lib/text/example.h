/* example - one training example, a line of JSON (formats/text.md): a query and lists of its passages. */
#ifndef EXAMPLE_H
#define EXAMPLE_H

#include "text/field.h"
#include "text/outset.h"
#include "text/rows.h"

struct example {                    /* zero-initialise; example_done frees */
    struct buf line, field;
    struct field_counts counts;
    size_t n_lists, n_passages;     /* so far; passages: of the last list */
};

/* In this order: start, for each list its name and its passages, end, which writes the line.  Empty texts are left out. */
MUST_CHECK int example_start(struct example *e, struct text id, struct text query, struct err *err);
MUST_CHECK int example_list(struct example *e, const char *name, struct err *err);
MUST_CHECK int example_passage(struct example *e, const struct row *passage, struct err *err);
MUST_CHECK int example_end(struct example *e, struct output *out, struct tally *tally, struct err *err);
void example_done(struct example *e);

#endif
