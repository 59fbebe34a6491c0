/* tokenmodel - the models of a tokenizer.json and the way that text is made ready for them; what of them is known: tokenjson.h.
 * And what is common to reading its members. */
#ifndef TOKENMODEL_H
#define TOKENMODEL_H

#include "base/jsonguard.h"
#include "text/tokenizer.h"

/* Fill *t from the root and its member "model".  Errors: ERR_DATA, ERR_LIMIT naming the member. */
MUST_CHECK int tokenmodel_wordpiece(struct tokenizer *t, const json_t *root, const json_t *model, struct err *err);
MUST_CHECK int tokenmodel_unigram(struct tokenizer *t, const json_t *root, const json_t *model, struct err *err);

/* The member "type", or "". */
const char *tokenmodel_type(const json_t *object);

/* ERR_DATA: the type of object is not supported as that member of the file. */
int tokenmodel_unsupported(const char *member, const json_t *object, struct err *err);

/* A boolean member; `absent` where it is not there or null. */
MUST_CHECK int tokenmodel_bool(const json_t *object, const char *name, bool absent, bool *out, struct err *err);

/* An integer from 0 to below limit; what: its name in the message. */
MUST_CHECK int tokenmodel_id(const json_t *value, uint64_t limit, const char *what, uint32_t *id, struct err *err);

/* What ids of n pieces must be below: they may have gaps, but not so that a small file asks for a large table. */
size_t tokenmodel_id_limit(size_t n);

/* The steps of text/normal.h from the members lower_name, strip_accents (as lower, where absent) and cjk_name (on). */
MUST_CHECK int tokenmodel_steps(const json_t *from, bool lower_absent, const char *lower_name, const char *cjk_name, int *steps,
                                struct err *err);

#endif
