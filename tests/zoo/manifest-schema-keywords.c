/* A length is promised that nobody checks: the host does not know the keyword. */

#include "zoo.h"

const char* manifest_change(void) {
    return "{'capabilities': {'tools': ["
           "{'id': 'echo', 'description': 'Repeats a text.', 'requirements': [], 'permission_policy': 'auto',"
           "'parameters': {'type': 'object', 'required': ['text'], 'additionalProperties': false,"
           "'properties': {'text': {'type': 'string', 'maxLength': 40}}}}]}}";
}
