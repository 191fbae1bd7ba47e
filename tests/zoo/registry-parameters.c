/* No list says what is required. */

#include "zoo.h"

const char* manifest_change(void) {
    return "{'capabilities': {'tools': ["
           "{'id': 'echo', 'description': 'Repeats what it gets.', 'requirements': [], 'permission_policy': 'auto',"
           "'parameters': {'type': 'object', 'additionalProperties': false,"
           "'properties': {'text': {'type': 'string', 'default': 'Hello'}}}}]}}";
}
