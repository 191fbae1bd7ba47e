/* The entry copies the table in the size that its header has: an older host's is shorter. */

#include "zoo.h"

static osr_host_api copy;

void in_entry(void) {
    if (host != NULL) {
        copy = *host;
        host = &copy;
    }
}
