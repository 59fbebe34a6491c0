/* control - descriptions of Debian packages: apt's Translation-LANG files and Packages files, paragraphs of fields (Debian Policy
 * 5.1) parted by blank lines.
 *
 * Writes queries (package, synopsis) and passages (package, long description, the synopsis as title; where there is no long one,
 * as in Packages files, the synopsis as text).  The lines of a long description are joined by a space, those of a lone dot
 * dropped.  Of a package that comes again the first one counts.
 * Memory: the names of the packages, and one description of at most CONTROL_MAX bytes. */
#ifndef CONTROL_H
#define CONTROL_H

#include "base/map.h"
#include "text/forms.h"

enum { CONTROL_MAX = 1 << 20 };

/* packages: those so far, kept by the caller over several inputs (zero-initialised; map_done). */
MUST_CHECK int control_read(struct forms *f, struct input *in, struct map *packages, struct err *err);

#endif
