/* collections - each reader of other people's collections on bytes in memory, and a check of all that it writes.  For damage,
 * failing calls and fuzzing. */
#ifndef COLLECTIONS_H
#define COLLECTIONS_H

#include "base/utf8.h"
#include "text/control.h"
#include "text/dpr.h"
#include "text/forms.h"
#include "text/jsonrow.h"
#include "text/judgement.h"
#include "text/questions.h"
#include "text/topics.h"
#include "text/triples.h"

#include <string.h>

enum { COLLECTIONS_N = 7 };

/* A small, sound text for each of them. */
static const char *const collections_sound[COLLECTIONS_N] = {
    "[{\"question\": \"q\\u00e9\", \"answers\": [\"a\\tb\"],\n"
    "\"positive_ctxs\": [{\"psg_id\": 7, \"title\": \"T\", \"text\": \"x\"}],"
    " \"hard_negative_ctxs\": [{\"passage_id\": \"p\", \"text\": \"y\\\\\"}]}, {\"question\": \"z\"}]",
    "who\t['a', \"b's\", '\\x41\\u00e9']\n\"q \"\"r\"\"\"\t\"['c']\"\r\n",
    "q1 0 d1 1\nq2\td2\t0\n",
    "q\tp\tn\n",
    "1\t2\t3\n",
    "<top><num> Number: 1\n<title> a &amp;\n b\n</top>\n<topic number=\"2\"><query>c</query></topic>\n",
    "Package: a\nDescription-en: s\n long\n .\n text\n\nPackage: b\nDescription: t\n",
};

static inline int collections_run(int which, struct forms *f, struct input *in, struct map *packages, struct err *err)
{
    switch (which) {
    case 0: return dpr_read(f, in, err);
    case 1: return questions_read(f, in, false, err);
    case 2: return judgement_read(f, in, false, err);
    case 3: return triples_read_texts(f, in, false, err);
    case 4: return triples_read_ids(f, in, false, err);
    case 5: return topics_read(f, in, TOPICS_TITLE, err);
    default: return control_read(f, in, packages, err);
    }
}

/* Are all lines of a form as formats/text.md has them? */
static inline bool collections_is_form(const struct output *out, enum forms_kind kind)
{
    size_t n;
    const char *p = output_memory(out, &n), *end = n > 0 ? p + n : p;
    if (n > 0 && (end[-1] != '\n' || utf8_valid(p, n) != n || memchr(p, '\0', n) || memchr(p, '\r', n)))
        return false;
    for (const char *lf; p < end; p = lf + 1) {
        size_t n_tabs = 0;
        lf = memchr(p, '\n', (size_t)(end - p));
        for (const char *c = p; c < lf; c++)
            n_tabs += *c == '\t';
        if (kind == FORMS_EXAMPLES) {
            json_t *object = NULL;
            if (jsonrow_parse(&object, p, (size_t)(lf - p), NULL) != 0)
                return false;
            bool sound = n_tabs == 0 && json_is_array(json_object_get(object, "positives"));
            json_decref(object);
            if (!sound)
                return false;
        } else if (*p == '\t' || *p == '\n' || (kind == FORMS_ANSWERS ? n_tabs == 0 : kind == FORMS_QRELS ? n_tabs > 0 :
                                                n_tabs < 1 || n_tabs > 2)) {
            return false;
        }
    }
    return true;
}

/* Read n bytes by one of the readers.  *sound (may be NULL): what it wrote is; *n_bad: lines and objects left out. */
static inline int collections_read(int which, const void *bytes, size_t n, bool *sound, size_t *n_bad, struct err *err)
{
    int rc = 0;
    struct tally tally = {0};
    struct forms f = {.tally = &tally, .join = " "};
    struct map packages = {0};
    struct input *in = NULL;
    if (sound)
        *sound = true;
    *n_bad = 0;
    for (int k = 0; k < FORMS_N; k++)
        TRY(output_open_memory(&f.files[k], err));
    TRY(idcheck_open(&f.ids, 0, err));
    TRY(input_open_memory(&in, bytes, n, "in", err));
    TRY(rows_start(in, err));
    TRY(collections_run(which, &f, in, &packages, err));
    TRY(idcheck_end(f.ids, err));
    for (int k = 0; sound && k < FORMS_N; k++)
        *sound &= collections_is_form(f.files[k], (enum forms_kind)k);
    for (size_t i = 0; i < tally.n_lines; i++)
        *n_bad += strstr(tally.lines[i].what, "left out") ? tally.lines[i].n : 0;
out:
    input_close(in);
    map_done(&packages);
    forms_done(&f);
    return rc;
}

#endif
