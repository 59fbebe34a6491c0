/* table - the option table seen as one list: the program's own options, then those that every program has.
 * Shared by the files of lib/cli; programs include cli.h only. */
#ifndef TABLE_H
#define TABLE_H

#include "cli/cli.h"

#include <stdio.h>

/* Options that every program has; TABLE_HELP + i is the i-th behind the program's own. */
enum table_common { TABLE_HELP, TABLE_VERSION, TABLE_OPTIONS, TABLE_COMPLETION, TABLE_N_COMMON };

/* How many options the program's own table has; option i of the joined list, 0 <= i < table_n_own + TABLE_N_COMMON. */
size_t table_n_own(const struct program *prog);
const struct option_spec *table_at(const struct program *prog, size_t i);

/* The option of a long name (n bytes) or a letter; SIZE_MAX where there is none. */
size_t table_find(const struct program *prog, const char *name, size_t n);
size_t table_find_letter(const struct program *prog, int letter);

/* The name that was probably meant: the only one that starts so, else the nearest within a third of its letters; or NULL. */
const char *table_suggest(const struct program *prog, const char *name, size_t n);

/* What --help, --options and --completion print. */
void help_print(const struct program *prog, FILE *f);
void help_print_options(const struct program *prog, FILE *f);

/* Running out of memory in C++ ends the program like any other lack of memory. */
void message_catch_new(void);

/* shell: "bash", "zsh" or "fish". */
void completion_print(const struct program *prog, const char *shell, FILE *f);

#endif
