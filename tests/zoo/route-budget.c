/* A long address takes a route longer than a browser waits for. */

#include "zoo.h"

#include <unistd.h>

void in_route(const char* request) {
    if (strlen(request) > 1200) {
        sleep(6);
    }
}
