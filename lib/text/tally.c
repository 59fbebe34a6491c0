#include "text/tally.h"

#include <string.h>

void tally_add(struct tally *t, const char *what, uint64_t n)
{
    size_t i = 0;
    if (n == 0)
        return;
    while (i < t->n_lines && strcmp(t->lines[i].what, what) != 0)
        i++;
    if (i == t->n_lines) {
        if (i == TALLY_MAX)
            return;
        t->lines[t->n_lines++] = (struct tally_line){.what = what};
    }
    t->lines[i].n += n;
}

int tally_bad(struct tally *t, const char *what, struct err *err)
{
    if (t->strict)
        return err->code;
    if (t->complain)
        t->complain(t->ctx, err->msg);
    tally_add(t, what, 1);
    *err = (struct err){0};
    return 0;
}
