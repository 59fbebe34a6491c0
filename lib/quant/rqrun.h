/* rqrun - the runs of rq-cluster: streams and codebooks in, a stream and what goes beside it out. */
#ifndef RQRUN_H
#define RQRUN_H

#include "quant/coderows.h"
#include "quant/rqsides.h"
#include "quant/rqtrain.h"

struct rqrun_options {
    const char *const *paths;        /* (n_paths) inputs; none: stdin */
    size_t n_paths;
    const char *books;               /* codebooks to encode or decode by */
    const char *clusters;            /* "256,256", or NULL: of codes as they say themselves */
    size_t n_levels;                 /* 0: as many as clusters says */
    struct rqtrain_options train;
    size_t beam;                     /* of encoding */
    bool time;                       /* say how long training took, in the end record and the report */
    bool tell_base;                  /* token_base of sides was given: it goes before what codes say of themselves */
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

/* One of these, then rqrun_commit.  Vectors to codes, by codebooks that are learned; vectors to codes by codebooks that are
 * there; codes to vectors; codes to codes, with suffixes where options say so. */
MUST_CHECK int rqrun_train(struct rqrun *r, struct err *err);
MUST_CHECK int rqrun_apply(struct rqrun *r, struct err *err);
MUST_CHECK int rqrun_decode(struct rqrun *r, struct err *err);
MUST_CHECK int rqrun_codes(struct rqrun *r, struct err *err);

/* The end record; files beside the stream are published before it. */
MUST_CHECK int rqrun_commit(struct rqrun *r, struct err *err);
void rqrun_done(struct rqrun *r);

#endif
