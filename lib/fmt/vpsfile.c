/* The stream itself, as one of the formats. */
#include "fmt/record.h"
#include "fmt/vecfile.h"
#include "vec/metric.h"

#include <string.h>

static enum vecfile_fit vpsfile_sniff(const struct vecfile_format *f, struct vecfile_probe *p)
{
    (void)f;
    p->dim = 0;
    return p->n_head >= 8 && memcmp(p->head, record_magic, 8) == 0 ? VECFILE_SURE : VECFILE_NO;
}

static int vpsfile_open(struct vecfile_reader *r, struct err *err)
{
    struct stream_reader *s;
    if (r->options.number_rows)
        return err_set(err, ERR_USAGE, "%s: the rows of a stream keep their ids, --first-id is for other formats",
                       input_name(r->in));
    int rc = stream_reader_open(&s, r->in, err);
    if (rc) {
        r->in = NULL;             /* closed */
        return rc;
    }
    r->own = s;
    rc = header_copy(&r->header, stream_reader_header(s), err);
    if (rc == 0 && r->options.metric >= 0)
        rc = header_set_meta(&r->header, "metric", metric_name((enum metric)r->options.metric), err);
    return rc;
}

static int vpsfile_next(struct vecfile_reader *r, struct block *b, struct err *err)
{
    return stream_reader_next(r->own, b, err);
}

static void vpsfile_close(struct vecfile_reader *r)
{
    stream_reader_close(r->own);
    r->in = NULL;
}

static int vpsfile_start(struct vecfile_writer *w, struct err *err)
{
    struct stream_writer *s;
    int rc = stream_writer_open(&s, w->out, w->header, w->level, err);
    w->own = s;
    return rc;
}

static int vpsfile_rows(struct vecfile_writer *w, const struct block *b, size_t first, size_t n, struct err *err)
{
    return stream_writer_rows(w->own, b, first, n, err);
}

static int vpsfile_end(struct vecfile_writer *w, struct err *err)
{
    return stream_writer_end(w->own, err);
}

static void vpsfile_drop(struct vecfile_writer *w)
{
    stream_writer_free(w->own);
}

const struct vecfile_format vecfile_vps = {
    .name = "vps", .extensions = " vps ", .what = "a vecpipe stream", .layout = "the vecpipe stream, of any kind",
    .sniff = vpsfile_sniff, .open = vpsfile_open, .next = vpsfile_next, .close = vpsfile_close,
    .start = vpsfile_start, .rows = vpsfile_rows, .end = vpsfile_end, .drop = vpsfile_drop
};
