/* progress - how far, how fast, how long still; one line on stderr, only where it is a terminal (or --progress always).
 * Redrawn at most ten times a second; nothing that is written as data depends on it.  Plain ASCII under TERM=dumb or NO_COLOR.
 * One bar at a time.  progress_step may be called by the thread that reads or writes only. */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stdint.h>

enum progress_when { PROGRESS_AUTO, PROGRESS_ALWAYS, PROGRESS_NEVER };

/* label "encode", unit "rows"; total 0 = not known (then rate and count alone). */
void progress_start(const char *label, const char *unit, uint64_t total);
void progress_step(uint64_t done);       /* done so far, not an increment */
void progress_end(void);                 /* leaves a last line with total and mean rate; no-op when not started */

/* Take the line off the terminal before a message is written there; the next step draws it again.  For message.c. */
void progress_hide(void);

#endif
