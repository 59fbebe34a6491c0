/* jsonguard - jansson, with running out of memory as an error of its own.
 *
 * jansson 2.14 does not notice every failed allocation: its lexer drops a byte, writes past its buffer or calls the text invalid,
 * and what builds a value cannot tell it from text that is not UTF-8.  Under guard its allocator never says no: it jumps out,
 * what jansson took since is freed, and ERR_NOMEM is returned. */
#ifndef JSONGUARD_H
#define JSONGUARD_H

#include "base/err.h"

#include <jansson.h>
#include <stddef.h>

/* Run fn(ctx, err) under guard and return what it returns.  Where memory runs out fn is left in the middle: it must own nothing
 * but jansson's values, and those must not be touched afterwards (fn gives them to ctx at its end). */
typedef int jsonguard_fn(void *ctx, struct err *err);
MUST_CHECK int jsonguard_run(jsonguard_fn *fn, void *ctx, struct err *err);

/* Parse n bytes of text; flags are jansson's.  Where they are no JSON, *value is NULL and why tells the reason: the message is
 * the caller's.  The caller frees *value (json_decref), in any thread. */
MUST_CHECK int jsonguard_parse(json_t **value, const void *text, size_t n, size_t flags, json_error_t *why, struct err *err);

#endif
