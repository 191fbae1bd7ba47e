/* A host call comes after the tool has returned. */

#include "zoo.h"

#include <pthread.h>
#include <unistd.h>

static void* ask(void* nothing) {
    usleep(50000);
    free(take(host->config_get("greeting")));
    return nothing;
}

void in_note(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, ask, NULL);
    pthread_detach(thread);
}
