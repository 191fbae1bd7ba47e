/* A route for the tunnel. */

#include "zoo.h"

const char* manifest_change(void) {
    return "{'capabilities': {'routes': [{'id': 'status', 'path': '/status', 'methods': ['GET'], 'auth': 'owner',"
           "'description': 'Says that it runs.', 'tunnel_exposed': true}]}}";
}
