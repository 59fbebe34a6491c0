#include "text/unigram.h"

#include <math.h>

/* The best way to a position of the text. */
struct features_node {
    double score;
    uint32_t from, id;
};

static const double unknown_penalty = 10.0;

int unigram_open(struct unigram *u, const struct unigram_piece *pieces, size_t n, size_t n_ids, uint32_t unknown, double worst,
                 struct err *err)
{
    int rc = 0;
    uint32_t bad = 0;
    struct trie_key *keys = NULL;
    *u = (struct unigram){.n = n_ids, .unknown = unknown, .unknown_score = worst - unknown_penalty};
    TRY_NEW(keys, MEM_ARRAY(struct trie_key, n, err));
    TRY_NEW(u->scores, MEM_ZARRAY(double, n_ids, err));
    for (size_t i = 0; i < n; i++) {
        keys[i] = (struct trie_key){pieces[i].p, pieces[i].n, pieces[i].id};
        u->scores[pieces[i].id] = pieces[i].score;
    }
    rc = trie_build(&u->trie, keys, n, &bad, err);
    if (rc == ERR_DATA || rc == ERR_LIMIT)
        err_prefix(err, "piece %u: ", bad);
out:
    mem_free(keys);
    if (rc)
        unigram_done(u);
    return rc;
}

void unigram_done(struct unigram *u)
{
    trie_done(&u->trie);
    mem_free(u->scores);
    *u = (struct unigram){0};
}

static size_t char_bytes(unsigned char lead, size_t left)
{
    size_t n = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    return n < left ? n : left;
}

static void offer(struct features_node *end, double score, size_t from, uint32_t id, bool single)
{
    if (single)
        score = (float)score;
    if (score > end->score)
        *end = (struct features_node){score, (uint32_t)from, id};
}

static void find_best(const struct unigram *u, const char *p, size_t n, struct features_node *ends)
{
    const struct trie *t = &u->trie;
    ends[0].score = 0;
    for (size_t i = 1; i <= n; i++)
        ends[i].score = -INFINITY;
    for (size_t at = 0, bytes; at < n; at += bytes) {
        double here = ends[at].score;
        bool known = false;
        uint32_t node = TRIE_ROOT;
        bytes = char_bytes((unsigned char)p[at], n - at);
        for (size_t i = at; i < n && (node = trie_child(t, node, (unsigned char)p[i])) != 0;) {
            uint32_t value = trie_value(t, node);
            i++;
            if (value == 0)
                continue;
            offer(&ends[i], here + u->scores[value - 1], at, value - 1, u->single);
            known |= i - at == bytes;
        }
        if (!known) {
            double score = here + u->unknown_score;
            offer(&ends[at + bytes], score, at, u->unknown, u->single);
        }
    }
}

int unigram_append(const struct unigram *u, const char *p, size_t n, struct features *f, struct err *err)
{
    int rc = 0;
    size_t first = f->n;
    bool after_unknown = false;
    if (n >= UINT32_MAX)
        return err_set(err, ERR_LIMIT, "a text of 4 GB or more");
    TRY(mem_reserve(&f->lattice, &f->lattice_cap, n + 1, sizeof *f->lattice, err));
    find_best(u, p, n, f->lattice);
    for (size_t at = n, from; at > 0; at = from) {           /* from the end */
        uint32_t id = f->lattice[at].id;
        from = f->lattice[at].from;
        bool unknown = id == u->unknown;
        if (unknown && u->by_bytes)
            for (size_t i = at; i-- > from;)
                TRY(features_add(f, u->bytes[(unsigned char)p[i]], err));
        else if (!unknown || !after_unknown)
            TRY(features_add(f, id, err));
        after_unknown = unknown;
    }
    for (size_t i = first, j = f->n; i + 1 < j; i++) {
        uint32_t id = f->at[i];
        f->at[i] = f->at[--j];
        f->at[j] = id;
    }
out:
    return rc;
}
