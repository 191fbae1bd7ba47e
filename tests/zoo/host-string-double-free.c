/* A string of the host's is given back twice. */

#include "zoo.h"

void in_note(void) {
    if (OSR_HOST_HAS(host, free_string)) {
        const char* set = host->config_get("greeting");
        host->free_string(set);
        host->free_string(set);
    }
}
