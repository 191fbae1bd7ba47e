/* A thread is started while loading and never ended. */

#include "zoo.h"

#include <pthread.h>
#include <unistd.h>

static void* wait_forever(void* nothing) {
    for (;;) {
        pause();
    }
    return nothing;
}

void in_init(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, wait_forever, NULL);
    pthread_detach(thread);
}
