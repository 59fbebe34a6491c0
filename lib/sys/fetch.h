/* fetch - one file from a URL, by curl as a child process. */
#ifndef FETCH_H
#define FETCH_H

#include "base/err.h"

#include <stdbool.h>

struct fetch {
    const char *url;            /* http or https; an https one is never led back to http */
    const char *path;           /* what is there is taken for the beginning and gone on with, where the server can do that */
    bool progress;              /* curl's bar on stderr */
};

/* What the server said. */
struct fetch_answer {
    int status;                 /* of HTTP: 200, 206, 404; 0 where none came */
    char sha256[65];            /* of the file, by the model hub's word (X-Linked-Etag); "" where it said none */
    char blob[41];              /* git's name of it, likewise */
    char commit[41];            /* X-Repo-Commit: the commit of the repository */
    int caught;                 /* a signal that came meanwhile: the caller ends by it */
};

/* Fetch the whole file.  A connection that breaks off is taken up again as long as each turn brings something.  After a failure
 * what came is at path.  Errors: ERR_IO with curl's words (a->status 404: there is no such file), ERR_NOMEM. */
MUST_CHECK int fetch_file(const struct fetch *f, struct fetch_answer *a, struct err *err);

#endif
