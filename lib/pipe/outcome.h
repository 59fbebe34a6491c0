/* outcome - what pipe-run says: a line for each job, the last words of one that failed, and at the end the first failure.
 * Between a job and the pipe-run that waits for all of them the first failure is kept in a file, .pipe-run/failure. */
#ifndef OUTCOME_H
#define OUTCOME_H

#include "base/buf.h"
#include "pipe/job.h"

/* "run      answers, ef=64          1.3 s", without an end of line. */
MUST_CHECK int outcome_state(struct buf *text, const char *state, const char *title, double seconds, struct err *err);

/* The line of a job that is over, unless quiet; of one that failed, its last words too: 40 lines, 8 KiB at most, indented. */
MUST_CHECK int outcome_job(struct buf *text, const struct job *job, const struct job_result *result, bool quiet, struct err *err);

/* In a job that is over: keep what failed, the job (result) or we ourselves (rc and err).  The current folder is .pipe-run.
 * Returns rc, or the code of a failure to keep it. */
MUST_CHECK int outcome_keep(const struct job *job, const struct job_result *result, int rc, struct err *err);

/* When make has failed: the failure that was kept, or what make said, as a message; always an error.  *status: the exit status to
 * end with, that of the job where it is 1 to 5, else 4.  file, dir: the pipeline's file and folder, for the message. */
MUST_CHECK int outcome_failure(const char *file, const char *dir, int *status, struct err *err);

#endif
