/* The parser.  getopt_long with "-:" hands out options and operands in the order of argv, whatever POSIXLY_CORRECT says;
 * long names are looked up before it sees them, because it would take unambiguous beginnings too, and a script that uses one
 * breaks on the day an option is added. */
#include "cli/cli.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/version.h"
#include "cli/progress.h"
#include "cli/table.h"
#include "sys/cpu.h"
#include "sys/output.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct common_options common = {.seed = 1, .metric = -1, .progress = PROGRESS_AUTO};
const char *const cli_metrics[] = {"l2", "ip", "cosine", NULL};           /* in the order of enum metric */
const char *const cli_whens[] = {"auto", "always", "never", NULL};        /* of enum progress_when */

enum { LONG_OPTION = 256 };   /* getopt's value of long option i is LONG_OPTION + i */

static struct {
    const struct program *prog;
    struct strings operands;
    struct strings *values;    /* what each option of the table was given, in order */
    struct buf command;
    struct option *longs;      /* for getopt_long; here because an error ends the program in the middle of parsing */
    char *letters;
} cli;

static void check(int rc, const struct err *err)
{
    if (rc != 0)
        die(err);
}

static void strings_add(struct strings *s, const char *text)
{
    struct err err = {0};
    const char **at = mem_resize(s->at, s->n + 1, sizeof *at, &err);
    if (!at)
        die(&err);
    at[s->n++] = text;
    s->at = at;
}

/* "-t/--threads", for messages. */
static const char *option_name(const struct option_spec *o)
{
    static char text[128];
    if (o->letter)
        snprintf(text, sizeof text, "-%c/--%s", o->letter, o->name);
    else
        snprintf(text, sizeof text, "--%s", o->name);
    return text;
}

static _Noreturn void die_value(const struct option_spec *o, const char *value, const char *expected)
{
    die_usage("option %s: '%s': expected %s", option_name(o), value, expected);
}

/* Which of the option's choices. */
static int choice(const struct option_spec *o, const char *value)
{
    char list[512] = "one of ";
    for (int i = 0; o->choices[i]; i++) {
        if (strcmp(o->choices[i], value) == 0)
            return i;
        size_t n = strlen(list);
        snprintf(list + n, sizeof list - n, "%s%s", i ? ", " : "", o->choices[i]);
    }
    die_value(o, value, list);
}

static void set_number(const struct option_spec *o, const char *value)
{
    char expected[200];
    uint64_t u, max = o->max ? o->max : UINT64_MAX;
    double x;
    if (o->type == OPT_U64) {
        if (num_parse_u64(value, strlen(value), o->min, max, &u)) {
            *(uint64_t *)o->dest = u;
            return;
        }
        snprintf(expected, sizeof expected, "a whole number from %llu to %llu", (unsigned long long)o->min,
                 (unsigned long long)max);
    } else if (o->type == OPT_BYTES) {
        if (num_parse_bytes(value, strlen(value), &u) && u >= o->min && u <= max) {
            *(uint64_t *)o->dest = u;
            return;
        }
        snprintf(expected, sizeof expected, "a size in bytes from %llu to %llu, with K, M, G or T", (unsigned long long)o->min,
                 (unsigned long long)max);
    } else {
        bool bounded = o->fmin < o->fmax;
        if (num_parse_f64(value, strlen(value), &x) && (!bounded || (x >= o->fmin && x <= o->fmax))) {
            *(double *)o->dest = x;
            return;
        }
        snprintf(expected, sizeof expected, bounded ? "a number from %.9g to %.9g" : "a finite number", o->fmin, o->fmax);
    }
    die_value(o, value, expected);
}

/* Does what was just parsed name stdin?  -o - is stdout. */
static bool names_stdin(const struct option_spec *o, const char *value)
{
    return (o->type == OPT_STRING || o->type == OPT_STRINGS) && o->dest != &common.output && strcmp(value, "-") == 0;
}

static void set_option(size_t i, const char *value)
{
    const struct option_spec *o = table_at(cli.prog, i);
    struct strings *before = &cli.values[i];
    if (o->type != OPT_FLAG && o->type != OPT_STRINGS && before->n > 0)
        die_usage("option %s: given twice, '%s' and '%s'", option_name(o), before->at[0], value);
    strings_add(before, value);
    if (o->given)
        *o->given = true;
    switch (o->type) {
    case OPT_FLAG:
        *(bool *)o->dest = true;
        break;
    case OPT_U64:
    case OPT_F64:
    case OPT_BYTES:
        set_number(o, value);
        break;
    case OPT_CHOICE:
        *(int *)o->dest = choice(o, value);
        break;
    case OPT_STRING:
        *(const char **)o->dest = value;
        break;
    case OPT_STRINGS:
        strings_add(o->dest, value);
        break;
    }
}

/* The options that print and end. */
static _Noreturn void run_common(const struct option_spec *o, size_t which, const char *value)
{
    if (which == TABLE_HELP)
        help_print(cli.prog, stdout);
    else if (which == TABLE_VERSION)
        printf("%s (vecpipe) %s\n", cli.prog->name, VECPIPE_VERSION);
    else if (which == TABLE_OPTIONS)
        help_print_options(cli.prog, stdout);
    else
        completion_print(cli.prog, o->choices[choice(o, value)], stdout);
    exit(cli_finish());
}

static void check_long_name(const char *word)
{
    if (strncmp(word, "--", 2) != 0 || word[2] == '\0')
        return;
    const char *name = word + 2;
    size_t n = strcspn(name, "=");
    if (table_find(cli.prog, name, n) != SIZE_MAX)
        return;
    const char *meant = table_suggest(cli.prog, name, n);
    if (meant)
        die_usage("unknown option --%.*s: did you mean --%s", (int)num_min_size(n, 200), name, meant);
    die_usage("unknown option --%.*s", (int)num_min_size(n, 200), name);
}

/* What is the option that getopt_long reports, by its letter or LONG_OPTION + i. */
static size_t option_index(int code)
{
    return code >= LONG_OPTION ? (size_t)(code - LONG_OPTION) : table_find_letter(cli.prog, code);
}

/* What getopt_long wants to know of the table. */
static void make_tables(void)
{
    struct err err = {0};
    size_t n = table_n_own(cli.prog) + TABLE_N_COMMON, at = 0;
    cli.values = MEM_ZARRAY(struct strings, n, &err);
    cli.longs = MEM_ZARRAY(struct option, n + 1, &err);
    cli.letters = MEM_ARRAY(char, 3 + 2 * n, &err);
    if (!cli.values || !cli.longs || !cli.letters)
        die(&err);
    cli.letters[at++] = '-';
    cli.letters[at++] = ':';
    for (size_t i = 0; i < n; i++) {
        const struct option_spec *o = table_at(cli.prog, i);
        cli.longs[i] = (struct option){.name = o->name, .has_arg = o->type == OPT_FLAG ? no_argument : required_argument,
                                       .val = LONG_OPTION + (int)i};
        if (o->letter) {
            cli.letters[at++] = (char)o->letter;
            if (o->type != OPT_FLAG)
                cli.letters[at++] = ':';
        }
    }
    cli.letters[at] = '\0';
}

static void parse(int argc, char **argv)
{
    size_t n_own = table_n_own(cli.prog);
    make_tables();
    opterr = 0;
    for (;;) {
        const char *word = optind < argc ? argv[optind] : "";
        check_long_name(word);
        int code = getopt_long(argc, argv, cli.letters, cli.longs, NULL);
        if (code == -1)
            break;
        if (code == 1) {
            strings_add(&cli.operands, optarg);
            continue;
        }
        size_t i = option_index(code == ':' || code == '?' ? optopt : code);
        if (i == SIZE_MAX)
            die_usage("unknown option -%c in '%s'", optopt, word);
        const struct option_spec *o = table_at(cli.prog, i);
        if (code == ':')
            die_usage("option %s: expected a value, %s", option_name(o), o->arg);
        if (code == '?')
            die_usage("option --%s takes no value: '%s'", o->name, word);
        if (i >= n_own)
            run_common(o, i - n_own, optarg);
        set_option(i, optarg ? optarg : "");
    }
    while (optind < argc)
        strings_add(&cli.operands, argv[optind++]);
}

/* What cannot be told option by option. */
static void check_whole(void)
{
    const struct program *p = cli.prog;
    size_t n_stdin = 0, n_own = table_n_own(p);
    for (size_t i = 0; i < n_own; i++) {
        const struct option_spec *o = &p->options[i];
        if (o->required && cli.values[i].n == 0)
            die_usage("option %s %s is required", option_name(o), o->arg ? o->arg : "");
        for (size_t j = 0; j < cli.values[i].n; j++)
            n_stdin += names_stdin(o, cli.values[i].at[j]);
    }
    size_t n = cli.operands.n;
    if (n < p->min_operands)
        die_usage("%zu operand%s given, expected %s", n, n == 1 ? "" : "s", p->operands);
    if (n > p->max_operands && p->max_operands == 0)
        die_usage("'%s': no operand expected", cli.operands.at[0]);
    if (n > p->max_operands)
        die_usage("'%s': one operand too many, expected %s", cli.operands.at[p->max_operands], p->operands);
    for (size_t i = 0; i < n; i++)
        n_stdin += strcmp(cli.operands.at[i], "-") == 0;
    /* A program that may be given a file and is not reads stdin. */
    bool implied = n == 0 && p->max_operands > 0 && strncmp(p->operands, "[FILE", 5) == 0;
    if (n_stdin > 1)
        die_usage("'-' is given %zu times: stdin can be read once", n_stdin);
    if (n_stdin == 1 && implied)
        die_usage("'-' is given to an option, and stdin is read for want of an operand too: name a file");
}

/* A descriptor that was closed would be handed to the next file that is opened, and messages or data written into it.
 * Take its place such that reading stdin and writing stdout fail. */
static void fill_standard_descriptors(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", fd == STDOUT_FILENO ? O_RDONLY : O_WRONLY) != fd)
            _exit(4);
}

void cli_start(const struct program *prog, int argc, char **argv)
{
    struct err err = {0};
    cli.prog = prog;
    fill_standard_descriptors();
    output_catch_signals();
    message_catch_new();
    if (argc > 0)
        parse(argc, argv);
    check_whole();
    check(cpu_init(&err), &err);
}

size_t cli_n_operands(void)
{
    return cli.operands.n;
}

const char *const *cli_operands(void)
{
    return cli.operands.at;
}

const char *cli_operand(size_t i)
{
    return i < cli.operands.n ? cli.operands.at[i] : NULL;
}

const char *cli_program_name(void)
{
    return cli.prog ? cli.prog->name : "vecpipe";
}

/* Append " word" as a POSIX shell reads it; control characters by $'...' (bash, zsh, ksh), so that the command stays a line. */
static int put_word(struct buf *b, const char *word, struct err *err)
{
    static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789%+,-./:=@_^";
    int rc = 0;
    bool control = false, plain = word[0] != '\0' && strspn(word, safe) == strlen(word);
    for (const char *c = word; *c; c++)
        control = control || (unsigned char)*c < ' ' || *c == 0x7f;
    TRY(buf_puts(b, plain ? " " : control ? " $'" : " '", err));
    for (const char *c = word; *c; c++) {
        if (control && ((unsigned char)*c < ' ' || *c == 0x7f))
            TRY(buf_printf(b, err, "\\%03o", (unsigned)(unsigned char)*c));
        else if (control && (*c == '\'' || *c == '\\'))
            TRY(buf_printf(b, err, "\\%c", *c));
        else if (*c == '\'')
            TRY(buf_puts(b, "'\\''", err));
        else
            TRY(buf_putc(b, *c, err));
    }
    TRY(buf_puts(b, plain ? "" : "'", err));
out:
    return rc;
}

const char *cli_command(void)
{
    struct err err = {0};
    struct buf *b = &cli.command;
    bool dash = false;
    if (b->n > 0)
        return b->p;
    check(buf_puts(b, cli.prog->name, &err), &err);
    for (size_t i = 0, n = table_n_own(cli.prog); i < n; i++) {
        const struct option_spec *o = &cli.prog->options[i];
        size_t times = o->silent ? 0 : o->type == OPT_FLAG ? cli.values[i].n > 0 : cli.values[i].n;
        for (size_t j = 0; j < times; j++) {
            check(buf_printf(b, &err, " --%s", o->name), &err);
            if (o->type != OPT_FLAG)
                check(put_word(b, cli.values[i].at[j], &err), &err);
        }
    }
    for (size_t i = 0; i < cli.operands.n; i++)
        dash = dash || (cli.operands.at[i][0] == '-' && cli.operands.at[i][1] != '\0');
    check(buf_puts(b, dash ? " --" : "", &err), &err);
    for (size_t i = 0; i < cli.operands.n; i++)
        check(put_word(b, cli.operands.at[i], &err), &err);
    return b->p;
}

int cli_finish(void)
{
    struct err err = {0};
    progress_end();
    errno = 0;
    bool failed = fflush(stdout) != 0 || ferror(stdout);
    /* EBADF: output_free has closed it already, and has checked. */
    if (close(STDOUT_FILENO) != 0 && errno != EBADF)
        failed = true;
    if (!failed)
        return 0;
    err_sys(&err, "stdout: cannot write");
    die(&err);
}
