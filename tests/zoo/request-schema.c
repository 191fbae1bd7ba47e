/* The messages are a string, not a list. */

#include "zoo.h"

void in_note(void) {
    if (OSR_HOST_HAS(host, complete)) {
        free(take(host->complete("{\"model\":\"default\",\"messages\":\"hello\"}")));
    }
}
