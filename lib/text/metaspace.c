#include "text/metaspace.h"

#include "base/utf8.h"
#include "text/normal.h"

#include <string.h>

enum { MARK_BYTES = sizeof METASPACE_MARK - 1 };

void metaspace_done(struct metaspace *m)
{
    unigram_done(&m->unigram);
    charmap_done(&m->charmap);
}

/* The bytes of white space at p; 0 where there is none. */
static size_t space(const char *p, size_t n)
{
    unsigned char byte = (unsigned char)*p;
    if (byte < 0x80)
        return normal_is_space(byte);
    size_t bytes = utf8_sequence(p, n);
    return bytes && normal_is_space(utf8_code(p, bytes)) ? bytes : 0;
}

static size_t char_before(const char *p, size_t at)
{
    size_t start = at - 1;
    while (start > 0 && at - start < UTF8_MAX_BYTES && ((unsigned char)p[start] & 0xC0) == 0x80)
        start--;
    return start;
}

int metaspace_normalise(const struct metaspace *m, struct buf *out, const char *p, size_t n, struct err *err)
{
    size_t first = out->n, start = first;
    int rc = m->mapped ? charmap_append(&m->charmap, out, p, n, err) : buf_put(out, p, n, err);
    if (rc)
        return rc;
    while (m->strip_right && out->n > first && space(out->p + char_before(out->p, out->n), out->n - char_before(out->p, out->n)))
        out->n = char_before(out->p, out->n);
    for (size_t bytes; m->strip_left && start < out->n && (bytes = space(out->p + start, out->n - start)) > 0;)
        start += bytes;
    if (start > first) {
        memmove(out->p + first, out->p + start, out->n - start);
        out->n -= start - first;
    }
    return 0;
}

static bool has_mark(const char *p, size_t n)
{
    return n >= MARK_BYTES && memcmp(p, METASPACE_MARK, MARK_BYTES) == 0;
}

/* The pieces of p, blanks in it becoming marks; a word ends where the next mark starts. */
static int append_words(const struct metaspace *m, const char *p, size_t n, bool first, struct features *f, struct err *err)
{
    int rc = 0;
    struct buf *w = &f->words;
    size_t at = 0, start = 0;
    buf_clear(w);
    TRY(mem_reserve(&w->p, &w->cap, MARK_BYTES * (n + 2), 1, err));
    if (*p != ' ' && !has_mark(p, n) && (m->prepend == METASPACE_ALWAYS || (m->prepend == METASPACE_FIRST && first))) {
        memcpy(w->p, METASPACE_MARK, MARK_BYTES);
        w->n = MARK_BYTES;
    }
    while (at < n) {
        bool blank = p[at] == ' ';
        if (!blank && !has_mark(p + at, n - at)) {
            w->p[w->n++] = p[at++];
            continue;
        }
        if (!m->whole && w->n > start) {
            TRY(unigram_append(&m->unigram, w->p + start, w->n - start, f, err));
            start = w->n;
        }
        memcpy(w->p + w->n, METASPACE_MARK, MARK_BYTES);
        w->n += MARK_BYTES;
        at += blank ? 1 : MARK_BYTES;
        while (blank && m->squeeze && at < n && p[at] == ' ')
            at++;
    }
    TRY(unigram_append(&m->unigram, w->p + start, w->n - start, f, err));
out:
    return rc;
}

int metaspace_append(const struct metaspace *m, const char *p, size_t n, bool first, struct features *f, struct err *err)
{
    int rc = 0;
    if (!m->split_white)
        return n ? append_words(m, p, n, first, f, err) : 0;
    for (size_t at = 0; at < n && rc == 0;) {
        size_t start = at, bytes = 0;
        while (at < n && (bytes = space(p + at, n - at)) == 0)
            at++;
        if (at > start)
            rc = append_words(m, p + start, at - start, first && start == 0, f, err);
        at += bytes;
    }
    return rc;
}
