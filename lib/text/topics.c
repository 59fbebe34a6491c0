#include "text/topics.h"

#include <string.h>
#include <strings.h>

static const char bad_topic[] = "topics left out";
static const char *const tags[][4] = {
    [TOPICS_TITLE] = {"title", "query"},
    [TOPICS_DESC] = {"desc", "description", "question"},
    [TOPICS_NARR] = {"narr", "narrative"}};
static const char *const labels[] = {"Number:", "Topic:", "Description:", "Narrative:"};

struct reader {
    struct forms *forms;
    struct input *in;
    enum topics_field field;
    struct buf topic;            /* from behind its <top to before its </top */
    uint64_t line;               /* where it starts; 0: outside of topics */
    uint64_t n_topics;
    struct buf number, text;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Is there a tag <name at p? */
static bool is_tag(const char *p, const char *end, const char *name)
{
    size_t n = strlen(name);
    return (size_t)(end - p) > n + 1 && p[0] == '<' && strncasecmp(p + 1, name, n) == 0 &&
           (p[n + 1] == '>' || is_blank(p[n + 1]));
}

/* The place of the < of a tag at or behind p, or end: a < before a letter or a slash. */
static const char *next_tag(const char *p, const char *end)
{
    while ((p = memchr(p, '<', (size_t)(end - p))) != NULL) {
        if (end - p > 1 && (p[1] == '/' || ((p[1] | ' ') >= 'a' && (p[1] | ' ') <= 'z')))
            return p;
        p++;
    }
    return end;
}

static size_t entity(const char *p, size_t n, char *c)
{
    static const struct { const char *name; char c; } known[] = {
        {"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strlen(known[i].name) <= n && memcmp(p, known[i].name, strlen(known[i].name)) == 0) {
            *c = known[i].c;
            return strlen(known[i].name);
        }
    *c = *p;
    return 1;
}

/* [p, end) without its label, blanks run together, entities resolved. */
static int clean(struct buf *out, const char *p, const char *end, struct err *err)
{
    int rc = 0;
    buf_clear(out);
    while (p < end && is_blank(*p))
        p++;
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
        if ((size_t)(end - p) >= strlen(labels[i]) && strncasecmp(p, labels[i], strlen(labels[i])) == 0)
            p += strlen(labels[i]);
    while (p < end) {
        char c;
        size_t n = entity(p, (size_t)(end - p), &c);
        bool blank = is_blank(*p);
        p += n;
        if (blank && (out->n == 0 || p == end || is_blank(*p)))
            continue;
        TRY(buf_putc(out, blank ? ' ' : c, err));
    }
out:
    return rc;
}

/* What stands behind a tag, cleaned; false where there is no such tag. */
static int content(const struct reader *r, const char *name, struct buf *out, bool *found, struct err *err)
{
    const char *p = r->topic.p, *end = p + r->topic.n;
    *found = false;
    while ((p = next_tag(p, end)) < end && !is_tag(p, end, name))
        p++;
    const char *from = p < end ? memchr(p, '>', (size_t)(end - p)) : NULL;
    if (!from)
        return 0;
    *found = true;
    return clean(out, from + 1, next_tag(from + 1, end), err);
}

/* number="..." among the attributes that the topic starts with. */
static int attribute(const struct reader *r, struct buf *out, bool *found, struct err *err)
{
    const char *end = memchr(r->topic.p, '>', r->topic.n), *p = r->topic.p;
    *found = false;
    for (; end && p + 9 < end; p++) {
        if (is_blank(*p) && strncasecmp(p + 1, "number=", 7) == 0 && (p[8] == '"' || p[8] == '\'')) {
            const char *to = memchr(p + 9, p[8], (size_t)(end - p - 9));
            *found = to != NULL;
            return to ? clean(out, p + 9, to, err) : 0;
        }
    }
    return 0;
}

static int write_topic(struct reader *r, struct err *err)
{
    int rc = 0;
    bool found = false;
    TRY(attribute(r, &r->number, &found, err));
    if (!found)
        TRY(content(r, "num", &r->number, &found, err));
    if (!found)
        TRY(err_set(err, ERR_DATA, "a topic without <num> or number=\"\""));
    struct text id = {r->number.p, r->number.n};
    found = false;
    for (const char *const *tag = tags[r->field]; *tag && !found; tag++)
        TRY(content(r, *tag, &r->text, &found, err));
    if (!found || r->text.n == 0)
        TRY(err_set(err, ERR_DATA, "topic %.*s has no <%s>", (int)(id.n > 40 ? 40 : id.n), id.n ? id.p : "", tags[r->field][0]));
    TRY(forms_id(r->forms, id, input_name(r->in), r->line, err));
    TRY(forms_row(r->forms, FORMS_QUERIES, (struct row){.id = id, .text = {r->text.p, r->text.n}}, err));
out:
    return rc;
}

static int put(struct reader *r, const char *p, size_t n, struct err *err)
{
    if (r->topic.n + n > TOPICS_MAX)
        return err_set(err, ERR_LIMIT, "%s:%llu: a topic of more than %d bytes", input_name(r->in), (unsigned long long)r->line,
                       TOPICS_MAX);
    return buf_put(&r->topic, p, n, err);
}

static int begin(struct reader *r, struct err *err)
{
    int rc = 0;
    if (r->line) {
        err_set(err, ERR_DATA, "a topic without its end: another one begins on line %llu",
                (unsigned long long)input_line_number(r->in));
        TRY(forms_bad(r->forms, r->in, r->line, bad_topic, err));
    }
    buf_clear(&r->topic);
    r->line = input_line_number(r->in);
    r->n_topics++;
out:
    return rc;
}

static int finish(struct reader *r, struct err *err)
{
    int rc = r->line ? write_topic(r, err) : 0;
    if (rc)
        rc = forms_bad(r->forms, r->in, r->line, bad_topic, err);
    r->line = 0;
    return rc;
}

/* One line, with its LF as a blank: cut where topics begin and end. */
static int take_line(struct reader *r, const char *p, const char *end, struct err *err)
{
    int rc = 0;
    while (p < end) {
        const char *tag = next_tag(p, end);
        if (r->line)
            TRY(put(r, p, (size_t)(tag - p), err));
        p = tag;
        if (tag == end)
            break;
        if (is_tag(tag, end, "top") || is_tag(tag, end, "topic")) {
            TRY(begin(r, err));
        } else if (is_tag(tag, end, "/top") || is_tag(tag, end, "/topic")) {
            TRY(finish(r, err));
        }
        if (r->line)
            TRY(put(r, p, 1, err));
        p++;
    }
out:
    return rc;
}

int topics_read(struct forms *f, struct input *in, enum topics_field field, struct err *err)
{
    int rc = 0;
    struct reader r = {.forms = f, .in = in, .field = field};
    char *line;
    size_t n;
    bool text = false;
    input_limit_lines(in, TOPICS_MAX);
    for (;;) {
        TRY(input_line(in, &line, &n, err));
        if (!line)
            break;
        text |= n > 0;
        line[n] = '\n';                          /* over the NUL behind the line */
        rc = take_line(&r, line, line + n + 1, err);
        line[n] = '\0';
        if (rc)
            goto out;
    }
    if (r.line)
        TRY(err_set(err, ERR_TRUNCATED, "%s:%llu: ends inside a topic: no </top>", input_name(in), (unsigned long long)r.line));
    if (text && r.n_topics == 0)
        TRY(err_set(err, ERR_DATA, "%s: no <top> and no <topic> in it: no TREC topics", input_name(in)));
out:
    buf_done(&r.topic);
    buf_done(&r.number);
    buf_done(&r.text);
    return rc;
}
