/* half - f16 (IEEE binary16) and bf16 to and from f32, round to nearest even, NaN kept a NaN, subnormals exact. */
#ifndef HALF_H
#define HALF_H

#include <stddef.h>
#include <stdint.h>

float half_from_f16(uint16_t h);
uint16_t half_to_f16(float x);
float half_from_bf16(uint16_t h);
uint16_t half_to_bf16(float x);

/* Runs of n values. */
void half_widen_f16(float *out, const uint16_t *in, size_t n);
void half_widen_bf16(float *out, const uint16_t *in, size_t n);

#endif
