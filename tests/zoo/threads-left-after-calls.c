/* Each call leaves a thread behind. */

#include "zoo.h"

#include <pthread.h>
#include <unistd.h>

static void* wait_forever(void* nothing) {
    for (;;) {
        pause();
    }
    return nothing;
}

char* echo(json_t* arguments) {
    pthread_t thread;
    pthread_create(&thread, NULL, wait_forever, NULL);
    pthread_detach(thread);
    return success(json_pack("{s:s}", "text", text_of(arguments)));
}
