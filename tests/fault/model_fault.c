/* Damage to model folders, in process: every truncation of config.json and vocab.txt is refused or makes another valid model;
 * every bit of config.json and of the weights' header likewise, without a crash.  A model that opens must encode. */
#include "../unit/check.h"
#include "../unit/scratch.h"
#include "nn/init_spec.h"
#include "nn/static_encoder.h"

#include <sys/stat.h>

static struct err err;

static int open_and_encode(const char *dir)
{
    struct static_encoder e;
    struct features scratch = {0};
    static float x[MODEL_MAX_DIM];
    bool some;
    err = (struct err){0};
    int rc = static_encoder_open(&e, dir, &err);
    CHECK((rc == 0) == (err.msg[0] == '\0'));
    if (rc != 0) {
        CHECK(strstr(err.msg, dir) != NULL);
        return rc;
    }
    CHECK_OK(static_encoder_encode(&e, &scratch, (struct text){"the red fox", 11}, x, &some, &err), &err);
    features_done(&scratch);
    static_encoder_close(&e);
    return 0;
}

static void create(const char *spec_text, const char *name)
{
    struct model_config config;
    err = (struct err){0};
    CHECK_OK(init_spec_parse(&config, &(size_t){0}, spec_text, &err), &err);
    CHECK_OK(static_encoder_create(&config, scratch_path(name), 1, 1, &err), &err);
    model_config_done(&config);
}

/* Truncations and flips of one file of a folder; limit: only the first bytes are flipped. */
static void damage(const char *name, const char *file, size_t limit, size_t *n_cut_ok, size_t *n_flip_ok)
{
    char path[128], dir[4096];
    size_t n;
    snprintf(path, sizeof path, "%s/%s", name, file);
    snprintf(dir, sizeof dir, "%s", scratch_path(name));
    char *p = scratch_read(path, &n);
    CHECK_EQ(open_and_encode(dir), 0);
    *n_cut_ok = *n_flip_ok = 0;
    for (size_t cut = 0; cut < n; cut++) {
        scratch_write(path, p, cut);
        *n_cut_ok += open_and_encode(dir) == 0;
    }
    for (size_t bit = 0; bit < 8 * (n < limit ? n : limit); bit++) {
        p[bit / 8] ^= (char)(1 << bit % 8);
        scratch_write(path, p, n);
        *n_flip_ok += open_and_encode(dir) == 0;
        p[bit / 8] ^= (char)(1 << bit % 8);
    }
    scratch_write(path, p, n);
    free(p);
}

static void test_config(void)
{
    size_t n_cut_ok, n_flip_ok;
    create("static,dim=4,buckets=8", "a");
    damage("a", "config.json", SIZE_MAX, &n_cut_ok, &n_flip_ok);
    CHECK_EQ(n_cut_ok, 1);                     /* without its last LF */
}

static void test_weights(void)
{
    size_t n_cut_ok, n_flip_ok;
    create("static,dim=4,buckets=8", "b");
    damage("b", "model.safetensors", 128, &n_cut_ok, &n_flip_ok);
    CHECK_EQ(n_cut_ok, 0);
}

static void test_vocabulary(void)
{
    size_t n_cut_ok, n_flip_ok;
    CHECK(mkdir(scratch_path("c"), 0777) == 0);
    scratch_write("c/vocab.txt", "[UNK]\nthe\nred\nf\n##ox\n", 21);
    create("static,dim=4", "c");
    damage("c", "vocab.txt", SIZE_MAX, &n_cut_ok, &n_flip_ok);
    CHECK_EQ(n_cut_ok, 4);                     /* within the last piece: another one */
    damage("c", "config.json", SIZE_MAX, &n_cut_ok, &n_flip_ok);
}

int main(void)
{
    scratch_in_memory();
    CHECK_RUN(test_config);
    CHECK_RUN(test_weights);
    CHECK_RUN(test_vocabulary);
    scratch_done();
    return check_status();
}
