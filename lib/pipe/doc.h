/* doc - a YAML file as a small tree of lists, maps and texts, each with its place in the file for messages.
 *
 * libyaml (event API) does the parsing; this file holds it to a subset in which nothing can blow up or be misread: UTF-8 of at
 * most DOC_MAX_BYTES, nesting of at most DOC_MAX_DEPTH, at most DOC_MAX_NODES nodes, one document, no anchors, aliases or tags,
 * no key twice in a map, no NUL in a text.  Every scalar is text, as written: 010 stays 010 and no stays no.
 * (libyaml 0.2.5 has no limit of its own on nesting; the events are counted here before a node is made.) */
#ifndef DOC_H
#define DOC_H

#include "base/arena.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    DOC_MAX_BYTES = 1 << 20,
    DOC_MAX_DEPTH = 32,
    DOC_MAX_NODES = 100000
};

enum doc_kind { DOC_TEXT, DOC_LIST, DOC_MAP };

struct doc_node {
    enum doc_kind kind;
    unsigned line, column;          /* 1-based */
    const char *text;               /* DOC_TEXT, NUL-terminated; else NULL */
    bool empty;                     /* a text that is not there at all: `key:` with nothing behind it */
    bool literal;                   /* a text from the command line: ${} in it means nothing */
    const char *key;                /* in a map: this item's key, else NULL */
    unsigned key_line, key_column;
    struct doc_node *first, *next;  /* items of a list or map, in order; the item after this one */
    size_t n;                       /* how many items */
};

struct doc {
    const char *file;               /* for messages; the caller's, must outlive the doc */
    struct doc_node *root;
    struct arena arena;             /* owns the nodes and texts */
};

/* Read a file ("-" is stdin, .gz is unpacked).  doc_done also after a failure.  Errors: ERR_DATA and ERR_LIMIT as
 * "file:line:column: what, what was expected". */
MUST_CHECK int doc_read(struct doc *doc, const char *path, struct err *err);

/* The same from memory; `file` is the name for messages. */
MUST_CHECK int doc_parse(struct doc *doc, const char *file, const char *bytes, size_t n, struct err *err);

void doc_done(struct doc *doc);

/* The item of a map that has this key, or NULL. */
const struct doc_node *doc_get(const struct doc_node *map, const char *key);

/* "a list", "a map", "a text", "nothing". */
const char *doc_kind_name(const struct doc_node *node);

/* ERR_DATA: "file:line:column: message" at a node, or at its key.  Returns the code. */
int doc_error(const struct doc *doc, const struct doc_node *at, struct err *err, const char *fmt, ...) PRINTF(4, 5);
int doc_error_key(const struct doc *doc, const struct doc_node *at, struct err *err, const char *fmt, ...) PRINTF(4, 5);

#endif
