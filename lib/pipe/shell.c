#include "pipe/shell.h"

#include <string.h>

enum shell_context shell_scan_context(const struct shell_scan *s)
{
    return s->depth ? (enum shell_context)s->stack[s->depth - 1] : SHELL_OPEN;
}

bool shell_scan_takes_value(const struct shell_scan *s)
{
    return shell_scan_context(s) <= SHELL_PAREN && !s->escaped && !s->too_deep && s->before != '$' &&
           !memchr(s->stack, SHELL_BACKQUOTE, s->depth) && !memchr(s->stack, SHELL_ARITHMETIC, s->depth);
}

static void push(struct shell_scan *s, enum shell_context context)
{
    if (s->depth == SHELL_MAX_NEST)
        s->too_deep = true;
    else
        s->stack[s->depth++] = (unsigned char)context;
}

static void next_in_open(struct shell_scan *s, enum shell_context context, char c)
{
    bool word = !strchr(" \t\n;&|()<>", c);
    switch (c) {
    case '\'': push(s, s->before == '$' ? SHELL_ANSI : SHELL_SINGLE); break;
    case '"':  push(s, SHELL_DOUBLE); break;
    case '`':  push(s, SHELL_BACKQUOTE); break;
    case '(':  push(s, s->before == '(' ? SHELL_ARITHMETIC : SHELL_PAREN); break;
    case ')':
        if (context != SHELL_OPEN)
            s->depth--;
        break;
    case '#':
        if (!s->in_word)
            push(s, SHELL_COMMENT);
        break;
    default: break;
    }
    s->in_word = word;
}

static void next_in_quotes(struct shell_scan *s, enum shell_context context, char c)
{
    static const char ends[] = {[SHELL_SINGLE] = '\'', [SHELL_DOUBLE] = '"', [SHELL_ANSI] = '\'', [SHELL_BACKQUOTE] = '`',
                                [SHELL_COMMENT] = '\n'};
    if (c == ends[context]) {
        s->depth--;
        s->in_word = context != SHELL_COMMENT;
    } else if (context == SHELL_DOUBLE && c == '`') {
        push(s, SHELL_BACKQUOTE);
    } else if (context == SHELL_DOUBLE && c == '(' && s->before == '$') {
        push(s, SHELL_PAREN);
        s->in_word = false;
    }
}

void shell_scan_next(struct shell_scan *s, char c)
{
    enum shell_context context = shell_scan_context(s);
    if (s->escaped) {
        s->escaped = false;
        s->in_word = s->in_word || c != '\n';
        s->before = '\0';
        return;
    }
    if (c == '\\' && context != SHELL_SINGLE && context != SHELL_COMMENT)
        s->escaped = true;
    else if (context <= SHELL_ARITHMETIC)
        next_in_open(s, context, c);
    else
        next_in_quotes(s, context, c);
    s->before = c;
}

/* What makes more than one filter of a command, at p in the open; before is the character before it. */
static const char *second_command(const char *p, char before)
{
    switch (*p) {
    case ';':  return "a ';' between commands, expected one filter";
    case '\n': return "a new line, expected one filter";
    case '|':  return before == '>' ? NULL : "a '|', expected one filter for each item of pipe:";
    case '&':  return before == '>' || before == '<' || p[1] == '>' ? NULL : "an '&', expected one filter";
    default:   return NULL;
    }
}

const char *shell_check(const char *command, bool one_filter)
{
    struct shell_scan s = {0};
    const char *wrong = NULL;
    if (command[strspn(command, " \t\n")] == '\0')
        return "an empty command";
    for (const char *p = command; *p && !wrong; p++) {
        enum shell_context context = shell_scan_context(&s);
        char before = s.before;
        if (context == SHELL_OPEN && one_filter && !s.escaped)
            wrong = second_command(p, before);
        if (context <= SHELL_PAREN && !s.escaped && strncmp(p, "<<", 2) == 0 && p[2] != '<' && before != '<')
            wrong = "a here-document (<<): put the text into a file under ${here}";
        if (*p == '[' && before == '$' && context <= SHELL_DOUBLE && context != SHELL_SINGLE)
            wrong = "the old $[ ]: write $(( ))";
        shell_scan_next(&s, *p);
        if (s.too_deep)
            wrong = "quotes and parentheses nested too deep";
        else if (one_filter && context == SHELL_OPEN && shell_scan_context(&s) == SHELL_COMMENT)
            wrong = "a comment, expected one filter";
    }
    if (wrong)
        return wrong;
    if (s.escaped)
        return "a backslash at the end";
    switch (shell_scan_context(&s)) {
    case SHELL_PAREN:
    case SHELL_ARITHMETIC: return "an opened '(' that is not closed";
    case SHELL_SINGLE:
    case SHELL_ANSI:      return "an opened ' that is not closed";
    case SHELL_DOUBLE:    return "an opened \" that is not closed";
    case SHELL_BACKQUOTE: return "an opened ` that is not closed";
    default:              return NULL;
    }
}

static bool in_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("._+-", c));
}

int shell_quote(struct buf *b, const char *text, struct err *err)
{
    size_t safe = 0;
    while (in_name(text[safe]) || (text[safe] && strchr("/,:=@%", text[safe])))
        safe++;
    if (safe && text[safe] == '\0')
        return buf_put(b, text, safe, err);
    int rc = buf_putc(b, '\'', err);
    for (; !rc && *text; text++)
        rc = *text == '\'' ? buf_puts(b, "'\\''", err) : buf_putc(b, *text, err);
    return rc ? rc : buf_putc(b, '\'', err);
}

bool shell_next_name(const char *command, size_t *at, const char **name, size_t *n)
{
    const char *p = command + *at;
    while (*p && !in_name(*p))
        p++;
    for (*name = p; in_name(*p); p++)
        ;
    *n = (size_t)(p - *name);
    *at = (size_t)(p - command);
    return *n != 0;
}

bool shell_program(const char *command, const char **name, size_t *n)
{
    for (const char *p = command; *p;) {
        p += strspn(p, " \t\n");
        size_t plain = 0;
        while (in_name(p[plain]) || p[plain] == '/')
            plain++;
        if (p[plain] != '=') {
            *name = p;
            *n = plain;
            return plain && (p[plain] == '\0' || strchr(" \t\n;&|()<>", p[plain]));
        }
        struct shell_scan s = {0};       /* an assignment: to its end */
        for (; *p && (shell_scan_context(&s) != SHELL_OPEN || s.escaped || !strchr(" \t\n", *p)); p++)
            shell_scan_next(&s, *p);
    }
    return false;
}
