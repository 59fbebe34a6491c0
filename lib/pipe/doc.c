#include "pipe/doc.h"
#include "base/buf.h"
#include "base/map.h"
#include "base/mem.h"
#include "sys/input.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

static int error_at(const struct doc *doc, size_t line, size_t column, enum err_code code, struct err *err, const char *fmt,
                    va_list ap)
{
    char msg[800];
    vsnprintf(msg, sizeof msg, fmt, ap);
    return err_set(err, code, "%s:%zu:%zu: %s", doc->file, line, column, msg);
}

int doc_error(const struct doc *doc, const struct doc_node *at, struct err *err, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int rc = error_at(doc, at->line, at->column, ERR_DATA, err, fmt, ap);
    va_end(ap);
    return rc;
}

int doc_error_key(const struct doc *doc, const struct doc_node *at, struct err *err, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int rc = at->key ? error_at(doc, at->key_line, at->key_column, ERR_DATA, err, fmt, ap)
                     : error_at(doc, at->line, at->column, ERR_DATA, err, fmt, ap);
    va_end(ap);
    return rc;
}

const char *doc_kind_name(const struct doc_node *node)
{
    return node->kind == DOC_LIST ? "a list" : node->kind == DOC_MAP ? "a map" : node->empty ? "nothing" : "a text";
}

const struct doc_node *doc_get(const struct doc_node *map, const char *key)
{
    for (const struct doc_node *item = map->first; item; item = item->next)
        if (strcmp(item->key, key) == 0)
            return item;
    return NULL;
}

struct builder {
    struct doc *doc;
    const char *bytes;
    size_t n_bytes, n_nodes, depth;
    struct doc_node *open[DOC_MAX_DEPTH], *last[DOC_MAX_DEPTH];   /* lists and maps being filled, and their last items */
    const struct doc_node *key;                                   /* a key that waits for its value */
    struct map keys;                                              /* (map's address, key): all that were seen */
};

static int mark_error(const struct builder *b, yaml_mark_t at, enum err_code code, struct err *err, const char *fmt, ...)
    PRINTF(5, 6);
static int mark_error(const struct builder *b, yaml_mark_t at, enum err_code code, struct err *err, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int rc = error_at(b->doc, at.line + 1, at.column + 1, code, err, fmt, ap);
    va_end(ap);
    return rc;
}

/* The line number `line` (0-based); *n its length.  Empty past the end. */
static const char *find_line(const struct builder *b, size_t line, size_t *n)
{
    const char *p = b->bytes, *end = b->bytes + b->n_bytes, *stop;
    while (line && (stop = memchr(p, '\n', (size_t)(end - p))) != NULL) {
        p = stop + 1;
        line--;
    }
    stop = line ? p : memchr(p, '\n', (size_t)(end - p));
    *n = (size_t)((stop ? stop : end) - p);
    return p;
}

/* What usually is the reason for a complaint about a line, to be put behind it. */
static const char *usual_reason(const char *line, size_t n)
{
    size_t blanks = 0;
    while (blanks < n && line[blanks] == ' ')
        blanks++;
    if (blanks < n && line[blanks] == '\t')
        return " (a tab at the start of a line: YAML is indented by spaces)";
    for (size_t i = 0; i + 1 < n; i++)
        if (line[i] == '$' && line[i + 1] == '{')
            return " (in [ ] and { } a text with ${...} needs quotes around it)";
    return "";
}

/* libyaml's own complaint, put in our form. */
static int yaml_error(const struct builder *b, const yaml_parser_t *parser, struct err *err)
{
    if (parser->error == YAML_MEMORY_ERROR)
        return err_set(err, ERR_NOMEM, "%s: out of memory", b->doc->file);
    if (parser->error == YAML_READER_ERROR) {     /* it knows the byte only */
        yaml_mark_t at = {0};
        for (size_t i = 0; i < parser->problem_offset && i < b->n_bytes; i++) {
            at.column = b->bytes[i] == '\n' ? 0 : at.column + 1;
            at.line += b->bytes[i] == '\n';
        }
        return mark_error(b, at, ERR_DATA, err, "%s: a pipeline is YAML in UTF-8", parser->problem);
    }
    size_t n;
    const char *line = find_line(b, parser->problem_mark.line, &n);
    return mark_error(b, parser->problem_mark, ERR_DATA, err, "not YAML: %s%s%s%s",
                      parser->problem ? parser->problem : "cannot be parsed", parser->context ? ", " : "",
                      parser->context ? parser->context : "", usual_reason(line, n));
}

static int add_node(struct builder *b, enum doc_kind kind, yaml_mark_t at, struct doc_node **out, struct err *err)
{
    if (b->n_nodes++ == DOC_MAX_NODES)
        return mark_error(b, at, ERR_LIMIT, err, "more than %d items, the most that a pipeline can have", DOC_MAX_NODES);
    struct doc_node *node = arena_take(&b->doc->arena, 1, sizeof *node, err);
    if (!node)
        return ERR_NOMEM;
    *node = (struct doc_node){.kind = kind, .line = (unsigned)at.line + 1, .column = (unsigned)at.column + 1};
    *out = node;
    return 0;
}

static int take_key(struct builder *b, const struct doc_node *map, const struct doc_node *key, yaml_mark_t at, struct err *err)
{
    if (key->kind != DOC_TEXT || key->empty)
        return mark_error(b, at, ERR_DATA, err, "%s as a key, expected a name", doc_kind_name(key));
    struct buf id = {0};
    bool found;
    int rc;
    TRY(buf_put(&id, &map, sizeof map, err));
    TRY(buf_puts(&id, key->text, err));
    TRY(map_add(&b->keys, id.p, id.n, 0, &found, NULL, err));
    if (found)
        rc = mark_error(b, at, ERR_DATA, err, "the key '%.80s' a second time in one map", key->text);
    b->key = key;
out:
    buf_done(&id);
    return rc;
}

/* A new node is a key, a key's value, an item of a list, or the root. */
static int place_node(struct builder *b, struct doc_node *node, yaml_mark_t at, struct err *err)
{
    if (b->depth == 0) {
        b->doc->root = node;
        return 0;
    }
    struct doc_node *parent = b->open[b->depth - 1], *last = b->last[b->depth - 1];
    if (parent->kind == DOC_MAP && !b->key)
        return take_key(b, parent, node, at, err);
    if (b->key) {
        node->key = b->key->text;
        node->key_line = b->key->line;
        node->key_column = b->key->column;
        b->key = NULL;
    }
    *(last ? &last->next : &parent->first) = node;
    b->last[b->depth - 1] = node;
    parent->n++;
    return 0;
}

static int open_node(struct builder *b, enum doc_kind kind, yaml_mark_t at, struct err *err)
{
    struct doc_node *node;
    int rc;
    if (b->depth == DOC_MAX_DEPTH)
        return mark_error(b, at, ERR_LIMIT, err, "nested more than %d deep, the most that a pipeline can be", DOC_MAX_DEPTH);
    if ((rc = add_node(b, kind, at, &node, err)) != 0 || (rc = place_node(b, node, at, err)) != 0)
        return rc;
    b->open[b->depth] = node;
    b->last[b->depth++] = NULL;
    return 0;
}

static int add_text(struct builder *b, const yaml_event_t *e, struct err *err)
{
    struct doc_node *node;
    size_t n = e->data.scalar.length;
    int rc = add_node(b, DOC_TEXT, e->start_mark, &node, err);
    if (rc)
        return rc;
    if (memchr(e->data.scalar.value, '\0', n))
        return mark_error(b, e->start_mark, ERR_DATA, err, "a NUL byte in a text: no name or command can hold one");
    char *text = arena_take(&b->doc->arena, n + 1, 1, err);
    if (!text)
        return ERR_NOMEM;
    memcpy(text, e->data.scalar.value, n + 1);
    node->text = text;
    node->empty = n == 0 && e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    return place_node(b, node, e->start_mark, err);
}

static int refuse_extras(const struct builder *b, const yaml_event_t *e, const yaml_char_t *anchor, const yaml_char_t *tag,
                         struct err *err)
{
    if (anchor)
        return mark_error(b, e->start_mark, ERR_DATA, err,
                          "the anchor &%.80s: a pipeline has none, write the value out or use params", (const char *)anchor);
    if (tag)
        return mark_error(b, e->start_mark, ERR_DATA, err, "the tag %.80s: a pipeline has none, every value is text",
                          (const char *)tag);
    return 0;
}

static int take_event(struct builder *b, const yaml_event_t *e, struct err *err)
{
    int rc;
    switch (e->type) {
    case YAML_DOCUMENT_START_EVENT:
        return b->doc->root ? mark_error(b, e->start_mark, ERR_DATA, err, "a second document, expected one pipeline") : 0;
    case YAML_ALIAS_EVENT:
        return mark_error(b, e->start_mark, ERR_DATA, err,
                          "the alias *%.80s: a pipeline has none, write the value out or use params",
                          (const char *)e->data.alias.anchor);
    case YAML_SCALAR_EVENT:
        rc = refuse_extras(b, e, e->data.scalar.anchor, e->data.scalar.tag, err);
        return rc ? rc : add_text(b, e, err);
    case YAML_SEQUENCE_START_EVENT:
        rc = refuse_extras(b, e, e->data.sequence_start.anchor, e->data.sequence_start.tag, err);
        return rc ? rc : open_node(b, DOC_LIST, e->start_mark, err);
    case YAML_MAPPING_START_EVENT:
        rc = refuse_extras(b, e, e->data.mapping_start.anchor, e->data.mapping_start.tag, err);
        return rc ? rc : open_node(b, DOC_MAP, e->start_mark, err);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        b->depth--;
        return 0;
    default:
        return 0;
    }
}

int doc_parse(struct doc *doc, const char *file, const char *bytes, size_t n, struct err *err)
{
    *doc = (struct doc){.file = file};
    if (n > DOC_MAX_BYTES)
        return err_set(err, ERR_LIMIT, "%s: more than %d bytes, the most that a pipeline can have", file, DOC_MAX_BYTES);
    struct builder b = {.doc = doc, .bytes = bytes, .n_bytes = n};
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser))
        return err_set(err, ERR_NOMEM, "%s: out of memory", file);
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)bytes, n);
    int rc = 0;
    for (bool end = false; !rc && !end;) {
        yaml_event_t e;
        if (!yaml_parser_parse(&parser, &e)) {
            rc = yaml_error(&b, &parser, err);
            break;
        }
        rc = take_event(&b, &e, err);
        end = e.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&e);
    }
    if (!rc && (!doc->root || doc->root->empty))
        rc = err_set(err, ERR_DATA, "%s:1:1: nothing, expected a pipeline in YAML", file);
    yaml_parser_delete(&parser);
    map_done(&b.keys);
    return rc;
}

int doc_read(struct doc *doc, const char *path, struct err *err)
{
    *doc = (struct doc){.file = path};
    struct input *in = NULL;
    char *bytes = NULL;
    size_t got;
    int rc;
    TRY(input_open(&in, path, err));
    TRY_NEW(bytes, MEM_ARRAY(char, DOC_MAX_BYTES + 1, err));
    TRY(input_read(in, bytes, DOC_MAX_BYTES + 1, &got, err));
    rc = doc_parse(doc, strcmp(path, "-") == 0 ? "stdin" : path, bytes, got, err);
out:
    mem_free(bytes);
    input_close(in);
    return rc;
}

void doc_done(struct doc *doc)
{
    arena_done(&doc->arena);
    doc->root = NULL;
}
