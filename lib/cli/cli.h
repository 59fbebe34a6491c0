/* cli - the command line of every program, from one table of options.
 *
 * The table drives the parser, --help (with live defaults), shell completion, --options (for `make lint`, which holds it
 * against the man page) and the command line in provenance.  Exit statuses: err_status in base/err.h, and EXIT_MISSED.
 *
 * A main is:
 *     static const struct program prog = {.name = "vec-view", .summary = "...", .operands = "[FILE ...]", .options = options};
 *     int main(int argc, char **argv)
 *     {
 *         cli_start(&prog, argc, argv);
 *         struct err err = {0};
 *         if (run(&err) != 0)
 *             die(&err);
 *         return cli_finish();
 *     }
 */
#ifndef CLI_H
#define CLI_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { EXIT_MISSED = 1 };   /* a threshold that the user asked for was missed */

enum option_type {
    OPT_FLAG,       /* bool: given or not */
    OPT_U64,        /* uint64_t within [min, max] */
    OPT_F64,        /* double within [fmin, fmax] where fmin < fmax, any finite where both are 0 */
    OPT_STRING,     /* const char *; NULL = not given */
    OPT_BYTES,      /* uint64_t with K, M, G, T */
    OPT_CHOICE,     /* int: index into choices */
    OPT_STRINGS     /* struct strings: may be given several times */
};

struct strings {
    const char **at;
    size_t n;
};

struct option_spec {
    int letter;                    /* short option or 0 */
    const char *name;              /* long option without -- */
    enum option_type type;
    const char *arg;               /* what help shows: "N", "FILE"; NULL for flags */
    const char *help;              /* one line, lower case, no full stop */
    void *dest;                    /* what it sets; its value at start is the default and is shown in help */
    uint64_t min, max;             /* OPT_U64; max 0 = UINT64_MAX */
    double fmin, fmax;             /* OPT_F64 */
    const char *const *choices;    /* OPT_CHOICE, NULL-terminated */
    bool silent;                   /* cannot change the data: left out of provenance */
    bool required;
    bool *given;                   /* may be NULL; set to true where the option was given */
};

struct program {
    const char *name;
    const char *summary;                 /* one line for --help and man NAME */
    const char *operands;                /* "[FILE ...]", "" for none */
    size_t min_operands, max_operands;   /* SIZE_MAX = any number */
    const struct option_spec *options;   /* ends with OPTIONS_END */
    const char *const *notes;            /* further lines of --help, NULL-terminated, or NULL */
};

/* Options that mean the same everywhere; each program lists those it takes.  Their values are in `common`. */
struct common_options {
    const char *output;      /* -o; NULL = stdout */
    uint64_t threads;        /* -t, as given: pass through par_threads */
    uint64_t seed;           /* --seed */
    bool quiet, verbose;     /* -q, -v */
    int progress;            /* enum progress_when */
    bool no_provenance;      /* --no-provenance */
    uint64_t level;          /* -z: zlib level of stream blocks, 0 = none */
    int metric;              /* --metric: enum metric, or -1 where not given */
    uint64_t max_memory;     /* --max-memory in bytes, 0 = no limit */
};
extern struct common_options common;
extern const char *const cli_metrics[], *const cli_whens[];

#define OPTION_OUTPUT   {.letter = 'o', .name = "output", .type = OPT_STRING, .arg = "FILE", .silent = true, \
                         .help = "write to FILE, published only when complete", .dest = &common.output}
#define OPTION_THREADS  {.letter = 't', .name = "threads", .type = OPT_U64, .arg = "N", .silent = true, .max = 1024, \
                         .help = "threads, 0 = all CPUs; the output does not depend on it", .dest = &common.threads}
#define OPTION_SEED     {.name = "seed", .type = OPT_U64, .arg = "S", .help = "seed of all randomness", .dest = &common.seed}
#define OPTION_METRIC   {.name = "metric", .type = OPT_CHOICE, .arg = "METRIC", .choices = cli_metrics, \
                         .help = "distance; the default is the stream's, ip where normalised", .dest = &common.metric}
#define OPTION_COMPRESS {.letter = 'z', .name = "compress", .type = OPT_U64, .arg = "LEVEL", .max = 9, .silent = true, \
                         .help = "compress the stream's blocks with zlib at LEVEL, 0 = not", .dest = &common.level}
#define OPTION_NO_PROVENANCE {.name = "no-provenance", .type = OPT_FLAG, .silent = true, \
                         .help = "leave the @program lines out of the output", .dest = &common.no_provenance}
#define OPTION_MAX_MEMORY {.name = "max-memory", .type = OPT_BYTES, .arg = "SIZE", .silent = true, \
                         .help = "refuse work that needs more memory than SIZE (K, M, G, T)", .dest = &common.max_memory}
#define OPTION_PROGRESS {.name = "progress", .type = OPT_CHOICE, .arg = "WHEN", .choices = cli_whens, .silent = true, \
                         .help = "progress on stderr", .dest = &common.progress}
#define OPTION_QUIET    {.letter = 'q', .name = "quiet", .type = OPT_FLAG, .silent = true, \
                         .help = "no warnings, counts or progress on stderr", .dest = &common.quiet}
#define OPTION_VERBOSE  {.letter = 'v', .name = "verbose", .type = OPT_FLAG, .silent = true, \
                         .help = "say more on stderr", .dest = &common.verbose}
#define OPTIONS_END     {.name = NULL}
/* -h/--help, -V/--version, --options and --completion SHELL are added to every program by cli_start. */

/* Parse; handles --help and its kind (which end the program); prints and exits 2 on misuse.  Operands keep their order and may
 * be mixed with options; "--" ends options; "-" may be named once in all (operands and file options).  Sets up signals and
 * checks VECPIPE_ISA. */
void cli_start(const struct program *prog, int argc, char **argv);

/* The operands; cli_operand(i) is NULL past the end. */
size_t cli_n_operands(void);
const char *const *cli_operands(void);
const char *cli_operand(size_t i);
const char *const *cli_operands(void);      /* (cli_n_operands()) */

/* The command line for provenance: the program's name, options that can change the data in the order of the table, operands;
 * shell-quoted where needed.  Valid until exit. */
const char *cli_command(void);
const char *cli_program_name(void);

/* End of main: close stdout and check it; returns the exit status (0, or that of the failure, after a message). */
MUST_CHECK int cli_finish(void);

/* "program: message" on stderr, exit with err_status.  stdout's buffered data is dropped by output_free, not by us. */
_Noreturn void die(const struct err *err);
_Noreturn void die_usage(const char *fmt, ...) PRINTF(1, 2);

/* "program: warning: ..." unless --quiet; note: without the word, for counts and summaries. */
void warn(const char *fmt, ...) PRINTF(1, 2);
void note(const char *fmt, ...) PRINTF(1, 2);

/* The same for each line of a text that the library made. */
void warn_lines(const struct buf *text);
void note_lines(const struct buf *text);

#endif
