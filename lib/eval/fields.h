/* fields - lines of text cut into fields: at blanks (TREC) or at tabs (the plain text forms). */
#ifndef FIELDS_H
#define FIELDS_H

#include "fmt/stream.h"

#include <stdbool.h>
#include <string.h>

/* One comparison for nearly every byte: a million lines of a TREC run are 40 million of these. */
static inline bool fields_is_blank(char c)
{
    return (unsigned char)c <= ' ' && (c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v');
}

/* Up to max fields of line; returns how many there are (max + 1 where there are more).  0: an empty line or a comment (#). */
static inline size_t fields_split(const char *line, size_t n, struct text *fields, size_t max)
{
    size_t found = 0;
    for (size_t i = 0; i < n;) {
        while (i < n && fields_is_blank(line[i]))
            i++;
        if (i == n || (found == 0 && line[i] == '#') || found == max)
            return found + (i < n && found == max);
        size_t start = i;
        while (i < n && !fields_is_blank(line[i]))
            i++;
        fields[found++] = (struct text){line + start, i - start};
    }
    return found;
}

/* Of a line without fields: is it a comment? */
static inline bool fields_is_comment(const char *line, size_t n) { return memchr(line, '#', n) != NULL; }

/* The field up to the next tab; returns where the one behind it starts, NULL after the last.  A CR before end is left out. */
static inline const char *fields_tab(const char *p, const char *end, struct text *field)
{
    const char *tab = memchr(p, '\t', (size_t)(end - p));
    *field = (struct text){p, (size_t)((tab ? tab : end) - p)};
    if (!tab && field->n > 0 && end[-1] == '\r')
        field->n--;
    return tab ? tab + 1 : NULL;
}

#endif
