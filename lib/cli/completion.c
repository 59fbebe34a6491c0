/* Completion scripts.  Options complete to long names, choices to their words, everything else to file names. */
#include "cli/table.h"

#include <string.h>

/* "vec-encode" as part of a function's name. */
static void print_function(FILE *f, const char *name)
{
    for (fputc('_', f); *name; name++)
        fputc(*name == '-' ? '_' : *name, f);
}

static void print_choices(FILE *f, const struct option_spec *o)
{
    for (int i = 0; o->choices[i]; i++)
        fprintf(f, "%s%s", i ? " " : "", o->choices[i]);
}

static void print_bash(const struct program *p, size_t n, FILE *f)
{
    print_function(f, p->name);
    fprintf(f, "()\n{\n"
               "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
               "    # readline splits --name=value at the equals sign\n"
               "    if [[ $cur == = ]]; then\n        cur=\n"
               "    elif [[ $prev == = ]]; then\n        prev=${COMP_WORDS[COMP_CWORD-2]}\n    fi\n"
               "    COMPREPLY=()\n"
               "    case $prev in\n");
    for (size_t i = 0; i < n; i++) {
        const struct option_spec *o = table_at(p, i);
        if (o->type == OPT_FLAG)
            continue;
        if (o->letter)
            fprintf(f, "    -%c|--%s)\n", o->letter, o->name);
        else
            fprintf(f, "    --%s)\n", o->name);
        if (o->type == OPT_CHOICE) {
            fprintf(f, "        mapfile -t COMPREPLY < <(compgen -W '");
            print_choices(f, o);
            fprintf(f, "' -- \"$cur\")\n");
        } else if (o->type == OPT_STRING || o->type == OPT_STRINGS) {
            fprintf(f, "        compopt -o filenames 2> /dev/null\n        mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n");
        }
        fprintf(f, "        return ;;\n");
    }
    fprintf(f, "    esac\n    if [[ $cur == -* ]]; then\n        mapfile -t COMPREPLY < <(compgen -W '");
    for (size_t i = 0; i < n; i++)
        fprintf(f, "%s--%s", i ? " " : "", table_at(p, i)->name);
    fprintf(f, "' -- \"$cur\")\n    else\n        compopt -o filenames 2> /dev/null\n"
               "        mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n    fi\n}\ncomplete -F ");
    print_function(f, p->name);
    fprintf(f, " %s\n", p->name);
}

/* Text inside '...' of a shell; for zsh's _arguments also with [ ] : escaped, for fish \ and '. */
static void print_quoted(FILE *f, const char *text, const char *escaped)
{
    for (; *text; text++) {
        if (*text == '\'') {
            fputs("'\\''", f);
            continue;
        }
        if (strchr(escaped, *text))
            fputc('\\', f);
        fputc(*text, f);
    }
}

static void print_zsh(const struct program *p, size_t n, FILE *f)
{
    fprintf(f, "#compdef %s\n\n_arguments -s -S", p->name);
    for (size_t i = 0; i < n; i++) {
        const struct option_spec *o = table_at(p, i);
        const char *value = o->type == OPT_FLAG ? "" : "=";
        fprintf(f, " \\\n    ");
        if (o->letter && o->type == OPT_STRINGS)
            fprintf(f, "'*'{-%c+,--%s=}'[", o->letter, o->name);
        else if (o->letter)
            fprintf(f, "'(-%c --%s)'{-%c%s,--%s%s}'[", o->letter, o->name, o->letter, value[0] ? "+" : "", o->name, value);
        else
            fprintf(f, "'%s--%s%s[", o->type == OPT_STRINGS ? "*" : "", o->name, value);
        print_quoted(f, o->help, "[]:\\");
        fputc(']', f);
        if (o->type != OPT_FLAG)
            fprintf(f, ":%s:", o->arg);
        if (o->type == OPT_CHOICE) {
            fputc('(', f);
            print_choices(f, o);
            fputc(')', f);
        } else if (o->type == OPT_STRING || o->type == OPT_STRINGS) {
            fputs("_files", f);
        }
        fputc('\'', f);
    }
    if (p->max_operands > 0)
        fprintf(f, " \\\n    '*:file:_files'");
    fputc('\n', f);
}

static void print_fish(const struct program *p, size_t n, FILE *f)
{
    for (size_t i = 0; i < n; i++) {
        const struct option_spec *o = table_at(p, i);
        fprintf(f, "complete -c %s -l %s", p->name, o->name);
        if (o->letter)
            fprintf(f, " -s %c", o->letter);
        if (o->type == OPT_STRING || o->type == OPT_STRINGS)
            fputs(" -r -F", f);
        else if (o->type != OPT_FLAG)
            fputs(" -x", f);
        if (o->type == OPT_CHOICE) {
            fputs(" -a '", f);
            print_choices(f, o);
            fputc('\'', f);
        }
        fputs(" -d '", f);
        print_quoted(f, o->help, "\\");
        fputs("'\n", f);
    }
}

void completion_print(const struct program *prog, const char *shell, FILE *f)
{
    size_t n = table_n_own(prog) + TABLE_N_COMMON;
    if (strcmp(shell, "bash") == 0)
        print_bash(prog, n, f);
    else if (strcmp(shell, "zsh") == 0)
        print_zsh(prog, n, f);
    else
        print_fish(prog, n, f);
}
