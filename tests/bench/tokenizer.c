/* tokenizer DIR FILE TURNS - for tokenizer.py: the tokenizer of a model folder over the lines of a file, in one thread.  A line
 * for each turn: its seconds, the ids, their sum. */
#include "sys/clock.h"
#include "sys/mapfile.h"
#include "text/tokenizer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void die(const struct err *err)
{
    fprintf(stderr, "tokenizer: %s\n", err->msg);
    exit(1);
}

int main(int argc, char **argv)
{
    struct err err = {0};
    struct tokenizer t;
    struct mapfile file;
    struct features f = {0};
    bool cut;
    if (argc != 4)
        return 2;
    if (tokenizer_open(&t, argv[1], &err) != 0 || mapfile_open(&file, argv[2], MAPFILE_COPY, &err) != 0)
        die(&err);
    for (int turn = atoi(argv[3]); turn > 0; turn--) {
        uint64_t start = clock_ns(), n_ids = 0, sum = 0;
        const char *p = (const char *)file.p, *end = p + file.n;
        while (p < end) {
            const char *line_end = memchr(p, '\n', (size_t)(end - p));
            size_t n = (size_t)((line_end ? line_end : end) - p);
            if (tokenizer_encode(&t, p, n, 0, &f, &cut, &err) != 0)
                die(&err);
            n_ids += f.n;
            for (size_t i = 0; i < f.n; i++)
                sum += f.at[i];
            p += n + 1;
        }
        printf("%.6f %" PRIu64 " %" PRIu64 "\n", (double)(clock_ns() - start) * 1e-9, n_ids, sum);
    }
    features_done(&f);
    mapfile_close(&file);
    tokenizer_close(&t);
    return 0;
}
