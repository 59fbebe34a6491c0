#include "nn/vocab_init.h"

#include "nn/init_spec.h"
#include "nn/static_encoder.h"
#include "text/vocablearn.h"

#include <sys/stat.h>

/* Before minutes of reading, not after them. */
static int check_new(const char *dir, struct err *err)
{
    struct stat st;
    return lstat(dir, &st) == 0 ? err_set(err, ERR_IO, "%s: exists already", dir) : 0;
}

int vocab_init(struct model_config *c, const char *dir, struct rows *rows, size_t n_vocab, uint64_t seed, int n_threads,
               struct err *err)
{
    int rc = 0;
    size_t made, n_texts = 0;
    struct vocablearn *v = NULL;
    struct buf vocab = {0};
    const struct row *row;
    TRY(check_new(dir, err));
    TRY(vocablearn_new(&v, c->normal_steps, err));
    for (;;) {
        TRY(rows_next(rows, &row, err));
        if (!row)
            break;
        n_texts++;
        if (row->title.p)
            TRY(vocablearn_add(v, row->title.p, row->title.n, err));
        TRY(vocablearn_add(v, row->text.p, row->text.n, err));
    }
    if ((rc = vocablearn_run(v, n_vocab, seed, &vocab, &made, err)) == ERR_DATA)
        err_prefix(err, "%zu text%s read: ", n_texts, n_texts == 1 ? "" : "s");
    TRY(rc);
    rc = static_encoder_create_vocab(c, dir, vocab.p, vocab.n, made, seed, n_threads, err);
out:
    vocablearn_free(v);
    buf_done(&vocab);
    return rc;
}

int vocab_init_folder(const char *spec, const char *dir, const char *const *paths, size_t n_paths, const struct rows_options *ro,
                      uint64_t seed, int n_threads, struct err *err)
{
    struct model_config config;
    struct rows *rows = NULL;
    size_t n_vocab;
    int rc = init_spec_parse(&config, &n_vocab, spec, err);
    if (rc)
        return rc;
    if (n_vocab == 0 && n_paths > 0)
        TRY(err_set(err, ERR_USAGE, "--init takes texts only with vocab=N"));
    if (n_vocab > 0)
        TRY(rows_open(&rows, paths, n_paths, ro, err));
    rc = n_vocab ? vocab_init(&config, dir, rows, n_vocab, seed, n_threads, err) :
                   static_encoder_create(&config, dir, seed, n_threads, err);
out:
    rows_close(rows);
    model_config_done(&config);
    return rc;
}
