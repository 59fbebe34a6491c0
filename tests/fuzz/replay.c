/* replay FOLDER... - give every file of these folders to the fuzz target that this is linked with.  A line of TAP for each
 * folder; what goes wrong ends the program: the file's name is the last one on stderr. */
#define _GNU_SOURCE
#include "fuzz.h"

#include <dirent.h>

static void replay_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    FUZZ_CHECK(f && fseek(f, 0, SEEK_END) == 0);
    long size = ftell(f);
    FUZZ_CHECK(size >= 0 && fseek(f, 0, SEEK_SET) == 0);
    unsigned char *p = malloc((size_t)size + !size);        /* exactly as long: a read behind it is found by ASan */
    FUZZ_CHECK(p && fread(p, 1, (size_t)size, f) == (size_t)size);
    fclose(f);
    fprintf(stderr, "%s\n", path);
    (void)LLVMFuzzerTestOneInput(p, (size_t)size);
    free(p);
}

int main(int argc, char **argv)
{
    int n_empty = 0;
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (int i = 1; i < argc; i++) {
        struct dirent **entries;
        char path[4096];
        int n = scandir(argv[i], &entries, NULL, alphasort), n_files = 0;
        for (int j = 0; j < n; j++) {
            if (entries[j]->d_name[0] != '.' && entries[j]->d_type != DT_DIR) {
                snprintf(path, sizeof path, "%s/%s", argv[i], entries[j]->d_name);
                replay_file(path);
                n_files++;
            }
            free(entries[j]);
        }
        if (n >= 0)
            free(entries);
        n_empty += n_files == 0;
        printf("%s %d - %d files of %s\n", n_files > 0 ? "ok" : "not ok", i, n_files, argv[i]);
    }
    printf("1..%d\n", argc - 1);
    return n_empty > 0;
}
