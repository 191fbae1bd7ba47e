/* A method is in small letters. */

#include "zoo.h"

const char* manifest_change(void) {
    return "{'capabilities': {'routes': [{'id': 'status', 'path': '/status', 'methods': ['get'], 'auth': 'owner',"
           "'description': 'Says that it runs.'}]}}";
}
