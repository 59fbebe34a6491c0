/* codeset - codes of n items: a tuple of one code a level, and a suffix that tells items of equal tuples apart.
 *
 * As a stream (formats/vps.md, kind `codes`): id, key?, code u16 L, suffix u16, and @meta levels, how many codes each level has.
 * Statistics are of the tuples, without suffixes. */
#ifndef CODESET_H
#define CODESET_H

#include "fmt/stream.h"

enum { CODESET_MAX_LEVELS = 64, CODESET_MAX_CLUSTERS = 1 << 16 };

struct codeset {
    size_t n, n_levels;
    uint32_t clusters[CODESET_MAX_LEVELS];    /* codes that level l may have: 0 .. clusters[l] - 1 */
    uint16_t *code;                           /* (n, n_levels) */
    uint16_t *suffix;                         /* (n) 0: none */
};

MUST_CHECK int codeset_init(struct codeset *s, size_t n, size_t n_levels, const uint32_t *clusters, struct err *err);
void codeset_done(struct codeset *s);

/* "256,256,128": numbers 1 to CODESET_MAX_CLUSTERS; one number stands for all of n_levels, which else must be the count (0: any).
 * what names the text in messages, which are ERR_USAGE. */
MUST_CHECK int codeset_parse_levels(const char *text, const char *what, size_t n_levels, uint32_t *clusters, size_t *n,
                                    struct err *err);

/* Sets h's kind, columns and @meta levels. */
MUST_CHECK int codeset_header(struct header *h, const struct codeset *s, bool has_key, struct err *err);
MUST_CHECK int codeset_set_levels(struct header *h, const struct codeset *s, struct err *err);
MUST_CHECK int codeset_write(struct stream_writer *w, const struct codeset *s, const uint64_t *ids, const struct text *keys,
                             struct err *err);

/* ---- statistics ---- */

struct codeset_level {
    uint32_t used, least, most;      /* codes that occur; the fewest and the most items of a code, of all codes there are */
    double entropy;                  /* of the level's code, in bits */
};

struct codeset_stats {
    uint64_t distinct;               /* tuples */
    uint64_t groups, members;        /* of items that share their tuple: groups, and items in them */
    uint64_t largest;                /* items in the largest group; 0 where there is none */
    double rate;                     /* 1 - distinct / n */
    double entropy;                  /* of the tuple, in bits */
    double expected;                 /* collisions, n - distinct, were tuples drawn evenly and independently */
};

/* Row numbers by (tuple, row): order (n).  O(n n_levels). */
MUST_CHECK int codeset_sort(const struct codeset *s, uint32_t *order, struct err *err);

/* The end of the run of equal tuples that begins at order[from]. */
size_t codeset_run(const struct codeset *s, const uint32_t *order, size_t from);

MUST_CHECK int codeset_count(const struct codeset *s, struct codeset_stats *stats, struct codeset_level *levels, struct err *err);

/* Suffixes: every item of a group gets its rank by row, from 1; other items 0.  So no code is the beginning of another: those
 * without a suffix have a tuple of their own (checked: ERR_INTERNAL).  ERR_LIMIT where a group has more than 65,535 items. */
MUST_CHECK int codeset_suffix(struct codeset *s, struct err *err);

/* Do all codes differ, suffixes with them, and is none the beginning of another? */
MUST_CHECK int codeset_prefix_free(const struct codeset *s, bool *yes, struct err *err);

#endif
