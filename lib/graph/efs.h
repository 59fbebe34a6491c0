/* efs - the widths that one run searches at: "16,32,64". */
#ifndef EFS_H
#define EFS_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

enum { EFS_MAX = 64 };

struct efs {
    uint32_t at[EFS_MAX];          /* rising, each once */
    size_t n;                      /* >= 1 */
};

/* Parse numbers with commas between, in any order; they are sorted.  ERR_USAGE for anything else, and for one that comes twice:
 * a query has one row at each ef. */
MUST_CHECK int efs_parse(struct efs *e, const char *text, struct err *err);

#endif
