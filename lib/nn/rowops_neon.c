#include "nn/lanes_neon.h"
#if defined __aarch64__
#include "nn/rowops_body.h"
#include "nn/rowops_variants.h"

const struct rowops rowops_neon = ROWOPS("neon", NULL);
#endif
