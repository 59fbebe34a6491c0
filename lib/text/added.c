#include "text/added.h"

#include "base/mem.h"
#include "base/utf8.h"
#include "text/normal.h"

#include <string.h>
#include <utf8proc.h>

int added_add(struct added *a, struct added_token token, struct err *err)
{
    const char *content = token.content;
    if (token.n == 0)
        return 0;
    int rc = mem_reserve(&a->tokens, &a->cap, a->n + 1, sizeof *a->tokens, err);
    if (rc)
        return rc;
    token.content = mem_alloc(token.n, 1, err);
    if (!token.content)
        return ERR_NOMEM;
    memcpy(token.content, content, token.n);
    a->tokens[a->n++] = token;
    return 0;
}

int added_seal(struct added *a, struct err *err)
{
    int rc = 0;
    struct trie_key *keys = NULL;
    TRY_NEW(keys, MEM_ARRAY(struct trie_key, a->n, err));
    a->only = a->n ? (unsigned char)a->tokens[0].content[0] : -1;
    for (size_t i = 0; i < a->n; i++) {
        struct added_token *t = &a->tokens[i];
        if (t->n > TRIE_MAX_KEY)
            TRY(err_set(err, ERR_LIMIT, "an added token of more than %d bytes", TRIE_MAX_KEY));
        keys[i] = (struct trie_key){t->content, (uint32_t)t->n, (uint32_t)i};
        a->starts[(unsigned char)t->content[0]] = true;
        if ((unsigned char)t->content[0] != a->only)
            a->only = -1;
    }
    rc = trie_build(&a->trie, keys, a->n, NULL, err);
    if (rc)
        err_prefix(err, "added tokens: ");
out:
    mem_free(keys);
    return rc;
}

void added_done(struct added *a)
{
    for (size_t i = 0; i < a->n; i++)
        mem_free(a->tokens[i].content);
    mem_free(a->tokens);
    trie_done(&a->trie);
    *a = (struct added){0};
}

static size_t before(const char *p, size_t at)
{
    size_t start = at - 1;
    while (start > 0 && at - start < UTF8_MAX_BYTES && ((unsigned char)p[start] & 0xC0) == 0x80)
        start--;
    return start;
}

static bool is_word(const char *p, size_t n)
{
    size_t bytes = utf8_sequence(p, n);
    uint32_t c = bytes ? utf8_code(p, bytes) : 0;
    switch (utf8proc_category((utf8proc_int32_t)c)) {
    case UTF8PROC_CATEGORY_LU: case UTF8PROC_CATEGORY_LL: case UTF8PROC_CATEGORY_LT: case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO: case UTF8PROC_CATEGORY_MN: case UTF8PROC_CATEGORY_MC: case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_ND: case UTF8PROC_CATEGORY_NL: case UTF8PROC_CATEGORY_PC:
        return true;
    default:
        return false;
    }
}

static bool is_space(const char *p, size_t n, size_t *bytes)
{
    *bytes = utf8_sequence(p, n);
    return *bytes > 0 && normal_is_space(utf8_code(p, *bytes));
}

static const struct added_token *longest_at(const struct added *a, const char *p, size_t n)
{
    const struct added_token *token = NULL;
    uint32_t node = TRIE_ROOT;
    for (size_t i = 0; i < n && (node = trie_child(&a->trie, node, (unsigned char)p[i])) != 0; i++)
        if (trie_value(&a->trie, node))
            token = &a->tokens[trie_value(&a->trie, node) - 1];
    return token;
}

bool added_find(const struct added *a, const char *p, size_t n, size_t from, struct added_match *m)
{
    for (size_t at = from; a->n > 0 && at < n; at++) {
        if (a->only >= 0) {
            const char *next = memchr(p + at, a->only, n - at);
            if (!next)
                return false;
            at = (size_t)(next - p);
        }
        const struct added_token *t = a->starts[(unsigned char)p[at]] ? longest_at(a, p + at, n - at) : NULL;
        size_t bytes;
        if (!t)
            continue;
        *m = (struct added_match){.token = t, .start = at, .end = at + t->n};
        if (t->single_word && ((at > 0 && is_word(p + before(p, at), at - before(p, at))) ||
                               (m->end < n && is_word(p + m->end, n - m->end)))) {
            at = m->end - 1;
            continue;
        }
        while (t->lstrip && m->start > from && is_space(p + before(p, m->start), m->start - before(p, m->start), &bytes))
            m->start = before(p, m->start);
        while (t->rstrip && is_space(p + m->end, n - m->end, &bytes))
            m->end += bytes;
        return true;
    }
    return false;
}
