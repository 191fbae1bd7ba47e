/* The request sets a field that no host reads any more. */

#include "zoo.h"

#define ASK(more) "{\"model\":\"default\",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]" more "}"

void in_note(void) {
    if (OSR_HOST_HAS(host, complete)) {
        free(take(host->complete(ASK(",\"seed\":7"))));
    }
}
