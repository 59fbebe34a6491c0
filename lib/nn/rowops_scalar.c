#include "nn/lanes_scalar.h"
#include "nn/rowops_body.h"
#include "nn/rowops_variants.h"

const struct rowops rowops_scalar = ROWOPS("scalar", NULL);
