/* A child process outlives the plugin. */

#include "zoo.h"

#include <unistd.h>

static void begin(void) {
    if (fork() == 0) {
        execlp("sleep", "sleep", "30", (char*)NULL);
        _exit(1);
    }
}

void in_init(void) { begin(); }
