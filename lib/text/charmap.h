/* charmap - sentencepiece's precompiled normalisation (NFKC and what it adds): a trie of replacements, from
 * normalizer_spec.precompiled_charsmap of a model file or the Precompiled normaliser of a tokenizer.json.
 *
 *     u32 bytes of the trie | darts-clone units u32 | replacements, each with a NUL behind it
 *
 * Kudo and Richardson 2018; sentencepiece src/normalizer.cc, darts-clone's darts.h, Hugging Face's spm_precompiled. */
#ifndef CHARMAP_H
#define CHARMAP_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

enum { CHARMAP_MAX_REPLACEMENT = 255 };     /* bytes; Unicode's longest are 33: bounds what a text can grow to */

struct charmap {
    unsigned char *blob;
    const unsigned char *units;             /* u32 (n_units), not aligned */
    const char *strings;                    /* (n_strings), NULs between */
    size_t n_units, n_strings;
    struct charmap_hit {
        const char *p;                      /* the replacement; NULL: none */
        uint32_t n, used;                   /* its bytes; those of the text that it stands for */
    } ascii[128];                           /* of the character by itself */
    bool ascii_pairs[128];                  /* does a key start with it and another ASCII character? */
};

/* From the blob, which is copied.  ERR_DATA, ERR_TRUNCATED, ERR_LIMIT for what is none.  Cost: linear. */
MUST_CHECK int charmap_open(struct charmap *c, const void *blob, size_t n, struct err *err);

/* The same from base64. */
MUST_CHECK int charmap_open_base64(struct charmap *c, const char *text, size_t n, struct err *err);
void charmap_done(struct charmap *c);

/* The shortest or the longest key that the n bytes start with. */
struct charmap_hit charmap_find(const struct charmap *c, const char *p, size_t n, bool longest);

/* Append p as Hugging Face's Precompiled makes it: a grapheme of less than 6 bytes is replaced as a whole by what its shortest
 * beginning maps to, else each character by itself.  What is not UTF-8 counts as U+FFFD. */
MUST_CHECK int charmap_append(const struct charmap *c, struct buf *out, const char *p, size_t n, struct err *err);

#endif
