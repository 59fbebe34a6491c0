#include "nn/jsonmember.h"
#include "base/mem.h"
#include "sys/mapfile.h"

#include <stdint.h>

int jsonmember_read(json_t **value, const char *path, json_type type, bool as_real, struct err *err)
{
    int rc = 0;
    struct mapfile file;
    json_error_t why;
    size_t flags = JSON_REJECT_DUPLICATES | (as_real ? JSON_DECODE_INT_AS_REAL : 0);
    *value = NULL;
    rc = mapfile_open(&file, path, MAPFILE_COPY, err);
    if (rc)
        return rc;
    rc = jsonguard_parse(value, file.p, file.n, flags, &why, err);
    mapfile_close(&file);
    if (rc)
        return err_prefix(err, "%s: ", path);
    if (*value && json_typeof(*value) == type)
        return 0;
    rc = err_set(err, ERR_DATA, "%s:%d: not a JSON %s: %s", path, *value ? 1 : why.line, type == JSON_ARRAY ? "list" : "object",
                 *value ? "another value" : why.text);
    json_decref(*value);
    *value = NULL;
    return rc;
}

int jsonmember_size(const json_t *object, const char *name, size_t min, size_t max, size_t absent, size_t *out,
                    struct err *err)
{
    const json_t *value = json_object_get(object, name);
    if ((!value || json_is_null(value)) && absent != SIZE_MAX) {
        *out = absent;
        return 0;
    }
    if (!json_is_integer(value) || json_integer_value(value) < (json_int_t)min || json_integer_value(value) > (json_int_t)max)
        return err_set(err, ERR_DATA, "\"%s\": expected a whole number from %zu to %zu", name, min, max);
    *out = (size_t)json_integer_value(value);
    return 0;
}

int jsonmember_bool(const json_t *object, const char *name, bool absent, bool *out, struct err *err)
{
    const json_t *value = json_object_get(object, name);
    if (value && !json_is_null(value) && !json_is_boolean(value))
        return err_set(err, ERR_DATA, "\"%s\": expected true or false", name);
    *out = json_is_boolean(value) ? json_is_true(value) : absent;
    return 0;
}

int jsonmember_string(const json_t *object, const char *name, char **out, struct err *err)
{
    const json_t *value = json_object_get(object, name);
    const char *text = json_string_value(value);
    *out = NULL;
    if (!value || json_is_null(value))
        return 0;
    if (!text || json_string_length(value) > JSONMEMBER_MAX_STRING)
        return err_set(err, ERR_DATA, "\"%s\": expected a string of at most %d bytes", name, JSONMEMBER_MAX_STRING);
    *out = mem_strdup(text, err);
    return *out ? 0 : ERR_NOMEM;
}
