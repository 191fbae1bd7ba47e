/* A host call is made on a thread of the plugin's own, which the tool waits for. */

#include "zoo.h"

#include <pthread.h>

static void* ask(void* nothing) {
    free(take(host->config_get("greeting")));
    return nothing;
}

void in_note(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, ask, NULL);
    pthread_join(thread, NULL);
}
