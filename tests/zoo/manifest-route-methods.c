/* A route is for OPTIONS, which the host answers itself. */

#include "zoo.h"

const char* manifest_change(void) {
    return "{'capabilities': {'routes': ["
           "{'id': 'item', 'path': '/items/:id', 'methods': ['GET', 'OPTIONS'], 'auth': 'owner', 'description': 'An item.'}]}}";
}
