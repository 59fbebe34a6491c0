#include "fmt/vecselect.h"

#include "base/mem.h"
#include "base/num.h"
#include "base/rng.h"

#include <string.h>

bool vecselect_parse_rows(const char *text, struct vecselect_options *o)
{
    const char *colon = strchr(text, ':');
    if (!colon || (colon == text && !colon[1]))
        return false;
    o->from = 0;
    o->to = UINT64_MAX;
    if (colon != text && !num_parse_u64(text, (size_t)(colon - text), 0, UINT64_MAX - 1, &o->from))
        return false;
    return !colon[1] || num_parse_u64(colon + 1, strlen(colon + 1), o->from, UINT64_MAX - 1, &o->to);
}

bool vecselect_parse_shard(const char *text, struct vecselect_options *o)
{
    const char *slash = strchr(text, '/');
    return slash && num_parse_u64(slash + 1, strlen(slash + 1), 1, UINT32_MAX, &o->n_shards) &&
           num_parse_u64(text, (size_t)(slash - text), 0, o->n_shards - 1, &o->shard);
}

int vecselect_parse(const char *rows, const char *shard, struct vecselect_options *o, struct err *err)
{
    if (rows && !vecselect_parse_rows(rows, o))
        return err_set(err, ERR_USAGE, "--rows %s: expected A:B, A: or :B with A <= B", rows);
    if (shard && !vecselect_parse_shard(shard, o))
        return err_set(err, ERR_USAGE, "--shard %s: expected I/N with 0 <= I < N", shard);
    return 0;
}

bool vecselect_needs_total(const struct vecselect_options *o)
{
    return o->sample > 0 || o->n_shards > 1;
}

struct ticket {
    uint64_t hash, row;
};

static bool after(struct ticket a, struct ticket b)
{
    return a.hash > b.hash || (a.hash == b.hash && a.row > b.row);
}

/* Put t at the root of a max-heap of n, where the root is missing. */
static void sift(struct ticket *heap, size_t n, size_t at, struct ticket t)
{
    for (size_t child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && after(heap[child + 1], heap[child]))
            child++;
        if (!after(heap[child], t))
            break;
        heap[at] = heap[child];
    }
    heap[at] = t;
}

/* The largest ticket of the o->sample smallest. */
static int find_last(struct vecselect *s, uint64_t to, struct err *err)
{
    const struct vecselect_options *o = &s->options;
    size_t n = (size_t)o->sample;
    struct ticket *heap = MEM_ARRAY(struct ticket, n, err);
    if (!heap)
        return ERR_NOMEM;
    for (uint64_t row = o->from; row < to; row++) {
        struct ticket t = {rng_u64(o->seed, RNG_SAMPLE, row), row};
        size_t i = (size_t)(row - o->from);
        if (i < n)
            heap[i] = t;
        if (i + 1 == n)
            for (size_t at = n / 2; at-- > 0;)
                sift(heap, n, at, heap[at]);
        if (i >= n && after(heap[0], t))
            sift(heap, n, 0, t);
    }
    s->last_hash = heap[0].hash;
    s->last_row = heap[0].row;
    mem_free(heap);
    return 0;
}

/* n * i / n_shards, without overflow: n_shards is below 2^32. */
static uint64_t shard_start(uint64_t n, uint64_t i, uint64_t n_shards)
{
    return n / n_shards * i + n % n_shards * i / n_shards;
}

int vecselect_init(struct vecselect *s, const struct vecselect_options *o, uint64_t total, struct err *err)
{
    *s = (struct vecselect){.options = *o, .total = total, .end = UINT64_MAX};
    uint64_t to = o->to < total ? o->to : total;
    if (total != UINT64_MAX && (o->from > total || (o->to != UINT64_MAX && o->to > total)))
        return err_set(err, ERR_DATA, "%llu rows, but --rows asks for those up to %llu", (unsigned long long)total,
                       (unsigned long long)(o->to == UINT64_MAX ? o->from : o->to));
    if (!vecselect_needs_total(o))
        return 0;
    uint64_t left = to - o->from;
    if (o->sample > left)
        return err_set(err, ERR_DATA, "%llu rows to choose from, but --sample asks for %llu", (unsigned long long)left,
                       (unsigned long long)o->sample);
    if (o->sample > 0) {
        left = o->sample;
        int rc = find_last(s, to, err);
        if (rc)
            return rc;
    }
    if (o->n_shards > 1) {
        s->first = shard_start(left, o->shard, o->n_shards);
        s->end = shard_start(left, o->shard + 1, o->n_shards);
    }
    return 0;
}

uint64_t vecselect_count(const struct vecselect *s)
{
    const struct vecselect_options *o = &s->options;
    if (s->end != UINT64_MAX)
        return s->end - s->first;
    if (o->sample > 0)
        return o->sample;
    if (o->to != UINT64_MAX)
        return o->to - o->from;
    return s->total == UINT64_MAX ? UINT64_MAX : s->total - o->from;
}

bool vecselect_done(const struct vecselect *s)
{
    return s->row >= s->options.to || s->rank >= s->end;
}

static bool sampled(const struct vecselect *s, uint64_t row)
{
    uint64_t hash = rng_u64(s->options.seed, RNG_SAMPLE, row);
    return hash < s->last_hash || (hash == s->last_hash && row <= s->last_row);
}

/* Rows of equal fate by range and shard, the sample aside; rank is not moved. */
static size_t plain_run(const struct vecselect *s, size_t n, bool *in_range, bool *keep)
{
    const struct vecselect_options *o = &s->options;
    *in_range = s->row >= o->from && s->row < o->to;
    *keep = *in_range && s->rank >= s->first && s->rank < s->end;
    uint64_t run = n;
    if (s->row < o->from)
        run = o->from - s->row;
    else if (*in_range) {
        run = o->to - s->row;
        uint64_t edge = s->rank < s->first ? s->first : s->end;      /* of the shard */
        if (s->rank < edge && edge - s->rank < run)
            run = edge - s->rank;
    }
    return run < n ? (size_t)run : n;
}

size_t vecselect_next(struct vecselect *s, size_t n, bool *keep)
{
    bool in_range;
    size_t run = plain_run(s, n, &in_range, keep);
    if (in_range && s->options.sample > 0) {
        size_t i = 1;
        bool first = sampled(s, s->row);
        while (i < run && sampled(s, s->row + i) == first)
            i++;
        run = i;
        *keep = *keep && first;
        in_range = first;         /* only rows of the sample are ranked */
    }
    s->row += run;
    s->rank += in_range ? run : 0;
    return run;
}
