#include "nn/safetensors.h"
#include "base/bytes.h"
#include "check.h"
#include "nn/safetensors_write.h"
#include "scratch.h"

static struct err err;

/* A file of a header and n_data bytes 0, 1, 2, ...; parsed from memory. */
static int parse(struct safetensors *s, const char *header, size_t n_data)
{
    static unsigned char file[8192];
    size_t n = strlen(header);
    bytes_put_u64(file, n);
    memcpy(file + 8, header, n);
    for (size_t i = 0; i < n_data; i++)
        file[8 + n + i] = (unsigned char)i;
    err = (struct err){0};
    *s = (struct safetensors){0};
    return safetensors_parse(s, file, 8 + n + n_data, &err);
}

static void test_tensors(void)
{
    struct safetensors s;
    CHECK_OK(parse(&s, "{\"b\":{\"dtype\":\"U8\",\"shape\":[2,3],\"data_offsets\":[4,10]},\"__metadata__\":{\"format\":\"pt\"},"
                       "\"a\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]},"
                       "\"none\":{\"dtype\":\"I64\",\"shape\":[0,5],\"data_offsets\":[4,4]}}  ", 10), &err);
    CHECK_EQ(s.n_tensors, 3);
    CHECK_STR(s.tensors[0].name, "a");
    CHECK_STR(s.tensors[2].name, "b");
    const struct tensor *b = safetensors_find(&s, "b");
    CHECK(b && b->n_dims == 2 && b->shape[0] == 2 && b->shape[1] == 3 && b->n == 6 && b->data[0] == 4);
    CHECK_EQ(safetensors_find(&s, "none")->n, 0);
    CHECK_EQ(safetensors_find(&s, "a")->n, 1);
    CHECK(safetensors_find(&s, "c") == NULL);
    safetensors_close(&s);
    CHECK_OK(parse(&s, "{}", 0), &err);
    CHECK_EQ(s.n_tensors, 0);
    safetensors_close(&s);
}

#define ONE(dtype, shape, offsets) "{\"t\":{\"dtype\":" dtype ",\"shape\":" shape ",\"data_offsets\":" offsets "}}"

static void test_lies(void)
{
    static const struct { const char *header; size_t n_data; enum err_code code; } lies[] = {
        {ONE("\"F32\"", "[2]", "[0,8]"), 7, ERR_TRUNCATED},
        {ONE("\"F32\"", "[2]", "[0,8]"), 9, ERR_DATA},
        {ONE("\"F32\"", "[2]", "[4,12]"), 12, ERR_DATA},
        {ONE("\"F32\"", "[3]", "[0,8]"), 8, ERR_DATA},
        {ONE("\"F32\"", "[2]", "[8,0]"), 8, ERR_DATA},
        {ONE("\"F32\"", "[2]", "[0]"), 8, ERR_DATA},
        {ONE("\"F32\"", "[2]", "[0,8,8]"), 8, ERR_DATA},
        {ONE("\"F32\"", "[2]", "[-8,0]"), 8, ERR_DATA},
        {ONE("\"F32\"", "[2]", "[0,8.0]"), 8, ERR_DATA},
        {ONE("\"F32\"", "[-2]", "[0,8]"), 8, ERR_DATA},
        {ONE("\"F32\"", "2", "[0,8]"), 8, ERR_DATA},
        {ONE("\"F32\"", "[1,1,1,1,1,1,1,1,2]", "[0,8]"), 8, ERR_DATA},
        {ONE("\"F32\"", "[4611686018427387904,4]", "[0,8]"), 8, ERR_DATA},
        {ONE("\"F32\"", "[4611686018427387905]", "[0,4]"), 4, ERR_DATA},          /* times 4 wraps to 4 */
        {ONE("\"F33\"", "[2]", "[0,8]"), 8, ERR_DATA},
        {ONE("7", "[2]", "[0,8]"), 8, ERR_DATA},
        {"{\"t\":1}", 8, ERR_DATA},
        {"[]", 0, ERR_DATA},
        {"", 0, ERR_DATA},
        {"{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]},"
         "\"b\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[2,6]}}",
         6, ERR_DATA},
        {"{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},"
         "\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,2]}}",
         2, ERR_DATA},
    };
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        struct safetensors s;
        int rc = parse(&s, lies[i].header, lies[i].n_data);
        if (rc != (int)lies[i].code)
            fprintf(stderr, "%s: %d %s\n", lies[i].header, rc, err.msg);
        CHECK_EQ(rc, lies[i].code);
        CHECK(s.tensors == NULL);
    }
}

static void test_header_length(void)
{
    unsigned char file[16] = {0};
    struct safetensors s = {0};
    for (size_t n = 0; n < 8; n++) {
        err = (struct err){0};
        CHECK_EQ(safetensors_parse(&s, file, n, &err), ERR_TRUNCATED);
    }
    bytes_put_u64(file, 9);
    err = (struct err){0};
    CHECK_EQ(safetensors_parse(&s, file, sizeof file, &err), ERR_TRUNCATED);
    bytes_put_u64(file, UINT64_MAX);
    err = (struct err){0};
    CHECK_EQ(safetensors_parse(&s, file, sizeof file, &err), ERR_LIMIT);
}

static void test_widen(void)
{
    struct safetensors s;
    float x[4];
    CHECK_OK(parse(&s, "{\"h\":{\"dtype\":\"F16\",\"shape\":[3],\"data_offsets\":[0,6]},"
                       "\"b\":{\"dtype\":\"BF16\",\"shape\":[3],\"data_offsets\":[6,12]},"
                       "\"i\":{\"dtype\":\"I32\",\"shape\":[1],\"data_offsets\":[12,16]}}", 16), &err);
    unsigned char *data = (unsigned char *)(uintptr_t)s.tensors[0].data;
    memcpy(data, "\x00\x3C\x00\xC0\x01\x00" "\x80\x3F\x00\xC0\x20\x41", 12);       /* 1, -2, 2^-24; 1, -2, 10 */
    CHECK_OK(safetensors_widen(safetensors_find(&s, "h"), 0, 3, x, &err), &err);
    CHECK(x[0] == 1.0f && x[1] == -2.0f && x[2] == 0x1p-24f);
    CHECK_OK(safetensors_widen(safetensors_find(&s, "b"), 1, 2, x, &err), &err);
    CHECK(x[0] == -2.0f && x[1] == 10.0f);
    CHECK_EQ(safetensors_widen(safetensors_find(&s, "i"), 0, 1, x, &err), ERR_DATA);
    err = (struct err){0};
    CHECK_EQ(safetensors_widen(safetensors_find(&s, "b"), 2, 2, x, &err), ERR_INTERNAL);
    safetensors_close(&s);
}

static void test_write_and_read(void)
{
    char name_a[] = "a.weight", name_b[] = "b";
    struct tensor tensors[] = {{.name = name_a, .dtype = SAFETENSORS_F32, .n_dims = 2, .shape = {2, 2}},
                               {.name = name_b, .dtype = SAFETENSORS_U8, .n_dims = 1, .shape = {3}}};
    float a[] = {1, 2, 3, 4};
    struct output *out;
    struct safetensors s;
    err = (struct err){0};
    const char *path = scratch_path("w.safetensors");
    CHECK_OK(output_open(&out, path, true, &err), &err);
    CHECK_OK(safetensors_write_header(out, tensors, 2, &err), &err);
    CHECK_EQ(output_offset(out) % 64, 0);
    CHECK_OK(output_write(out, a, sizeof a, &err), &err);
    CHECK_OK(output_write(out, "xyz", 3, &err), &err);
    CHECK_OK(output_commit(out, &err), &err);
    output_free(out);
    for (int load = MAPFILE_MMAP; load <= MAPFILE_COPY; load++) {
        CHECK_OK(safetensors_open(&s, path, (enum mapfile_load)load, &err), &err);
        CHECK_EQ(s.n_tensors, 2);
        CHECK(memcmp(safetensors_find(&s, "a.weight")->data, a, sizeof a) == 0);
        CHECK(memcmp(safetensors_find(&s, "b")->data, "xyz", 3) == 0);
        safetensors_close(&s);
    }
    CHECK_EQ(safetensors_open(&s, scratch_path("missing"), MAPFILE_MMAP, &err), ERR_IO);
    err = (struct err){0};
    CHECK_EQ(safetensors_open(&s, scratch_write("short", "1234", 4), MAPFILE_MMAP, &err), ERR_TRUNCATED);
    CHECK(strstr(err.msg, "short: 4 bytes") != NULL);
}

/* What a library of others wrote. */
static void test_real_files(void)
{
    const char *data = getenv("VECPIPE_TESTDATA");
    static const char *const names[] = {"encoders/model2vec-64/model.safetensors", "encoders/bert-72x3-mean/model.safetensors"};
    for (size_t i = 0; i < 2; i++) {
        char path[4096];
        struct safetensors s;
        snprintf(path, sizeof path, "%s/%s", data ? data : "/nonexistent", names[i]);
        if (access(path, R_OK) != 0) {
            printf("# skipped %s: not in VECPIPE_TESTDATA\n", names[i]);
            continue;
        }
        err = (struct err){0};
        CHECK_OK(safetensors_open(&s, path, MAPFILE_MMAP, &err), &err);
        CHECK(s.n_tensors > 0);
        safetensors_close(&s);
    }
}

int main(void)
{
    CHECK_RUN(test_tensors);
    CHECK_RUN(test_lies);
    CHECK_RUN(test_header_length);
    CHECK_RUN(test_widen);
    CHECK_RUN(test_write_and_read);
    CHECK_RUN(test_real_files);
    scratch_done();
    return check_status();
}
