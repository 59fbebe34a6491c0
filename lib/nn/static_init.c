#include "base/mem.h"
#include "base/rng.h"
#include "nn/safetensors_write.h"
#include "nn/static_encoder.h"
#include "sys/output.h"
#include "sys/par.h"
#include "text/tokenjson.h"

#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

/* Uniform rather than normal: no logarithm or cosine, whose last bits differ between libraries and CPUs; retrieval by the
 * untrained encoder is as good (hit@100 .47 with uniform signs, .48 with normals). */
struct filling {
    float *at;              /* values first .. first + n - 1 of the matrix */
    uint64_t first, seed;
    size_t n;
    float scale;            /* of a 32-bit signed integer */
};

enum { PIECE = 1 << 14, SLICE = 1 << 22 };     /* values of one work item, of one write; even */

static int fill(void *ctx, size_t piece, int worker, struct err *err)
{
    (void)worker, (void)err;
    const struct filling *f = ctx;
    size_t end = (piece + 1) * PIECE < f->n ? (piece + 1) * PIECE : f->n;
    for (size_t i = piece * PIECE; i < end; i += 2) {
        uint64_t bits = rng_u64(f->seed, RNG_INIT, (f->first + i) / 2);
        f->at[i] = (float)(int32_t)(uint32_t)bits * f->scale;
        if (i + 1 < end)
            f->at[i + 1] = (float)(int32_t)(uint32_t)(bits >> 32) * f->scale;
    }
    return 0;
}

static int write_weights(const struct model_config *c, const char *dir, uint64_t seed, int n_threads, struct err *err)
{
    int rc = 0;
    char path[4096], name[] = "embeddings";
    struct output *out = NULL;
    struct tensor t = {.name = name, .dtype = SAFETENSORS_F32, .n_dims = 2, .shape = {c->n_rows, c->dim}};
    struct filling f = {.seed = seed, .scale = sqrtf(3.0f / (float)c->dim) * 0x1p-31f};
    TRY_NEW(f.at, MEM_ARRAY(float, SLICE, err));
    TRY(model_path(path, sizeof path, dir, "model.safetensors", err));
    TRY(output_open(&out, path, true, err));
    TRY(safetensors_write_header(out, &t, 1, err));
    for (; f.first < t.n; f.first += f.n) {
        f.n = t.n - f.first < SLICE ? t.n - (size_t)f.first : SLICE;
        TRY(par_for(n_threads, (f.n + PIECE - 1) / PIECE, fill, &f, err));
        TRY(output_write(out, f.at, f.n * sizeof *f.at, err));
    }
    TRY(output_commit(out, err));
out:
    output_free(out);
    mem_free(f.at);
    return rc;
}

/* The path of a file that is still to be made. */
static int new_path(char *path, size_t size, const char *dir, const char *name, struct err *err)
{
    struct stat st;
    int rc = model_path(path, size, dir, name, err);
    if (rc == 0 && lstat(path, &st) == 0)
        rc = err_set(err, ERR_IO, "%s: exists already, expected a folder with a tokenizer and no model", path);
    return rc;
}

/* Add what a folder with a tokenizer lacks.  config.json comes last: without it a folder is no model. */
static int complete(struct model_config *c, const char *dir, const char *vocab, uint64_t seed, int n_threads, struct err *err)
{
    int rc = 0;
    char weights[4096], config[4096];
    size_t max_length;
    struct tokenizer t = {0};
    TRY(new_path(config, sizeof config, dir, "config.json", err));
    TRY(new_path(weights, sizeof weights, dir, "model.safetensors", err));
    c->features = tokenizer_is_in(dir) ? MODEL_TOKENIZER : MODEL_WORDPIECE;
    if (c->features == MODEL_TOKENIZER) {
        TRY(tokenizer_open(&t, dir, err));
    } else {
        TRY(tokenjson_config(dir, &c->normal_steps, &max_length, err));
        TRY(tokenizer_open_vocab(&t, vocab, c->normal_steps, err));
    }
    c->n_rows = t.n;
    rc = write_weights(c, dir, seed, n_threads, err);
    if (rc == 0)
        rc = model_config_write(c, dir, err);
    if (rc) {                                  /* one may have been published before the other, or its folder's sync, failed */
        unlink(config);
        unlink(weights);
    }
out:
    tokenizer_close(&t);
    return rc;
}

static int write_vocab(const char *dir, const char *vocab, size_t n, struct err *err)
{
    int rc = 0;
    char path[4096];
    struct output *out = NULL;
    TRY(model_path(path, sizeof path, dir, "vocab.txt", err));
    TRY(output_open(&out, path, false, err));
    TRY(output_write(out, vocab, n, err));
    TRY(output_commit(out, err));
out:
    output_free(out);
    return rc;
}

/* A new folder; vocab may be NULL. */
static int create_folder(const struct model_config *c, const char *dir, const char *vocab, size_t n, uint64_t seed, int n_threads,
                         struct err *err)
{
    int rc = 0;
    struct output_dir *folder = NULL;
    TRY(output_dir_open(&folder, dir, err));
    if (vocab)
        TRY(write_vocab(output_dir_path(folder), vocab, n, err));
    TRY(model_config_write(c, output_dir_path(folder), err));
    TRY(write_weights(c, output_dir_path(folder), seed, n_threads, err));
    TRY(output_dir_commit(folder, err));
out:
    output_dir_free(folder);
    return rc;
}

int static_encoder_create_vocab(struct model_config *c, const char *dir, const char *vocab, size_t n, size_t n_pieces,
                                uint64_t seed, int n_threads, struct err *err)
{
    c->features = MODEL_WORDPIECE;
    c->n_rows = n_pieces;
    return create_folder(c, dir, vocab, n, seed, n_threads, err);
}

int static_encoder_create(struct model_config *c, const char *dir, uint64_t seed, int n_threads, struct err *err)
{
    int rc = 0;
    char vocab[4096];
    TRY(model_path(vocab, sizeof vocab, dir, "vocab.txt", err));
    if (access(vocab, F_OK) == 0 || tokenizer_is_in(dir))
        return complete(c, dir, vocab, seed, n_threads, err);
    rc = create_folder(c, dir, NULL, 0, seed, n_threads, err);
out:
    return rc;
}
