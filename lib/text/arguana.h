/* arguana - arguments and their counters (ArguAna Counterargs, Wachsmuth et al. 2018), aligned pairs of text files: folders
 * `point` and `counter` whose files have the same names, or the corpus's own tree, .../con01a-point.txt beside
 * .../con01b-counter.txt.
 *
 * The id of a pair is the path below the folder, without what tells the sides apart and without .txt.  Writes queries (points),
 * passages (counters, under the same id), qrels and examples; pairs in the order of their ids.  A first line with a blank line
 * behind it is the title.  Memory: the paths, and one pair. */
#ifndef ARGUANA_H
#define ARGUANA_H

#include "text/forms.h"

/* Has it the folders point and counter? */
bool arguana_is(const char *folder);

MUST_CHECK int arguana_read(struct forms *f, const char *folder, struct err *err);

#endif
