/* viewhead - a header for people and programs: as JSON, and its provenance as a tree. */
#ifndef VIEWHEAD_H
#define VIEWHEAD_H

#include "base/buf.h"
#include "fmt/header.h"

/* One object: kind, columns, meta, programs. */
MUST_CHECK int viewhead_json(struct buf *text, const struct header *h, struct err *err);

/* The programs, the last one first, each with its parents below it, indented; one that stands above already is named only. */
MUST_CHECK int viewhead_tree(struct buf *text, const struct header *h, struct err *err);

#endif
