/* rqreport - what is to be said of codes, as lines "level TAB measure TAB value"; level is 1, 2, ... or all. */
#ifndef RQREPORT_H
#define RQREPORT_H

#include "quant/residual.h"
#include "sys/output.h"

struct rqreport {
    const struct codeset *codes;
    const struct residual *trained;      /* NULL where the codes came from elsewhere */
    const struct codeset_stats *before;  /* of the codes as trained, where --resolve may have changed them; else NULL */
    double mse;                          /* of the codes as they are, where trained */
    uint64_t reassigned;                 /* items whose last code --resolve changed */
    uint64_t wall_ns;                    /* that training took; 0: not said */
};

MUST_CHECK int rqreport_write(struct output *out, const struct rqreport *r, struct err *err);

#endif
