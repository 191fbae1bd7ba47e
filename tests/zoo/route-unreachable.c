/* A route that checks who calls cannot be reached from other machines. */

#include "zoo.h"

const char* manifest_change(void) {
    return "{'capabilities': {'routes': [{'id': 'status', 'path': '/status', 'methods': ['GET'], 'auth': 'verify',"
           "'description': 'Says that it runs.'}]}}";
}
