#include "base/utf8.h"
#include "text/field.h"

static bool is_clean_ascii(const char *p, size_t n, size_t at)
{
    for (; at < n; at++)
        if ((unsigned char)p[at] < ' ' || (unsigned char)p[at] >= 0x80)
            return false;
    return true;
}

int field_append(struct buf *out, const char *text, size_t n, bool repair, struct field_counts *counts, struct err *err)
{
    if (is_clean_ascii(text, n, 0))
        return buf_put(out, text, n, err);
    int rc = 0;
    size_t from = 0, at = 0;               /* [from, at): good, not yet copied */
    while (at < n && rc == 0) {
        char c = text[at];
        size_t used = utf8_sequence(text + at, n - at);
        bool valid = used > 0;
        if (valid && c != '\t' && c != '\r' && c != '\n' && c != '\0') {
            at += used;
            continue;
        }
        if (!repair && (!valid || c == '\0'))
            return err_set(err, ERR_DATA, "byte %zu of a field is %s (text-convert repairs such text)", at,
                           valid ? "NUL" : "not UTF-8");
        rc = buf_put(out, text + from, at - from, err);
        if (rc == 0)
            rc = buf_puts(out, valid ? " " : "\xEF\xBF\xBD", err);
        *(valid ? &counts->spaced : &counts->replaced) += 1;
        from = at += valid ? used : 1;
    }
    return rc ? rc : buf_put(out, text + from, at - from, err);
}
