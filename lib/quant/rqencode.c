#include "quant/rqencode.h"

#include "base/mem.h"
#include "base/num.h"
#include "fmt/vectors.h"
#include "sys/par.h"
#include "vec/kernel.h"

#include <string.h>

enum { BLOCK = 64, BATCH_BYTES = 16 << 20 };

/* A prefix of codes, and what it leaves. */
struct prefix {
    float *left;                     /* (stride) */
    uint16_t code[CODESET_MAX_LEVELS];
};

struct step {
    float dist;
    uint32_t prefix, code;
};

struct encoding {
    const struct residual *q;
    const float *x;
    size_t n, beam;
    uint16_t *code;
    struct scratch {
        struct prefix *now, *next;   /* (beam) */
        struct step *best;           /* (beam) by dist */
    } *scratch;                      /* (worker) */
};

/* The best steps from prefixes now[0..n-1]; returns how many. */
static size_t find_steps(const struct encoding *e, const struct scratch *s, size_t l, size_t n)
{
    const struct distance d = distance_make(METRIC_L2, e->q->dim);
    size_t found = 0;
    for (uint32_t b = 0; b < n; b++)
        for (uint32_t j = 0; j < e->q->clusters[l]; j++) {
            float dist = distance_one(&d, s->now[b].left, e->q->level[l].centres + j * e->q->stride);
            if (found == e->beam && !(dist < s->best[found - 1].dist))
                continue;
            size_t at = found < e->beam ? found++ : found - 1;
            for (; at > 0 && s->best[at - 1].dist > dist; at--)
                s->best[at] = s->best[at - 1];
            s->best[at] = (struct step){dist, b, j};
        }
    return found;
}

static void encode_row(const struct encoding *e, struct scratch *s, size_t row)
{
    const struct residual *q = e->q;
    size_t n = 1;
    memcpy(s->now[0].left, e->x + row * q->stride, q->stride * sizeof *e->x);
    for (size_t l = 0; l < q->n_levels; l++) {
        n = find_steps(e, s, l, n);
        for (size_t b = 0; b < n; b++) {
            const struct step *step = &s->best[b];
            const float *from = s->now[step->prefix].left, *c = q->level[l].centres + step->code * q->stride;
            memcpy(s->next[b].code, s->now[step->prefix].code, l * sizeof(uint16_t));
            s->next[b].code[l] = (uint16_t)step->code;
            for (size_t t = 0; t < q->stride; t++)
                s->next[b].left[t] = from[t] - c[t];
        }
        struct prefix *now = s->now;
        s->now = s->next;
        s->next = now;
    }
    memcpy(e->code + row * q->n_levels, s->now[0].code, q->n_levels * sizeof *e->code);
}

static int encode_block(void *ctx, size_t block, int worker, struct err *err)
{
    struct encoding *e = ctx;
    (void)err;
    for (size_t i = block * BLOCK; i < num_min_size((block + 1) * BLOCK, e->n); i++)
        encode_row(e, &e->scratch[worker], i);
    return 0;
}

static int prefixes_new(struct prefix **out, size_t n, size_t stride, struct err *err)
{
    int rc = 0;
    TRY_NEW(*out, MEM_ZARRAY(struct prefix, n, err));
    for (size_t b = 0; b < n; b++)
        TRY_NEW((*out)[b].left, MEM_SLAB(float, stride, err));
out:
    return rc;
}

static void prefixes_free(struct prefix *p, size_t n)
{
    for (size_t b = 0; p && b < n; b++)
        mem_free(p[b].left);
    mem_free(p);
}

int rqencode_rows(const struct residual *q, const float *x, size_t n, size_t beam, int n_threads, uint16_t *code, struct err *err)
{
    int rc = 0;
    struct encoding e = {.q = q, .x = x, .n = n, .beam = beam, .code = code};
    TRY_NEW(e.scratch, MEM_ZARRAY(struct scratch, (size_t)n_threads, err));
    for (int i = 0; i < n_threads; i++) {
        TRY(prefixes_new(&e.scratch[i].now, beam, q->stride, err));
        TRY(prefixes_new(&e.scratch[i].next, beam, q->stride, err));
        TRY_NEW(e.scratch[i].best, MEM_ARRAY(struct step, beam, err));
    }
    TRY(par_for(n_threads, (n + BLOCK - 1) / BLOCK, encode_block, &e, err));
out:
    for (int i = 0; e.scratch && i < n_threads; i++) {
        prefixes_free(e.scratch[i].now, beam);
        prefixes_free(e.scratch[i].next, beam);
        mem_free(e.scratch[i].best);
    }
    mem_free(e.scratch);
    return rc;
}

int rqencode_stream(struct stream_writer *w, const struct residual *q, struct vector_reader *r, size_t beam, int n_threads,
                    void (*progress)(uint64_t rows), struct err *err)
{
    int rc = 0;
    struct vector_batch b = {0};
    struct codeset s = {0};
    size_t want = num_max_size(1, BATCH_BYTES / (q->stride * sizeof(float)));
    if (vector_reader_dim(r) != q->dim)
        return err_set(err, ERR_DATA, "vectors of dimension %zu, codebooks of %zu", vector_reader_dim(r), q->dim);
    TRY(codeset_init(&s, want, q->n_levels, q->clusters, err));
    for (;;) {
        TRY(vector_reader_next(r, want, &b, err));
        if (b.n == 0)
            break;
        TRY(rqencode_rows(q, b.x, b.n, beam, n_threads, s.code, err));
        s.n = b.n;
        TRY(codeset_write(w, &s, b.ids, b.keys, err));
        if (progress)
            progress(b.first_row + b.n);
    }
out:
    codeset_done(&s);
    vector_batch_done(&b);
    return rc;
}

int rqencode_decode_header(struct header *h, const struct residual *q, bool has_key, const char *space, struct err *err)
{
    int rc = 0;
    TRY(header_set_kind(h, "vectors", err));
    TRY(header_add_column(h, "id", COLUMN_U64, 1, err));
    if (has_key)
        TRY(header_add_column(h, "key", COLUMN_STR, 1, err));
    TRY(header_add_column(h, "vec", COLUMN_F32, (uint32_t)q->dim, err));
    TRY(header_set_meta(h, "space", space, err));
out:
    return rc;
}

int rqencode_decode(struct stream_writer *w, const struct residual *q, const struct codeset *s, const uint64_t *ids,
                    const struct text *keys, struct err *err)
{
    int rc = 0;
    float *x = NULL;
    if (s->n_levels > q->n_levels)
        return err_set(err, ERR_DATA, "codes of %zu levels, codebooks of %zu", s->n_levels, q->n_levels);
    TRY_NEW(x, MEM_SLAB(float, q->stride, err));
    for (size_t i = 0; i < s->n; i++) {
        struct cell cells[3];
        size_t c = 0;
        for (size_t l = 0; l < s->n_levels; l++)
            if (s->code[i * s->n_levels + l] >= q->clusters[l]) {
                rc = err_set(err, ERR_DATA, "row %zu: code %u of level %zu, whose codebook has %u", i,
                             s->code[i * s->n_levels + l], l + 1, q->clusters[l]);
                goto out;
            }
        memset(x, 0, q->stride * sizeof *x);
        residual_take(q, 0, s->n_levels, s, i, x, true);
        cells[c++] = (struct cell){&ids[i], 1};
        if (keys)
            cells[c++] = (struct cell){keys[i].p, keys[i].n};
        cells[c++] = (struct cell){x, q->dim};
        TRY(stream_writer_row(w, cells, err));
    }
out:
    mem_free(x);
    return rc;
}
