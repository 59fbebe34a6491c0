#include "quant/rqsides.h"

#include "base/version.h"
#include "quant/codearrays.h"
#include "quant/codebooks.h"
#include "quant/codetokens.h"

int rqsides_apart(const struct rqsides_options *o, const struct output *out, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; i < RQSIDE_N; i++) {
        if (!o->paths[i])
            continue;
        TRY(output_apart(output_name(out), o->paths[i], err));
        for (size_t j = 0; j < i; j++)
            if (o->paths[j])
                TRY(output_apart(o->paths[j], o->paths[i], err));
    }
out:
    return rc;
}

int rqsides_start(struct stream_writer **w, struct output *out, struct header *h, const struct rqsides_options *o,
                  const struct header *const parents[], size_t n, struct err *err)
{
    int rc = o->command ? header_add_program(h, o->program, VECPIPE_VERSION, o->command, parents, n, err) : 0;
    return rc ? rc : stream_writer_open(w, out, h, o->level, err);
}

static int write_books(struct output *out, const struct rqsides_options *o, const struct residual *q, const struct header *from,
                       struct err *err)
{
    int rc = 0;
    struct stream_writer *writer = NULL;
    struct header h = {0};
    TRY(codebooks_header(&h, q, from, err));
    TRY(rqsides_start(&writer, out, &h, o, &from, 1, err));
    TRY(codebooks_write(writer, q, err));
    TRY(stream_writer_end(writer, err));
out:
    stream_writer_free(writer);
    header_done(&h);
    return rc;
}

int rqsides_write(struct rqsides *s, const struct rqsides_options *o, const struct rqreport *r, const struct residual *q,
                  const struct header *from, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; i < RQSIDE_N; i++)
        if (o->paths[i] && (i < RQSIDE_BOOKS ? r != NULL : q != NULL))
            TRY(output_open(&s->out[i], o->paths[i], i > RQSIDE_TOKENS, err));
    if (s->out[RQSIDE_REPORT])
        TRY(rqreport_write(s->out[RQSIDE_REPORT], r, err));
    if (s->out[RQSIDE_TOKENS])
        TRY(codetokens_write(s->out[RQSIDE_TOKENS], r->codes, o->token_base, err));
    if (s->out[RQSIDE_NPY])
        TRY(codearrays_write_codes(s->out[RQSIDE_NPY], r->codes, err));
    if (s->out[RQSIDE_BOOKS])
        TRY(write_books(s->out[RQSIDE_BOOKS], o, q, from, err));
    if (s->out[RQSIDE_NPZ])
        TRY(codearrays_write_books(s->out[RQSIDE_NPZ], q, err));
out:
    return rc;
}

int rqsides_commit(struct rqsides *s, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; i < RQSIDE_N && rc == 0; i++)
        if (s->out[i])
            rc = output_commit(s->out[i], err);
    return rc;
}

void rqsides_done(struct rqsides *s)
{
    for (size_t i = 0; i < RQSIDE_N; i++)
        output_free(s->out[i]);
}
