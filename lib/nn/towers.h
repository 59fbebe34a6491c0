/* towers - two model folders, DIR/query and DIR/passage, whose vectors are one space.
 *
 * Any two models that the encoder knows: transformers, static ones, one of each.  That they were trained for each other is what
 * the user says by putting them there; what can be checked is. */
#ifndef TOWERS_H
#define TOWERS_H

#include "base/err.h"
#include "base/fingerprint.h"

#include <stdbool.h>

/* *yes: dir holds query/config.json, and no config.json of its own, which would make it a model. */
MUST_CHECK int towers_are(const char *dir, bool *yes, struct err *err);

/* The space of the pair: that of both where they say the same (a static model's "space"), else a digest of the two.
 * pool: enum transformer_pool for the towers that are transformers, or -1 for each one's own.
 * Cost: both models are opened, and their weights read once.  Errors: those of the models' files; ERR_DATA where only one
 * tower's vectors have length 1, or they have different dimensions. */
MUST_CHECK int towers_space(const char *dir, int pool, char space[FINGERPRINT_TEXT], struct err *err);

#endif
