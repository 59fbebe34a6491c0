#include "eval/reportline.h"
#include "base/utf8.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void reportline_put(struct reportline *l, const char *s, size_t n)
{
    if (l->rc == 0)
        l->rc = buf_put(l->text, s, n, l->err);
}

static void put_json_string(struct reportline *l, const char *s, size_t n)
{
    reportline_put(l, "\"", 1);
    for (size_t i = 0, used; i < n; i += used) {
        char escape[8];
        unsigned char c = (unsigned char)s[i];
        if ((used = utf8_sequence(s + i, n - i)) == 0) {
            reportline_put(l, "\\ufffd", 6);
            used = 1;
        } else if (c == '"' || c == '\\' || c < 0x20) {
            reportline_put(l, escape, (size_t)snprintf(escape, sizeof escape, c < 0x20 ? "\\u%04x" : "\\%c", c));
        } else {
            reportline_put(l, s + i, used);
        }
    }
    reportline_put(l, "\"", 1);
}

static void begin_cell(struct reportline *l, const char *name)
{
    bool json = l->json;
    const char *before = json ? (l->begun ? ", " : "{") : l->begun ? "\t" : "";
    reportline_put(l, before, strlen(before));
    l->begun = true;
    if (json) {
        put_json_string(l, name, strlen(name));
        reportline_put(l, ": ", 2);
    } else if (l->heading) {
        reportline_put(l, name, strlen(name));
    }
}

void reportline_field(struct reportline *l, const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        reportline_put(l, strchr("\t\n\r", s[i]) ? " " : s + i, 1);   /* NUL too */
}

void reportline_text(struct reportline *l, const char *name, const char *s, size_t n)
{
    begin_cell(l, name);
    if (l->json)
        put_json_string(l, s, n);
    else if (!l->heading)
        reportline_field(l, s, n);
}

void reportline_number(struct reportline *l, const char *name, double x, int decimals)
{
    char text[400];
    bool json = l->json;
    begin_cell(l, name);
    if (l->heading)
        return;
    size_t n = (size_t)snprintf(text, sizeof text, "%.*f", json ? decimals + 2 : decimals, x);
    if (!isfinite(x))
        n = (size_t)snprintf(text, sizeof text, "%s", json ? "null" : "nan");
    else if (json)
        while (text[n - 1] == '0' || text[n - 1] == '.')
            if (text[--n] == '.')
                break;
    reportline_put(l, text, n);
}

void reportline_count(struct reportline *l, const char *name, size_t x)
{
    char text[24];
    begin_cell(l, name);
    if (!l->heading)
        reportline_put(l, text, (size_t)snprintf(text, sizeof text, "%zu", x));
}

int reportline_end(struct reportline *l)
{
    reportline_put(l, l->json ? "}\n" : "\n", l->json ? 2 : 1);
    l->begun = false;
    return l->rc;
}
