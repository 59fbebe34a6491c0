#include "text/wordnet.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "base/mem.h"
#include "sys/input.h"
#include "text/outset.h"
#include "text/plain.h"
#include "text/split.h"
#include "text/synset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    char letter;
} data_files[] = {{"data.noun", 'n'}, {"data.verb", 'v'}, {"data.adj", 'a'}, {"data.adv", 'r'}};

struct link {                    /* a query and a synset that quotes it */
    uint32_t query, synset;
};

struct quoted {                  /* a synset that is quoted: what the query files need of it */
    char id[16];
    struct text *lemmas;
    size_t n_lemmas;
};

struct conversion {
    const struct wordnet_options *options;
    struct tally *tally;
    struct outset set;
    struct output *passages;
    struct synset synset;
    struct arena arena;
    struct map sentences;        /* query number -> sentence, in order of appearance */
    struct link *links;
    struct quoted *quoted;
    size_t n_links, cap_links, n_quoted, cap_quoted;
    uint8_t *split_of;           /* (queries) */
};

bool wordnet_is(const char *folder)
{
    char path[4096];
    return plain_find(path, sizeof path, folder, data_files[0].name);
}

static int write_passage(struct conversion *c, const struct synset *s, struct err *err)
{
    int rc = 0;
    struct buf text = {0};
    for (size_t i = 0; i < s->n_lemmas; i++) {
        TRY(buf_puts(&text, i ? ", " : "", err));
        TRY(buf_put(&text, s->lemmas[i].p, s->lemmas[i].n, err));
    }
    TRY(buf_puts(&text, ": ", err));
    TRY(buf_put(&text, s->definition.p, s->definition.n, err));
    struct text fields[] = {{s->id, strlen(s->id)}, {text.p, text.n}};
    TRY(outset_line(c->passages, fields, 2, c->tally, err));
    tally_add(c->tally, "passages", 1);
out:
    buf_done(&text);
    return rc;
}

/* Keep what the query files need of a synset that is quoted. */
static int keep_synset(struct conversion *c, const struct synset *s, struct err *err)
{
    int rc = 0;
    TRY(mem_reserve(&c->quoted, &c->cap_quoted, c->n_quoted + 1, sizeof *c->quoted, err));
    struct quoted *q = &c->quoted[c->n_quoted];
    memcpy(q->id, s->id, sizeof q->id);
    q->n_lemmas = s->n_lemmas;
    TRY_NEW(q->lemmas, ARENA_ARRAY(struct text, &c->arena, s->n_lemmas, err));
    for (size_t i = 0; i < s->n_lemmas; i++) {
        char *copy = ARENA_ARRAY(char, &c->arena, s->lemmas[i].n, err);
        TRY(copy ? 0 : ERR_NOMEM);
        memcpy(copy, s->lemmas[i].p, s->lemmas[i].n);
        q->lemmas[i] = (struct text){copy, s->lemmas[i].n};
    }
    c->n_quoted++;
out:
    return rc;
}

static int take_examples(struct conversion *c, const struct synset *s, struct err *err)
{
    int rc = 0;
    size_t first_link = c->n_links;
    tally_add(c->tally, "glosses whose quotes do not pair up", s->unpaired);
    for (size_t i = 0; i < s->n_examples; i++) {
        bool found, twice = false;
        uint64_t *number;
        if (synset_count_words(s->examples[i]) < c->options->min_words) {
            tally_add(c->tally, "sentences left out: too few words", 1);
            continue;
        }
        TRY(map_add(&c->sentences, s->examples[i].p, s->examples[i].n, c->sentences.n, &found, &number, err));
        for (size_t l = first_link; l < c->n_links; l++)
            twice |= c->links[l].query == *number;
        tally_add(c->tally, "sentences left out: twice in one synset", twice);
        if (twice)
            continue;
        tally_add(c->tally, "sentences of several synsets: one query", found);
        TRY(mem_reserve(&c->links, &c->cap_links, c->n_links + 1, sizeof *c->links, err));
        c->links[c->n_links++] = (struct link){(uint32_t)*number, (uint32_t)c->n_quoted};
    }
    if (c->n_links > first_link)
        TRY(keep_synset(c, s, err));
out:
    return rc;
}

static int read_data(struct conversion *c, const char *path, char letter, struct err *err)
{
    int rc = 0;
    struct input *in = NULL;
    char *line;
    size_t n, n_synsets = 0;
    uint64_t last = 0;
    TRY(input_open(&in, path, err));
    input_limit_lines(in, 1 << 20);
    for (;;) {
        TRY(input_line(in, &line, &n, err));
        if (!line)
            break;
        if (n >= 2 && line[0] == ' ' && line[1] == ' ')      /* the licence at the head of each file */
            continue;
        struct synset *s = &c->synset;
        rc = synset_parse(s, line, n, letter, err);
        if (rc == 0 && n_synsets > 0 && s->offset <= last)
            rc = err_set(err, ERR_DATA, "offset %08llu does not ascend", (unsigned long long)s->offset);
        if (rc) {
            err_prefix(err, "%s:%llu: ", path, (unsigned long long)input_line_number(in));
            TRY(tally_bad(c->tally, "lines left out: no synset", err));
            continue;
        }
        last = s->offset;
        n_synsets++;
        TRY(write_passage(c, s, err));
        TRY(take_examples(c, s, err));
    }
    if (n_synsets == 0)
        TRY(err_set(err, ERR_DATA, "%s: no synset in it: not a WordNet data file", path));
out:
    input_close(in);
    return rc;
}

static int write_answers(struct conversion *c, struct output *out, struct text id, const struct link *links, size_t n,
                         struct err *err)
{
    int rc = 0;
    struct text *fields = NULL;
    size_t n_fields = 1, cap = 1;
    for (size_t i = 0; i < n; i++)
        cap += c->quoted[links[i].synset].n_lemmas;
    TRY_NEW(fields, MEM_ARRAY(struct text, cap, err));
    fields[0] = id;
    for (size_t i = 0; i < n; i++) {
        const struct quoted *q = &c->quoted[links[i].synset];
        memcpy(fields + n_fields, q->lemmas, q->n_lemmas * sizeof *fields);
        n_fields += q->n_lemmas;
    }
    TRY(outset_line(out, fields, n_fields, c->tally, err));
out:
    mem_free(fields);
    return rc;
}

/* links (n): those of one query. */
static int write_query(struct conversion *c, struct output *const files[3], const struct link *links, size_t n, struct err *err)
{
    int rc = 0;
    char id[32];
    struct text fields[2] = {{id, (size_t)snprintf(id, sizeof id, "q%u", links[0].query + 1)}};
    fields[1].p = map_key(&c->sentences, links[0].query, &fields[1].n);
    TRY(outset_line(files[0], fields, 2, c->tally, err));
    for (size_t i = 0; i < n; i++)
        TRY(output_printf(files[1], err, "%s 0 %s 1\n", id, c->quoted[links[i].synset].id));
    TRY(write_answers(c, files[2], fields[0], links, n, err));
out:
    return rc;
}

static int by_query(const void *a, const void *b)
{
    const struct link *x = a, *y = b;
    if (x->query != y->query)
        return x->query < y->query ? -1 : 1;
    return x->synset < y->synset ? -1 : x->synset > y->synset;
}

static int write_split(struct conversion *c, enum split split, struct err *err)
{
    static const struct { const char *stem, *end; } kinds[3] = {{"queries", "tsv"}, {"qrels", "txt"}, {"answers", "tsv"}};
    static const char *const counted[] = {"train queries", "dev queries", "test queries"};
    int rc = 0;
    struct output *files[3] = {NULL};
    for (int i = 0; i < 3; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s.%s.%s", kinds[i].stem, split_names[split], kinds[i].end);
        TRY(outset_file(&c->set, name, &files[i], err));
    }
    for (size_t from = 0, to; from < c->n_links; from = to) {
        for (to = from + 1; to < c->n_links && c->links[to].query == c->links[from].query;)
            to++;
        if (c->split_of[c->links[from].query] != split)
            continue;
        TRY(write_query(c, files, c->links + from, to - from, err));
        tally_add(c->tally, counted[split], 1);
        tally_add(c->tally, "judgements", to - from);
    }
    for (int i = 0; i < 3; i++)
        TRY(output_commit(files[i], err));
out:
    for (int i = 0; i < 3; i++)
        output_free(files[i]);
    return rc;
}

static int read_all(struct conversion *c, const char *folder, struct err *err)
{
    int rc = 0;
    TRY(outset_file(&c->set, "passages.tsv", &c->passages, err));
    for (size_t i = 0; i < sizeof data_files / sizeof *data_files; i++) {
        char path[4096];
        if (!plain_find(path, sizeof path, folder, data_files[i].name))
            TRY(err_set(err, ERR_IO, "%s: no %s in it, expected a WordNet folder", folder, data_files[i].name));
        TRY(read_data(c, path, data_files[i].letter, err));
    }
    TRY(output_commit(c->passages, err));
out:
    output_free(c->passages);
    return rc;
}

int wordnet_convert(const char *folder, const char *out, const struct wordnet_options *o, struct tally *tally, struct err *err)
{
    int rc = 0;
    struct conversion *c;
    TRY_NEW(c, MEM_NEW(struct conversion, err));
    c->options = o;
    c->tally = tally;
    TRY(outset_open(&c->set, out, tally, err));
    TRY(read_all(c, folder, err));
    TRY_NEW(c->split_of, MEM_ARRAY(uint8_t, c->sentences.n, err));
    TRY(split_assign(o->seed, c->sentences.n, o->n_dev, o->n_test, c->split_of, err));
    qsort(c->links, c->n_links, sizeof *c->links, by_query);
    for (enum split split = SPLIT_TRAIN; split < SPLIT_N; split++)
        TRY(write_split(c, split, err));
    TRY(outset_commit(&c->set, err));
out:
    if (c) {
        outset_done(&c->set);
        map_done(&c->sentences);
        arena_done(&c->arena);
        mem_free(c->links);
        mem_free(c->quoted);
        mem_free(c->split_of);
    }
    mem_free(c);
    return rc;
}
