/* Damage to tokenizers, in process: every truncation and every flipped bit of a small tokenizer.json of each kind and of a
 * sentencepiece model.  Each is refused with the file's name, or is another tokenizer, whose ids are below its n. */
#include "../unit/charmap_made.h"
#include "../unit/check.h"
#include "../unit/scratch.h"
#include "text/tokenizer.h"

static struct err err;

static const char text[] = "a <s>fox\xCC\x81 \xEF\xBC\xA1 ab\r\n[SEP] one \xFF\xF0\x9F\x8C\x9E\xE4\xB8\xAD bb";

static int open_and_encode(const char *dir)
{
    struct tokenizer t;
    struct features f = {0};
    bool cut;
    err = (struct err){0};
    int rc = tokenizer_open(&t, dir, &err);
    CHECK((rc == 0) == (err.msg[0] == '\0'));
    if (rc != 0) {
        CHECK(strstr(err.msg, dir) != NULL && (rc == ERR_DATA || rc == ERR_TRUNCATED || rc == ERR_LIMIT));
        return rc;
    }
    for (size_t n = 0; n < sizeof text; n += 7) {
        CHECK_OK(tokenizer_encode(&t, text, n, 0, &f, &cut, &err), &err);
        for (size_t i = 0; i < f.n; i++)
            CHECK(f.at[i] < t.n);
    }
    features_done(&f);
    tokenizer_close(&t);
    return 0;
}

/* The units of a charmap are many and alike: `step` bits are gone on behind the first 600 bytes. */
static void damage(const char *name, const void *bytes, size_t n, size_t step, size_t *n_cut_ok, size_t *n_flip_ok)
{
    char dir[4096], *p = malloc(n);
    if (!p)
        scratch_die("malloc");
    memcpy(p, bytes, n);
    snprintf(dir, sizeof dir, "%s", scratch_path("."));
    scratch_write(name, p, n);
    CHECK_EQ(open_and_encode(dir), 0);
    *n_cut_ok = *n_flip_ok = 0;
    for (size_t cut = 0; cut < n; cut += cut < 600 ? 1 : step) {
        scratch_write(name, p, cut);
        *n_cut_ok += open_and_encode(dir) == 0;
    }
    for (size_t bit = 0; bit < 8 * n; bit += bit < 8 * 600 ? 1 : step) {
        p[bit / 8] = (char)(p[bit / 8] ^ 1 << bit % 8);
        scratch_write(name, p, n);
        *n_flip_ok += open_and_encode(dir) == 0;
        p[bit / 8] = (char)(p[bit / 8] ^ 1 << bit % 8);
    }
    unlink(scratch_path(name));
    free(p);
}

static void test_wordpiece(void)
{
    static const char json[] = "{\"added_tokens\":[{\"id\":2,\"content\":\"[SEP]\",\"special\":true,\"lstrip\":true},"
        "{\"id\":3,\"content\":\"one\",\"single_word\":true}],\"normalizer\":{\"type\":\"BertNormalizer\",\"lowercase\":true},"
        "\"pre_tokenizer\":{\"type\":\"BertPreTokenizer\"},\"post_processor\":{\"type\":\"BertProcessing\",\"sep\":[\"s\",2],"
        "\"cls\":[\"c\",0]},\"model\":{\"type\":\"WordPiece\",\"vocab\":{\"[UNK]\":0,\"fo\":1,\"##x\":5,\"a\":6}}}";
    size_t n_cut_ok, n_flip_ok;
    damage("tokenizer.json", json, sizeof json - 1, 1, &n_cut_ok, &n_flip_ok);
    CHECK_EQ(n_cut_ok, 0);
    CHECK(n_flip_ok > 0);
}

static const struct charmap_rule rules[] = {{"\xEF\xBC\xA1", "A"}, {"\r", " "}};

static void test_unigram(void)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    static const char before[] = "{\"pre_tokenizer\":{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"WhitespaceSplit\"},"
        "{\"type\":\"Metaspace\",\"replacement\":\"" METASPACE_MARK "\"}]},"
        "\"model\":{\"type\":\"Unigram\",\"unk_id\":0,\"vocab\":"
        "[[\"<unk>\",0],[\"a\",-1],[\"" METASPACE_MARK "a\",-1.5],[\"ab\",-2e0]]},\"normalizer\":{\"type\":\"Precompiled\","
        "\"precompiled_charsmap\":\"";
    struct buf json = {0};
    size_t n, n_cut_ok, n_flip_ok;
    unsigned char *blob = charmap_made(rules, 2, &n);
    CHECK_OK(buf_puts(&json, before, &err), &err);
    for (size_t i = 0; i < n; i += 3) {
        uint32_t bits = (uint32_t)blob[i] << 16 | (i + 1 < n ? blob[i + 1] : 0u) << 8 | (i + 2 < n ? blob[i + 2] : 0u);
        for (size_t j = 0; j < 4; j++)
            CHECK_OK(buf_putc(&json, i + j > n ? '=' : digits[bits >> (18 - 6 * j) & 63], &err), &err);
    }
    CHECK_OK(buf_puts(&json, "\"}}", &err), &err);
    damage("tokenizer.json", json.p, json.n, 53, &n_cut_ok, &n_flip_ok);
    CHECK_EQ(n_cut_ok, 0);
    CHECK(n_flip_ok > 0);
    buf_done(&json);
    free(blob);
}

/* A field of bytes of a message. */
static void put_bytes(struct buf *b, char key, const void *p, size_t n)
{
    CHECK_OK(buf_putc(b, key, &err), &err);
    for (; n >= 128; n = 0) {
        CHECK_OK(buf_putc(b, (char)((n & 127) | 128), &err), &err);
        CHECK_OK(buf_putc(b, (char)(n >> 7), &err), &err);
        CHECK(n < (1 << 14));
        CHECK_OK(buf_put(b, p, n, &err), &err);
        return;
    }
    CHECK_OK(buf_putc(b, (char)n, &err), &err);
    CHECK_OK(buf_put(b, p, n, &err), &err);
}

static void put_piece(struct buf *b, const char *piece, float score, char type)
{
    struct buf m = {0};
    char fixed[4];
    bytes_put_f32(fixed, score);
    put_bytes(&m, 0x0A, piece, strlen(piece));
    CHECK_OK(buf_putc(&m, 0x15, &err), &err);
    CHECK_OK(buf_put(&m, fixed, 4, &err), &err);
    CHECK_OK(buf_putc(&m, 0x18, &err), &err);
    CHECK_OK(buf_putc(&m, type, &err), &err);
    put_bytes(b, 0x0A, m.p, m.n);
    buf_done(&m);
}

static void test_sentencepiece(void)
{
    struct buf model = {0}, normalizer = {0};
    size_t n, n_cut_ok, n_flip_ok;
    unsigned char *blob = charmap_made(rules, 2, &n);
    put_bytes(&model, 0x12, "\x18\x01", 2);
    put_piece(&model, "<unk>", 0, 2);
    put_piece(&model, "<s>", 0, 3);
    put_piece(&model, "</s>", 0, 3);
    put_piece(&model, METASPACE_MARK "a", -1, 1);
    put_piece(&model, "fox", -2, 1);
    put_piece(&model, "b", -2.5f, 1);
    put_bytes(&normalizer, 0x0A, "x", 1);
    put_bytes(&normalizer, 0x12, blob, n);
    put_bytes(&model, 0x1A, normalizer.p, normalizer.n);
    damage("sentencepiece.bpe.model", model.p, model.n, 53, &n_cut_ok, &n_flip_ok);
    CHECK(n_cut_ok <= 4 && n_flip_ok > 0);           /* between two fields: pieces are enough */
    buf_done(&model);
    buf_done(&normalizer);
    free(blob);
}

int main(void)
{
    scratch_in_memory();
    CHECK_RUN(test_wordpiece);
    CHECK_RUN(test_unigram);
    CHECK_RUN(test_sentencepiece);
    scratch_done();
    return check_status();
}
