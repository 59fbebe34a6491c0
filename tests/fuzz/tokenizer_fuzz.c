/* tokenizer.json where the bytes start with {, a sentencepiece model else.  What is accepted gives ids below its n, the same ones
 * twice. */
#include "fuzz.h"
#include "text/tokenizer.h"
#include "text/tokenjson.h"

static int open_bytes(struct tokenizer *t, const uint8_t *data, size_t size, struct err *err)
{
    *t = (struct tokenizer){0};
    if (size > 0 && data[0] == '{')
        return tokenjson_read(t, (const char *)data, size, err);
    t->kind = TOKENIZER_SENTENCEPIECE;
    int rc = sentencepiece_open(&t->sentencepiece, data, size, err);
    t->n = t->sentencepiece.n;
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char fixed[] = "a <s>fox\xCC\x81 \xEF\xBC\xA1 ab\r\n[SEP] one \xFF\xF0\x9F\x8C\x9E\xE4\xB8\xAD bb";
    struct err err = {0};
    struct tokenizer t;
    int rc = open_bytes(&t, data, size, &err);
    if (!fuzz_refused(rc, &err)) {
        struct features f = {0}, g = {0};
        const char *text = size % 2 ? fixed : (const char *)data;
        size_t n = size % 2 ? sizeof fixed : size < 2000 ? size : 2000;
        FUZZ_CHECK(tokenizer_append(&t, text, n, &f, &err) == 0 && tokenizer_append(&t, text, n, &g, &err) == 0);
        FUZZ_CHECK(f.n == g.n && (f.n == 0 || memcmp(f.at, g.at, f.n * sizeof *f.at) == 0));
        for (size_t i = 0; i < f.n; i++)
            FUZZ_CHECK(f.at[i] < t.n);
        features_done(&f);
        features_done(&g);
    }
    tokenizer_close(&t);
    return 0;
}
