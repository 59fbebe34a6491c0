#include "quant/codeset.h"

#include "base/mem.h"
#include "base/num.h"

#include <math.h>
#include <string.h>

int codeset_init(struct codeset *s, size_t n, size_t n_levels, const uint32_t *clusters, struct err *err)
{
    int rc = 0;
    *s = (struct codeset){.n = n, .n_levels = n_levels};
    memcpy(s->clusters, clusters, n_levels * sizeof *clusters);
    TRY_NEW(s->code, MEM_ZARRAY(uint16_t, n * n_levels, err));
    TRY_NEW(s->suffix, MEM_ZARRAY(uint16_t, n, err));
out:
    return rc;
}

void codeset_done(struct codeset *s)
{
    mem_free(s->code);
    mem_free(s->suffix);
    *s = (struct codeset){0};
}

int codeset_parse_levels(const char *text, const char *what, size_t n_levels, uint32_t *clusters, size_t *n, struct err *err)
{
    size_t count = 0;
    for (const char *p = text;; p++) {
        const char *end = strchr(p, ',');
        size_t bytes = end ? (size_t)(end - p) : strlen(p);
        uint64_t value;
        if (count == CODESET_MAX_LEVELS)
            return err_set(err, ERR_USAGE, "%s %s: more than %d levels", what, text, CODESET_MAX_LEVELS);
        if (!num_parse_u64(p, bytes, 1, CODESET_MAX_CLUSTERS, &value))
            return err_set(err, ERR_USAGE, "%s %s: expected numbers from 1 to %d with commas between", what, text,
                           CODESET_MAX_CLUSTERS);
        clusters[count++] = (uint32_t)value;
        if (!end)
            break;
        p = end;
    }
    for (size_t l = 1; count == 1 && l < n_levels; l++)
        clusters[l] = clusters[0];
    *n = count == 1 && n_levels > 0 ? n_levels : count;
    if (n_levels > 0 && *n != n_levels)
        return err_set(err, ERR_USAGE, "%s %s: %zu numbers for %zu levels", what, text, count, n_levels);
    return 0;
}

/* ---- the stream ---- */

int codeset_set_levels(struct header *h, const struct codeset *s, struct err *err)
{
    struct buf text = {0};
    int rc = 0;
    for (size_t l = 0; l < s->n_levels; l++)
        TRY(buf_printf(&text, err, "%s%u", l ? "," : "", s->clusters[l]));
    TRY(header_set_meta(h, "levels", text.p, err));
out:
    buf_done(&text);
    return rc;
}

int codeset_header(struct header *h, const struct codeset *s, bool has_key, struct err *err)
{
    int rc = 0;
    TRY(header_set_kind(h, "codes", err));
    TRY(header_add_column(h, "id", COLUMN_U64, 1, err));
    if (has_key)
        TRY(header_add_column(h, "key", COLUMN_STR, 1, err));
    TRY(header_add_column(h, "code", COLUMN_U16, (uint32_t)s->n_levels, err));
    TRY(header_add_column(h, "suffix", COLUMN_U16, 1, err));
    TRY(codeset_set_levels(h, s, err));
out:
    return rc;
}

int codeset_write(struct stream_writer *w, const struct codeset *s, const uint64_t *ids, const struct text *keys, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < s->n; i++) {
        struct cell cells[4];
        size_t c = 0;
        cells[c++] = (struct cell){&ids[i], 1};
        if (keys)
            cells[c++] = (struct cell){keys[i].p, keys[i].n};
        cells[c++] = (struct cell){s->code + i * s->n_levels, s->n_levels};
        cells[c++] = (struct cell){&s->suffix[i], 1};
        rc = stream_writer_row(w, cells, err);
    }
    return rc;
}

/* ---- statistics ---- */

/* Stable counting sorts, the last level first. */
int codeset_sort(const struct codeset *s, uint32_t *order, struct err *err)
{
    int rc = 0;
    uint32_t *next = NULL, *first = NULL;
    TRY_NEW(next, MEM_ARRAY(uint32_t, s->n, err));
    TRY_NEW(first, MEM_ARRAY(uint32_t, CODESET_MAX_CLUSTERS + 1, err));
    for (size_t i = 0; i < s->n; i++)
        order[i] = (uint32_t)i;
    for (size_t l = s->n_levels; l > 0; l--) {
        const uint16_t *code = s->code + l - 1;
        memset(first, 0, (CODESET_MAX_CLUSTERS + 1) * sizeof *first);
        for (size_t i = 0; i < s->n; i++)
            first[code[i * s->n_levels] + 1]++;
        for (size_t j = 1; j <= CODESET_MAX_CLUSTERS; j++)
            first[j] += first[j - 1];
        for (size_t i = 0; i < s->n; i++)
            next[first[code[order[i] * s->n_levels]]++] = order[i];
        memcpy(order, next, s->n * sizeof *order);
    }
out:
    mem_free(next);
    mem_free(first);
    return rc;
}

size_t codeset_run(const struct codeset *s, const uint32_t *order, size_t from)
{
    size_t to = from + 1, bytes = s->n_levels * sizeof *s->code;
    while (to < s->n && memcmp(s->code + order[from] * s->n_levels, s->code + order[to] * s->n_levels, bytes) == 0)
        to++;
    return to;
}

static double part(double count, double n) { return count > 0 ? -count / n * log2(count / n) : 0; }

static int count_level(const struct codeset *s, size_t l, struct codeset_level *out, struct err *err)
{
    uint32_t *size = MEM_ZARRAY(uint32_t, CODESET_MAX_CLUSTERS, err);
    if (!size)
        return ERR_NOMEM;
    *out = (struct codeset_level){.least = UINT32_MAX};
    for (size_t i = 0; i < s->n; i++)
        size[s->code[i * s->n_levels + l]]++;
    for (size_t j = 0; j < s->clusters[l]; j++) {
        out->used += size[j] > 0;
        out->least = size[j] < out->least ? size[j] : out->least;
        out->most = size[j] > out->most ? size[j] : out->most;
        out->entropy += part(size[j], (double)s->n);
    }
    mem_free(size);
    return 0;
}

int codeset_count(const struct codeset *s, struct codeset_stats *stats, struct codeset_level *levels, struct err *err)
{
    int rc = 0;
    double n = (double)s->n, tuples = 1;
    uint32_t *order = NULL;
    *stats = (struct codeset_stats){0};
    TRY_NEW(order, MEM_ARRAY(uint32_t, s->n, err));
    TRY(codeset_sort(s, order, err));
    for (size_t from = 0, to; from < s->n; from = to) {
        to = codeset_run(s, order, from);
        stats->distinct++;
        stats->entropy += part((double)(to - from), n);
        if (to - from > 1) {
            stats->groups++;
            stats->members += to - from;
            stats->largest = to - from > stats->largest ? to - from : stats->largest;
        }
    }
    for (size_t l = 0; l < s->n_levels; l++) {
        TRY(count_level(s, l, &levels[l], err));
        tuples *= s->clusters[l];
    }
    stats->rate = s->n > 0 ? 1 - (double)stats->distinct / n : 0;
    stats->expected = n + tuples * expm1(n * (tuples > 1 ? log1p(-1 / tuples) : -INFINITY));
out:
    mem_free(order);
    return rc;
}

/* ---- suffixes ---- */

/* seen (65,536), zero: the last run, counted from 1, that had the suffix. */
static bool is_prefix_free(const struct codeset *s, const uint32_t *order, uint32_t *seen)
{
    uint32_t run = 0;
    for (size_t from = 0, to; from < s->n; from = to) {
        to = codeset_run(s, order, from);
        run++;
        for (size_t i = from; i < to; i++) {
            uint16_t suffix = s->suffix[order[i]];
            if (to - from > 1 && (suffix == 0 || seen[suffix] == run))
                return false;
            seen[suffix] = run;
        }
    }
    return true;
}

int codeset_prefix_free(const struct codeset *s, bool *yes, struct err *err)
{
    int rc = 0;
    uint32_t *order = NULL, *seen = NULL;
    TRY_NEW(order, MEM_ARRAY(uint32_t, s->n, err));
    TRY_NEW(seen, MEM_ZARRAY(uint32_t, UINT16_MAX + 1, err));
    TRY(codeset_sort(s, order, err));
    *yes = is_prefix_free(s, order, seen);
out:
    mem_free(order);
    mem_free(seen);
    return rc;
}

int codeset_suffix(struct codeset *s, struct err *err)
{
    int rc = 0;
    uint32_t *order = NULL, *seen = NULL;
    TRY_NEW(order, MEM_ARRAY(uint32_t, s->n, err));
    TRY_NEW(seen, MEM_ZARRAY(uint32_t, UINT16_MAX + 1, err));
    TRY(codeset_sort(s, order, err));
    for (size_t from = 0, to; from < s->n; from = to) {
        to = codeset_run(s, order, from);
        if (to - from > UINT16_MAX) {
            rc = err_set(err, ERR_LIMIT, "%zu items have the same codes, such as row %u; suffixes go to %d", to - from,
                         order[from], UINT16_MAX);
            goto out;
        }
        for (size_t i = from; i < to; i++)
            s->suffix[order[i]] = (uint16_t)(to - from > 1 ? i - from + 1 : 0);
    }
    if (!is_prefix_free(s, order, seen))
        rc = err_set(err, ERR_INTERNAL, "suffixes do not tell all codes apart");
out:
    mem_free(order);
    mem_free(seen);
    return rc;
}
