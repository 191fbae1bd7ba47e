/* A requirement that no host knows. */

#include "zoo.h"

const char* manifest_change(void) {
    return "{'capabilities': {'tools': ["
           "{'id': 'echo', 'description': 'Repeats what it gets.', 'requirements': ['calender'], 'permission_policy': 'auto',"
           "'parameters': {'type': 'object', 'required': ['text'], 'additionalProperties': false,"
           "'properties': {'text': {'type': 'string'}}}}]}}";
}
