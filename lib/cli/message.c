/* Messages on stderr: each is one write, so that lines of the programs of a pipe do not mix, and has no control characters,
 * so that text quoted from a damaged file cannot drive the terminal. */
#define _GNU_SOURCE   /* RTLD_DEFAULT */
#include "base/num.h"
#include "cli/cli.h"
#include "cli/progress.h"
#include "cli/table.h"
#include "sys/output.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MESSAGE_BYTES = 2048, TAIL_BYTES = 128 };

static void say(const char *word, const char *tail, const char *fmt, va_list args) __attribute__((format(printf, 3, 0)));

static void say(const char *word, const char *tail, const char *fmt, va_list args)
{
    char text[MESSAGE_BYTES];
    const size_t room = sizeof text - TAIL_BYTES;   /* the tail stays whole where a long message is cut */
    int n = snprintf(text, room, "%s: %s", cli_program_name(), word);
    size_t at = n < 0 ? 0 : num_min_size((size_t)n, room - 1);
    n = vsnprintf(text + at, room - at, fmt, args);
    at = n < 0 ? at : num_min_size(at + (size_t)n, room - 1);
    for (size_t i = 0; i < at; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
            text[i] = '?';
    n = snprintf(text + at, sizeof text - at, "%s\n", tail);
    at = n < 0 ? at : num_min_size(at + (size_t)n, sizeof text - 1);
    progress_hide();
    for (size_t done = 0; done < at;) {
        ssize_t w = write(STDERR_FILENO, text + done, at - done);
        if (w < 0 && errno != EINTR)
            return;
        done += w > 0 ? (size_t)w : 0;
    }
}

static void say_plain(const char *tail, const char *fmt, ...) PRINTF(2, 3);

static void say_plain(const char *tail, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    say("", tail, fmt, args);
    va_end(args);
}

void die(const struct err *err)
{
    enum err_code code = err->code == ERR_NONE ? ERR_INTERNAL : err->code;
    char tail[TAIL_BYTES] = "";
    if (code == ERR_USAGE)
        snprintf(tail, sizeof tail, "; try %.60s --help", cli_program_name());
    else if (code == ERR_INTERNAL)
        snprintf(tail, sizeof tail, " (a bug: please report it)");
    say_plain(tail, "%s", err->msg[0] ? err->msg : "failed without a message");
    exit(err_status(code));
}

/* A C++ library (oneDNN) finds no memory, in any thread: without this its exception would end in abort(3). */
static void out_of_memory(void)
{
    say_plain("", "out of memory");
    output_discard_all();
    _exit(err_status(ERR_NOMEM));
}

void message_catch_new(void)
{
    void (*(*set_handler)(void (*)(void)))(void);
    *(void **)&set_handler = dlsym(RTLD_DEFAULT, "_ZSt15set_new_handlerPFvvE");   /* std::set_new_handler, where it is loaded */
    if (set_handler)
        (void)set_handler(out_of_memory);
}

void die_usage(const char *fmt, ...)
{
    char tail[TAIL_BYTES];
    snprintf(tail, sizeof tail, "; try %.60s --help", cli_program_name());
    va_list args;
    va_start(args, fmt);
    say("", tail, fmt, args);
    va_end(args);
    exit(err_status(ERR_USAGE));
}

void warn(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    if (!common.quiet)
        say("warning: ", "", fmt, args);
    va_end(args);
}

void note(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    if (!common.quiet)
        say("", "", fmt, args);
    va_end(args);
}

static void say_lines(void (*say_one)(const char *fmt, ...) PRINTF(1, 2), const struct buf *text)
{
    for (size_t at = 0, n; at < text->n; at += n + 1) {
        const char *line = text->p + at, *end = memchr(line, '\n', text->n - at);
        n = end ? (size_t)(end - line) : text->n - at;
        say_one("%.*s", (int)num_min_size(n, MESSAGE_BYTES), line);
    }
}

void warn_lines(const struct buf *text)
{
    say_lines(warn, text);
}

void note_lines(const struct buf *text)
{
    say_lines(note, text);
}
