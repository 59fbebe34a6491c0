/* tally - what a conversion read, wrote, changed and left out, and why; so that nothing is lost unsaid. */
#ifndef TALLY_H
#define TALLY_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TALLY_MAX = 32 };

struct tally {
    struct tally_line {
        const char *what;          /* a constant: "passages", "lines without a text" */
        uint64_t n;
    } lines[TALLY_MAX];            /* in the order in which they first came up */
    size_t n_lines;
    bool strict;                   /* the first bad row is an error */
    void (*complain)(void *ctx, const char *message);      /* told of each bad row; may be NULL */
    void *ctx;
};

void tally_add(struct tally *t, const char *what, uint64_t n);

/* A bad row, its message in err ("file:line: ...").  Strict: returns err's code.  Else it is counted, complained of and
 * forgotten (err is emptied), and 0 is returned. */
MUST_CHECK int tally_bad(struct tally *t, const char *what, struct err *err);

#endif
