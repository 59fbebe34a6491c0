/* judgement - qrels of others: TREC's and MS MARCO's four columns (query, iteration, passage, grade), parted by blanks, or BEIR's
 * three (query-id, corpus-id, score), parted by TABs, with a header or without. */
#ifndef JUDGEMENT_H
#define JUDGEMENT_H

#include "text/forms.h"

struct judgement {
    struct text query, passage;
    int64_t grade;
};

/* A line of three columns parted by TABs.  ERR_DATA where it is none: also an id that is empty or has a blank. */
MUST_CHECK int judgement_parse_beir(struct judgement *j, char *line, size_t n, struct err *err);
/* Three columns whose last is no number. */
bool judgement_is_header(char *line, size_t n);

/* Write qrels; blank lines and those that start with # are skipped, as is a header of BEIR.  header: skip any first line. */
MUST_CHECK int judgement_read(struct forms *f, struct input *in, bool header, struct err *err);

#endif
