/* A key is misspelt, so it has no effect. */

#include "zoo.h"

const char* manifest_change(void) {
    return "{'capabilities': {'routes': [{'id': 'status', 'path': '/status', 'methods': ['GET'], 'auth': 'none',"
           "'description': 'Says that it runs.', 'tunnel_expose': true}]}}";
}
