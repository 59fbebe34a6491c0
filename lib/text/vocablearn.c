#include "text/vocablearn.h"

#include "base/map.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/utf8.h"
#include "text/normal.h"
#include "text/pairheap.h"
#include "text/wordpiece.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NONE = UINT32_MAX };

static const char *const specials[] = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"};
enum { N_SPECIALS = sizeof specials / sizeof *specials };

/* A piece somewhere in a word. */
struct place {
    uint32_t piece, before, next;       /* places of the same word, or NONE */
    uint32_t word;
};

struct pair {
    uint32_t a, b;
    uint64_t n;                         /* how often, by the words' counts */
    uint32_t first;                     /* of its links: places of a, stale ones among them */
};

/* A list's element: of a pair's places, of a piece's pairs. */
struct link {
    uint32_t what, next;
};

struct piece {
    uint64_t n;
    uint32_t pairs;                     /* first link: pairs that it stands in */
};

struct vocablearn {
    int steps;
    struct map words, names, pair_ids;  /* word to count; piece, as in vocab.txt, to number; (a, b) to pair */
    struct buf normal, name;
    struct piece *pieces;
    struct place *places;
    struct pair *pairs;
    struct link *links;
    size_t n_places, n_pairs, n_links, cap_pieces, cap_places, cap_pairs, cap_links;
    uint64_t seed;
    double log_n;
    struct pairheap heap;
};

int vocablearn_new(struct vocablearn **v, int normal_steps, struct err *err)
{
    *v = MEM_NEW(struct vocablearn, err);
    if (!*v)
        return ERR_NOMEM;
    (*v)->steps = normal_steps;
    return 0;
}

void vocablearn_free(struct vocablearn *v)
{
    if (!v)
        return;
    map_done(&v->words);
    map_done(&v->names);
    map_done(&v->pair_ids);
    buf_done(&v->normal);
    buf_done(&v->name);
    mem_free(v->pieces);
    mem_free(v->places);
    mem_free(v->pairs);
    mem_free(v->links);
    pairheap_done(&v->heap);
    mem_free(v);
}

static size_t count_codes(const char *p, size_t n)
{
    size_t codes = 0;
    for (size_t i = 0; i < n; i++)
        codes += ((unsigned char)p[i] & 0xC0) != 0x80;
    return codes;
}

int vocablearn_add(struct vocablearn *v, const char *text, size_t n, struct err *err)
{
    int rc = 0;
    size_t at = 0, start;
    bool punctuation;
    buf_clear(&v->normal);
    TRY(normal_append(&v->normal, text, n, v->steps, err));
    while (normal_word(v->normal.p, v->normal.n, &at, &start, &punctuation)) {
        uint64_t *count;
        if (count_codes(v->normal.p + start, at - start) > WORDPIECE_MAX_WORD)
            continue;
        TRY(map_add(&v->words, v->normal.p + start, at - start, 0, NULL, &count, err));
        ++*count;
    }
out:
    return rc;
}

/* The number of a piece by its name, a new one where there is none. */
static int find_piece(struct vocablearn *v, uint32_t *piece, struct err *err)
{
    int rc = 0;
    bool found;
    uint64_t *value;
    TRY(map_add(&v->names, v->name.p, v->name.n, v->names.n, &found, &value, err));
    *piece = (uint32_t)*value;
    if (!found) {
        TRY(mem_reserve(&v->pieces, &v->cap_pieces, v->names.n, sizeof *v->pieces, err));
        v->pieces[*piece] = (struct piece){.pairs = NONE};
    }
out:
    return rc;
}

static int name_char(struct vocablearn *v, const char *p, size_t n, bool starts, struct err *err)
{
    int rc = 0;
    buf_clear(&v->name);
    if (!starts)
        TRY(buf_puts(&v->name, "##", err));
    TRY(buf_put(&v->name, p, n, err));
out:
    return rc;
}

struct letter {
    uint64_t n;
    const char *name;
    size_t name_n;
};

static int by_count(const void *a, const void *b)
{
    const struct letter *x = a, *y = b;
    if (x->n != y->n)
        return x->n < y->n ? 1 : -1;
    int c = memcmp(x->name, y->name, x->name_n < y->name_n ? x->name_n : y->name_n);
    return c ? c : (x->name_n > y->name_n) - (x->name_n < y->name_n);
}

/* The special pieces and the most frequent characters are the first pieces. */
static int make_letters(struct vocablearn *v, size_t n, struct err *err)
{
    int rc = 0;
    uint64_t *count;
    uint32_t piece;
    struct map letters = {0};
    struct letter *order = NULL;
    for (size_t i = 0; i < v->words.n; i++) {
        size_t word_n, bytes;
        const char *word = map_key(&v->words, i, &word_n);
        for (size_t at = 0; at < word_n; at += bytes) {
            bytes = utf8_sequence(word + at, word_n - at);
            TRY(name_char(v, word + at, bytes, at == 0, err));
            TRY(map_add(&letters, v->name.p, v->name.n, 0, NULL, &count, err));
            *count += v->words.entries[i].value;
        }
    }
    TRY_NEW(order, MEM_ARRAY(struct letter, letters.n, err));
    for (size_t i = 0; i < letters.n; i++) {
        order[i].n = letters.entries[i].value;
        order[i].name = map_key(&letters, i, &order[i].name_n);
    }
    if (letters.n)
        qsort(order, letters.n, sizeof *order, by_count);
    for (size_t i = 0; i < N_SPECIALS + letters.n && i < n; i++) {
        buf_clear(&v->name);
        TRY(i < N_SPECIALS ? buf_puts(&v->name, specials[i], err) :
            buf_put(&v->name, order[i - N_SPECIALS].name, order[i - N_SPECIALS].name_n, err));
        TRY(find_piece(v, &piece, err));
    }
out:
    mem_free(order);
    map_done(&letters);
    return rc;
}

static int add_link(struct vocablearn *v, uint32_t *list, uint32_t what, struct err *err)
{
    if (v->n_links >= NONE)
        return err_set(err, ERR_LIMIT, "too many different words to learn a vocabulary from");
    int rc = mem_reserve(&v->links, &v->cap_links, v->n_links + 1, sizeof *v->links, err);
    if (rc == 0) {
        v->links[v->n_links] = (struct link){what, *list};
        *list = (uint32_t)v->n_links++;
    }
    return rc;
}

static double gain(const struct vocablearn *v, const struct pair *p)
{
    if (p->n < 2)
        return 0;
    double n = (double)p->n;
    return n * (log(n) + v->log_n - log((double)v->pieces[p->a].n) - log((double)v->pieces[p->b].n));
}

/* Count the pair of the pieces at a place and the next one, as often as its word was seen. */
static int count_pair(struct vocablearn *v, uint32_t at, struct err *err)
{
    int rc = 0;
    bool found;
    uint64_t *value;
    uint32_t key[2] = {v->places[at].piece, v->places[v->places[at].next].piece};
    TRY(map_add(&v->pair_ids, key, sizeof key, v->n_pairs, &found, &value, err));
    uint32_t id = (uint32_t)*value;
    if (!found) {
        TRY(mem_reserve(&v->pairs, &v->cap_pairs, v->n_pairs + 1, sizeof *v->pairs, err));
        v->pairs[id] = (struct pair){.a = key[0], .b = key[1], .first = NONE};
        TRY(add_link(v, &v->pieces[key[0]].pairs, id, err));
        if (key[0] != key[1])
            TRY(add_link(v, &v->pieces[key[1]].pairs, id, err));
        TRY(pairheap_add(&v->heap, rng_u64(v->seed, RNG_VOCAB, (uint64_t)key[0] << 32 | key[1]), err));
        v->n_pairs++;
    }
    v->pairs[id].n += v->words.entries[v->places[at].word].value;
    TRY(add_link(v, &v->pairs[id].first, at, err));
out:
    return rc;
}

/* The opposite; its link stays, and is seen to be stale when it is come across. */
static void discount_pair(struct vocablearn *v, uint32_t a, uint32_t b, uint64_t n)
{
    uint32_t key[2] = {a, b};
    v->pairs[*map_get(&v->pair_ids, key, sizeof key)].n -= n;
}

static int place_word(struct vocablearn *v, size_t i, uint64_t *letters, struct err *err)
{
    int rc = 0;
    size_t n, bytes, first = v->n_places;
    const char *word = map_key(&v->words, i, &n);
    for (size_t at = 0; at < n; at += bytes) {
        bytes = utf8_sequence(word + at, n - at);
        TRY(name_char(v, word + at, bytes, at == 0, err));
        const uint64_t *piece = map_get(&v->names, v->name.p, v->name.n);
        if (!piece || v->n_places >= NONE - 1) {        /* a character that there was no room for: the word is unknown */
            v->n_places = first;
            return 0;
        }
        TRY(mem_reserve(&v->places, &v->cap_places, v->n_places + 1, sizeof *v->places, err));
        uint32_t here = (uint32_t)v->n_places++;
        v->places[here] = (struct place){(uint32_t)*piece, at ? here - 1 : NONE, here + 1, (uint32_t)i};
    }
    v->places[v->n_places - 1].next = NONE;
    for (size_t at = first; at < v->n_places; at++)
        v->pieces[v->places[at].piece].n += v->words.entries[i].value;
    *letters += (v->n_places - first) * v->words.entries[i].value;
out:
    return rc;
}

/* Make a and b one wherever they are neighbours. */
static int merge(struct vocablearn *v, uint32_t pair, uint32_t made, struct err *err)
{
    int rc = 0;
    uint32_t a = v->pairs[pair].a, b = v->pairs[pair].b, link = v->pairs[pair].first;
    v->pairs[pair].first = NONE;
    for (; link != NONE; link = v->links[link].next) {
        uint32_t at = v->links[link].what, second = v->places[at].next;
        if (v->places[at].piece != a || second == NONE || v->places[second].piece != b)
            continue;
        uint64_t n = v->words.entries[v->places[at].word].value;
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
        v->places[second] = (struct place){NONE, NONE, NONE, 0};
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
static void weigh(struct vocablearn *v, uint32_t piece)
{
    for (uint32_t at = v->pieces[piece].pairs; at != NONE; at = v->links[at].next)
        pairheap_set(&v->heap, v->links[at].what, gain(v, &v->pairs[v->links[at].what]));
}

static int learn(struct vocablearn *v, size_t n, struct err *err)
{
    int rc = 0;
    for (uint32_t pair; v->names.n < n && pairheap_best(&v->heap, &pair);) {
        uint32_t a = v->pairs[pair].a, b = v->pairs[pair].b, made = 0;
        size_t a_n, b_n;
        const char *name = map_key(&v->names, a, &a_n);
        buf_clear(&v->name);
        TRY(buf_put(&v->name, name, a_n, err));
        name = map_key(&v->names, b, &b_n);
        TRY(buf_put(&v->name, name + 2, b_n - 2, err));
        TRY(find_piece(v, &made, err));
        TRY(merge(v, pair, made, err));
        weigh(v, a);
        weigh(v, b);
        weigh(v, made);
    }
out:
    return rc;
}

int vocablearn_run(struct vocablearn *v, size_t n, uint64_t seed, struct buf *out, size_t *made, struct err *err)
{
    int rc = 0;
    uint64_t letters = 0;
    v->seed = seed;
    if (n < VOCABLEARN_MIN || n > VOCABLEARN_MAX)
        return err_set(err, ERR_USAGE, "a vocabulary of %zu pieces, expected %d to %d", n, VOCABLEARN_MIN, VOCABLEARN_MAX);
    TRY(make_letters(v, n, err));
    for (size_t i = 0; i < v->words.n; i++)
        TRY(place_word(v, i, &letters, err));
    v->log_n = log((double)letters);
    for (size_t at = 0; at < v->n_places; at++)
        if (v->places[at].next != NONE)
            TRY(count_pair(v, (uint32_t)at, err));
    for (size_t i = 0; i < v->n_pairs; i++)
        pairheap_set(&v->heap, (uint32_t)i, gain(v, &v->pairs[i]));
    TRY(learn(v, n, err));
    for (size_t i = 0; i < v->names.n; i++) {
        size_t name_n;
        const char *name = map_key(&v->names, i, &name_n);
        TRY(buf_put(out, name, name_n, err));
        TRY(buf_putc(out, '\n', err));
    }
    *made = v->names.n;
out:
    return rc;
}
