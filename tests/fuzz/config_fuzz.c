/* The JSON files of a model folder, parted by NUL bytes in this order: config.json, modules.json, 1_Pooling/config.json,
 * sentence_bert_config.json, tokenizer_config.json, config_sentence_transformers.json.  What is accepted has sizes that fit one
 * another. */
#include "fuzz.h"

#include "../unit/scratch.h"
#include "nn/transformer_config.h"

#include <sys/stat.h>

static void check(const struct transformer_config *c)
{
    FUZZ_CHECK(c->dim > 0 && c->n_heads > 0 && c->dim % c->n_heads == 0 && c->n_layers > 0 && c->inner > 0 && c->n_rows > 0);
    FUZZ_CHECK(c->n_types > 0 && c->first_position < c->n_positions && c->norm_eps > 0);
    FUZZ_CHECK(c->max_tokens > 0 && c->max_tokens <= c->n_positions - c->first_position && transformer_pools[c->pool]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const files[] = {"config.json", "modules.json", "1_Pooling/config.json", "sentence_bert_config.json",
                                        "tokenizer_config.json", "config_sentence_transformers.json"};
    struct err err = {0};
    struct transformer_config c;
    struct model_config m;
    if (!scratch_dir[0]) {
        scratch_in_memory();
        FUZZ_CHECK(mkdir(scratch_path("1_Pooling"), 0777) == 0 && atexit(scratch_done) == 0);
    }
    const uint8_t *at = data, *end = data + size;
    for (int i = 0; i < 6; i++) {
        const uint8_t *nul = at < end ? memchr(at, 0, (size_t)(end - at)) : NULL, *stop = nul ? nul : end;
        if (at < end)
            scratch_write(files[i], at, (size_t)(stop - at));
        else
            unlink(scratch_path(files[i]));
        at = nul ? nul + 1 : end;
    }
    int rc = transformer_config_read(&c, scratch_dir, &err);
    if (rc == ERR_IO)          /* a file that is needed was not given */
        rc = ERR_DATA;
    if (!fuzz_refused(rc, &err)) {
        check(&c);
        transformer_config_done(&c);
    }
    err = (struct err){0};
    rc = model_config_read(&m, scratch_dir, &err);
    if (rc == ERR_IO)
        rc = ERR_DATA;
    if (!fuzz_refused(rc, &err))
        model_config_done(&m);
    return 0;
}
