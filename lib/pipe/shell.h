/* shell - as much of bash's grammar as it takes to put values into commands that they cannot break out of.
 *
 * A scan follows a command character by character and knows whether the next one stands in quotes, in a comment or in the open,
 * inside how many $( ).  Beyond its grasp, and harmless: a `case` pattern's lone ")" inside $( ) ends it early.
 * Here-documents are refused, since text in them follows rules of its own.  A value stays one word; what a command then does with
 * its words (eval, sh -c, [[ -eq ]] ...) is its own affair. */
#ifndef SHELL_H
#define SHELL_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

enum { SHELL_MAX_NEST = 64 };

enum shell_context {
    SHELL_OPEN,        /* outside quotes: a quoted value may stand here */
    SHELL_PAREN,       /* the same, inside ( ), $( ) or <( ) */
    SHELL_ARITHMETIC,  /* inside (( )) or $(( )), where single quotes do not quote */
    SHELL_SINGLE,      /* '...' */
    SHELL_DOUBLE,      /* "..." */
    SHELL_ANSI,        /* $'...' */
    SHELL_BACKQUOTE,   /* `...` */
    SHELL_COMMENT
};

struct shell_scan {
    unsigned char stack[SHELL_MAX_NEST];   /* enum shell_context; the outermost, SHELL_OPEN, is not on it */
    size_t depth;
    bool escaped, in_word, too_deep;
    char before;                           /* the character before, '\0' where it was escaped */
};

/* Zero-initialise, then feed each character. */
void shell_scan_next(struct shell_scan *s, char c);
enum shell_context shell_scan_context(const struct shell_scan *s);

/* May a quoted value be put here?  Only in the open, outside every `...` and (( )), and not behind a $: that makes $'...'. */
bool shell_scan_takes_value(const struct shell_scan *s);

/* NULL, or what is wrong with a command: an open quote or parenthesis, a here-document, $[ ].  With one_filter also: more than
 * one command (; & | or a new line in the open), a comment, nothing at all. */
const char *shell_check(const char *command, bool one_filter);

/* Append text as one word of a command: as it is where it is safe, else in single quotes. */
MUST_CHECK int shell_quote(struct buf *b, const char *text, struct err *err);

/* The words of a command that could be names of programs (letters, digits and ._+- only), one at a time: *at starts at 0.
 * False at the end. */
bool shell_next_name(const char *command, size_t *at, const char **name, size_t *n);

/* The program that a filter starts: its first word that is not an assignment, if that is a plain name or path; else false. */
bool shell_program(const char *command, const char **name, size_t *n);

#endif
