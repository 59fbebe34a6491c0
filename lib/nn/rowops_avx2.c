#include "nn/lanes_avx2.h"
#if defined __x86_64__
#include "nn/rowops_body.h"
#include "nn/rowops_variants.h"

const struct rowops rowops_avx2 = ROWOPS("avx2", NULL);
#endif
