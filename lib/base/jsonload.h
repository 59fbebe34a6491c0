/* jsonload - jansson's parser, with running out of memory as an error of its own.
 *
 * The lexer of jansson 2.14 ignores a failed allocation: it drops a byte, writes past its buffer or calls the text invalid.
 * Here its allocator never says no: it jumps out of the parse, what the parse took is freed, and ERR_NOMEM is returned. */
#ifndef JSONLOAD_H
#define JSONLOAD_H

#include "base/err.h"

#include <jansson.h>
#include <stddef.h>

/* Parse n bytes of text; flags are jansson's.  Where they are no JSON, *value is NULL and why tells the reason: the message is
 * the caller's.  The caller frees *value (json_decref), in any thread. */
MUST_CHECK int jsonload_parse(json_t **value, const void *text, size_t n, size_t flags, json_error_t *why, struct err *err);

#endif
