// Stands in for libFuzzer: runs the target once on each file that is named. At least one must be.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        return 1;
    }
    static uint8_t room[1 << 16];
    size_t size = fread(room, 1, sizeof(room), file);
    (void)fclose(file);
    // A block of exactly this size, so that the sanitizer sees a read behind its end.
    uint8_t *data = malloc(size ? size : 1);
    if (!data) {
        return 1;
    }
    for (size_t i = 0; i < size; i++) {
        data[i] = room[i];
    }
    (void)LLVMFuzzerTestOneInput(data, size);
    free(data);
    return 0;
}

int main(int argc, char **argv)
{
    int failed = argc < 2;
    for (int i = 1; i < argc; i++) {
        failed |= replay(argv[i]);
    }
    printf("%d inputs\n", argc - 1);
    return failed;
}
