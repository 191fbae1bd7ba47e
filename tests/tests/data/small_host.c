/* A host as an application in Swift is one: SIGPIPE is at its default, and plugins are called on threads of 512 KiB.
 * Usage: small_host LIBRARY TOOL...: prints what each tool answers, one line each. The host table is NULL. */
#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>

struct plugin {
    void (*free_string)(const char *);
    void *(*init)(void);
    void (*destroy)(void *);
    const char *(*get_manifest)(void *);
    const char *(*invoke)(void *, const char *, const char *, const char *);
};

static const struct plugin *plugin;
static void *context;

static void *call(void *tool) {
    const char *answer = plugin->invoke(context, "tool", tool, "{}");
    printf("%s\n", answer);
    fflush(stdout);
    plugin->free_string(answer);
    return NULL;
}

int main(int argc, char **argv) {
    if (argc < 2) return 2;
    void *library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    const struct plugin *(*entry)(const void *) = library ? dlsym(library, "osaurus_plugin_entry_v2") : NULL;
    if (!entry) {
        fprintf(stderr, "%s\n", dlerror());
        return 2;
    }
    plugin = entry(NULL);
    context = plugin->init();
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 512 * 1024);
    for (int i = 2; i < argc; i++) {
        pthread_t thread;
        pthread_create(&thread, &small, call, argv[i]);
        pthread_join(thread, NULL);
    }
    plugin->destroy(context);
    return 0;
}
