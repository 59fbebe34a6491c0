/* texts - a collection of texts in memory, found by id: passages or queries, TSV or JSON lines (formats/text.md). */
#ifndef TEXTS_H
#define TEXTS_H

#include "base/map.h"
#include "text/rows.h"

struct texts {                       /* zero-initialise; texts_done frees */
    struct map ids;                  /* id -> entry */
    struct texts_entry {
        size_t at, title_bytes, text_bytes;    /* the title, a space and the text at `at`; without a title the text alone */
    } *entries;
    size_t cap_entries;
    struct buf pool;
};

/* Read a file, .gz too.  ERR_DATA where an id comes twice.  Memory: the texts, and 64 bytes each. */
MUST_CHECK int texts_read(struct texts *t, const char *path, struct err *err);
void texts_done(struct texts *t);

/* The text of an id; false where there is none.  What it points to lasts until texts_done. */
bool texts_get(const struct texts *t, struct text id, struct row *row);

/* The encoded text: title, space, text. */
bool texts_encoded(const struct texts *t, struct text id, struct text *text);

#endif
