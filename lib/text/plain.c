#include "text/plain.h"
#include "text/arguana.h"
#include "text/beir.h"
#include "text/idcheck.h"
#include "text/outset.h"
#include "text/wordnet.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool plain_find(char *path, size_t size, const char *folder, const char *name)
{
    for (int gz = 0; gz < 2; gz++) {
        int n = snprintf(path, size, "%s/%s%s", folder, name, gz ? ".gz" : "");
        if (n >= 0 && (size_t)n < size && access(path, F_OK) == 0)
            return true;
    }
    return false;
}

int plain_source(const char *path, enum plain_source *source, struct err *err)
{
    struct stat st;
    *source = PLAIN_FILE;
    if (strcmp(path, "-") == 0 || stat(path, &st) != 0 || !S_ISDIR(st.st_mode))
        return 0;                              /* a missing file is reported where it is opened */
    *source = PLAIN_WORDNET;
    if (wordnet_is(path))
        return 0;
    *source = PLAIN_BEIR;
    if (beir_is(path))
        return 0;
    *source = PLAIN_ARGUANA;
    if (arguana_is(path))
        return 0;
    return err_set(err, ERR_DATA, "%s: neither a WordNet folder (data.noun ...) nor a BEIR folder (corpus.jsonl ...) nor "
                   "one with point and counter (ArguAna's own tree: --from arguana)", path);
}

int plain_write(struct output *out, const struct row *row, struct tally *tally, struct err *err)
{
    struct text fields[] = {row->id, row->text, row->title};
    return outset_line(out, fields, row->title.p ? 3 : 2, tally, err);
}

int plain_copy(struct rows *r, struct output *out, const char *counted, const struct plain_visitor *visit, struct tally *tally,
               struct err *err)
{
    int rc = 0;
    const struct row *row;
    struct idcheck *ids = NULL;
    TRY(idcheck_open(&ids, 0, err));
    for (;;) {
        bool keep = true;
        rc = rows_next(r, &row, err);
        if (rc && rows_may_go_on(r)) {
            TRY(tally_bad(tally, "lines left out: no row", err));
            continue;
        }
        TRY(rc);
        if (!row)
            break;
        TRY(idcheck_add(ids, row->id.p, row->id.n, rows_name(r), row->line, err));
        if (visit)
            TRY(visit->row(visit->ctx, row, &keep, err));
        if (!keep)
            continue;
        TRY(plain_write(out, row, tally, err));
        tally_add(tally, counted, 1);
    }
    tally_add(tally, "TAB, CR, LF or NUL in a field made a space", rows_counts(r)->spaced);
    tally_add(tally, "bytes that are not UTF-8 replaced by U+FFFD", rows_counts(r)->replaced);
    TRY(idcheck_end(ids, err));
out:
    idcheck_close(ids);
    return rc;
}
