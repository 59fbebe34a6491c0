#include "text/porter.h"

#include <stdbool.h>
#include <string.h>

/* The word in the making: w[0 .. n); a rule that applies to the stem before a suffix looks at w[0 .. stem). */
struct porter {
    char *w;
    size_t n, stem;
};

struct rule {
    const char *suffix, *with;
};

static bool is_consonant(const struct porter *p, size_t i)
{
    switch (p->w[i]) {
    case 'a': case 'e': case 'i': case 'o': case 'u':
        return false;
    case 'y':
        return i == 0 || !is_consonant(p, i - 1);
    default:
        return true;
    }
}

/* m of the stem: how often a run of consonants follows a run of vowels. */
static size_t measure(const struct porter *p)
{
    size_t m = 0;
    bool vowel = false;
    for (size_t i = 0; i < p->stem; i++) {
        bool consonant = is_consonant(p, i);
        m += vowel && consonant;
        vowel = !consonant;
    }
    return m;
}

static bool has_vowel(const struct porter *p)
{
    for (size_t i = 0; i < p->stem; i++)
        if (!is_consonant(p, i))
            return true;
    return false;
}

/* *d: do the first n letters end in a doubled consonant? */
static bool is_double(const struct porter *p, size_t n)
{
    return n >= 2 && p->w[n - 1] == p->w[n - 2] && is_consonant(p, n - 1);
}

/* *o: do the first n letters end in consonant, vowel, consonant, the last not w, x or y? */
static bool is_short(const struct porter *p, size_t n)
{
    return n >= 3 && is_consonant(p, n - 1) && !is_consonant(p, n - 2) && is_consonant(p, n - 3) && !strchr("wxy", p->w[n - 1]);
}

/* Does the word end so?  Then the stem is what stands before. */
static bool ends(struct porter *p, const char *suffix)
{
    size_t n = strlen(suffix);
    if (n > p->n || memcmp(p->w + p->n - n, suffix, n) != 0)
        return false;
    p->stem = p->n - n;
    return true;
}

static void replace(struct porter *p, const char *with)
{
    size_t n = strlen(with);
    memcpy(p->w + p->stem, with, n);
    p->n = p->stem + n;
}

/* The first rule whose suffix is there is the one that counts, and applies where m of the stem is above `least`. */
static void apply(struct porter *p, const struct rule *rules, size_t least)
{
    for (; rules->suffix; rules++) {
        if (ends(p, rules->suffix)) {
            if (measure(p) > least)
                replace(p, rules->with);
            return;
        }
    }
}

/* Plurals, -ed, -ing. */
static void step1ab(struct porter *p)
{
    if (ends(p, "sses") || ends(p, "ies"))
        p->n -= 2;
    else if (p->w[p->n - 1] == 's' && !ends(p, "ss"))
        p->n--;
    if (ends(p, "eed")) {
        if (measure(p) > 0)
            p->n--;
        return;
    }
    if ((!ends(p, "ed") || !has_vowel(p)) && (!ends(p, "ing") || !has_vowel(p)))
        return;
    p->n = p->stem;
    if (ends(p, "at") || ends(p, "bl") || ends(p, "iz"))
        p->w[p->n++] = 'e';
    else if (is_double(p, p->n) && !strchr("lsz", p->w[p->n - 1]))
        p->n--;
    else if (p->stem = p->n, measure(p) == 1 && is_short(p, p->n))
        p->w[p->n++] = 'e';
}

static void step4(struct porter *p)
{
    static const char *const suffixes[] = {"al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion",
                                           "ou", "ism", "ate", "iti", "ous", "ive", "ize", NULL};
    for (const char *const *s = suffixes; *s; s++) {
        if (!ends(p, *s))
            continue;
        if (strcmp(*s, "ion") == 0 && (p->stem == 0 || !strchr("st", p->w[p->stem - 1])))
            return;
        if (measure(p) > 1)
            p->n = p->stem;
        return;
    }
}

static void step5(struct porter *p)
{
    p->stem = p->n - 1;
    if (p->w[p->n - 1] == 'e') {
        size_t m = measure(p);
        if (m > 1 || (m == 1 && !is_short(p, p->n - 1)))
            p->n--;
    }
    p->stem = p->n;
    if (p->w[p->n - 1] == 'l' && is_double(p, p->n) && measure(p) > 1)
        p->n--;
}

size_t porter_stem(char *w, size_t n)
{
    static const struct rule step2[] = {
        {"ational", "ate"}, {"tional", "tion"}, {"enci", "ence"}, {"anci", "ance"}, {"izer", "ize"}, {"bli", "ble"},
        {"alli", "al"}, {"entli", "ent"}, {"eli", "e"}, {"ousli", "ous"}, {"ization", "ize"}, {"ation", "ate"}, {"ator", "ate"},
        {"alism", "al"}, {"iveness", "ive"}, {"fulness", "ful"}, {"ousness", "ous"}, {"aliti", "al"}, {"iviti", "ive"},
        {"biliti", "ble"}, {"logi", "log"}, {NULL, NULL}};
    static const struct rule step3[] = {{"icate", "ic"}, {"ative", ""}, {"alize", "al"}, {"iciti", "ic"}, {"ical", "ic"},
                                        {"ful", ""}, {"ness", ""}, {NULL, NULL}};
    struct porter p = {w, n, 0};
    if (n <= 2)
        return n;
    step1ab(&p);
    if (ends(&p, "y") && has_vowel(&p))
        p.w[p.n - 1] = 'i';
    apply(&p, step2, 0);
    apply(&p, step3, 0);
    step4(&p);
    step5(&p);
    return p.n;
}
