/* pipeline - a pipeline as written: the YAML tree held to the keys of formats/pipeline.md.  Nothing is substituted yet.
 *
 * What is wrong with the form (unknown keys, a list where a text belongs, a bad name ...) is found here, with its place. */
#ifndef PIPELINE_H
#define PIPELINE_H

#include "pipe/doc.h"

#include <stddef.h>

enum { PIPELINE_MAX_STEPS = 1000, PIPELINE_MAX_PARAMS = 200, PIPELINE_MAX_FOR = 8 };

/* Every member but `name` and `at` is NULL where the key is not there; pipe, in, out are lists of texts (one text was made a
 * list of one), params a map of texts, matrix a map of lists of texts. */
struct pipeline_step {
    const char *name;
    const struct doc_node *at;
    const struct doc_node *pipe, *run;      /* exactly one of them */
    const struct doc_node *in, *out;
    const struct doc_node *params, *matrix; /* matrix: the key `for` */
};

struct pipeline {
    struct doc doc;
    const char *name;
    const struct doc_node *params, *show;
    struct pipeline_step *steps;            /* in the doc's arena */
    size_t n_steps;
};

/* pipeline_done also after a failure.  Errors: those of doc_read and doc_parse. */
MUST_CHECK int pipeline_read(struct pipeline *p, const char *path, struct err *err);
MUST_CHECK int pipeline_parse(struct pipeline *p, const char *file, const char *bytes, size_t n, struct err *err);
void pipeline_done(struct pipeline *p);

/* Replace the value of a param by "name=value".  Errors: ERR_USAGE (no '=', no such param). */
MUST_CHECK int pipeline_set(struct pipeline *p, const char *assignment, struct err *err);

#endif
