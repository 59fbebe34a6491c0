/* hardness_detect - a filter: queries in, the hard ones out, or all of them, with what is known of each: the work of
 * hardq-detect.
 *
 * The output is a stream of features (formats/vps.md §9.2): id, key?, vec f32 as it was searched for (by cosine: of length 1),
 * then the cells of hardness_scorer and, with a truth, `recall`.  Where the choice needs all scores (--top), rows wait in a
 * temporary file, and memory holds 12 bytes a query; a truth is held with the queries. */
#ifndef HARDNESS_DETECT_H
#define HARDNESS_DETECT_H

#include "fmt/vectors.h"
#include "graph/graph_file.h"
#include "repair/hardness_rank.h"
#include "repair/hardness_scorer.h"

enum hardness_choice {
    HARDNESS_TOP,                  /* those of the highest score */
    HARDNESS_ALL,
    HARDNESS_ABOVE,                /* score > threshold, as f32 */
    HARDNESS_RULE                  /* the source's: upstream > 0.5 or jitter > 0.1 */
};

struct hardness_detect_options {
    struct hardness_scorer_options scorer;
    enum hardness_score score;     /* what is chosen by; one of the scorer's cells */
    enum hardness_choice choice;
    double share;                  /* of HARDNESS_TOP: (0, 1], or */
    uint64_t most;                 /* where it is not 0: this many */
    double threshold;
    bool cascade;                  /* HARDNESS_TOP, by trace: stability is probed only where it can decide (below) */
    const char *truth;             /* path, or NULL */
    void (*progress)(uint64_t n);  /* may be NULL: told the number of queries that were searched for */
};

/* A cascade of m queries takes those that trace ranks among the first m / 4, and of the others up to rank 4 m, which it probes,
 * those with the highest trace + stability / 2; the rest is not hard.  A query that was not probed has the stability NaN.
 * (Measured on the six sets of hardq-detect(1): up to 2 m, or half of m taken unseen, finds a tenth less.) */
enum { HARDNESS_CASCADE_SURE = 4, HARDNESS_CASCADE_DOUBT = 4 };

struct hardness_detected {
    uint64_t n, n_passed;
    uint64_t ndc, probe_ndc;       /* of all queries: the first search, probes */
    uint64_t n_probed;             /* of a cascade */
    float least;                   /* the lowest score that has passed, where any has */
};

/* The header of the output, programs aside. */
MUST_CHECK int hardness_detect_header(struct header *h, const struct vector_reader *queries,
                                      const struct hardness_detect_options *o, struct err *err);

/* Filter all queries; w was opened with hardness_detect_header's header.  The end record is the caller's. */
MUST_CHECK int hardness_detect(struct hardness_detected *d, struct stream_writer *w, const struct graph_file *index,
                               struct vector_reader *queries, const struct hardness_detect_options *o, struct err *err);

/* ---- how good the scores are ---- */

struct hardness_evaluation {
    double recall;                 /* mean recall@k of the search */
    size_t n;
    struct {
        bool has;
        double spearman, pearson;  /* with recall: -1 is best; NAN where either does not vary */
        struct hardness_found hardest[2];   /* tenth, three tenths */
        double ndc;                /* distances a query: the search, and the probe where there is one */
        double ns;                 /* wall time a query of the same */
    } scores[HARDNESS_SCORES];
};

/* Compare every score that o->scorer makes with the recall against o->truth.  Holds the queries.  ERR_DATA where the truth is
 * not of these queries, or there are none. */
MUST_CHECK int hardness_evaluate(struct hardness_evaluation *e, const struct graph_file *index, struct vector_reader *queries,
                                 const struct hardness_detect_options *o, struct err *err);

/* A line of names, then one for each score, with tabs between; "-" where a number has no meaning.  time: with us_per_query. */
MUST_CHECK int hardness_evaluation_write(const struct hardness_evaluation *e, bool time, struct output *out, struct err *err);

#endif
