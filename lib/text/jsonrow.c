#include "text/jsonrow.h"

#include "base/jsonguard.h"

#include <stdio.h>

int jsonrow_parse(json_t **object, const char *line, size_t n, struct err *err)
{
    json_error_t why;
    json_t *value;
    int rc = jsonguard_parse(&value, line, n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &why, err);
    if (rc)
        return rc;
    if (!value)
        return err_set(err, ERR_DATA, "not a JSON object: %s, at byte %d", why.text, why.position);
    if (!json_is_object(value)) {
        json_decref(value);
        return err_set(err, ERR_DATA, "a JSON value that is not an object, expected {\"_id\": ..., \"text\": ...}");
    }
    *object = value;
    return 0;
}

static const json_t *first_of(const json_t *object, const char *const *names, const char **name)
{
    for (; *names; names++) {
        const json_t *value = json_object_get(object, *names);
        if (value && !json_is_null(value)) {
            *name = *names;
            return value;
        }
    }
    return NULL;
}

static int string_of(const json_t *value, const char *name, struct text *out, struct err *err)
{
    if (!json_is_string(value))
        return err_set(err, ERR_DATA, "\"%s\" is not a string", name);
    *out = (struct text){json_string_value(value), json_string_length(value)};
    return 0;
}

int jsonrow_fields(const json_t *object, struct text *id, struct text *text, struct text *title, char number[24], struct err *err)
{
    static const char *const ids[] = {"_id", "id", "docid", NULL}, *const texts[] = {"text", "contents", "passage", NULL},
                      *const titles[] = {"title", NULL};
    int rc = 0;
    const char *name = NULL;
    const json_t *value = first_of(object, ids, &name);
    if (!value)
        return err_set(err, ERR_DATA, "no \"_id\" (or \"id\", \"docid\")");
    if (json_is_integer(value))
        *id = (struct text){number, (size_t)snprintf(number, 24, "%lld", (long long)json_integer_value(value))};
    else
        TRY(string_of(value, name, id, err));
    if (!(value = first_of(object, texts, &name)))
        return err_set(err, ERR_DATA, "no \"text\" (or \"contents\", \"passage\")");
    TRY(string_of(value, name, text, err));
    *title = (struct text){NULL, 0};
    if ((value = first_of(object, titles, &name)))
        TRY(string_of(value, name, title, err));
    if (title->n == 0)
        title->p = NULL;
out:
    return rc;
}
