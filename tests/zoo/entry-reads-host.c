/* The entry logs: the extractor of manifests has no such function. */

#include "zoo.h"

void in_entry(void) {
    if (host != NULL) {
        host->log(OSR_LOG_INFO, "hello");
    }
}
