/* jsonrow - one text of a JSON-lines collection: BEIR ({"_id", "title", "text"}) and its kin (id or docid; contents or
 * passage). */
#ifndef JSONROW_H
#define JSONROW_H

#include "base/err.h"
#include "fmt/stream.h"

#include <jansson.h>

/* One line as a JSON object; duplicate names, other values and nesting deeper than jansson allows (2,048) are ERR_DATA.
 * The caller frees it (json_decref). */
MUST_CHECK int jsonrow_parse(json_t **object, const char *line, size_t n, struct err *err);

/* The fields of a text, as they stand in the object, valid as long as it is; title->p NULL where there is none or it is empty.
 * number: storage for an id that is a number. */
MUST_CHECK int jsonrow_fields(const json_t *object, struct text *id, struct text *text, struct text *title, char number[24],
                              struct err *err);

#endif
