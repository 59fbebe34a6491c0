/* vecsniff - which vector file this is: by its name's extension, by magic, by structure, by the size rule.
 *
 *  1  The extension decides, unless the content speaks against it: then the error says what the file looks like.
 *  2  Else a magic or an unmistakable structure (VECFILE_SURE).
 *  3  Else a single format whose size rule holds; where several fit, the error names them and asks for --from. */
#ifndef VECSNIFF_H
#define VECSNIFF_H

#include "fmt/vecfile.h"

/* Look at what comes next.  The head stays valid until the next call on the input. */
MUST_CHECK int vecsniff_probe(struct input *in, struct vecfile_probe *probe, struct err *err);
MUST_CHECK int vecsniff_choose(struct input *in, struct vecfile_probe *probe, const struct vecfile_format **f, struct err *err);

/* "an fvecs file of dimension 128", or "an fbin file or an ibin file of dimension 96": the formats that fit at least so well
 * and no worse than any other.  Returns how many; *first is the first of them, text may be NULL. */
size_t vecsniff_fits(struct vecfile_probe *probe, enum vecfile_fit least, const struct vecfile_format **first, char *text,
                     size_t n);

/* 32-bit values that are tiny as floats and not all 0 are integers: the only way to tell ibin from fbin without a name. */
bool vecsniff_looks_integer(const unsigned char *values, size_t n);

#endif
