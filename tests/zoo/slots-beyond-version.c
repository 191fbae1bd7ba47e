/* A slot is tested for NULL instead of looking at the version. */

#include "zoo.h"

void in_note(void) {
    if (host->log_structured != NULL) {
        host->log_structured(OSR_LOG_INFO, "note", "{}");
    }
}
