/* What a mapped index leaves unchecked, formats/bm25.md §4. */
#include "text/bm25_file.h"

#include "base/map.h"

#include <inttypes.h>
#include <string.h>

static int check_starts(const char *what, const uint64_t *starts, size_t n, uint64_t bytes, struct err *err)
{
    if (starts[0] != 0 || starts[n] != bytes)
        return err_set(err, ERR_DATA, "section %s: from %" PRIu64 " to %" PRIu64 ", of %" PRIu64 " bytes", what, starts[0],
                       starts[n], bytes);
    for (size_t i = 0; i < n; i++)
        if (starts[i] >= starts[i + 1])
            return err_set(err, ERR_DATA, "section %s: entry %zu is empty or falls", what, i);
    return 0;
}

static int check_keys(const struct bm25_index *x, struct err *err)
{
    struct map seen = {0};
    bool found = false;
    int rc = check_starts("key_starts", x->key_starts, x->n, x->n_key_bytes, err);
    for (size_t i = 0; rc == 0 && i < x->n; i++) {
        const char *key = x->keys + x->key_starts[i];
        size_t n = (size_t)(x->key_starts[i + 1] - x->key_starts[i]);
        rc = map_add(&seen, key, n, i, &found, NULL, err);
        if (rc == 0 && found)
            rc = err_set(err, ERR_DATA, "passage %zu: the key of another", i);
    }
    map_done(&seen);
    return rc;
}

static int check_terms(const struct bm25_index *x, struct err *err)
{
    int rc = check_starts("term_starts", x->term_starts, x->n_terms, x->n_term_bytes, err);
    if (rc)
        return rc;
    const uint64_t *s = x->term_starts;
    for (size_t t = 0; t < x->n_terms; t++) {
        size_t n = (size_t)(s[t + 1] - s[t]), before = t > 0 ? (size_t)(s[t] - s[t - 1]) : 0;
        if (t > 0) {
            int order = memcmp(x->terms + s[t - 1], x->terms + s[t], before < n ? before : n);
            if (order > 0 || (order == 0 && before >= n))
                return err_set(err, ERR_DATA, "term %zu is not behind the one before it", t);
        }
        if (bm25_find(x, x->terms + s[t], n) != (int64_t)t)
            return err_set(err, ERR_DATA, "term %zu is not found by the slots", t);
    }
    size_t used = 0;
    for (size_t i = 0; i < x->n_slots; i++)
        used += x->slots[i] != 0;
    return used == x->n_terms ? 0 : err_set(err, ERR_DATA, "section slots: %zu of %zu terms", used, x->n_terms);
}

/* Postings of a block; *last is the document before it. */
static int check_postings(const struct bm25_index *x, size_t block, int64_t *last, uint64_t *total, struct err *err)
{
    const struct bm25_block *b = &x->blocks[block];
    uint32_t shortest[BM25_RANGES] = {UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX}, max_tf = 0;
    for (size_t i = 0; i < b->n; i++) {
        uint64_t document = (uint64_t)b->first + bm25_offset(x, b, i);
        uint32_t tf = bm25_tf(x, b, i);
        if ((int64_t)document <= *last || document >= x->n || (i == 0 && document != b->first))
            return err_set(err, ERR_DATA, "block %zu: posting %zu is of passage %" PRIu64 ", behind %" PRId64, block, i, document,
                           *last);
        uint32_t length = x->lengths[document];
        if (tf == 0 || tf > length)
            return err_set(err, ERR_DATA, "block %zu: posting %zu: %u times in a passage of %u terms", block, i, tf, length);
        uint32_t *least = &shortest[bm25_range(tf)];
        *least = length < *least ? length : *least;
        max_tf = tf > max_tf ? tf : max_tf;
        *last = (int64_t)document;
        *total += tf;
    }
    if ((uint64_t)*last != b->last || max_tf != b->max_tf || memcmp(shortest, b->shortest, sizeof shortest) != 0)
        return err_set(err, ERR_DATA, "block %zu: its head does not say what its postings are", block);
    return 0;
}

static int check_lists(const struct bm25_index *x, struct err *err)
{
    uint64_t offset = 0, n_postings = 0, total = 0;
    int rc = 0;
    if ((x->n_terms > 0 && x->lists[0].first_block != 0) || x->lists[x->n_terms].first_block != x->n_blocks ||
        x->lists[x->n_terms].df != 0)
        return err_set(err, ERR_DATA, "section lists: does not begin with block 0 or end with %zu", x->n_blocks);
    for (size_t t = 0, first, end; rc == 0 && t < x->n_terms; t++) {
        int64_t last = -1;
        uint64_t df = 0;
        if ((rc = bm25_blocks(x, t, &first, &end, err)) != 0)
            return rc;
        for (size_t block = first; rc == 0 && block < end; block++) {
            const struct bm25_block *b = &x->blocks[block];
            if ((rc = bm25_check_block(x, block, err)) != 0)
                return rc;
            if (b->zero != 0 || b->offset != offset || (block + 1 < end && b->n != BM25_BLOCK))
                return err_set(err, ERR_DATA, "block %zu: out of its place, or not full", block);
            offset += (uint64_t)b->n * ((uint64_t)b->doc_bytes + b->tf_bytes);
            df += b->n;
            rc = check_postings(x, block, &last, &total, err);
        }
        if (rc == 0 && df != x->lists[t].df)
            return err_set(err, ERR_DATA, "term %zu: %" PRIu64 " postings, expected %u", t, df, x->lists[t].df);
        n_postings += df;
    }
    if (rc == 0 && (offset != x->n_posting_bytes || n_postings != x->n_postings || total != x->total_length))
        return err_set(err, ERR_DATA, "%" PRIu64 " postings of %" PRIu64 " terms in %" PRIu64 " bytes: not what the header says",
                       n_postings, total, offset);
    return rc;
}

int bm25_check(const struct bm25_index *x, struct err *err)
{
    uint64_t total = 0;
    int rc = check_keys(x, err);
    if (rc == 0)
        rc = check_terms(x, err);
    if (rc == 0)
        rc = check_lists(x, err);
    for (size_t i = 0; i < x->n; i++)
        total += x->lengths[i];
    return rc ? rc : total == x->total_length ? 0 : err_set(err, ERR_DATA, "section lengths: a sum of %" PRIu64 ", expected %"
                                                            PRIu64, total, x->total_length);
}
