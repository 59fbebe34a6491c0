/* added - the tokens of a tokenizer.json that are looked for in the text itself, before words and pieces: special ones such as
 * [SEP] and <mask>, and what users added.  As Hugging Face's AddedVocabulary: the leftmost match, of those the longest. */
#ifndef ADDED_H
#define ADDED_H

#include "text/trie.h"

#include <stdbool.h>

struct added_token {
    char *content;              /* owned once added */
    size_t n;
    uint32_t id;
    bool single_word;           /* only where no word character is before or behind it */
    bool lstrip, rstrip;        /* takes the white space before, behind it along */
};

struct added {
    struct added_token *tokens;
    size_t n, cap;
    struct trie trie;
    bool starts[256];           /* does a token start with this byte? */
    int only;                   /* the byte that all start with, or -1 */
};

/* Where a token was found: [start, end) is the token, with the white space that it takes along. */
struct added_match {
    const struct added_token *token;
    size_t start, end;
};

/* Zero-initialise to start.  The content is copied; an empty one is left out.  Then seal. */
MUST_CHECK int added_add(struct added *a, struct added_token token, struct err *err);
MUST_CHECK int added_seal(struct added *a, struct err *err);
void added_done(struct added *a);

/* The first token at or behind `from`; false where there is none. */
bool added_find(const struct added *a, const char *p, size_t n, size_t from, struct added_match *m);

#endif
