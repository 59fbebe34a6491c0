#include "cli/progress.h"
#include "cli/cli.h"
#include "sys/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { LINE_BYTES = 1024, BAR_CELLS = 24 };
static const uint64_t redraw_ns = 100 * 1000 * 1000;

static struct {
    const char *label, *unit;
    uint64_t total, done, began_ns, drawn_ns;
    bool on, shown;                /* shown: the line stands on the terminal without LF */
    bool plain;                    /* ASCII, and no escape sequences */
    size_t width;                  /* of what was drawn last, in cells */
} bar;

static bool is_set(const char *name)
{
    const char *value = getenv(name);
    return value && value[0];
}

static bool locale_is_utf8(void)
{
    const char *name = is_set("LC_ALL") ? getenv("LC_ALL") : is_set("LC_CTYPE") ? getenv("LC_CTYPE") : getenv("LANG");
    return name && (strstr(name, "UTF-8") || strstr(name, "utf8") || strstr(name, "UTF8") || strstr(name, "utf-8"));
}

static size_t terminal_width(void)
{
    struct winsize size;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

void progress_start(const char *label, const char *unit, uint64_t total)
{
    const char *term = getenv("TERM");
    bool terminal = isatty(STDERR_FILENO);
    memset(&bar, 0, sizeof bar);
    if (common.quiet || common.progress == PROGRESS_NEVER || (common.progress == PROGRESS_AUTO && !terminal))
        return;
    bar.label = label;
    bar.unit = unit;
    bar.total = total;
    bar.plain = !terminal || !term || strcmp(term, "dumb") == 0 || is_set("NO_COLOR") || !locale_is_utf8();
    bar.began_ns = bar.drawn_ns = clock_ns();
    bar.on = true;
}

static void append(char line[LINE_BYTES], const char *fmt, ...) PRINTF(2, 3);

static void append(char line[LINE_BYTES], const char *fmt, ...)
{
    size_t n = strlen(line);
    va_list args;
    va_start(args, fmt);
    vsnprintf(line + n, LINE_BYTES - n, fmt, args);
    va_end(args);
}

/* 12345678 as "12.3M" */
static void append_count(char line[LINE_BYTES], double x)
{
    int unit = 0;
    for (; x >= 9999.5 && unit < 4; unit++)
        x /= 1000;
    append(line, unit && x < 99.95 ? "%.1f%.1s" : "%.0f%.1s", x, &" kMGT"[unit]);
    if (unit == 0)
        line[strlen(line) - 1] = '\0';
}

static void append_time(char line[LINE_BYTES], double seconds)
{
    uint64_t s = (uint64_t)(seconds + 0.5);
    if (s >= 3600)
        append(line, "%llu:%02u:%02u", (unsigned long long)(s / 3600), (unsigned)(s / 60 % 60), (unsigned)(s % 60));
    else
        append(line, "%u:%02u", (unsigned)(s / 60), (unsigned)(s % 60));
}

/* Put the text where the last one stood.  cells: what it takes on the screen. */
static void put_line(const char *text, size_t cells, bool last)
{
    size_t blanks = bar.width > cells ? bar.width - cells : 0;   /* plain terminals may not know how to erase */
    fprintf(stderr, "\r%s%*s%s", text, bar.plain ? (int)blanks : 0, "", bar.plain ? "" : "\033[K");
    if (last)
        fputc('\n', stderr);
    fflush(stderr);
    bar.width = last ? 0 : cells;
    bar.shown = !last;
}

/* The line with a bar of so many cells; returns what it takes on the screen. */
static size_t format_line(char line[LINE_BYTES], int bar_cells, double rate)
{
    double part = bar.total ? (double)bar.done / (double)bar.total : 0;
    size_t extra = 0;   /* bytes that take no cell of their own */
    part = part > 1 ? 1 : part;
    line[0] = '\0';
    append(line, "%s  ", bar.label);
    if (bar.total && bar_cells) {
        append(line, "[");
        for (int i = 0; i < bar_cells; i++) {
            append(line, "%s", i < (int)(part * bar_cells) ? (bar.plain ? "#" : "\u2588") : (bar.plain ? "." : "\u2591"));
            extra += bar.plain ? 0 : 2;
        }
        append(line, "] ");
    }
    if (bar.total)
        append(line, "%3d%%  ", (int)(part * 100));
    append_count(line, (double)bar.done);
    append(line, " %s  ", bar.unit);
    append_count(line, rate);
    append(line, "/s");
    if (rate > 0 && part >= 0.01) {   /* before, it is a guess, and a wild one where the first items are the slow ones */
        append(line, "  left ");
        append_time(line, (double)(bar.total - (bar.done < bar.total ? bar.done : bar.total)) / rate);
    }
    return strlen(line) - extra;
}

/* A line that wraps cannot be drawn over: a narrow terminal gets no bar, a very narrow one nothing. */
static void draw(uint64_t now_ns)
{
    char line[LINE_BYTES];
    size_t cells, width = terminal_width();
    double seconds = (double)(now_ns - bar.began_ns) / 1e9;
    double rate = seconds > 0 ? (double)bar.done / seconds : 0;
    if ((cells = format_line(line, BAR_CELLS, rate)) < width || (cells = format_line(line, 0, rate)) < width)
        put_line(line, cells, false);
    bar.drawn_ns = now_ns;
}

void progress_step(uint64_t done)
{
    if (!bar.on)
        return;
    bar.done = done;
    uint64_t now = clock_ns();
    if (now - bar.drawn_ns >= redraw_ns)
        draw(now);
}

void progress_hide(void)
{
    if (!bar.shown)
        return;
    put_line("", 0, false);
    fputc('\r', stderr);
    bar.shown = false;
}

void progress_end(void)
{
    char line[LINE_BYTES] = "";
    if (!bar.on)
        return;
    double seconds = (double)(clock_ns() - bar.began_ns) / 1e9;
    append(line, "%s  %llu %s in ", bar.label, (unsigned long long)bar.done, bar.unit);
    if (seconds < 60)
        append(line, "%.1f s", seconds);
    else
        append_time(line, seconds);
    append(line, ", ");
    append_count(line, seconds > 0 ? (double)bar.done / seconds : 0);
    append(line, " %s/s", bar.unit);
    put_line(line, strlen(line), true);
    bar.on = false;
}
