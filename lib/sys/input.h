/* input - bytes in, from a file, a pipe or stdin; gzip is recognised by its magic and unpacked on the way (several members too).
 *
 * A read never returns less than was asked for except at the end of the input; EINTR is retried; a read error, a directory, a
 * damaged gzip member are errors that name the input.  Big reads of plain data go straight into the caller's memory. */
#ifndef INPUT_H
#define INPUT_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct input;

enum { INPUT_PEEK = 64 << 10 };   /* most that input_peek can show */

/* Open a path; "-" is stdin.  Reading data from a terminal is refused. */
MUST_CHECK int input_open(struct input **in, const char *path, struct err *err);

/* For tests: read from memory, which must outlive the input. */
MUST_CHECK int input_open_memory(struct input **in, const void *bytes, size_t n, const char *name, struct err *err);

void input_close(struct input *in);

/* "stdin" or the path, for messages. */
const char *input_name(const struct input *in);

/* Bytes handed out so far (after unpacking): the place to name in a message. */
uint64_t input_offset(const struct input *in);

/* For progress: bytes taken from the file so far (before unpacking), and the file's size (0: not known, a pipe). */
uint64_t input_raw_offset(const struct input *in);
uint64_t input_raw_size(const struct input *in);

/* Bytes still to come where that is known (a plain regular file), else UINT64_MAX. */
uint64_t input_left(const struct input *in);

/* Show up to want (<= INPUT_PEEK) bytes that come next without taking them; *got < want only at the end.  *p stays valid
 * until the next call. */
MUST_CHECK int input_peek(struct input *in, size_t want, const unsigned char **p, size_t *got, struct err *err);

/* Take n bytes; *got < n only at the end. */
MUST_CHECK int input_read(struct input *in, void *dst, size_t n, size_t *got, struct err *err);

/* Take one line without its LF (a last line without LF counts; a CR before the LF is kept).  *line is NULL at the end, else
 * NUL-terminated and valid until the next call.  A line of more bytes than input_limit_lines allows (at first any) is
 * ERR_LIMIT. */
MUST_CHECK int input_line(struct input *in, char **line, size_t *n, struct err *err);
void input_limit_lines(struct input *in, size_t max_bytes);

/* Lines taken so far: the number of the last one, 1-based. */
uint64_t input_line_number(const struct input *in);

#endif
