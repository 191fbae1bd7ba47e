/* get_manifest looks at the host's version: the extractor's table is gone by then. */

#include "zoo.h"

const char* manifest_change(void) {
    return host != NULL && host->version > 5 ? "{'description': 'For new hosts.'}" : "{'description': 'For old hosts.'}";
}
