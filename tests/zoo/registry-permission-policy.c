/* The policy is not in lower case. */

#include "zoo.h"

const char* manifest_change(void) {
    return "{'capabilities': {'tools': ["
           "{'id': 'echo', 'description': 'Repeats what it gets.', 'requirements': [], 'permission_policy': 'Auto',"
           "'parameters': {'type': 'object', 'required': ['text'], 'additionalProperties': false,"
           "'properties': {'text': {'type': 'string'}}}}]}}";
}
