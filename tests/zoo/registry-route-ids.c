/* An id is not in snake case. */

#include "zoo.h"

const char* manifest_change(void) {
    return "{'capabilities': {'routes': [{'id': 'Status', 'path': '/status', 'methods': ['GET'], 'auth': 'owner',"
           "'description': 'Says that it runs.'}]}}";
}
