/* subst - ${name} in the texts of a pipeline.
 *
 * ${name} becomes the value, $$ a dollar sign, and any other $ stays: $HOME, $(cmd) and awk's $1 are the shell's.  In a
 * command a value is shell-quoted where it needs to be, so whatever it holds it stays one word; therefore it must not stand
 * inside quotes, backquotes or a comment, where quoting would mean something else.  A list (${in}) becomes its words with blanks
 * between.  Blanks and new lines at the end of a command go. */
#ifndef SUBST_H
#define SUBST_H

#include "base/arena.h"
#include "pipe/doc.h"

#include <stddef.h>

enum { SUBST_MAX_BYTES = 256 << 10 };   /* of one text after it; values of values could else double at each step */

enum subst_mode { SUBST_TEXT, SUBST_COMMAND };

struct subst_var {
    const char *name;
    const char *value;          /* NULL: a list */
    const char *const *list;
    size_t n;
};

/* vars[0..n-1]; names are distinct.  *out is taken from the arena.  Errors: ERR_DATA and ERR_LIMIT at the node. */
MUST_CHECK int subst_apply(const struct doc *doc, const struct doc_node *text, enum subst_mode mode,
                           const struct subst_var *vars, size_t n, struct arena *arena, const char **out, struct err *err);

/* A name that ${} accepts: a letter or _, then letters, digits, _; at most 64. */
bool subst_is_name(const char *name, size_t n);

#endif
