// Calls one tool of a plugin again and again, with an empty host table, and prints the median time in
// microseconds: measure LIBRARY TOOL ARGUMENTS COUNT.
#include "osaurus_plugin.h"
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

static int compare(const void* a, const void* b) {
    double x = *(const double*)a, y = *(const double*)b;
    return (x > y) - (x < y);
}

int main(int argc, char** argv) {
    if (argc != 5) return 2;
    static osr_host_api host;
    host.version = 6;
    void* image = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    if (!image) {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    const osr_plugin_api* (*entry)(const osr_host_api*);
    *(void**)&entry = dlsym(image, "osaurus_plugin_entry_v2");
    const osr_plugin_api* plugin = entry(&host);
    osr_plugin_ctx_t context = plugin->init();
    int count = atoi(argv[4]), warm = 20;
    double* times = malloc(sizeof *times * (size_t)count);
    for (int i = -warm; i < count; i++) {
        double start = now();
        const char* answer = plugin->invoke(context, "tool", argv[2], argv[3]);
        if (i >= 0) times[i] = now() - start;
        if (!answer || strncmp(answer, "{\"ok\":true", 10) != 0) {
            fprintf(stderr, "%s\n", answer ? answer : "no answer");
            return 1;
        }
        plugin->free_string(answer);
    }
    qsort(times, (size_t)count, sizeof *times, compare);
    printf("%.0f\n", times[count / 2]);
    plugin->destroy(context);
    return 0;
}
