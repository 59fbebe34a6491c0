/* analyzer - from a text to the terms that a text index holds.
 *
 * english     Lucene's EnglishAnalyzer, as Anserini and Pyserini use it: words by Unicode's boundaries, possessives off, lower
 *             case (text/words.h), its 33 stop words left out, Porter's stemmer (text/porter.h)
 * snowball    the same with Snowball's English stemmer (Porter 2, libstemmer)
 * whitespace  lower case, parted by white space
 *
 * In two steps, so that an index is built with one look at each different word.  One thread at a time. */
#ifndef ANALYZER_H
#define ANALYZER_H

#include "text/words.h"

#include <stdbool.h>

enum analyzer_kind { ANALYZER_ENGLISH, ANALYZER_SNOWBALL, ANALYZER_WHITESPACE };
extern const char *const analyzer_names[];      /* by kind; NULL behind the last */

struct analyzer;
MUST_CHECK int analyzer_new(struct analyzer **a, enum analyzer_kind kind, struct err *err);
void analyzer_free(struct analyzer *a);         /* accepts NULL */

/* The words of a text. */
MUST_CHECK int analyzer_words(const struct analyzer *a, struct words *w, const char *text, size_t n, struct err *err);

/* The term of a word; *n_term is 0 where it has none (a stop word).  *term is valid until the next call. */
MUST_CHECK int analyzer_term(struct analyzer *a, const char *word, size_t n, const char **term, size_t *n_term, struct err *err);

#endif
