/* runout - neighbours out, as a stream or as a TREC run (query Q0 document rank score tag). */
#ifndef RUNOUT_H
#define RUNOUT_H

#include "fmt/neighbours.h"

enum runout_format { RUNOUT_STREAM, RUNOUT_TREC };

struct runout {                         /* zero-initialise; runout_done frees */
    struct output *out;
    struct neighbours_writer writer;
    enum runout_format format;
};

/* header: as neighbours_header and the caller made it; level: of zlib.  out stays the caller's. */
MUST_CHECK int runout_open(struct runout *r, struct output *out, const struct header *header, const struct neighbours_options *o,
                           enum runout_format format, int level, struct err *err);
/* TREC: score = -dist (cosine: 1 - dist); ERR_DATA for a name with a blank. */
MUST_CHECK int runout_write(struct runout *r, const struct neighbours_row *row, struct err *err);
MUST_CHECK int runout_end(struct runout *r, struct err *err);
void runout_done(struct runout *r);

#endif
