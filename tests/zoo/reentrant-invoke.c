/* A lock is held while the model answers, which may call a tool of this plugin. */

#include "zoo.h"

#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char* ask = "{\"model\":\"default\",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}";

void in_invoke(const char* type, const char* id, const char* payload) {
    (void)type, (void)id, (void)payload;
    pthread_mutex_lock(&lock);
    pthread_mutex_unlock(&lock);
}

void in_note(void) {
    if (OSR_HOST_HAS(host, complete)) {
        pthread_mutex_lock(&lock);
        free(take(host->complete(ask)));
        pthread_mutex_unlock(&lock);
    }
}
