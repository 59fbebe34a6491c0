#include "pipe/pipeline.h"
#include "pipe/subst.h"

#include <stdio.h>
#include <string.h>

/* What a key's value may be. */
enum shape {
    TEXT,          /* one text */
    TEXTS,         /* a list of texts, at least one */
    ONE_OR_MORE,   /* the same, or one text */
    PARAMS,        /* a map of texts, its keys names */
    MATRIX,        /* a map of lists of texts, its keys names */
    STEPS          /* a list of maps */
};

static const char *const shape_names[] = {
    [TEXT] = "a text", [TEXTS] = "a list of texts", [ONE_OR_MORE] = "a text or a list of texts",
    [PARAMS] = "a map of names and values", [MATRIX] = "a map of names and lists of values", [STEPS] = "a list of steps"
};

struct field {
    const char *key;
    enum shape shape;
    const struct doc_node **dest;
};

static int check_name_key(const struct doc *doc, const struct doc_node *item, struct err *err)
{
    if (!subst_is_name(item->key, strlen(item->key)))
        return doc_error_key(doc, item, err, "the name '%.80s', expected a letter or _, then letters, digits and _, 64 at most",
                             item->key);
    if (strcmp(item->key, "in") == 0 || strcmp(item->key, "out") == 0 || strcmp(item->key, "here") == 0)
        return doc_error_key(doc, item, err, "the name '%s' is taken: ${%s} is pipe-run's own", item->key, item->key);
    return 0;
}

static int check_text(const struct doc *doc, const struct doc_node *text, const char *key, struct err *err)
{
    if (text->kind != DOC_TEXT || text->empty)
        return doc_error(doc, text, err, "%s in '%s', expected a text%s", doc_kind_name(text), key,
                         text->kind == DOC_MAP ? " (one with \": \" or a { at its start needs quotes around it)" : "");
    return 0;
}

static int check_texts(const struct doc *doc, const struct doc_node *list, const char *key, struct err *err)
{
    int rc = list->n == 0 ? doc_error(doc, list, err, "an empty list in '%s', expected one item at least", key) : 0;
    for (const struct doc_node *item = list->first; item && !rc; item = item->next)
        rc = check_text(doc, item, key, err);
    return rc;
}

static int check_map(const struct doc *doc, const struct doc_node *map, enum shape shape, size_t most, struct err *err)
{
    if (map->n > most)
        return doc_error(doc, map, err, "%zu names, expected at most %zu", map->n, most);
    int rc = 0;
    for (const struct doc_node *item = map->first; item && !rc; item = item->next) {
        rc = check_name_key(doc, item, err);
        if (!rc && shape == MATRIX && item->kind != DOC_LIST)
            rc = doc_error(doc, item, err, "%s as the values of '%s', expected a list: [1, 2]", doc_kind_name(item), item->key);
        if (!rc)
            rc = shape == MATRIX ? check_texts(doc, item, item->key, err) : check_text(doc, item, item->key, err);
    }
    return rc;
}

static int check_shape(struct doc *doc, const struct doc_node *node, const struct field *f, struct err *err)
{
    static const enum doc_kind kinds[] = {[TEXT] = DOC_TEXT, [TEXTS] = DOC_LIST, [ONE_OR_MORE] = DOC_LIST, [PARAMS] = DOC_MAP,
                                          [MATRIX] = DOC_MAP, [STEPS] = DOC_LIST};
    *f->dest = node;
    if (f->shape == ONE_OR_MORE && node->kind == DOC_TEXT && !node->empty) {
        struct doc_node *list = arena_take(&doc->arena, 2, sizeof *list, err);
        if (!list)
            return ERR_NOMEM;
        list[1] = *node;
        list[1].next = NULL;
        list[0] = (struct doc_node){.kind = DOC_LIST, .line = node->line, .column = node->column, .first = &list[1], .n = 1};
        *f->dest = list;
        return 0;
    }
    if (node->kind != kinds[f->shape] || node->empty)
        return doc_error(doc, node, err, "%s as '%s', expected %s", doc_kind_name(node), f->key, shape_names[f->shape]);
    switch (f->shape) {
    case TEXT:        return check_text(doc, node, f->key, err);
    case TEXTS:
    case ONE_OR_MORE: return check_texts(doc, node, f->key, err);
    case PARAMS:      return check_map(doc, node, PARAMS, PIPELINE_MAX_PARAMS, err);
    case MATRIX:      return check_map(doc, node, MATRIX, PIPELINE_MAX_FOR, err);
    case STEPS:       return 0;
    }
    return 0;
}

/* Put the items of a map where its fields (ended by key NULL) say; an item that no field names is an error. */
static int take_fields(struct doc *doc, const struct doc_node *map, const char *what, const struct field *fields,
                       struct err *err)
{
    char known[200] = "";
    for (const struct field *f = fields; f->key; f++)
        snprintf(known + strlen(known), sizeof known - strlen(known), "%s%s", f == fields ? "" : f[1].key ? ", " : " or ",
                 f->key);
    if (map->kind != DOC_MAP)
        return doc_error(doc, map, err, "%s as %s, expected a map with %s", doc_kind_name(map), what, known);
    for (const struct doc_node *item = map->first; item; item = item->next) {
        const struct field *f = fields;
        while (f->key && strcmp(f->key, item->key) != 0)
            f++;
        int rc = f->key ? check_shape(doc, item, f, err)
                        : doc_error_key(doc, item, err, "unknown key '%.80s' in %s, expected %s", item->key, what, known);
        if (rc)
            return rc;
    }
    return 0;
}

/* Names of pipelines and steps become file names and make's targets. */
static int take_name(const struct doc *doc, const struct doc_node *owner, const struct doc_node *node, const char *what,
                     const char **name, struct err *err)
{
    static const char set[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    if (!node)
        return doc_error(doc, owner, err, "%s without a 'name'", what);
    size_t n = strlen(node->text);
    if (n == 0 || n > 64 || strspn(node->text, set) != n || node->text[0] == '-')
        return doc_error(doc, node, err, "the name '%.80s', expected letters, digits, - and _, 64 at most", node->text);
    *name = node->text;
    return 0;
}

static int take_step(struct doc *doc, const struct doc_node *node, struct pipeline_step *step, struct err *err)
{
    const struct doc_node *name = NULL;
    const struct field fields[] = {{"name", TEXT, &name}, {"pipe", TEXTS, &step->pipe}, {"run", TEXT, &step->run},
                                   {"in", ONE_OR_MORE, &step->in}, {"out", ONE_OR_MORE, &step->out},
                                   {"params", PARAMS, &step->params}, {"for", MATRIX, &step->matrix}, {NULL, TEXT, NULL}};
    int rc;
    step->at = node;
    if ((rc = take_fields(doc, node, "a step", fields, err)) != 0 ||
        (rc = take_name(doc, node, name, "a step", &step->name, err)) != 0)
        return rc;
    if (!step->pipe == !step->run)
        return doc_error(doc, node, err,
                         "step '%s' has %s, expected one of 'pipe' (a list of filters) and 'run' (one shell command)",
                         step->name, step->pipe ? "both 'pipe' and 'run'" : "neither 'pipe' nor 'run'");
    return 0;
}

static int take_steps(struct pipeline *p, const struct doc_node *list, struct err *err)
{
    int rc;
    if (list->n == 0 || list->n > PIPELINE_MAX_STEPS)
        return doc_error(&p->doc, list, err, "%zu steps, expected 1 to %d", list->n, PIPELINE_MAX_STEPS);
    p->steps = arena_take(&p->doc.arena, list->n, sizeof *p->steps, err);
    if (!p->steps)
        return ERR_NOMEM;
    for (const struct doc_node *item = list->first; item; item = item->next) {
        struct pipeline_step *step = &p->steps[p->n_steps];
        *step = (struct pipeline_step){0};
        if ((rc = take_step(&p->doc, item, step, err)) != 0)
            return rc;
        for (size_t i = 0; i < p->n_steps; i++)
            if (strcmp(p->steps[i].name, step->name) == 0)
                return doc_error(&p->doc, item, err, "a second step '%s'; the first is in line %u", step->name,
                                 p->steps[i].at->line);
        p->n_steps++;
    }
    return 0;
}

static int take_pipeline(struct pipeline *p, struct err *err)
{
    const struct doc_node *name = NULL, *steps = NULL;
    const struct field fields[] = {{"name", TEXT, &name}, {"params", PARAMS, &p->params}, {"steps", STEPS, &steps},
                                   {"show", ONE_OR_MORE, &p->show}, {NULL, TEXT, NULL}};
    int rc;
    if ((rc = take_fields(&p->doc, p->doc.root, "a pipeline", fields, err)) != 0 ||
        (rc = take_name(&p->doc, p->doc.root, name, "a pipeline", &p->name, err)) != 0)
        return rc;
    if (!steps)
        return doc_error(&p->doc, p->doc.root, err, "a pipeline without 'steps'");
    return take_steps(p, steps, err);
}

int pipeline_read(struct pipeline *p, const char *path, struct err *err)
{
    *p = (struct pipeline){0};
    int rc = doc_read(&p->doc, path, err);
    return rc ? rc : take_pipeline(p, err);
}

int pipeline_parse(struct pipeline *p, const char *file, const char *bytes, size_t n, struct err *err)
{
    *p = (struct pipeline){0};
    int rc = doc_parse(&p->doc, file, bytes, n, err);
    return rc ? rc : take_pipeline(p, err);
}

void pipeline_done(struct pipeline *p)
{
    doc_done(&p->doc);
}

int pipeline_set(struct pipeline *p, const char *assignment, struct err *err)
{
    const char *equals = strchr(assignment, '=');
    if (!equals)
        return err_set(err, ERR_USAGE, "--set %.200s: expected NAME=VALUE", assignment);
    size_t n = (size_t)(equals - assignment);
    char known[300] = "";
    for (struct doc_node *item = p->params ? p->params->first : NULL; item; item = item->next) {
        if (strlen(item->key) == n && memcmp(item->key, assignment, n) == 0) {
            item->text = equals + 1;
            item->literal = true;
            return 0;
        }
        size_t used = strlen(known);
        snprintf(known + used, sizeof known - used, "%s%s", used ? ", " : "", item->key);
    }
    return err_set(err, ERR_USAGE, "--set %.200s: %s has no param '%.*s', expected one of: %s", assignment, p->doc.file, (int)n,
                   assignment, *known ? known : "(it has none)");
}
