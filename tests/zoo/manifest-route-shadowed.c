/* A route lies beneath the web pages. */

#include "zoo.h"

const char* manifest_change(void) {
    return "{'capabilities': {'web': {'static_dir': 'web', 'entry': 'index.html', 'mount': '/items', 'auth': 'owner'}}}";
}
