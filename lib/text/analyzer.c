#include "text/analyzer.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "text/porter.h"

#include <libstemmer.h>
#include <string.h>

const char *const analyzer_names[] = {"english", "snowball", "whitespace", NULL};

struct analyzer {
    enum analyzer_kind kind;
    struct sb_stemmer *snowball;
    char letters[WORDS_MAX_BYTES + 1], term[WORDS_MAX_BYTES + 1];
};

int analyzer_new(struct analyzer **out, enum analyzer_kind kind, struct err *err)
{
    struct analyzer *a = *out = MEM_NEW(struct analyzer, err);
    if (!a)
        return ERR_NOMEM;
    a->kind = kind;
    if (kind == ANALYZER_SNOWBALL && !(a->snowball = sb_stemmer_new("english", "UTF_8"))) {
        analyzer_free(a);
        *out = NULL;
        return err_set(err, ERR_NOMEM, "out of memory: a stemmer");
    }
    return 0;
}

void analyzer_free(struct analyzer *a)
{
    if (a && a->snowball)
        sb_stemmer_delete(a->snowball);
    mem_free(a);
}

int analyzer_words(const struct analyzer *a, struct words *w, const char *text, size_t n, struct err *err)
{
    return a->kind == ANALYZER_WHITESPACE ? words_spaces(w, text, n, err) : words_unicode(w, text, n, err);
}

/* Lucene's, by length and then by bytes. */
static bool is_stop_word(const char *word, size_t n)
{
    static const char *const of[] = {"", "a", "an as at be by if in is it no of on or to", "and are but for not the was",
                                     "into such that then they this will with", "their there these"};
    if (n == 0 || n >= sizeof of / sizeof *of)
        return false;
    for (const char *p = of[n]; *p; p += n + (p[n] == ' '))
        if (memcmp(p, word, n) == 0)
            return true;
    return false;
}

/* Porter's rules know a letter as a byte: what is not ASCII goes in as one byte each, and comes out as it was. */
static size_t stem_letters(struct analyzer *a, const char *word, size_t n)
{
    char *w = a->letters, *out = a->term;
    size_t letters = 0;
    for (size_t at = 0, bytes; at < n; at += bytes) {
        bytes = (unsigned char)word[at] < 0x80 ? 1 : utf8_sequence(word + at, n - at);
        w[letters++] = bytes == 1 ? word[at] : '\x80';
    }
    letters = porter_stem(w, letters);
    for (size_t i = 0, at = 0, bytes; i < letters; i++, at += bytes) {
        bytes = (unsigned char)w[i] < 0x80 ? 1 : utf8_sequence(word + at, n - at);
        memcpy(out, bytes == 1 ? &w[i] : &word[at], bytes);
        out += bytes;
    }
    return (size_t)(out - a->term);
}

int analyzer_term(struct analyzer *a, const char *word, size_t n, const char **term, size_t *n_term, struct err *err)
{
    *term = word;
    *n_term = n;
    if (a->kind == ANALYZER_WHITESPACE)
        return 0;
    if (is_stop_word(word, n)) {
        *n_term = 0;
    } else if (a->kind == ANALYZER_ENGLISH) {
        *n_term = stem_letters(a, word, n);
        *term = a->term;
    } else {
        *term = (const char *)sb_stemmer_stem(a->snowball, (const sb_symbol *)word, (int)n);
        if (!*term)
            return err_set(err, ERR_NOMEM, "out of memory: stemming a word");
        *n_term = (size_t)sb_stemmer_length(a->snowball);
    }
    return 0;
}
