/* A field of a tool that the registry does not know. */

#include "zoo.h"

const char* manifest_change(void) {
    return "{'capabilities': {'tools': ["
           "{'id': 'echo', 'description': 'Repeats what it gets.', 'requirements': [], 'permission_policy': 'auto', 'title': 'Echo',"
           "'parameters': {'type': 'object', 'required': ['text'], 'additionalProperties': false,"
           "'properties': {'text': {'type': 'string'}}}}]}}";
}
