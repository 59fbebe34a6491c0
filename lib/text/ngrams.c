#include "text/ngrams.h"
#include "text/normal.h"

#include <string.h>

enum { MAX_WORD = 400 };       /* code points; a longer run of letters is no word, and its n-grams are those of its start */

static const uint64_t word_basis = 0xCBF29CE484222325u, gram_basis = 0x84222325CBF29CE4u, fnv_prime = 0x100000001B3u;

static uint64_t hash_byte(uint64_t h, unsigned char byte)
{
    return (h ^ byte) * fnv_prime;
}

/* FNV leaves its upper bits poor after short inputs; this is what makes all of them depend on all bytes. */
static uint32_t row_of(uint64_t h, uint32_t buckets)
{
    h ^= h >> 32;
    h *= 0xD6E8FEB86659FD93u;
    h ^= h >> 32;
    return (uint32_t)(((h & 0xFFFFFFFFu) * buckets) >> 32);
}

/* starts: (n_codes + 1) offsets of the code points of "<word>". */
static int append_grams(const struct ngrams *g, const char *marked, const uint16_t *starts, size_t n_codes, struct features *f,
                        struct err *err)
{
    int rc = 0;
    for (size_t from = 0; from + g->min <= n_codes && rc == 0; from++) {
        uint64_t h = gram_basis;
        size_t at = starts[from];
        for (size_t n = 1; n <= g->max && from + n <= n_codes && n < n_codes && rc == 0; n++) {
            for (; at < starts[from + n]; at++)
                h = hash_byte(h, (unsigned char)marked[at]);
            if (n >= g->min)
                rc = features_add(f, row_of(h, g->buckets), err);
        }
    }
    return rc;
}

static int append_word(const struct ngrams *g, const char *word, size_t n, struct features *f, struct err *err)
{
    char marked[MAX_WORD * 4 + 2];
    uint16_t starts[MAX_WORD + 3];
    uint64_t h = word_basis;
    for (size_t i = 0; i < n; i++)
        h = hash_byte(h, (unsigned char)word[i]);
    int rc = features_add(f, row_of(h, g->buckets), err);
    if (rc)
        return rc;

    size_t n_codes = 0, kept = 0, at = 1;
    marked[0] = '<';
    starts[n_codes++] = 0;
    for (; kept < n; kept++) {
        if (((unsigned char)word[kept] & 0xC0) != 0x80) {
            if (n_codes == MAX_WORD + 1)
                break;
            starts[n_codes++] = (uint16_t)at;
        }
        marked[at++] = word[kept];
    }
    if (n_codes - 1 < g->letters)
        return 0;
    starts[n_codes++] = (uint16_t)at;
    marked[at++] = '>';
    starts[n_codes] = (uint16_t)at;
    return append_grams(g, marked, starts, n_codes, f, err);
}

int ngrams_append(const struct ngrams *g, const char *text, size_t n, struct features *f, struct err *err)
{
    buf_clear(&f->normal);
    int rc = normal_append(&f->normal, text, n, NORMAL_UNCASED, err);
    size_t at = 0, start;
    bool punctuation;
    while (rc == 0 && normal_word(f->normal.p, f->normal.n, &at, &start, &punctuation))
        if (!punctuation)
            rc = append_word(g, f->normal.p + start, at - start, f, err);
    return rc;
}
