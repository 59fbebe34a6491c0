/* rqsides - what a run of rq-cluster writes beside its stream: files, each of which is published only after all are complete. */
#ifndef RQSIDES_H
#define RQSIDES_H

#include "quant/rqreport.h"

enum rqside { RQSIDE_REPORT, RQSIDE_TOKENS, RQSIDE_NPY, RQSIDE_BOOKS, RQSIDE_NPZ, RQSIDE_N };

struct rqsides_options {
    const char *paths[RQSIDE_N];     /* NULL: not wanted */
    unsigned token_base;             /* what code 0 is called in tokens: 0 or 1 */
    const char *program, *command;   /* provenance of streams; command NULL: none is written */
    int level;                       /* of zlib, in streams */
};

struct rqsides {
    struct output *out[RQSIDE_N];
};

/* Does each output, and the stream's, have a place of its own?  ERR_USAGE. */
MUST_CHECK int rqsides_apart(const struct rqsides_options *o, const struct output *out, struct err *err);

/* Open a stream with its provenance: o->command made it of the n parents. */
MUST_CHECK int rqsides_start(struct stream_writer **w, struct output *out, struct header *h, const struct rqsides_options *o,
                             const struct header *const parents[], size_t n, struct err *err);

/* Write all that is wanted: of r->codes (r NULL: none of them), and of q (NULL: no codebooks), which was trained on vectors under
 * the header `from`.  s is zero; rqsides_done frees, and removes what was not committed. */
MUST_CHECK int rqsides_write(struct rqsides *s, const struct rqsides_options *o, const struct rqreport *r,
                             const struct residual *q, const struct header *from, struct err *err);
MUST_CHECK int rqsides_commit(struct rqsides *s, struct err *err);
void rqsides_done(struct rqsides *s);

#endif
