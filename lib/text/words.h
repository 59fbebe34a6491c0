/* words - the words of a text, in lower case.
 *
 * words_unicode: what Lucene's StandardTokenizer does, Unicode's word boundaries (UAX #29) with what is no word left out: runs of
 * letters, digits and underscores with a letter or digit among them; a full stop or apostrophe stays between two letters or two
 * digits, a colon or middle dot between letters, a comma or semicolon between digits; marks and format characters belong to what
 * they stand behind; each Han or Hiragana character is a word, Katakana goes in runs.  Longer words than 255 characters are cut
 * there.  Then a possessive 's is taken off, and each character put in lower case by itself.
 *
 * words_spaces: what white space parts, in lower case. */
#ifndef WORDS_H
#define WORDS_H

#include "base/buf.h"

#include <stddef.h>
#include <stdint.h>

enum { WORDS_MAX = 255, WORDS_MAX_BYTES = 4 * WORDS_MAX };

struct words {              /* zero-initialise; words_done frees */
    struct buf bytes;       /* the words end to end */
    uint32_t *ends;         /* (n): where each ends */
    size_t n, cap;
};

/* Replace w by the words of a text; what is not UTF-8 counts as U+FFFD.  Cost: linear in the bytes. */
MUST_CHECK int words_unicode(struct words *w, const char *text, size_t n, struct err *err);
MUST_CHECK int words_spaces(struct words *w, const char *text, size_t n, struct err *err);
void words_done(struct words *w);

static inline const char *words_at(const struct words *w, size_t i, size_t *n)
{
    size_t from = i > 0 ? w->ends[i - 1] : 0;
    *n = w->ends[i] - from;
    return w->bytes.p + from;
}

#endif
