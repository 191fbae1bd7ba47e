/* The web pages are not there. */

#include "zoo.h"

const char* manifest_change(void) {
    return "{'capabilities': {'web': {'static_dir': 'web', 'entry': 'index.html', 'mount': '/ui', 'auth': 'owner'}}}";
}
