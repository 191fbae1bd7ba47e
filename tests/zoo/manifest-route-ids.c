/* Two routes have one id. */

#include "zoo.h"

const char* manifest_change(void) {
    return "{'capabilities': {'routes': [{'id': 'status', 'path': '/status', 'methods': ['GET'], 'auth': 'owner',"
           " 'description': 'One.'}, {'id': 'status', 'path': '/state', 'methods': ['GET'], 'auth': 'owner', 'description': 'Two.'}]}}";
}
