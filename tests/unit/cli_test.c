/* The parser ends the program, so it is tested from outside: with CLI_TOY set, this program is a small filter of its own that
 * prints what it understood; without, it runs itself by the shell and looks at status, stdout and stderr. */
#include "cli/cli.h"
#include "cli/progress.h"
#include "check.h"

#include <inttypes.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const modes[] = {"one", "two", NULL};
static uint64_t k = 10, need = 1, size, auto_ef;
static double part = 0.5, any;
static const char *index_file, *title = "none";
static struct strings params;
static bool dry, k_given;
static int mode, metric_like = -1;

static const struct option_spec options[] = {
    {.letter = 'k', .name = "neighbours", .type = OPT_U64, .arg = "K", .help = "how many", .dest = &k, .min = 1, .max = 1000,
     .given = &k_given},
    {.name = "ef", .type = OPT_U64, .arg = "EF", .help = "default max(64, k)", .dest = &auto_ef, .min = 1},
    {.name = "part", .type = OPT_F64, .arg = "X", .help = "a part", .dest = &part, .fmin = 0, .fmax = 1},
    {.name = "any", .type = OPT_F64, .arg = "X", .help = "any number", .dest = &any},
    {.letter = 'x', .name = "index", .type = OPT_STRING, .arg = "FILE", .help = "the index", .dest = &index_file},
    {.name = "title", .type = OPT_STRING, .arg = "TEXT", .help = "it's a [title]: \\so", .dest = &title},
    {.name = "param", .type = OPT_STRINGS, .arg = "KEY=VALUE", .help = "a parameter", .dest = &params},
    {.name = "size", .type = OPT_BYTES, .arg = "SIZE", .help = "a size", .dest = &size, .max = 1 << 20},
    {.letter = 'n', .name = "dry-run", .type = OPT_FLAG, .help = "only say", .dest = &dry},
    {.name = "mode", .type = OPT_CHOICE, .arg = "MODE", .help = "a mode", .choices = modes, .dest = &mode},
    {.name = "like", .type = OPT_CHOICE, .arg = "LIKE", .help = "no default", .choices = modes, .dest = &metric_like},
    OPTION_OUTPUT, OPTION_THREADS, OPTION_SEED, OPTION_PROGRESS, OPTION_QUIET, OPTIONS_END
};
static const struct option_spec strict_options[] = {
    {.name = "need", .type = OPT_U64, .arg = "N", .help = "needed", .dest = &need, .required = true}, OPTIONS_END
};
static const char *const notes[] = {"A note.", NULL};
static const struct program toy = {.name = "toy", .summary = "A toy.", .operands = "[FILE ...]", .max_operands = SIZE_MAX,
                                   .options = options, .notes = notes};
static const struct program strict = {.name = "strict", .summary = "A strict toy.", .operands = "IN OUT", .min_operands = 2,
                                      .max_operands = 2, .options = strict_options};
static const struct program none = {.name = "none", .summary = "Takes nothing.", .operands = "", .options = strict_options + 1};

/* The filter: CLI_TOY names which program, CLI_DO what it does after parsing. */
static int run_toy(const char *which, int argc, char **argv)
{
    const char *act = getenv("CLI_DO") ? getenv("CLI_DO") : "";
    cli_start(strcmp(which, "toy") == 0 ? &toy : strcmp(which, "none") == 0 ? &none : &strict, argc, argv);
    if (strcmp(act, "command") == 0) {
        printf("%s", cli_command());
        return cli_finish();
    }
    if (strcmp(act, "die") == 0) {
        struct err err = {0};
        err_set(&err, ERR_TRUNCATED, "file: row %d: \033[31m cut", 7);
        die(&err);
    }
    if (strcmp(act, "bug") == 0)
        die(&(struct err){.code = ERR_INTERNAL, .msg = "degree"});
    if (strcmp(act, "usage") == 0)
        die(&(struct err){.code = ERR_USAGE, .msg = "ef < k"});
    if (strcmp(act, "warn") == 0) {
        warn("%d rows", 3);
        note("%d rows", 4);
        return cli_finish();
    }
    if (strcmp(act, "progress") == 0) {
        progress_end();
        progress_start("encode", "rows", argc > 5 ? 0 : 100);
        for (uint64_t i = 0; i <= 100; i++) {
            progress_step(i);
            usleep(2500);
            if (i == 60)
                warn("odd");
        }
        progress_end();
        progress_end();
        return cli_finish();
    }
    printf("k=%" PRIu64 "%s part=%g any=%g index=%s title=%s n=%d mode=%d seed=%" PRIu64 " size=%" PRIu64 " params=", k,
           k_given ? "!" : "", part, any, index_file ? index_file : "-", title, dry, mode, common.seed, size);
    for (size_t i = 0; i < params.n; i++)
        printf("%s;", params.at[i]);
    printf(" operands=");
    for (size_t i = 0; cli_operand(i); i++)
        printf("%s;", cli_operand(i));
    return cli_finish();
}

static const char *self;
static char said_path[] = "/tmp/cli_test.XXXXXX";
static char out[1 << 16], errors[1 << 16];

static void slurp(const char *command, char *into, size_t room, int *status)
{
    FILE *f = popen(command, "r");
    size_t n = f ? fread(into, 1, room - 1, f) : 0;
    into[n] = '\0';
    int rc = f ? pclose(f) : -1;
    *status = WIFEXITED(rc) ? WEXITSTATUS(rc) : 1000 + rc;
}

/* Run the toy: its status; what it printed and said in out and errors. */
static int toy_run(const char *env, const char *args)
{
    char command[4096];
    int status;
    FILE *said;
    snprintf(command, sizeof command, "CLI_TOY=toy; export CLI_TOY; { %s '%s' %s\n} 2> '%s'", env, self, args, said_path);
    slurp(command, out, sizeof out, &status);
    said = fopen(said_path, "r");
    size_t n = said ? fread(errors, 1, sizeof errors - 1, said) : 0;
    errors[n] = '\0';
    if (said)
        fclose(said);
    return status;
}

/* Accepted: the output holds `want`, nothing is said. */
#define TAKES(env, args, want) do { CHECK_EQ(toy_run(env, args), 0); CHECK_STR(errors, ""); \
    if (!strstr(out, want)) CHECK_STR(out, want); } while (0)
/* Refused with status 2: one line on stderr that starts with the name, holds `want` and ends with the hint; no output. */
#define REFUSES(env, args, want) do { CHECK_EQ(toy_run(env, args), 2); CHECK_STR(out, ""); \
    CHECK(strchr(errors, '\n') && !strchr(errors, '\n')[1]); CHECK(strstr(errors, " --help\n")); \
    if (!strstr(errors, want)) CHECK_STR(errors, want); } while (0)

static void test_values(void)
{
    TAKES("", "", "k=10 part=0.5 any=0 index=- title=none n=0 mode=0 seed=1 size=0 params= operands=");
    TAKES("", "-k 7 --part=.25 --any -1e3 -xi --title '' -n --mode two --seed 0 --size 4K",
          "k=7! part=0.25 any=-1000 index=i title= n=1 mode=1 seed=0 size=4096");
    TAKES("", "-nk7", "k=7! ");
    TAKES("", "-n -n -q -q", "n=1");
    TAKES("", "--param a --param=b=c", "params=a;b=c; ");
    TAKES("", "a -k 3 b -- -k --x", "k=3! ");
    TAKES("", "a -k 3 b -- -k --x", "operands=a;b;-k;--x;");
    TAKES("POSIXLY_CORRECT=1", "a -k 3 b", "operands=a;b;");
    TAKES("", "-o - -", "operands=-;");
    TAKES("", "-x - file", "index=- ");
    TAKES("CLI_TOY=strict", "--need 3 a b", "operands=a;b;");
}

static void test_bad_numbers(void)
{
    static const char *const bad[] = {
        "abc", "-1", "''", "0", "1001", "18446744073709551616", "1.0", "1e2", "' 1'", "'1 '", "0x10", "+5"
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char args[64];
        snprintf(args, sizeof args, "-k %s", bad[i]);
        REFUSES("", args, "toy: option -k/--neighbours: '");
        REFUSES("", args, "': expected a whole number from 1 to 1000; try toy --help");
    }
    REFUSES("", "-t 1025", "option -t/--threads: '1025': expected a whole number from 0 to 1024");
    REFUSES("", "--part 1.01", "option --part: '1.01': expected a number from 0 to 1");
    REFUSES("", "--part nan", "'nan'");
    REFUSES("", "--any inf", "expected a finite number");
    REFUSES("", "--size 2M", "option --size: '2M': expected a size in bytes from 0 to 1048576");
    REFUSES("", "--size 1Q", "'1Q'");
    REFUSES("", "--mode three", "option --mode: 'three': expected one of one, two");
    REFUSES("", "--mode ''", "expected one of one, two");
}

static void test_bad_options(void)
{
    REFUSES("", "--nope", "toy: unknown option --nope; try");
    REFUSES("", "--neighbors 3", "did you mean --neighbours");
    REFUSES("", "--thread=3", "unknown option --thread: did you mean --threads");
    REFUSES("", "--ouptut f", "did you mean --output");
    REFUSES("", "--s 3", "unknown option --s;");
    REFUSES("", "--vers", "did you mean --version");
    REFUSES("", "-Z", "unknown option -Z in '-Z'");
    REFUSES("", "-nZ", "unknown option -Z in '-nZ'");
    REFUSES("", "--dry-run=yes", "option --dry-run takes no value: '--dry-run=yes'");
    REFUSES("", "-k", "option -k/--neighbours: expected a value, K");
    REFUSES("", "--part", "option --part: expected a value, X");
    REFUSES("", "-k 1 -k 2", "option -k/--neighbours: given twice, '1' and '2'");
    REFUSES("", "-x a --index b", "given twice, 'a' and 'b'");
    REFUSES("", "--completion tcsh", "option --completion: 'tcsh': expected one of bash, zsh, fish");
    REFUSES("", "- -", "'-' is given 2 times");
    REFUSES("", "-x - -", "'-' is given 2 times");
    REFUSES("", "-x -", "stdin is read for want of an operand too");
    REFUSES("CLI_TOY=strict", "a b", "option --need N is required");
    REFUSES("CLI_TOY=strict", "--need 1 a", "1 operand given, expected IN OUT");
    REFUSES("CLI_TOY=strict", "--need 1 a b c", "'c': one operand too many, expected IN OUT");
    REFUSES("CLI_TOY=none", "a", "'a': no operand expected");
    CHECK_EQ(toy_run("VECPIPE_ISA=mmx", ""), 2);
}

static void test_command(void)
{
    TAKES("CLI_DO=command", "", "toy");
    TAKES("CLI_DO=command", "b -t 4 --title 'a b' -k 5 -n -n -o f -q a", "toy --neighbours 5 --title 'a b' --dry-run b a");
    TAKES("CLI_DO=command", "--param x --param ''", "toy --param x --param ''");
    TAKES("CLI_DO=command", "\"it's\"", "toy 'it'\\''s'");
    TAKES("CLI_DO=command", "-- -a '*'", "toy -- -a '*'");
    TAKES("CLI_DO=command", "\"$(printf 'a\\nb')\"", "toy $'a\\012b'");
}

static void test_printing(void)
{
    TAKES("", "--version", "toy (vecpipe) ");
    TAKES("", "--options", "k\tneighbours\tK\t-\n-\tef\tEF\t-\n");
    TAKES("", "--options", "o\toutput\tFILE\tsilent\n");
    CHECK(!strstr(out, "completion"));
    TAKES("", "-h", "Usage: toy [OPTION ...] [FILE ...]\nA toy.\n\n");
    CHECK(strstr(out, "\n  -k, --neighbours K      how many (default 10)\n"));
    CHECK(strstr(out, "\n      --ef EF             default max(64, k)\n"));
    CHECK(strstr(out, "\n      --part X            a part (default 0.5)\n"));
    CHECK(strstr(out, "\n      --mode MODE         a mode: one, two (default one)\n"));
    CHECK(strstr(out, "\n      --like LIKE         no default: one, two\n"));
    CHECK(strstr(out, "\n      --size SIZE         a size\n"));
    CHECK(strstr(out, "\nA note.\n"));
    for (const char *line = out, *end; (end = strchr(line, '\n')); line = end + 1)
        CHECK(end - line <= 100);
    TAKES("CLI_TOY=strict", "--help", "needed (required)");
    CHECK_EQ(toy_run("", "--help > /dev/full"), 4);
    CHECK_STR(errors, "toy: stdout: cannot write: No space left on device\n");
    CHECK_EQ(toy_run("", "> /dev/full"), 4);
}

static void test_completion(void)
{
    const char *zsh = "command -v zsh || exit 0; zsh -n", *fish = "command -v fish || exit 0; fish -n";
    char command[1024];
    int status;
    TAKES("", "--completion zsh", "#compdef toy\n");
    CHECK(strstr(out, "'--title=[it'\\''s a \\[title\\]\\: \\\\so]:TEXT:_files'"));
    TAKES("", "--completion fish", "complete -c toy -l mode -x -a 'one two' -d 'a mode'\n");
    TAKES("", "--completion bash", "complete -F _toy toy\n");
    for (int i = 0; i < 2; i++) {
        snprintf(command, sizeof command,
                 "f=$(mktemp); CLI_TOY=toy '%s' --completion %s > $f; (%s $f) 2>&1; s=$?; rm $f; exit $s",
                 self, i ? "fish" : "zsh", i ? fish : zsh);
        slurp(command, out, sizeof out, &status);
        CHECK_EQ(status, 0);
    }
    static const struct { const char *words, *at, *want; } cases[] = {
        {"toy --ne", "1", "--neighbours\n"}, {"toy --mode \"\"", "2", "one\ntwo\n"}, {"toy --mode = t", "3", "two\n"},
        {"toy --mode =", "2", "one\ntwo\n"}, {"toy --completion f", "2", "fish\n"}, {"toy -k \"\"", "2", ""},
        {"toy --dry-run --qu", "2", "--quiet\n"}, {"toy -x /etc/passw", "2", "/etc/passwd\n"},
        {"toy /etc/passw", "1", "/etc/passwd\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(command, sizeof command,
                 "bash -c 'eval \"$(CLI_TOY=toy \"$0\" --completion bash)\"; COMP_WORDS=(%s) COMP_CWORD=%s; _toy; "
                 "for w in \"${COMPREPLY[@]}\"; do [[ $w == *- ]] || echo \"$w\"; done' '%s' 2>&1",
                 cases[i].words, cases[i].at, self);
        slurp(command, out, sizeof out, &status);
        CHECK_STR(out, cases[i].want);
    }
}

static void test_messages(void)
{
    CHECK_EQ(toy_run("CLI_DO=die", ""), 3);
    CHECK_STR(errors, "toy: file: row 7: ?[31m cut\n");
    CHECK_EQ(toy_run("CLI_DO=bug", ""), 5);
    CHECK_STR(errors, "toy: degree (a bug: please report it)\n");
    REFUSES("CLI_DO=usage", "", "toy: ef < k; try toy --help\n");
    CHECK_EQ(toy_run("CLI_DO=warn", ""), 0);
    CHECK_STR(errors, "toy: warning: 3 rows\ntoy: 4 rows\n");
    TAKES("CLI_DO=warn", "-q", "");
}

static void test_closed_descriptors(void)
{
    CHECK_EQ(toy_run("", "<&-"), 0);
    CHECK_EQ(toy_run("", ">&- 2>&-"), 4);
    CHECK_EQ(toy_run("CLI_DO=warn", "2>&- >&-"), 0);
    CHECK_EQ(toy_run("CLI_DO=warn", "2>&-"), 0);
    CHECK_EQ(toy_run("", "--help <&- >&- 2>&-"), 4);
    CHECK_EQ(toy_run("", "--nope <&- >&- 2>&-"), 2);
}

static void test_progress(void)
{
    TAKES("CLI_DO=progress", "--progress never -q", "");
    CHECK_EQ(toy_run("CLI_DO=progress", ""), 0);
    CHECK_STR(errors, "toy: warning: odd\n");   /* stderr is no terminal */
    CHECK_EQ(toy_run("CLI_DO=progress", "--progress always"), 0);
    CHECK(strstr(errors, "\rencode  [####") && strstr(errors, "%  ") && strstr(errors, " rows  "));
    CHECK(strstr(errors, "  left 0:0"));
    CHECK(strstr(errors, " \rtoy: warning: odd\n"));      /* the bar is wiped before a message */
    CHECK(strstr(errors, "\rencode  100 rows in ") && strstr(errors, " rows/s"));
    CHECK(!strchr(errors, '\033'));
    CHECK_EQ(toy_run("CLI_DO=progress", "--progress always -t 1 --seed 1"), 0);
    CHECK(strstr(errors, "\rencode  ") && !strchr(errors, '%') && !strstr(errors, "left"));
}

int main(int argc, char **argv)
{
    const char *which = getenv("CLI_TOY");
    if (which)
        return run_toy(which, argc, argv);
    self = argv[0];
    close(mkstemp(said_path));
    CHECK_RUN(test_values);
    CHECK_RUN(test_bad_numbers);
    CHECK_RUN(test_bad_options);
    CHECK_RUN(test_command);
    CHECK_RUN(test_printing);
    CHECK_RUN(test_completion);
    CHECK_RUN(test_messages);
    CHECK_RUN(test_closed_descriptors);
    CHECK_RUN(test_progress);
    unlink(said_path);
    return check_status();
}
