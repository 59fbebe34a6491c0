/* convert - collections of any known form to the plain forms: picks the reader, opens what it writes. */
#ifndef CONVERT_H
#define CONVERT_H

#include "text/forms.h"
#include "text/topics.h"
#include "text/wordnet.h"

enum convert_format {
    CONVERT_AUTO, CONVERT_TSV, CONVERT_JSONL, CONVERT_DPR, CONVERT_QUESTIONS, CONVERT_QRELS, CONVERT_TRIPLES, CONVERT_ID_TRIPLES,
    CONVERT_TOPICS, CONVERT_DEBIAN, CONVERT_ARGUANA, CONVERT_N
};
extern const char *const convert_formats[];      /* "auto", "tsv", ...; NULL behind the last */

enum { CONVERT_TO_ALL, CONVERT_TO_FIRST };       /* to: all, else CONVERT_TO_FIRST + enum forms_kind */

struct convert_options {
    const char *output;                          /* NULL: stdout */
    enum convert_format format;
    int to;
    const char *split;                           /* NULL: none */
    enum topics_field field;
    bool has_field, for_wordnet;                 /* options that were given and belong to one format only */
    struct rows_options rows;                    /* columns, header, quotes, join */
    struct wordnet_options wordnet;
};

/* paths: (n) files, none = stdin, or one folder.  ERR_USAGE where options and format do not belong together. */
MUST_CHECK int convert_run(const struct convert_options *o, const char *const *paths, size_t n, struct tally *tally,
                           struct err *err);

#endif
