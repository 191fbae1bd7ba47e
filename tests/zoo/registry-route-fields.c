/* A field of a route that the registry does not know. */

#include "zoo.h"

const char* manifest_change(void) {
    return "{'capabilities': {'routes': [{'id': 'status', 'path': '/status', 'methods': ['GET'], 'auth': 'owner',"
           "'description': 'Says that it runs.', 'summary': 'Status'}]}}";
}
