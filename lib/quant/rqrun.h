/* rqrun - the runs of rq-cluster: streams and codebooks in, a stream and what goes beside it out. */
#ifndef RQRUN_H
#define RQRUN_H

#include "base/buf.h"
#include "quant/coderows.h"
#include "quant/rqsides.h"
#include "quant/rqtrain.h"

/* Vectors to codes, by codebooks that are learned; vectors to codes by codebooks that are there; codes to vectors; codes to
 * codes, with suffixes where options say so. */
enum rqrun_mode { RQRUN_TRAIN, RQRUN_APPLY, RQRUN_DECODE, RQRUN_CODES };

struct rqrun_options {
    enum rqrun_mode mode;
    const char *const *paths;        /* (n_paths) inputs; none: stdin */
    size_t n_paths;
    const char *books;               /* codebooks to encode or decode by */
    const char *clusters;            /* "256,256", or NULL: of codes as they say themselves */
    size_t n_levels;                 /* 0: as many as clusters says */
    struct rqtrain_options train;
    size_t beam;                     /* of encoding */
    bool time;                       /* say how long training took, in the end record and the report */
    bool tell_base;                  /* token_base of sides was given: it goes before what codes say of themselves */
    struct { bool training, beam, clusters, resolve; } gives;     /* options that not every mode takes; training: of it alone */
    struct rqsides_options sides;
};

struct rqrun {                       /* zero-initialise but for options and out; rqrun_done frees */
    const struct rqrun_options *options;
    struct output *out;              /* the caller's */
    struct vector_reader *reader;
    struct rqtrain t;                /* after rqrun_train: what there is to say */
    struct coderows rows;
    struct header header, books;
    struct stream_writer *writer;
    struct rqsides sides;
};

/* Do the options go with each other?  ERR_USAGE. */
MUST_CHECK int rqrun_check(const struct rqrun_options *o, struct err *err);

MUST_CHECK int rqrun_run(struct rqrun *r, struct err *err);

/* What there is to say of it, a line each; of training alone there is. */
MUST_CHECK int rqrun_remarks(const struct rqrun *r, struct buf *text, struct err *err);

/* The end record; files beside the stream are published before it. */
MUST_CHECK int rqrun_commit(struct rqrun *r, struct err *err);
void rqrun_done(struct rqrun *r);

#endif
