#include "text/sentencepiece.h"

#include "base/bytes.h"
#include "base/utf8.h"
#include "text/metaspace.h"
#include "text/protobuf.h"

#include <math.h>

enum { MARK_BYTES = sizeof METASPACE_MARK - 1 };

/* Numbers of fields and values of sentencepiece_model.proto. */
enum { MODEL_PIECES = 1, MODEL_TRAINER = 2, MODEL_NORMALIZER = 3 };
enum { PIECE_TEXT = 1, PIECE_SCORE = 2, PIECE_TYPE = 3 };
enum { TYPE_NORMAL = 1, TYPE_UNKNOWN = 2, TYPE_CONTROL = 3, TYPE_UNUSED = 5, TYPE_BYTE = 6 };
enum { TRAINER_MODEL_TYPE = 3, TRAINER_SUFFIX = 24, TRAINER_BYTE_FALLBACK = 35, UNIGRAM = 1 };
enum { NORMALIZER_CHARMAP = 2, NORMALIZER_PREFIX = 3, NORMALIZER_SQUEEZE = 4, NORMALIZER_ESCAPE = 5 };

struct reading {
    struct sentencepiece *s;
    struct unigram_piece *pieces;       /* those that texts are cut into */
    size_t n_pieces, cap, n_all;
    double worst;
    bool fallback;
    uint32_t n_bytes, bytes[256];       /* how many byte pieces there are; their ids */
};

static int expect(const struct protobuf_field *f, enum protobuf_type type, const char *what, struct err *err)
{
    return f->type == type ? 0 : err_set(err, ERR_DATA, "%s: a field of type %d, expected %d", what, (int)f->type, (int)type);
}

/* "<0x41>" */
static int add_byte(struct reading *r, const struct protobuf *text, uint32_t id, struct err *err)
{
    static const char digits[] = "0123456789ABCDEF";
    const char *p = (const char *)text->p, *high = text->n == 6 && p[3] ? strchr(digits, p[3]) : NULL;
    const char *low = high && p[4] ? strchr(digits, p[4]) : NULL;
    if (!low || memcmp(p, "<0x", 3) != 0 || p[5] != '>')
        return err_set(err, ERR_DATA, "piece %zu: a byte that is not written as <0x41>", r->n_all);
    r->bytes[(high - digits) * 16 + (low - digits)] = id;
    r->n_bytes++;
    return 0;
}

static int read_piece(struct reading *r, struct protobuf m, struct err *err)
{
    int rc = 0;
    bool some;
    struct protobuf text = {0};
    struct protobuf_field f;
    uint64_t type = TYPE_NORMAL;
    float score = 0;
    uint32_t score_bits;
    size_t i = r->n_all;
    for (;;) {
        TRY(protobuf_next(&m, &f, &some, err));
        if (!some)
            break;
        if (f.number == PIECE_TEXT) {
            TRY(expect(&f, PROTOBUF_BYTES, "piece", err));
            text = f.bytes;
        } else if (f.number == PIECE_SCORE) {
            TRY(expect(&f, PROTOBUF_32, "score", err));
            score_bits = (uint32_t)f.value;
            memcpy(&score, &score_bits, sizeof score);
        } else if (f.number == PIECE_TYPE) {
            TRY(expect(&f, PROTOBUF_VARINT, "type", err));
            type = f.value;
        }
    }
    if (i < 3 ? type != (i == 0 ? TYPE_UNKNOWN : TYPE_CONTROL) : type == TYPE_UNKNOWN)
        TRY(err_set(err, ERR_DATA, "piece %zu has type %llu; expected <unk>, <s>, </s> and then others, as XLM-RoBERTa has", i,
                    (unsigned long long)type));
    if (i > TRIE_MAX_VALUE - 2)
        TRY(err_set(err, ERR_LIMIT, "more than %d pieces", TRIE_MAX_VALUE - 2));
    if (type == TYPE_BYTE)
        TRY(add_byte(r, &text, (uint32_t)i + 1, err));
    else if (type != TYPE_NORMAL && type != TYPE_CONTROL && type != TYPE_UNUSED && type != TYPE_UNKNOWN)
        TRY(err_set(err, ERR_DATA, "piece %zu has type %llu, which is not supported", i, (unsigned long long)type));
    if (type == TYPE_NORMAL) {
        if (!isfinite(score) || text.n == 0 || text.n > TRIE_MAX_KEY)
            TRY(err_set(err, ERR_DATA, "piece %zu: expected 1 to %d bytes and a finite score", i, TRIE_MAX_KEY));
        TRY(mem_reserve(&r->pieces, &r->cap, r->n_pieces + 1, sizeof *r->pieces, err));
        r->pieces[r->n_pieces++] = (struct unigram_piece){(const char *)text.p, (uint32_t)text.n, (uint32_t)i + 1, score};
        r->worst = fmin(r->worst, score);
    }
    r->n_all++;
out:
    return rc;
}

static int read_trainer(struct reading *r, struct protobuf m, struct err *err)
{
    int rc = 0;
    bool some = true;
    struct protobuf_field f;
    while (some && rc == 0) {
        TRY(protobuf_next(&m, &f, &some, err));
        if (f.number == TRAINER_MODEL_TYPE && f.value != UNIGRAM)
            rc = err_set(err, ERR_DATA, "a model of type %llu, expected 1 (Unigram)", (unsigned long long)f.value);
        else if (f.number == TRAINER_SUFFIX && f.value)
            rc = err_set(err, ERR_DATA, "treat_whitespace_as_suffix is not supported");
        else if (f.number == TRAINER_BYTE_FALLBACK)
            r->fallback = f.value != 0;
    }
out:
    return rc;
}

static int read_normalizer(struct sentencepiece *s, struct protobuf m, struct err *err)
{
    int rc = 0;
    bool some = true;
    struct protobuf_field f;
    while (some && rc == 0) {
        TRY(protobuf_next(&m, &f, &some, err));
        if (f.number == NORMALIZER_CHARMAP && f.bytes.n > 0) {
            charmap_done(&s->charmap);
            rc = charmap_open(&s->charmap, f.bytes.p, f.bytes.n, err);
            s->mapped = rc == 0;
        } else if (f.number == NORMALIZER_PREFIX) {
            s->dummy_prefix = f.value != 0;
        } else if (f.number == NORMALIZER_SQUEEZE) {
            s->squeeze = f.value != 0;
        } else if (f.number == NORMALIZER_ESCAPE && f.value == 0) {
            rc = err_set(err, ERR_DATA, "escape_whitespaces off is not supported");
        }
    }
out:
    return rc;
}

static int read_model(struct reading *r, struct protobuf m, struct err *err)
{
    int rc = 0;
    bool some;
    struct protobuf_field f;
    for (;;) {
        size_t from = m.at;
        TRY(protobuf_next(&m, &f, &some, err));
        if (!some)
            break;
        if (f.number > MODEL_NORMALIZER)
            continue;
        TRY(expect(&f, PROTOBUF_BYTES, "model", err));
        rc = f.number == MODEL_PIECES ? read_piece(r, f.bytes, err) : f.number == MODEL_TRAINER ? read_trainer(r, f.bytes, err) :
             read_normalizer(r->s, f.bytes, err);
        if (rc) {
            err_prefix(err, "byte %zu: field %u: ", from, f.number);
            goto out;
        }
    }
out:
    return rc;
}

int sentencepiece_open(struct sentencepiece *s, const void *bytes, size_t n, struct err *err)
{
    int rc = 0;
    struct reading r = {.s = s, .worst = INFINITY};
    *s = (struct sentencepiece){.dummy_prefix = true, .squeeze = true};
    TRY(read_model(&r, (struct protobuf){.p = bytes, .n = n}, err));
    if (r.n_pieces == 0)
        TRY(err_set(err, ERR_DATA, "no pieces in %zu bytes: not a sentencepiece model", n));
    if (r.fallback && r.n_bytes != 256)
        TRY(err_set(err, ERR_DATA, "byte_fallback with %u byte pieces, expected 256", r.n_bytes));
    s->n = r.n_all + 2;
    TRY(unigram_open(&s->unigram, r.pieces, r.n_pieces, s->n, SENTENCEPIECE_UNKNOWN, r.worst, err));
    s->unigram.single = true;
    s->unigram.unknown_score = (float)s->unigram.unknown_score;
    s->unigram.by_bytes = r.fallback;
    memcpy(s->unigram.bytes, r.bytes, sizeof r.bytes);
out:
    mem_free(r.pieces);
    if (rc)
        sentencepiece_done(s);
    return rc;
}

void sentencepiece_done(struct sentencepiece *s)
{
    unigram_done(&s->unigram);
    charmap_done(&s->charmap);
    *s = (struct sentencepiece){0};
}

/* What the text at p becomes: the longest key of the charmap there, else a character. */
static struct charmap_hit next_prefix(const struct sentencepiece *s, const char *p, size_t n)
{
    struct charmap_hit hit = {0};
    unsigned char byte = (unsigned char)*p;
    if (s->mapped && byte < 0x80 && n > 1 && (unsigned char)p[1] < 0x80 && !s->charmap.ascii_pairs[byte]) {
        hit = s->charmap.ascii[byte];
        return hit.p ? hit : (struct charmap_hit){p, 1, 1};
    }
    if (s->mapped)
        hit = charmap_find(&s->charmap, p, n, true);
    if (hit.p)
        return hit;
    uint32_t bytes = (uint32_t)utf8_sequence(p, n);
    return bytes ? (struct charmap_hit){p, bytes, bytes} : (struct charmap_hit){"\xEF\xBF\xBD", 3, 1};
}

static int normalise(const struct sentencepiece *s, struct buf *out, const char *p, size_t n, struct err *err)
{
    enum { ROOM = MARK_BYTES * (CHARMAP_MAX_REPLACEMENT + 2) };
    int rc = 0;
    size_t at = 0;
    bool after_blank = s->squeeze;
    buf_clear(out);
    TRY(mem_reserve(&out->p, &out->cap, n + ROOM, 1, err));
    while (s->squeeze && at < n) {
        struct charmap_hit hit = next_prefix(s, p + at, n - at);
        if (hit.n != 1 || *hit.p != ' ')
            break;
        at += hit.used;
    }
    if (s->dummy_prefix && at < n) {
        memcpy(out->p, METASPACE_MARK, MARK_BYTES);
        out->n = MARK_BYTES;
    }
    while (at < n) {
        struct charmap_hit hit = next_prefix(s, p + at, n - at);
        at += hit.used;
        for (; after_blank && hit.n > 0 && *hit.p == ' '; hit.p++)
            hit.n--;
        if (out->cap - out->n < ROOM)
            TRY(mem_reserve(&out->p, &out->cap, out->n + n - at + ROOM, 1, err));
        for (uint32_t i = 0; i < hit.n; i++) {
            if (hit.p[i] == ' ') {
                memcpy(out->p + out->n, METASPACE_MARK, MARK_BYTES);
                out->n += MARK_BYTES;
            } else {
                out->p[out->n++] = hit.p[i];
            }
        }
        if (hit.n > 0)
            after_blank = s->squeeze && hit.p[hit.n - 1] == ' ';
    }
    while (s->squeeze && out->n >= MARK_BYTES && memcmp(out->p + out->n - MARK_BYTES, METASPACE_MARK, MARK_BYTES) == 0)
        out->n -= MARK_BYTES;
out:
    return rc;
}

int sentencepiece_append(const struct sentencepiece *s, const char *p, size_t n, struct features *f, struct err *err)
{
    int rc = normalise(s, &f->words, p, n, err);
    return rc ? rc : unigram_append(&s->unigram, f->words.p, f->words.n, f, err);
}
