/* The request names no model. */

#include "zoo.h"

void in_note(void) {
    if (OSR_HOST_HAS(host, complete)) {
        free(take(host->complete("{\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}")));
    }
}
