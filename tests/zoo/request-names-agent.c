/* The request names an agent, which hosts since version 4 ignore. */

#include "zoo.h"

#define ASK(more) "{\"model\":\"default\",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]" more "}"

void in_note(void) {
    if (OSR_HOST_HAS(host, complete)) {
        free(take(host->complete(ASK(",\"agent_id\":\"00000000-0000-0000-0000-000000000001\""))));
    }
}
