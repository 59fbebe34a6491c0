/* synset - one line of WordNet's data.noun, data.verb, data.adj, data.adv (wndb(5WN)):
 *     offset lex_filenum ss_type w_cnt word lex_id [word lex_id ...] p_cnt [ptr ...] [frames ...] | gloss
 *
 * A gloss is a definition, then example sentences in double quotes: `breathe with difficulty; "She choked with emotion"`.  The
 * first quote that follows a ; , : or ) or the start of the gloss opens the examples; what stands before it is the definition,
 * quotes inside of it included ("as in the expression "on the job"").  From there on every pair of quotes is an example,
 * whatever it holds; text between them is an attribution ("- Shakespeare") or a remark, and not kept.  Where the quotes do not
 * pair up (20 glosses of WordNet 3.0), only the parts between semicolons that begin and end with a quote, without one inside,
 * are examples. */
#ifndef SYNSET_H
#define SYNSET_H

#include "fmt/stream.h"

#include <stdbool.h>

enum { SYNSET_MAX_LEMMAS = 255, SYNSET_MAX_EXAMPLES = 255 };     /* w_cnt has two hexadecimal digits */

struct synset {
    char id[16];                        /* letter of the file and offset: n00001740 */
    uint64_t offset;
    struct text lemmas[SYNSET_MAX_LEMMAS];
    size_t n_lemmas;
    struct text definition;
    struct text examples[SYNSET_MAX_EXAMPLES];
    size_t n_examples;
    bool unpaired;                      /* the quotes of its gloss do not pair up */
};

/* Parse a line (n bytes, changed: _ in lemmas becomes a space, markers as (p) are cut off); the texts point into it.
 * letter: n, v, a or r, of the file.  ERR_DATA says what is missing. */
MUST_CHECK int synset_parse(struct synset *s, char *line, size_t n, char letter, struct err *err);

/* Words of a text: what blanks part. */
size_t synset_count_words(struct text t);

#endif
