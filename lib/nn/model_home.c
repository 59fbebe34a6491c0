#include "nn/model_home.h"

#include "nn/modeltable.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool model_home_is_name(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    size_t n = strlen(name);
    return n > 0 && n < 128 && *name != '.' && *name != '-' && strspn(name, letters) == n;
}

int model_home_path(char path[MODEL_HOME_PATH], const char *name, struct err *err)
{
    const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    if (!model_home_is_name(name))
        return err_set(err, ERR_USAGE, "'%s': expected a model's name of letters, digits, '.', '_' and '-'", name);
    /* The XDG specification: a path that is not absolute is to be ignored. */
    bool xdg = data && *data == '/';
    if (!xdg && (!home || !*home))
        return err_set(err, ERR_USAGE, "'%s': neither XDG_DATA_HOME nor HOME say where models are", name);
    int n = snprintf(path, MODEL_HOME_PATH, "%s%s/vecpipe/models/%s", xdg ? data : home, xdg ? "" : "/.local/share", name);
    return n < MODEL_HOME_PATH ? 0 : err_set(err, ERR_USAGE, "'%s': the path to the models is too long", name);
}

int model_home_find(char path[MODEL_HOME_PATH], const char *model, struct err *err)
{
    if (access(model, F_OK) != 0 && model_home_is_name(model) && model_home_path(path, model, NULL) == 0) {
        if (access(path, F_OK) == 0)
            return 0;
        bool known = modeltable_find(model);
        return err_set(err, ERR_IO, "%s: no such folder, and no model of that name in %.*s: model-get %s %s", model,
                       (int)(strlen(path) - strlen(model) - 1), path, known ? model : "--list",
                       known ? "fetches it" : "prints known ones");
    }
    int n = snprintf(path, MODEL_HOME_PATH, "%s", model);
    return n < MODEL_HOME_PATH ? 0 : err_set(err, ERR_USAGE, "%.100s...: a path of more than %d bytes", model,
                                             MODEL_HOME_PATH - 1);
}
