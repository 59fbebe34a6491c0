#include "text/dpr.h"
#include "base/mem.h"
#include "text/example.h"
#include "text/jsonitems.h"
#include "text/jsonrow.h"

#include <stdio.h>
#include <string.h>

static const char bad_item[] = "objects left out: no question of DPR";
static const struct { const char *member, *list; } lists[] = {
    {"positive_ctxs", "positives"}, {"negative_ctxs", "negatives"}, {"hard_negative_ctxs", "hard_negatives"}};
enum { N_LISTS = sizeof lists / sizeof *lists };

struct reader {
    struct forms *forms;
    struct example example;
    struct text *fields;               /* of the line of answers */
    size_t cap_fields;
    const json_t *lists[N_LISTS];      /* of the question at hand; NULL: none */
    struct text question;
    char id[24];
};

static struct text string_of(const json_t *value)
{
    return (struct text){json_string_value(value), json_string_length(value)};
}

static bool is_missing(const json_t *value)
{
    return !value || json_is_null(value);
}

/* A member that is an array of objects, or of strings; *array NULL where it is not there. */
static int array_of(const json_t *object, const char *name, json_type type, const json_t **array, struct err *err)
{
    const json_t *value = json_object_get(object, name);
    *array = NULL;
    if (is_missing(value))
        return 0;
    if (!json_is_array(value))
        return err_set(err, ERR_DATA, "\"%s\" is not an array", name);
    for (size_t i = 0; i < json_array_size(value); i++)
        if (json_typeof(json_array_get(value, i)) != type)
            return err_set(err, ERR_DATA, "\"%s\"[%zu] is not %s", name, i, type == JSON_OBJECT ? "an object" : "a string");
    *array = value;
    return 0;
}

static int text_member(const json_t *object, const char *name, struct text *out, struct err *err)
{
    const json_t *value = json_object_get(object, name);
    *out = (struct text){NULL, 0};
    if (is_missing(value))
        return 0;
    if (!json_is_string(value))
        return err_set(err, ERR_DATA, "\"%s\" of a passage is not a string", name);
    *out = string_of(value);
    return 0;
}

static int passage_of(const json_t *object, struct row *p, char number[24], struct err *err)
{
    int rc = 0;
    const json_t *id = json_object_get(object, "psg_id");
    const char *name = is_missing(id) ? "passage_id" : "psg_id";
    *p = (struct row){0};
    if (is_missing(id))
        id = json_object_get(object, "passage_id");
    if (json_is_integer(id))
        p->id = (struct text){number, (size_t)snprintf(number, 24, "%lld", (long long)json_integer_value(id))};
    else
        TRY(text_member(object, name, &p->id, err));
    if (p->id.n > 0)
        TRY(forms_check_id(p->id, err));
    TRY(text_member(object, "title", &p->title, err));
    TRY(text_member(object, "text", &p->text, err));
out:
    return rc;
}

/* All that can be wrong with an object, before a byte of it is written. */
static int check(struct reader *r, const json_t *object, const json_t **answers, struct err *err)
{
    int rc = 0;
    char number[24];
    struct row p;
    const json_t *question = json_object_get(object, "question");
    if (is_missing(question))
        TRY(err_set(err, ERR_DATA, "no \"question\""));
    if (!json_is_string(question) || json_string_length(question) == 0)
        TRY(err_set(err, ERR_DATA, "\"question\" is not a string, or empty"));
    r->question = string_of(question);
    TRY(array_of(object, "answers", JSON_STRING, answers, err));
    for (int l = 0; l < N_LISTS; l++) {
        TRY(array_of(object, lists[l].member, JSON_OBJECT, &r->lists[l], err));
        for (size_t i = 0; i < json_array_size(r->lists[l]); i++)
            TRY(passage_of(json_array_get(r->lists[l], i), &p, number, err));
    }
out:
    return rc;
}

static int write_answers(struct reader *r, struct text id, const json_t *answers, struct err *err)
{
    int rc = 0;
    size_t n = 0, n_all = json_array_size(answers);
    TRY(mem_reserve(&r->fields, &r->cap_fields, n_all + 1, sizeof *r->fields, err));
    r->fields[n++] = id;
    for (size_t i = 0; i < n_all; i++)
        if ((r->fields[n] = string_of(json_array_get(answers, i))).n > 0)
            n++;
    tally_add(r->forms->tally, "empty answers left out", n_all + 1 - n);
    tally_add(r->forms->tally, "queries without an answer", n == 1);
    if (n > 1)
        TRY(forms_answers(r->forms, r->fields, n, err));
out:
    return rc;
}

static int write_list(struct reader *r, int l, struct text id, struct err *err)
{
    int rc = 0;
    struct tally *t = r->forms->tally;
    TRY(example_list(&r->example, lists[l].list, err));
    for (size_t i = 0; i < json_array_size(r->lists[l]); i++) {
        char number[24];
        struct row p;
        TRY(passage_of(json_array_get(r->lists[l], i), &p, number, err));
        if (p.id.n == 0 && p.text.n == 0) {
            tally_add(t, "passages left out: neither id nor text", 1);
            continue;
        }
        tally_add(t, "positives without an id: not judged", l == 0 && p.id.n == 0);
        if (l == 0 && p.id.n > 0)
            TRY(forms_judgement(r->forms, id, p.id, 1, err));
        TRY(example_passage(&r->example, &p, err));
    }
out:
    return rc;
}

static int write_question(struct reader *r, const json_t *answers, struct err *err)
{
    int rc = 0;
    struct forms *f = r->forms;
    struct text id = {r->id, strlen(r->id)};
    bool has_positive = json_array_size(r->lists[0]) > 0;
    TRY(forms_row(f, FORMS_QUERIES, (struct row){.id = id, .text = r->question}, err));
    TRY(write_answers(r, id, answers, err));
    tally_add(f->tally, "queries without a positive: no example", !has_positive);
    if (!has_positive)
        goto out;
    TRY(example_start(&r->example, id, r->question, err));
    for (int l = 0; l < N_LISTS; l++)
        TRY(write_list(r, l, id, err));
    if (f->files[FORMS_EXAMPLES])
        TRY(example_end(&r->example, f->files[FORMS_EXAMPLES], f->tally, err));
out:
    return rc;
}

int dpr_read(struct forms *f, struct input *in, struct err *err)
{
    int rc = 0;
    struct jsonitems items = {.in = in};
    struct reader r = {.forms = f};
    json_t *object = NULL;
    for (;; f->n_records++) {
        bool more;
        const json_t *answers;
        TRY(jsonitems_next(&items, &more, err));
        if (!more)
            break;
        snprintf(r.id, sizeof r.id, "%llu", (unsigned long long)f->n_records);
        rc = jsonrow_parse(&object, items.item.p, items.item.n, err);
        if (rc == 0)
            rc = check(&r, object, &answers, err);
        rc = rc ? forms_bad(f, in, items.line, bad_item, err) : write_question(&r, answers, err);
        json_decref(object);
        object = NULL;
        if (rc)
            goto out;
    }
out:
    json_decref(object);
    mem_free(r.fields);
    example_done(&r.example);
    jsonitems_done(&items);
    return rc;
}
