/* zipstore - a ZIP archive of members that are stored as they are, which is what NumPy's .npz is (PKWARE's APPNOTE 6.3, §4.3 and
 * §4.4).  Every member has the same date, the archive's first possible one: no clock in outputs.  Departs: no ZIP64, so that all
 * has to stay below 4 GiB. */
#ifndef ZIPSTORE_H
#define ZIPSTORE_H

#include "base/buf.h"
#include "sys/output.h"

struct zipstore {                /* zero-initialise, but for out; zipstore_done frees */
    struct output *out;          /* nothing else may write to it; the caller's */
    struct buf directory;
    uint32_t n;
};

/* One member of n bytes.  ERR_LIMIT where the archive would pass 4 GiB, or 65,535 members. */
MUST_CHECK int zipstore_add(struct zipstore *z, const char *name, const void *bytes, size_t n, struct err *err);

/* The directory behind the members; nothing may follow it. */
MUST_CHECK int zipstore_end(struct zipstore *z, struct err *err);
void zipstore_done(struct zipstore *z);

#endif
