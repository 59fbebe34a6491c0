/* porter - Porter's stemmer for English (Porter, "An algorithm for suffix stripping", Program 14(3), 1980).
 *
 * With the two departures that the author's own later program has, and with it Lucene's PorterStemFilter: step 2 makes "bli" to
 * "ble" (not "abli" to "able") and has the rule "logi" to "log"; words of one or two letters stay.  So terms are those of
 * Lucene's English analysis.  (Snowball's stemmer "porter" follows the paper to the letter, so it is not used for this.) */
#ifndef PORTER_H
#define PORTER_H

#include <stddef.h>

/* Stem the word w of n letters in place and return its new length, at most n.  A letter is a byte: lower-case ASCII, any other
 * byte counts as a consonant.  Only the end of the word changes.  Cost: linear. */
size_t porter_stem(char *w, size_t n);

#endif
