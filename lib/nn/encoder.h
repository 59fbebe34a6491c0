/* encoder - texts to vectors by whatever model a folder holds, in a role.
 *
 * Two towers: DIR/query and DIR/passage are model folders, and the role chooses one; else DIR is the model of both roles and the
 * role chooses the prefix that config.json declares for it.  A folder that needs a role refuses to go without. */
#ifndef ENCODER_H
#define ENCODER_H

#include "fmt/header.h"
#include "fmt/stream.h"
#include "nn/model.h"

struct encoder;

/* role: enum model_role, or -1 where none was given. */
MUST_CHECK int encoder_open(struct encoder **e, const char *dir, int role, struct err *err);
void encoder_close(struct encoder *e);

size_t encoder_dim(const struct encoder *e);
const char *encoder_prefix(const struct encoder *e);         /* what is put before each text; "" for nothing */

/* Set what the stream says of its vectors: space, normalised, pooling, role and prefix (DESIGN: spaces and roles). */
MUST_CHECK int encoder_describe(const struct encoder *e, struct header *h, struct err *err);

/* A worker's own memory. */
struct encoder_scratch;
MUST_CHECK int encoder_scratch_new(struct encoder_scratch **s, const struct encoder *e, struct err *err);
void encoder_scratch_free(struct encoder_scratch *s);

/* out (n, dim): the vectors of n texts, prefixes included by the caller.  some (n): false where a text has no vector (nothing in
 * it that the model knows); its row is then zero. */
MUST_CHECK int encoder_encode(const struct encoder *e, struct encoder_scratch *s, const struct text *texts, size_t n, float *out,
                              bool *some, struct err *err);

#endif
