/* synth_write - synthetic vectors (vec/synth.h) to a stream. */
#ifndef SYNTH_WRITE_H
#define SYNTH_WRITE_H

#include "fmt/stream.h"
#include "vec/metric.h"
#include "vec/synth.h"

/* Columns id and vec; metric, role, normalised (sphere), and as `space` a digest of the options that define the set, so that base
 * and queries share it.  Programs are the caller's. */
MUST_CHECK int synth_write_header(struct header *h, const struct synth_options *o, enum synth_role role, enum metric metric,
                                  struct err *err);

/* Rows first .. first+n-1 of a role, first + n <= 2^48; ids are row numbers.  w was opened with that header, its end record is
 * the caller's.  About 2 MiB for each thread, or two rows.  progress may be NULL: told the number of rows that are written. */
MUST_CHECK int synth_write_rows(struct stream_writer *w, const struct synth *s, size_t dim, enum synth_role role, uint64_t first,
                                uint64_t n, int n_threads, void (*progress)(uint64_t n), struct err *err);

#endif
