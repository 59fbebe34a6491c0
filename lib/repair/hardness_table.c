#include "repair/hardness_train.h"
#include "base/mem.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

struct columns {                   /* of a stream */
    int feature[HARDNESS_FEATURES], recall;
};

static int find_column(const struct header *h, const char *name)
{
    int c = header_column(h, name);
    return c >= 0 && h->columns[c].type == COLUMN_F32 && h->columns[c].shape == 1 ? c : -1;
}

static void take_meta(const struct header *h, const char *key, char value[24])
{
    const char *text = header_meta(h, key);
    snprintf(value, 24, "%s", text && strlen(text) < 24 ? text : "");
}

/* The first stream says which features there are; the others must have them, too. */
static int find_columns(struct hardness_table *t, struct columns *c, const struct header *h, struct err *err)
{
    bool first = t->n_features == 0;
    size_t n = 0;
    if (strcmp(h->kind, "features") != 0)
        return err_set(err, ERR_DATA, "a stream of %s, expected features (of hardq-detect --all)", h->kind);
    c->recall = find_column(h, "recall");
    if (c->recall < 0)
        return err_set(err, ERR_DATA, "no column recall: hardq-detect --all --truth FILE makes it");
    for (size_t i = 0; i < HARDNESS_FEATURES; i++) {
        int at = find_column(h, hardness_names[i]);
        bool wanted = first ? at >= 0 : n < t->n_features && strcmp(t->names[n], hardness_names[i]) == 0;
        if (wanted && at < 0)
            return err_set(err, ERR_DATA, "no column %s, which the first stream has", hardness_names[i]);
        if (!wanted)
            continue;
        t->names[n] = hardness_names[i];
        c->feature[n++] = at;
    }
    if (n == 0)
        return err_set(err, ERR_DATA, "none of the features that hardq-detect writes");
    t->n_features = n;
    if (first) {
        take_meta(h, "k", t->k);
        take_meta(h, "ef", t->ef);
    }
    return 0;
}

static int take_block(struct hardness_table *t, const struct columns *c, const struct block *b, struct err *err)
{
    int rc = 0;
    TRY(mem_reserve(&t->x, &t->cap_x, (t->n + b->rows) * t->n_features, sizeof *t->x, err));
    TRY(mem_reserve(&t->recall, &t->cap_recall, t->n + b->rows, sizeof *t->recall, err));
    for (size_t r = 0; r < b->rows; r++, t->n++) {
        float recall = ((const float *)b->columns[c->recall].values)[r];
        if (!(recall >= 0 && recall <= 1))
            return err_set(err, ERR_DATA, "row %" PRIu64 ": recall is not from 0 to 1", b->first_row + r);
        t->recall[t->n] = recall;
        for (size_t i = 0; i < t->n_features; i++) {
            float x = ((const float *)b->columns[c->feature[i]].values)[r];
            if (!isfinite(x))
                return err_set(err, ERR_DATA, "row %" PRIu64 ": %s is not finite", b->first_row + r, t->names[i]);
            t->x[t->n * t->n_features + i] = x;
        }
    }
out:
    return rc;
}

static int read_stream(struct hardness_table *t, const char *path, struct err *err)
{
    int rc = 0;
    struct stream_reader *s = NULL;
    struct columns c = {{0}, 0};
    struct block b;
    TRY(stream_reader_open_path(&s, path, err));
    if ((rc = find_columns(t, &c, stream_reader_header(s), err)) != 0) {
        err_prefix(err, "%s: ", input_name(stream_reader_input(s)));
        goto out;
    }
    for (;;) {
        TRY(stream_reader_next(s, &b, err));
        if (b.rows == 0)
            break;
        if ((rc = take_block(t, &c, &b, err)) != 0) {
            err_prefix(err, "%s: ", input_name(stream_reader_input(s)));
            goto out;
        }
    }
out:
    stream_reader_close(s);
    return rc;
}

int hardness_table_read(struct hardness_table *t, const char *const *paths, size_t n_paths, struct err *err)
{
    int rc = 0;
    *t = (struct hardness_table){0};
    if (n_paths == 0)
        return read_stream(t, "-", err);
    for (size_t i = 0; i < n_paths; i++)
        TRY(read_stream(t, paths[i], err));
out:
    return rc;
}

void hardness_table_done(struct hardness_table *t)
{
    mem_free(t->x);
    mem_free(t->recall);
    *t = (struct hardness_table){0};
}
