/* Damage to texts, in process: whatever the bytes are, rows come out as the plain form has them or a line is refused; synsets
 * stay inside their line.  Run under ASan to see reads outside. */
#include "../unit/check.h"
#include "../unit/scratch.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/utf8.h"
#include "text/ngrams.h"
#include "text/rows.h"
#include "text/synset.h"
#include "text/tokenizer.h"

static struct err err;

static int is_field(struct text t)
{
    for (size_t i = 0; i < t.n; i++)
        if (t.p[i] == '\t' || t.p[i] == '\r' || t.p[i] == '\n' || t.p[i] == '\0')
            return 0;
    return utf8_valid(t.p, t.n) == t.n;
}

/* Read all rows; how many lines were refused. */
static size_t read_rows(const void *bytes, size_t n, bool repair)
{
    struct rows_options o = {.repair = repair};
    struct rows *r;
    const struct row *row;
    size_t n_bad = 0, n_rows = 0;
    const char *path = scratch_write("rows", bytes, n);
    err = (struct err){0};
    CHECK_OK(rows_open(&r, &path, 1, &o, &err), &err);
    for (;; n_rows++) {
        err = (struct err){0};
        if (rows_next(r, &row, &err) != 0) {
            CHECK(strstr(err.msg, "rows") != NULL);
            n_bad++;
            if (!rows_may_go_on(r))
                break;
        } else if (!row) {
            break;
        } else {
            CHECK(row->id.n > 0 && is_field(row->id) && is_field(row->text) && (!row->title.p || is_field(row->title)));
        }
        CHECK(n_rows <= n);
    }
    rows_close(r);
    return n_bad;
}

static const char tsv[] = "d1\tone t\xC3\xA9xt\nd2\ttwo\ta title\r\n";
static const char jsonl[] = "{\"_id\":\"d1\",\"title\":\"\xC3\xA9\",\"text\":\"a\\u00e9\\n\"}\n{\"id\":7,\"text\":\"b\"}\n";

static void damage(const char *text, size_t n)
{
    char *copy = mem_alloc(n, 1, &err);
    CHECK_EQ(read_rows(text, n, false), 0);
    for (size_t cut = 0; cut < n; cut++)
        (void)read_rows(text, cut, false);
    memcpy(copy, text, n);
    for (size_t bit = 0; bit < 8 * n; bit++) {
        copy[bit / 8] ^= (char)(1 << bit % 8);
        (void)read_rows(copy, n, bit % 2);
        copy[bit / 8] ^= (char)(1 << bit % 8);
    }
    mem_free(copy);
}

static void test_tsv(void) { damage(tsv, sizeof tsv - 1); }
static void test_jsonl(void) { damage(jsonl, sizeof jsonl - 1); }

/* A JSON text that ends too early is refused, whatever the byte. */
static void test_cut_json(void)
{
    const char one[] = "{\"_id\":\"d1\",\"text\":\"abc\"}";
    for (size_t cut = 1; cut < sizeof one - 1; cut++)
        CHECK_EQ(read_rows(one, cut, false), 1);
}

static void random_bytes(char *p, size_t n, uint64_t seed)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t x = rng_u64(seed, RNG_TEST, i);
        p[i] = x % 4 ? (char)(x >> 8) : "\t\n{}\"|"[x / 4 % 6];
    }
}

static void test_random_bytes(void)
{
    char p[300];
    for (uint64_t seed = 0; seed < 300; seed++) {
        random_bytes(p, sizeof p, seed);
        if ((unsigned char)p[0] == 0xFF || (unsigned char)p[0] == 0xFE || p[0] == 0x1F)
            continue;                                  /* UTF-16, gzip */
        (void)read_rows(p, sizeof p, seed % 2);
    }
}

/* Features of any bytes at all; copies end where their memory ends. */
static void test_features_of_random_bytes(void)
{
    const struct ngrams g = {.buckets = 1000, .min = 2, .max = 7, .letters = 1};
    struct tokenizer t;
    struct features f = {0};
    err = (struct err){0};
    CHECK_OK(tokenizer_open_vocab(&t, scratch_write("vocab", "[UNK]\n##a\nb\n\xC3\n", 14), 7, &err), &err);
    for (uint64_t seed = 0; seed < 300; seed++) {
        size_t n = 1 + seed % 200;
        char *p = mem_alloc(n, 1, &err);
        random_bytes(p, n, seed);
        f.n = 0;
        CHECK_OK(ngrams_append(&g, p, n, &f, &err), &err);
        CHECK_OK(tokenizer_append(&t, p, n, &f, &err), &err);
        mem_free(p);
    }
    features_done(&f);
    tokenizer_close(&t);
}

static void parse_synset(const char *line, size_t n)
{
    static struct synset s;
    char *copy = mem_alloc(n, 1, &err);
    memcpy(copy, line, n);
    err = (struct err){0};
    if (synset_parse(&s, copy, n, 'n', &err) == 0) {
        CHECK(s.n_lemmas >= 1 && s.n_lemmas <= SYNSET_MAX_LEMMAS && s.n_examples <= SYNSET_MAX_EXAMPLES);
        for (size_t i = 0; i < s.n_examples; i++)
            CHECK(s.examples[i].p >= copy && s.examples[i].p + s.examples[i].n <= copy + n);
        CHECK(s.definition.p >= copy && s.definition.p + s.definition.n <= copy + n);
    }
    mem_free(copy);
}

static void test_synsets(void)
{
    char line[] = "00002724 29 v 02 choke 0 be_ill(p) 2 000 01 + 02 00 | breathe; \"She choked; she\"- Me; \"he\"  ";
    size_t n = sizeof line - 1;
    for (size_t cut = 0; cut <= n; cut++)
        parse_synset(line, cut);
    for (size_t bit = 0; bit < 8 * n; bit++) {
        line[bit / 8] ^= (char)(1 << bit % 8);
        parse_synset(line, n);
        line[bit / 8] ^= (char)(1 << bit % 8);
    }
}

int main(void)
{
    scratch_in_memory();
    CHECK_RUN(test_tsv);
    CHECK_RUN(test_jsonl);
    CHECK_RUN(test_cut_json);
    CHECK_RUN(test_random_bytes);
    CHECK_RUN(test_features_of_random_bytes);
    CHECK_RUN(test_synsets);
    scratch_done();
    return check_status();
}
