/* A route's parameter has no name and matches nothing. */

#include "zoo.h"

const char* manifest_change(void) {
    return "{'capabilities': {'routes': ["
           "{'id': 'item', 'path': '/items/:', 'methods': ['GET'], 'auth': 'owner', 'description': 'Names an item.'}]}}";
}
