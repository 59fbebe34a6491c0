/* negatives - wrong partners for queries, to learn from: near ones (hard) and random ones, from a point and a counter set.
 *
 * The sampler of BallTreeSearcher, a Python program for pairs of arguments and counter-arguments, with its faults mended:
 *   - What is no negative (the query itself, its positives) is known by identity, in both sets, at any rank and in both
 *     branches; as many neighbours are looked at as it takes.  There, rank 0 alone was compared, by row number.
 *   - A random row is one of the set that it is drawn from, each admissible one with equal chance.  There, of as many rows
 *     as there were queries, the query's own and its positive among them.
 *   - Each draw depends on the seed, the query's id and the draw's number alone.
 *   - Where nothing admissible is left, that is counted, and nothing invented.
 * For each of `count` draws: with probability `rate` the random branch takes a set (each with chance 1/2; the other where it has
 * nothing admissible) and of it any admissible row; else the hard branch takes the nearest admissible row of both sets, of
 * equally near ones the point set's, then the smaller id.  No row comes twice for one query.
 * Identity: by key where both sides have keys, else by id (formats/vps.md). */
#ifndef NEGATIVES_H
#define NEGATIVES_H

#include "fmt/vectors.h"
#include "tree/ball.h"

#include <stdbool.h>

enum negatives_set { NEGATIVES_POINT, NEGATIVES_COUNTER, NEGATIVES_SETS };
enum negatives_branch { NEGATIVES_HARD, NEGATIVES_RANDOM };

/* What is told of each query in turn: its name, its positives, its negatives, its end.  Names are keys, or ids in decimal where
 * there are none; a positive need not be in any set. */
struct negatives_visitor {
    int (*query)(void *ctx, struct text name, struct err *err);
    int (*positive)(void *ctx, struct text name, struct err *err);
    int (*negative)(void *ctx, enum negatives_set set, struct text name, enum negatives_branch branch, struct err *err);
    int (*end)(void *ctx, struct err *err);
    void *ctx;
};

struct negatives_options {
    enum metric metric;
    size_t leaf;
    int n_threads;
    bool from[NEGATIVES_SETS];       /* which sets negatives are taken from */
    size_t count;                    /* of each query, >= 1 */
    double rate;                     /* of the random branch, 0..1 */
    uint64_t seed;
    size_t skip_top;                 /* the hard branch leaves out as many of the nearest admissible rows */
    bool has_margin, relative;       /* and what is nearer than the nearest positive's distance d + margin, or d + margin |d| */
    double margin;
    bool given;                      /* positives are given; else: the row of the counter set with the query's identity */
    bool no_duplicates;              /* rows equal to the query's vector or a positive's are not admissible */
    bool upstream;                   /* as the source does it, faults included: one negative, ids are row numbers */
    const struct text *texts[NEGATIVES_SETS];        /* of each row: a column `text` of the output, where all that are taken from
                                                      * have them; NULL: none */
    const struct negatives_visitor *visitor;         /* may be NULL; not of upstream */
    void (*progress)(uint64_t n);    /* may be NULL: told the number of queries that are done */
};

/* Parse "0.3" or "20%" into has_margin, relative and margin; ERR_USAGE. */
MUST_CHECK int negatives_parse_margin(struct negatives_options *o, const char *text, struct err *err);

struct negatives_report {
    uint64_t n_queries, n_hard, n_random;
    uint64_t n_missing;              /* draws that found nothing admissible */
    uint64_t n_without_positive;     /* queries without a known positive in the counter set */
};

struct negatives;

/* sets[i]: NULL where there is none, else in the order of ids (tree/idorder.h), of upstream as they came; borrowed, as is o.
 * by_key: do queries have keys? */
MUST_CHECK int negatives_new(struct negatives **n, const struct vector_set *const sets[NEGATIVES_SETS], bool by_key,
                             const struct negatives_options *o, struct err *err);
void negatives_free(struct negatives *n);

/* A document is a positive of a query: names are keys, or decimal ids where a stream has no keys.
 * Only with o->given. */
MUST_CHECK int negatives_add_positive(struct negatives *n, struct text query, struct text document, struct err *err);

/* The header of kind negatives, programs aside. */
MUST_CHECK int negatives_header(struct header *h, const struct negatives *n, const struct vector_reader *queries,
                                struct err *err);

/* All queries, in batches of bounded memory (of upstream: all at once); w was opened with negatives_header's header, the end
 * record is the caller's. */
MUST_CHECK int negatives_write(struct stream_writer *w, struct negatives *n, struct vector_reader *queries,
                               struct negatives_report *report, struct err *err);

#endif
