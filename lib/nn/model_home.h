/* model_home - where models live that were fetched by name: $XDG_DATA_HOME/vecpipe/models, by default in ~/.local/share. */
#ifndef MODEL_HOME_H
#define MODEL_HOME_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

enum { MODEL_HOME_PATH = 4096 };

/* A name can be that of a folder: letters, digits, '.', '_' and '-', not '.' or '-' first. */
bool model_home_is_name(const char *name);

/* Where the model of a name is, or would be.  ERR_USAGE for no name, or without XDG_DATA_HOME and HOME. */
MUST_CHECK int model_home_path(char path[MODEL_HOME_PATH], const char *name, struct err *err);

/* What a user means by a model: the folder of that path, where there is one; else the model fetched by that name; ERR_IO,
 * which says how to fetch it, for a name that is neither.  A path that is no name is taken as it is. */
MUST_CHECK int model_home_find(char path[MODEL_HOME_PATH], const char *model, struct err *err);

#endif
