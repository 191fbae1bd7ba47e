/* A lock is held while the model answers, which may call the same tool. */

#include "zoo.h"

#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char* ask = "{\"model\":\"default\",\"tools\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}";

void in_note(void) {
    if (OSR_HOST_HAS(host, complete)) {
        pthread_mutex_lock(&lock);
        free(take(host->complete(ask)));
        pthread_mutex_unlock(&lock);
    }
}
