#include "fmt/runout.h"
#include "base/num.h"

int runout_open(struct runout *r, struct output *out, const struct header *header, const struct neighbours_options *o,
                enum runout_format format, int level, struct err *err)
{
    *r = (struct runout){.out = out, .writer.options = *o, .format = format};
    return format == RUNOUT_STREAM ? stream_writer_open(&r->writer.stream, out, header, level, err) : 0;
}

/* A name that is one field: the key, or else the id. */
static int put_name(struct output *out, bool has_key, struct text key, uint64_t id, struct err *err)
{
    if (!has_key)
        return output_printf(out, err, "%llu", (unsigned long long)id);
    for (size_t i = 0; i < key.n; i++)
        if ((unsigned char)key.p[i] <= ' ')
            return err_set(err, ERR_DATA, "the key '%.*s' has a blank in it, which a TREC run cannot hold",
                           (int)num_min_size(key.n, 80), key.p);
    if (key.n == 0)
        return err_set(err, ERR_DATA, "an empty key, which a TREC run cannot hold");
    return output_write(out, key.p, key.n, err);
}

static int put_line(struct runout *r, const struct neighbours_row *row, size_t i, struct err *err)
{
    const struct neighbours_options *o = &r->writer.options;
    char score[NUM_TEXT];
    float dist = row->dist[i];
    int rc = 0;
    TRY(put_name(r->out, o->has_key, row->key, row->id, err));
    TRY(output_write(r->out, " Q0 ", 4, err));
    TRY(put_name(r->out, o->has_nnkey, o->has_nnkey ? row->nnkeys[i] : row->key, row->nn[i], err));
    num_format_f32(score, o->metric == METRIC_COSINE ? 1 - dist : dist == 0 ? 0 : -dist);
    TRY(output_printf(r->out, err, " %zu %s vecpipe\n", i + 1, score));
out:
    return rc;
}

int runout_write(struct runout *r, const struct neighbours_row *row, struct err *err)
{
    int rc = 0;
    if (r->format == RUNOUT_STREAM)
        return neighbours_write(&r->writer, row, err);
    for (size_t i = 0; rc == 0 && i < row->n; i++)
        rc = put_line(r, row, i, err);
    return rc;
}

int runout_end(struct runout *r, struct err *err)
{
    return r->format == RUNOUT_STREAM ? stream_writer_end(r->writer.stream, err) : 0;
}

void runout_done(struct runout *r)
{
    stream_writer_free(r->writer.stream);
    *r = (struct runout){0};
}
