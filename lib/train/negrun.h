/* negrun - the runs of bt-negsample: queries and sets in, negatives (and training examples of them) or neighbours out. */
#ifndef NEGRUN_H
#define NEGRUN_H

#include "base/buf.h"
#include "text/texts.h"
#include "train/negexamples.h"
#include "tree/ball_answers.h"

struct negrun_options {
    bool search, draws;                      /* neighbours are wanted, not negatives; options of negatives were given */
    const char *const *paths;                /* (n_paths) of the queries; none: stdin */
    size_t n_paths;
    const char *sets[NEGATIVES_SETS];        /* NULL: none */
    const char *texts[NEGEXAMPLES_N];        /* of the sets and the queries; NULL: not given */
    const char *examples;                    /* NULL: not wanted */
    int metric;                              /* enum metric, -1: the set's */
    bool force;
    uint64_t max_memory;                     /* a set takes a quarter at most; 0: no limit */
    struct ball_answers_options answers;     /* metric is set here */
    struct negatives_options negatives;      /* metric, texts and visitor are */
    const char *program, *command;           /* provenance; command NULL: none is written */
    int level;                               /* of zlib */
};

struct negrun {                              /* zero-initialise but for options and out; negrun_done frees */
    const struct negrun_options *options;
    struct output *out;                      /* the caller's */
    struct vector_reader *readers[NEGATIVES_SETS], *queries;
    struct vector_set sets[NEGATIVES_SETS];
    enum metric metric;
    struct negatives_options negatives_options;
    struct negatives *negatives;
    struct texts texts[NEGEXAMPLES_N];
    struct text *set_texts[NEGATIVES_SETS];  /* of each row */
    struct negexamples *examples;
    struct output *examples_out;
    struct header header;
    struct stream_writer *writer;
    struct negatives_report report;
};

/* "point=FILE", "counter=FILE", "query=FILE" into texts; ERR_USAGE. */
MUST_CHECK int negrun_parse_text(const char *texts[NEGEXAMPLES_N], const char *value, struct err *err);

/* Do the options go with each other?  ERR_USAGE. */
MUST_CHECK int negrun_check(const struct negrun_options *o, struct err *err);

/* Open and read what options name.  Then negrun_neighbours; or negrun_prepare, positives into r->negatives, negrun_negatives,
 * which fills r->report.  Then negrun_commit: examples are published before the stream has its end. */
MUST_CHECK int negrun_open(struct negrun *r, struct err *err);
MUST_CHECK int negrun_neighbours(struct negrun *r, struct err *err);
MUST_CHECK int negrun_prepare(struct negrun *r, struct err *err);
MUST_CHECK int negrun_negatives(struct negrun *r, struct err *err);
/* What there is to say of negatives, a line each. */
MUST_CHECK int negrun_remarks(const struct negrun *r, struct buf *text, struct err *err);
MUST_CHECK int negrun_commit(struct negrun *r, struct err *err);
void negrun_done(struct negrun *r);

#endif
