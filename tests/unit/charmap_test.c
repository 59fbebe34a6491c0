#include "text/charmap.h"
#include "charmap_made.h"
#include "check.h"

static struct err err;

/* A capital in full width, two ligatures, e with an acute accent in two characters, CR; and what is dropped. */
static const struct charmap_rule rules[] = {{"\xEF\xBC\xA1", "A"}, {"\xEF\xAC\x81", "fi"}, {"e\xCC\x81", "\xC3\xA9"},
                                            {"e\xCC\x81!", "?"},
                                            {"\r", " "}, {"\t", " "}, {"\x01", ""}};
enum { N_RULES = sizeof rules / sizeof *rules };

static const char *append(const struct charmap *c, const char *text, size_t n)
{
    static struct buf out;
    buf_clear(&out);
    CHECK_OK(charmap_append(c, &out, text, n, &err), &err);
    return out.p;
}

static void test_replacements(void)
{
    size_t n;
    unsigned char *blob = charmap_made(rules, N_RULES, &n);
    struct charmap c;
    CHECK_OK(charmap_open(&c, blob, n, &err), &err);
    CHECK_STR(append(&c, "", 0), "");
    CHECK_STR(append(&c, "a\tb\x01", 4), "a b");
    CHECK_STR(append(&c, "a\r\nb\r", 5), "a b ");                         /* CR LF is one grapheme */
    CHECK_STR(append(&c, "\xEF\xBC\xA1\xEF\xAC\x81x", 7), "Afix");
    CHECK_STR(append(&c, "e\xCC\x81!", 4), "\xC3\xA9!");                  /* not the longest key */
    CHECK_STR(append(&c, "e\xCC\x81\xCC\xA3", 5), "\xC3\xA9");            /* a short grapheme goes as a whole */
    CHECK_STR(append(&c, "e\xCC\x81\xCC\xA3\xCC\xA3", 7), "e\xCC\x81\xCC\xA3\xCC\xA3");
    CHECK_STR(append(&c, "\xFF" "e\xCC", 3), "\xEF\xBF\xBD" "e\xEF\xBF\xBD");
    CHECK_EQ(charmap_find(&c, "e\xCC\x81!", 4, true).used, 4);
    CHECK_EQ(charmap_find(&c, "e\xCC\x81!", 4, false).used, 3);
    CHECK(charmap_find(&c, "e\xCC", 2, true).p == NULL);
    CHECK(c.ascii['\t'].n == 1 && !c.ascii['e'].p && !c.ascii_pairs['e']);
    charmap_done(&c);
    free(blob);
}

static void test_base64(void)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t n, t = 0;
    unsigned char *blob = charmap_made(rules, N_RULES, &n);
    char *text = calloc(n, 2);
    for (size_t i = 0; i < n; i += 3) {
        uint32_t bits = (uint32_t)blob[i] << 16 | (i + 1 < n ? blob[i + 1] : 0u) << 8 | (i + 2 < n ? blob[i + 2] : 0u);
        for (size_t j = 0; j < 4; j++)
            text[t++] = i + j > n ? '=' : digits[bits >> (18 - 6 * j) & 63];
    }
    struct charmap c;
    CHECK_OK(charmap_open_base64(&c, text, t, &err), &err);
    CHECK_STR(append(&c, "\xEF\xAC\x81\t", 4), "fi ");
    charmap_done(&c);
    CHECK_EQ(charmap_open_base64(&c, text, t - 1, &err), ERR_DATA);
    text[40] = '-';
    CHECK_EQ(charmap_open_base64(&c, text, t, &err), ERR_DATA);
    CHECK_EQ(charmap_open_base64(&c, "", 0, &err), ERR_DATA);
    CHECK_EQ(charmap_open_base64(&c, "====", 4, &err), ERR_DATA);
    free(text);
    free(blob);
}

static void test_bad_charmaps(void)
{
    char long_value[CHARMAP_MAX_REPLACEMENT + 2] = "";
    struct charmap c;
    size_t n;
    unsigned char *blob = charmap_made(rules, N_RULES, &n);
    err = (struct err){0};
    CHECK_EQ(charmap_open(&c, blob, n - 2, &err), ERR_TRUNCATED);
    CHECK_EQ(charmap_open(&c, blob, 100, &err), ERR_TRUNCATED);
    CHECK_EQ(charmap_open(&c, blob, 3, &err), ERR_DATA);
    blob[0] = 1;
    CHECK_EQ(charmap_open(&c, blob, n, &err), ERR_DATA);
    free(blob);
    memset(long_value, 'x', CHARMAP_MAX_REPLACEMENT + 1);
    blob = charmap_made(&(struct charmap_rule){"a", long_value}, 1, &n);
    CHECK_EQ(charmap_open(&c, blob, n, &err), ERR_LIMIT);
    free(blob);
    blob = charmap_made(&(struct charmap_rule){"a", long_value + 1}, 1, &n);
    CHECK_OK(charmap_open(&c, blob, n, &err), &err);
    CHECK_EQ(strlen(append(&c, "aaaa", 4)), 4 * CHARMAP_MAX_REPLACEMENT);
    charmap_done(&c);
    free(blob);
}

int main(void)
{
    CHECK_RUN(test_replacements);
    CHECK_RUN(test_base64);
    CHECK_RUN(test_bad_charmaps);
    return check_status();
}
