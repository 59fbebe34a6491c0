/* tile_variants - the instruction sets' tiles, for tile.c alone. */
#ifndef TILE_VARIANTS_H
#define TILE_VARIANTS_H

#include "vec/tile.h"

#if defined __x86_64__
extern const struct tile_kernel tile_avx2, tile_avx512, tile_avx512_bf16, tile_avx512_i8;
#endif

#endif
