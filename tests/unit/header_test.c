#include "check.h"
#include "fmt/header.h"

static void test_text_and_back(void)
{
    struct err err = {0};
    struct header h = {0}, back = {0};
    struct buf text = {0}, again = {0};
    CHECK_OK(header_set_kind(&h, "vectors", &err), &err);
    CHECK_OK(header_add_column(&h, "id", COLUMN_U64, 1, &err), &err);
    CHECK_OK(header_add_column(&h, "vec", COLUMN_F32, 256, &err), &err);
    CHECK_OK(header_add_column(&h, "words", COLUMN_STR, COLUMN_RAGGED, &err), &err);
    CHECK_OK(header_set_meta(&h, "prefix", "query: ", &err), &err);
    CHECK_OK(header_set_meta(&h, "metric", "ip", &err), &err);
    CHECK_OK(header_set_meta(&h, "x-odd", "a\\b\nc\td\r\x01\xff\xc3\xa9", &err), &err);
    CHECK_OK(header_add_program(&h, "vec-encode", "0.1.0", "vec-encode -m 'a b' x.tsv", NULL, 0, &err), &err);
    CHECK_OK(header_format(&h, &text, &err), &err);
    CHECK_STR(text.p, "@kind vectors\n@column id u64\n@column vec f32 256\n@column words str *\n@meta metric ip\n"
                      "@meta prefix query: \n@meta x-odd a\\\\b\\nc\\td\\r\\x01\\xFF\xc3\xa9\n"
                      "@program 0 - vec-encode 0.1.0 vec-encode -m 'a b' x.tsv\n");
    CHECK_OK(header_parse(&back, text.p, text.n, &err), &err);
    CHECK_STR(header_meta(&back, "x-odd"), "a\\b\nc\td\r\x01\xff\xc3\xa9");
    CHECK_EQ(header_column(&back, "vec"), 1);
    CHECK_EQ(header_column(&back, "key"), -1);
    CHECK(header_meta(&back, "space") == NULL);
    CHECK_OK(header_format(&back, &again, &err), &err);
    CHECK_STR(again.p, text.p);
    CHECK_OK(header_same(&h, &back, &err), &err);
    CHECK_OK(header_set_meta(&back, "metric", NULL, &err), &err);
    CHECK_EQ(header_same(&h, &back, &err), ERR_DATA);
    buf_done(&text);
    buf_done(&again);
    header_done(&h);
    header_done(&back);
}

static void test_refusals(void)
{
    static const char *const bad[] = {
        "", "@kind a\n", "@column id u64\n", "@kind a\n@column id u64", "@kind A\n@column id u64\n",
        "@kind a\n@column id u64 0\n",
        "@kind a\n@column id u64 1\n", "@kind a\n@column id u64 1048577\n", "@kind a\n@column id str 2\n",
        "@kind a\n@column id u64\n@meta b 1\n@meta a 1\n", "@kind a\n@column id u64\n@meta a\n",
        "@kind a\n@column id u64\n@meta a \\q\n",
        "@kind a\n@column id u64\n@program 0 0 a 1 a\n", "@kind a\n@column id u64\n@program 0 - A 1 a\n",
        "@kind a\n@column id u64\n\n",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct err err = {0};
        struct header h;
        CHECK(header_parse(&h, bad[i], strlen(bad[i]), &err) != 0);
        CHECK(err.msg[0] != '\0');
    }
}

static void test_provenance_of_two_inputs(void)
{
    struct err err = {0};
    struct header a = {0}, b = {0}, c = {0};
    const struct header *both[] = {&a, &b};
    CHECK_OK(header_add_program(&a, "text-convert", "1", "text-convert x", NULL, 0, &err), &err);
    CHECK_OK(header_copy_metas(&b, &a, &err), &err);
    CHECK_OK(header_add_program(&b, "text-convert", "1", "text-convert x", NULL, 0, &err), &err);
    const struct header *from_a[] = {&a};
    struct header d = {0};
    CHECK_OK(header_add_program(&d, "vec-encode", "1", "vec-encode p", from_a, 1, &err), &err);
    both[0] = &d;
    CHECK_OK(header_add_program(&c, "knn-exact", "1", "knn-exact", both, 2, &err), &err);
    CHECK_EQ(c.n_programs, 3);                     /* the shared text-convert stands once */
    CHECK_STR(c.programs[0].name, "text-convert");
    CHECK_EQ(c.programs[2].n_parents, 2);
    CHECK_EQ(c.programs[2].parents[0], 1);
    CHECK_EQ(c.programs[2].parents[1], 0);
    header_done(&a);
    header_done(&b);
    header_done(&c);
    header_done(&d);
}

int main(void)
{
    CHECK_RUN(test_text_and_back);
    CHECK_RUN(test_refusals);
    CHECK_RUN(test_provenance_of_two_inputs);
    return check_status();
}
