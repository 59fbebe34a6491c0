#include "fmt/vecfile.h"

#include "fmt/vecsniff.h"

#include "base/buf.h"
#include "fmt/foreign.h"

#include <stdio.h>
#include <string.h>

/* In the order in which sniffing tries them, and --help lists them. */
const struct vecfile_format *const vecfile_formats[] = {
    &vecfile_vps, &vecfile_npy, &vecfile_fvecs, &vecfile_bvecs, &vecfile_ivecs, &vecfile_fbin, &vecfile_u8bin, &vecfile_i8bin,
    &vecfile_f16bin, &vecfile_f64bin, &vecfile_ibin, &vecfile_knn, &vecfile_trec, &vecfile_tsv, NULL
};

int vecfile_format_find(const char *name, const struct vecfile_format **f, struct err *err)
{
    struct buf names = {0};
    int rc = 0;
    for (size_t i = 0; vecfile_formats[i]; i++) {
        if (strcmp(vecfile_formats[i]->name, name) == 0) {
            *f = vecfile_formats[i];
            goto out;
        }
        TRY(buf_printf(&names, err, "%s%s", i ? ", " : "", vecfile_formats[i]->name));
    }
    rc = err_set(err, ERR_USAGE, "unknown format '%s', expected one of %s", name, names.p);
out:
    buf_done(&names);
    return rc;
}

int vecfile_format_choose(const char *name, const char *path, const struct vecfile_format **f, struct err *err)
{
    *f = &vecfile_vps;
    if (name)
        return vecfile_format_find(name, f, err);
    if (path)
        (void)vecfile_format_by_extension(path, f);
    return 0;
}

/* What breaks a rule in its first rows is most often another format's file: say which. */
static int blame_format(const struct vecfile_reader *r, int rc, struct err *err)
{
    size_t n = strlen(err->msg), n_what = strlen(r->format->what);
    if (rc == ERR_DATA && r->row == 0 && !strstr(err->msg, "looks like") && strncmp(r->looks_like, r->format->what, n_what) != 0)
        snprintf(err->msg + n, sizeof err->msg - n, "; this looks like %s", r->looks_like);
    return rc;
}

const char *const *vecfile_help(const char *const *more)
{
    enum { MOST = 32, WIDTH = 96 };
    static char text[MOST][WIDTH];
    static const char *lines[MOST + 2] = {"Formats:"};
    size_t n = 0;
    for (; vecfile_formats[n] && n < MOST; n++) {
        snprintf(text[n], WIDTH, "  %-8s%s", vecfile_formats[n]->name, vecfile_formats[n]->layout);
        lines[n + 1] = text[n];
    }
    for (; *more && n < MOST; n++)
        lines[n + 1] = *more++;
    return lines;
}

int vecfile_reader_open(struct vecfile_reader *r, struct input *in, const struct vecfile_options *o, struct err *err)
{
    int rc = 0;
    struct vecfile_probe probe;
    const char *guess, *remedy;
    *r = (struct vecfile_reader){.in = in, .options = *o, .n_rows = VECFILE_UNKNOWN};
    TRY(vecsniff_probe(in, &probe, err));
    if (o->from)
        TRY(vecfile_format_find(o->from, &r->format, err));
    else
        TRY(vecsniff_choose(in, &probe, &r->format, err));
    bool impossible = !r->format->is_text && r->format->sniff(r->format, &probe) == VECFILE_NO;
    TRY(foreign_guess(in, &guess, &remedy, err));     /* now: open takes the bytes away */
    snprintf(r->looks_like, sizeof r->looks_like, "%s", guess);
    rc = r->format->open(r, err);
    if (rc == 0 && impossible)
        rc = err_set(err, ERR_DATA, "%s: not %s", input_name(in), r->format->what);
    rc = blame_format(r, rc, err);
out:
    return rc;
}

int vecfile_reader_next(struct vecfile_reader *r, struct block *block, struct err *err)
{
    int rc = r->format->next(r, block, err);
    if (rc)
        return blame_format(r, rc, err);
    r->row += block->rows;
    return 0;
}

void vecfile_reader_close(struct vecfile_reader *r)
{
    if (r->format && r->own)
        r->format->close(r);
    header_done(&r->header);
    if (r->in)
        input_close(r->in);
    *r = (struct vecfile_reader){0};
}

int vecfile_writer_open(struct vecfile_writer *w, const struct vecfile_format *f, struct output *out, const struct header *header,
                        uint64_t n_rows, int level, struct err *err)
{
    *w = (struct vecfile_writer){.format = f, .out = out, .header = header, .n_rows = n_rows, .level = level};
    return f->start(w, err);
}

/* Foreign forms of neighbours hold one list a query; a stream has one for each ef, one after the other. */
static int check_queries(struct vecfile_writer *w, const struct block *block, size_t first, size_t n, struct err *err)
{
    int id = header_column(w->header, "id");
    if (w->format == &vecfile_vps || strcmp(w->header->kind, "neighbours") != 0 || id < 0)
        return 0;
    const uint64_t *ids = block->columns[id].values;
    for (size_t i = first; i < first + n; i++) {
        if ((i > first || w->row > 0) && ids[i] == w->last_id)
            return err_set(err, ERR_DATA, "query %llu again, as after a search with several ef: %s holds one list a query",
                           (unsigned long long)ids[i], w->format->what);
        w->last_id = ids[i];
    }
    return 0;
}

int vecfile_writer_rows(struct vecfile_writer *w, const struct block *block, size_t first, size_t n, struct err *err)
{
    int rc = check_queries(w, block, first, n, err);
    if (rc == 0)
        rc = w->format->rows(w, block, first, n, err);
    w->row += n;
    return rc;
}

int vecfile_writer_end(struct vecfile_writer *w, struct err *err)
{
    if (w->n_rows != VECFILE_UNKNOWN && w->row != w->n_rows)
        return err_set(err, ERR_DATA, "%llu rows came, expected %llu", (unsigned long long)w->row, (unsigned long long)w->n_rows);
    return w->format->end(w, err);
}

void vecfile_writer_free(struct vecfile_writer *w)
{
    if (w->format && w->own)
        w->format->drop(w);
    *w = (struct vecfile_writer){0};
}
