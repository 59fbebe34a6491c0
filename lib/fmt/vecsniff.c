#include "fmt/vecsniff.h"

#include "base/bytes.h"
#include "fmt/foreign.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static void take_extension(char *extension, size_t cap, const char *name)
{
    size_t n = strlen(name);
    if (n > 3 && strcmp(name + n - 3, ".gz") == 0)
        n -= 3;
    size_t dot = n;
    while (dot > 0 && name[dot - 1] != '.' && name[dot - 1] != '/')
        dot--;
    extension[0] = '\0';
    if (dot == 0 || name[dot - 1] != '.' || n - dot >= cap)
        return;
    for (size_t i = dot; i < n; i++)
        extension[i - dot] = (char)tolower((unsigned char)name[i]);
    extension[n - dot] = '\0';
}

int vecsniff_probe(struct input *in, struct vecfile_probe *probe, struct err *err)
{
    *probe = (struct vecfile_probe){.size = VECFILE_UNKNOWN};
    take_extension(probe->extension, sizeof probe->extension, input_name(in));
    probe->size = input_left(in);
    int rc = input_peek(in, INPUT_PEEK, &probe->head, &probe->n_head, err);
    if (rc == 0 && probe->n_head < INPUT_PEEK)
        probe->size = probe->n_head;
    return rc;
}

bool vecsniff_looks_integer(const unsigned char *values, size_t n)
{
    bool any = false;
    for (size_t i = 0; i < n; i++) {
        uint32_t x = bytes_get_u32(values + 4 * i);
        if (x >= 0x00800000 && x != UINT32_MAX)    /* a normal float; -1 is the padding of ids */
            return false;
        any = any || x != 0;
    }
    return any;
}

static bool has_extension(const struct vecfile_format *f, const char *extension)
{
    char blanked[24];
    snprintf(blanked, sizeof blanked, " %s ", extension);
    return *extension && strstr(f->extensions, blanked) != NULL;
}

bool vecfile_format_by_extension(const char *path, const struct vecfile_format **f)
{
    char extension[16];
    take_extension(extension, sizeof extension, path);
    for (size_t i = 0; vecfile_formats[i]; i++) {
        if (has_extension(vecfile_formats[i], extension)) {
            *f = vecfile_formats[i];
            return true;
        }
    }
    return false;
}

size_t vecsniff_fits(struct vecfile_probe *p, enum vecfile_fit least, const struct vecfile_format **first, char *text, size_t n)
{
    size_t n_fits = 0, at = 0;
    uint64_t dim = 0;
    enum vecfile_fit best = least;
    for (size_t i = 0; vecfile_formats[i]; i++) {
        enum vecfile_fit fit = vecfile_formats[i]->sniff(vecfile_formats[i], p);
        if (fit < best)
            continue;
        if (fit > best)
            n_fits = at = 0;
        best = fit;
        if (n_fits++ == 0) {
            *first = vecfile_formats[i];
            dim = p->dim;
        }
        if (text && at < n)
            at += (size_t)snprintf(text + at, n - at, "%s%s", n_fits > 1 ? " or " : "", vecfile_formats[i]->what);
    }
    if (text && n_fits > 0 && dim > 0 && at < n)
        snprintf(text + at, n - at, " of dimension %llu", (unsigned long long)dim);
    return n_fits;
}

int vecsniff_choose(struct input *in, struct vecfile_probe *p, const struct vecfile_format **f, struct err *err)
{
    char text[VECFILE_TEXT];
    const struct vecfile_format *named = NULL;
    for (size_t i = 0; vecfile_formats[i]; i++) {
        *f = vecfile_formats[i];
        if (!has_extension(*f, p->extension))
            continue;
        if ((*f)->sniff(*f, p) != VECFILE_NO)
            return 0;
        if (!named)
            named = *f;
    }
    if (named) {          /* its open says what is wrong, and vecfile_reader_open what the file looks like */
        *f = named;
        return 0;
    }
    size_t n = vecsniff_fits(p, VECFILE_FITS, f, text, sizeof text);
    if (n > 1)
        return err_set(err, ERR_DATA, "%s: this looks like %s: say which with --from", input_name(in), text);
    if (n == 1)
        return 0;
    const char *what, *remedy;
    int rc = foreign_guess(in, &what, &remedy, err);
    if (rc)
        return rc;
    return err_set(err, p->n_head ? ERR_DATA : ERR_TRUNCATED,
                   "%s: this looks like %s: %s; where it is vectors or neighbours, say of which "
                   "format with --from", input_name(in), what, remedy);
}
