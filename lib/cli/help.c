#include "base/num.h"
#include "cli/progress.h"
#include "cli/table.h"

#include <stdarg.h>
#include <string.h>

enum { HELP_WIDTH = 100, HELP_TEXT = 1024 };   /* columns of --help; longer texts are wrapped at spaces */

/* "  -t, --threads N" */
static int format_left(const struct option_spec *o, char text[HELP_TEXT])
{
    char letter[8] = "    ";
    if (o->letter)
        snprintf(letter, sizeof letter, "-%c, ", o->letter);
    return snprintf(text, HELP_TEXT, "  %s--%s%s%s", letter, o->name, o->arg ? " " : "", o->arg ? o->arg : "");
}

static void append(char text[HELP_TEXT], const char *fmt, ...) PRINTF(2, 3);

static void append(char text[HELP_TEXT], const char *fmt, ...)
{
    size_t n = strlen(text);
    va_list args;
    va_start(args, fmt);
    vsnprintf(text + n, HELP_TEXT - n, fmt, args);
    va_end(args);
}

/* The help, the choices, and the default that the program starts with.  A number that the option would refuse, no bytes and
 * no string say that there is no fixed default; the help then tells what happens. */
static void format_right(const struct option_spec *o, char text[HELP_TEXT])
{
    char number[NUM_TEXT];
    snprintf(text, HELP_TEXT, "%s", o->help);
    for (int i = 0; o->type == OPT_CHOICE && o->choices[i]; i++)
        append(text, "%s%s", i ? ", " : ": ", o->choices[i]);
    if (o->required) {
        append(text, " (required)");
        return;
    }
    switch (o->dest ? o->type : OPT_FLAG) {
    case OPT_U64: {
        uint64_t x = *(const uint64_t *)o->dest;
        if (x >= o->min && (x <= o->max || !o->max))
            append(text, " (default %llu)", (unsigned long long)x);
        break;
    }
    case OPT_BYTES: {
        uint64_t x = *(const uint64_t *)o->dest;
        int unit = -1;
        for (uint64_t left = x; left && left % 1024 == 0 && unit < 3; left /= 1024)
            unit++;
        if (x)
            append(text, " (default %llu%.1s)", (unsigned long long)(x >> 10 * (unit + 1)), unit < 0 ? "" : &"KMGT"[unit]);
        break;
    }
    case OPT_F64: {
        double x = *(const double *)o->dest;
        if (x - x == 0 && (o->fmin >= o->fmax || (x >= o->fmin && x <= o->fmax))) {
            num_format_f64(number, x);
            append(text, " (default %s)", number);
        }
        break;
    }
    case OPT_STRING: {
        const char *s = *(const char *const *)o->dest;
        if (s)
            append(text, " (default %s)", s[0] ? s : "''");
        break;
    }
    case OPT_CHOICE: {
        int x = *(const int *)o->dest, n = 0;
        while (o->choices[n])
            n++;
        if (x >= 0 && x < n)
            append(text, " (default %s)", o->choices[x]);
        break;
    }
    case OPT_FLAG:
    case OPT_STRINGS:
        break;
    }
}

/* text from column `indent` on, wrapped. */
static void print_wrapped(FILE *f, const char *text, size_t indent)
{
    size_t room = HELP_WIDTH - indent;
    while (strlen(text) > room) {
        size_t cut = room;
        while (cut > 0 && text[cut] != ' ')
            cut--;
        if (cut == 0)
            cut = strcspn(text, " ");
        if (text[cut] == '\0')
            break;
        fprintf(f, "%.*s\n%*s", (int)cut, text, (int)indent, "");
        text += cut + 1;
    }
    fprintf(f, "%s\n", text);
}

void help_print(const struct program *prog, FILE *f)
{
    char text[HELP_TEXT];
    size_t n = table_n_own(prog) + TABLE_N_COMMON, width = 0;
    fprintf(f, "Usage: %s [OPTION ...]%s%s\n%s\n\n", prog->name, prog->operands[0] ? " " : "", prog->operands, prog->summary);
    for (size_t i = 0; i < n; i++)
        width = num_max_size(width, (size_t)format_left(table_at(prog, i), text) + 2);
    width = num_min_size(width, 40);
    for (size_t i = 0; i < n; i++) {
        size_t left = (size_t)format_left(table_at(prog, i), text);
        fputs(text, f);
        if (left + 2 > width)
            fprintf(f, "\n%*s", (int)width, "");
        else
            fprintf(f, "%*s", (int)(width - left), "");
        format_right(table_at(prog, i), text);
        print_wrapped(f, text, width);
    }
    for (size_t i = 0; prog->notes && prog->notes[i]; i++)
        fprintf(f, "%s%s\n", i ? "" : "\n", prog->notes[i]);
    fprintf(f, "\nThe manual: man %s; an overview: man vecpipe.\n", prog->name);
}

void help_print_options(const struct program *prog, FILE *f)
{
    for (const struct option_spec *o = prog->options; o->name; o++)
        fprintf(f, "%c\t%s\t%s\t%s\n", o->letter ? o->letter : '-', o->name, o->arg ? o->arg : "-", o->silent ? "silent" : "-");
}
