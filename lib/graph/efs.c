#include "graph/efs.h"
#include "base/num.h"

#include <string.h>

int efs_parse(struct efs *e, const char *text, struct err *err)
{
    e->n = 0;
    for (const char *p = text;; p++) {
        uint64_t ef;
        size_t n = strcspn(p, ","), at = e->n;
        if (!num_parse_u64(p, n, 1, UINT32_MAX, &ef))
            return err_set(err, ERR_USAGE, "--ef %.64s: expected numbers from 1 to %u, with commas between", text, UINT32_MAX);
        if (e->n == EFS_MAX)
            return err_set(err, ERR_USAGE, "--ef: more than %d numbers", EFS_MAX);
        for (; at > 0 && e->at[at - 1] > ef; at--)
            e->at[at] = e->at[at - 1];
        if (at > 0 && e->at[at - 1] == ef)
            return err_set(err, ERR_USAGE, "--ef %.64s: %u comes twice", text, (unsigned)ef);
        e->at[at] = (uint32_t)ef;
        e->n++;
        p += n;
        if (*p == '\0')
            return 0;
    }
}
