/* A length is promised that is not checked: the host does not know the keyword. */

#include "zoo.h"

const char* manifest_change(void) {
    return "{'capabilities': {'tools': ["
           "{'id': 'echo', 'description': 'Repeats what it gets.', 'requirements': [], 'permission_policy': 'auto',"
           "'parameters': {'type': 'object', 'required': ['text'], 'additionalProperties': false,"
           "'properties': {'text': {'type': 'string', 'maxLength': 40}}}}]}}";
}
