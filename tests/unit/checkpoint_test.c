#include "nn/checkpoint.h"
#include "base/bytes.h"
#include "check.h"
#include "scratch.h"

#include <sys/stat.h>

static struct err err;

/* folder/NAME: a safetensors file of U8 tensors of shape (2, 1), by names. */
static void write_weights(const char *folder, const char *file, const char *const *names)
{
    static unsigned char bytes[4096];
    char path[PATH_MAX];
    size_t n = 8, n_tensors = 0;
    n += (size_t)sprintf((char *)bytes + n, "{");
    for (size_t i = 0; names[i]; i++, n_tensors++)
        n += (size_t)sprintf((char *)bytes + n, "%s\"%s\":{\"dtype\":\"U8\",\"shape\":[2,1],\"data_offsets\":[%zu,%zu]}",
                             i ? "," : "", names[i], 2 * i, 2 * i + 2);
    n += (size_t)sprintf((char *)bytes + n, "}");
    bytes_put_u64(bytes, n - 8);
    for (size_t i = 0; i < 2 * n_tensors; i++)
        bytes[n++] = (unsigned char)i;
    mkdir(scratch_path(folder), 0777);
    snprintf(path, sizeof path, "%s/%s", folder, file);
    scratch_write(path, bytes, n);
}

#define NAMES(...) (const char *const[]){__VA_ARGS__, NULL}

static int open_folder(struct checkpoint *c, const char *folder)
{
    err = (struct err){0};
    return checkpoint_open(c, scratch_path(folder), MAPFILE_MMAP, &err);
}

/* Opening fails with code and a message that has these words. */
static void refused(const char *folder, enum err_code code, const char *words)
{
    struct checkpoint c;
    CHECK_EQ(open_folder(&c, folder), code);
    if (!strstr(err.msg, words))
        CHECK_STR(err.msg, words);
    CHECK(c.entries == NULL && c.files == NULL && c.dir == NULL);
}

static void test_names(void)
{
    struct checkpoint c;
    write_weights("names", "model.safetensors",
                  NAMES("bert.embeddings.LayerNorm.gamma", "0.auto_model.bert.x", "cls.bert.y", "roberta.a.LayerNorm.beta",
                        "embeddings.position_ids", "gamma"));
    CHECK_OK(open_folder(&c, "names"), &err);
    CHECK_EQ(c.n_entries, 6);
    CHECK(checkpoint_find(&c, "embeddings.LayerNorm.weight")->data[0] == 0);
    CHECK(checkpoint_find(&c, "x")->data[0] == 2);
    CHECK(checkpoint_find(&c, "a.LayerNorm.bias")->data[0] == 6);
    CHECK(checkpoint_find(&c, "cls.bert.y") && checkpoint_find(&c, "embeddings.position_ids") && checkpoint_find(&c, "gamma"));
    CHECK(checkpoint_find(&c, "bert.embeddings.LayerNorm.gamma") == NULL && checkpoint_find(&c, "") == NULL);
    checkpoint_close(&c);
    write_weights("twice", "model.safetensors", NAMES("bert.x", "y", "x"));
    refused("twice", ERR_DATA, "model.safetensors: tensors '");
}

static void test_need(void)
{
    struct checkpoint c;
    const struct tensor *t = NULL;
    write_weights("need", "model.safetensors", NAMES("bert.a"));
    CHECK_OK(open_folder(&c, "need"), &err);
    CHECK_OK(checkpoint_need(&c, "a", 2, (size_t[]){2, 1}, &t, &err), &err);
    CHECK_STR(t->name, "bert.a");
    CHECK_EQ(checkpoint_need(&c, "b", 1, (size_t[]){7}, &t, &err), ERR_DATA);
    CHECK(strstr(err.msg, "need/model.safetensors: tensor 'b' is missing, expected one of shape (7)") != NULL);
    err = (struct err){0};
    CHECK_EQ(checkpoint_need(&c, "a", 2, (size_t[]){1, 2}, &t, &err), ERR_DATA);
    CHECK(strstr(err.msg, "need/model.safetensors: tensor 'bert.a' has shape (2, 1), expected (1, 2)") != NULL);
    err = (struct err){0};
    CHECK_EQ(checkpoint_need(&c, "a", 1, (size_t[]){2}, &t, &err), ERR_DATA);
    CHECK_EQ(checkpoint_need(&c, "a", 0, NULL, &t, &err), ERR_DATA);
    checkpoint_close(&c);
}

static void write_index(const char *text)
{
    scratch_write("shards/model.safetensors.index.json", text, strlen(text));
}

static void test_shards(void)
{
    struct checkpoint c;
    write_weights("shards", "one", NAMES("bert.a", "b"));
    write_weights("shards", "two", NAMES("c"));
    write_weights("shards", "again", NAMES("b"));
    write_index("{\"metadata\": {\"total_size\": 6}, \"weight_map\": {\"bert.a\": \"one\", \"c\": \"two\", \"b\": \"one\"}}");
    CHECK_OK(open_folder(&c, "shards"), &err);
    CHECK_EQ(c.n_entries, 3);
    CHECK(checkpoint_find(&c, "a") && checkpoint_find(&c, "b") && checkpoint_find(&c, "c")->data[1] == 1);
    checkpoint_close(&c);

    write_index("{\"weight_map\": {\"bert.a\": \"one\", \"c\": \"one\", \"b\": \"one\"}}");
    refused("shards", ERR_DATA, "one: tensor 'c' is missing");
    write_index("{\"weight_map\": {\"bert.a\": \"one\", \"c\": \"two\"}}");
    refused("shards", ERR_DATA, "one: tensor 'b' is here, but");
    write_index("{\"weight_map\": {\"bert.a\": \"one\", \"b\": \"again\"}}");
    refused("shards", ERR_DATA, "puts it in again");
    write_index("{\"weight_map\": {\"a\": \"three\"}}");
    refused("shards", ERR_IO, "shards/three");
    static const char *const lies[] = {"{\"weight_map\": {\"a\": \"../need/model.safetensors\"}}",
                                       "{\"weight_map\": {\"a\": \"..\"}}",
                                       "{\"weight_map\": {\"a\": \"/etc/passwd\"}}", "{\"weight_map\": {\"a\": \"\"}}",
                                       "{\"weight_map\": {\"a\": 1}}", "{\"weight_map\": {}}", "{\"weight_map\": []}", "{}", "[]",
                                       "", "{", "{\"weight_map\": {\"a\": \"one\", \"a\": \"two\"}}"};
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        write_index(lies[i]);
        refused("shards", ERR_DATA, "shards/model.safetensors.index.json");
    }
}

static void test_no_weights(void)
{
    mkdir(scratch_path("none"), 0777);
    refused("none", ERR_IO, "none: no weights");
    refused("missing", ERR_IO, "missing: no weights");
    scratch_write("none/model.safetensors", "1234", 4);
    refused("none", ERR_TRUNCATED, "none/model.safetensors");
}

/* pytorch_model.bin of both containers has the tensors of model.safetensors, bytes for bytes. */
static void test_torch_files(void)
{
    static const char *const models[] = {"bert-48x1-max-relu", "bert-64x2-cls", "bert-72x3-mean", "bert-96x2-gelunew",
                                         "xlmr-64x2-cls", "xlmr-80x4-mean"};
    static const char *const files[] = {"pytorch_model.bin", "pytorch_model.legacy.bin"};
    const char *data = getenv("VECPIPE_TESTDATA");
    char path[PATH_MAX], name[64];
    if (!data) {
        printf("# skipped: no VECPIPE_TESTDATA\n");
        return;
    }
    for (size_t i = 0; i < 12; i++) {
        struct checkpoint a, b;
        err = (struct err){0};
        snprintf(path, sizeof path, "%s/encoders/%s", data, models[i / 2]);
        CHECK_OK(checkpoint_open(&a, path, MAPFILE_MMAP, &err), &err);
        snprintf(name, sizeof name, "torch-%zu", i);
        mkdir(scratch_path(name), 0777);
        snprintf(path, sizeof path, "%s/encoders/%s/%s", data, models[i / 2], files[i % 2]);
        snprintf(name, sizeof name, "torch-%zu/pytorch_model.bin", i);
        CHECK(symlink(path, scratch_path(name)) == 0);
        snprintf(name, sizeof name, "torch-%zu", i);
        CHECK_OK(open_folder(&b, name), &err);
        CHECK(a.n_entries > 20 && a.n_entries == b.n_entries);
        for (size_t t = 0; t < a.n_entries && t < b.n_entries; t++) {
            const struct tensor *x = a.entries[t].tensor, *y = b.entries[t].tensor;
            CHECK_STR(x->name, y->name);
            CHECK(x->dtype == y->dtype && x->n_dims == y->n_dims && x->bytes == y->bytes);
            CHECK(memcmp(x->shape, y->shape, x->n_dims * sizeof *x->shape) == 0 && memcmp(x->data, y->data, x->bytes) == 0);
        }
        checkpoint_close(&a);
        checkpoint_close(&b);
    }
}

int main(void)
{
    CHECK_RUN(test_names);
    CHECK_RUN(test_need);
    CHECK_RUN(test_shards);
    CHECK_RUN(test_no_weights);
    CHECK_RUN(test_torch_files);
    scratch_done();
    return check_status();
}
