#include "text/wordpiece.h"

#include "sys/input.h"
#include "text/normal.h"

#include <string.h>

struct wordpiece {
    struct trie starts;         /* pieces as they stand in the file */
    struct trie goes_on;        /* "##x" as "x" */
    char *pool;                 /* the bytes of a vocab.txt's pieces, end to end */
    size_t *ends;               /* where in pool each ends; NULL where they came otherwise */
    size_t n, max_word;
    int steps;
    uint32_t unknown;
};

static int build(struct wordpiece *w, const struct wordpiece_spec *spec, uint32_t *bad, struct err *err)
{
    int rc = 0;
    size_t prefix = strlen(spec->goes_on), n = 0;
    struct trie_key *rest = NULL;
    w->steps = spec->normal_steps;
    w->max_word = spec->max_word;
    TRY(trie_build(&w->starts, spec->pieces, spec->n, bad, err));
    TRY_NEW(rest, MEM_ARRAY(struct trie_key, spec->n, err));
    for (size_t i = 0; i < spec->n; i++) {
        const struct trie_key *k = &spec->pieces[i];
        w->n = k->value >= w->n ? (size_t)k->value + 1 : w->n;
        if (k->n > prefix && memcmp(k->p, spec->goes_on, prefix) == 0)
            rest[n++] = (struct trie_key){k->p + prefix, k->n - (uint32_t)prefix, k->value};
    }
    TRY(trie_build(&w->goes_on, rest, n, bad, err));
    *bad = UINT32_MAX;
    if (!wordpiece_id(w, spec->unknown, strlen(spec->unknown), &w->unknown))
        rc = err_set(err, ERR_DATA, "no %s among %zu pieces: not a WordPiece vocabulary", spec->unknown, spec->n);
out:
    mem_free(rest);
    return rc;
}

int wordpiece_new(struct wordpiece **w, const struct wordpiece_spec *spec, uint32_t *bad, struct err *err)
{
    uint32_t which = UINT32_MAX;
    struct wordpiece *new = MEM_NEW(struct wordpiece, err);
    int rc = new ? build(new, spec, &which, err) : ERR_NOMEM;
    if (rc)
        wordpiece_close(new);
    else
        *w = new;
    if (bad)
        *bad = rc == ERR_DATA || rc == ERR_LIMIT ? which : UINT32_MAX;
    return rc;
}

struct vocabulary {
    char *pool;
    size_t *ends;
    size_t n, pool_n, pool_cap, cap;
};

static int read_lines(struct vocabulary *v, struct input *in, struct err *err)
{
    int rc = 0;
    char *line;
    size_t n;
    for (;;) {
        TRY(input_line(in, &line, &n, err));
        if (!line)
            break;
        if (n && line[n - 1] == '\r')
            n--;
        if (v->n > TRIE_MAX_VALUE)
            return err_set(err, ERR_LIMIT, "%s: more than %d pieces", input_name(in), TRIE_MAX_VALUE + 1);
        TRY(mem_reserve(&v->pool, &v->pool_cap, v->pool_n + n + 1, 1, err));
        TRY(mem_reserve(&v->ends, &v->cap, v->n + 1, sizeof *v->ends, err));
        memcpy(v->pool + v->pool_n, line, n);
        v->ends[v->n++] = v->pool_n += n;
    }
out:
    return rc;
}

static int build_lines(struct wordpiece **w, struct vocabulary *v, const char *path, int steps, struct err *err)
{
    int rc = 0;
    uint32_t bad = UINT32_MAX;
    struct wordpiece_spec spec = {.n = v->n, .unknown = "[UNK]", .goes_on = "##", .max_word = WORDPIECE_MAX_WORD,
                                  .normal_steps = steps};
    TRY_NEW(spec.pieces, MEM_ARRAY(struct trie_key, v->n, err));
    for (size_t i = 0; i < v->n; i++) {
        size_t start = i ? v->ends[i - 1] : 0;
        spec.pieces[i] = (struct trie_key){v->pool + start, (uint32_t)(v->ends[i] - start), (uint32_t)i};
    }
    rc = wordpiece_new(w, &spec, &bad, err);
    if (rc && bad != UINT32_MAX)
        err_prefix(err, "%s:%u: ", path, bad + 1);
    else if (rc)
        err_prefix(err, "%s: ", path);
out:
    mem_free(spec.pieces);
    return rc;
}

int wordpiece_open(struct wordpiece **w, const char *path, int normal_steps, struct err *err)
{
    int rc = 0;
    struct input *in = NULL;
    struct vocabulary v = {0};
    TRY(input_open(&in, path, err));
    input_limit_lines(in, 1 << 16);
    TRY(read_lines(&v, in, err));
    TRY(build_lines(w, &v, input_name(in), normal_steps, err));
    (*w)->pool = v.pool;
    (*w)->ends = v.ends;
    v = (struct vocabulary){0};
out:
    input_close(in);
    mem_free(v.pool);
    mem_free(v.ends);
    return rc;
}

void wordpiece_close(struct wordpiece *w)
{
    if (!w)
        return;
    trie_done(&w->starts);
    trie_done(&w->goes_on);
    mem_free(w->pool);
    mem_free(w->ends);
    mem_free(w);
}

size_t wordpiece_n(const struct wordpiece *w)
{
    return w->n;
}

const char *wordpiece_piece(const struct wordpiece *w, size_t id, size_t *n)
{
    if (!w->ends)
        return NULL;
    size_t start = id ? w->ends[id - 1] : 0;
    *n = w->ends[id] - start;
    return w->pool + start;
}

bool wordpiece_id(const struct wordpiece *w, const char *piece, size_t n, uint32_t *id)
{
    uint32_t value = trie_find(&w->starts, piece, n);
    if (value)
        *id = value - 1;
    return value != 0;
}

uint32_t wordpiece_unknown(const struct wordpiece *w)
{
    return w->unknown;
}

static size_t count_codes(const char *p, size_t n)
{
    size_t codes = 0;
    for (size_t i = 0; i < n; i++)
        codes += ((unsigned char)p[i] & 0xC0) != 0x80;
    return codes;
}

/* Greedy longest match: a word that cannot be cut up completely is one unknown piece. */
static int append_word(const struct wordpiece *w, const char *word, size_t n, struct features *f, struct err *err)
{
    size_t before = f->n;
    if (n > w->max_word && count_codes(word, n) > w->max_word)
        return features_add(f, w->unknown, err);
    for (size_t at = 0; at < n;) {
        const struct trie *t = at ? &w->goes_on : &w->starts;
        uint32_t node = TRIE_ROOT, id = 0;
        size_t end = at;
        for (size_t i = at; i < n && (node = trie_child(t, node, (unsigned char)word[i])) != 0;) {
            uint32_t value = trie_value(t, node);
            i++;
            if (value && (i == n || ((unsigned char)word[i] & 0xC0) != 0x80)) {
                id = value;
                end = i;
            }
        }
        if (id == 0) {
            f->n = before;
            return features_add(f, w->unknown, err);
        }
        int rc = features_add(f, id - 1, err);
        if (rc)
            return rc;
        at = end;
    }
    return 0;
}

int wordpiece_normalise(const struct wordpiece *w, struct buf *out, const char *p, size_t n, struct err *err)
{
    return normal_append(out, p, n, w->steps, err);
}

int wordpiece_append(const struct wordpiece *w, const char *normal, size_t n, struct features *f, struct err *err)
{
    int rc = 0;
    size_t at = 0, start;
    bool punctuation;
    while (rc == 0 && normal_word(normal, n, &at, &start, &punctuation))
        rc = append_word(w, normal + start, at - start, f, err);
    return rc;
}
