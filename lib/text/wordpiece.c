#include "text/wordpiece.h"
#include "base/map.h"
#include "base/utf8.h"
#include "sys/input.h"
#include "text/normal.h"

#include <string.h>

struct wordpiece {
    struct map starts;          /* pieces as they stand in the file */
    struct map goes_on;         /* "##x" as "x" */
    int steps;
    size_t longest;             /* bytes of the longest piece */
    uint32_t unknown;
};

/* Tokens that are recognised in the text before anything else is done to it. */
static const char *const specials[] = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"};
enum { N_SPECIALS = sizeof specials / sizeof *specials };

static int add_piece(struct wordpiece *w, const char *piece, size_t n, uint64_t id, struct err *err)
{
    int rc = 0;
    bool found;
    if (n == 0)
        return err_set(err, ERR_DATA, "an empty line, expected a piece");
    if (id >= WORDPIECE_MAX_VOCAB)
        return err_set(err, ERR_LIMIT, "more than %d pieces", WORDPIECE_MAX_VOCAB);
    TRY(map_add(&w->starts, piece, n, id, &found, NULL, err));
    if (found)
        return err_set(err, ERR_DATA, "the piece '%.*s' a second time", (int)(n < 40 ? n : 40), piece);
    if (n > 2 && memcmp(piece, "##", 2) == 0)
        TRY(map_add(&w->goes_on, piece + 2, n - 2, id, NULL, NULL, err));
    if (n > w->longest)
        w->longest = n;
out:
    return rc;
}

static int read_vocab(struct wordpiece *w, struct input *in, struct err *err)
{
    int rc = 0;
    char *line;
    size_t n;
    uint64_t id = 0;
    for (;;) {
        TRY(input_line(in, &line, &n, err));
        if (!line)
            break;
        if (n && line[n - 1] == '\r')
            n--;
        rc = add_piece(w, line, n, id++, err);
        if (rc)
            return err_prefix(err, "%s:%llu: ", input_name(in), (unsigned long long)id);
    }
    if (!wordpiece_id(w, "[UNK]", 5, &w->unknown))
        return err_set(err, ERR_DATA, "%s: no [UNK] among %llu pieces: not a WordPiece vocabulary", input_name(in),
                       (unsigned long long)id);
out:
    return rc;
}

int wordpiece_open(struct wordpiece **w, const char *path, int normal_steps, struct err *err)
{
    int rc = 0;
    struct input *in = NULL;
    struct wordpiece *new = NULL;
    TRY_NEW(new, MEM_NEW(struct wordpiece, err));
    new->steps = normal_steps;
    TRY(input_open(&in, path, err));
    input_limit_lines(in, 1 << 16);
    TRY(read_vocab(new, in, err));
out:
    input_close(in);
    if (rc)
        wordpiece_close(new);
    else
        *w = new;
    return rc;
}

void wordpiece_close(struct wordpiece *w)
{
    if (!w)
        return;
    map_done(&w->starts);
    map_done(&w->goes_on);
    mem_free(w);
}

size_t wordpiece_n(const struct wordpiece *w)
{
    return w->starts.n;
}

const char *wordpiece_piece(const struct wordpiece *w, size_t id, size_t *n)
{
    return map_key(&w->starts, id, n);
}

bool wordpiece_id(const struct wordpiece *w, const char *piece, size_t n, uint32_t *id)
{
    const uint64_t *value = map_get(&w->starts, piece, n);
    if (value)
        *id = (uint32_t)*value;
    return value != NULL;
}

static size_t count_codes(const char *p, size_t n)
{
    size_t codes = 0;
    for (size_t i = 0; i < n; i++)
        codes += ((unsigned char)p[i] & 0xC0) != 0x80;
    return codes;
}

/* Greedy longest match: a word that cannot be cut up completely is one [UNK]. */
static int append_word(const struct wordpiece *w, const char *word, size_t n, struct features *f, struct err *err)
{
    size_t before = f->n;
    if (count_codes(word, n) > WORDPIECE_MAX_WORD)
        return features_add(f, w->unknown, err);
    for (size_t at = 0; at < n;) {
        const struct map *map = at ? &w->goes_on : &w->starts;
        const uint64_t *id = NULL;
        size_t len = n - at < w->longest ? n - at : w->longest;
        for (; len > 0; len--)
            if ((at + len == n || ((unsigned char)word[at + len] & 0xC0) != 0x80) && (id = map_get(map, word + at, len)))
                break;
        if (!id) {
            f->n = before;
            return features_add(f, w->unknown, err);
        }
        int rc = features_add(f, (uint32_t)*id, err);
        if (rc)
            return rc;
        at += len;
    }
    return 0;
}

static int append_plain(const struct wordpiece *w, const char *text, size_t n, struct features *f, struct err *err)
{
    buf_clear(&f->normal);
    int rc = normal_append(&f->normal, text, n, w->steps, err);
    size_t at = 0, start;
    bool punctuation;
    while (rc == 0 && normal_word(f->normal.p, f->normal.n, &at, &start, &punctuation))
        rc = append_word(w, f->normal.p + start, at - start, f, err);
    return rc;
}

static const char *find_special(const char *p, const char *end, size_t *n)
{
    while ((p = memchr(p, '[', (size_t)(end - p)))) {
        for (int i = 0; i < N_SPECIALS; i++) {
            *n = strlen(specials[i]);
            if ((size_t)(end - p) >= *n && memcmp(p, specials[i], *n) == 0)
                return p;
        }
        p++;
    }
    return NULL;
}

int wordpiece_append(const struct wordpiece *w, const char *text, size_t n, struct features *f, struct err *err)
{
    int rc = 0;
    const char *end = text + n;
    while (text < end && rc == 0) {
        size_t special_n;
        const char *special = find_special(text, end, &special_n);
        rc = append_plain(w, text, (size_t)((special ? special : end) - text), f, err);
        if (!special)
            break;
        uint32_t id;
        if (rc == 0)
            rc = features_add(f, wordpiece_id(w, special, special_n, &id) ? id : w->unknown, err);
        text = special + special_n;
    }
    return rc;
}
