#include "text/synset.h"
#include "base/num.h"

#include <stdio.h>
#include <string.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static struct text trim(struct text t, const char *also)
{
    while (t.n && (is_blank(t.p[t.n - 1]) || strchr(also, t.p[t.n - 1])))
        t.n--;
    while (t.n && is_blank(t.p[0]))
        t = (struct text){t.p + 1, t.n - 1};
    return t;
}

size_t synset_count_words(struct text t)
{
    size_t n = 0;
    for (size_t i = 0; i < t.n; i++)
        n += !is_blank(t.p[i]) && (i == 0 || is_blank(t.p[i - 1]));
    return n;
}

/* The next word of [*at, end), or NULL. */
static char *next_word(char **at, const char *end, size_t *n)
{
    char *word = *at;
    while (word < end && *word == ' ')
        word++;
    char *stop = word;
    while (stop < end && *stop != ' ')
        stop++;
    *at = stop;
    *n = (size_t)(stop - word);
    return *n ? word : NULL;
}

/* Two hexadecimal digits, or 0 where they are not. */
static size_t hex_pair(const char *p)
{
    size_t value = 0;
    for (int i = 0; i < 2; i++) {
        const char *digits = "0123456789abcdef", *at = p[i] ? strchr(digits, p[i]) : NULL;
        if (!at)
            return 0;
        value = value * 16 + (size_t)(at - digits);
    }
    return value;
}

/* physical_entity -> physical entity; galore(ip) -> galore */
static struct text clean_lemma(char *word, size_t n)
{
    if (n > 3 && word[n - 1] == ')') {
        size_t open = n - 1;
        while (open > 0 && word[open] != '(')
            open--;
        if (open > 0)
            n = open;
    }
    for (size_t i = 0; i < n; i++)
        if (word[i] == '_')
            word[i] = ' ';
    return (struct text){word, n};
}

static int parse_words(struct synset *s, char *line, const char *end, char letter, struct err *err)
{
    size_t n;
    char *at = line, *word = next_word(&at, end, &n);
    if (!word || n != 8 || !num_parse_u64(word, n, 0, 99999999, &s->offset))
        return err_set(err, ERR_DATA, "the line does not start with an offset of 8 digits: not a WordNet data file?");
    snprintf(s->id, sizeof s->id, "%c%08llu", letter, (unsigned long long)s->offset);
    for (int skip = 0; skip < 3; skip++)             /* lex_filenum, ss_type, then w_cnt */
        word = next_word(&at, end, &n);
    if (!word || n != 2 || (s->n_lemmas = hex_pair(word)) == 0)
        return err_set(err, ERR_DATA, "w_cnt is not a hexadecimal number of two digits, at least 01");
    for (size_t i = 0; i < s->n_lemmas; i++) {
        size_t id_n;
        if (!(word = next_word(&at, end, &n)) || !next_word(&at, end, &id_n))
            return err_set(err, ERR_DATA, "fewer than the %zu words that w_cnt announces", s->n_lemmas);
        s->lemmas[i] = clean_lemma(word, n);
    }
    return 0;
}

static int add_example(struct synset *s, struct text t, struct err *err)
{
    t = trim(t, ";");
    if (t.n == 0)
        return 0;
    if (s->n_examples == SYNSET_MAX_EXAMPLES)
        return err_set(err, ERR_LIMIT, "more than %d example sentences", SYNSET_MAX_EXAMPLES);
    s->examples[s->n_examples++] = t;
    return 0;
}

/* Does a quote at p open the examples? */
static bool opens(const char *gloss, const char *p)
{
    while (p > gloss && is_blank(p[-1]))
        p--;
    return p == gloss || strchr(";,:)", p[-1]);
}

/* Quotes pair up: from the first that opens the examples on, every pair is one. */
static int paired_examples(struct synset *s, struct text gloss, struct err *err)
{
    int rc = 0;
    const char *end = gloss.p + gloss.n, *at = gloss.p, *open, *close;
    s->definition = gloss;
    while (rc == 0 && (open = memchr(at, '"', (size_t)(end - at))) && (close = memchr(open + 1, '"', (size_t)(end - open - 1)))) {
        at = close + 1;
        if (s->definition.n == gloss.n) {
            if (!opens(gloss.p, open))
                continue;
            s->definition.n = (size_t)(open - gloss.p);
        }
        rc = add_example(s, (struct text){open + 1, (size_t)(close - open - 1)}, err);
    }
    return rc;
}

/* They do not: part by semicolons. */
static int unpaired_examples(struct synset *s, struct text gloss, struct err *err)
{
    int rc = 0;
    const char *end = gloss.p + gloss.n;
    s->unpaired = true;
    s->definition = (struct text){gloss.p, 0};
    for (const char *at = gloss.p; at < end && rc == 0;) {
        const char *stop = memchr(at, ';', (size_t)(end - at));
        struct text part = trim((struct text){at, (size_t)((stop ? stop : end) - at)}, "");
        const char *quote = memchr(part.p, '"', part.n);
        if (!quote && s->definition.n == (size_t)(at - gloss.p))
            s->definition.n = (size_t)(stop ? stop + 1 - gloss.p : end - gloss.p);
        if (part.n >= 2 && quote == part.p && memchr(quote + 1, '"', part.n - 1) == part.p + part.n - 1)
            rc = add_example(s, (struct text){part.p + 1, part.n - 2}, err);
        at = stop ? stop + 1 : end;
    }
    return rc;
}

int synset_parse(struct synset *s, char *line, size_t n, char letter, struct err *err)
{
    char *end = line + n, *bar = memchr(line, '|', n);
    s->n_examples = 0;
    s->unpaired = false;
    if (!bar)
        return err_set(err, ERR_DATA, "no | before a gloss");
    int rc = parse_words(s, line, bar, letter, err);
    if (rc)
        return rc;
    struct text gloss = trim((struct text){bar + 1, (size_t)(end - bar - 1)}, "");
    size_t n_quotes = 0;
    for (size_t i = 0; i < gloss.n; i++)
        n_quotes += gloss.p[i] == '"';
    rc = n_quotes % 2 ? unpaired_examples(s, gloss, err) : paired_examples(s, gloss, err);
    s->definition = trim(s->definition, ";,:");
    return rc;
}
