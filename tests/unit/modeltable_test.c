#include "nn/modeltable.h"
#include "check.h"
#include "nn/model_home.h"
#include "scratch.h"
#include "sys/sha.h"

#include <sys/stat.h>

static struct err err;

static void test_sha(void)
{
    struct sha_text sha;
    uint64_t bytes;
    const char *path = scratch_write("abc", "abc", 3);
    CHECK_OK(sha_file(path, SHA_256, &sha, &bytes, &err), &err);
    CHECK_STR(sha.hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK_EQ(bytes, 3);
    CHECK_OK(sha_file(path, SHA_GIT_BLOB, &sha, &bytes, &err), &err);
    CHECK_STR(sha.hex, "f2ba8f84ab5c1bce84a7b441cb1959cfc7093b7f");          /* git hash-object */
    CHECK_OK(sha_file(scratch_write("none", "", 0), SHA_GIT_BLOB, &sha, &bytes, &err), &err);
    CHECK_STR(sha.hex, "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
    CHECK_EQ(sha_file(scratch_path("."), SHA_256, &sha, &bytes, &err), ERR_IO);
    CHECK_EQ(sha_file(scratch_path("missing"), SHA_256, &sha, &bytes, &err), ERR_IO);
    err = (struct err){0};
}

static bool is_hex(const char *text, size_t n)
{
    return strlen(text) == n && strspn(text, "0123456789abcdef") == n;
}

/* The table holds to its own rules. */
static void test_table(void)
{
    CHECK(modeltable_n == 7);
    for (size_t i = 0; i < modeltable_n; i++) {
        const struct modeltable_model *m = &modeltable[i];
        const struct modeltable_file *f = m->files;
        CHECK(modeltable_find(m->name) == m && model_home_is_name(m->name));
        CHECK(is_hex(m->revision, 40) && strchr(m->repository, '/') && m->licence && m->about);
        CHECK(strcmp(m->pooling, "mean") == 0 || strcmp(m->pooling, "cls") == 0);
        CHECK(m->prefix[MODEL_QUERY] && m->prefix[MODEL_PASSAGE]);
        CHECK(!m->wheel || (is_hex(m->wheel->sha256, 64) && strncmp(m->wheel->url, "https://", 8) == 0));
        CHECK_STR(f->name, "config.json");
        for (; f->name; f++) {
            CHECK(!f->optional && (!f->sha256 || is_hex(f->sha256, 64)));
            CHECK(f[1].name || strcmp(f->name, "model.safetensors") == 0 || strcmp(f->name, "pytorch_model.bin") == 0);
        }
        CHECK(f[-1].bytes > 0);
        CHECK(!f[-1].sha256 || modeltable_find_weights(f[-1].sha256) == m);
    }
    CHECK(modeltable_find("bge") == NULL && modeltable_find("") == NULL && modeltable_find_weights("") == NULL);
}

static void test_folders(void)
{
    const struct modeltable_model *m;
    static const char note[] = "{\"model\": \"e5-large-v2\", \"files\": {}}", other[] = "{\"model\": \"mine\"}";
    mkdir(scratch_path("m"), 0777);
    CHECK_OK(modeltable_of_folder(scratch_path("m"), &m, &err), &err);
    CHECK(m == NULL);
    scratch_write("m/model.safetensors", "1234", 4);
    CHECK_OK(modeltable_of_folder(scratch_path("m"), &m, &err), &err);
    CHECK(m == NULL);
    /* Of the size of a known one, but with other bytes: read, and not taken for it. */
    CHECK(truncate(scratch_path("m/model.safetensors"), 90868376) == 0);
    CHECK_OK(modeltable_of_folder(scratch_path("m"), &m, &err), &err);
    CHECK(m == NULL);
    scratch_write("m/model-get.json", note, sizeof note - 1);
    CHECK_OK(modeltable_of_folder(scratch_path("m"), &m, &err), &err);
    CHECK(m != NULL && strcmp(m->prefix[MODEL_PASSAGE], "passage: ") == 0);
    scratch_write("m/model-get.json", other, sizeof other - 1);
    CHECK_OK(modeltable_of_folder(scratch_path("m"), &m, &err), &err);
    CHECK(m == NULL);
    scratch_write("m/model-get.json", "{", 1);
    CHECK_EQ(modeltable_of_folder(scratch_path("m"), &m, &err), ERR_DATA);
    err = (struct err){0};
}

static void test_home(void)
{
    char path[MODEL_HOME_PATH], want[MODEL_HOME_PATH], here[MODEL_HOME_PATH];
    static const char *const bad[] = {"", ".", "..", ".x", "-x", "a/b", "a b", "a\nb", "\xC3\xA4"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK(!model_home_is_name(bad[i]));
    snprintf(want, sizeof want, "%s", scratch_path("data/vecpipe/models/one"));
    setenv("XDG_DATA_HOME", scratch_path("data"), 1);
    CHECK_OK(model_home_path(path, "one", &err), &err);
    CHECK_STR(path, want);
    CHECK_EQ(model_home_find(path, "one", &err), ERR_IO);            /* neither here nor there */
    CHECK(strstr(err.msg, "one: no such folder, and no model of that name in /") != NULL);
    CHECK(strstr(err.msg, "/data/vecpipe/models: model-get --list prints known ones") != NULL);
    err = (struct err){0};
    CHECK_EQ(model_home_find(path, "bge-m3", &err), ERR_IO);
    CHECK(strstr(err.msg, "/data/vecpipe/models: model-get bge-m3 fetches it") != NULL);
    err = (struct err){0};
    CHECK_OK(model_home_find(path, "no/folder", &err), &err);
    CHECK_STR(path, "no/folder");
    mkdir(scratch_path("data"), 0777);
    mkdir(scratch_path("data/vecpipe"), 0777);
    mkdir(scratch_path("data/vecpipe/models"), 0777);
    mkdir(want, 0777);
    CHECK_OK(model_home_find(path, "one", &err), &err);
    CHECK_STR(path, want);
    CHECK_OK(model_home_find(path, "./one", &err), &err);
    CHECK_STR(path, "./one");
    CHECK(getcwd(here, sizeof here) && chdir(scratch_path(".")) == 0 && mkdir("one", 0777) == 0);
    CHECK_OK(model_home_find(path, "one", &err), &err);
    CHECK_STR(path, "one");                                         /* a folder here comes first */
    CHECK(chdir(here) == 0);
    setenv("XDG_DATA_HOME", "relative", 1);
    setenv("HOME", "/home/x", 1);
    CHECK_OK(model_home_path(path, "one", &err), &err);
    CHECK_STR(path, "/home/x/.local/share/vecpipe/models/one");
    unsetenv("HOME");
    CHECK_EQ(model_home_path(path, "one", &err), ERR_USAGE);
    err = (struct err){0};
}

int main(void)
{
    CHECK_RUN(test_sha);
    CHECK_RUN(test_table);
    CHECK_RUN(test_folders);
    CHECK_RUN(test_home);
    scratch_done();
    return check_status();
}
