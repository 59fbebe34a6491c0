#include "nn/init_spec.h"
#include "base/mem.h"
#include "base/num.h"
#include "text/normal.h"
#include "text/vocablearn.h"

#include <string.h>

static int number(const char *text, size_t n, uint64_t min, uint64_t max, uint64_t *out, struct err *err)
{
    return num_parse_u64(text, n, min, max, out) ? 0 :
           err_set(err, ERR_USAGE, "'%.*s', expected a number from %llu to %llu", (int)n, text, (unsigned long long)min,
                   (unsigned long long)max);
}

static int set_string(char **to, const char *text, size_t n, struct err *err)
{
    char *copy = mem_alloc(n + 1, 1, err);
    if (!copy)
        return ERR_NOMEM;
    memcpy(copy, text, n);
    copy[n] = '\0';
    mem_free(*to);
    *to = copy;
    return 0;
}

static int set_ngrams(struct ngrams *g, const char *text, size_t n, struct err *err)
{
    int rc = 0;
    uint64_t min = 0, max = 0;
    const char *dash = memchr(text, '-', n);
    size_t min_n = dash ? (size_t)(dash - text) : n;
    TRY(number(text, min_n, 1, NGRAMS_MAX_LENGTH, &min, err));
    max = min;
    if (dash)
        TRY(number(dash + 1, n - min_n - 1, min, NGRAMS_MAX_LENGTH, &max, err));
    g->min = (uint32_t)min;
    g->max = (uint32_t)max;
out:
    return rc;
}

static int set(struct model_config *c, size_t *n_vocab, const char *key, size_t key_n, const char *text, size_t n,
               struct err *err)
{
    static const char *const keys[] = {"dim", "buckets", "ngrams", "letters", "query", "passage", "vocab", NULL};
    uint64_t x = 0;
    int rc = 0, k = 0;
    while (keys[k] && (strlen(keys[k]) != key_n || memcmp(keys[k], key, key_n) != 0))
        k++;
    switch (k) {
    case 0:
        TRY(number(text, n, 1, MODEL_MAX_DIM, &x, err));
        c->dim = (size_t)x;
        break;
    case 1:
        TRY(number(text, n, 1, INT32_MAX, &x, err));
        c->n_rows = (size_t)x;
        break;
    case 2:
        TRY(set_ngrams(&c->ngrams, text, n, err));
        break;
    case 3:
        TRY(number(text, n, 1, NGRAMS_MAX_LETTERS, &x, err));
        c->ngrams.letters = (uint32_t)x;
        break;
    case 4: case 5:
        TRY(set_string(&c->prefix[k == 4 ? MODEL_QUERY : MODEL_PASSAGE], text, n, err));
        break;
    case 6:
        TRY(number(text, n, VOCABLEARN_MIN, VOCABLEARN_MAX, &x, err));
        *n_vocab = (size_t)x;
        break;
    default:
        return err_set(err, ERR_USAGE, "unknown, expected dim, buckets, ngrams, letters, vocab, query or passage");
    }
out:
    return rc;
}

int init_spec_parse(struct model_config *c, size_t *n_vocab, const char *text, struct err *err)
{
    int rc = 0;
    *n_vocab = 0;
    *c = (struct model_config){.dim = 256, .n_rows = 1 << 18, .ngrams = {.min = 4, .max = 6, .letters = 4},
                               .normal_steps = NORMAL_UNCASED, .normalise = true};
    size_t n = strcspn(text, ",");
    if (n != 6 || memcmp(text, "static", n) != 0)
        TRY(err_set(err, ERR_USAGE, "--init %s: unknown kind '%.*s', expected static", text, (int)n, text));
    for (int role = 0; role < MODEL_N_ROLES; role++)
        TRY_NEW(c->prefix[role], mem_strdup("", err));
    for (const char *at = text + n; *at;) {
        at++;
        size_t all = strcspn(at, ","), key = strcspn(at, "=");
        rc = key < all ? set(c, n_vocab, at, key, at + key + 1, all - key - 1, err) :
                         err_set(err, ERR_USAGE, "expected KEY=VALUE");
        if (rc) {
            err_prefix(err, "--init: %.*s: ", (int)all, at);
            goto out;
        }
        at += all;
    }
    c->ngrams.buckets = (uint32_t)c->n_rows;
out:
    if (rc)
        model_config_done(c);
    return rc;
}
