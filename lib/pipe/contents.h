/* contents - the digest of a file or folder, which is read only where it may have changed.
 *
 * A folder's digest is that of a list of all that is in it: names, kinds, digests; symbolic links inside a folder count as what
 * they say, not as what they point to.
 *
 * Files of CONTENTS_REMEMBERED bytes and more are remembered, one record a path in a folder of records: device, inode, size,
 * times of change of content and inode, digest.  The file is not read again while all of them are the same.  The kernel alone
 * sets the time of change of the inode, at the last change of any kind; only its step (some milliseconds) leaves a gap, so a file
 * that was changed less than a second before it was read is not remembered. */
#ifndef CONTENTS_H
#define CONTENTS_H

#include "base/err.h"
#include "pipe/digest.h"

enum { CONTENTS_REMEMBERED = 4 << 20 };

/* records: the folder of records, which exists; NULL to read everything.  Errors: ERR_IO; ERR_DATA for what is neither a file nor
 * a folder; ERR_LIMIT for folders nested too deep. */
MUST_CHECK int contents_digest(const char *path, const char *records, struct digest_hex *out, struct err *err);

#endif
