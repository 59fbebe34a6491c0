/* manifest - what was true when the outputs of a job were published, as lines of text:
 *
 *     pipe-run manifest 1
 *     command DIGEST
 *     program NAME DIGEST      each program that the commands start, found in the build's own folder or in PATH
 *     in NAME DIGEST           each input
 *     out NAME DIGEST          each output
 *     end
 *
 * A manifest is never parsed: a job is current when the text that describes now is the text in the file.  The current folder is
 * .pipe-run; the file is manifests/ID. */
#ifndef MANIFEST_H
#define MANIFEST_H

#include "base/buf.h"
#include "pipe/job.h"

/* The lines down to the inputs: what the outputs follow from.  bin: the build's own folder of programs. */
MUST_CHECK int manifest_causes(struct buf *causes, const struct job *job, const char *bin, struct err *err);

/* Does the job's manifest say these causes and the outputs as they are? */
MUST_CHECK int manifest_holds(const struct job *job, const struct buf *causes, bool *current, struct err *err);

/* Write it: the causes and the outputs as they are. */
MUST_CHECK int manifest_write(const struct job *job, const struct buf *causes, struct err *err);

/* Is this a file that can be run? */
bool manifest_is_program(const char *path);

#endif
