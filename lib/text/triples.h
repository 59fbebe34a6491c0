/* triples - training triples of MS MARCO (triples.train.small.tsv, qidpidtriples.train.*.tsv): a line is a query, a relevant and
 * a not relevant passage, TABs between; the three texts, or their ids.  Writes examples, one a line. */
#ifndef TRIPLES_H
#define TRIPLES_H

#include "text/forms.h"

MUST_CHECK int triples_read_texts(struct forms *f, struct input *in, bool header, struct err *err);
MUST_CHECK int triples_read_ids(struct forms *f, struct input *in, bool header, struct err *err);

#endif
