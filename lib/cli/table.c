#include "cli/table.h"

#include <string.h>

static const char *const shells[] = {"bash", "zsh", "fish", NULL};

static const struct option_spec common_table[TABLE_N_COMMON] = {
    [TABLE_HELP] = {.letter = 'h', .name = "help", .type = OPT_FLAG, .silent = true, .help = "print this help"},
    [TABLE_VERSION] = {.letter = 'V', .name = "version", .type = OPT_FLAG, .silent = true, .help = "print the version"},
    [TABLE_OPTIONS] = {.name = "options", .type = OPT_FLAG, .silent = true, .help = "list the options for programs to read"},
    [TABLE_COMPLETION] = {.name = "completion", .type = OPT_CHOICE, .arg = "SHELL", .choices = shells, .silent = true,
                          .help = "print a completion script"},
};

size_t table_n_own(const struct program *prog)
{
    size_t n = 0;
    while (prog->options[n].name)
        n++;
    return n;
}

const struct option_spec *table_at(const struct program *prog, size_t i)
{
    size_t n = table_n_own(prog);
    return i < n ? &prog->options[i] : &common_table[i - n];
}

size_t table_find(const struct program *prog, const char *name, size_t n)
{
    size_t n_all = table_n_own(prog) + TABLE_N_COMMON;
    for (size_t i = 0; i < n_all; i++) {
        const char *have = table_at(prog, i)->name;
        if (strlen(have) == n && memcmp(have, name, n) == 0)
            return i;
    }
    return SIZE_MAX;
}

size_t table_find_letter(const struct program *prog, int letter)
{
    size_t n_all = table_n_own(prog) + TABLE_N_COMMON;
    for (size_t i = 0; i < n_all; i++)
        if (table_at(prog, i)->letter == letter)
            return i;
    return SIZE_MAX;
}

enum { LONGEST_NAME = 64 };

/* Edits (insert, delete, replace, swap neighbours) between two names; long ones count as far apart. */
static size_t edits(const char *a, size_t na, const char *b, size_t nb)
{
    size_t d[3][LONGEST_NAME + 1];
    if (na > LONGEST_NAME || nb > LONGEST_NAME)
        return SIZE_MAX;
    for (size_t j = 0; j <= nb; j++)
        d[0][j] = j;
    for (size_t i = 1; i <= na; i++) {
        size_t *row = d[i % 3], *up = d[(i + 2) % 3], *up2 = d[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= nb; j++) {
            size_t best = up[j - 1] + (a[i - 1] != b[j - 1]);
            if (up[j] + 1 < best)
                best = up[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && up2[j - 2] + 1 < best)
                best = up2[j - 2] + 1;
            row[j] = best;
        }
    }
    return d[na % 3][nb];
}

const char *table_suggest(const struct program *prog, const char *name, size_t n)
{
    const char *best = NULL, *start = NULL;
    size_t least = SIZE_MAX, n_starts = 0, n_all = table_n_own(prog) + TABLE_N_COMMON;
    for (size_t i = 0; i < n_all; i++) {
        const char *have = table_at(prog, i)->name;
        size_t d = edits(name, n, have, strlen(have));
        if (n > 0 && strncmp(have, name, n) == 0) {
            n_starts++;
            start = have;
        }
        if (d < least && d * 3 <= strlen(have)) {
            least = d;
            best = have;
        }
    }
    return n_starts == 1 ? start : best;
}
