/* A lock is held during host calls: one slow call holds up all others. */

#include "zoo.h"

#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void in_note(void) {
    pthread_mutex_lock(&lock);
    free(take(host->config_get("greeting")));
    pthread_mutex_unlock(&lock);
}
