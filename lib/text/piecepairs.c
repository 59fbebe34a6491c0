#include "text/piecepairs.h"

#include "base/map.h"
#include "base/mem.h"
#include "base/rng.h"

#include <math.h>

enum { NONE = UINT32_MAX };

/* A piece somewhere in a word. */
struct piecepairs_place {
    uint32_t piece, before, next;       /* places of the same word, or NONE */
    uint64_t n;                         /* how often its word was seen */
};

struct piecepairs_pair {
    uint32_t a, b;
    uint64_t n;                         /* how often, by the words' counts */
    uint32_t first;                     /* of its links: places of a, stale ones among them */
};

/* A list's element: of a pair's places, of a piece's pairs. */
struct piecepairs_link {
    uint32_t what, next;
};

struct piecepairs_piece {
    uint64_t n;
    uint32_t pairs;                     /* first link: pairs that it stands in */
};

void piecepairs_done(struct piecepairs *v)
{
    map_done(&v->ids);
    mem_free(v->pieces);
    mem_free(v->places);
    mem_free(v->pairs);
    mem_free(v->links);
    pairheap_done(&v->heap);
}

int piecepairs_add_piece(struct piecepairs *v, uint32_t piece, struct err *err)
{
    if (piece < v->n_pieces)
        return 0;
    int rc = mem_reserve(&v->pieces, &v->cap_pieces, (size_t)piece + 1, sizeof *v->pieces, err);
    for (; rc == 0 && v->n_pieces <= piece; v->n_pieces++)
        v->pieces[v->n_pieces] = (struct piecepairs_piece){.pairs = NONE};
    return rc;
}

int piecepairs_add_word(struct piecepairs *v, const uint32_t *pieces, size_t n, uint64_t count, struct err *err)
{
    if (v->n_places + n >= NONE)
        return err_set(err, ERR_LIMIT, "too many different words to learn a vocabulary from");
    int rc = mem_reserve(&v->places, &v->cap_places, v->n_places + n, sizeof *v->places, err);
    for (size_t i = 0; i < n && rc == 0; i++) {
        uint32_t here = (uint32_t)v->n_places++;
        v->places[here] = (struct piecepairs_place){pieces[i], i ? here - 1 : NONE, i + 1 < n ? here + 1 : NONE, count};
        v->pieces[pieces[i]].n += count;
        v->n_letters += count;
    }
    return rc;
}

static int add_link(struct piecepairs *v, uint32_t *list, uint32_t what, struct err *err)
{
    if (v->n_links >= NONE)
        return err_set(err, ERR_LIMIT, "too many different words to learn a vocabulary from");
    int rc = mem_reserve(&v->links, &v->cap_links, v->n_links + 1, sizeof *v->links, err);
    if (rc == 0) {
        v->links[v->n_links] = (struct piecepairs_link){what, *list};
        *list = (uint32_t)v->n_links++;
    }
    return rc;
}

static double gain(const struct piecepairs *v, const struct piecepairs_pair *p)
{
    if (p->n < 2)
        return 0;
    double n = (double)p->n;
    return n * (log(n) + v->log_n - log((double)v->pieces[p->a].n) - log((double)v->pieces[p->b].n));
}

/* Count the pair of the pieces at a place and the next one, as often as its word was seen. */
static int count_pair(struct piecepairs *v, uint32_t at, struct err *err)
{
    int rc = 0;
    bool found;
    uint64_t *value;
    uint32_t key[2] = {v->places[at].piece, v->places[v->places[at].next].piece};
    TRY(map_add(&v->ids, key, sizeof key, v->n_pairs, &found, &value, err));
    uint32_t id = (uint32_t)*value;
    if (!found) {
        TRY(mem_reserve(&v->pairs, &v->cap_pairs, v->n_pairs + 1, sizeof *v->pairs, err));
        v->pairs[id] = (struct piecepairs_pair){.a = key[0], .b = key[1], .first = NONE};
        TRY(add_link(v, &v->pieces[key[0]].pairs, id, err));
        if (key[0] != key[1])
            TRY(add_link(v, &v->pieces[key[1]].pairs, id, err));
        TRY(pairheap_add(&v->heap, rng_u64(v->seed, RNG_VOCAB, (uint64_t)key[0] << 32 | key[1]), err));
        v->n_pairs++;
    }
    v->pairs[id].n += v->places[at].n;
    TRY(add_link(v, &v->pairs[id].first, at, err));
out:
    return rc;
}

/* The opposite; its link stays, and is seen to be stale when it is come across. */
static void discount_pair(struct piecepairs *v, uint32_t a, uint32_t b, uint64_t n)
{
    uint32_t key[2] = {a, b};
    v->pairs[*map_get(&v->ids, key, sizeof key)].n -= n;
}

int piecepairs_start(struct piecepairs *v, uint64_t seed, struct err *err)
{
    int rc = 0;
    v->seed = seed;
    v->log_n = log((double)v->n_letters);
    for (size_t at = 0; at < v->n_places; at++)
        if (v->places[at].next != NONE)
            TRY(count_pair(v, (uint32_t)at, err));
    for (size_t i = 0; i < v->n_pairs; i++)
        pairheap_set(&v->heap, (uint32_t)i, gain(v, &v->pairs[i]));
out:
    return rc;
}

/* Make a and b one wherever they are neighbours. */
static int merge(struct piecepairs *v, uint32_t pair, uint32_t made, struct err *err)
{
    int rc = 0;
    uint32_t a = v->pairs[pair].a, b = v->pairs[pair].b, link = v->pairs[pair].first;
    v->pairs[pair].first = NONE;
    for (; link != NONE; link = v->links[link].next) {
        uint32_t at = v->links[link].what, second = v->places[at].next;
        if (v->places[at].piece != a || second == NONE || v->places[second].piece != b)
            continue;
        uint64_t n = v->places[at].n;
        uint32_t before = v->places[at].before, behind = v->places[second].next;
        discount_pair(v, a, b, n);
        if (before != NONE)
            discount_pair(v, v->places[before].piece, a, n);
        if (behind != NONE)
            discount_pair(v, b, v->places[behind].piece, n);
        v->pieces[a].n -= n;
        v->pieces[b].n -= n;
        v->pieces[made].n += n;
        v->places[at].piece = made;
        v->places[at].next = behind;
        v->places[second] = (struct piecepairs_place){NONE, NONE, NONE, 0};
        if (before != NONE)
            TRY(count_pair(v, before, err));
        if (behind != NONE) {
            v->places[behind].before = at;
            TRY(count_pair(v, at, err));
        }
    }
out:
    return rc;
}

/* Gains of all pairs that a piece stands in. */
static void weigh(struct piecepairs *v, uint32_t piece)
{
    for (uint32_t at = v->pieces[piece].pairs; at != NONE; at = v->links[at].next)
        pairheap_set(&v->heap, v->links[at].what, gain(v, &v->pairs[v->links[at].what]));
}

bool piecepairs_best(const struct piecepairs *v, uint32_t *a, uint32_t *b)
{
    uint32_t pair;
    if (!pairheap_best(&v->heap, &pair))
        return false;
    *a = v->pairs[pair].a;
    *b = v->pairs[pair].b;
    return true;
}

int piecepairs_merge(struct piecepairs *v, uint32_t made, struct err *err)
{
    int rc = 0;
    uint32_t pair, a, b;
    if (!pairheap_best(&v->heap, &pair))
        return err_set(err, ERR_INTERNAL, "piecepairs: nothing to merge");
    a = v->pairs[pair].a;
    b = v->pairs[pair].b;
    TRY(piecepairs_add_piece(v, made, err));
    TRY(merge(v, pair, made, err));
    weigh(v, a);
    weigh(v, b);
    weigh(v, made);
out:
    return rc;
}
