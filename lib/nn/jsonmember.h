/* jsonmember - the JSON files of a model folder and their members: every mismatch is ERR_DATA naming the member; the caller puts
 * the file before it. */
#ifndef JSONMEMBER_H
#define JSONMEMBER_H

#include "base/jsonguard.h"

#include <stdbool.h>

enum { JSONMEMBER_MAX_STRING = 4096 };

/* *value: what the file holds, an object or a list, to be freed by json_decref.  Numbers may be of any size where as_real is set;
 * then all of them are doubles.  Messages name the path.  Errors: ERR_DATA, ERR_IO. */
MUST_CHECK int jsonmember_read(json_t **value, const char *path, json_type type, bool as_real, struct err *err);

/* A whole number within [min, max]; `absent` where it is not there (SIZE_MAX: it must be). */
MUST_CHECK int jsonmember_size(const json_t *object, const char *name, size_t min, size_t max, size_t absent, size_t *out,
                               struct err *err);

/* true or false; `absent` where it is not there or null. */
MUST_CHECK int jsonmember_bool(const json_t *object, const char *name, bool absent, bool *out, struct err *err);

/* A string of at most JSONMEMBER_MAX_STRING bytes, copied: mem_free(*out).  NULL where it is not there or null. */
MUST_CHECK int jsonmember_string(const json_t *object, const char *name, char **out, struct err *err);

#endif
