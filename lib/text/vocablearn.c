#include "text/vocablearn.h"

#include "base/map.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "text/normal.h"
#include "text/piecepairs.h"
#include "text/wordpiece.h"

#include <stdlib.h>
#include <string.h>

static const char *const specials[] = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"};
enum { N_SPECIALS = sizeof specials / sizeof *specials };

struct vocablearn {
    int steps;
    struct map words, names;            /* word to count; piece, as in vocab.txt, to number */
    struct buf normal, name;
    struct piecepairs pairs;
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
    buf_done(&v->normal);
    buf_done(&v->name);
    piecepairs_done(&v->pairs);
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
    uint64_t *value;
    TRY(map_add(&v->names, v->name.p, v->name.n, v->names.n, NULL, &value, err));
    *piece = (uint32_t)*value;
    TRY(piecepairs_add_piece(&v->pairs, *piece, err));
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

/* A word as its characters; one with a character that there was no room for is unknown, and left out. */
static int place_word(struct vocablearn *v, size_t i, struct err *err)
{
    int rc = 0;
    size_t n, bytes, n_pieces = 0;
    uint32_t pieces[WORDPIECE_MAX_WORD];
    const char *word = map_key(&v->words, i, &n);
    for (size_t at = 0; at < n; at += bytes) {
        bytes = utf8_sequence(word + at, n - at);
        TRY(name_char(v, word + at, bytes, at == 0, err));
        const uint64_t *piece = map_get(&v->names, v->name.p, v->name.n);
        if (!piece)
            return 0;
        pieces[n_pieces++] = (uint32_t)*piece;
    }
    TRY(piecepairs_add_word(&v->pairs, pieces, n_pieces, v->words.entries[i].value, err));
out:
    return rc;
}

static int learn(struct vocablearn *v, size_t n, struct err *err)
{
    int rc = 0;
    for (uint32_t a, b, made = 0; v->names.n < n && piecepairs_best(&v->pairs, &a, &b);) {
        size_t a_n, b_n;
        const char *name = map_key(&v->names, a, &a_n);
        buf_clear(&v->name);
        TRY(buf_put(&v->name, name, a_n, err));
        name = map_key(&v->names, b, &b_n);
        TRY(buf_put(&v->name, name + 2, b_n - 2, err));
        TRY(find_piece(v, &made, err));
        TRY(piecepairs_merge(&v->pairs, made, err));
    }
out:
    return rc;
}

int vocablearn_run(struct vocablearn *v, size_t n, uint64_t seed, struct buf *out, size_t *made, struct err *err)
{
    int rc = 0;
    if (n < VOCABLEARN_MIN || n > VOCABLEARN_MAX)
        return err_set(err, ERR_USAGE, "a vocabulary of %zu pieces, expected %d to %d", n, VOCABLEARN_MIN, VOCABLEARN_MAX);
    if (v->words.n == 0)
        return err_set(err, ERR_DATA, "no words to learn a vocabulary from");
    TRY(make_letters(v, n, err));
    for (size_t i = 0; i < v->words.n; i++)
        TRY(place_word(v, i, err));
    TRY(piecepairs_start(&v->pairs, seed, err));
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
